#include "ui/commands/watch.h"

#include <unistd.h>

#define QUIET_S 1.0   /* from the command's begin, before progress is said: many short requests are long too */
#define REFRESH_S 0.2 /* between its updates */
#define PROGRESS_COLS 60

static volatile sig_atomic_t interrupted; /* the signal; 0: none. Handlers have no other way */
static const int numbers[] = {SIGINT, SIGTERM};

static void note_signal(int number)
{
	interrupted = number;
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void watch_begin(struct watch *watch, size_t items)
{
	struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
	*watch = (struct watch){.wanted = isatty(STDERR_FILENO) != 0, .items = items, .start_s = now_s()};
	sigemptyset(&action.sa_mask);
	interrupted = 0;
	for (int i = 0; i < 2; i++) {
		sigaction(numbers[i], NULL, &watch->before[i]);
		if (watch->before[i].sa_handler != SIG_IGN) /* ignored on purpose: in the background */
			sigaction(numbers[i], &action, NULL);
	}
}

void watch_item(struct watch *watch, size_t item)
{
	watch->item = item;
}

int watch_step(void *context, double done_frac)
{
	struct watch *watch = context;
	double now = now_s();
	if (watch->wanted && now - watch->start_s >= QUIET_S && now - watch->said_s >= REFRESH_S) {
		char line[800], item[48] = ""; /* a fraction may be anything */
		if (watch->items != 1)
			snprintf(item, sizeof item, "request %zu of %zu: ", watch->item + 1, watch->items);
		snprintf(line, sizeof line, "%s%.0f s, this step %.0f %% (Ctrl-C stops)", item, now - watch->start_s,
		         100.0 * done_frac);
		fprintf(stderr, "\r%-*.*s", PROGRESS_COLS, PROGRESS_COLS, line);
		watch->said_s = now;
		watch->shown = true;
	}
	return interrupted != 0;
}

void watch_clear(struct watch *watch)
{
	if (watch->shown)
		fprintf(stderr, "\r%*s\r", PROGRESS_COLS, "");
	watch->shown = false;
}

int watch_stopped(void)
{
	return interrupted;
}

void watch_end(struct watch *watch, bool raise_again)
{
	watch_clear(watch);
	for (int i = 0; i < 2; i++)
		sigaction(numbers[i], &watch->before[i], NULL);
	if (raise_again && interrupted != 0)
		raise(interrupted);
}
