#include "past/past_figures.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/json.h"
#include "base/text.h"
#include "core/chart_records.h"
#include "ledger/part_record.h"

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

/* ---- ticks ---- */

/* What a second is like in which nothing is answered. */
struct calm {
	enum bound bound;
	uint32_t in_flight, concurrency;
};

static struct calm calm_of(const struct past_figures *f)
{
	return (struct calm){f->now.bound, tick_u32(f->now.requests), tick_concurrency(&f->lanes)};
}

static struct history_second *push(struct past_figures *f, const struct calm *calm)
{
	struct history_second *h = &f->second[f->seconds % HISTORY_SECONDS];

	f->bound[f->seconds % HISTORY_SECONDS] = (uint8_t)calm->bound;
	f->seconds++;
	*h = (struct history_second){.latency_p50_ms = -1,
		.in_flight = calm->in_flight,
		.concurrency = calm->concurrency};
	return h;
}

/* Nothing changed in the seconds before this one that have no tick. */
static void pass(struct past_figures *f, int64_t until_second, const struct calm *calm)
{
	if (until_second - f->seconds > HISTORY_SECONDS)
		f->seconds = until_second - HISTORY_SECONDS;
	while (f->seconds < until_second)
		push(f, calm);
}

static void take_second(
	struct past_figures *f, const struct tick_figures *before, int64_t ms, bool has_p50)
{
	int64_t second = ms / 1000;
	const struct calm calm = calm_of(f);
	struct history_second *h;

	/* the last tick of a session comes within its second */
	h = f->seconds && f->seconds >= second ? &f->second[(f->seconds - 1) % HISTORY_SECONDS]
					       : push(f, &calm);
	h->answered += tick_u32(tick_answered(&f->now) - tick_answered(before));
	h->ok += tick_u32(f->now.ok - before->ok);
	h->rate_limited += tick_u32(f->now.not_ok[0] - before->not_ok[0]);
	h->tokens += tick_u32(
		f->now.tokens[0] + f->now.tokens[1] - before->tokens[0] - before->tokens[1]);
	h->in_flight = tick_u32(f->now.requests);
	h->concurrency = tick_concurrency(&f->lanes);
	h->mark = (uint8_t)mark_shown((enum mark)h->mark, (enum mark)f->mark);
	f->mark = MARK_NONE;
	/* between whole ticks only what changed is there */
	if (has_p50 || f->now.ok > before->ok)
		h->latency_p50_ms = f->now.p50_ms;
}

static void take_tick(struct past_figures *f, const struct ledger_line *line)
{
	const struct calm calm = calm_of(f);
	struct tick_figures before = f->now;
	struct tick_record tick;

	if (!tick_read(line, f->elapsed_us / US_PER_MS, &f->now, &f->lanes, &tick))
		return;
	pass(f, tick.ms / 1000 - 1, &calm);
	past_cost_take(&f->cost, tick.usd, (struct json_span){NULL, 0});
	f->ticked = true;
	f->elapsed_us = tick.ms * US_PER_MS;
	take_second(f, &before, tick.ms, tick.has_p50 && !tick.whole);
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

	if (tick_bound(key, &b) && json_span_double(value, &n) && n >= 0 && n <= 1)
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
	tick_count(want[REQUESTS].value, &stop->requests);
	tick_count(want[RETRIES].value, &stop->retries);
	tick_count(want[CACHED].value, &stop->cached);
	tick_count(want[SHARED].value, &stop->shared);
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
	tick_count(want[CODE].value, &stop->exit_code);
	if (tick_count(want[ELAPSED].value, &ms) && ms >= 0)
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
	else if (record->kind == JOURNAL_CHANGE)
		f->mark = (uint8_t)mark_shown((enum mark)f->mark, mark_of_record(line));
	if (record->kind == JOURNAL_START || record->kind == JOURNAL_TICK ||
		record->kind == JOURNAL_STOP)
		return;
	if (!f->ticked && !f->stopped && f->last_wall_us > f->start_wall_us)
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
