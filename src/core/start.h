/* What starts: the next task of each queue is prepared, and sent when budget, endpoint and lane let
 * it. */
#ifndef SLUICE_CORE_START_H
#define SLUICE_CORE_START_H

#include "core/work.h"
#include "words.h"

struct engine;

/* Starts what may start, a bounded number. Returns what bounds the sending then; wake_us gets a
 * time at which more may start, if that is earlier. */
enum bound start_ready(struct engine *e, int64_t *wake_us);
/* Prepares the next ready task of a queue in q->prepared. PREPARE_NONE: that one made no request,
 * ask for the next; PREPARE_STOP: there is none. */
enum prepare start_prepare(struct engine *e, struct queue *q);
/* Does the prepared task, which would go now, need no request of its own? Then it is prepared no
 * more. */
bool start_known(struct engine *e, struct queue *q);
/* The task makes no request: it fails, without an attempt. item: that it works for; p: what was
 * prepared of it, NULL: nothing. */
void start_refused(struct engine *e, struct task t, uint32_t item, const struct prepared *p,
	enum outcome outcome, const char *why);

#endif
