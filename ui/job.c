#include "ui/job.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "planner/store/person.h"

#define PROGRESS_STEP_FRAC 0.01 /* wake the interface this often, not more */

struct jobs {
	bool inline_work;
	pthread_t thread;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t wanted;
	bool stopping, queued;
	job_work *work;
	void *argument;
	double announced_frac;
	struct job_state state;
	int wake[2];
};

/* One byte in the pipe is enough; a full pipe is a woken interface. */
static void wake(struct jobs *jobs)
{
	ssize_t ignored = write(jobs->wake[1], "w", 1);
	(void)ignored;
}

int job_progress(void *context, double done_frac)
{
	struct jobs *jobs = context;
	pthread_mutex_lock(&jobs->lock);
	jobs->state.done_frac = done_frac;
	bool announce = done_frac - jobs->announced_frac >= PROGRESS_STEP_FRAC;
	if (announce)
		jobs->announced_frac = done_frac;
	int stop = jobs->state.cancelling || jobs->stopping;
	pthread_mutex_unlock(&jobs->lock);
	if (announce)
		wake(jobs);
	return stop;
}

static void run_one(struct jobs *jobs)
{
	struct fail why = {.code = ST_OK};
	enum status status = jobs->work(jobs->argument, jobs, &why);
	pthread_mutex_lock(&jobs->lock);
	jobs->state.phase = JOB_ENDED;
	jobs->state.status = status;
	jobs->state.why = why;
	pthread_mutex_unlock(&jobs->lock);
	secret_wipe_stack(); /* the skin of whoever it was */
	wake(jobs);
}

static bool next_job(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	while (!jobs->queued && !jobs->stopping)
		pthread_cond_wait(&jobs->wanted, &jobs->lock);
	jobs->queued = false;
	bool go_on = !jobs->stopping;
	pthread_mutex_unlock(&jobs->lock);
	return go_on;
}

static void *worker(void *context)
{
	struct jobs *jobs = context;
	while (next_job(jobs))
		run_one(jobs);
	return NULL;
}

/* Signals are for the thread that owns the terminal; only faults stay with the thread that causes them. */
static int start_thread(struct jobs *jobs)
{
	sigset_t all, kept;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &all, &kept);
	int failure = pthread_create(&jobs->thread, NULL, worker, jobs);
	pthread_sigmask(SIG_SETMASK, &kept, NULL);
	return failure;
}

static void free_parts(struct jobs *jobs)
{
	close(jobs->wake[0]);
	close(jobs->wake[1]);
	pthread_cond_destroy(&jobs->wanted);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}

enum status jobs_new(bool inline_work, struct jobs **out, struct fail *why)
{
	*out = NULL;
	struct jobs *jobs = calloc(1, sizeof *jobs);
	if (jobs == NULL)
		return fail_set(why, ST_FULL, "worker", "no memory for the worker");
	if (pipe(jobs->wake) != 0) {
		free(jobs);
		return fail_set(why, ST_IO, "worker", "cannot open a pipe: %s", strerror(errno));
	}
	for (int i = 0; i < 2; i++) {
		fcntl(jobs->wake[i], F_SETFL, O_NONBLOCK);
		fcntl(jobs->wake[i], F_SETFD, FD_CLOEXEC);
	}
	jobs->inline_work = inline_work;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->wanted, NULL);
	int failure = inline_work ? 0 : start_thread(jobs);
	if (failure != 0) {
		free_parts(jobs);
		return fail_set(why, ST_FULL, "worker", "cannot start a thread: %s", strerror(failure));
	}
	*out = jobs;
	return ST_OK;
}

void jobs_free(struct jobs **owned)
{
	struct jobs *jobs = *owned;
	if (jobs == NULL)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	pthread_cond_signal(&jobs->wanted);
	pthread_mutex_unlock(&jobs->lock);
	if (!jobs->inline_work)
		pthread_join(jobs->thread, NULL);
	free_parts(jobs);
	*owned = NULL;
}

int jobs_wake_fd(const struct jobs *jobs)
{
	return jobs->wake[0];
}

bool jobs_start(struct jobs *jobs, job_work *work, void *argument)
{
	pthread_mutex_lock(&jobs->lock);
	bool idle = jobs->state.phase == JOB_IDLE;
	if (idle) {
		jobs->work = work;
		jobs->argument = argument;
		jobs->announced_frac = 0.0;
		jobs->state = (struct job_state){.phase = JOB_RUNNING};
		jobs->queued = true;
		pthread_cond_signal(&jobs->wanted);
	}
	pthread_mutex_unlock(&jobs->lock);
	if (idle && jobs->inline_work)
		run_one(jobs);
	return idle;
}

void jobs_cancel(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	jobs->state.cancelling = jobs->state.phase == JOB_RUNNING;
	pthread_mutex_unlock(&jobs->lock);
}

void jobs_take(struct jobs *jobs, struct job_state *out)
{
	char drained[64];
	while (read(jobs->wake[0], drained, sizeof drained) > 0)
		continue;
	pthread_mutex_lock(&jobs->lock);
	*out = jobs->state;
	if (jobs->state.phase == JOB_ENDED)
		jobs->state = (struct job_state){.phase = JOB_IDLE};
	pthread_mutex_unlock(&jobs->lock);
}
