/* What a secret must be. Length counts most; what everybody tries first is refused (NIST SP 800-63B, 5.1.1.2). */
#include "planner/store/internal.h"

/* What is left of the often used once short ones are refused: in lower case, without digits and signs at the
 * ends. */
static const char *const often[] = {
        "password",     "passwordpassword", "passphrase",  "qwertyuiop",  "qwertzuiop",   "letmein",
        "welcome",      "administrator",    "lasertwin",   "dermatology", "dermatologist", "iloveyou",
        "changeme",     "correcthorsebatterystaple", "asdfghjkl", "abcdefghijkl", "trustno",   "technician",
        "superman",     "sunshine",         "princess",    "football",    "baseball",      "monkey",
        "dragon",       "master",           "secret",      "clinic",      "hospital",      "laser",
        "qwertyuiopasdfghjkl", "zxcvbnm",   "qazwsxedc",   "iloveyouforever", "letmeinletmein", "passwort",
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* The letters between the first and the last, in lower case, blanks left out. */
static size_t core_of(struct secret secret, char core[STORE_SECRET_MAX + 1])
{
	size_t n = 0, last = 0;
	for (size_t i = 0; i < secret.length; i++) {
		char c = secret.bytes[i] >= 'A' && secret.bytes[i] <= 'Z' ? (char)(secret.bytes[i] - 'A' + 'a')
		                                                          : secret.bytes[i];
		if (c == ' ' || (n == 0 && !is_letter(c)))
			continue;
		core[n++] = c;
		if (is_letter(c))
			last = n;
	}
	core[last] = '\0';
	return last;
}

static bool is_often(const char *core)
{
	for (size_t i = 0; i < sizeof often / sizeof *often; i++)
		if (strcmp(core, often[i]) == 0)
			return true;
	return core[0] == '\0'; /* digits and signs alone */
}

/* "aaaaaaaaaaaa", "abababababab", "123412341234": a short piece again and again. */
static bool repeats(struct secret secret)
{
	for (size_t period = 1; period <= 4; period++) {
		size_t i = period;
		while (i < secret.length && secret.bytes[i] == secret.bytes[i - period])
			i++;
		if (i == secret.length)
			return true;
	}
	return false;
}

enum status secret_check(const char *login, struct secret secret, struct fail *why)
{
	char core[STORE_SECRET_MAX + 1];
	if (secret.length < STORE_SECRET_MIN)
		return fail_set(why, ST_INPUT, "secret", "is shorter than %d characters: take several words",
		                STORE_SECRET_MIN);
	if (secret.length > STORE_SECRET_MAX)
		return fail_set(why, ST_RANGE, "secret", "is longer than %d bytes: shorten it", STORE_SECRET_MAX);
	if (!utf8_valid((const unsigned char *)secret.bytes, secret.length) ||
	    memchr(secret.bytes, '\0', secret.length) || memchr(secret.bytes, '\n', secret.length))
		return fail_set(why, ST_INPUT, "secret", "holds a line end or is not UTF-8 text: enter it again");
	bool weak = core_of(secret, core) == 0 || is_often(core) || strcmp(core, login) == 0 || repeats(secret);
	secret_wipe(core, sizeof core);
	return weak ? fail_set(why, ST_INPUT, "secret",
	                       "is among the first that would be tried: take several words that do not belong together")
	            : ST_OK;
}
