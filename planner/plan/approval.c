/* Approvals: signature, document, and whether one is in force. */
#include "planner/plan/approval.h"

#include "devices/json.h"
#include "planner/plan/canonical.h"

static const char file_schema[] = "lasertwin-approval-file/1";

/* ---- signing ---- */

/* base64url of {"alg":"EdDSA","kid":"..."}. */
static void header_of(const struct sign_public *key, char text[APPROVAL_HEADER_MAX + 1])
{
	struct digest id;
	char hex[DIGEST_TEXT_SIZE], header[128];
	sign_key_id(key, &id);
	digest_hex(&id, hex);
	int n = snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", hex);
	sign_base64(header, (size_t)n, text, APPROVAL_HEADER_MAX + 1);
}

enum status approval_signing_input(const char *payload, size_t n, const struct sign_public *key, char **input,
                                   size_t *input_n, struct fail *why)
{
	char header[APPROVAL_HEADER_MAX + 1];
	header_of(key, header);
	const size_t head = strlen(header), body = SIGN_BASE64_SIZE(n);
	*input_n = 0;
	*input = malloc(head + 1 + body);
	if (!*input)
		return fail_set(why, ST_FULL, "approval", "out of memory");
	memcpy(*input, header, head);
	(*input)[head] = '.';
	sign_base64(payload, n, *input + head + 1, body);
	*input_n = head + body; /* the point, and body without its NUL */
	return ST_OK;
}

void approval_document_make(struct approval_document *d, char *payload, size_t n, const struct sign_public *key,
                            const struct signature *signature)
{
	char header[APPROVAL_HEADER_MAX + 1], text[SIGN_TEXT_SIZE];
	header_of(key, header);
	sign_text(signature, text);
	*d = (struct approval_document){.payload = payload, .payload_n = n, .key = *key};
	(void)snprintf(d->jws, sizeof d->jws, "%s..%s", header, text);
}

void approval_document_clear(struct approval_document *document)
{
	free(document->payload);
	*document = (struct approval_document){0};
}

/* ---- the file ---- */

enum status approval_document_write(const struct approval_document *d, char **text, size_t *n, struct fail *why)
{
	struct canonical c = {0};
	char key[SIGN_PUBLIC_TEXT_SIZE];
	sign_public_hex(&d->key, key);
	canonical_object(&c, NULL);
	canonical_text(&c, "jws", d->jws);
	canonical_text(&c, "key", key);
	canonical_text(&c, "payload", d->payload);
	canonical_text(&c, "schema", file_schema);
	canonical_close(&c);
	return canonical_finish(&c, text, n, why);
}

static enum status copy_payload(const struct json_at *root, struct approval_document *out, struct fail *why)
{
	struct json_at at;
	enum status st = json_member(root, "payload", JSON_STRING, &at, NULL, why);
	if (st)
		return st;
	const char *text = json_text(&at);
	out->payload_n = strlen(text);
	out->payload = malloc(out->payload_n + 1);
	if (!out->payload)
		return fail_set(why, ST_FULL, "approval", "out of memory");
	memcpy(out->payload, text, out->payload_n + 1);
	return ST_OK;
}

static enum status read_document(const struct json_at *root, struct approval_document *out, struct fail *why)
{
	static const char *const keys[] = {"jws", "key", "payload", "schema", NULL};
	char key[SIGN_PUBLIC_TEXT_SIZE];
	enum status st = json_schema(root, file_schema, why);
	if (!st)
		st = json_known_keys(root, keys, JSON_NO_EXTRA, why);
	if (!st)
		st = json_string(root, "jws", out->jws, sizeof out->jws, NULL, why);
	if (!st)
		st = json_string(root, "key", key, sizeof key, NULL, why);
	if (!st)
		st = sign_public_parse(key, &out->key, why);
	return st ? st : copy_payload(root, out, why);
}

enum status approval_document_read(const char *name, const char *text, size_t n, struct approval_document *out,
                                   struct fail *why)
{
	struct json_doc *doc = NULL;
	*out = (struct approval_document){0};
	enum status st = json_parse(name, text, n, &doc, why);
	if (!st) {
		struct json_at root = json_root(doc);
		st = read_document(&root, out, why);
	}
	json_free(&doc);
	if (st)
		approval_document_clear(out);
	return st;
}

/* ---- verifying ---- */

static enum status check_key(const struct approval_document *d, const struct sign_public *trusted, size_t count,
                             struct fail *why)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(trusted[i].bytes, d->key.bytes, sizeof d->key.bytes) == 0)
			return ST_OK;
	return fail_set(why, ST_DENIED, "key", "signed with a key that is not trusted here; get the signer's public key "
	                                       "from the clinic by another way");
}

static enum status check_signature(const struct approval_document *d, struct fail *why)
{
	char header[APPROVAL_HEADER_MAX + 1], *input = NULL;
	struct signature signature;
	size_t n;
	header_of(&d->key, header);
	const size_t head = strlen(header);
	if (strncmp(d->jws, header, head) != 0 || strncmp(d->jws + head, "..", 2) != 0)
		return fail_set(why, ST_DENIED, "header", "the signature's header names another algorithm or key");
	enum status st = sign_parse(d->jws + head + 2, &signature, why);
	if (!st)
		st = approval_signing_input(d->payload, d->payload_n, &d->key, &input, &n, why);
	if (!st && !sign_verify(&d->key, input, n, &signature))
		st = fail_set(why, ST_DENIED, "signature", "the signature does not belong to this content");
	free(input);
	return st;
}

static bool wrote(const struct approval *a)
{
	for (size_t i = 0; i < a->authors; i++)
		if (strcmp(a->author[i], a->login) == 0 || strcmp(a->author[i], a->person) == 0)
			return true;
	return false;
}

/* What a genuine signature cannot make right. */
static enum status check_claims(const struct approval *a, const struct sign_public *key, struct fail *why)
{
	struct digest id;
	char hex[DIGEST_TEXT_SIZE];
	sign_key_id(key, &id);
	digest_hex(&id, hex);
	if (strcmp(hex, a->key_id) != 0)
		return fail_set(why, ST_DENIED, "key", "the approval names another key than the one that signed it");
	if ((a->meaning == MEANING_APPROVED || a->meaning == MEANING_OVERRIDDEN) && wrote(a))
		return fail_set(why, ST_DENIED, "author", "the signer wrote or proposed this plan");
	if (a->meaning == MEANING_APPROVED && a->expires_at_ms <= a->signed_at_ms)
		return fail_set(why, ST_DENIED, "expiry", "the approval ends before it begins");
	for (size_t i = 0; i < a->overrides; i++)
		if (strcmp(a->override[i].by, a->override[i].second) == 0)
			return fail_set(why, ST_DENIED, "override", "%s was overridden by one person alone", a->override[i].rule);
	return ST_OK;
}

enum status approval_verify(const struct approval_document *d, const struct sign_public *trusted, size_t trusted_count,
                            struct approval *out, struct fail *why)
{
	enum status st = check_key(d, trusted, trusted_count, why);
	if (!st)
		st = check_signature(d, why);
	if (!st)
		st = approval_decode(d->payload, d->payload_n, out, why);
	if (!st)
		st = check_claims(out, &d->key, why);
	return st;
}

/* ---- in force ---- */

void approval_basis(const struct approval *a, struct life_basis *out)
{
	*out = (struct life_basis){.version = a->version};
	memcpy(out->patient, a->identity, sizeof out->patient);
	memcpy(out->readings, a->readings, sizeof out->readings);
	memcpy(out->twin, a->twin_digest, sizeof out->twin);
	memcpy(out->device, a->device_digest, sizeof out->device);
	memcpy(out->rules, a->rules_digest, sizeof out->rules);
	memcpy(out->models, a->models, sizeof out->models);
}

static enum status check_content(const struct approval *a, const struct approval_today *t, struct fail *why)
{
	if (a->meaning != MEANING_APPROVED)
		return fail_set(why, ST_DENIED, "meaning", "the signature means \"%s\", not \"%s\"", meaning_name(a->meaning),
		                meaning_name(MEANING_APPROVED));
	if (strcmp(a->plan, t->plan) != 0)
		return fail_set(why, ST_DENIED, "plan", "the approval is of another plan");
	if (strcmp(a->patient, t->patient) != 0)
		return fail_set(why, ST_DENIED, "patient", "the approval is of another patient");
	if (strcmp(a->plan_digest, t->plan_digest) != 0)
		return fail_set(why, ST_DENIED, "plan", "the plan is not the one that was approved: its content differs");
	return ST_OK;
}

enum status approval_begun(const struct approval *a, int64_t now_ms, struct fail *why)
{
	const time_t seconds = (time_t)(a->signed_at_ms / 1000);
	char when[40] = "a time past all calendars";
	struct tm utc;
	if (a->meaning == MEANING_REVOKED || a->signed_at_ms - LIFE_CLOCK_SLACK_MS <= now_ms)
		return ST_OK;
	if (gmtime_r(&seconds, &utc))
		(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", &utc);
	return fail_set(why, ST_DENIED, "clock", "was signed at %s, which is still to come by the clock here: set the wrong "
	                                         "clock right, here or where it was signed, before anybody is treated by it",
	                when);
}

enum status approval_in_force(const struct approval *a, const struct approval_today *t, unsigned *stale,
                              struct fail *why)
{
	struct life_basis basis;
	char text[STALE_TEXT_MAX];
	approval_basis(a, &basis);
	const unsigned changed = life_stale(&basis, &t->basis);
	if (stale)
		*stale = changed;
	enum status st = check_content(a, t, why);
	if (!st)
		st = approval_begun(a, t->clock.now_ms, why);
	if (!st && life_expired(a->expires_at_ms, &t->clock))
		st = fail_set(why, ST_DENIED, "expiry", "the approval has expired; have the plan approved again");
	if (!st && changed)
		st = fail_set(why, ST_DENIED, "stale", "%s; have the plan checked and approved again",
		              life_stale_text(changed, text, sizeof text));
	return st;
}
