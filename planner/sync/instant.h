/* FHIR instants: "2026-11-22T10:15:30.250Z", "...+01:00" <-> milliseconds UTC since 1970. */
#ifndef LASERTWIN_SYNC_INSTANT_H
#define LASERTWIN_SYNC_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#define INSTANT_SIZE 32

/* Years 1 to 9999; BUG beyond. Always with milliseconds and Z. */
void instant_write(int64_t ms, char text[INSTANT_SIZE]);
/* Date, time and zone are required; digits of the second beyond milliseconds are cut. */
bool instant_read(const char *text, int64_t *ms);
/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7, the preferred form). */
bool instant_read_http(const char *text, int64_t *ms);
/* Days since 1970-01-01 in the Gregorian calendar. */
int64_t instant_days(int year, int month, int day);
/* Whether year, month and day make a date; day 0 and month 0: only year, or year and month. */
bool instant_date_valid(int year, int month, int day);

#endif
