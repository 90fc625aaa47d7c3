/* `write FILE`: exports the items of a filter while the run goes on, in bounded steps. The file
 * appears when it is whole; the run's disk decides how long a step takes, as for its results. */
#ifndef SLUICE_CONTROL_WRITE_H
#define SLUICE_CONTROL_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"

struct control;
struct write_job;

/* A job that was begun. */
struct written {
	uint64_t number;      /* 0: none yet */
	struct job_view view; /* of its end */
};

/* Begins to write "FILE" or "FILE where FILTER", in the format of the file's ending, and takes its
 * first step. False with the reason in reply when another job runs, the filter is wrong, or the
 * file cannot be made. */
bool write_start(struct control *c, const char *args, struct command_reply *reply);
/* Is there a job? */
bool write_has_work(const struct control *c);
/* The job of that number, for the port; false: this is another one's. */
bool write_view(const struct control *c, uint64_t number, struct job_view *out);
/* Works on the job, if there is one, for about this cost (query.h); its end is an event. */
void write_step(struct control *c, int64_t cost_left);
/* Drops the job, if there is one: nothing of its file stays. */
void write_drop(struct control *c);

#endif
