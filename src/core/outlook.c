#include "core/outlook.h"

#include <math.h>

#include "base/clock.h"
#include "core/engine_internal.h"
#include "core/forecast.h"
#include "core/route_bounds.h"
#include "core/streaming.h"
#include "pace/capacity.h"

#define LOOK_AGAIN_US (200 * US_PER_MS)

static bool is_open(const struct engine *e, const struct route *r, const struct route_lane *l)
{
	return !r->paused && !lane_held(l->lane, e->now_us);
}

/* ---- what is noted each turn ---- */

static void note_lanes(struct engine *e)
{
	struct open_lanes *o = &e->observer.open_lanes;
	uint64_t mark = 0;

	o->any = false;
	for (int i = 0; i < e->routes.n; i++)
		for (int k = 0; k < lanes_count(e->routes.at[i].lanes); k++) {
			const struct route_lane *l = e->routes.at[i].lane[k];

			mark *= 31;
			if (!l || !l->traffic.started)
				continue;
			o->any = true;
			mark += is_open(e, &e->routes.at[i], l);
		}
	/* the only lane's holds are noted by the second */
	if (mark != o->mark && o->mark && mark)
		o->changed_us = e->now_us;
	o->mark = mark;
}

/* Only while no lane is open the server holds the run: the bound is that of one queue. */
static enum stats_stop stop_of(const struct engine *e, enum bound bound)
{
	const struct open_lanes *o = &e->observer.open_lanes;

	if (bound == BOUND_PAUSE)
		return STATS_STOPPED;
	return o->any && !o->mark ? STATS_HELD : STATS_GOES;
}

void outlook_note(struct engine *e, enum bound bound)
{
	struct open_lanes *o = &e->observer.open_lanes;

	if (e->now_us - o->looked_us >= LOOK_AGAIN_US) {
		o->looked_us = e->now_us;
		note_lanes(e);
		streaming_count(e);
	}
	why_set(&e->observer.why, e->now_us, bound);
	route_bounds_note(&e->routes, e->now_us, bound);
	stats_stop(&e->observer.stats, e->now_us, stop_of(e, bound));
}

/* ---- the lanes together ---- */

/* What the lanes of a run allow. */
struct lanes_ahead {
	int open, held, probing;  /* how many lanes */
	int64_t hold_until_us;    /* the first of the held ones that may send */
	double answered, of_open; /* answers of the last minute */
	int64_t changed_us;
};

static void add_lane(const struct engine *e, const struct route *r, const struct route_lane *l,
	struct lanes_ahead *a)
{
	uint32_t answered = traffic_in_minute(&l->traffic, e->now_us);
	int64_t changed_us = capacity_changed_us(l->lane);
	struct lane_view v;

	a->answered += answered;
	if (changed_us > a->changed_us)
		a->changed_us = changed_us;
	if (r->paused)
		return;
	if (!lane_held(l->lane, e->now_us)) {
		a->open++;
		a->of_open += answered;
		return;
	}
	lane_view(l->lane, e->now_us, &v);
	if (!a->held++ || v.hold_until_us < a->hold_until_us)
		a->hold_until_us = v.hold_until_us;
	a->probing += lane_probing(l->lane);
}

static struct lanes_ahead look_ahead(const struct engine *e)
{
	struct lanes_ahead a = {.changed_us = e->observer.open_lanes.changed_us};

	for (int i = 0; i < e->routes.n; i++)
		for (int k = 0; k < lanes_count(e->routes.at[i].lanes); k++) {
			const struct route_lane *l = e->routes.at[i].lane[k];

			if (l && l->traffic.started)
				add_lane(e, &e->routes.at[i], l, &a);
		}
	return a;
}

/* The mean cost of a request; 0: not known. */
struct request_cost {
	double latency_s, tokens;
};

/* Requests a second over the route. all: its held lanes included. */
static double route_pace(
	const struct engine *e, const struct route *r, const struct request_cost *cost, bool all)
{
	struct capacity shared = capacity_of_endpoint(lanes_at(r->lanes, 0));
	double own = 0;

	for (int k = 0; k < lanes_count(r->lanes); k++) {
		struct capacity c;

		if (!r->lane[k] || !r->lane[k]->traffic.started ||
			(!all && !is_open(e, r, r->lane[k])))
			continue;
		c = capacity_of_lane(r->lane[k]->lane);
		own += capacity_pace(&c, cost->latency_s, cost->tokens);
	}
	return fmin(own, capacity_pace(&shared, cost->latency_s, cost->tokens));
}

/* Requests over the lanes of the route for each row that ended. */
static double requests_a_row(const struct engine *e, const struct route *r)
{
	double answered = 0;

	for (int i = 0; i < e->routes.n; i++)
		for (int k = 0; e->routes.at[i].lanes == r->lanes && k < lanes_count(r->lanes); k++)
			if (e->routes.at[i].lane[k])
				answered += (double)e->routes.at[i].lane[k]->traffic.answered;
	return e->observer.stats.ended ? answered / (double)e->observer.stats.ended : 0;
}

/* Rows a second that the slowest stage lets through. The latencies and tokens of a stage are not
 * known. */
static double rows_allowed(const struct engine *e, const struct lanes_ahead *a)
{
	const struct request_cost unknown = {0, 0};
	double least = HUGE_VAL;

	for (int i = 0; i < e->routes.n; i++) {
		const struct route *r = &e->routes.at[i];
		double requests = requests_a_row(e, r), pace;

		if (r->paused || !routes_is_first_of_lanes(&e->routes, i))
			continue;
		pace = route_pace(e, r, &unknown, !a->open);
		if (requests > 0 && pace > 0)
			least = fmin(least, pace / requests);
	}
	return least;
}

/* Requests a second that all routes together allow. */
static double requests_allowed(
	const struct engine *e, const struct lanes_ahead *a, const struct request_cost *cost)
{
	double sum = 0;

	for (int i = 0; i < e->routes.n; i++)
		if (!e->routes.at[i].paused && routes_is_first_of_lanes(&e->routes, i))
			sum += route_pace(e, &e->routes.at[i], cost, !a->open);
	return sum > 0 ? sum : HUGE_VAL;
}

/* ---- what cannot start ---- */

static bool route_is_closed(const struct engine *e, const struct queue *q, int i)
{
	const struct route_lane *l = q->to.lane[i];

	return e->routes.at[i].paused || (l && lane_held(l->lane, e->now_us));
}

/* May no route send the tasks of the queue? paused: because all of them are paused. */
static bool is_stuck(const struct engine *e, const struct queue *q, bool paused)
{
	uint32_t set = routes_reach(&e->routes, q->to.routes);

	for (int i = 0; i < e->routes.n; i++)
		if (set & route_bit(i) &&
			(paused ? !e->routes.at[i].paused : !route_is_closed(e, q, i)))
			return false;
	return true;
}

static bool all_paused(const struct engine *e)
{
	bool any = false;

	for (int i = 0; i < e->sources.n_queues; i++) {
		const struct queue *q = e->sources.queue[i];

		if (queue_is_empty(q))
			continue;
		any = true;
		if (!is_stuck(e, q, true))
			return false;
	}
	return any;
}

static enum standstill standstill_of(const struct engine *e)
{
	const struct item_counts *c = &e->items.counts;

	if (e->holds.by_hand && e->intake.input_ended && !c->queued && !c->waiting &&
		c->held == e->holds.by_hand)
		return STANDSTILL_BY_HAND;
	return all_paused(e) ? STANDSTILL_PAUSED : STANDSTILL_NONE;
}

/* Items that wait for a lane that is held while others send. What is not read yet is taken to be of
 * the same mixture. */
static double stuck_items(const struct engine *e, double unread)
{
	double stuck = 0, all = 0, known_stuck = 0;

	for (int i = 0; i < e->sources.n_queues; i++) {
		const struct queue *q = e->sources.queue[i];
		double ready = (double)q->scheduler.n_ready + q->prepared.there, sent = 0;

		if (q->mixed) {
			unread += ready;
			continue;
		}
		for (int k = 0; k < e->routes.n; k++)
			if (q->to.lane[k])
				sent += (double)q->to.lane[k]->traffic.started;
		all += ready + sent;
		if (!is_stuck(e, q, false))
			continue;
		stuck += ready;
		known_stuck += ready + sent;
	}
	return stuck + (all > 0 ? unread * known_stuck / all : 0);
}

static void set_limits(const struct engine *e, const struct lanes_ahead *a, struct prospect *p)
{
	const struct stats *s = &e->observer.stats;
	struct request_cost cost = {forecast_latency_s(s), forecast_tokens(s)};

	p->rows = !e->sources.tasks_are_items;
	if (p->rows) {
		p->requests = p->with_flight = rows_allowed(e, a);
		return;
	}
	p->with_flight = requests_allowed(e, a, &cost);
	cost.latency_s = 0;
	p->requests = requests_allowed(e, a, &cost);
}

void outlook(const struct engine *e, uint64_t remaining, struct outlook *out)
{
	const struct stats *s = &e->observer.stats;
	const struct item_counts *c = &e->items.counts;
	struct lanes_ahead a = look_ahead(e);
	double left_out = (double)c->held;
	struct prospect p = {.share = 1, .changed_us = a.changed_us};

	*out = (struct outlook){standstill_of(e), -1, -1, 0};
	if (a.open && a.held && e->sources.tasks_are_items)
		left_out += stuck_items(
			e, fmax(0, (double)remaining -
					   (double)(c->total - c->ok - c->failed - c->cancelled)));
	out->left_out = (uint64_t)fmin(left_out, (double)remaining);
	if (out->standstill || (!a.open && (!a.held || a.probing)) ||
		(remaining && out->left_out == remaining))
		return;
	if (!a.open)
		p.wait_us = a.hold_until_us - e->now_us;
	else if (a.answered > 0 && e->sources.tasks_are_items)
		p.share = a.of_open / a.answered;
	p.remaining = (double)(remaining - out->left_out);
	set_limits(e, &a, &p);
	forecast(s, e->now_us, &p, &out->eta_low_us, &out->eta_high_us);
}
