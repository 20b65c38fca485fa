#include "planner/plan/trust.h"

#include "planner/store/outbox.h"

/* A short text of the store: "t." and half a digest of login and number, for logins may be longer than keys.
 */
static void key_name(const char *login, int64_t number, char name[STORE_SYNC_KEY_MAX + 1])
{
	struct digest_stream stream;
	struct digest digest;
	char hex[DIGEST_TEXT_SIZE];
	digest_begin(&stream, "lasertwin trusted key/1");
	digest_add_text(&stream, login, strlen(login));
	digest_add_int(&stream, number);
	digest_end(&stream, &digest);
	digest_hex(&digest, hex);
	(void)snprintf(name, STORE_SYNC_KEY_MAX + 1, "t.%.48s", hex);
}

enum status trust_add(struct store *store, const struct session *by, const char *login, int64_t number,
                      const struct sign_public *key, const struct store_stamp *stamp, struct fail *why)
{
	char name[STORE_SYNC_KEY_MAX + 1], hex[SIGN_PUBLIC_TEXT_SIZE] = "";
	if (!session_has(by, ROLE_ADMINISTRATOR))
		return fail_set(why, ST_DENIED, "trust", "is an administrator's to give");
	key_name(login, number, name);
	if (key)
		sign_public_hex(key, hex);
	enum status st = store_sync_set(store, name, hex, stamp, why);
	return st ? st
	          : store_audit_add(store, key ? "sync.trust" : "sync.distrust", login, NULL, stamp, why);
}

enum status trust_elsewhere(struct store *store, const char *login, int64_t number, struct sign_public *out,
                            struct fail *why)
{
	char name[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	key_name(login, number, name);
	enum status st = store_sync_get(store, name, value, why);
	if (!st && value[0] == '\0')
		st = fail_set(why, ST_NOT_FOUND, "key", "of %.60s is trusted no more", login);
	return st ? st : sign_public_parse(value, out, why);
}

enum status trust_key_of(struct store *store, const char *login, int64_t number, struct sign_public *out,
                         struct fail *why)
{
	struct store_person person;
	struct fail none;
	if (trust_elsewhere(store, login, number, out, &none) == ST_OK)
		return ST_OK;
	enum status st = store_person_get(store, login, &person, why);
	return st ? st : store_person_key(store, person.uuid, number, out, why);
}
