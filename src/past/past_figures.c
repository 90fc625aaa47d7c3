#include "past/past_figures.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/part_record.h"

/* No count of a run is larger; sums of hostile ones stay within int64. */
#define COUNT_MOST (INT64_C(1) << 52)

enum { MINUTE = 60 };

int64_t past_record_time(const struct journal_record *record)
{
	int64_t wall_us;

	return record->time.at && record->time.len > 2 &&
			       date_rfc3339(record->time.at + 1, record->time.len - 2, &wall_us)
		       ? wall_us
		       : 0;
}

/* The same by the clock, for times as sluice writes them: "2026-01-31T23:59:59.123Z". */
static int64_t clock_read(struct past_clock *c, const struct journal_record *record)
{
	enum { SECOND = sizeof(c->second) - 1, LEN = SECOND + 7 };
	const char *at = record->time.at;
	int64_t wall_us;
	uint32_t ms;

	if (record->time.len != LEN || at[SECOND + 1] != '.' || at[LEN - 2] != 'Z' ||
		!json_span_digits((struct json_span){at + SECOND + 2, 3}, &ms))
		return past_record_time(record);
	if (memcmp(at + 1, c->second, SECOND) != 0) {
		wall_us = past_record_time(record);
		if (!wall_us)
			return 0;
		memcpy(c->second, at + 1, SECOND);
		c->wall_us = clock_whole(wall_us, US_PER_S) * US_PER_S;
	}
	return c->wall_us + ms * US_PER_MS;
}

/* ---- numbers that nobody vouches for ---- */

static int64_t limited(int64_t n)
{
	return n > COUNT_MOST ? COUNT_MOST : n < -COUNT_MOST ? -COUNT_MOST : n;
}

static bool read_count(struct json_span v, int64_t *out)
{
	int64_t n;

	if (!json_span_int(v, &n))
		return false;
	*out = limited(n);
	return true;
}

static uint32_t as_u32(int64_t n)
{
	return n < 0 ? 0 : n > INT32_MAX ? INT32_MAX : (uint32_t)n;
}

struct counts {
	int64_t *at;
	int i, n;
	bool whole;
};

static bool take_count(void *ctx, struct json_span v)
{
	struct counts *c = ctx;
	int64_t n;

	if (c->i == c->n || !read_count(v, &n))
		return false;
	c->at[c->i] = limited(n + (c->whole ? 0 : c->at[c->i]));
	if (c->at[c->i] < 0)
		c->at[c->i] = 0;
	c->i++;
	return true;
}

/* Totals, or what they have grown by; zeros at the end are left out. */
static void take_counts(struct json_span array, bool whole, int64_t *at, int n)
{
	struct counts c = {at, 0, n, whole};

	if (whole)
		memset(at, 0, (size_t)n * sizeof(*at));
	if (json_span_is(array, JSON_VALUE_ARRAY))
		json_each_element(array, take_count, &c);
}

static bool bound_of(struct json_span name, enum bound *out)
{
	for (int i = 0; i < BOUND_COUNT; i++)
		if (json_span_equals(name, bound_name((enum bound)i))) {
			*out = (enum bound)i;
			return true;
		}
	return false;
}

/* ---- lanes ---- */

static struct past_lane *lane_of(struct past_figures *f, struct json_span key)
{
	char name[sizeof(f->lane[0].name)];

	json_string_text(key, name, sizeof(name));
	for (int i = 0; i < f->n_lanes; i++)
		if (!strcmp(f->lane[i].name, name))
			return &f->lane[i];
	if (f->n_lanes == PAST_LANES)
		return NULL;
	memcpy(f->lane[f->n_lanes].name, name, sizeof(name));
	return &f->lane[f->n_lanes++];
}

static bool take_lane(void *ctx, struct json_span key, struct json_span value)
{
	enum { CONCURRENCY, RPM, TPM, RATE, HELD, WANTED };
	struct json_want want[WANTED] = {{.name = "concurrency"}, {.name = "rpm"}, {.name = "tpm"},
		{.name = "rate"}, {.name = "held"}};
	struct past_lane *lane = lane_of(ctx, key);
	double *limit[] = {lane ? &lane->concurrency : NULL, lane ? &lane->rpm : NULL,
		lane ? &lane->tpm : NULL, lane ? &lane->rate : NULL};
	double n;

	if (!lane || !json_span_is(value, JSON_VALUE_OBJECT))
		return true;
	json_pick(value.at, value.len, want, WANTED, NULL);
	for (int i = 0; i < HELD; i++)
		if (json_span_double(want[i].value, &n) && n >= 0 && n < 1e15)
			*limit[i] = n;
	if (want[HELD].value.at)
		lane->held = json_span_is(want[HELD].value, JSON_VALUE_TRUE);
	return true;
}

uint32_t past_figures_concurrency(const struct past_figures *f)
{
	double sum = 0;

	for (int i = 0; i < f->n_lanes; i++)
		sum += f->lane[i].concurrency;
	return sum > INT32_MAX ? INT32_MAX : (uint32_t)sum;
}

/* ---- ticks ---- */

static struct history_second *push(struct past_figures *f)
{
	struct history_second *h = &f->second[f->seconds % HISTORY_SECONDS];

	f->bound[f->seconds % HISTORY_SECONDS] = (uint8_t)f->now.bound;
	f->seconds++;
	*h = (struct history_second){.latency_p50_ms = -1,
		.in_flight = as_u32(f->now.requests),
		.concurrency = past_figures_concurrency(f)};
	return h;
}

/* Nothing changed in the seconds before this one that have no tick. */
static void pass(struct past_figures *f, int64_t until_second)
{
	if (until_second - f->seconds > HISTORY_SECONDS)
		f->seconds = until_second - HISTORY_SECONDS;
	while (f->seconds < until_second)
		push(f);
}

static int64_t attempts_of(const struct tick_figures *t)
{
	int64_t n = t->ok;

	for (int i = 0; i < OUTCOME_COUNT - 1; i++)
		n += t->not_ok[i];
	return n;
}

/* The attempts that the operator cancelled were not answered. */
static int64_t answered_of(const struct tick_figures *t)
{
	return attempts_of(t) - t->not_ok[OUTCOME_CANCELLED - 1];
}

static void take_second(
	struct past_figures *f, const struct tick_figures *before, int64_t ms, bool has_p50)
{
	int64_t second = ms / 1000;
	struct history_second *h;

	/* the last tick of a session comes within its second */
	h = f->seconds && f->seconds >= second ? &f->second[(f->seconds - 1) % HISTORY_SECONDS]
					       : push(f);
	h->answered += as_u32(answered_of(&f->now) - answered_of(before));
	h->ok += as_u32(f->now.ok - before->ok);
	h->rate_limited += as_u32(f->now.not_ok[0] - before->not_ok[0]);
	h->tokens +=
		as_u32(f->now.tokens[0] + f->now.tokens[1] - before->tokens[0] - before->tokens[1]);
	h->in_flight = as_u32(f->now.requests);
	h->concurrency = past_figures_concurrency(f);
	/* between whole ticks only what changed is there */
	if (has_p50 || f->now.ok > before->ok)
		h->latency_p50_ms = f->now.p50_ms;
	if (f->now.not_ok[0] > before->not_ok[0])
		h->mark = MARK_REFUSED;
}

static void take_tick(struct past_figures *f, const struct ledger_line *line)
{
	enum { MS, WHOLE, ITEMS, OK, NOT_OK, TOKENS, IN_FLIGHT, P50, BOUND, LANES, USD, WANTED };
	struct json_want want[WANTED] = {{.name = "ms"}, {.name = "whole"}, {.name = "items"},
		{.name = "ok"}, {.name = "not_ok"}, {.name = "tokens"}, {.name = "in_flight"},
		{.name = "p50"}, {.name = "bound"}, {.name = "lanes"}, {.name = "usd_of_run"}};
	struct tick_figures before = f->now, *now = &f->now;
	int64_t ms, n;
	bool whole;

	if (json_pick(line->text, line->len, want, WANTED, NULL) != JSON_VALUE_OBJECT ||
		!read_count(want[MS].value, &ms) || ms < f->elapsed_us / US_PER_MS)
		return;
	pass(f, ms / 1000 - 1);
	whole = json_span_is(want[WHOLE].value, JSON_VALUE_TRUE);
	take_counts(want[ITEMS].value, whole, now->items, TICK_ITEMS);
	take_counts(want[NOT_OK].value, whole, now->not_ok, OUTCOME_COUNT - 1);
	take_counts(want[TOKENS].value, whole, now->tokens, 2);
	if (read_count(want[OK].value, &n))
		now->ok = limited(n + (whole ? 0 : before.ok));
	else
		now->ok = whole ? now->items[0]
				: limited(before.ok + now->items[0] - before.items[0]);
	now->requests = read_count(want[IN_FLIGHT].value, &n) ? n : now->items[1];
	if (read_count(want[P50].value, &n))
		now->p50_ms = (int)as_u32(n);
	bound_of(want[BOUND].value, &now->bound);
	if (whole)
		memset(f->lane, 0, sizeof(f->lane)), f->n_lanes = 0;
	if (json_span_is(want[LANES].value, JSON_VALUE_OBJECT))
		json_each_valid(want[LANES].value, take_lane, f);
	past_cost_take(&f->cost, want[USD].value, (struct json_span){NULL, 0});
	f->ticked = true;
	f->elapsed_us = ms * US_PER_MS;
	take_second(f, &before, ms, want[P50].value.at && !whole);
}

/* ---- starts and stops ---- */

static void take_part(struct past_figures *f, const struct ledger_line *line)
{
	struct json_want part = {.name = "part"};

	json_pick(line->text, line->len, &part, 1, NULL);
	part_record_read(part.value, &f->part);
}

static void take_start(struct past_figures *f, const struct ledger_line *line)
{
	struct past_clock clock = f->clock;
	int sessions = f->sessions;
	int64_t last_us = f->last_wall_us;
	struct past_cost cost = f->cost;

	*f = (struct past_figures){.clock = clock,
		.sessions = sessions + 1,
		.start_wall_us = last_us,
		.last_wall_us = last_us,
		.cost = cost,
		.now = {.p50_ms = -1}};
	take_part(f, line);
}

static bool take_share(void *ctx, struct json_span key, struct json_span value)
{
	double *share = ctx, n;
	enum bound b;

	if (bound_of(key, &b) && json_span_double(value, &n) && n >= 0 && n <= 1)
		share[b] = n;
	return true;
}

static void take_session(struct past_figures *f, struct json_span session)
{
	enum { REQUESTS, RETRIES, CACHED, SHARED, USD, MODELS, WANTED };
	struct json_want want[WANTED] = {{.name = "requests"}, {.name = "retries"},
		{.name = "cached"}, {.name = "shared"}, {.name = "usd_of_run"},
		{.name = "models_of_run"}};
	struct past_stop *stop = &f->stop;

	if (!json_span_is(session, JSON_VALUE_OBJECT))
		return;
	json_pick(session.at, session.len, want, WANTED, NULL);
	read_count(want[REQUESTS].value, &stop->requests);
	read_count(want[RETRIES].value, &stop->retries);
	read_count(want[CACHED].value, &stop->cached);
	read_count(want[SHARED].value, &stop->shared);
	past_cost_take(&f->cost, want[USD].value, want[MODELS].value);
}

static void take_stop(struct past_figures *f, const struct ledger_line *line)
{
	enum { REASON, CODE, ELAPSED, SESSION, WHY, WANTED };
	struct json_want want[WANTED] = {{.name = "reason"}, {.name = "exit_code"},
		{.name = "elapsed_ms"}, {.name = "session"}, {.name = "why"}};
	struct past_stop *stop = &f->stop;
	int64_t ms;

	f->stopped = true;
	*stop = (struct past_stop){
		.exit_code = -1, .requests = -1, .retries = -1, .cached = -1, .shared = -1};
	json_pick(line->text, line->len, want, WANTED, NULL);
	json_string_text(want[REASON].value, stop->reason, sizeof(stop->reason));
	read_count(want[CODE].value, &stop->exit_code);
	if (read_count(want[ELAPSED].value, &ms) && ms >= 0)
		f->elapsed_us = ms * US_PER_MS;
	take_session(f, want[SESSION].value);
	take_part(f, line);
	if (json_span_is(want[WHY].value, JSON_VALUE_OBJECT))
		json_each_valid(want[WHY].value, take_share, stop->why);
}

void past_figures_take(
	struct past_figures *f, const struct journal_record *record, const struct ledger_line *line)
{
	int64_t wall_us = clock_read(&f->clock, record);

	if (wall_us)
		f->last_wall_us = wall_us;
	if (record->kind == JOURNAL_START)
		take_start(f, line);
	else if (record->kind == JOURNAL_TICK)
		take_tick(f, line);
	else if (record->kind == JOURNAL_STOP)
		take_stop(f, line);
	else if (!f->ticked && !f->stopped && f->last_wall_us > f->start_wall_us)
		f->elapsed_us = f->last_wall_us - f->start_wall_us; /* of an earlier release */
}

/* ---- views ---- */

int past_figures_history(const struct past_figures *f, struct history_second out[HISTORY_SECONDS])
{
	int n = f->seconds < HISTORY_SECONDS ? (int)f->seconds : HISTORY_SECONDS;

	for (int i = 0; i < n; i++)
		out[i] = f->second[(f->seconds - n + i) % HISTORY_SECONDS];
	return n;
}

void past_figures_bounds(const struct past_figures *f, double share[BOUND_COUNT])
{
	int64_t n = f->seconds < MINUTE ? f->seconds : MINUTE;

	memset(share, 0, BOUND_COUNT * sizeof(*share));
	for (int64_t i = f->seconds - n; i < f->seconds; i++)
		share[f->bound[i % HISTORY_SECONDS]] += 1. / (double)n;
}
