#include "serve/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

STAILQ_HEAD(job_list, job);

struct jobs {
	struct ev_loop *loop;
	ev_async ended;
	pthread_mutex_t lock; /* of the members below */
	pthread_cond_t added, finished;
	struct job_list waiting, over;
	int working; /* threads that are at a job */
	bool stop;
	int n;
	pthread_t thread[];
};

static void *work(void *arg)
{
	struct jobs *j = arg;
	struct job *job;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		while (!j->stop && STAILQ_EMPTY(&j->waiting))
			pthread_cond_wait(&j->added, &j->lock);
		job = STAILQ_FIRST(&j->waiting);
		if (!job)
			break;
		STAILQ_REMOVE_HEAD(&j->waiting, next);
		j->working++;
		pthread_mutex_unlock(&j->lock);
		job->work(job);
		pthread_mutex_lock(&j->lock);
		j->working--;
		STAILQ_INSERT_TAIL(&j->over, job, next);
		pthread_cond_signal(&j->finished);
		ev_async_send(j->loop, &j->ended);
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

static struct job *take_over(struct jobs *j)
{
	struct job *job;

	pthread_mutex_lock(&j->lock);
	job = STAILQ_FIRST(&j->over);
	if (job)
		STAILQ_REMOVE_HEAD(&j->over, next);
	pthread_mutex_unlock(&j->lock);
	return job;
}

static void tell(struct jobs *j)
{
	struct job *job;

	while ((job = take_over(j)))
		job->done(job);
}

static void on_ended(struct ev_loop *loop, ev_async *w, int events)
{
	(void)loop, (void)events;
	tell(w->data);
}

/* Signals are the loop's. */
static bool start_threads(struct jobs *j, int threads)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (j->n < threads && !pthread_create(&j->thread[j->n], NULL, work, j))
		j->n++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return j->n == threads;
}

struct jobs *jobs_new(struct ev_loop *loop, int threads, struct error *err)
{
	struct jobs *j = xcalloc(1, sizeof(*j) + (size_t)threads * sizeof(pthread_t));

	j->loop = loop;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->added, NULL);
	pthread_cond_init(&j->finished, NULL);
	STAILQ_INIT(&j->waiting);
	STAILQ_INIT(&j->over);
	ev_async_init(&j->ended, on_ended);
	j->ended.data = j;
	ev_async_start(loop, &j->ended);
	if (start_threads(j, threads))
		return j;
	error_set(err, "cannot start threads: this user has reached the system's limit");
	jobs_free(j);
	return NULL;
}

void jobs_add(struct jobs *j, struct job *job)
{
	pthread_mutex_lock(&j->lock);
	STAILQ_INSERT_TAIL(&j->waiting, job, next);
	pthread_cond_signal(&j->added);
	pthread_mutex_unlock(&j->lock);
}

/* Is nothing left but what tell() will take? */
static bool wait_idle(struct jobs *j)
{
	bool idle;

	pthread_mutex_lock(&j->lock);
	while ((j->working || !STAILQ_EMPTY(&j->waiting)) && STAILQ_EMPTY(&j->over))
		pthread_cond_wait(&j->finished, &j->lock);
	idle = STAILQ_EMPTY(&j->over);
	pthread_mutex_unlock(&j->lock);
	return idle;
}

void jobs_settle(struct jobs *j)
{
	while (j->n && !wait_idle(j))
		tell(j);
}

void jobs_free(struct jobs *j)
{
	if (!j)
		return;
	jobs_settle(j);
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_cond_broadcast(&j->added);
	pthread_mutex_unlock(&j->lock);
	for (int i = 0; i < j->n; i++)
		pthread_join(j->thread[i], NULL);
	ev_async_stop(j->loop, &j->ended);
	pthread_cond_destroy(&j->added);
	pthread_cond_destroy(&j->finished);
	pthread_mutex_destroy(&j->lock);
	free(j);
}
