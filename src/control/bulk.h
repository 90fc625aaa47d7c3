/* One action on all items that match a filter, in bounded steps: it may have to read a million
 * lines. One such job at a time. */
#ifndef SLUICE_CONTROL_BULK_H
#define SLUICE_CONTROL_BULK_H

#include "control/filter.h"
#include "port.h"

struct control;

struct bulk {
	bool active;
	bool in_background; /* the reply has been given: an event reports the end */
	bool undoing;       /* takes back the act that control.undo has noted */
	bool dry;           /* counts the items only */
	int action;         /* enum item_action */
	int by;             /* ACTION_PRIORITY: the change of the priority */
	struct filter filter;
	uint32_t next; /* item */
	uint64_t done;
	uint64_t missed;  /* undoing: items that have gone on since */
	uint64_t number;  /* of the job */
	char result[200]; /* of the job when it has ended */
};

/* Starts a job and takes its first step; the reply has the count. False with the reason when
 * another job runs or the filter is wrong. */
bool bulk_start(struct control *c, int action, const char *filter, struct command_reply *reply);
/* The same for priorities, which change by `by`. */
bool bulk_priority(struct control *c, int by, const char *filter, struct command_reply *reply);
/* Takes back the last act on items, as such a job. */
bool bulk_undo(struct control *c, struct command_reply *reply);
/* The job of that number, for the port; false: this is another one's. */
bool bulk_view(const struct control *c, uint64_t number, struct job_view *out);
/* Does a job run? */
bool bulk_has_work(const struct control *c);
/* Works on the job, if there is one, for about this cost (query.h). */
void bulk_step(struct control *c, int64_t cost_left);

#endif
