/* How many resources of one type the server lists, by the minute of their last change, over the time in which a commit
 * may still surface: the server's own count of the same time tells whether there is anything that was not listed.
 *
 * Counted are those before the watermark; it is kept with the watermark in one text, "MARK FIRST N N N ...". */
#ifndef LASERTWIN_SYNC_WINDOW_H
#define LASERTWIN_SYNC_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_MINUTES 32
#define WINDOW_MINUTE_MS INT64_C(60000)
#define WINDOW_TEXT_MAX 400

struct window {
	int64_t mark_ms;   /* the watermark */
	int64_t first_min; /* of n[0], since 1970 */
	unsigned n[WINDOW_MINUTES];
	bool known; /* n holds everything listed since first_min */
};

/* A text without numbers, or none: known is false. */
void window_read(const char *text, struct window *out);
void window_write(const struct window *window, char out[WINDOW_TEXT_MAX + 1]);
/* Empty from here on. */
void window_begin(struct window *window, int64_t since_ms);
/* Times come in any order; those before the window are left out, later ones move it on. */
void window_add(struct window *window, int64_t at_ms);
void window_drop(struct window *window, int64_t at_ms);
size_t window_count(const struct window *window, int64_t since_ms); /* since_ms: a whole minute */

#endif
