/* One action on all items that pass a filter, in bounded steps: a million lines may have to be read
 * for it. One such job at a time. */
#ifndef SLUICE_CONTROL_BULK_H
#define SLUICE_CONTROL_BULK_H

#include "control/filter.h"
#include "port.h"

struct control;

struct bulk {
	bool active;
	bool in_background; /* the reply has gone: the end is told as an event */
	int action;         /* enum item_action */
	int by; /* of ACTION_BUMP: by how much the priority is raised, below 0 lowered */
	struct filter filter;
	uint32_t next; /* item */
	uint64_t done;
};

/* Starts and does what some 40 ms allow; the reply counts. False with the reason when there is
 * another job or the filter is wrong. */
bool bulk_start(struct control *c, int action, const char *filter, struct command_reply *reply);
/* The same for priorities, which are raised by so much, or lowered below 0. */
bool bulk_bump(struct control *c, int by, const char *filter, struct command_reply *reply);
/* Is there one that is not done? */
bool bulk_has_work(const struct control *c);
/* Does about so many units (query.h) of the job, if there is one. */
void bulk_step(struct control *c, int64_t units);

#endif
