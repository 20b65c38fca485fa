/* Approvals as files: exported here, verified anywhere with the signer's public key alone. */
#include "planner/plan/approval.h"
#include "planner/plan/files.h"
#include "ui/commands/commands.h"
#include "ui/commands/station.h"
#include "ui/text.h"

#define KEY_FILE_BYTES_MAX 4096

/* ---- verify ---- */

/* The first line: 64 hexadecimal digits, as `export key` prints them. */
static enum status read_key(const char *path, struct sign_public *key, struct fail *why)
{
	char *bytes = NULL;
	size_t length;
	enum status st = file_read(path, KEY_FILE_BYTES_MAX, &bytes, &length, why);
	if (!st) {
		struct fail detail;
		bytes[strcspn(bytes, "\r\n")] = '\0';
		if (sign_public_parse(bytes, key, &detail))
			st = fail_set(why, ST_INPUT, path, "%s in its first line", detail.text);
	}
	free(bytes);
	return st;
}

static enum status read_document(const char *path, struct approval_document *document, struct fail *why)
{
	char *bytes = NULL;
	size_t length;
	enum status st = file_read(path, APPROVAL_BYTES_MAX, &bytes, &length, why);
	if (!st)
		st = approval_document_read(path, bytes, length, document, why);
	free(bytes);
	return st;
}

static void print_approval(const struct cli_options *options, const struct approval *a)
{
	struct settings settings;
	char text[512], from[32], to[32];
	approval_settings(a, &settings);
	station_date(a->signed_at_ms, from, sizeof from);
	station_date(a->expires_at_ms, to, sizeof to);
	station_say(options, "meaning   %s: %s", meaning_name(a->meaning), meaning_text(a->meaning));
	station_say(options, "signed    %s by %s (%s), key %.16s", from, a->name, a->login, a->key_id);
	station_say(options, "until     %s%s", to, a->expires_at_ms <= cli_now_ms() ? "  EXPIRED" : "");
	station_say(options, "plan      %s version %lld, content %.16s", a->plan, (long long)a->version,
	            a->plan_digest);
	station_say(options, "patient   %s", a->patient);
	station_say(options, "device    %s for %s, verdict %s", a->device_mode, a->indication, a->verdict);
	station_say(options, "settings  %s", settings_text(&settings, text, sizeof text));
	for (size_t i = 0; i < a->zones; i++)
		station_say(options, "zone      %s", side_of_zone(a->zone[i], a->side[i], text, sizeof text));
	for (size_t i = 0; i < a->overrides; i++)
		station_say(options, "decided   %s %s: %s", a->override[i].rule, a->override[i].zone,
		            a->override[i].reason);
	station_say(options, "models    %s", a->models);
	station_say(options, "audit     entry %lld, head %.16s", (long long)a->audit_seq, a->audit_head);
}

static enum status verify(const struct cli_options *options, struct fail *why)
{
	struct approval_document document = {0};
	struct approval approval;
	struct sign_public key;
	const char *path = cli_value(options, "--key");
	enum status st = read_document(options->operand[0], &document, why);
	if (!st)
		key = document.key;
	if (!st && path)
		st = read_key(path, &key, why);
	if (!st)
		st = approval_verify(&document, &key, 1, &approval, why);
	if (!st)
		st = approval_begun(&approval, cli_now_ms(), why);
	approval_document_clear(&document);
	if (st)
		return st;
	if (cli_flag(options, "--json"))
		printf("{\"verified\":%s,\"meaning\":\"%s\",\"plan\":\"%s\",\"version\":%lld,\"patient\":\"%"
		       "s\",\"key\":\"%s\","
		       "\"expires_at_ms\":%lld}\n",
		       path ? "true" : "false", meaning_name(approval.meaning), approval.plan,
		       (long long)approval.version, approval.patient, approval.key_id,
		       (long long)approval.expires_at_ms);
	else
		print_approval(options, &approval);
	/* whoever writes a file can sign it with a key of their own and put that key into it */
	if (!path)
		return fail_set(why, ST_DENIED, "key",
		                "content and signature belong together, but whose key it is cannot be told "
		                "from the file: give the signer's public key with --key FILE");
	if (!cli_flag(options, "--json"))
		station_say(options, "VERIFIED with the key given.");
	return ST_OK;
}

int command_verify(const struct cli_options *options)
{
	struct fail why = {.text = ""};
	enum status st = verify(options, &why);
	return st ? cli_complain(options, st, &why) : 0;
}

/* ---- export ---- */

static enum status export_approval(struct station *s, struct fail *why)
{
	struct workflow_plan *plan = NULL;
	char *text = NULL;
	size_t n;
	enum status st = station_plan(s, 0, &plan, why);
	if (!st)
		st = workflow_export(&s->w, &s->person, plan, &text, &n, why);
	if (!st)
		puts(text);
	free(text);
	workflow_plan_free(&plan);
	return st;
}

int command_export_approval(const struct cli_options *options)
{
	return station_run(options, STATION_READS, export_approval);
}

static enum status export_key(struct station *s, struct fail *why)
{
	struct store_person person;
	struct sign_public key;
	char hex[SIGN_PUBLIC_TEXT_SIZE];
	const char *login = s->options->operands ? s->options->operand[0] : s->person.login;
	enum status st = store_person_get(s->w.store, login, &person, why);
	if (!st)
		st = store_person_key(s->w.store, person.uuid, person.key_number, &key, why);
	if (st)
		return st;
	sign_public_hex(&key, hex);
	station_say(s->options, "%s", hex);
	station_say(s->options, "%s (%s), key %lld", person.name, person.login, (long long)person.key_number);
	return ST_OK;
}

int command_export_key(const struct cli_options *options)
{
	return station_run(options, STATION_READS, export_key);
}
