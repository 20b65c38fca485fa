/* Two threads and one counter. */
#include "planner/fit/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

struct work {
	atomic_size_t next;
	atomic_bool stop;
	size_t count;
	void (*item)(void *state, size_t index);
	void *state;
};

static bool take_one(struct work *w)
{
	size_t index = atomic_fetch_add(&w->next, 1);
	if (index >= w->count || atomic_load(&w->stop))
		return false;
	w->item(w->state, index);
	return true;
}

static void *second_thread(void *argument)
{
	while (take_one(argument))
		;
	return NULL;
}

bool parallel_run(size_t count, void (*item)(void *state, size_t index), void *state,
                  int (*progress)(void *context, double done_frac), void *context)
{
	struct work work = {.count = count, .item = item, .state = state};
	pthread_t other;
	bool two = count > 1 && pthread_create(&other, NULL, second_thread, &work) == 0;
	while (take_one(&work)) {
		double done = fmin((double)atomic_load(&work.next), (double)count) / (double)count;
		if (progress && progress(context, done))
			atomic_store(&work.stop, true);
	}
	if (two)
		(void)pthread_join(other, NULL);
	return !atomic_load(&work.stop);
}

bool parallel_run_silent(void *context, size_t count, void (*item)(void *state, size_t index), void *state)
{
	(void)context;
	return parallel_run(count, item, state, NULL, NULL);
}
