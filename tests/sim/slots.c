#include "sim/slots.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sim/random.h"

/* A step (a token) takes longer the more requests run; an answer takes so many steps. */
#define STEPS_MEAN    200.0
#define STEPS_SIGMA   0.5
#define STEP_EACH     0.0196 /* for each further request, of the time of a step with one */
#define PROGRESS_UNIT 1e6

void slots_free(struct slots *s)
{
	events_free(&s->running);
	free(s->queue);
	free(s->queue_work);
}

/* Steps per second. */
static double speed(const struct slots *s)
{
	double step_s = s->alone_s / STEPS_MEAN;

	return s->running.heap.len
		       ? 1 / (step_s * (1 + STEP_EACH * (double)(s->running.heap.len - 1)))
		       : 0;
}

static void advance(struct slots *s, int64_t now_us)
{
	s->progress += (double)(now_us - s->progress_us) / US_PER_S * speed(s);
	s->progress_us = now_us;
}

static void run(struct slots *s, uint32_t request, double work)
{
	events_add(&s->running, (int64_t)((s->progress + work) * PROGRESS_UNIT), 0, request, 0);
}

void slots_take(struct slots *s, int64_t now_us, uint32_t request, struct rng *rng)
{
	double work = random_lognormal(rng, STEPS_MEAN, STEPS_SIGMA);

	advance(s, now_us);
	if ((int)s->running.heap.len < s->most) {
		run(s, request, work);
		return;
	}
	if (s->queue_first + s->queue_n == s->queue_size) {
		s->queue_size = 2 * s->queue_size + 64;
		s->queue = xrealloc(s->queue, s->queue_size, sizeof(*s->queue));
		s->queue_work = xrealloc(s->queue_work, s->queue_size, sizeof(*s->queue_work));
	}
	s->queue[s->queue_first + s->queue_n] = request;
	s->queue_work[s->queue_first + s->queue_n] = work;
	s->queue_n++;
}

int64_t slots_next_us(const struct slots *s, int64_t now_us)
{
	double left;

	if (s->running.heap.len == 0)
		return NEVER_US;
	left = (double)events_next_us(&s->running) / PROGRESS_UNIT - s->progress;
	left = fmax(0, left / speed(s)) - (double)(now_us - s->progress_us) / US_PER_S;
	return now_us + (int64_t)ceil(fmax(0, left) * US_PER_S);
}

bool slots_finished(struct slots *s, int64_t now_us, uint32_t *request)
{
	struct sim_event done;

	if (s->running.heap.len == 0)
		return false;
	advance(s, now_us);
	if ((double)events_next_us(&s->running) / PROGRESS_UNIT > s->progress + 1e-3)
		return false;
	events_pop(&s->running, &done);
	*request = done.index;
	if (s->queue_n > 0) {
		run(s, s->queue[s->queue_first], s->queue_work[s->queue_first]);
		s->queue_first++;
		if (--s->queue_n == 0)
			s->queue_first = 0;
	}
	return true;
}
