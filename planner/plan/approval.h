/* Approvals: what a signature under a plan stands for, as bytes anybody can check with the public key.
 *
 * The payload is canonical JSON (canonical.h), schema lasertwin-approval/2. It names the plan version and
 * the digest of its stored bytes, the patient and the digest of the identity, the twin snapshot, readings,
 * device profile, rules and library by digest, the models, the settings in millionths of their unit, every
 * finding overridden with its reason, who wrote the plan, who signs with which key, the meaning, when, until
 * when, and the head of the audit trail at that moment. The same bytes mean the same approval: a payload is
 * accepted only when writing what was read gives the bytes that were signed. Schema lasertwin-approval/1, of programs
 * before, is the same without "sides" (of each zone: "left", "right", "both", "midline", "not stated"); it still
 * verifies, with no side stated. Vectors of both: tests/planner/test_approval.c.
 *
 * The signature is Ed25519 in a detached JWS (RFC 7515, appendix F; RFC 8037): header "." "" "." signature,
 * over base64url(header) "." base64url(payload). The header is {"alg":"EdDSA","kid":"<key id>"}, where the
 * key id is BLAKE2b-256 of the public key in lower-case hexadecimal. No other header is accepted.
 *
 * Pure: keys and times are arguments.
 */
#ifndef LASERTWIN_PLAN_APPROVAL_H
#define LASERTWIN_PLAN_APPROVAL_H

#include "devices/settings.h"
#include "planner/plan/life.h"
#include "planner/plan/planning.h"
#include "planner/store/sign.h"
#include "planner/store/store.h"

#define APPROVAL_OVERRIDES_MAX 16
#define APPROVAL_AUTHORS_MAX 16
#define APPROVAL_RULE_MAX 24
#define APPROVAL_FORM 2 /* of the payload, as written now */
#define APPROVAL_BYTES_MAX ((size_t)1 << 17)

/* A signature states what it means. */
enum meaning {
	MEANING_APPROVED,
	MEANING_REVOKED,
	MEANING_OVERRIDDEN, /* the findings listed, by a dermatologist */
	MEANING_WITNESSED,  /* the same, by the second person */
	MEANINGS
};
const char *meaning_name(enum meaning meaning);
const char *meaning_text(enum meaning meaning); /* the sentence shown above the place to sign */

struct approval_override {
	char rule[APPROVAL_RULE_MAX], zone[PLANNING_TEXT_MAX];
	char reason[STORE_REASON_MAX + 1];
	char by[UUID_TEXT_SIZE], second[UUID_TEXT_SIZE];
};

struct approval {
	int form; /* 1 or APPROVAL_FORM */
	enum meaning meaning;
	char plan[UUID_TEXT_SIZE];
	int64_t version;
	char plan_digest[DIGEST_TEXT_SIZE]; /* of the stored bytes */
	char verdict[STORE_VERDICT_MAX + 1];
	char patient[UUID_TEXT_SIZE], identity[DIGEST_TEXT_SIZE];
	char readings[DIGEST_TEXT_SIZE]; /* digest of what was read and answered */
	char twin[UUID_TEXT_SIZE], twin_digest[DIGEST_TEXT_SIZE];
	int64_t twin_version;
	char device_mode[STORE_DEVICE_MAX + 1], device_digest[DIGEST_TEXT_SIZE];
	char rules_digest[DIGEST_TEXT_SIZE], library_digest[DIGEST_TEXT_SIZE];
	char models[LIFE_MODELS_SIZE];
	char indication[PLANNING_TEXT_MAX];
	size_t zones;
	char zone[PLANNING_ZONES_MAX][PLANNING_TEXT_MAX];
	enum side side[PLANNING_ZONES_MAX]; /* form 1: none stated */
	uint32_t settings; /* bit per setting_id */
	int64_t setting_micro[SETTINGS];
	size_t overrides;
	struct approval_override override[APPROVAL_OVERRIDES_MAX];
	size_t authors; /* of this version and of those before it */
	char author[APPROVAL_AUTHORS_MAX][STORE_ACTOR_MAX + 1]; /* logins */
	char person[UUID_TEXT_SIZE], login[STORE_ACTOR_MAX + 1]; /* who signs */
	char name[STORE_LABEL_MAX + 1], key_id[DIGEST_TEXT_SIZE];
	int64_t key_number;
	int64_t signed_at_ms, expires_at_ms;
	int64_t audit_seq;
	char audit_head[DIGEST_TEXT_SIZE]; /* as the audit trail gives it; "" before the first entry */
};

/* The settings in millionths. ST_RANGE: one of them has no such form. */
enum status approval_set_settings(struct approval *approval, const struct settings *settings,
                                  struct fail *why) MUST_CHECK;
void approval_settings(const struct approval *approval, struct settings *out);

/* Gives the payload, NUL-terminated, to free. ST_INPUT: a field is missing or malformed. */
enum status approval_encode(const struct approval *approval, char **payload, size_t *n, struct fail *why) MUST_CHECK;
/* ST_INPUT: not the canonical form, a field unknown, missing or out of range. */
enum status approval_decode(const char *payload, size_t n, struct approval *out, struct fail *why) MUST_CHECK;

/* What the key signs; to free. */
enum status approval_signing_input(const char *payload, size_t n, const struct sign_public *key, char **input,
                                   size_t *input_n, struct fail *why) MUST_CHECK;

/* ---- the document: payload, signature and public key in one file ---- */

#define APPROVAL_HEADER_MAX 128 /* base64url of the header */
#define APPROVAL_JWS_SIZE (APPROVAL_HEADER_MAX + SIGN_TEXT_SIZE + 2)

struct approval_document {
	char *payload; /* owned */
	size_t payload_n;
	char jws[APPROVAL_JWS_SIZE];
	struct sign_public key;
};

/* Takes the payload over. */
void approval_document_make(struct approval_document *document, char *payload, size_t n,
                            const struct sign_public *key, const struct signature *signature);
/* {"jws":...,"key":...,"payload":"...","schema":"lasertwin-approval-file/1"}; to free. */
enum status approval_document_write(const struct approval_document *document, char **text, size_t *n,
                                    struct fail *why) MUST_CHECK;
enum status approval_document_read(const char *name, const char *text, size_t n, struct approval_document *out,
                                   struct fail *why) MUST_CHECK;
void approval_document_clear(struct approval_document *document);

/* Checks form, header, key, signature and what the payload says of itself. The document's own key is believed
 * only when it is one of the trusted. ST_DENIED: not to be believed, why->field says what failed ("signature",
 * "key", "header", "author", "expiry"); ST_INPUT: malformed. */
enum status approval_verify(const struct approval_document *document, const struct sign_public *trusted,
                            size_t trusted_count, struct approval *out, struct fail *why) MUST_CHECK;

/* ---- in force ---- */

/* ST_DENIED "clock": signed later than now, by more than LIFE_CLOCK_SLACK_MS: one of the two clocks is wrong, and by it
 * every span that begins with the signature. A revocation counts whatever its time. The text is the same at every
 * time of asking. */
enum status approval_begun(const struct approval *approval, int64_t now_ms, struct fail *why) MUST_CHECK;

/* How things are now, read from the store and the library. */
struct approval_today {
	char plan[UUID_TEXT_SIZE], patient[UUID_TEXT_SIZE], plan_digest[DIGEST_TEXT_SIZE];
	struct life_basis basis; /* version: the newest */
	struct life_clock clock;
};
void approval_basis(const struct approval *approval, struct life_basis *out);
/* ST_DENIED: another plan or patient, changed content, another meaning, signed in the future, expired, or stale;
 * *stale (may be NULL) gets the bits of what has changed. */
enum status approval_in_force(const struct approval *approval, const struct approval_today *today, unsigned *stale,
                              struct fail *why) MUST_CHECK;

#endif
