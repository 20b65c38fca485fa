/* Records, login, library and workflow for one command. */
#include "ui/commands/station.h"

#include <stdarg.h>

#include "ui/commands/records.h"

static enum status open_station(struct station *s, enum station_need need, struct fail *why)
{
	char profiles[CLI_PATH_MAX];
	enum status st = cli_profiles(s->options, profiles, sizeof profiles, why);
	if (!st)
		st = library_load(profiles, &s->lib, why);
	if (!st)
		st = records_open(s->options, profiles, records_kind(s->options), &s->clinic, why);
	if (!st && need == STATION_SIGNS)
		st = records_secret(s->options, "--secret-file", "Your secret again, to sign: ", false,
		                    &s->secret, why);
	if (!st && need == STATION_SIGNS)
		s->signer.secret = s->secret.secret;
	if (!st)
		st = desk_open(s->clinic, s->lib, cli_now_ms(), &s->w, why);
	if (!st)
		st = desk_person(s->clinic, clinic_session(s->clinic),
		                 need == STATION_SIGNS ? &s->signer : NULL, &s->person, why);
	if (!st && need != STATION_SIGNS)
		st = desk_emergency(s->clinic, cli_now_ms(), &s->person, why);
	s->w.clock_confirmed = cli_flag(s->options, "--clock-is-right");
	return st;
}

int station_run(const struct cli_options *options, enum station_need need,
                enum status (*run)(struct station *station, struct fail *why))
{
	struct station s = {.options = options};
	struct fail why = {.text = ""};
	enum status st = open_station(&s, need, &why);
	if (!st)
		st = run(&s, &why);
	secret_clear(&s.secret);
	clinic_close(&s.clinic);
	library_free(&s.lib);
	return st ? cli_complain(options, st, &why) : 0;
}

enum status station_plan(struct station *s, int64_t version, struct workflow_plan **plan, struct fail *why)
{
	char uuid[UUID_TEXT_SIZE];
	*plan = NULL;
	enum status st = desk_find_plan(&s->w, s->options->operand[0], uuid, why);
	return st ? st : workflow_plan_load(&s->w, uuid, version, plan, why);
}

enum status station_second(struct station *s, struct station_second *out, struct fail *why)
{
	char login[STORE_LOGIN_MAX + 2] = "";
	const char *name = cli_value(s->options, "--second-login");
	struct store_moment moment;
	*out = (struct station_second){.session = NULL};
	enum status st = name ? ST_OK : line_ask("Login of the second person: ", login, sizeof login, why);
	if (!st)
		st = records_secret(s->options, "--second-secret-file",
		                    "Secret of the second person: ", false, &out->secret, why);
	if (!st)
		st = store_moment_now(&moment, why);
	if (!st)
		st = store_login(s->w.store, name ? name : login, out->secret.secret, &moment, &out->session,
		                 why);
	out->signer.secret = out->secret.secret;
	return st ? st : desk_person(s->clinic, out->session, &out->signer, &out->person, why);
}

void station_second_end(struct station_second *second)
{
	store_logout(&second->session);
	secret_clear(&second->secret);
}

void station_say(const struct cli_options *options, const char *format, ...)
{
	char line[2048];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	cli_print(stdout, cli_ascii(options), line);
}

void station_date(int64_t at_ms, char *out, size_t size)
{
	const time_t seconds = (time_t)(at_ms / 1000);
	struct tm utc;
	if (!gmtime_r(&seconds, &utc) || strftime(out, size, "%Y-%m-%d %H:%M UTC", &utc) == 0)
		out[0] = '\0';
}
