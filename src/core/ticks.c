/* Makes the ticks: compares the figures with those of the last tick, and writes what changed. */
#include "core/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "core/engine_internal.h"
#include "core/latency_bins.h"
#include "core/usage_table_record.h"

/* Places in the figures of items. */
enum { OK, IN_FLIGHT };

/* A tick in the making. */
struct tick {
	struct engine *e;
	struct json_writer w;
	bool whole;
	bool changed; /* it has something to say */
};

void ticks_init(struct ticks *t)
{
	*t = (struct ticks){.last = {.p50_ms = -1}};
}

static void take_figures(const struct engine *e, int p50_ms, struct tick_figures *out)
{
	const struct item_counts *c = &e->items.counts;
	const struct stats *s = &e->observer.stats;

	*out = (struct tick_figures){
		.items = {(int64_t)c->ok, (int64_t)c->in_flight, (int64_t)c->waiting,
			(int64_t)c->failed, (int64_t)c->held, (int64_t)c->cancelled,
			(int64_t)c->total},
		.ok = (int64_t)s->outcomes[OUTCOME_OK],
		.tokens = {(int64_t)s->tokens_in, (int64_t)s->tokens_out},
		.requests = attempts_requests(&e->attempts),
		.p50_ms = p50_ms >= 0 ? p50_ms : e->ticks.last.p50_ms,
		.bound = e->observer.why.bound,
	};
	for (int i = 1; i < OUTCOME_COUNT; i++)
		out->not_ok[i - 1] = (int64_t)s->outcomes[i];
	latency_bins_of(&s->all, out->latency);
}

/* ---- counts ---- */

/* Counts, or what they have grown by; zeros at the end are left out. */
static void add_counts(
	struct tick *t, const char *name, const int64_t *now, const int64_t *before, int n)
{
	t->changed = t->changed || memcmp(now, before, (size_t)n * sizeof(*now)) != 0;
	while (n && now[n - 1] == (t->whole ? 0 : before[n - 1]))
		n--;
	if (!n)
		return;
	json_member_array(&t->w, name);
	for (int i = 0; i < n; i++)
		json_put_int(&t->w, t->whole ? now[i] : now[i] - before[i]);
	json_close_array(&t->w);
}

/* Mostly each item that ended ok took one attempt that was ok. */
static void add_ok(
	struct tick *t, const struct tick_figures *now, const struct tick_figures *before)
{
	int64_t ok = now->ok - (t->whole ? 0 : before->ok);
	int64_t items = now->items[OK] - (t->whole ? 0 : before->items[OK]);

	t->changed = t->changed || now->ok != before->ok;
	if (ok != items)
		json_member_int(&t->w, "ok", ok);
}

static void add_figures(
	struct tick *t, const struct tick_figures *now, const struct tick_figures *before)
{
	add_counts(t, "items", now->items, before->items, TICK_ITEMS);
	add_ok(t, now, before);
	add_counts(t, "not_ok", now->not_ok, before->not_ok, OUTCOME_COUNT - 1);
	add_counts(t, "tokens", now->tokens, before->tokens, 2);
	t->changed = t->changed || now->requests != before->requests || now->bound != before->bound;
	if (now->requests != now->items[IN_FLIGHT])
		json_member_int(&t->w, "in_flight", now->requests);
	if (now->p50_ms >= 0 && (t->whole || now->p50_ms != before->p50_ms))
		json_member_int(&t->w, "p50", now->p50_ms);
	latency_bins_write(&t->w, now->latency, t->whole ? NULL : before->latency);
	if (t->whole || now->bound != before->bound)
		json_member_text(&t->w, "bound", bound_name(now->bound));
}

/* ---- limits ---- */

static double or_none(double limit)
{
	return limit > 0 ? limit : 0;
}

/* Three digits of the controller's rate. */
static double rounded(double rate)
{
	double unit = rate > 0 ? pow(10, floor(log10(rate)) - 2) : 1;

	return or_none(round(rate / unit) * unit);
}

/* The controller's rate while it is what limits; 0: it is not. It changes all the time: between
 * whole ticks, small changes do not count. */
static double rate_of(const struct tick *t, double rate, double rpm, double before)
{
	if (rpm > 0 && rate * 60 >= rpm)
		return 0;
	return !t->whole && rate > 0 && fabs(rate - before) < 0.1 * before ? before : rate;
}

static double lower_of(double limit, double other)
{
	return other > 0 && (!(limit > 0) || other < limit) ? other : limit;
}

static struct tick_limits limits_of(const struct tick *t, const struct route_lane *l)
{
	int64_t now_us = t->e->now_us;
	struct lane_view v;
	double rpm;

	lane_view(l->lane, now_us, &v);
	rpm = or_none(lower_of(v.rpm.used, v.model_rpm));
	return (struct tick_limits){
		.concurrency = v.concurrency,
		.rpm = rpm,
		.tpm = or_none(v.tpm.used),
		.rate = rate_of(t, rounded(v.rate.used), rpm, l->ticked.rate),
		.held = v.breaker_open || v.hold_until_us > now_us,
	};
}

static bool same_limits(const struct tick_limits *a, const struct tick_limits *b)
{
	return a->concurrency == b->concurrency && a->rpm == b->rpm && a->tpm == b->tpm &&
	       a->rate == b->rate && a->held == b->held;
}

static void add_limit(struct tick *t, const char *name, double now, double before)
{
	char text[32];

	if (t->whole ? !now : now == before)
		return;
	json_key(&t->w, name);
	json_put_raw(&t->w, text, (size_t)snprintf(text, sizeof(text), "%.7g", now));
}

/* The lane is named as in records of changes: by endpoint and model. */
static void add_lane(struct tick *t, const struct route *r, const struct route_lane *l,
	const struct tick_limits *now)
{
	char name[ENDPOINT_NAME_SIZE + MODEL_SIZE + 1];
	int len = snprintf(name, sizeof(name), "%s%s%s", r->name,
		lanes_count(r->lanes) > 1 ? "/" : "", lanes_count(r->lanes) > 1 ? l->model : "");

	json_key_text(&t->w, name, (size_t)len);
	json_open_object(&t->w);
	add_limit(t, "concurrency", now->concurrency, l->ticked.concurrency);
	add_limit(t, "rpm", now->rpm, l->ticked.rpm);
	add_limit(t, "tpm", now->tpm, l->ticked.tpm);
	add_limit(t, "rate", now->rate, l->ticked.rate);
	if (t->whole ? now->held : now->held != l->ticked.held)
		json_member_bool(&t->w, "held", now->held);
	json_close_object(&t->w);
}

static void add_lanes(struct tick *t)
{
	struct routes *routes = &t->e->routes;
	bool any = false;

	for (int i = 0; i < routes->n; i++)
		for (int k = 0; k < LANES_MOST; k++) {
			struct route_lane *l = routes->at[i].lane[k];
			struct tick_limits now;

			if (!l || !l->traffic.started)
				continue;
			now = limits_of(t, l);
			t->changed = t->changed || !same_limits(&now, &l->ticked);
			if (!t->whole && same_limits(&now, &l->ticked))
				continue;
			if (!any)
				json_member_object(&t->w, "lanes");
			any = true;
			add_lane(t, &routes->at[i], l, &now);
			l->ticked = now;
		}
	if (any)
		json_close_object(&t->w);
}

/* ---- the record ---- */

static void write_tick(struct engine *e, int p50_ms)
{
	struct ticks *ticks = &e->ticks;
	struct tick t = {.e = e,
		.w = json_writer_to(&e->recorder.scratch),
		.whole = ticks->written % TICKS_TO_A_WHOLE == 0};
	double usd = model_costs_usd(&e->costs.models);
	struct tick_figures now;

	take_figures(e, p50_ms, &now);
	buf_clear(&e->recorder.scratch);
	json_member_int(&t.w, "ms", (e->now_us - e->started_us) / US_PER_MS);
	if (t.whole)
		json_member_bool(&t.w, "whole", true);
	add_figures(&t, &now, &ticks->last);
	add_lanes(&t);
	if (t.whole && usd >= 0)
		json_member_double(&t.w, "usd_of_run", usd, 6);
	if (!t.changed)
		return;
	journal_event(e, JOURNAL_TICK, &e->recorder.scratch);
	ticks->last = now;
	ticks->written++;
}

/* Closes the seconds that have passed. */
static void set_time(struct engine *e, int64_t now_us, int64_t wall_us)
{
	e->now_us = now_us;
	e->wall_us = wall_us;
	stats_advance(&e->observer.stats, now_us, attempts_requests(&e->attempts),
		routes_concurrency(&e->routes));
}

/* The median latency in ms of the answers in the second that passed last, or in the current one;
 * -1: there were none. */
static int p50_ms(const struct stats *s, bool passed)
{
	int64_t p50_us = histogram_quantile(&s->second_latency, 0.5);

	if (passed)
		return s->seconds > 1 ? stats_past(s, 1)->shown.latency_p50_ms : -1;
	return p50_us < 0 ? -1 : (int)(p50_us / US_PER_MS);
}

void engine_tick(struct engine *e, int64_t now_us, int64_t wall_us)
{
	int64_t seconds = (now_us - e->started_us) / US_PER_S;

	if (seconds == e->ticks.seconds)
		return;
	set_time(e, now_us, wall_us);
	e->ticks.seconds = seconds;
	/* While the disk is full, nothing is added that is not needed. */
	if (!e->recorder.disk_full)
		write_tick(e, p50_ms(&e->observer.stats, true));
	if (!e->recorder.disk_full)
		usage_table_write(e, false);
}

void engine_last_tick(struct engine *e, int64_t now_us, int64_t wall_us)
{
	set_time(e, now_us, wall_us);
	if (!e->recorder.disk_full)
		write_tick(e, p50_ms(&e->observer.stats, false));
	if (!e->recorder.disk_full)
		usage_table_write(e, true);
}

void engine_replay_record(
	void *engine, const struct journal_record *record, const struct ledger_line *line)
{
	struct observer *o = &((struct engine *)engine)->observer;

	chart_reader_take(&o->charted, &o->chart, record, line);
	if (record->kind == JOURNAL_USAGE)
		usage_table_read(&o->usage, line);
	/* the session that begins now */
	o->stats.second_marks = o->chart.seconds ? 1u << MARK_SESSION : 0;
}
