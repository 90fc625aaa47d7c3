/* How a run stops, and whether it has ended. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/engine_internal.h"
#include "core/route_bounds.h"

void engine_stop(struct engine *e, enum engine_mode mode, const char *why)
{
	struct attempt *a;

	e->life.question = QUESTION_NONE;
	e->life.mode = mode;
	e->life.retries_go_on = false;
	text_sanitise(e->life.note, sizeof(e->life.note), why, strlen(why));
	if (mode != MODE_STOPPING)
		return;
	TAILQ_FOREACH (a, &e->attempts.list, in_flight)
		if (a->transfer && (!a->leader || a->leader == a))
			e->ops.cancel(e->ctx, a->route, a->transfer);
}

void engine_abort(struct engine *e, const char *why, int64_t wall_us)
{
	if (e->life.failed)
		return;
	e->life.failed = true;
	events_add(&e->observer.events, wall_us, EVENT_ERROR, "%s", why);
	engine_stop(e, MODE_STOPPING, why);
}

void engine_suspended(struct engine *e, int64_t suspended_us, int64_t wall_us)
{
	events_add(&e->observer.events, wall_us, EVENT_WARNING,
		"process was suspended for %.0f s; timers adjusted", s_from_us(suspended_us));
}

static bool nothing_under_way(const struct engine *e)
{
	return !e->attempts.in_flight && !recorder_has_pending(&e->recorder) &&
	       (!e->doubts.n_redo || e->life.mode != MODE_RUNNING);
}

bool engine_is_empty(const struct engine *e)
{
	return e->intake.input_ended && !e->items.n;
}

bool engine_input_refused(const struct engine *e)
{
	return e->life.input_refused;
}

const char *engine_input_useless(const struct engine *e)
{
	return e->items.n && e->intake.refused == e->items.n ? e->intake.why_refused : NULL;
}

bool engine_only_held_by_hand(const struct engine *e)
{
	const struct item_counts *c = &e->items.counts;

	return e->holds.by_hand && e->intake.input_ended && nothing_under_way(e) && !c->queued &&
	       !c->waiting && c->held == e->holds.by_hand;
}

bool engine_complete(const struct engine *e)
{
	const struct item_counts *c = &e->items.counts;

	return e->intake.input_ended && nothing_under_way(e) && !c->queued && !c->waiting &&
	       !c->held;
}

bool engine_over(const struct engine *e)
{
	if (e->life.exit_at_once)
		return true;
	if (!nothing_under_way(e))
		return false;
	if (e->life.mode == MODE_DRAINING || e->life.mode == MODE_STOPPING || e->life.quit_asked)
		return true;
	return engine_complete(e) && !e->life.stays;
}

int engine_exit_code(const struct engine *e)
{
	const struct item_counts *c = &e->items.counts;
	bool sent = e->attempts.in_flight || e->observer.stats.attempts;

	if (e->life.failed)
		return 4;
	if (e->life.input_refused && !sent)
		return 2;
	if (!engine_complete(e))
		return 3;
	if (engine_input_useless(e) && !sent)
		return 2;
	return c->failed || c->cancelled || e->doubts.items ? 1 : 0;
}

const char *engine_note(const struct engine *e)
{
	return e->life.note;
}

void engine_set_interactive(struct engine *e, bool interactive)
{
	char why[sizeof(e->life.note)] =
		"paused when its terminal closed: run the same command to resume";

	e->life.interactive = interactive;
	if (interactive || e->life.mode != MODE_PAUSED)
		return;
	if (e->life.question)
		snprintf(why, sizeof(why), "%s", e->life.note);
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING, "%s", why);
}

void engine_set_stays(struct engine *e, bool stays)
{
	e->life.stays = stays;
}

void engine_note_end(struct engine *e)
{
	const struct item_counts *c = &e->items.counts;
	bool complete = engine_complete(e);

	stats_idle(&e->observer.stats, e->now_us, complete);
	why_idle(&e->observer.why, e->now_us, complete);
	route_bounds_idle(&e->routes, e->now_us, complete);
	if (!complete) {
		e->life.end_reported = false;
		return;
	}
	if (e->life.end_reported)
		return;
	e->life.end_reported = true;
	events_add(&e->observer.events, e->wall_us, c->failed ? EVENT_WARNING : EVENT_INFO,
		"finished: %" PRIu64 " ok, %" PRIu64 " failed, %" PRIu64 " cancelled", c->ok,
		c->failed, c->cancelled);
}
