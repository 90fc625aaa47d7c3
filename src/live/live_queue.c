/* Calls that wait for their turn: a queue for each model and set of endpoints, so that none waits
 * for the lane of another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "core/binding.h"
#include "live/live_impl.h"

enum { UNAVAILABLE = 503, LIMITED = 429, NOT_FOUND = 404 };

/* ---- queues ---- */

static struct live_queue *queue_for(struct live_side *side, uint32_t set, const char *model)
{
	struct live_queue *q;

	LIST_FOREACH (q, &side->queues, next)
		if (q->to.routes == set && !strcmp(q->to.model, model))
			return q;
	q = xcalloc(1, sizeof(*q));
	q->to = (struct destination){.routes = set, .known = true};
	snprintf(q->to.model, sizeof(q->to.model), "%s", model);
	TAILQ_INIT(&q->calls);
	LIST_INSERT_HEAD(&side->queues, q, next);
	routes_find_lanes(&side->routes, &q->to, live_now_us(side->live), NULL, NULL);
	return q;
}

bool live_queue_add(struct live_call *c, struct live_problem *problem)
{
	struct live_side *side = c->side;
	uint32_t set = ROUTES_ALL;
	char model[MODEL_SIZE];
	struct error err = {""};

	if (!routes_for(&side->routes, &c->line, &set, &err)) {
		*problem = (struct live_problem){.status = NOT_FOUND, .code = "model_not_found"};
		snprintf(problem->message, sizeof(problem->message), "%s", err.text);
		return false;
	}
	request_model(&c->line, model, sizeof(model));
	c->queue = queue_for(side, set, model);
	c->queue->users++;
	c->state = LIVE_WAITS;
	TAILQ_INSERT_TAIL(&c->queue->calls, c, next);
	return true;
}

void live_queue_again(struct live_call *c)
{
	struct live_call *other;

	c->state = LIVE_WAITS;
	TAILQ_FOREACH (other, &c->queue->calls, next)
		if (other->start_us > c->start_us)
			break;
	if (other)
		TAILQ_INSERT_BEFORE(other, c, next);
	else
		TAILQ_INSERT_TAIL(&c->queue->calls, c, next);
}

void live_queue_take(struct live_call *c)
{
	TAILQ_REMOVE(&c->queue->calls, c, next);
}

/* A call, or a loop over the queues, needs it no more. */
static void release(struct live_queue *q)
{
	if (--q->users)
		return;
	LIST_REMOVE(q, next);
	free(q);
}

void live_queue_leave(struct live_call *c)
{
	if (c->queue)
		release(c->queue);
	c->queue = NULL;
}

/* ---- refusals ---- */

/* words: what the endpoint said; "". */
static void refuse(struct live_call *c, int status, const char *code, int64_t wait_us,
	const char *what, const char *words)
{
	struct live_problem *p = &c->problem;

	*p = (struct live_problem){.status = status, .code = code};
	p->retry_after_s = wait_us > 0 ? (int)((wait_us + US_PER_S - 1) / US_PER_S) : 1;
	snprintf(p->message, sizeof(p->message), "%s%s%s", what, *words ? ": " : ".", words);
	live_refuse_call(c);
}

/* When the first lane of the queue's that is held may send again, and what its endpoint said. */
static int64_t hold_of(const struct live_side *side, const struct live_queue *q, int64_t now_us,
	const char **words)
{
	int64_t first_us = NEVER_US;

	for (int i = 0; i < side->routes.n; i++) {
		const struct route_lane *lane = q->to.lane[i];
		struct lane_view view;

		if (!lane || !lane_held(lane->lane, now_us))
			continue;
		lane_view(lane->lane, now_us, &view);
		if (view.hold_until_us >= first_us)
			continue;
		first_us = view.hold_until_us;
		*words = lane->refusal;
	}
	return first_us;
}

/* Nobody of the queue can be sent in time: they are told now, not after a wait in vain. */
static bool refuse_hopeless(struct live_side *side, struct live_queue *q, int64_t now_us)
{
	const struct live *l = side->live;
	bool open = routes_breakers_open(&side->routes, &q->to, now_us);
	const char *words = "";
	int64_t until_us;
	struct live_call *c;

	if (!open && (routes_any_free(&side->routes, &q->to, now_us) || !l->config.most_wait_us))
		return false;
	if (live_keys_renewed(side->live))
		return false;
	until_us = hold_of(side, q, now_us, &words);
	if (until_us == NEVER_US || (!open && until_us - now_us <= l->config.most_wait_us))
		return false;
	while ((c = TAILQ_FIRST(&q->calls)))
		refuse(c, UNAVAILABLE, "upstream_unavailable", until_us - now_us,
			"The endpoint accepts no requests at present", words);
	return true;
}

/* Calls that waited for their turn in vain, oldest first. */
static void refuse_late(struct live_queue *q, int64_t most_us, int64_t now_us)
{
	struct live_call *c;

	while ((c = TAILQ_FIRST(&q->calls)) && now_us - c->start_us >= most_us) {
		if (c->attempts)
			live_refuse_call(c); /* as its last attempt was */
		else
			refuse(c, LIMITED, "rate_limit_exceeded", 0,
				"The request has waited too long for its turn", "");
	}
}

void live_side_tick(struct live_side *side, int64_t now_us)
{
	int64_t most_us = side->live->config.most_wait_us;
	struct live_queue *q, *next;

	for (q = LIST_FIRST(&side->queues); most_us && q; q = next) {
		q->users++; /* the clients are told, who may leave or ask again */
		refuse_late(q, most_us, now_us);
		next = LIST_NEXT(q, next);
		release(q);
	}
}

/* ---- turns ---- */

/* Sends what may be sent; lowers *wake_us to when the first of the rest may. */
static void queue_turn(
	struct live_side *side, struct live_queue *q, int64_t now_us, int64_t *wake_us)
{
	struct live_call *c;

	while ((c = TAILQ_FIRST(&q->calls))) {
		struct route_choice choice =
			routes_pick(&side->routes, &q->to, now_us, c->tokens, c->tries.avoid - 1);

		if (choice.route == ROUTE_NONE) {
			if (!refuse_hopeless(side, q, now_us) && choice.at_us < *wake_us)
				*wake_us = choice.at_us;
			return;
		}
		live_send(c, choice.route, now_us);
	}
}

static void set_wake(struct live_side *side, int64_t wake_us, int64_t now_us)
{
	struct ev_loop *loop = side->live->loop;

	ev_timer_stop(loop, &side->wake);
	if (wake_us == NEVER_US)
		return;
	ev_timer_set(&side->wake, wake_us > now_us ? s_from_us(wake_us - now_us) : 0., 0.);
	ev_timer_start(loop, &side->wake);
}

void live_side_turn(struct live_side *side, int64_t now_us)
{
	struct live_queue *q, *next;
	int64_t wake_us = NEVER_US;

	side->routes.turn++;
	for (q = LIST_FIRST(&side->queues); q; q = next) {
		q->users++;
		queue_turn(side, q, now_us, &wake_us);
		next = LIST_NEXT(q, next);
		release(q);
	}
	if (!side->calls)
		return; /* all were refused: it is among the runs no more */
	routes_asked(&side->routes);
	process_turned(side->live->config.process, &side->in_process);
	set_wake(side, wake_us, now_us);
}
