/* Long computations of the command line: progress on stderr where somebody sits there, stopping at a signal. */
#ifndef LASERTWIN_UI_WATCH_H
#define LASERTWIN_UI_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct watch {
	bool shown, wanted;
	size_t item, items;
	double start_s, said_s;
	struct sigaction before[2];
};

/* SIGINT and SIGTERM stop the computation at its next step; a second one of the same kind ends the program, should
 * the computation not listen. */
void watch_begin(struct watch *watch, size_t items);
void watch_item(struct watch *watch, size_t item);    /* the item-th begins */
int watch_step(void *watch, double done_frac);         /* a progress function; nonzero: stop */
void watch_clear(struct watch *watch);                 /* takes the line away again */
int watch_stopped(void);                               /* the signal that stopped it; 0: none */
/* Signals as before; raises the one that stopped it when so asked: whoever started the program shall know. */
void watch_end(struct watch *watch, bool raise_again);

#endif
