/* Random approvals. */
#include "tests/support/random_approval.h"

static const char *const words[] = {"cheeks", "forehead", "perioral", "neck", "melasma", "acne_scars_atrophic",
                                    "Dr \"Q\" \\ back", "caf\xc3\xa9 \xe2\x82\xac", "line\nbreak", "x"};
enum { WORDS = sizeof words / sizeof words[0] };

static uint64_t below(struct rng *rng, uint64_t n)
{
	return rng_next(rng) % n;
}

static void random_uuid(struct rng *rng, char text[UUID_TEXT_SIZE])
{
	unsigned char bytes[UUID_BYTES];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)rng_next(rng);
	uuid_from_bytes(bytes, text);
}

static void random_digest(struct rng *rng, char text[DIGEST_TEXT_SIZE])
{
	struct digest digest;
	for (size_t i = 0; i < sizeof digest.bytes; i++)
		digest.bytes[i] = (unsigned char)rng_next(rng);
	digest_hex(&digest, text);
}

static void random_word(struct rng *rng, char *text, size_t size)
{
	(void)snprintf(text, size, "%s %u", words[below(rng, WORDS)], (unsigned)below(rng, 100));
}

static void random_override(struct rng *rng, struct approval_override *o)
{
	(void)snprintf(o->rule, sizeof o->rule, "R-%u", (unsigned)below(rng, 100));
	random_word(rng, o->zone, below(rng, 2) ? sizeof o->zone : 1);
	random_word(rng, o->reason, sizeof o->reason);
	random_uuid(rng, o->by);
	random_uuid(rng, o->second);
}

static void random_lists(struct rng *rng, struct approval *a)
{
	a->zones = 1 + below(rng, PLANNING_ZONES_MAX);
	a->authors = 1 + below(rng, 4);
	a->overrides = below(rng, 3);
	for (size_t i = 0; i < a->zones; i++)
		random_word(rng, a->zone[i], sizeof a->zone[i]);
	a->form = below(rng, 4) ? APPROVAL_FORM : 1;
	for (size_t i = 0; a->form > 1 && i < a->zones; i++)
		a->side[i] = (enum side)below(rng, SIDES);
	for (size_t i = 0; i < a->authors; i++)
		random_word(rng, a->author[i], sizeof a->author[i]);
	for (size_t i = 0; i < a->overrides; i++)
		random_override(rng, &a->override[i]);
	for (int i = 0; i < SETTINGS; i++) {
		if (below(rng, 2))
			continue;
		a->settings |= 1u << i;
		a->setting_micro[i] = (int64_t)below(rng, 1000000000);
	}
}

void random_approval(struct rng *rng, struct approval *a)
{
	memset(a, 0, sizeof *a);
	random_uuid(rng, a->plan);
	random_uuid(rng, a->patient);
	random_uuid(rng, a->twin);
	random_uuid(rng, a->person);
	random_digest(rng, a->plan_digest);
	random_digest(rng, a->identity);
	random_digest(rng, a->readings);
	random_digest(rng, a->twin_digest);
	random_digest(rng, a->device_digest);
	random_digest(rng, a->rules_digest);
	random_digest(rng, a->library_digest);
	random_digest(rng, a->key_id);
	if (below(rng, 2))
		random_digest(rng, a->audit_head);
	(void)snprintf(a->verdict, sizeof a->verdict, "%s", below(rng, 2) ? "ALLOW" : "ALLOW_AFTER_MD");
	(void)snprintf(a->device_mode, sizeof a->device_mode, "ultrapulse.deepfx");
	random_word(rng, a->models, sizeof a->models);
	random_word(rng, a->indication, sizeof a->indication);
	random_word(rng, a->name, sizeof a->name);
	(void)snprintf(a->login, sizeof a->login, "approver");
	a->meaning = (enum meaning)below(rng, MEANINGS);
	a->version = 1 + (int64_t)below(rng, 9);
	a->twin_version = 1 + (int64_t)below(rng, 9);
	a->key_number = 1 + (int64_t)below(rng, 3);
	a->audit_seq = (int64_t)below(rng, 100000);
	a->signed_at_ms = INT64_C(1767225600000) + (int64_t)below(rng, 1000000000);
	a->expires_at_ms = a->signed_at_ms + 3600000 * (1 + (int64_t)below(rng, 336));
	random_lists(rng, a);
}

static void other_uuid(struct rng *rng, char text[UUID_TEXT_SIZE])
{
	random_uuid(rng, text);
}

/* One hexadecimal digit of a digest. */
static void other_digit(struct rng *rng, char *digest)
{
	char *digit = digest + below(rng, DIGEST_TEXT_SIZE - 1);
	*digit = *digit == '0' ? '1' : '0';
}

static void other_text(char *text)
{
	const size_t n = strlen(text);
	text[n] = '+'; /* all texts here are shorter than their place */
	text[n + 1] = '\0';
}

static void change_identity(struct rng *rng, struct approval *a, uint64_t which)
{
	char *const uuids[] = {a->plan, a->patient, a->twin, a->person};
	char *const digests[] = {a->plan_digest, a->identity, a->readings, a->twin_digest, a->device_digest, a->rules_digest,
	                         a->library_digest, a->key_id};
	if (which < 4)
		other_uuid(rng, uuids[which]);
	else
		other_digit(rng, digests[which - 4]);
}

static void change_list(struct rng *rng, struct approval *a, uint64_t which)
{
	const uint64_t setting = below(rng, SETTINGS);
	if (which == 0 && (a->settings >> setting & 1u))
		a->setting_micro[setting]++;
	else if (which == 0)
		a->settings |= 1u << setting;
	if (which == 1)
		other_text(a->zone[below(rng, a->zones)]);
	if (which == 2) {
		a->zones--;
		memset(a->zone[a->zones], 0, sizeof a->zone[0]);
		a->side[a->zones] = SIDE_NOT_STATED;
	}
	if (which == 3)
		random_override(rng, &a->override[a->overrides++]);
	if (which == 4 && a->form == 1)
		a->form = APPROVAL_FORM;
	else if (which == 4)
		a->side[0] = (enum side)((a->side[0] + 1) % SIDES);
}

void change_one_field(struct rng *rng, struct approval *a)
{
	char *const texts[] = {a->verdict, a->device_mode, a->models, a->indication, a->name, a->login, a->author[0]};
	int64_t *const numbers[] = {&a->version,      &a->twin_version, &a->key_number,
	                            &a->signed_at_ms, &a->expires_at_ms, &a->audit_seq};
	switch (below(rng, 5)) {
	case 0:
		change_identity(rng, a, below(rng, 12));
		break;
	case 1:
		other_text(texts[below(rng, 7)]);
		break;
	case 2:
		(*numbers[below(rng, 6)])++;
		break;
	case 3:
		change_list(rng, a, a->zones > 1 ? below(rng, 5) : 4 * below(rng, 2));
		break;
	default:
		a->meaning = (enum meaning)((a->meaning + 1) % MEANINGS);
	}
}
