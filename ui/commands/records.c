/* Opening the clinic's records from the command line. */
#include "ui/commands/records.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

enum { MS_PER_S = 1000 };

enum store_kind records_kind(const struct cli_options *options)
{
	return cli_flag(options, "--demo") || strcmp(options->command->name, "demo") == 0 ? STORE_DEMO : STORE_CLINIC;
}

/* The environment speaks of the clinic's people only. */
static const char *given(const struct cli_options *options, const char *option, const char *variable)
{
	const char *value = cli_value(options, option);
	if (value == NULL && records_kind(options) == STORE_CLINIC)
		value = getenv(variable);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

const char *records_login_name(const struct cli_options *options)
{
	return given(options, "--login", "LASERTWIN_LOGIN");
}

static struct store_kdf cost(const struct cli_options *options)
{
	const char *word = cli_value(options, "--secret-cost");
	return word != NULL && strcmp(word, "least") == 0 ? store_kdf_least : store_kdf_station;
}

static enum status nobody_yet(struct fail *why)
{
	return fail_set(why, ST_NOT_FOUND, "clinic",
	                "has nobody yet: `lasertwin user add LOGIN --role administrator` sets it up");
}

static bool is_absent(const char *home, enum store_kind kind, const char *ending)
{
	char path[CLI_PATH_MAX + 32];
	(void)snprintf(path, sizeof path, "%s/%s.db%s", home, store_kind_name(kind), ending);
	return access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* What only reads makes nothing where nothing is. A journal without its file is the store's to explain. */
static enum status check_there(const char *home, enum store_kind kind, struct fail *why)
{
	if (!is_absent(home, kind, "") || !is_absent(home, kind, "-journal"))
		return ST_OK;
	if (kind == STORE_CLINIC)
		return nobody_yet(why);
	return fail_set(why, ST_NOT_FOUND, home,
	                "holds no demo clinic yet: `lasertwin demo` at a terminal makes it, or `lasertwin demo --plain`");
}

static enum status open_as(const struct cli_options *options, const char *profiles, enum store_kind kind,
                           bool stay_locked, bool begin, struct clinic **clinic, struct fail *why)
{
	char home[CLI_PATH_MAX];
	cli_home(options, home, sizeof home);
	const struct clinic_options as = {.home = home,
	                                  .profiles = profiles,
	                                  .kind = kind,
	                                  .now_ms = cli_now_ms(),
	                                  .kdf = cost(options),
	                                  .stay_locked = stay_locked};
	*clinic = NULL;
	enum status status = begin ? ST_OK : check_there(home, kind, why);
	return status == ST_OK ? clinic_open(&as, clinic, why) : status;
}

enum status records_secret(const struct cli_options *options, const char *option, const char *prompt, bool twice,
                           struct secret_entry *out, struct fail *why)
{
	const char *file = cli_value(options, option);
	if (file == NULL && strcmp(option, "--secret-file") == 0)
		file = given(options, option, "LASERTWIN_SECRET_FILE");
	return file != NULL ? secret_read(file, out, why) : secret_ask(prompt, twice, out, why);
}

enum status records_login(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	if (clinic_access(clinic) == STORE_NEW)
		return nobody_yet(why);
	char login[STORE_LOGIN_MAX + 2] = "";
	const char *name = records_login_name(options);
	struct secret_entry entry;
	enum status status = name == NULL ? line_ask("Login: ", login, sizeof login, why) : ST_OK;
	if (status == ST_OK)
		status = records_secret(options, "--secret-file", "Secret: ", false, &entry, why);
	if (status != ST_OK)
		return status;
	status = clinic_login(clinic, name != NULL ? name : login, entry.secret, why);
	secret_clear(&entry);
	return status;
}

/* ---- the first person ---- */

static enum status set_up(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	char login[STORE_LOGIN_MAX + 2], name[STORE_LABEL_MAX + 2];
	struct secret_entry entry;
	if (!terminal_is_there())
		return nobody_yet(why);
	cli_print(stdout, cli_ascii(options),
	          "This clinic has nobody yet. You become its first administrator; an administrator lets the others in\n"
	          "(lasertwin user add). A recovery key is set up by `lasertwin user add LOGIN --role administrator\n"
	          "--recovery-file FILE` instead of this.");
	fflush(stdout);
	enum status status = line_ask("Login (lower-case letters, digits, . _ -): ", login, sizeof login, why);
	if (status == ST_OK)
		status = line_ask("Name: ", name, sizeof name, why);
	if (status == ST_OK)
		status = secret_ask("Secret (several words): ", true, &entry, why);
	if (status != ST_OK)
		return status;
	const struct store_person_new first = {
	        .login = login, .name = name, .roles = ROLE_ADMINISTRATOR | ROLE_TECHNICIAN, .secret = entry.secret};
	status = clinic_setup(clinic, &first, NULL, cli_now_ms(), why);
	secret_clear(&entry);
	return status;
}

enum status records_open_locked(const struct cli_options *options, enum store_kind kind, struct clinic **clinic,
                                struct fail *why)
{
	return open_as(options, NULL, kind, true, command_begins_records(options->command), clinic, why);
}

enum status records_open(const struct cli_options *options, const char *profiles, enum store_kind kind,
                         struct clinic **clinic, struct fail *why)
{
	bool named = records_login_name(options) != NULL;
	/* a clinic begins with somebody who answers */
	bool begin = command_begins_records(options->command) && (kind == STORE_DEMO || terminal_is_there());
	enum status status = open_as(options, profiles, kind, kind == STORE_DEMO && named, begin, clinic, why);
	if (status == ST_OK && clinic_access(*clinic) == STORE_NEW)
		status = set_up(options, *clinic, why);
	if (status == ST_OK && clinic_access(*clinic) == STORE_LOCKED)
		status = records_login(options, *clinic, why);
	if (status != ST_OK)
		clinic_close(clinic);
	return status;
}

#define RECORDS_JSON_MAX (256 * 1024 * 1024) /* a whole audit trail */

int records_with(const struct cli_options *options, records_work work)
{
	struct clinic *clinic = NULL;
	struct fail why = {.text = ""};
	/* the demo clinic asks nobody who does not say who they are, here as everywhere */
	const bool anybody = records_kind(options) == STORE_DEMO && records_login_name(options) == NULL;
	enum status status = open_as(options, NULL, records_kind(options), !anybody, false, &clinic, &why);
	if (status == ST_OK && clinic_access(clinic) != STORE_UNLOCKED)
		status = records_login(options, clinic, &why);
	if (status == ST_OK)
		status = work(options, clinic, &why);
	clinic_close(&clinic);
	return status == ST_OK ? 0 : cli_complain(options, status, &why);
}

const char *records_time(int64_t at_ms, char out[RECORDS_TIME_SIZE])
{
	const time_t seconds = (time_t)(at_ms / MS_PER_S);
	struct tm utc;
	if (gmtime_r(&seconds, &utc) == NULL || strftime(out, RECORDS_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		(void)snprintf(out, RECORDS_TIME_SIZE, "?");
	return out;
}

void records_json_begin(struct json_out *out)
{
	json_out_begin(out, RECORDS_JSON_MAX);
}

enum status records_json_print(struct json_out *out, struct fail *why)
{
	char *bytes = NULL;
	size_t n = 0;
	enum status status = json_out_take(out, &bytes, &n, why);
	if (status == ST_OK)
		printf("%s\n", bytes);
	free(bytes);
	return status;
}
