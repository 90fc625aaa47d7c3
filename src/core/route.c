#include "core/route.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "input/source.h"

bool routes_add(struct routes *r, const struct route_config *config)
{
	struct route *route;

	if (r->n == ROUTES_MAX)
		return false;
	route = &r->at[r->n++];
	*route = (struct route){.lane = config->lane,
		.weight = config->weight,
		.spare = config->weight <= 0,
		.models = config->models,
		.fallback = ROUTE_NONE};
	r->by_model = r->by_model || config->models;
	text_sanitise(route->name, sizeof(route->name), config->name, strlen(config->name));
	return true;
}

int routes_find(const struct routes *r, const char *name)
{
	for (int i = 0; i < r->n; i++)
		if (!strcmp(r->at[i].name, name))
			return i;
	return ROUTE_NONE;
}

void routes_link(struct routes *r, int from, const char *fallback)
{
	r->at[from].fallback = routes_find(r, fallback);
}

/* ---- binding ---- */

static uint32_t bit(int i)
{
	return UINT32_C(1) << i;
}

/* All of them are no set of their own. */
static uint32_t set_or_all(const struct routes *r, uint32_t set)
{
	return set == bit(r->n) - 1 ? ROUTES_ALL : set;
}

/* The list of names for a message. */
static void add_names(const struct routes *r, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < r->n && len < size; i++)
		len += (size_t)snprintf(
			out + len, size - len, "%s%s", i ? ", " : "", r->at[i].name);
}

static bool for_name(
	const struct routes *r, struct json_span name, uint32_t *set, struct error *err)
{
	char shown[ENDPOINT_NAME_SIZE + 16], names[120];
	struct buf text;
	int i;

	if (!json_span_is(name, JSON_VALUE_STRING))
		return error_set(err, "endpoint must be a string");
	buf_init(&text, SOURCE_MAX_LINE);
	json_string_decode(name, &text);
	i = strlen(buf_str(&text)) == text.len ? routes_find(r, buf_str(&text)) : ROUTE_NONE;
	text_sanitise(shown, sizeof(shown), buf_str(&text), text.len);
	buf_free(&text);
	if (i != ROUTE_NONE) {
		*set = set_or_all(r, bit(i));
		return true;
	}
	add_names(r, names, sizeof(names));
	return error_set(err, "there is no endpoint \"%s\", only %s", shown, names);
}

/* Does the list "a,b" have the model? */
static bool lists(const char *models, const struct buf *model)
{
	for (const char *at = models;; at++) {
		size_t len = strcspn(at, ",");

		if (len == model->len && !memcmp(at, model->data, len))
			return true;
		at += len;
		if (!*at)
			return false;
	}
}

static bool for_model(
	const struct routes *r, struct json_span model, uint32_t *set, struct error *err)
{
	uint32_t named = 0, others = 0;
	bool others_take = false;
	char shown[64];
	struct buf text;

	buf_init(&text, SOURCE_MAX_LINE);
	if (model.at)
		json_string_decode(model, &text);
	for (int i = 0; i < r->n; i++) {
		if (!r->at[i].models) {
			others |= bit(i);
			others_take = others_take || !r->at[i].spare;
		} else if (text.len && lists(r->at[i].models, &text)) {
			named |= bit(i);
		}
	}
	text_sanitise(shown, sizeof(shown), buf_str(&text), text.len);
	buf_free(&text);
	if (named || others_take) {
		*set = set_or_all(r, named ? named : others);
		return true;
	}
	return model.at ? error_set(err, "no endpoint takes the model \"%s\"", shown)
			: error_set(err, "no endpoint takes a request without a model");
}

bool routes_for(
	const struct routes *r, const struct request_line *line, uint32_t *set, struct error *err)
{
	if (line->endpoint.at && !json_span_is(line->endpoint, JSON_VALUE_NULL))
		return for_name(r, line->endpoint, set, err);
	if (r->by_model)
		return for_model(r, line->model, set, err);
	*set = ROUTES_ALL;
	return true;
}

uint32_t routes_reach(const struct routes *r, uint32_t set)
{
	uint32_t before;

	do {
		before = set;
		for (int i = 0; i < r->n; i++)
			if (set & bit(i) && r->at[i].fallback != ROUTE_NONE)
				set |= bit(r->at[i].fallback);
	} while (set != before);
	return set;
}

/* ---- picking ---- */

static bool may_send(const struct route *r)
{
	return r->endpoint && !r->paused;
}

static bool is_held(const struct route *r, int64_t now_us)
{
	return r->paused || lane_held(r->lane, now_us);
}

/* Does one route leave its requests to the other? Then it and all routes between them in the chain
 * of its fallbacks are held or paused. */
static bool leaves_to(const struct routes *r, int from, int to, int64_t now_us)
{
	for (int steps = 0; steps < r->n; steps++) {
		if (r->at[from].fallback == ROUTE_NONE || !is_held(&r->at[from], now_us))
			return false;
		from = r->at[from].fallback;
		if (from == to)
			return true;
	}
	return false;
}

/* Its weight among the routes of the set, which share equally when none has a weight. */
static double weight_in(const struct routes *r, uint32_t set, int i)
{
	double all = 0;

	if (!(set & bit(i)))
		return 0;
	for (int k = 0; k < r->n; k++)
		if (set & bit(k))
			all += r->at[k].weight;
	return all > 0 ? r->at[i].weight : 1;
}

/* What work of the set it is due: its own share, and that of whoever leaves it to this one. */
static double share(const struct routes *r, uint32_t set, int i, int64_t now_us)
{
	double weight = weight_in(r, set, i);

	for (int k = 0; k < r->n; k++)
		if (k != i && set & bit(k) && leaves_to(r, k, i, now_us))
			weight += weight_in(r, set, k);
	return weight;
}

int routes_fallback(const struct routes *r, int i, int64_t now_us)
{
	int at = i;

	for (int steps = 0; steps < r->n; steps++) {
		at = r->at[at].fallback;
		if (at == ROUTE_NONE || at == i)
			break;
		if (may_send(&r->at[at]) && !lane_held(r->at[at].lane, now_us))
			return at;
	}
	return ROUTE_NONE;
}

static struct route_choice ask(struct routes *r, int i, int64_t now_us, double tokens)
{
	struct lane_verdict v = lane_ask(r->at[i].lane, now_us, tokens);

	return (struct route_choice){v.at_us <= now_us ? i : ROUTE_NONE, v.at_us, v.bound};
}

/* The shorter wait. Its bound is that of a route that is not held, if there is one. */
static struct route_choice sooner(struct route_choice a, struct route_choice b)
{
	struct route_choice first = b.at_us < a.at_us ? b : a;

	if (first.bound == BOUND_HOLD)
		first.bound = a.bound == BOUND_HOLD ? b.bound : a.bound;
	return first;
}

static struct route_choice pick_by_weight(
	struct routes *r, uint32_t set, int64_t now_us, double tokens, int avoid)
{
	struct route_choice best = {ROUTE_NONE, NEVER_US, BOUND_PAUSE};
	double total = 0;

	for (int i = 0; i < r->n; i++) {
		double weight = i != avoid && may_send(&r->at[i]) ? share(r, set, i, now_us) : 0;
		struct route_choice c;

		if (weight <= 0)
			continue;
		c = ask(r, i, now_us, tokens);
		if (c.route == ROUTE_NONE) {
			if (best.route == ROUTE_NONE)
				best = best.at_us == NEVER_US && best.bound == BOUND_PAUSE
					       ? c
					       : sooner(best, c);
			continue;
		}
		r->at[i].credit += weight;
		total += weight;
		if (best.route == ROUTE_NONE || r->at[i].credit > r->at[best.route].credit)
			best = c;
	}
	if (best.route != ROUTE_NONE)
		r->at[best.route].credit -= total;
	return best;
}

struct route_choice routes_ask(struct routes *r, int i, int64_t now_us, double tokens)
{
	return may_send(&r->at[i]) ? ask(r, i, now_us, tokens)
				   : (struct route_choice){ROUTE_NONE, NEVER_US, BOUND_PAUSE};
}

struct route_choice routes_pick(
	struct routes *r, uint32_t set, int64_t now_us, double tokens, int avoid)
{
	struct route_choice c, other;
	int fallback;

	if (r->n == 1)
		return routes_ask(r, 0, now_us, tokens);
	fallback = avoid == ROUTE_NONE ? ROUTE_NONE : routes_fallback(r, avoid, now_us);
	if (fallback == ROUTE_NONE)
		return pick_by_weight(r, set, now_us, tokens, ROUTE_NONE);
	c = ask(r, fallback, now_us, tokens);
	if (c.route != ROUTE_NONE)
		return c;
	other = pick_by_weight(r, set, now_us, tokens, avoid);
	return other.route != ROUTE_NONE ? other : sooner(c, other);
}

/* ---- counts ---- */

void route_started(struct route *r)
{
	r->in_flight++;
	r->started++;
}

/* Closes the seconds that have passed. */
static void seconds_advance(struct route_seconds *s, int64_t now_us)
{
	if (!s->second_us || now_us - s->second_us > 2 * ROUTE_MINUTE_S * US_PER_S)
		*s = (struct route_seconds){.second_us = now_us};
	while (now_us - s->second_us >= US_PER_S) {
		s->second_us += US_PER_S;
		s->newest = (s->newest + 1) % (ROUTE_MINUTE_S + 1);
		s->at[s->newest].answered = s->at[s->newest].rate_limited = 0;
	}
}

void route_answered(struct route *r, int64_t now_us, enum outcome outcome)
{
	struct route_seconds *s = &r->seconds;

	r->in_flight--;
	seconds_advance(s, now_us);
	if (outcome == OUTCOME_CANCELLED)
		return;
	r->answered++;
	s->at[s->newest].answered++;
	if (outcome == OUTCOME_OK)
		r->ok++;
	if (outcome == OUTCOME_OK || !r->passed_us)
		r->passed_us = now_us;
	if (outcome != OUTCOME_RATE_LIMITED)
		return;
	r->rate_limited++;
	s->at[s->newest].rate_limited++;
}

void route_rates(const struct route *r, int64_t now_us, int64_t elapsed_us, double *answers_per_s,
	double *refused_in_minute)
{
	enum { SECONDS = ROUTE_MINUTE_S + 1 };
	struct route_seconds s = r->seconds;
	int64_t span_us;

	*answers_per_s = *refused_in_minute = 0;
	if (!s.second_us)
		return;
	seconds_advance(&s, now_us);
	for (int i = 0; i < SECONDS; i++) {
		int place = (s.newest + SECONDS - i) % SECONDS;

		if (i <= ROUTE_RATE_S)
			*answers_per_s += s.at[place].answered;
		*refused_in_minute += s.at[place].rate_limited;
	}
	span_us = ROUTE_RATE_S * US_PER_S + now_us - s.second_us;
	if (span_us > elapsed_us)
		span_us = elapsed_us;
	*answers_per_s *= (double)US_PER_S / fmax((double)span_us, US_PER_S / 5.0);
}

bool routes_breakers_open(const struct routes *r, uint32_t set, int64_t now_us)
{
	bool any = false;

	for (int i = 0; i < r->n; i++) {
		bool open = lane_breaker_is_open(r->at[i].lane);

		if (!open && may_send(&r->at[i]) && share(r, set, i, now_us) > 0)
			return false;
		any = any || (open && set & bit(i));
	}
	return any;
}

bool routes_any_free(const struct routes *r, uint32_t set, int64_t now_us)
{
	for (int i = 0; i < r->n; i++)
		if (may_send(&r->at[i]) && !lane_held(r->at[i].lane, now_us) &&
			share(r, set, i, now_us) > 0)
			return true;
	return false;
}

/* Routes may share a lane: is this the first route of its lane? */
static bool is_first_with_lane(const struct routes *r, int i)
{
	for (int k = 0; k < i; k++)
		if (r->at[k].lane == r->at[i].lane)
			return false;
	return true;
}

int routes_concurrency(const struct routes *r)
{
	int n = 0;

	for (int i = 0; i < r->n; i++)
		if (is_first_with_lane(r, i))
			n += lane_concurrency(r->at[i].lane);
	return n;
}
