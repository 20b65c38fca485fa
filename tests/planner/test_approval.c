/* Approvals: equal bytes and equal plans, the vector, forgeries, and when one is in force. The long form
 * (LASERTWIN_LONG=1) runs each kind of forgery 10 000 times and a million plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/approval.h"
#include "planner/plan/canonical.h"
#include "tests/support/random_approval.h"

static unsigned rounds(unsigned brief, unsigned full)
{
	const char *wish = getenv("LASERTWIN_LONG");
	return wish && *wish ? full : brief;
}

static char *encode(const struct approval *a, size_t *n)
{
	struct fail why = {0};
	char *payload;
	if (approval_encode(a, &payload, n, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return payload;
}

/* ---- the form ---- */

static void equal_bytes_mean_equal_plans(void **state)
{
	(void)state;
	static struct approval a, b, changed;
	struct rng rng;
	struct fail why = {0};
	rng_seed(&rng, 20260101, 0);
	for (unsigned i = 0; i < rounds(10000, 1000000); i++) {
		size_t n, again_n, other_n;
		random_approval(&rng, &a);
		char *payload = encode(&a, &n), *again = encode(&a, &again_n);
		assert_int_equal(n, again_n);
		assert_memory_equal(payload, again, n);
		if (approval_decode(payload, n, &b, &why) != ST_OK)
			fail_msg("%s: %s in %s", why.field, why.text, payload);
		assert_memory_equal(&a, &b, sizeof a);
		changed = a;
		change_one_field(&rng, &changed);
		char *other = encode(&changed, &other_n);
		assert_false(other_n == n && memcmp(other, payload, n) == 0);
		free(payload);
		free(again);
		free(other);
	}
}

/* The vectors, of both forms: a plan written by hand, signed with the key of RFC 8032, TEST 1. */
static void vector_approval(struct approval *a, int form)
{
	static const char *const u = "00000000-0000-4000-8000-00000000000";
	memset(a, 0, sizeof *a);
	(void)snprintf(a->plan, sizeof a->plan, "%s1", u);
	(void)snprintf(a->patient, sizeof a->patient, "%s2", u);
	(void)snprintf(a->twin, sizeof a->twin, "%s4", u);
	(void)snprintf(a->author[0], sizeof a->author[0], "technician");
	(void)snprintf(a->login, sizeof a->login, "dermatologist");
	(void)snprintf(a->person, sizeof a->person, "%s6", u);
	char *const digests[] = {a->plan_digest, a->identity, a->twin_digest, a->device_digest, a->rules_digest,
	                         a->library_digest, a->audit_head,  a->readings};
	for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
		memset(digests[i], "abcdef01"[i], DIGEST_TEXT_SIZE - 1);
	(void)snprintf(a->key_id, sizeof a->key_id, "7849ac3049680be1ef762efe0d36e01733c3464eb0c7c558138acf24bb263bd3");
	(void)snprintf(a->verdict, sizeof a->verdict, "ALLOW_AFTER_MD");
	(void)snprintf(a->device_mode, sizeof a->device_mode, "fraxel_dual.1927");
	(void)snprintf(a->models, sizeof a->models, "0.1.0 ordinates/columns");
	(void)snprintf(a->indication, sizeof a->indication, "melasma");
	(void)snprintf(a->zone[0], sizeof a->zone[0], "cheeks");
	(void)snprintf(a->name, sizeof a->name, "VIRTUAL dermatologist");
	a->form = form;
	a->side[0] = form > 1 ? SIDE_LEFT : SIDE_NOT_STATED;
	a->zones = a->authors = 1;
	a->version = a->twin_version = a->key_number = 1;
	a->signed_at_ms = INT64_C(1767225600000);
	a->expires_at_ms = INT64_C(1767484800000);
	a->audit_seq = 42;
	struct settings settings = {0};
	settings_set(&settings, SETTING_ENERGY_MJ, 10.0);
	settings_set(&settings, SETTING_TREATMENT_LEVEL, 1.0);
	struct fail why;
	assert_int_equal(approval_set_settings(a, &settings, &why), ST_OK);
}

#define SIX4(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c \
	c c c c c c c c c c c c c c c c
#define VECTOR(form, sides) \
        "{\"approver\":{\"key\":\"7849ac3049680be1ef762efe0d36e01733c3464eb0c7c558138acf24bb263bd3\",\"key_number\":1,\"login\":\"dermatologist\",\"name\":\"VIRTUAL dermatologist\",\"person\":" \
        "\"00000000-0000-4000-8000-000000000006\"},\"audit\":{\"head\":\"" SIX4("0") "\",\"seq\":42},\"authors\":[" \
        "\"technician\"],\"device\":{\"mode\":\"fraxel_dual.1927\",\"profile\":\"" SIX4("d") \
        "\"},\"expires_at_ms\":1767484800000,\"indication\":\"melasma\",\"library\":\"" SIX4("f") \
        "\",\"meaning\":\"approved\",\"models\":\"0.1.0 ordinates/columns\",\"overrides\":[],\"patient\":{\"identity\":\"" \
        SIX4("b") "\",\"uuid\":\"00000000-0000-4000-8000-000000000002\"},\"plan\":{\"content\":\"" SIX4("a") \
        "\",\"uuid\":\"00000000-0000-4000-8000-000000000001\",\"verdict\":\"ALLOW_AFTER_MD\",\"version\":1}," \
        "\"readings\":\"" SIX4("1") "\",\"rules\":\"" SIX4("e") \
        "\",\"schema\":\"lasertwin-approval/" form "\",\"settings\":{\"energy_mJ\":10000000,\"treatment_level\":1000000}," \
        "" sides "\"signed_at_ms\":1767225600000,\"twin\":{\"content\":\"" SIX4("c") \
        "\",\"uuid\":\"00000000-0000-4000-8000-000000000004\",\"version\":1},\"zones\":[\"cheeks\"]}"
static const char vector_payload_1[] = VECTOR("1", "");
static const char vector_payload[] = VECTOR("2", "\"sides\":[\"left\"],");

static void test_key(unsigned char first, struct sign_public *public, struct sign_secret *secret)
{
	unsigned char seed[SIGN_SEED_BYTES] = {first};
	sign_keys(seed, public, secret);
}

static const unsigned char rfc_seed[SIGN_SEED_BYTES] = {
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
        0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};

/* Signs with the secret but names `public`; the payload becomes the document's. */
static void sign_document(char *payload, size_t n, const struct sign_public *public, const struct sign_secret *secret,
                          struct approval_document *document)
{
	struct signature signature;
	struct fail why;
	char *input;
	size_t input_n;
	assert_int_equal(approval_signing_input(payload, n, public, &input, &input_n, &why), ST_OK);
	sign_bytes(secret, input, input_n, &signature);
	free(input);
	approval_document_make(document, payload, n, public, &signature);
}

/* The signatures were computed with Python's cryptography package (OpenSSL), not with this program. */
static void vectors_are_written_and_signed_as_stated(void **state)
{
	static const struct {
		int form;
		const char *payload, *signature;
	} vectors[] = {
	        {1, vector_payload_1, "FII41BZvj6yGu2js0LazC-PICBpHxmDerAIyy4IIidW33ufGfqjQWVwZyZewjjaMA2X3hCKr1y1MsJl15LiHBQ"},
	        {2, vector_payload, "FrIcradnW6xqTGFPGV5zked2z9Kx5stAWVHNfUc2x22a3RZP-bc6TMNz9fb6J1HOUqvflIPpZDPR1cK0_il7Cw"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		static struct approval a, read;
		struct sign_public public;
		struct sign_secret secret;
		struct approval_document document;
		struct fail why;
		char jws[APPROVAL_JWS_SIZE];
		size_t n;
		vector_approval(&a, vectors[i].form);
		char *payload = encode(&a, &n);
		assert_string_equal(payload, vectors[i].payload);
		sign_keys(rfc_seed, &public, &secret);
		sign_document(payload, n, &public, &secret, &document);
		(void)snprintf(jws, sizeof jws, "%s..%s",
		               "eyJhbGciOiJFZERTQSIsImtpZCI6Ijc4NDlhYzMwNDk2ODBiZTFlZjc2MmVmZTBkMzZlMDE3MzNjMzQ2NGViMGM3YzU1ODEzOGF"
		               "jZjI0YmIyNjNiZDMifQ", vectors[i].signature);
		assert_string_equal(document.jws, jws);
		assert_int_equal(approval_verify(&document, &public, 1, &read, &why), ST_OK);
		assert_memory_equal(&read, &a, sizeof a);
		assert_int_equal(read.side[0], vectors[i].form > 1 ? SIDE_LEFT : SIDE_NOT_STATED);
		approval_document_clear(&document);
	}
}

static void settings_come_back(void **state)
{
	(void)state;
	static struct approval a;
	struct settings settings = {0}, back;
	struct fail why = {0};
	settings_set(&settings, SETTING_FLUENCE_J_CM2, 0.71);
	settings_set(&settings, SETTING_SPOT_MM, 6.0);
	assert_int_equal(approval_set_settings(&a, &settings, &why), ST_OK);
	approval_settings(&a, &back);
	assert_int_equal(back.present, settings.present);
	assert_true(fabs(back.value[SETTING_FLUENCE_J_CM2] - 0.71) < 1e-12);
	settings_set(&settings, SETTING_SPOT_MM, (double)NAN);
	assert_int_equal(approval_set_settings(&a, &settings, &why), ST_RANGE);
	assert_string_equal(why.field, "spot_mm");
}

static void missing_fields_are_not_signed(void **state)
{
	(void)state;
	static struct approval a, good;
	struct rng rng;
	struct fail why;
	char *payload;
	size_t n;
	rng_seed(&rng, 5, 0);
	random_approval(&rng, &good);
	static const size_t holes[] = {offsetof(struct approval, plan), offsetof(struct approval, plan_digest),
	                               offsetof(struct approval, patient), offsetof(struct approval, twin_digest),
	                               offsetof(struct approval, rules_digest), offsetof(struct approval, person),
	                               offsetof(struct approval, models), offsetof(struct approval, name)};
	for (size_t i = 0; i < sizeof holes / sizeof holes[0]; i++) {
		a = good;
		((char *)&a)[holes[i]] = '\0';
		assert_int_equal(approval_encode(&a, &payload, &n, &why), ST_INPUT);
		assert_null(payload);
	}
	a = good;
	a.zones = 0;
	assert_int_equal(approval_encode(&a, &payload, &n, &why), ST_INPUT);
	a = good;
	a.authors = 0;
	assert_int_equal(approval_encode(&a, &payload, &n, &why), ST_INPUT);
	a = good;
	a.version = 0;
	assert_int_equal(approval_encode(&a, &payload, &n, &why), ST_INPUT);
	a = good;
	a.rules_digest[3] = 'G';
	assert_int_equal(approval_encode(&a, &payload, &n, &why), ST_INPUT);
}

static void more_than_an_approval_is_refused(void **state)
{
	(void)state;
	static struct approval out;
	static char text[sizeof vector_payload + 64];
	struct fail why;
	(void)snprintf(text, sizeof text, "%.*s,\"zzz\":1}", (int)sizeof vector_payload - 2, vector_payload);
	assert_int_equal(canonical_check(text, strlen(text), &why), ST_OK);
	assert_int_equal(approval_decode(text, strlen(text), &out, &why), ST_INPUT);
	/* a side in the form that has none, and none in the form that must say so */
	static const char sided[] = VECTOR("1", "\"sides\":[\"left\"],"), silent[] = VECTOR("2", "");
	assert_int_equal(approval_decode(sided, sizeof sided - 1, &out, &why), ST_INPUT);
	assert_int_equal(approval_decode(silent, sizeof silent - 1, &out, &why), ST_INPUT);
	static const char more[] = VECTOR("2", "\"sides\":[\"left\",\"left\"],"), word[] = VECTOR("2", "\"sides\":[\"up\"],");
	assert_int_equal(approval_decode(more, sizeof more - 1, &out, &why), ST_INPUT);
	assert_int_equal(approval_decode(word, sizeof word - 1, &out, &why), ST_INPUT);
	for (size_t n = 0; n < sizeof vector_payload - 1; n += 7)
		assert_int_equal(approval_decode(vector_payload, n, &out, &why), ST_INPUT);
}

/* ---- forgeries ---- */

enum forgery {
	ALTERED_PLAN,     /* one field of the payload, the old signature */
	OTHER_SIGNATURE,  /* of another plan, by the same person */
	OTHER_USER,       /* signed by a trusted colleague in the name of the approver */
	REVOKED_USER,     /* genuine, but the key is no longer trusted */
	OTHER_MEANING,    /* "revoked" read as "approved" */
	KEY_SWAPPED,      /* payload and signature by the forger's own key, which comes with the file */
	KEY_REPLACED,     /* the forger's signature under the approver's key */
	OLD_VERSION,      /* the genuine approval of an earlier version, for the plan of today */
	BIT_OF_SIGNATURE, /* flipped */
	OTHER_HEADER,     /* "none", another algorithm, another key id, a whole JWS instead of a detached one */
	OTHER_FORM,       /* the same meaning in other bytes: spaces, order, decimals */
	SELF_APPROVED,    /* genuine signature of somebody who wrote the plan */
	FORGERIES
};

struct clinic_keys {
	struct sign_public approver, colleague, forger;
	struct sign_secret approver_secret, colleague_secret, forger_secret;
};

static void make_keys(struct clinic_keys *keys)
{
	test_key(1, &keys->approver, &keys->approver_secret);
	test_key(2, &keys->colleague, &keys->colleague_secret);
	test_key(3, &keys->forger, &keys->forger_secret);
}

static void name_key(struct approval *a, const struct sign_public *key)
{
	struct digest id;
	sign_key_id(key, &id);
	digest_hex(&id, a->key_id);
}

static void sign_with(const struct approval *a, const struct sign_public *public, const struct sign_secret *secret,
                      struct approval_document *document)
{
	size_t n;
	char *payload = encode(a, &n);
	sign_document(payload, n, public, secret, document);
}

static void replace_payload(struct approval_document *document, char *payload, size_t n)
{
	free(document->payload);
	document->payload = payload;
	document->payload_n = n;
}

static void forge_payload(const struct approval *a, struct rng *rng, enum forgery kind, struct approval_document *document)
{
	static struct approval other;
	size_t n;
	other = *a;
	if (kind == ALTERED_PLAN)
		change_one_field(rng, &other);
	if (kind == OTHER_MEANING)
		other.meaning = a->meaning == MEANING_APPROVED ? MEANING_WITNESSED : MEANING_APPROVED;
	char *payload = encode(&other, &n);
	replace_payload(document, payload, n);
}

static void forge_header(struct rng *rng, struct approval_document *document)
{
	static const char *const headers[] = {"{\"alg\":\"none\"}", "{\"alg\":\"HS256\",\"kid\":\"0\"}", "{\"alg\":\"EdDSA\"}",
	                                      "{ \"alg\":\"EdDSA\"}", ""};
	const uint64_t which = rng_next(rng) % 6;
	const char *tail = strstr(document->jws, "..");
	char jws[APPROVAL_JWS_SIZE], header[64];
	if (which == 5) { /* a payload of its own inside */
		(void)snprintf(jws, sizeof jws, "%.*s.e30%s", (int)(tail - document->jws), document->jws, tail + 1);
	} else {
		sign_base64(headers[which], strlen(headers[which]), header, sizeof header);
		(void)snprintf(jws, sizeof jws, "%s%s", header, tail);
	}
	memcpy(document->jws, jws, sizeof jws);
}

/* The signature is good: these are the approver's own bytes in another form. */
static void forge_form(const struct approval *a, const struct clinic_keys *keys, struct rng *rng,
                       struct approval_document *document)
{
	size_t n;
	char *good = encode(a, &n), *text = malloc(n + 2);
	assert_non_null(text);
	size_t at = 1 + rng_next(rng) % (n - 1);
	while (good[at] != ':' && good[at] != ',' && good[at] != '{')
		at = at + 1 < n ? at + 1 : 0;
	memcpy(text, good, at + 1);
	text[at + 1] = ' ';
	memcpy(text + at + 2, good + at + 1, n - at - 1);
	text[n + 1] = '\0';
	free(good);
	approval_document_clear(document);
	sign_document(text, n + 1, &keys->approver, &keys->approver_secret, document);
}

static void flip_signature(struct rng *rng, struct approval_document *document)
{
	struct signature signature;
	struct fail why;
	char *text = strstr(document->jws, "..") + 2;
	assert_int_equal(sign_parse(text, &signature, &why), ST_OK);
	signature.bytes[rng_next(rng) % SIGN_BYTES] ^= (unsigned char)(1u << rng_next(rng) % 8);
	sign_text(&signature, text);
}

static void forge(const struct approval *a, const struct clinic_keys *keys, struct rng *rng, enum forgery kind,
                  struct approval_document *document)
{
	static struct approval other;
	other = *a;
	switch (kind) {
	case OTHER_SIGNATURE:
		other.audit_seq++;
		approval_document_clear(document);
		sign_with(&other, &keys->approver, &keys->approver_secret, document);
		forge_payload(a, rng, FORGERIES, document);
		break;
	case OTHER_USER:
		approval_document_clear(document);
		sign_with(a, &keys->colleague, &keys->colleague_secret, document);
		break;
	case KEY_SWAPPED:
		name_key(&other, &keys->forger);
		approval_document_clear(document);
		sign_with(&other, &keys->forger, &keys->forger_secret, document);
		break;
	case KEY_REPLACED:
		approval_document_clear(document);
		sign_with(a, &keys->approver, &keys->forger_secret, document);
		break;
	case SELF_APPROVED:
		memcpy(other.author[0], rng_next(rng) & 1 ? other.person : other.login, sizeof other.person);
		approval_document_clear(document);
		sign_with(&other, &keys->approver, &keys->approver_secret, document);
		break;
	case BIT_OF_SIGNATURE:
		flip_signature(rng, document);
		break;
	case OTHER_HEADER:
		forge_header(rng, document);
		break;
	case OTHER_FORM:
		forge_form(a, keys, rng, document);
		break;
	default:
		forge_payload(a, rng, kind, document);
	}
}

static void today_of(const struct approval *a, struct approval_today *t)
{
	*t = (struct approval_today){.clock = life_clock(a->signed_at_ms + 1, 0)};
	memcpy(t->plan, a->plan, sizeof t->plan);
	memcpy(t->patient, a->patient, sizeof t->patient);
	memcpy(t->plan_digest, a->plan_digest, sizeof t->plan_digest);
	approval_basis(a, &t->basis);
}

/* Whether a station would treat by it: signature by a trusted key, and in force for the plan of today. */
static bool accepted(const struct approval_document *document, const struct sign_public *trusted, size_t count,
                     const struct approval_today *today)
{
	static struct approval read;
	struct fail why = {0};
	enum status st = approval_verify(document, trusted, count, &read, &why);
	if (!st)
		st = approval_in_force(&read, today, NULL, &why);
	if (st)
		assert_true(why.field[0] && why.text[0]);
	return st == ST_OK;
}

static void no_forgery_is_accepted(void **state)
{
	(void)state;
	static struct approval a;
	struct clinic_keys keys;
	struct rng rng;
	make_keys(&keys);
	const struct sign_public trusted[] = {keys.colleague, keys.approver};
	rng_seed(&rng, 12, 0);
	for (int kind = 0; kind < FORGERIES; kind++)
		for (unsigned i = 0; i < rounds(150, 10000); i++) {
			struct approval_document document;
			struct approval_today today;
			random_approval(&rng, &a);
			a.meaning = MEANING_APPROVED;
			name_key(&a, &keys.approver);
			sign_with(&a, &keys.approver, &keys.approver_secret, &document);
			today_of(&a, &today);
			assert_true(accepted(&document, trusted, 2, &today));
			if (kind == OLD_VERSION)
				today.basis.version++;
			else if (kind != REVOKED_USER)
				forge(&a, &keys, &rng, (enum forgery)kind, &document);
			if (accepted(&document, trusted, kind == REVOKED_USER ? 1 : 2, &today))
				fail_msg("forgery %d accepted at round %u", kind, i);
			approval_document_clear(&document);
		}
}

/* ---- the file ---- */

static void file_reads_back_and_nothing_else_does(void **state)
{
	(void)state;
	static struct approval a, read;
	struct clinic_keys keys;
	struct rng rng;
	struct fail why = {0};
	struct approval_document document, back;
	char *text;
	size_t n;
	make_keys(&keys);
	rng_seed(&rng, 3, 0);
	random_approval(&rng, &a);
	a.meaning = MEANING_APPROVED;
	name_key(&a, &keys.approver);
	sign_with(&a, &keys.approver, &keys.approver_secret, &document);
	assert_int_equal(approval_document_write(&document, &text, &n, &why), ST_OK);
	assert_int_equal(approval_document_read("approval.json", text, n, &back, &why), ST_OK);
	assert_int_equal(approval_verify(&back, &keys.approver, 1, &read, &why), ST_OK);
	assert_memory_equal(&read, &a, sizeof a);
	approval_document_clear(&back);
	for (unsigned i = 0; i < rounds(3000, 100000); i++) { /* any byte, any value: refused or not the same document */
		const size_t at = rng_next(&rng) % n;
		const char kept = text[at];
		text[at] = (char)(rng_next(&rng) & 0xff);
		if (text[at] != kept && approval_document_read("approval.json", text, n, &back, &why) == ST_OK) {
			if (approval_verify(&back, &keys.approver, 1, &read, &why) == ST_OK)
				fail_msg("byte %zu changed from %c and still accepted", at, kept);
			approval_document_clear(&back);
		}
		text[at] = kept;
	}
	for (size_t cut = 0; cut < n; cut += 11)
		assert_int_equal(approval_document_read("approval.json", text, cut, &back, &why), ST_INPUT);
	free(text);
	approval_document_clear(&document);
}

static void an_approval_that_never_was_in_force(void **state)
{
	(void)state;
	static struct approval a, read;
	struct clinic_keys keys;
	struct rng rng;
	struct fail why = {0};
	struct approval_document document;
	make_keys(&keys);
	rng_seed(&rng, 4, 0);
	random_approval(&rng, &a);
	a.meaning = MEANING_APPROVED;
	a.expires_at_ms = a.signed_at_ms;
	name_key(&a, &keys.approver);
	sign_with(&a, &keys.approver, &keys.approver_secret, &document);
	assert_int_equal(approval_verify(&document, &keys.approver, 1, &read, &why), ST_DENIED);
	assert_string_equal(why.field, "expiry");
	approval_document_clear(&document);
	a.expires_at_ms++;
	sign_with(&a, &keys.approver, &keys.approver_secret, &document);
	assert_int_equal(approval_verify(&document, &keys.approver, 1, &read, &why), ST_OK);
	memcpy(strstr(document.jws, ".."), "xx", 2); /* another form of the same signature */
	assert_int_equal(approval_verify(&document, &keys.approver, 1, &read, &why), ST_DENIED);
	assert_string_equal(why.field, "header");
	approval_document_clear(&document);
}

/* ---- in force ---- */

static void in_force_only_unchanged_and_in_time(void **state)
{
	(void)state;
	static struct approval a;
	struct approval_today good, t;
	struct rng rng;
	struct fail why = {0};
	unsigned stale = 0;
	rng_seed(&rng, 9, 0);
	random_approval(&rng, &a);
	a.meaning = MEANING_APPROVED;
	today_of(&a, &good);
	assert_int_equal(approval_in_force(&a, &good, &stale, &why), ST_OK);
	assert_int_equal(stale, 0);
	t = good;
	t.clock = life_clock(a.expires_at_ms, 0);
	assert_int_equal(approval_in_force(&a, &t, NULL, &why), ST_DENIED);
	assert_string_equal(why.field, "expiry");
	t.clock = life_clock(a.signed_at_ms, a.expires_at_ms); /* the clock was set back */
	assert_int_equal(approval_in_force(&a, &t, NULL, &why), ST_DENIED);
	t = good;
	t.clock = life_clock(a.signed_at_ms - LIFE_CLOCK_SLACK_MS, 0); /* two clocks are never quite the same */
	assert_int_equal(approval_in_force(&a, &t, NULL, &why), ST_OK);
	t.clock = life_clock(a.signed_at_ms - LIFE_CLOCK_SLACK_MS - 1, 0);
	assert_int_equal(approval_in_force(&a, &t, NULL, &why), ST_DENIED);
	assert_string_equal(why.field, "clock");
	a.meaning = MEANING_REVOKED;
	assert_int_equal(approval_begun(&a, 0, &why), ST_OK);
	a.meaning = MEANING_APPROVED;
	t = good;
	t.plan_digest[0] = t.plan_digest[0] == '0' ? '1' : '0';
	assert_int_equal(approval_in_force(&a, &t, NULL, &why), ST_DENIED);
	assert_string_equal(why.field, "plan");
	t = good;
	t.basis.rules[0] = t.basis.rules[0] == '0' ? '1' : '0';
	assert_int_equal(approval_in_force(&a, &t, &stale, &why), ST_DENIED);
	assert_int_equal(stale, STALE_RULES);
	t = good;
	memcpy(t.patient, a.plan, sizeof t.patient);
	assert_int_equal(approval_in_force(&a, &t, NULL, &why), ST_DENIED);
	assert_string_equal(why.field, "patient");
	for (int m = 0; m < MEANINGS; m++) {
		a.meaning = (enum meaning)m;
		assert_int_equal(approval_in_force(&a, &good, NULL, &why) == ST_OK, m == MEANING_APPROVED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(equal_bytes_mean_equal_plans),
	        cmocka_unit_test(vectors_are_written_and_signed_as_stated),
	        cmocka_unit_test(settings_come_back),
	        cmocka_unit_test(missing_fields_are_not_signed),
	        cmocka_unit_test(more_than_an_approval_is_refused),
	        cmocka_unit_test(no_forgery_is_accepted),
	        cmocka_unit_test(file_reads_back_and_nothing_else_does),
	        cmocka_unit_test(an_approval_that_never_was_in_force),
	        cmocka_unit_test(in_force_only_unchanged_and_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
