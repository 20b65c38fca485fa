#include "planner/sync/window.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void window_begin(struct window *window, int64_t since_ms)
{
	window->first_min = since_ms / WINDOW_MINUTE_MS;
	memset(window->n, 0, sizeof window->n);
	window->known = true;
}

void window_read(const char *text, struct window *out)
{
	char *rest;
	*out = (struct window){.mark_ms = strtoll(text, &rest, 10)};
	if (*rest != ' ')
		return;
	out->first_min = strtoll(rest, &rest, 10);
	out->known = true;
	for (size_t i = 0; i < WINDOW_MINUTES && *rest == ' '; i++)
		out->n[i] = (unsigned)strtoul(rest, &rest, 10);
}

void window_write(const struct window *window, char out[WINDOW_TEXT_MAX + 1])
{
	size_t last = WINDOW_MINUTES;
	int used = snprintf(out, WINDOW_TEXT_MAX + 1, "%" PRId64, window->mark_ms);
	if (!window->known)
		return;
	while (last > 0 && window->n[last - 1] == 0)
		last--;
	used += snprintf(out + used, (size_t)(WINDOW_TEXT_MAX + 1 - used), " %" PRId64, window->first_min);
	for (size_t i = 0; i < last; i++)
		used += snprintf(out + used, (size_t)(WINDOW_TEXT_MAX + 1 - used), " %u", window->n[i]);
}

static void move_on(struct window *window, int64_t minutes)
{
	const size_t by = minutes < WINDOW_MINUTES ? (size_t)minutes : WINDOW_MINUTES;
	memmove(window->n, window->n + by, (WINDOW_MINUTES - by) * sizeof *window->n);
	memset(window->n + (WINDOW_MINUTES - by), 0, by * sizeof *window->n);
	window->first_min += minutes;
}

void window_add(struct window *window, int64_t at_ms)
{
	int64_t at = at_ms / WINDOW_MINUTE_MS - window->first_min;
	if (at < 0)
		return;
	if (at >= WINDOW_MINUTES) {
		move_on(window, at - (WINDOW_MINUTES - 1));
		at = WINDOW_MINUTES - 1;
	}
	window->n[at]++;
}

void window_drop(struct window *window, int64_t at_ms)
{
	const int64_t at = at_ms / WINDOW_MINUTE_MS - window->first_min;
	if (at >= 0 && at < WINDOW_MINUTES && window->n[at] > 0)
		window->n[at]--;
}

size_t window_count(const struct window *window, int64_t since_ms)
{
	size_t count = 0;
	for (size_t i = 0; i < WINDOW_MINUTES; i++)
		if (window->first_min + (int64_t)i >= since_ms / WINDOW_MINUTE_MS)
			count += window->n[i];
	return count;
}
