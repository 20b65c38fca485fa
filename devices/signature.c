#include "devices/signature.h"

static bool two_digits(const char *text, int least, int most)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	int value = 10 * (text[0] - '0') + (text[1] - '0');
	return value >= least && value <= most;
}

/* YYYY-MM-DD of this century. */
static bool is_date(const char *text)
{
	return strlen(text) == 10 && two_digits(text, 20, 20) && two_digits(text + 2, 0, 99) && text[4] == '-' &&
	       two_digits(text + 5, 1, 12) && text[7] == '-' && two_digits(text + 8, 1, 31);
}

enum status signature_read(const struct json_at *root, char out[SIGNATURE_TEXT_MAX], struct fail *why)
{
	static const char *const keys[] = {"name", "role", "date", "reason", NULL}, *const roles[] = {"dermatologist"};
	char name[64], date[16], reason[128];
	struct json_at at;
	size_t role;
	enum status st;
	if ((st = json_member(root, "signed", JSON_OBJECT, &at, NULL, why)) ||
	    (st = json_known_keys(&at, keys, JSON_NO_EXTRA, why)) ||
	    (st = json_string(&at, "name", name, sizeof name, NULL, why)) ||
	    (st = json_choice(&at, "role", roles, 1, &role, NULL, why)) ||
	    (st = json_string(&at, "date", date, sizeof date, NULL, why)) ||
	    (st = json_string(&at, "reason", reason, sizeof reason, NULL, why)))
		return st;
	if (!name[0] || !reason[0])
		return json_refuse(&at, ST_INPUT, why, "wants a name and a reason");
	if (!is_date(date))
		return json_refuse(&at, ST_INPUT, why, "has the date \"%s\"; write it as 2026-11-27", date);
	(void)snprintf(out, SIGNATURE_TEXT_MAX, "%s, dermatologist, %s: %s", name, date, reason);
	return ST_OK;
}
