/* What becomes of an item when its attempt ends. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/outcome.h"
#include "api/rate_headers.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/answer_scrub.h"
#include "work/reuse.h"
#include "work/pack_work.h"
#include "work/stages.h"
#include "core/streaming.h"

enum {
	EVENTS_PER_SECOND = 4, /* of single attempts; the journal has them all */
	REFUSED_ALONE = 20,    /* 503 or resets of an item that are put down to a limit */
	FORBIDDEN_AFTER = 2,   /* 401/403 of an item while the same key passes for others */
};

/* What a limit refuses waits no longer than this for an endpoint whose fallback can take it. */
#define PATIENCE_US (2 * US_PER_S)

/* A headless run whose key or quota was refused from its first answer on gives up after this long:
 * it may as well have been mistyped, and nobody is there to see it. */
#define HEADLESS_PATIENCE_US (120 * US_PER_S)

/* When nothing but refused items is left and none has passed for this long, the refusals are put
 * down to the items. A connection that breaks while it is the only one is less of a limit. */
#define STANDSTILL_US     (60 * US_PER_S)
#define STANDSTILL_CUT_US (10 * US_PER_S)

void engine_note_attempt(struct engine *e, const struct attempt *a, const struct verdict *v,
	enum event_level level, const char *what)
{
	int64_t second = e->wall_us / US_PER_S;

	if (second != e->event_second) {
		e->event_second = second;
		e->event_count = 0;
	}
	if (e->event_count++ >= EVENTS_PER_SECOND)
		return;
	events_add(&e->events, e->wall_us, level, "%.*s %s: %s%s%s",
		(int)(a->id.len < 40 ? a->id.len : 40), a->id.data, what, outcome_label(v->outcome),
		v->message[0] ? ", " : "", v->message);
}

/* ---- held items ---- */

/* The endpoint refuses us, not the item: it is set aside and spends no attempt. */
static void hold(struct engine *e, uint32_t i, enum outcome outcome)
{
	if (!e->n_held)
		e->parked_since_us = e->now_us;
	e->parked_outcome = outcome;
	items_set_state(&e->items, i, ITEM_HELD);
	if (items_at(&e->items, i)->leads)
		reuse_left(e, i);
	if (e->n_held == e->cap_held) {
		e->cap_held = e->cap_held ? e->cap_held * 2 : 64;
		e->held = xrealloc(e->held, e->cap_held, sizeof(*e->held));
	}
	e->held[e->n_held++] = i;
}

bool engine_release_one(struct engine *e)
{
	while (e->first_held < e->n_held) {
		uint32_t i = e->held[e->first_held++];

		/* cancelled, queued again or held by hand meanwhile */
		if (items_at(&e->items, i)->state != ITEM_HELD || items_at(&e->items, i)->ending ||
			items_at(&e->items, i)->by_hand)
			continue;
		items_set_state(&e->items, i, ITEM_QUEUED);
		scheduler_ready(&e->scheduler, i, true);
		return true;
	}
	e->first_held = e->n_held = 0;
	return false;
}

uint64_t engine_release_held(struct engine *e)
{
	uint64_t n = 0;

	if (e->stages)
		return stages_release_held(e);
	while (engine_release_one(e))
		n++;
	return n;
}

void engine_mind_held(struct engine *e)
{
	const char *stage;
	char why[160];

	if (e->stages ? !stages_any_held(e->stages) : !e->n_held)
		return;
	if (!e->stages && !routes_parked(&e->routes, e->now_us)) {
		engine_release_held(e);
		return;
	}
	if (e->interactive || e->mode != MODE_RUNNING ||
		e->now_us - e->parked_since_us < HEADLESS_PATIENCE_US)
		return;
	if (e->parked_outcome != OUTCOME_AUTH && e->parked_outcome != OUTCOME_QUOTA)
		return;
	stage = e->stages ? stages_refused_from_start(e) : NULL;
	if (e->stages ? !stage : e->stats.outcomes[OUTCOME_OK] > 0)
		return;
	snprintf(why, sizeof(why), "%s%s%s from the start: %s, then run again", stage ? stage : "",
		stage ? ": " : "",
		e->parked_outcome == OUTCOME_AUTH ? "the key was rejected"
						  : "the quota was used up",
		e->parked_outcome == OUTCOME_AUTH ? "check it" : "see to it");
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->events, e->wall_us, EVENT_ERROR, "%s", e->note);
}

/* ---- what is kept of an attempt ---- */

void engine_group_failure(struct engine *e, uint32_t i, const struct verdict *v, const char *id,
	size_t id_len, int64_t wall_us)
{
	struct item *item = items_at(&e->items, i);
	const struct error_seen seen = {.outcome = v->outcome,
		.status = v->status,
		.code = v->code,
		.message = v->message,
		.id = id,
		.id_len = id_len};

	error_groups_items(&e->groups, item->group, -1);
	item->group = error_groups_add(&e->groups, &seen, wall_us);
	error_groups_items(&e->groups, item->group, 1);
}

void engine_keep_attempt(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v, int64_t wait_us)
{
	struct attempt_view *view = past_attempts_add(&e->past, a->item, v->outcome == OUTCOME_OK);

	view->number = engine_unit(e, a)->attempts;
	view->stage[0] = '\0';
	if (a->task != ITEM_NONE)
		memcpy(view->stage, e->routes.at[a->route].name, sizeof(view->stage));
	view->started_wall_us = e->wall_us - (e->now_us - a->started_us);
	view->latency_us = answer->latency_us;
	view->first_byte_us = answer->first_byte_us;
	view->connect_us = answer->connect_us;
	view->wait_us = wait_us;
	view->outcome = v->outcome;
	view->status = v->status;
	memcpy(view->request_id, v->request_id, strlen(v->request_id) + 1);
	memcpy(view->message, v->message, strlen(v->message) + 1);
}

/* ---- answers ---- */

/* What one stage of a pipeline is asked may be wrong while others do well. */
static struct first_errors *first_errors_of(struct engine *e, const struct attempt *a)
{
	return &e->first_errors[e->stages ? a->route : 0];
}

/* Every answer of a young run is the same refusal: the batch is wrong, not its items. */
static void mind_first_errors(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	const struct item_counts *c = &e->items.counts;
	char why[480], whose[ENDPOINT_NAME_SIZE + 16] = "";

	if (e->stages)
		snprintf(whose, sizeof(whose), " to stage %s", e->routes.at[a->route].name);
	if (!first_errors_count(first_errors_of(e, a), v) ||
		(e->input_ended && !c->queued && !c->waiting) || e->mode != MODE_RUNNING)
		return;
	snprintf(why, sizeof(why), "the first %d answers%s are all \"%s%s%s\"; %s", FIRST_ERRORS,
		whose, outcome_label(v->outcome), v->message[0] ? ", " : "", v->message,
		e->interactive ? "paused: `resume` goes on all the same"
			       : "stopped: mend the batch, then run again with --retry-failed");
	engine_stop(e, e->interactive ? MODE_PAUSED : MODE_DRAINING, why);
	events_add(&e->events, e->wall_us, EVENT_ERROR, "%s", why);
}

/* Counts the failure against the item's budgets, unless the endpoint is set aside. */
static void count_failure(struct item *item, const struct verdict *v)
{
	if (expects_failed(v))
		item->missed += item->missed < ITEM_MISSED_MOST;
	else if (outcome_info(v->outcome)->budget == RETRY_ATTEMPTS)
		item->real_attempts += item->real_attempts < UINT8_MAX;
}

/* Has the endpoint passed nothing for so long that a limit does not explain this refusal? */
static bool at_standstill(
	const struct engine *e, const struct route *route, const struct verdict *v)
{
	return e->now_us - route->passed_us >=
	       (v->outcome == OUTCOME_NETWORK ? STANDSTILL_CUT_US : STANDSTILL_US);
}

/* Was everything else that is left of the run refused by a limit, too? */
static bool only_refused_left(const struct engine *e)
{
	const struct prepared *p = &e->prepared;

	return (!p->there || items_at(&e->items, p->item)->rate_attempts) &&
	       scheduler_all_refused(&e->scheduler) &&
	       (!e->stages || stages_all_refused(e->stages));
}

/* Is this attempt, with those that share its request, all that is left of the run, or does all the
 * rest wait for another try as it does? Then nothing else can show whether the server is at fault
 * or the items are, and probing for ever would never end the run. */
static bool is_tail(
	const struct engine *e, const struct attempt *a, bool limited, const struct verdict *v)
{
	const struct item_counts *c = &e->items.counts;

	if (!e->input_ended || c->in_flight > (a->pack ? (uint64_t)a->packed : 1))
		return false;
	/* one may be taken out of the held ones, ready to be the next probe */
	if (c->queued - reuse_followers(e) <= e->prepared.there && !c->waiting)
		return true;
	return limited && at_standstill(e, &e->routes.at[a->route], v) && only_refused_left(e);
}

/* A stage may have a number of its own. */
static int max_attempts(const struct engine *e, const struct route *route, const struct verdict *v)
{
	int most = e->config.max_attempts;

	if (e->stages && stages_max_attempts(e->stages, route - e->routes.at))
		most = stages_max_attempts(e->stages, route - e->routes.at);
	return expects_failed(v) && e->config.expect_attempts < most ? e->config.expect_attempts
								     : most;
}

/* What one endpoint finds wrong with an item, its fallback may take: another model, another filter.
 * Not back and forth between two. */
static bool moves_on(
	struct engine *e, struct item *item, const struct route *route, const struct verdict *v)
{
	if (v->outcome != OUTCOME_CLIENT_ERROR || route->fallback == ROUTE_NONE ||
		item->avoid == route->fallback + 1 ||
		++item->real_attempts >= e->config.max_attempts)
		return false;
	return routes_fallback(&e->routes, (int)(route - e->routes.at), e->now_us) != ROUTE_NONE;
}

/* A limit's refusal spends no attempt. But what says so without the word for it, 503 or a reset,
 * may be about this item alone: it counts when the item had many while others pass, or is all that
 * is left. */
static bool is_limited(struct item *item, const struct route *route, const struct verdict *v,
	const struct standing *when)
{
	if (!when->limited)
		return false;
	item->rate_attempts += item->rate_attempts < UINT8_MAX;
	if (v->outcome == OUTCOME_RATE_LIMITED)
		return true;
	return !when->tail &&
	       (item->rate_attempts <= REFUSED_ALONE || !route->ok || lane_probing(route->lane));
}

/* What a limit refuses goes by another route at once when this one is held, or when its fallback
 * can take what would wait long. */
static bool goes_elsewhere(
	const struct engine *e, const struct route *route, const struct retry_decision *d)
{
	if (d->action != RETRY_LATER || e->stages)
		return false;
	if (lane_held(route->lane, e->now_us))
		return routes_any_free(&e->routes, e->now_us);
	return d->due_us - e->now_us > PATIENCE_US && route->fallback != ROUTE_NONE &&
	       routes_fallback(&e->routes, (int)(route - e->routes.at), e->now_us) != ROUTE_NONE;
}

/* What becomes of an item whose attempt failed. What is held spends no attempt, but at the tail of
 * a run. */
static struct retry_decision decide(struct engine *e, struct item *item, const struct route *route,
	const struct verdict *v, const struct standing *when)
{
	const struct retry_decision final = {RETRY_FINAL, 0}, aside = {RETRY_SET_ASIDE, 0};
	const struct retry_decision now = {RETRY_LATER, e->now_us}; /* by another route */
	bool others_pass = !when->parked && route->ok;
	bool parked = lane_parked(route->lane);
	struct retry_decision d;

	/* A key that is good for others: it is this item that is forbidden. */
	if (v->outcome == OUTCOME_AUTH && others_pass && ++item->real_attempts >= FORBIDDEN_AFTER)
		return final;
	if (v->should_retry != 0 && is_limited(item, route, v, when)) {
		d = retry_refused(v, &e->rng, e->now_us);
	} else {
		if (!(parked || lane_probing(route->lane)) || when->tail)
			count_failure(item, v);
		d = retry_decide(v, expects_failed(v) ? item->missed : item->real_attempts,
			max_attempts(e, route, v), &e->rng, e->now_us);
	}
	if (d.action == RETRY_LATER && when->wait_us > 0)
		d.due_us = e->now_us + when->wait_us;
	if (d.action == RETRY_FINAL && moves_on(e, item, route, v))
		return now;
	if (when->limited && goes_elsewhere(e, route, &d))
		return now;
	if (!parked || d.action != RETRY_LATER)
		return d;
	return e->stages || routes_parked(&e->routes, e->now_us) ? aside : now;
}

static void settle_failed(struct engine *e, const struct attempt *a, struct retry_decision d,
	const struct answer *answer, const struct verdict *v, const struct result_item *result)
{
	switch (d.action) {
	case RETRY_FINAL:
		record_final(e, a->item, ITEM_FAILED, result, answer, v);
		break;
	case RETRY_LATER:
		items_set_state(&e->items, a->item, ITEM_WAITING);
		scheduler_wait(&e->scheduler, a->item, d.due_us);
		break;
	case RETRY_SET_ASIDE:
		hold(e, a->item, v->outcome);
		break;
	case RETRY_BY_HAND:
		engine_hold_by_hand(e, a->item);
		break;
	}
}

static void attempt_failed(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *v, const struct result_item *result, const struct standing *when)
{
	static const struct {
		enum event_level level;
		const char *text;
	} notes[] = {[RETRY_FINAL] = {EVENT_WARNING, "failed"},
		[RETRY_LATER] = {EVENT_INFO, "again later"},
		[RETRY_SET_ASIDE] = {EVENT_WARNING, "held"},
		[RETRY_BY_HAND] = {EVENT_INFO, "held by hand"}};
	struct item *item = items_at(&e->items, a->item);
	struct route *route = &e->routes.at[a->route];
	struct retry_decision d = decide(e, engine_unit(e, a), route, v, when);

	if (route->fallback != ROUTE_NONE && (!when->limited || d.due_us <= e->now_us))
		item->avoid = (uint8_t)(a->route + 1);
	if (item->by_hand && d.action != RETRY_FINAL)
		d.action = RETRY_BY_HAND;
	if (when->limited)
		text_sanitise(
			route->refusal, sizeof(route->refusal), v->message, strlen(v->message));
	journal_attempt(e, a, v, d.action == RETRY_LATER ? d.due_us - e->now_us : 0);
	engine_group_failure(e, a->item, v, a->id.data, a->id.len, e->wall_us);
	engine_keep_attempt(e, a, answer, v, d.action == RETRY_LATER ? d.due_us - e->now_us : -1);
	engine_note_attempt(e, a, v, notes[d.action].level, notes[d.action].text);
	if (e->stages)
		stages_failed(e, a, d, answer, v);
	else
		settle_failed(e, a, d, answer, v, result);
	/* items that shared a request have one answer */
	if ((d.action == RETRY_FINAL || v->outcome != OUTCOME_CLIENT_ERROR) &&
		(!a->pack || a->pack == a))
		mind_first_errors(e, a, v);
}

/* Aborted by us: the item itself, or all that is in flight because the run stops. */
static void attempt_cancelled(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *v, const struct result_item *result)
{
	if (a->cancel_item) {
		record_final(e, a->item, ITEM_CANCELLED, result, answer, v);
		return;
	}
	if (items_at(&e->items, a->item)->by_hand) {
		engine_hold_by_hand(e, a->item);
		return;
	}
	items_set_state(&e->items, a->item, ITEM_QUEUED);
	scheduler_ready(&e->scheduler, a->item, true);
}

/* What an answer tells of limits; of a refusal, its body may say what its headers do not. */
static bool read_limits(const struct engine *e, const struct answer *answer,
	const struct verdict *v, struct limits_told *out)
{
	return (answer->headers_len &&
		       rate_headers_read(answer->headers, answer->headers_len, e->wall_us, out)) ||
	       (v->outcome == OUTCOME_RATE_LIMITED &&
		       rate_headers_read_body(answer->body, answer->body_len, e->wall_us, out));
}

/* True: the lane takes it for a limit's refusal. */
static bool tell_lane(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v)
{
	struct lane *lane = e->routes.at[a->route].lane;
	struct spending cost = engine_cost(a, v);
	struct limits_told limits;
	bool told = lane_reads_headers(lane, e->now_us) && read_limits(e, answer, v, &limits);
	bool limited;
	const struct lane_answer la = {
		.outcome = v->outcome,
		.status = v->status,
		.latency_us = answer->latency_us,
		.wait_us = v->wait_us,
		.wait_source = v->wait_source,
		.cut_off = answer->result == NET_ERROR && answer->first_byte_us < 0,
		.tokens = v->tokens_in >= 0 || v->tokens_out >= 0 ? (int64_t)(cost.in + cost.out)
								  : -1,
		.limits = told ? &limits : NULL,
	};

	limited = lane_answered(lane, e->now_us, &a->ticket, &la);
	route_answered(&e->routes.at[a->route], e->now_us, v->outcome);
	return limited;
}

void engine_settle(
	struct engine *e, struct attempt *a, const struct answer *answer, struct verdict *v)
{
	engine_settle_cost(e, a, v);
	/* The server did its work, and was paid for it, all the same. */
	if (e->config.expects && v->outcome == OUTCOME_OK)
		expects_judge(e->config.expects, a->provider, answer->body, answer->body_len, v);
	scrub_verdict(e, a, v);
}

void engine_attempt_ended(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *v, const struct standing *when)
{
	struct item *item = items_at(&e->items, a->item);
	struct result_item result = {.id = a->id.data,
		.id_len = a->id.len,
		.line = item->line,
		.line_hash = a->line_hash,
		.attempts = item->attempts,
		.packed = a->pack ? a->packed : 1};

	if (a->metadata.len)
		result.metadata = (struct json_span){a->metadata.data, a->metadata.len};
	if (e->routes.n > 1)
		result.endpoint = e->routes.at[a->route].name;
	item->status = (uint16_t)v->status;
	item->outcome = (uint8_t)v->outcome;
	if (v->outcome == OUTCOME_OK) {
		first_errors_of(e, a)->settled = true;
		engine_keep_attempt(e, a, answer, v, -1);
		if (a->keyed)
			reuse_keep(e, a, answer, v);
		if (e->stages)
			stages_answered(e, a->task, answer, v);
		else
			record_final(e, a->item, ITEM_OK, &result, answer, v);
	} else if (v->outcome == OUTCOME_CANCELLED) {
		engine_keep_attempt(e, a, answer, v, -1);
		if (e->stages)
			stages_cancelled(e, a);
		else
			attempt_cancelled(e, a, answer, v, &result);
	} else {
		attempt_failed(e, a, answer, v, &result, when);
	}
	engine_attempt_drop(e, a);
}

static void take_answer(struct engine *e, struct attempt *a, const struct answer *answer)
{
	struct standing when = {0};
	struct verdict v;

	response_judge(a->provider, answer, e->wall_us, &v);
	when.parked = lane_parked(e->routes.at[a->route].lane);
	when.limited = tell_lane(e, a, answer, &v);
	when.tail = is_tail(e, a, when.limited, &v);
	if (answer->resent)
		engine_count_resent(e, a, answer);
	stats_advance(&e->stats, e->now_us, engine_requests(e), routes_concurrency(&e->routes));
	if (a->pack && a->packed > 1) {
		scrub_verdict(e, a, &v);
		pack_answered(e, a, answer, &v, &when);
		stats_answered(&e->stats, answer, &v);
		return;
	}
	engine_settle(e, a, answer, &v);
	stats_answered(&e->stats, answer, &v);
	if (a->pack)
		pack_alone(e, a, &v);
	engine_attempt_ended(e, a, answer, &v, &when);
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
