/* What every benchmark needs: clocks, the median, and giving up. */
#ifndef LASERTWIN_BENCH_H
#define LASERTWIN_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "physics/base/status.h"

static inline double clock_s(clockid_t clock)
{
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Of this process, all threads; and on the wall. */
static inline double cpu_s(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

static inline double wall_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

/* As the program does (ui/main.c): what was freed is kept, or most of the time would go into getting the pages anew. */
#ifdef __GLIBC__
#include <malloc.h>
static inline void keep_memory(void)
{
	enum { KEEP_BYTES = 128 * 1024 * 1024 };
	(void)mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
}
#else
static inline void keep_memory(void)
{
}
#endif

static inline int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Sorts the values. */
static inline double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, by_value);
	return values[count / 2];
}

static inline void must(enum status status, const struct fail *why)
{
	if (status == ST_OK)
		return;
	(void)fprintf(stderr, "benchmark: %s: %s\n", why->field, why->text);
	exit(EXIT_FAILURE);
}

#endif
