#include "core/tick_reader.h"

#include <string.h>

#include "core/latency_bins.h"

/* No count of a run is larger; sums of hostile ones stay within int64. */
#define COUNT_MOST (INT64_C(1) << 52)

/* ---- numbers that nobody vouches for ---- */

static int64_t limited(int64_t n)
{
	return n > COUNT_MOST ? COUNT_MOST : n < -COUNT_MOST ? -COUNT_MOST : n;
}

bool tick_count(struct json_span v, int64_t *out)
{
	int64_t n;

	if (!json_span_int(v, &n))
		return false;
	*out = limited(n);
	return true;
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

	if (c->i == c->n || !tick_count(v, &n))
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

bool tick_bound(struct json_span name, enum bound *out)
{
	for (int i = 0; i < BOUND_COUNT; i++)
		if (json_span_equals(name, bound_name((enum bound)i))) {
			*out = (enum bound)i;
			return true;
		}
	return false;
}

/* ---- lanes ---- */

static struct tick_lane *lane_of(struct tick_lanes *lanes, struct json_span key)
{
	char name[sizeof(lanes->at[0].name)];

	json_string_text(key, name, sizeof(name));
	for (int i = 0; i < lanes->n; i++)
		if (!strcmp(lanes->at[i].name, name))
			return &lanes->at[i];
	if (lanes->n == TICK_LANES)
		return NULL;
	memcpy(lanes->at[lanes->n].name, name, sizeof(name));
	return &lanes->at[lanes->n++];
}

static bool take_lane(void *ctx, struct json_span key, struct json_span value)
{
	enum { CONCURRENCY, RPM, TPM, RATE, HELD, WANTED };
	struct json_want want[WANTED] = {{.name = "concurrency"}, {.name = "rpm"}, {.name = "tpm"},
		{.name = "rate"}, {.name = "held"}};
	struct tick_lane *lane = lane_of(ctx, key);
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

/* ---- the tick ---- */

/* Mostly each item that ended ok took one attempt that was ok. */
static void take_ok(struct json_span ok, bool whole, struct tick_figures *now, int64_t ok_before,
	int64_t items_before)
{
	int64_t n;

	if (tick_count(ok, &n))
		now->ok = limited(n + (whole ? 0 : ok_before));
	else
		now->ok = whole ? now->items[0] : limited(ok_before + now->items[0] - items_before);
}

bool tick_read(const struct ledger_line *line, int64_t since_ms, struct tick_figures *now,
	struct tick_lanes *lanes, struct tick_record *out)
{
	enum {
		MS,
		WHOLE,
		ITEMS,
		OK,
		NOT_OK,
		TOKENS,
		IN_FLIGHT,
		P50,
		LATENCY,
		BOUND,
		LANES,
		USD,
		WANTED
	};
	struct json_want want[WANTED] = {{.name = "ms"}, {.name = "whole"}, {.name = "items"},
		{.name = "ok"}, {.name = "not_ok"}, {.name = "tokens"}, {.name = "in_flight"},
		{.name = "p50"}, {.name = "latency"}, {.name = "bound"}, {.name = "lanes"},
		{.name = "usd_of_run"}};
	int64_t ok = now->ok, items = now->items[0], n;

	*out = (struct tick_record){.ms = 0};
	if (json_pick(line->text, line->len, want, WANTED, NULL) != JSON_VALUE_OBJECT ||
		!tick_count(want[MS].value, &out->ms) || out->ms < since_ms)
		return false;
	out->whole = json_span_is(want[WHOLE].value, JSON_VALUE_TRUE);
	out->has_p50 = want[P50].value.at;
	out->usd = want[USD].value;
	take_counts(want[ITEMS].value, out->whole, now->items, TICK_ITEMS);
	take_counts(want[NOT_OK].value, out->whole, now->not_ok, OUTCOME_COUNT - 1);
	take_counts(want[TOKENS].value, out->whole, now->tokens, 2);
	if (out->whole)
		memset(now->latency, 0, sizeof(now->latency));
	latency_bins_read(want[LATENCY].value, now->latency);
	take_ok(want[OK].value, out->whole, now, ok, items);
	now->requests = tick_count(want[IN_FLIGHT].value, &n) ? n : now->items[1];
	if (tick_count(want[P50].value, &n))
		now->p50_ms = (int)tick_u32(n);
	tick_bound(want[BOUND].value, &now->bound);
	if (out->whole)
		*lanes = (struct tick_lanes){.n = 0};
	if (json_span_is(want[LANES].value, JSON_VALUE_OBJECT))
		json_each_valid(want[LANES].value, take_lane, lanes);
	return true;
}

/* ---- figures ---- */

uint32_t tick_concurrency(const struct tick_lanes *lanes)
{
	double sum = 0;

	for (int i = 0; i < lanes->n; i++)
		sum += lanes->at[i].concurrency;
	return sum > INT32_MAX ? INT32_MAX : (uint32_t)sum;
}

int64_t tick_answered(const struct tick_figures *t)
{
	int64_t n = t->ok;

	for (int i = 0; i < OUTCOME_COUNT - 1; i++)
		n += t->not_ok[i];
	return n - t->not_ok[OUTCOME_CANCELLED - 1];
}

uint32_t tick_u32(int64_t n)
{
	return n < 0 ? 0 : n > INT32_MAX ? INT32_MAX : (uint32_t)n;
}
