/* Work that waits for the disk, or reads files of any size, off the loop. A job touches nothing
 * that the loop's thread may touch meanwhile; it reports its end on the loop. */
#ifndef SLUICE_SERVE_JOBS_H
#define SLUICE_SERVE_JOBS_H

#include <ev.h>
#include <sys/queue.h>

#include "base/error.h"

struct jobs;

/* The first member of what its work is about. */
struct job {
	STAILQ_ENTRY(job) next;
	void (*work)(struct job *job); /* in a thread */
	void (*done)(struct job *job); /* on the loop, later; may free the job */
};

/* Threads that take jobs in their order; with one thread each job begins when the one before has
 * ended. NULL and err when there are no threads. */
struct jobs *jobs_new(struct ev_loop *loop, int threads, struct error *err);
void jobs_add(struct jobs *j, struct job *job);
/* Waits for all jobs, and for those that their done() adds. */
void jobs_settle(struct jobs *j);
/* The same, and ends the threads. NULL is fine. */
void jobs_free(struct jobs *j);

#endif
