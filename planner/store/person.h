/* Who may use this store, and who does now.
 *
 * A person has a login, roles, a signing key and a secret. The secret (a pass phrase) is kept nowhere: a
 * key derived from it (Argon2id) opens the person's slot, which holds the store's key and the person's
 * signing key. A session is one person logged in; several may be (a dermatologist signs at the
 * technician's station). The store is readable while at least one session is open; the last one closed
 * wipes every key.
 *
 * Wrong secrets cost growing delays that a restart or another clock does not shorten.
 */
#ifndef LASERTWIN_STORE_PERSON_H
#define LASERTWIN_STORE_PERSON_H

#include "planner/store/sign.h"
#include "planner/store/store.h"

#define STORE_LOGIN_MAX 48 /* a word */
#define STORE_SECRET_MIN 12
#define STORE_SECRET_MAX 256
#define STORE_FAILURES_MAX 100 /* in a row; then an administrator gives a new secret */

enum person_role {
	ROLE_TECHNICIAN = 1 << 0,
	ROLE_DERMATOLOGIST = 1 << 1,
	ROLE_ADMINISTRATOR = 1 << 2,
	ROLE_VIEWER = 1 << 3,
	ROLES_ALL = (1 << 4) - 1
};
/* "technician" for one role; NULL for none or several. */
const char *role_name(enum person_role role);
/* "technician,administrator"; ST_INPUT names the word that is no role. */
enum status roles_parse(const char *text, unsigned *roles, struct fail *why) MUST_CHECK;
void roles_format(unsigned roles, char *text, size_t size);

struct store_person {
	char uuid[UUID_TEXT_SIZE];
	char login[STORE_LOGIN_MAX + 1];
	char name[STORE_LABEL_MAX + 1]; /* shown; "" while the store is locked */
	unsigned roles;                 /* OR of enum person_role */
	struct sign_public public_key;
	int64_t key_number; /* 1 for the first key; a lost secret brings the next */
	bool is_disabled;
	bool is_virtual; /* of the demo: its secret is no secret */
	int failures;    /* wrong secrets since the last right one */
	int64_t added_at_ms;
};

struct store_person_list {
	struct store_person *items; /* by login */
	size_t count;
	bool more;
};

/* A secret as it was typed; borrowed. The one who reads it wipes it. */
struct secret {
	const char *bytes;
	size_t length;
};
/* Long enough, UTF-8, not among the often used, not the login. */
enum status secret_check(const char *login, struct secret secret, struct fail *why) MUST_CHECK;
/* Overwrites in a way the compiler keeps. */
void secret_wipe(void *bytes, size_t n);
/* What calls that have returned left on this thread's stack, half a megabyte down from here. */
void secret_wipe_stack(void);

/* Where a delay is counted: time since this boot cannot be set by anybody. */
struct store_moment {
	int64_t at_ms;
	int64_t since_boot_ms;
	char boot[UUID_TEXT_SIZE]; /* which boot */
};
enum status store_moment_now(struct store_moment *moment, struct fail *why) MUST_CHECK;
/* No core dumps and no debugger of the same user for this process: first thing in main. */
void store_process_harden(void);

struct session; /* the keys of one person, in locked memory; store_close ends those that are left */

/* What a store is found to be before anybody logged in. */
enum store_access {
	STORE_NEW,     /* has nobody: store_setup makes the first administrator */
	STORE_LOCKED,  /* log in */
	STORE_UNLOCKED /* readable and writable */
};
enum store_access store_access(const struct store *store);

struct store_person_new {
	const char *login, *name;
	unsigned roles;
	struct secret secret;
	bool is_virtual; /* required in a demo store, refused in a clinic's; its secret is not judged */
};

/* The clinic's recovery pair: the public half stands in the store, the secret half is kept elsewhere. Written as
 * hexadecimal digits. */
#define STORE_RECOVERY_KEY_BYTES 32
void store_recovery_pair(unsigned char public_key[STORE_RECOVERY_KEY_BYTES],
                         unsigned char secret_key[STORE_RECOVERY_KEY_BYTES]);

/* The first person, who must be an administrator. Makes the store's key; recovery_public (NULL: none) is
 * the clinic's key kept elsewhere, to which a copy of it is sealed. ST_CONFLICT: the store has people. */
enum status store_setup(struct store *store, const struct store_person_new *first,
                        const unsigned char *recovery_public, const struct store_stamp *stamp,
                        struct session **session, struct fail *why) MUST_CHECK;
/* ST_DENIED: unknown login, wrong secret, disabled, too early (the reason says how long to wait). Gives the session. */
enum status store_login(struct store *store, const char *login, struct secret secret,
                        const struct store_moment *moment, struct session **session, struct fail *why) MUST_CHECK;
/* Wipes the session's keys; with the last session the store locks. */
void store_logout(struct session **session);

const struct store_person *session_person(const struct session *session);
bool session_has(const struct session *session, unsigned roles); /* at least one of them */
/* Signs n bytes with the session's own key after the login and the secret were given again. ST_DENIED as
 * store_login. */
enum status session_sign(struct session *session, const char *login, struct secret secret,
                         const struct store_moment *moment, const void *bytes, size_t n,
                         struct signature *out, struct fail *why) MUST_CHECK;

/* by: an administrator's session. ST_CONFLICT: login taken. */
enum status store_person_add(struct store *store, const struct session *by, const struct store_person_new *person,
                             const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* Works while locked too (names are empty then). */
enum status store_person_list(struct store *store, struct store_person_list *list, struct fail *why) MUST_CHECK;
enum status store_person_get(struct store *store, const char *login, struct store_person *out,
                             struct fail *why) MUST_CHECK;
/* The last administrator cannot be disabled; nobody disables themselves. */
enum status store_person_disable(struct store *store, const struct session *by, const char *login, bool disabled,
                                 const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status store_person_roles(struct store *store, const struct session *by, const char *login, unsigned roles,
                               const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* One's own secret: the signing key stays. */
enum status store_person_secret(struct store *store, struct session *own, struct secret old, struct secret fresh,
                                const struct store_moment *moment, struct fail *why) MUST_CHECK;
/* A lost secret: an administrator gives a new one; a new signing key begins, the old public key stays on file. */
enum status store_person_reset(struct store *store, const struct session *by, const char *login, struct secret fresh,
                               const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* With the clinic's recovery key: gives a person a new secret when no administrator can log in, and logs them in.
 * ST_DENIED: another store's key. */
enum status store_recover(struct store *store, const unsigned char recovery_secret[STORE_RECOVERY_KEY_BYTES],
                          const char *login, struct secret fresh, const struct store_stamp *stamp,
                          struct session **session, struct fail *why) MUST_CHECK;
/* Every public key a person ever had: key_number says which. ST_NOT_FOUND: no such key. */
enum status store_person_key(struct store *store, const char *uuid, int64_t key_number,
                             struct sign_public *out, struct fail *why) MUST_CHECK;
void store_person_list_free(struct store_person_list *list);

#endif
