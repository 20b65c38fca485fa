/* Keeping the records: audit, backup, restore, erasing a patient. */
#include "planner/plan/restore.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"
#include "ui/commands/watch.h"

enum { LINE_SIZE = 1024 };

static void say(const struct cli_options *options, const char *line)
{
	cli_print(stdout, cli_ascii(options), line);
}

static struct store_stamp stamp_of(struct clinic *clinic)
{
	return (struct store_stamp){cli_now_ms(), session_person(clinic_session(clinic))->login};
}

/* --- audit ---------------------------------------------------------------------------------------------- */

static void print_entry(const struct cli_options *options, const struct store_audit *entry)
{
	char line[LINE_SIZE], at[RECORDS_TIME_SIZE];
	records_time(entry->at_ms, at);
	(void)snprintf(line, sizeof line, "%6lld  %s  %-18s %-18s %s", (long long)entry->seq, at, entry->actor,
	               entry->action, entry->object);
	say(options, line);
}

static void add_entry(struct json_out *out, const struct store_audit *entry)
{
	char at[RECORDS_TIME_SIZE];
	records_time(entry->at_ms, at);
	json_out_object(out, NULL);
	json_out_int(out, "entry", entry->seq);
	json_out_text(out, "at", at);
	json_out_text(out, "actor", entry->actor);
	json_out_text(out, "action", entry->action);
	json_out_text(out, "object", entry->object);
	json_out_end_object(out);
}

static enum status print_audit(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	bool more = true;
	const bool json = cli_flag(options, "--json");
	struct json_out out;
	int64_t after = 0;
	enum status status = ST_OK;
	records_json_begin(&out);
	json_out_array(&out, NULL);
	while (status == ST_OK && more) {
		struct store_audit_list list;
		status = store_audit_list(clinic_store(clinic), after, 1000, &list, why);
		for (size_t i = 0; status == ST_OK && i < list.count; i++) {
			if (json)
				add_entry(&out, &list.items[i]);
			else
				print_entry(options, &list.items[i]);
		}
		after = list.count > 0 ? list.items[list.count - 1].seq : after;
		more = list.more;
		store_audit_list_free(&list);
	}
	json_out_end_array(&out);
	if (status == ST_OK && json)
		return records_json_print(&out, why);
	json_out_drop(&out);
	return status;
}

int command_audit(const struct cli_options *options)
{
	return records_with(options, print_audit);
}

static enum status print_found_json(const struct store_audit_found *found, const char *chain, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_object(&out, NULL);
	json_out_int(&out, "entries", found->entries);
	json_out_int(&out, "checkpoints", found->checkpoints);
	json_out_int(&out, "last_signed", found->last_signed);
	json_out_bool(&out, "seals_verified", found->seals);
	json_out_int(&out, "head", found->head.seq);
	json_out_text(&out, "chain", chain);
	json_out_end_object(&out);
	return records_json_print(&out, why);
}

#define VERIFIED_AT_ONCE 1000

/* With progress where somebody sits there; a signal stops it. */
static enum status verify_watched(struct store *store, const unsigned char *key, struct store_audit_found *found,
                                  struct fail *why)
{
	struct watch watch;
	struct store_audit_check *check;
	bool done = false;
	enum status status = store_audit_check_begin(store, key, &check, why);
	watch_begin(&watch, 1);
	while (status == ST_OK && !done) {
		status = store_audit_check_go_on(check, VERIFIED_AT_ONCE, &done, why);
		if (status == ST_OK && watch_step(&watch, store_audit_check_done_frac(check)) != 0 && !done)
			status = fail_set(why, ST_CANCELLED, "audit", "stopped by %s: NOT verified; entries 1 to %lld held",
			                  strsignal(watch_stopped()), (long long)store_audit_check_found(check)->entries);
	}
	watch_clear(&watch);
	watch_end(&watch, false);
	if (check != NULL)
		*found = *store_audit_check_found(check);
	store_audit_check_end(&check);
	return status;
}

static enum status verify_audit(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const char *path = cli_value(options, "--recovery-key");
	unsigned char key[STORE_RECOVERY_KEY_BYTES];
	struct store_audit_found found;
	char line[LINE_SIZE], chain[DIGEST_TEXT_SIZE];
	enum status status = path != NULL ? recovery_key_read(path, key, why) : ST_OK;
	if (status == ST_OK)
		status = verify_watched(clinic_store(clinic), path != NULL ? key : NULL, &found, why);
	secret_wipe(key, sizeof key);
	if (status != ST_OK)
		return status;
	digest_hex(&found.head.chain, chain);
	if (cli_flag(options, "--json"))
		return print_found_json(&found, chain, why);
	(void)snprintf(line, sizeof line,
	               "audit: %lld entries follow from one another, %lld signed checkpoints hold (up to entry %lld), "
	               "seals %s\nlast: entry %lld, %s",
	               (long long)found.entries, (long long)found.checkpoints, (long long)found.last_signed,
	               found.seals ? "hold" : "not verified (--recovery-key does)", (long long)found.head.seq, chain);
	say(options, line);
	return ST_OK;
}

int command_audit_verify(const struct cli_options *options)
{
	return records_with(options, verify_audit);
}

static enum status reason_of(const struct cli_options *options, const char **reason, struct fail *why)
{
	*reason = cli_value(options, "--reason");
	return *reason != NULL && (*reason)[0] != '\0'
	               ? ST_OK
	               : fail_set(why, ST_INPUT, "--reason", "is needed: it is kept in the audit");
}

static enum status accept_anchor(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const struct store_stamp stamp = stamp_of(clinic);
	const char *reason;
	enum status status = reason_of(options, &reason, why);
	if (status == ST_OK && store_is_rolled_back(clinic_store(clinic)) == NULL)
		return fail_set(why, ST_CONFLICT, "audit", "agrees with its anchor: there is nothing to accept");
	size_t erased = 0;
	if (status == ST_OK)
		status = store_anchor_accept(clinic_store(clinic), clinic_session(clinic), reason, &stamp, &erased, why);
	if (status == ST_OK)
		(void)printf("accepted; %zu who had been erased since this copy was made %s erased again\n", erased,
		             erased == 1 ? "was" : "were");
	return status;
}

int command_audit_accept(const struct cli_options *options)
{
	return records_with(options, accept_anchor);
}

/* --- backup and restore --------------------------------------------------------------------------------- */

static enum status make_backup(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const struct store_stamp stamp = stamp_of(clinic);
	char line[LINE_SIZE];
	struct store_audit_head head;
	if (!session_has(clinic_session(clinic), ROLE_ADMINISTRATOR | ROLE_TECHNICIAN))
		return fail_set(why, ST_DENIED, "backup", "is for administrators and technicians: ask one");
	enum status status = store_audit_add(clinic_store(clinic), "store.backup", "", NULL, &stamp, why);
	if (status == ST_OK)
		status = store_backup(clinic_store(clinic), options->operand[0], why);
	if (status == ST_OK)
		status = store_audit_head(clinic_store(clinic), &head, why);
	if (status != ST_OK)
		return status;
	(void)snprintf(line, sizeof line, "%s is verified; it ends with audit entry %lld", options->operand[0],
	               (long long)head.seq);
	say(options, line);
	return ST_OK;
}

int command_backup(const struct cli_options *options)
{
	return records_with(options, make_backup);
}

static void print_restored(const struct cli_options *options, const struct restore_result *result)
{
	char line[LINE_SIZE + STORE_REASON_MAX];
	(void)snprintf(line, sizeof line, "restored: %lld rows verified, %zu patients erased again%s%s%s",
	               (long long)result->rows, result->erased,
	               result->kept[0] != '\0' ? "; the records before are kept as " : "", result->kept,
	               result->erasures_unknown ? "\nThe records before could not be opened: patients erased since the "
	                                          "backup must be erased again by hand."
	                                        : "");
	say(options, line);
}

/* The file is looked at before anybody is asked for a secret. */
static enum status restore(const struct cli_options *options, struct restore_result *result, struct fail *why)
{
	char home[CLI_PATH_MAX], login[STORE_LOGIN_MAX + 2] = "";
	struct secret_entry entry = {NULL, {NULL, 0}};
	const char *name = records_login_name(options);
	cli_home(options, home, sizeof home);
	struct restore_request request = {.home = home,
	                                  .kind = records_kind(options),
	                                  .backup = options->operand[0],
	                                  .login = name != NULL ? name : login,
	                                  .now_ms = cli_now_ms()};
	enum status status = clinic_restore_check(&request, why);
	if (status == ST_OK && name == NULL)
		status = line_ask("Login: ", login, sizeof login, why);
	if (status == ST_OK)
		status = records_secret(options, "--secret-file", "Secret: ", false, &entry, why);
	request.secret = entry.secret;
	if (status == ST_OK)
		status = clinic_restore(&request, result, why);
	secret_clear(&entry);
	return status;
}

int command_restore(const struct cli_options *options)
{
	struct fail why = {.text = ""};
	struct restore_result result;
	enum status status = restore(options, &result, &why);
	if (status != ST_OK)
		return cli_complain(options, status, &why);
	print_restored(options, &result);
	return 0;
}

/* --- erase ---------------------------------------------------------------------------------------------- */

static enum status erase(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const struct store_stamp stamp = stamp_of(clinic);
	const char *reason;
	struct store_patient patient;
	enum status status = reason_of(options, &reason, why);
	if (status == ST_OK)
		status = store_patient_of_number(clinic_store(clinic), options->operand[0], &patient, why);
	if (status == ST_OK)
		status = store_patient_erase(clinic_store(clinic), clinic_session(clinic), patient.uuid, reason, &stamp, why);
	if (status == ST_OK)
		say(options, "erased: nobody can read this patient's records any more; backups made before still hold them");
	secret_wipe(&patient, sizeof patient);
	return status;
}

int command_erase(const struct cli_options *options)
{
	return records_with(options, erase);
}
