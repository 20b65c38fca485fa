/* The station's key and what it signs to get an access token: SMART Backend Services (HL7 SMART App Launch 2,
 * "client-confidential-asymmetric"): a JWT (RFC 7519, 7523) with ES384 or RS384 (RFC 7518). The only file
 * that includes OpenSSL. The station key only opens the door of the server; approvals are signed by people
 * with keys of their own (planner/store/sign.h). */
#ifndef LASERTWIN_SYNC_TOKEN_H
#define LASERTWIN_SYNC_TOKEN_H

#include <stdint.h>

#include "physics/base/status.h"

#define TOKEN_KEY_ID_MAX 64
#define TOKEN_LIFETIME_S 240 /* servers refuse more than five minutes */
#define TOKEN_BACKDATE_S 10  /* clocks differ; some servers refuse a start one second ahead of theirs */

struct token_key;

/* A PEM file that nobody but its owner may read: EC on P-384, or RSA of at least 2048 bits. ST_NOT_FOUND,
 * ST_DENIED (others may read it), ST_INPUT. */
enum status token_key_load(const char *path, struct token_key **out, struct fail *why) MUST_CHECK;
/* A new P-384 key in a new file, mode 0600. ST_CONFLICT: the file exists. */
enum status token_key_make(const char *path, struct fail *why) MUST_CHECK;
void token_key_free(struct token_key **key);

/* The public half as a JWK set, for the server's administrator; to free. */
enum status token_key_set(const struct token_key *key, const char *key_id, char **json,
                          struct fail *why) MUST_CHECK;

struct token_claims {
	const char *client_id, *audience, *key_id;
	const char *name; /* jti: used once */
	int64_t now_s;    /* as the server's clock has it */
};

/* The signed assertion; to free. */
enum status token_assertion(const struct token_key *key, const struct token_claims *claims, char **jwt,
                            struct fail *why) MUST_CHECK;

const char *token_library_version(void); /* at run time */

#endif
