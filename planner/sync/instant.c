#include "planner/sync/instant.h"

#include "physics/base/status.h"

#define MS_PER_DAY INT64_C(86400000)
#define MS_PER_HOUR INT64_C(3600000)
#define MS_PER_MINUTE 60000
#define MS_PER_S 1000

/* Howard Hinnant, "chrono-compatible low-level date algorithms" (2013): days_from_civil, civil_from_days;
 * exact for the proleptic Gregorian calendar. Pinned by test_sync_text: every day of 1900-2100. */
int64_t instant_days(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;
	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (*month <= 2));
}

void instant_write(int64_t ms, char text[INSTANT_SIZE])
{
	int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0), rest = ms - days * MS_PER_DAY;
	int year, month, day;
	civil(days, &year, &month, &day);
	BUG_ON(year < 1 || year > 9999);
	(void)snprintf(text, INSTANT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year % 10000, month % 100,
	               day % 100, (int)(rest / MS_PER_HOUR), (int)(rest / MS_PER_MINUTE % 60),
	               (int)(rest / MS_PER_S % 60), (int)(rest % MS_PER_S));
}

bool instant_date_valid(int year, int month, int day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (year < 1 || year > 9999 || month < 0 || month > 12 || (month == 0 && day != 0))
		return false;
	return month == 0 || (day >= 0 && day <= days[month - 1] + (month == 2 && leap));
}

/* Exactly n digits. */
static bool digits(const char **p, int n, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = 10 * *out + (**p - '0');
	}
	return true;
}

static bool mark(const char **p, char c)
{
	return **p == c ? (*p)++, true : false;
}

static bool read_time(const char **p, int64_t *ms)
{
	int hour, minute, second, fraction = 0, scale = 100;
	if (!digits(p, 2, &hour) || !mark(p, ':') || !digits(p, 2, &minute) || !mark(p, ':') ||
	    !digits(p, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	if (**p == '.') {
		(*p)++;
		if (**p < '0' || **p > '9')
			return false;
		for (; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
			fraction += (**p - '0') * scale;
	}
	*ms = hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_S + fraction;
	return true;
}

static bool read_zone(const char **p, int64_t *offset_ms)
{
	int hour, minute, sign = **p == '-' ? -1 : 1;
	*offset_ms = 0;
	if (mark(p, 'Z'))
		return true;
	if (!mark(p, '+') && !mark(p, '-'))
		return false;
	if (!digits(p, 2, &hour) || !mark(p, ':') || !digits(p, 2, &minute) || hour > 14 || minute > 59)
		return false;
	*offset_ms = sign * (hour * MS_PER_HOUR + minute * MS_PER_MINUTE);
	return true;
}

bool instant_read(const char *text, int64_t *ms)
{
	const char *p = text;
	int year, month, day;
	int64_t time_ms, offset_ms;
	if (!digits(&p, 4, &year) || !mark(&p, '-') || !digits(&p, 2, &month) || !mark(&p, '-') ||
	    !digits(&p, 2, &day))
		return false;
	if (month == 0 || day == 0 || !instant_date_valid(year, month, day) || !mark(&p, 'T'))
		return false;
	if (!read_time(&p, &time_ms) || !read_zone(&p, &offset_ms) || *p != '\0')
		return false;
	*ms = instant_days(year, month, day) * MS_PER_DAY + time_ms - offset_ms;
	return true;
}

bool instant_read_http(const char *text, int64_t *ms)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *p = strchr(text, ',');
	int day, year, month = 0;
	int64_t time_ms;
	if (!p || !mark(&(const char *){p + 1}, ' '))
		return false;
	p += 2;
	if (!digits(&p, 2, &day) || !mark(&p, ' '))
		return false;
	for (int i = 0; i < 12; i++)
		if (strncmp(p, names + 3 * i, 3) == 0)
			month = i + 1;
	if (month == 0)
		return false;
	p += 3;
	if (!mark(&p, ' ') || !digits(&p, 4, &year) || !mark(&p, ' ') || !read_time(&p, &time_ms) ||
	    strcmp(p, " GMT") != 0)
		return false;
	if (day == 0 || !instant_date_valid(year, month, day))
		return false;
	*ms = instant_days(year, month, day) * MS_PER_DAY + time_ms;
	return true;
}
