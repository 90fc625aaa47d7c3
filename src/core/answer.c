/* Judges answers, and decides what happens to the tasks. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/outcome.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/answer_scrub.h"
#include "core/answer.h"
#include "core/attempt.h"
#include "core/doubt.h"
#include "core/engine_internal.h"
#include "core/held.h"
#include "core/lane_report.h"
#include "core/refusals.h"
#include "core/streaming.h"
#include "core/usage_refused.h"

enum {
	REFUSED_ALONE = 20, /* 503 or resets of a task that count as refusals of a limit */
};

/* A task that a limit refused waits no longer than this if a fallback can send it. */
#define PATIENCE_US (2 * US_PER_S)

/* When nothing but refused items is left and none has passed for this long, the refusals are put
 * down to the items. A connection that breaks while it is the only one is less of a limit. */
#define STANDSTILL_US     (60 * US_PER_S)
#define STANDSTILL_CUT_US (10 * US_PER_S)

static void keep(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v, int64_t wait_us)
{
	const struct routes *r = &e->routes;
	struct attempt_view *view = observer_keep(&e->observer, a, answer, v, wait_us);

	view->started_wall_us = e->wall_us - (e->now_us - a->started_us);
	view->usd = cost_usd_of(e, a, v);
	snprintf(view->endpoint, sizeof(view->endpoint), "%s",
		e->sources.tasks_are_items && r->n > 1 ? r->at[a->route].name : "");
}

/* May the key change while the run goes on? */
static bool keeps_its_key(const struct engine *e, const struct attempt *a, const struct verdict *v)
{
	return v->status == 401 && e->routes.at[a->route].endpoint->key_changes;
}

/* How many answers alike stop a run: a few items need not be refused more than twice each. */
static int early_limit(const struct engine *e, const struct verdict *v)
{
	uint64_t most = 2 * e->items.counts.total;

	return e->intake.input_ended && v->outcome == OUTCOME_CLIENT_ERROR && most < EARLY_ERRORS
		       ? (int)most
		       : EARLY_ERRORS;
}

/* What to do about a run that was stopped by such answers. */
static const char *advice(const struct engine *e, const struct verdict *v)
{
	switch (v->outcome) {
	case OUTCOME_AUTH:
		return "stopped: check the key, then run again";
	case OUTCOME_QUOTA:
		return "stopped: raise the quota, then run again";
	case OUTCOME_BAD_RESPONSE:
		return "stopped: check the address, then run again with --retry-failed";
	default:
		return e->items.counts.failed
			       ? "stopped: fix the batch, then run again with --retry-failed"
			       : "stopped: fix the batch, then run again";
	}
}

/* Stops or pauses a young run whose answers are all the same refusal: the batch is wrong. */
static void check_early_errors(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	const struct item_counts *c = &e->items.counts;
	struct queue *q = a->task.queue->home;
	char why[480];

	if (keeps_its_key(e, a, v) || !early_abort_count(&q->early, v, early_limit(e, v)) ||
		(e->intake.input_ended && !c->queued && !c->waiting && !c->held) ||
		e->life.mode != MODE_RUNNING)
		return;
	snprintf(why, sizeof(why), "the first %d answers%s%s%s%s are all \"%s%s%s\"; %s",
		q->early.count, q->member ? " to " : "", q->member ? q->member : "",
		q->member ? " " : "", q->name, outcome_label(v->outcome), v->message[0] ? ", " : "",
		v->message,
		e->life.interactive ? "paused: `resume` continues anyway" : advice(e, v));
	engine_stop(e, e->life.interactive ? MODE_PAUSED : MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_ERROR, "%s", why);
}

/* Counts the failure against the item's budgets, unless the breaker is open. */
static void count_failure(struct item *item, const struct verdict *v)
{
	if (expects_failed(v))
		item->missed += item->missed < ITEM_MISSED_MOST;
	else if (outcome_info(v->outcome)->budget == RETRY_ATTEMPTS)
		item->real_attempts += item->real_attempts < UINT8_MAX;
}

/* Has the endpoint passed nothing for so long that a limit does not explain this refusal? */
static bool at_standstill(
	const struct engine *e, const struct route_lane *lane, const struct verdict *v)
{
	return e->now_us - lane->traffic.passed_us >=
	       (v->outcome == OUTCOME_NETWORK ? STANDSTILL_CUT_US : STANDSTILL_US);
}

/* Is nothing left of the run that could show whether the server is at fault or the items are?
 * Either this attempt, with those that share its request, is the last, or all other tasks were
 * refused, too, and wait. Probing for ever would never end the run then. */
static bool is_tail(
	const struct engine *e, const struct attempt *a, bool limited, const struct verdict *v)
{
	const struct item_counts *c = &e->items.counts;

	if (!e->intake.input_ended || c->in_flight > (a->leader ? (uint64_t)a->members : 1))
		return false;
	if (c->queued - e->sources.waiters <= sources_prepared(&e->sources, &e->items) &&
		!c->waiting)
		return true; /* one may be taken out of the held ones, to be the next probe */
	return limited && at_standstill(e, a->lane, v) && sources_all_refused(&e->sources);
}

static int max_attempts(const struct engine *e, const struct queue *q, const struct verdict *v)
{
	int most = q->max_attempts ? q->max_attempts : e->config.max_attempts;

	return expects_failed(v) && e->config.expect_attempts < most ? e->config.expect_attempts
								     : most;
}

/* May the fallback of the route take the task? An error of one endpoint may not be one of another:
 * another model, another filter. Two routes do not send a task back and forth. */
static bool goes_to_fallback(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	const struct route *route = &e->routes.at[a->route];
	struct item *item = attempt_task(a);

	if (!verdict_blames_input(v) || route->fallback == ROUTE_NONE ||
		item->avoid == route->fallback + 1 ||
		item->real_attempts + 1 >= e->config.max_attempts ||
		routes_fallback(&e->routes, &a->task.queue->to, a->route, e->now_us) == ROUTE_NONE)
		return false;
	item->real_attempts++;
	return true;
}

/* Does the failure count as a limit's refusal, which spends no attempt? A 503 or a reset may
 * concern this task alone: it counts as the task's own failure after many of them while others
 * pass, and at the tail of a run. */
static bool is_limited(
	const struct attempt *a, const struct verdict *v, const struct answer_context *context)
{
	struct item *item = attempt_task(a);

	if (!context->limited)
		return false;
	item->rate_attempts += item->rate_attempts < UINT8_MAX;
	if (v->outcome == OUTCOME_RATE_LIMITED)
		return true;
	return !context->tail && (item->rate_attempts <= REFUSED_ALONE || !a->lane->traffic.ok ||
					 lane_probing(a->lane->lane));
}

/* Should a task that a limit refused take another route at once? Yes when this route is held, or
 * when the task would wait long and a fallback can send it. */
static bool goes_by_another_route(
	const struct engine *e, const struct attempt *a, const struct retry_decision *d)
{
	const struct destination *to = &a->task.queue->to;

	if (d->action != RETRY_LATER)
		return false;
	if (lane_held(a->lane->lane, e->now_us))
		return routes_any_free(&e->routes, to, e->now_us);
	return d->due_us - e->now_us > PATIENCE_US &&
	       e->routes.at[a->route].fallback != ROUTE_NONE &&
	       routes_fallback(&e->routes, to, a->route, e->now_us) != ROUTE_NONE;
}

/* Decides what happens to a task whose attempt failed. While the breaker is open a failure spends
 * no attempt, except at the tail of a run. */
static struct retry_decision decide(struct engine *e, const struct attempt *a,
	const struct verdict *v, const struct answer_context *context)
{
	const struct retry_decision final = {RETRY_FINAL, 0}, held = {RETRY_HELD, 0};
	const struct retry_decision now = {RETRY_LATER, e->now_us}; /* by another route */
	const struct queue *q = a->task.queue;
	struct item *task = attempt_task(a);
	bool breaker_open = lane_breaker_is_open(a->lane->lane);
	struct retry_decision d;

	if (refusal_is(a, v)) {
		if (goes_to_fallback(e, a, v))
			return now;
		return refusal_is_final(e, a, v) ? final : held;
	}
	if (v->should_retry != 0 && is_limited(a, v, context)) {
		d = retry_refused(v, &e->rng, e->now_us);
	} else {
		if (!(breaker_open || lane_probing(a->lane->lane)) || context->tail)
			count_failure(task, v);
		d = retry_decide(v, expects_failed(v) ? task->missed : task->real_attempts,
			max_attempts(e, q, v), &e->rng, e->now_us);
	}
	if (d.action == RETRY_LATER && context->wait_us > 0)
		d.due_us = e->now_us + context->wait_us;
	if (d.action == RETRY_FINAL && goes_to_fallback(e, a, v))
		return now;
	if (context->limited && q->route == ROUTE_NONE && goes_by_another_route(e, a, &d))
		return now;
	if (!breaker_open || d.action != RETRY_LATER)
		return d;
	return held_queue_is_refused(e, q) ? held : now;
}

static void end_task(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v, struct retry_decision d)
{
	const struct task_end end = {
		.task = a->task, .attempt = a, .answer = answer, .verdict = v, .decision = d};

	work_ended(e->sources.work, &end);
}

/* The stage of a pipeline, or the endpoint if there are several; NULL: neither. */
static const char *place_of(const struct engine *e, const struct attempt *a)
{
	if (!e->sources.tasks_are_items)
		return a->task.queue->name;
	return e->routes.n > 1 ? e->routes.at[a->route].name : NULL;
}

static void group(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	const struct error_where where = {.id = a->id.data,
		.id_len = a->id.len,
		.model = a->lane->model[0] ? a->lane->model : NULL,
		.place = place_of(e, a)};

	observer_group(&e->observer, items_at(&e->items, a->item), v, &where, e->wall_us);
}

static void attempt_failed(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *v, const struct answer_context *context)
{
	static const struct {
		enum event_level level;
		const char *text;
	} notes[] = {[RETRY_FINAL] = {EVENT_WARNING, "failed"},
		[RETRY_LATER] = {EVENT_INFO, "will retry"},
		[RETRY_HELD] = {EVENT_WARNING, "held"},
		[RETRY_BY_HAND] = {EVENT_INFO, "held by hand"}};
	struct route *route = &e->routes.at[a->route];
	struct retry_decision d = decide(e, a, v, context);

	if (route->fallback != ROUTE_NONE && (!context->limited || d.due_us <= e->now_us))
		attempt_task(a)->avoid = (uint8_t)(a->route + 1);
	if (items_at(&e->items, a->item)->by_hand && d.action != RETRY_FINAL)
		d.action = RETRY_BY_HAND;
	if (!verdict_blames_input(v) || d.action == RETRY_HELD)
		text_sanitise(
			a->lane->refusal, sizeof(a->lane->refusal), v->message, strlen(v->message));
	journal_attempt(e, a, v, d.action == RETRY_LATER ? d.due_us - e->now_us : 0);
	group(e, a, v);
	keep(e, a, answer, v, d.action == RETRY_LATER ? d.due_us - e->now_us : -1);
	observer_note(&e->observer, a, items_at(&e->items, a->item), v, notes[d.action].level,
		notes[d.action].text, e->wall_us);
	end_task(e, a, answer, v, d);
	/* tasks that shared a request have one answer */
	if (d.action == RETRY_FINAL)
		refusals_note_failed(e, a, v);
	if ((d.action != RETRY_LATER || v->outcome != OUTCOME_CLIENT_ERROR) &&
		(!a->leader || a->leader == a))
		check_early_errors(e, a, v);
}

/* True: the lane takes it for a limit's refusal. */
static bool report_to_lane(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v)
{
	const struct spending cost = cost_of(a, v);
	const struct lane_report report = {.lane = a->lane,
		.ticket = &a->ticket,
		.provider = a->provider,
		.answer = answer,
		.verdict = v,
		.tokens = cost.in + cost.out};

	if (v->outcome == OUTCOME_OK)
		e->routes.at[a->route].passed = true;
	return lane_report(&report, e->now_us, e->wall_us);
}

void answer_settle(
	struct engine *e, struct attempt *a, const struct answer *answer, struct verdict *v)
{
	cost_settle(e, a, v);
	/* The server did its work, and was paid for it, all the same. */
	if (e->config.expects && v->outcome == OUTCOME_OK)
		expects_judge(e->config.expects, a->provider, answer->body, answer->body_len, v);
	scrub_verdict(e, a, v);
}

void answer_requeue(
	struct engine *e, struct attempt *a, const struct answer *answer, const struct verdict *v)
{
	keep(e, a, answer, v, 0);
	end_task(e, a, answer, v, (struct retry_decision){.action = RETRY_AGAIN});
	attempt_drop(&e->attempts, a);
}

/* The operator had the request aborted, to ask again: that was an attempt. */
static void note_aborted(struct engine *e, const struct attempt *a, struct verdict *v)
{
	snprintf(v->message, sizeof(v->message), "%s", "aborted by the operator to send it again");
	journal_attempt(e, a, v, 0);
	observer_note(&e->observer, a, items_at(&e->items, a->item), v, EVENT_INFO, "asked again",
		e->wall_us);
}

static void end_cancelled(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *judged)
{
	struct verdict v = *judged;

	if (a->again && !a->cancel_item)
		note_aborted(e, a, &v);
	keep(e, a, answer, &v, -1);
	/* the run stops, or the operator cancelled the item, or asks again */
	end_task(e, a, answer, &v, (struct retry_decision){.action = RETRY_AGAIN});
}

void answer_end(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *v, const struct answer_context *context)
{
	struct item *item = items_at(&e->items, a->item);

	item->status = (uint16_t)v->status;
	item->outcome = (uint8_t)v->outcome;
	if (v->outcome == OUTCOME_OK) {
		a->task.queue->home->early.settled = true;
		refusals_note_ok(a->lane);
		keep(e, a, answer, v, -1);
		end_task(e, a, answer, v, (struct retry_decision){.action = RETRY_AGAIN});
	} else if (v->outcome == OUTCOME_CANCELLED) {
		end_cancelled(e, a, answer, v);
	} else {
		attempt_failed(e, a, answer, v, context);
	}
	attempt_drop(&e->attempts, a);
}

static void count_usage(
	struct engine *e, const struct attempt *a, const struct verdict *v, int64_t latency_us)
{
	bool stages = !e->sources.tasks_are_items;
	const struct usage_names names = {{[USAGE_MODEL] = a->lane->model,
		[USAGE_ENDPOINT] = stages ? NULL : place_of(e, a),
		[USAGE_STAGE] = stages ? place_of(e, a) : NULL}};
	const struct usage_answer counted = {.outcome = v->outcome,
		.latency_us = latency_us,
		.tokens_in = v->tokens_in,
		.tokens_out = v->tokens_out,
		.usd = cost_usd_of(e, a, v)};

	usage_table_add(&e->observer.usage, e->now_us / US_PER_S, &names, &counted);
}

static void count_answer(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v)
{
	stats_answered(&e->observer.stats, answer, v, a->written);
	tally_answered(&a->lane->tally, answer, v);
	count_usage(e, a, v, answer->latency_us);
}

/* Sends the request again, after a refusal that only what sluice added to it had caused: it spends
 * no attempt. */
static void send_again(
	struct engine *e, struct attempt *a, const struct answer *answer, struct verdict *v)
{
	answer_settle(e, a, answer, v);
	count_answer(e, a, answer, v);
	journal_attempt(e, a, v, 0);
	group(e, a, v);
	answer_requeue(e, a, answer, v);
}

static void take_answer(struct engine *e, struct attempt *a, const struct answer *answer)
{
	struct answer_context context = {0};
	struct verdict v;

	response_judge(a->provider, answer, e->wall_us, &v);
	context.breaker_was_open = lane_breaker_is_open(a->lane->lane);
	context.limited = report_to_lane(e, a, answer, &v);
	context.tail = is_tail(e, a, context.limited, &v);
	if (answer->resent)
		doubt_count_resent(e, a, answer);
	stats_advance(&e->observer.stats, e->now_us, attempts_requests(&e->attempts),
		routes_concurrency(&e->routes));
	if (a->asks_usage && usage_was_refused(e, a, answer, &v)) {
		send_again(e, a, answer, &v);
		return;
	}
	if (work_answered(e->sources.work, a, answer, &v, &context)) {
		count_answer(e, a, answer, &v);
		return;
	}
	answer_settle(e, a, answer, &v);
	count_answer(e, a, answer, &v);
	answer_end(e, a, answer, &v, &context);
}

void engine_answered(struct engine *e, struct attempt *a, const struct answer *received,
	int64_t now_us, int64_t wall_us)
{
	struct answer whole = *received;
	struct scrubbed scrubbed;

	e->now_us = now_us;
	e->wall_us = wall_us;
	streaming_answer(a, &whole);
	scrub_answer(e, a, &whole, &scrubbed);
	take_answer(e, a, &whole);
	scrub_end(&scrubbed);
}
