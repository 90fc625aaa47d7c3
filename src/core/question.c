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

void engine_check_answer(struct engine *e)
{
	char why[sizeof(e->life.note)];

	if (!e->life.question || e->now_us < e->life.answer_by_us)
		return;
	snprintf(why, sizeof(why), "%s", e->life.note);
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING,
		"nobody answered within %.0f s: draining", s_from_us(ANSWER_WITHIN_US));
}

int64_t engine_answer_by_us(const struct engine *e)
{
	return e->life.question ? e->life.answer_by_us : NEVER_US;
}
