/* Independent pieces of work on two threads: the cores a station can be counted on to have. */
#ifndef LASERTWIN_PARALLEL_H
#define LASERTWIN_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

/* Runs item(state, 0 .. count - 1), each once, in any order, on the calling thread and one more; returns when
 * all are done. progress (may be NULL) is called on the calling thread only; nonzero stops the taking of
 * further items, and the answer is false. Where no thread can be had, one thread does it all. */
bool parallel_run(size_t count, void (*item)(void *state, size_t index), void *state,
                  int (*progress)(void *context, double done_frac), void *context);

/* The same for callees that report progress themselves; context is not looked at. Always true. */
bool parallel_run_silent(void *context, size_t count, void (*item)(void *state, size_t index), void *state);

#endif
