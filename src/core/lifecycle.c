/* How a run stops, and whether it has ended. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/engine_internal.h"

void engine_stop(struct engine *e, enum engine_mode mode, const char *why)
{
	struct attempt *a;

	e->mode = mode;
	e->retries_go_on = false;
	text_sanitise(e->note, sizeof(e->note), why, strlen(why));
	if (mode != MODE_STOPPING)
		return;
	TAILQ_FOREACH (a, &e->attempts, in_flight)
		if (a->transfer && (!a->leader || a->leader == a))
			e->ops.cancel(e->ctx, a->route, a->transfer);
}

void engine_abort(struct engine *e, const char *why, int64_t wall_us)
{
	if (e->failed)
		return;
	e->failed = true;
	events_add(&e->events, wall_us, EVENT_ERROR, "%s", why);
	engine_stop(e, MODE_STOPPING, why);
}

void engine_suspended(struct engine *e, int64_t suspended_us, int64_t wall_us)
{
	events_add(&e->events, wall_us, EVENT_WARNING,
		"process was suspended for %.0f s; timers adjusted", s_from_us(suspended_us));
}

static bool nothing_under_way(const struct engine *e)
{
	return !e->in_flight && !e->results.len && !e->finals.len &&
	       (!e->n_redo || e->mode != MODE_RUNNING);
}

bool engine_is_empty(const struct engine *e)
{
	return e->input_ended && !e->items.n;
}

bool engine_refused(const struct engine *e)
{
	return e->refused;
}

bool engine_only_by_hand(const struct engine *e)
{
	const struct item_counts *c = &e->items.counts;

	return e->held_by_hand && e->input_ended && nothing_under_way(e) && !c->queued &&
	       !c->waiting && c->held == e->held_by_hand;
}

bool engine_complete(const struct engine *e)
{
	const struct item_counts *c = &e->items.counts;

	return e->input_ended && nothing_under_way(e) && !c->queued && !c->waiting && !c->held;
}

bool engine_over(const struct engine *e)
{
	const struct item_counts *c = &e->items.counts;

	if (e->at_once)
		return true;
	if (!nothing_under_way(e))
		return false;
	if (e->mode == MODE_DRAINING || e->mode == MODE_STOPPING || e->quit_asked)
		return true;
	return engine_complete(e) && (!e->interactive || c->failed + c->cancelled == 0);
}

int engine_exit_code(const struct engine *e)
{
	const struct item_counts *c = &e->items.counts;

	if (e->failed)
		return 4;
	if (!engine_complete(e))
		return 3;
	return c->failed || c->cancelled || e->doubtful ? 1 : 0;
}

const char *engine_note(const struct engine *e)
{
	return e->note;
}
