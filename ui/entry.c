#include "ui/entry.h"

#include <ctype.h>

#include "ui/text.h"

static bool part_of(const struct entry *entry, int key)
{
	if (entry->kind == ENTRY_ANSWER)
		return key >= ' ' && key < 0x110000;
	return (key >= '0' && key <= '9') || key == '.' || key == ',' || key == '-';
}

bool entry_type(struct entry *entry, int key)
{
	char bytes[4];
	size_t length = strlen(entry->typed);
	bool answer = entry->kind == ENTRY_ANSWER;
	if (!part_of(entry, key))
		return false;
	entry->refusal.text[0] = '\0';
	uint32_t point = text_safe_point((uint32_t)key);
	if (point == TEXT_MARK)
		return true; /* nothing unsafe gets into a record */
	size_t used = text_encode(point, bytes);
	if (length + used > (answer ? ENTRY_TYPED_MAX : ENTRY_DIGITS_MAX)) {
		fail_set(&entry->refusal, ST_INPUT, entry->title, "no more than %d characters",
		         answer ? ENTRY_TYPED_MAX : ENTRY_DIGITS_MAX);
		return true;
	}
	memcpy(entry->typed + length, bytes, used);
	entry->typed[length + used] = '\0';
	return true;
}

static bool continues(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80; /* of a UTF-8 sequence */
}

void entry_erase(struct entry *entry)
{
	size_t length = strlen(entry->typed);
	entry->refusal.text[0] = '\0';
	while (length > 0 && continues(entry->typed[length - 1]))
		length--;
	if (length > 0)
		entry->typed[length - 1] = '\0';
}

static char *trim(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	size_t length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

size_t entry_split(char *text, const char **item, size_t capacity)
{
	size_t items = 0;
	while (text != NULL && items <= capacity) {
		char *comma = strchr(text, ',');
		if (comma != NULL)
			*comma = '\0';
		const char *part = trim(text);
		if (part[0] != '\0' && items++ < capacity)
			item[items - 1] = part;
		text = comma != NULL ? comma + 1 : NULL;
	}
	return items;
}

static enum status explain_comma(const char *typed, struct fail *why)
{
	char with_point[ENTRY_DIGITS_MAX + 1];
	snprintf(with_point, sizeof with_point, "%s", typed);
	for (char *c = with_point; *c != '\0'; c++)
		if (*c == ',')
			*c = '.';
	return fail_set(why, ST_INPUT, "number",
	                "'%s' is not read, because a comma means different things; write %s if "
	                "that is what you mean",
	                typed, with_point);
}

/* digits [. digits], with an optional minus: no exponent, no blanks, nothing after. */
static bool is_decimal(const char *typed)
{
	const char *c = typed + (*typed == '-');
	size_t whole = strspn(c, "0123456789");
	c += whole;
	size_t part = *c == '.' ? strspn(c + 1, "0123456789") : 0;
	c += *c == '.' ? 1 + part : 0;
	return *c == '\0' && whole + part > 0;
}

enum status entry_number(const char *typed, double *out, struct fail *why)
{
	if (typed[0] == '\0')
		return fail_set(why, ST_INPUT, "number", "nothing was typed; Esc leaves the value as it is");
	if (strlen(typed) <= ENTRY_DIGITS_MAX && strchr(typed, ',') != NULL)
		return explain_comma(typed, why);
	if (!is_decimal(typed))
		return fail_set(why, ST_INPUT, "number", "'%.32s' is not a number; write it like 12.5",
		                typed);
	*out = strtod(typed, NULL); /* LC_NUMERIC is never set, so the point is a point */
	return ST_OK;
}
