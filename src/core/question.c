#include "core/question.h"

#include <stdio.h>

#include "base/clock.h"
#include "core/engine_internal.h"

/* How long a question waits when nobody touches a key: somebody who is there needs less, and a
 * script that waits for the run should not wait for ever. */
#define ANSWER_WITHIN_US (60 * US_PER_S)

void engine_ask(struct engine *e, enum run_question question, const char *why)
{
	engine_stop(e, MODE_PAUSED, why);
	e->life.question = question;
	engine_attended(e);
}

void engine_attended(struct engine *e)
{
	e->life.answer_by_us = e->now_us + ANSWER_WITHIN_US;
}

void engine_left(struct engine *e)
{
	e->life.interactive = false;
	e->life.left = true;
	engine_attended(e);
}

void engine_joined(struct engine *e)
{
	e->life.interactive = true;
	e->life.left = false;
	engine_attended(e);
}

/* A run that paused itself tells why. */
static bool waits_for_somebody(const struct engine *e)
{
	return e->life.question || (e->life.left && e->life.mode == MODE_PAUSED && e->life.note[0]);
}

void engine_check_answer(struct engine *e)
{
	char why[sizeof(e->life.note)];

	if (!waits_for_somebody(e) || e->now_us < e->life.answer_by_us)
		return;
	snprintf(why, sizeof(why), "%s", e->life.note);
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING,
		"nobody answered within %.0f s: draining", s_from_us(ANSWER_WITHIN_US));
}

int64_t engine_answer_by_us(const struct engine *e)
{
	return waits_for_somebody(e) ? e->life.answer_by_us : NEVER_US;
}
