#include "ui/entry.h"

bool entry_type(struct entry *entry, int key)
{
	size_t length = strlen(entry->typed);
	bool part = (key >= '0' && key <= '9') || key == '.' || key == ',' || key == '-';
	if (!part)
		return false;
	entry->refusal.text[0] = '\0';
	if (length >= ENTRY_DIGITS_MAX) {
		fail_set(&entry->refusal, ST_INPUT, entry->title, "no more than %d characters",
		         ENTRY_DIGITS_MAX);
		return true;
	}
	entry->typed[length] = (char)key;
	entry->typed[length + 1] = '\0';
	return true;
}

void entry_erase(struct entry *entry)
{
	size_t length = strlen(entry->typed);
	entry->refusal.text[0] = '\0';
	if (length > 0)
		entry->typed[length - 1] = '\0';
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
