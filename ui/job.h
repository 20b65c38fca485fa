/* One worker thread for what takes longer than a key may wait.
 *
 * The interface starts a job, goes on drawing, and is woken through a pipe when there is progress or an
 * end. One job at a time; cancelling raises a flag that the job reads through job_progress. A job's
 * argument belongs to the job until job_take has reported its end.
 *
 *   idle --start--> running --(returns)--> ended --take--> idle
 */
#ifndef LASERTWIN_UI_JOB_H
#define LASERTWIN_UI_JOB_H

#include <stdbool.h>

#include "physics/base/status.h"

struct jobs;

/* The work: a function of its argument; context is to be handed to job_progress. */
typedef enum status job_work(void *argument, void *context, struct fail *why);

enum job_phase { JOB_IDLE, JOB_RUNNING, JOB_ENDED };

struct job_state {
	enum job_phase phase;
	bool cancelling;
	double done_frac;
	enum status status; /* when ended */
	struct fail why;
};

/* inline_work: run each job inside job_start (tests, plain output); no thread is made. */
enum status jobs_new(bool inline_work, struct jobs **out, struct fail *why) MUST_CHECK;
/* Cancels, waits for the worker and frees. */
void jobs_free(struct jobs **jobs);

int jobs_wake_fd(const struct jobs *jobs); /* readable when the state may have changed */
/* False when a job is running or its end was not taken yet. */
bool jobs_start(struct jobs *jobs, job_work *work, void *argument);
void jobs_cancel(struct jobs *jobs);
/* Empties the pipe and copies the state. An ended job is reported once; after that the worker is idle. */
void jobs_take(struct jobs *jobs, struct job_state *out);

/* For the work: reports the fraction done; nonzero asks it to stop with ST_CANCELLED. */
int job_progress(void *context, double done_frac);

#endif
