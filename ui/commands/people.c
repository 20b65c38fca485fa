/* Who may use the records: first start, logins, roles, secrets, recovery. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "planner/plan/emergency.h"
#include "planner/store/vault.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

#define HEX_SIZE (2 * STORE_RECOVERY_KEY_BYTES + 1)

static void say(const struct cli_options *options, const char *line)
{
	cli_print(stdout, cli_ascii(options), line);
}

static struct store_stamp stamp_of(struct clinic *clinic)
{
	return (struct store_stamp){cli_now_ms(), session_person(clinic_session(clinic))->login};
}

/* --- recovery keys -------------------------------------------------------------------------------------- */

static void hex_of(const unsigned char *key, char hex[HEX_SIZE])
{
	for (int i = 0; i < STORE_RECOVERY_KEY_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", key[i]);
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum status key_of_hex(const char *field, const char *hex, unsigned char *key, struct fail *why)
{
	for (int i = 0; i < STORE_RECOVERY_KEY_BYTES; i++) {
		int high = digit_of(hex[2 * i]), low = high < 0 ? -1 : digit_of(hex[2 * i + 1]);
		if (low < 0)
			return fail_set(why, ST_INPUT, field, "is not a key of %d hexadecimal digits", HEX_SIZE - 1);
		key[i] = (unsigned char)(high << 4 | low);
	}
	return hex[HEX_SIZE - 1] == '\0' ? ST_OK : fail_set(why, ST_INPUT, field, "is longer than a key");
}

enum status recovery_key_read(const char *path, unsigned char key[STORE_RECOVERY_KEY_BYTES], struct fail *why)
{
	struct secret_entry entry;
	enum status status = secret_read(path, &entry, why);
	if (status == ST_OK)
		status = key_of_hex(path, entry.bytes, key, why);
	secret_clear(&entry);
	return status;
}

/* A new file for its owner only; what is there is never overwritten. */
static enum status write_private(const char *path, const char *text, struct fail *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_set(why, errno == EEXIST ? ST_CONFLICT : ST_IO, path, "cannot be made: %s", strerror(errno));
	size_t n = strlen(text);
	bool whole = write(fd, text, n) == (ssize_t)n && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
	if (close(fd) != 0 || !whole)
		return fail_set(why, ST_IO, path, "was not written whole: free the disk and try again");
	return ST_OK;
}

/* By --recovery-public, or a new pair whose secret half goes to --recovery-file. *given: there is one. */
static enum status recovery_of(const struct cli_options *options, unsigned char *public_key, bool *given,
                               struct fail *why)
{
	const char *named = cli_value(options, "--recovery-public"), *path = cli_value(options, "--recovery-file");
	unsigned char secret_key[STORE_RECOVERY_KEY_BYTES];
	char hex[HEX_SIZE];
	*given = named != NULL || path != NULL;
	if (named != NULL)
		return key_of_hex("--recovery-public", named, public_key, why);
	if (path == NULL)
		return ST_OK;
	store_recovery_pair(public_key, secret_key);
	hex_of(secret_key, hex);
	enum status status = write_private(path, hex, why);
	secret_wipe(hex, sizeof hex);
	secret_wipe(secret_key, sizeof secret_key);
	return status;
}

/* --- user add ------------------------------------------------------------------------------------------- */

static enum status set_up(const struct cli_options *options, struct clinic *clinic,
                          const struct store_person_new *first, struct fail *why)
{
	unsigned char public_key[STORE_RECOVERY_KEY_BYTES];
	bool given = false;
	enum status status = secret_check(first->login, first->secret, why);
	if (status == ST_OK)
		status = recovery_of(options, public_key, &given, why);
	if (status == ST_OK)
		status = clinic_setup(clinic, first, given ? public_key : NULL, cli_now_ms(), why);
	if (status != ST_OK)
		return status;
	say(options, given ? "The clinic is set up. Keep the recovery key away from this station."
	                   : "The clinic is set up without a recovery key: if the last administrator's secret is lost, "
	                     "so are the records.");
	return ST_OK;
}

static enum status add_further(const struct cli_options *options, struct clinic *clinic,
                               const struct store_person_new *person, struct fail *why)
{
	enum status status = records_login(options, clinic, why);
	if (status != ST_OK)
		return status;
	const struct store_stamp stamp = stamp_of(clinic);
	return store_person_add(clinic_store(clinic), clinic_session(clinic), person, &stamp, why);
}

static enum status add_person(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const char *login = options->operand[0], *name = cli_value(options, "--name");
	const char *role = cli_value(options, "--role");
	struct secret_entry entry;
	struct store_person_new person = {.login = login, .name = name != NULL ? name : login};
	enum status status = roles_parse(role != NULL ? role : "", &person.roles, why);
	if (status == ST_OK)
		status = records_secret(options, "--new-secret-file", "New secret (several words): ", true, &entry, why);
	if (status != ST_OK)
		return status;
	person.secret = entry.secret;
	person.is_virtual = records_kind(options) == STORE_DEMO;
	status = clinic_access(clinic) == STORE_NEW ? set_up(options, clinic, &person, why)
	                                            : add_further(options, clinic, &person, why);
	secret_clear(&entry);
	return status;
}

/* --- what all of them do -------------------------------------------------------------------------------- */

static int with_records(const struct cli_options *options, bool logged_in, records_work work)
{
	struct clinic *clinic = NULL;
	struct fail why = {.text = ""};
	enum status status = records_open_locked(options, records_kind(options), &clinic, &why);
	if (status == ST_OK && logged_in)
		status = records_login(options, clinic, &why);
	if (status == ST_OK)
		status = work(options, clinic, &why);
	clinic_close(&clinic);
	return status == ST_OK ? 0 : cli_complain(options, status, &why);
}

int command_user_add(const struct cli_options *options)
{
	return with_records(options, false, add_person);
}

static enum status list_people_json(const struct store_person_list *list, struct fail *why)
{
	struct json_out out;
	char roles[64];
	records_json_begin(&out);
	json_out_array(&out, NULL);
	for (size_t i = 0; i < list->count; i++) {
		const struct store_person *person = &list->items[i];
		roles_format(person->roles, roles, sizeof roles);
		json_out_object(&out, NULL);
		json_out_text(&out, "login", person->login);
		json_out_text(&out, "name", person->name);
		json_out_text(&out, "roles", roles);
		json_out_bool(&out, "disabled", person->is_disabled);
		json_out_bool(&out, "virtual", person->is_virtual);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	return records_json_print(&out, why);
}

static enum status list_people(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct store_person_list list;
	char line[512], roles[64];
	enum status status = store_person_list(clinic_store(clinic), &list, why);
	const bool json = cli_flag(options, "--json");
	if (status == ST_OK && json)
		status = list_people_json(&list, why);
	for (size_t i = 0; status == ST_OK && !json && i < list.count; i++) {
		const struct store_person *person = &list.items[i];
		roles_format(person->roles, roles, sizeof roles);
		(void)snprintf(line, sizeof line, "%-16s %-28s %s%s%s", person->login, person->name, roles,
		               person->is_disabled ? ", disabled" : "", person->is_virtual ? ", VIRTUAL" : "");
		say(options, line);
	}
	store_person_list_free(&list);
	return status;
}

int command_user_list(const struct cli_options *options)
{
	return records_with(options, list_people); /* in the demo anybody reads, as every list there */
}

static enum status disable(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const struct store_stamp stamp = stamp_of(clinic);
	return store_person_disable(clinic_store(clinic), clinic_session(clinic), options->operand[0], true, &stamp,
	                            why);
}

int command_user_disable(const struct cli_options *options)
{
	return with_records(options, true, disable);
}

static enum status set_roles(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const struct store_stamp stamp = stamp_of(clinic);
	const char *role = cli_value(options, "--role");
	unsigned roles = 0;
	enum status status = roles_parse(role != NULL ? role : "", &roles, why);
	return status == ST_OK ? store_person_roles(clinic_store(clinic), clinic_session(clinic), options->operand[0],
	                                            roles, &stamp, why)
	                       : status;
}

int command_user_roles(const struct cli_options *options)
{
	return with_records(options, true, set_roles);
}

/* One's own needs the old one again; somebody else's is given anew by an administrator. */
static enum status change_secret(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct secret_entry old, fresh;
	struct store_moment moment;
	struct session *own = clinic_session(clinic);
	const char *login = options->operands > 0 ? options->operand[0] : session_person(own)->login;
	const struct store_stamp stamp = stamp_of(clinic);
	enum status status =
	        records_secret(options, "--new-secret-file", "New secret (several words): ", true, &fresh, why);
	if (status != ST_OK)
		return status;
	if (strcmp(login, session_person(own)->login) != 0) {
		status = store_person_reset(clinic_store(clinic), own, login, fresh.secret, &stamp, why);
		secret_clear(&fresh);
		return status;
	}
	status = records_secret(options, "--secret-file", "Old secret again: ", false, &old, why);
	if (status == ST_OK)
		status = store_moment_now(&moment, why);
	if (status == ST_OK)
		status = store_person_secret(clinic_store(clinic), own, old.secret, fresh.secret, &moment, why);
	secret_clear(&old);
	secret_clear(&fresh);
	return status;
}

int command_user_secret(const struct cli_options *options)
{
	return with_records(options, true, change_secret);
}

static enum status recover(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const char *path = cli_value(options, "--recovery-key");
	const struct store_stamp stamp = {cli_now_ms(), "recovery"};
	unsigned char key[STORE_RECOVERY_KEY_BYTES];
	struct secret_entry fresh;
	struct session *session = NULL;
	if (path == NULL)
		return fail_set(why, ST_INPUT, "--recovery-key", "is needed: the file with the clinic's recovery key");
	enum status status = recovery_key_read(path, key, why);
	if (status == ST_OK)
		status = records_secret(options, "--new-secret-file", "New secret (several words): ", true, &fresh, why);
	if (status == ST_OK) {
		status = store_recover(clinic_store(clinic), key, options->operand[0], fresh.secret, &stamp, &session, why);
		secret_clear(&fresh);
	}
	store_logout(&session);
	secret_wipe(key, sizeof key);
	return status;
}

int command_recover(const struct cli_options *options)
{
	return with_records(options, false, recover);
}

/* --- login ---------------------------------------------------------------------------------------------- */

/* Told to those who have to do something about it. */
static enum status show_reviews(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct emergency_list found;
	char line[128];
	if (!session_has(clinic_session(clinic), ROLE_ADMINISTRATOR | ROLE_DERMATOLOGIST))
		return ST_OK;
	enum status status = emergency_list(clinic_store(clinic), &found, why);
	if (status == ST_OK && found.open > 0) {
		(void)snprintf(line, sizeof line, "%zu emergency access(es) wait for review: lasertwin emergency list",
		               found.open);
		say(options, line);
	}
	emergency_list_free(&found);
	return status;
}

static enum status show_login_json(const struct store_person *person, const char *roles, int64_t seq,
                                   const char *chain, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_object(&out, NULL);
	json_out_text(&out, "login", person->login);
	json_out_text(&out, "name", person->name);
	json_out_text(&out, "roles", roles);
	json_out_int(&out, "audit_entry", seq);
	json_out_text(&out, "audit_chain", chain);
	json_out_end_object(&out);
	return records_json_print(&out, why);
}

static enum status show_login(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const struct store_person *person = session_person(clinic_session(clinic));
	struct store_audit_head head;
	char line[512], roles[64], chain[DIGEST_TEXT_SIZE];
	enum status status = store_audit_head(clinic_store(clinic), &head, why);
	if (status != ST_OK)
		return status;
	roles_format(person->roles, roles, sizeof roles);
	digest_hex(&head.chain, chain);
	if (cli_flag(options, "--json"))
		return show_login_json(person, roles, head.seq, chain, why);
	(void)snprintf(line, sizeof line, "%s (%s), %s; audit entry %lld, %s", person->name, person->login, roles,
	               (long long)head.seq, chain);
	say(options, line);
	status = show_reviews(options, clinic, why);
	if (status == ST_OK && store_is_rolled_back(clinic_store(clinic)) != NULL)
		return fail_set(why, ST_DENIED, "store", "can be read only: %s", store_is_rolled_back(clinic_store(clinic)));
	return status;
}

int command_login(const struct cli_options *options)
{
	return with_records(options, true, show_login);
}
