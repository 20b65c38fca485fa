/* Identifiers, compared. */
#include "planner/plan/identity.h"

#include <strings.h>

enum { NAME, RECORD_NUMBER, BIRTH, KINDS };
static const char *const kind_names[KINDS] = {"name", "record number", "date of birth"};

void identity_of(const struct store_patient *patient, struct identity *out)
{
	memset(out, 0, sizeof *out);
	(void)snprintf(out->name, sizeof out->name, "%s", patient->label);
	(void)snprintf(out->record_number, sizeof out->record_number, "%s", patient->record_number);
	(void)snprintf(out->birth, sizeof out->birth, "%s", patient->birth);
	out->sex = patient->sex;
}

void identity_digest(const struct identity *identity, char hex[DIGEST_TEXT_SIZE])
{
	struct digest_stream stream;
	struct digest digest;
	digest_begin(&stream, "lasertwin identity/1");
	digest_add_text(&stream, identity->name, strlen(identity->name));
	digest_add_text(&stream, identity->record_number, strlen(identity->record_number));
	digest_add_text(&stream, identity->birth, strlen(identity->birth));
	digest_add_int(&stream, identity->sex);
	digest_end(&stream, &digest);
	digest_hex(&digest, hex);
}

/* The text without blanks at its ends. */
static const char *trim(const char *text, size_t *n)
{
	while (*text == ' ' || *text == '\t')
		text++;
	*n = strlen(text);
	while (*n && (text[*n - 1] == ' ' || text[*n - 1] == '\t'))
		--*n;
	return text;
}

/* The kind that text is; KINDS: none of them. What is not on record matches nothing. */
static int kind_of(const struct identity *identity, const char *text)
{
	const char *const known[KINDS] = {identity->name, identity->record_number, identity->birth};
	size_t n, known_n;
	text = trim(text, &n);
	for (int k = 0; k < KINDS; k++) {
		const char *on_record = trim(known[k], &known_n);
		if (known_n > 0 && n == known_n && strncasecmp(text, on_record, n) == 0)
			return k;
	}
	return KINDS;
}

enum status identity_confirm(const struct identity *identity, const char *first, const char *second, struct fail *why)
{
	char kinds[64];
	const int a = kind_of(identity, first), b = kind_of(identity, second);
	if (a == KINDS || b == KINDS)
		return fail_set(why, ST_DENIED, a == KINDS ? "identifier 1" : "identifier 2",
		                "does not belong to this patient; ask the patient again and compare (on record: %s)",
		                identity_kinds(identity, kinds, sizeof kinds));
	if (a == b)
		return fail_set(why, ST_DENIED, "identifier 2", "the same identifier twice (%s); enter a second one (on record: %s)",
		                kind_names[a], identity_kinds(identity, kinds, sizeof kinds));
	return ST_OK;
}

bool identity_is(const struct identity *identity, const char *text)
{
	return kind_of(identity, text) != KINDS;
}

const char *identity_kinds(const struct identity *identity, char *out, size_t size)
{
	const char *const known[KINDS] = {identity->name, identity->record_number, identity->birth};
	size_t used = 0;
	out[0] = '\0';
	for (int k = 0; k < KINDS && used < size; k++)
		if (known[k][0])
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", kind_names[k]);
	return out;
}
