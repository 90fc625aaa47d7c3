#include "core/outlook.h"

#include <math.h>

#include "base/clock.h"
#include "core/engine_internal.h"
#include "core/forecast.h"
#include "core/route_bounds.h"
#include "core/streaming.h"
#include "pace/capacity.h"

#define LOOK_AGAIN_US (200 * US_PER_MS)
/* A hold of one lane that is shorter than this is part of the pace. */
#define BRIEF_US (3 * US_PER_S)
/* Of its pace so far, what a lane has at least after its hold: it comes back step by step. */
#define COMING_BACK 0.7

static bool may_send(const struct engine *e, const struct route *r, const struct route_lane *l)
{
	return !r->paused && !lane_held(l->lane, e->now_us);
}

static bool is_used(const struct route_lane *l)
{
	return l && l->traffic.started;
}

/* ---- what cannot start ---- */

/* Since when the lanes may not send; is there one that may? */
static bool note_shut(struct engine *e)
{
	struct open_lanes *o = &e->observer.open_lanes;
	bool open = false;

	o->any = false;
	for (int i = 0; i < e->routes.n; i++)
		for (int k = 0; k < lanes_count(e->routes.at[i].lanes); k++) {
			struct route_lane *l = e->routes.at[i].lane[k];
			bool may;

			if (!is_used(l))
				continue;
			may = may_send(e, &e->routes.at[i], l);
			o->any = true;
			open = open || may;
			if (may)
				l->shut_us = 0;
			else if (!l->shut_us)
				l->shut_us = e->now_us;
		}
	return open;
}

/* Is its hold part of the pace? One without a known end is, until it has lasted too long. */
static bool is_brief(const struct engine *e, const struct route_lane *l)
{
	struct lane_view v;

	if (lane_breaker_is_open(l->lane))
		return false;
	if (!lane_hold_ends(l->lane, e->now_us))
		return e->now_us - l->shut_us < BRIEF_US;
	lane_view(l->lane, e->now_us, &v);
	return v.hold_until_us - l->shut_us < BRIEF_US;
}

/* May it not send, for so long that others must be counted on? */
static bool is_shut(const struct engine *e, const struct route *r, const struct route_lane *l)
{
	return l->shut_us && (r->paused || !e->observer.open_lanes.open || !is_brief(e, l));
}

static bool route_is_closed(const struct engine *e, const struct queue *q, int i)
{
	const struct route_lane *l = q->to.lane[i];

	if (e->routes.at[i].paused || !l)
		return e->routes.at[i].paused;
	return is_used(l) ? is_shut(e, &e->routes.at[i], l) : lane_held(l->lane, e->now_us);
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

/* ---- what is noted each turn ---- */

/* Is all that is left for lanes that are shut? A mixed queue would hand on what is not. */
static bool nothing_goes(const struct engine *e)
{
	bool any = false;

	if (attempts_requests(&e->attempts))
		return false;
	for (int i = 0; i < e->sources.n_queues; i++) {
		const struct queue *q = e->sources.queue[i];

		if (queue_is_empty(q) || q->mixed)
			continue;
		any = true;
		if (!is_stuck(e, q, false))
			return false;
	}
	return any;
}

static void note_lanes(struct engine *e)
{
	struct open_lanes *o = &e->observer.open_lanes;
	bool was_open = o->open;
	int64_t changed_us = 0;

	o->open = note_shut(e);
	o->stuck = false;
	for (int i = 0; i < e->routes.n; i++) {
		int used = 0, shut = 0;

		for (int k = 0; k < lanes_count(e->routes.at[i].lanes); k++) {
			struct route_lane *l = e->routes.at[i].lane[k];
			bool is = is_used(l) && is_shut(e, &e->routes.at[i], l);

			used += is_used(l);
			shut += is;
			if (is_used(l) && is != l->is_shut)
				changed_us = e->now_us;
			if (is_used(l))
				l->is_shut = is;
		}
		o->stuck = o->stuck || (!e->sources.tasks_are_items && used && used == shut);
	}
	o->stuck = o->stuck || nothing_goes(e);
	/* the only lane's holds are noted by the second */
	if (changed_us && was_open && o->open)
		o->changed_us = changed_us;
}

/* Only while no lane is open, or none of a stage, the server holds the run: the bound is that of
 * one queue. */
static enum stats_stop stop_of(const struct engine *e, enum bound bound)
{
	const struct open_lanes *o = &e->observer.open_lanes;

	if (bound == BOUND_PAUSE)
		return STATS_STOPPED;
	return o->any && (!o->open || o->stuck) ? STATS_HELD : STATS_GOES;
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
	int open, shut,
		endless; /* how many lanes; endless: nobody knows until when they are held */
	int64_t first_us, last_us; /* when the first and the last of the shut ones may send */
	double answered, of_open;  /* answers of the last minute */
	double late_pace;          /* ok answers a second of shut ones whose hold ends, before it */
	int64_t changed_us;
};

static void add_shut(const struct engine *e, const struct route_lane *l, struct lanes_ahead *a)
{
	int64_t before_us = stats_elapsed(&e->observer.stats, e->now_us) - (e->now_us - l->shut_us);
	double before_s = fmax(1, (double)before_us / US_PER_S);
	struct lane_view v;

	lane_view(l->lane, e->now_us, &v);
	if (!a->shut++ || v.hold_until_us < a->first_us)
		a->first_us = v.hold_until_us;
	if (!lane_hold_ends(l->lane, e->now_us)) {
		a->endless++;
		return;
	}
	a->late_pace += (double)l->traffic.ok / before_s;
	if (v.hold_until_us > a->last_us)
		a->last_us = v.hold_until_us;
}

static void add_lane(const struct engine *e, const struct route *r, const struct route_lane *l,
	struct lanes_ahead *a)
{
	uint32_t answered = traffic_in_minute(&l->traffic, e->now_us);
	int64_t changed_us = capacity_changed_us(l->lane);

	a->answered += answered;
	if (changed_us > a->changed_us)
		a->changed_us = changed_us;
	if (r->paused) {
		a->endless += !e->sources.tasks_are_items; /* rows need each stage */
		return;
	}
	if (is_shut(e, r, l)) {
		add_shut(e, l, a);
		return;
	}
	a->open++;
	a->of_open += answered;
}

static struct lanes_ahead look_ahead(const struct engine *e)
{
	struct lanes_ahead a = {.changed_us = e->observer.open_lanes.changed_us};

	for (int i = 0; i < e->routes.n; i++)
		for (int k = 0; k < lanes_count(e->routes.at[i].lanes); k++) {
			const struct route_lane *l = e->routes.at[i].lane[k];

			if (is_used(l))
				add_lane(e, &e->routes.at[i], l, &a);
		}
	return a;
}

/* The mean cost of a request; 0: not known. */
struct request_cost {
	double latency_s, tokens;
};

enum which_lanes { LANES_OPEN, LANES_LATE, LANES_ALL };

/* LANES_LATE: shut until a known time. */
static bool is_among(const struct engine *e, const struct route *r, const struct route_lane *l,
	enum which_lanes which)
{
	if (which == LANES_ALL)
		return true;
	if (!is_shut(e, r, l))
		return which == LANES_OPEN;
	return which == LANES_LATE && !r->paused && lane_hold_ends(l->lane, e->now_us);
}

/* Requests a second over these lanes of the route. */
static double route_pace(const struct engine *e, const struct route *r,
	const struct request_cost *cost, enum which_lanes which)
{
	struct capacity shared = capacity_of_endpoint(lanes_at(r->lanes, 0));
	double own = 0;

	for (int k = 0; k < lanes_count(r->lanes); k++) {
		struct capacity c;

		if (!is_used(r->lane[k]) || !is_among(e, r, r->lane[k], which))
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
static double rows_allowed(const struct engine *e, enum which_lanes which)
{
	const struct request_cost unknown = {0, 0};
	double least = HUGE_VAL;

	for (int i = 0; i < e->routes.n; i++) {
		const struct route *r = &e->routes.at[i];
		double requests = requests_a_row(e, r), pace;

		if (r->paused || !routes_is_first_of_lanes(&e->routes, i))
			continue;
		pace = route_pace(e, r, &unknown, which);
		if (requests > 0 && pace > 0)
			least = fmin(least, pace / requests);
	}
	return least;
}

/* Requests a second that these lanes of all routes together allow. */
static double requests_allowed(
	const struct engine *e, enum which_lanes which, const struct request_cost *cost)
{
	double sum = 0;

	for (int i = 0; i < e->routes.n; i++)
		if (!e->routes.at[i].paused && routes_is_first_of_lanes(&e->routes, i))
			sum += route_pace(e, &e->routes.at[i], cost, which);
	return sum > 0 ? sum : HUGE_VAL;
}

/* ---- the time left ---- */

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

/* Does the hold of one of its lanes end at a known time? */
static bool is_late(const struct engine *e, const struct queue *q)
{
	uint32_t set = routes_reach(&e->routes, q->to.routes);

	for (int i = 0; i < e->routes.n; i++)
		if (set & route_bit(i) && !e->routes.at[i].paused && q->to.lane[i] &&
			lane_hold_ends(q->to.lane[i]->lane, e->now_us))
			return true;
	return false;
}

/* Items that wait for a lane that is shut while others send. */
struct waiting_items {
	double late;  /* until a known time */
	double stuck; /* nobody knows until when */
};

/* What is not read yet is taken to be of the same mixture. */
static struct waiting_items waiting_items(const struct engine *e, double unread)
{
	struct waiting_items ready_of = {0, 0}, known_of = {0, 0};
	double all = 0;

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
		*(is_late(e, q) ? &ready_of.late : &ready_of.stuck) += ready;
		*(is_late(e, q) ? &known_of.late : &known_of.stuck) += ready + sent;
	}
	if (all > 0) {
		ready_of.late += unread * known_of.late / all;
		ready_of.stuck += unread * known_of.stuck / all;
	}
	return ready_of;
}

static void set_limits(const struct engine *e, enum which_lanes which, struct prospect *p)
{
	const struct stats *s = &e->observer.stats;
	struct request_cost cost = {forecast_latency_s(s), forecast_tokens(s)};

	p->rows = !e->sources.tasks_are_items;
	if (p->rows) {
		p->requests = p->with_flight = rows_allowed(e, which);
		return;
	}
	p->with_flight = requests_allowed(e, which, &cost);
	cost.latency_s = 0;
	p->requests = requests_allowed(e, which, &cost);
}

/* Late items follow their lanes' holds. At best they get all the pace that there is then, at worst
 * that of their lanes so far. All items together take as long as they would without a hold. */
static void add_late(const struct engine *e, const struct lanes_ahead *a, double late, double all,
	const struct forecast_pace *pace, struct outlook *out)
{
	const struct stats *s = &e->observer.stats;
	const struct request_cost unknown = {0, 0};
	double mean = (double)s->ended * US_PER_S /
		      fmax((double)(stats_elapsed(s, e->now_us) - s->stopped_us), US_PER_S);
	double whole = fmax(pace->fast, mean), limit = requests_allowed(e, LANES_LATE, &unknown);
	double fast = fmin(whole, limit), slow = a->late_pace;
	int64_t wait_us = a->last_us - e->now_us;

	slow = slow > 0 ? fmin(slow, fast) : fast / 4;
	out->eta_low_us = (int64_t)fmax((double)out->eta_low_us,
		fmax((double)wait_us + late / fast * US_PER_S, all / whole * US_PER_S));
	out->eta_high_us = (int64_t)fmax(fmax((double)out->eta_high_us, (double)out->eta_low_us),
		(double)wait_us + late / slow * US_PER_S);
}

/* Has the time left an end that is known? */
static bool has_end(const struct engine *e, const struct lanes_ahead *a)
{
	if (!a->open || e->observer.open_lanes.stuck)
		return a->shut && !a->endless;
	return true;
}

void outlook(const struct engine *e, uint64_t remaining, struct outlook *out)
{
	const struct item_counts *c = &e->items.counts;
	uint64_t read = c->total - c->ok - c->failed - c->cancelled;
	struct lanes_ahead a = look_ahead(e);
	struct waiting_items w = {0, 0};
	struct prospect p = {.share = 1, .changed_us = a.changed_us};
	enum which_lanes which = a.open ? LANES_OPEN : LANES_ALL;
	struct forecast_pace pace;
	double all;

	*out = (struct outlook){standstill_of(e), -1, -1, 0};
	if (a.open && a.shut && e->sources.tasks_are_items)
		w = waiting_items(e, remaining > read ? (double)(remaining - read) : 0);
	out->left_out = (uint64_t)fmin((double)c->held + w.stuck, (double)remaining);
	if (out->standstill || !has_end(e, &a) || (remaining && out->left_out == remaining))
		return;
	all = (double)(remaining - out->left_out);
	w.late = fmin(w.late, all);
	if (!a.open) {
		p.wait_us = a.first_us - e->now_us;
	} else if (e->observer.open_lanes.stuck || (w.late > 0 && all - w.late < 1)) {
		which = w.late > 0 ? LANES_LATE : LANES_ALL;
		p.wait_us = a.last_us - e->now_us;
		w.late = 0;
	} else if (a.answered > 0 && e->sources.tasks_are_items) {
		p.share = a.of_open / a.answered;
	}
	p.remaining = all - w.late;
	set_limits(e, which, &p);
	pace = forecast_pace(&e->observer.stats, e->now_us, &p);
	if (p.wait_us > 0)
		pace.slow *= COMING_BACK;
	forecast_times(&pace, &p, &out->eta_low_us, &out->eta_high_us);
	if (w.late > 0 && out->eta_low_us >= 0)
		add_late(e, &a, w.late, all, &pace, out);
}
