/* Changes of the lanes, as events and journal records, and the limits they learned. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/chart_records.h"
#include "core/engine_internal.h"
#include "core/pace_events.h"

#define LEARNED_EVERY_US US_PER_MIN

/* A limit; a negative one is none. */
static const char *limit_text(double limit, char *out, size_t size)
{
	return limit < 0 ? "none" : text_limit(limit, out, size);
}

/* One of the lanes of a route. */
struct lane_of_route {
	const struct route *route;
	struct lane *lane;
	const char *model; /* "" when it is the only lane */
};

static struct lane_of_route lane_of(const struct route *route, int i)
{
	return (struct lane_of_route){route, lanes_at(route->lanes, i),
		lanes_count(route->lanes) > 1 ? lanes_model(route->lanes, i) : ""};
}

/* The name of the endpoint if there are several, and that of the model. */
static const char *whose(
	const struct engine *e, const struct lane_of_route *l, char *out, size_t size)
{
	bool endpoint = e->routes.n > 1;

	out[0] = '\0';
	if (endpoint || l->model[0])
		snprintf(out, size, "%s%s%s: ", endpoint ? l->route->name : "",
			endpoint && l->model[0] ? ", " : "", l->model);
	return out;
}

/* The evidence, and the conclusion. */
static const char *reason_text(const struct lane_change *c, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", c->evidence, c->hypothesis[0] ? ": " : "", c->hypothesis);
	return out;
}

/* Adds an event. A change by the operator has one already: the command's. */
static void note_change(
	struct engine *e, const struct lane_of_route *l, const struct lane_change *c)
{
	enum event_level level = e->config.explain_pace ? EVENT_DEBUG : EVENT_INFO;
	const struct event_about about = {.endpoint = l->route->name};
	char before[24], after[24], name[ENDPOINT_NAME_SIZE + MODEL_SIZE + 4], reason[160];

	whose(e, l, name, sizeof(name));
	reason_text(c, reason, sizeof(reason));
	if (!strcmp(c->what, "breaker"))
		events_add_about(&e->observer.events, e->wall_us,
			c->after > 0 ? EVENT_INFO : EVENT_WARNING, &about, "%s%s%s", name,
			c->after > 0 ? "" : "held, one probe at a time: ", reason);
	else if (!strcmp(c->what, "refusals"))
		events_add_about(&e->observer.events, e->wall_us, EVENT_WARNING, &about,
			"%s%.0f %s", name, c->after, reason);
	else if (!strcmp(c->what, "burst")) /* it has no figures */
		events_add_about(&e->observer.events, e->wall_us, EVENT_WARNING, &about, "%s%s",
			name, reason);
	else if (!strcmp(c->what, "hold"))
		events_add_about(&e->observer.events, e->wall_us, level, &about,
			"%sauto: hold for %.1f s, %s", name, c->after, reason);
	else
		events_add_about(&e->observer.events, e->wall_us, level, &about,
			"%sauto: %s %s to %s, %s", name, c->what,
			limit_text(c->before, before, sizeof(before)),
			limit_text(c->after, after, sizeof(after)), reason);
}

/* Marks the reason of the change in the plots. */
static void mark_change(struct engine *e, const struct lane_change *c)
{
	const struct limit_change change = {.what = c->what,
		.by_hand = c->by_hand,
		.refused = strstr(c->evidence, "refused"),
		.before = c->before,
		.now = c->after};
	enum mark mark = mark_of_change(&change);

	if (mark != MARK_NONE)
		stats_mark(&e->observer.stats, mark);
}

static void journal_change(
	struct engine *e, const struct lane_of_route *l, const struct lane_change *c)
{
	struct buf *b = &e->recorder.scratch;
	char reason[160];

	if (!c->by_hand)
		note_change(e, l, c);
	mark_change(e, c);
	buf_clear(b);
	if (e->routes.n > 1) {
		buf_adds(b, "\"endpoint\":");
		json_add_string(b, l->route->name, strlen(l->route->name));
		buf_addc(b, ',');
	}
	if (l->model[0]) {
		buf_adds(b, "\"model\":");
		json_add_string(b, l->model, strlen(l->model));
		buf_addc(b, ',');
	}
	buf_addf(b, "\"what\":\"%s\",\"old\":%.6g,\"new\":%.6g,\"by\":\"%s\",\"reason\":", c->what,
		c->before, c->after, c->by_hand ? "operator" : "controller");
	reason_text(c, reason, sizeof(reason));
	json_add_string(b, reason, strlen(reason));
	journal_event(e, JOURNAL_CHANGE, b);
}

static void take_changes(struct engine *e, const struct lane_of_route *l, uint64_t *seen)
{
	struct lane_change change[16];
	size_t n = lane_take_changes(l->lane, seen, change, sizeof(change) / sizeof(change[0]));

	for (size_t i = 0; i < n; i++)
		if (!change[i].detail || e->config.explain_pace)
			journal_change(e, l, &change[i]);
}

void journal_changes(struct engine *e)
{
	for (int k = 0; k < e->routes.n; k++)
		for (int i = 0; routes_is_first_of_lanes(&e->routes, k) &&
				i < lanes_count(e->routes.at[k].lanes);
			i++) {
			const struct lane_of_route l = lane_of(&e->routes.at[k], i);

			take_changes(e, &l, &e->routes.at[k].seen[i]);
		}
}

/* The name of a lane in the journal: a hash, as an address may have secrets. The only lane of an
 * endpoint has the name that it had in earlier releases. */
static void lane_mark(const struct engine *e, const struct lane_of_route *l, char out[17])
{
	const struct route *route = l->route;
	const char *url = route->endpoint->base_url ? route->endpoint->base_url : "";
	uint64_t hash = hash_bytes(url, strlen(url));

	/* queues of tasks have limits of their own at the same address */
	if (!e->sources.tasks_are_items)
		hash = hash * 31 + hash_bytes(route->name, strlen(route->name));
	if (l->model[0])
		hash = hash * 31 + hash_bytes(l->model, strlen(l->model));
	snprintf(out, 17, "%016" PRIx64, hash);
}

static const char *const learned_kinds[] = {[LEARNED_NOTHING] = "nothing",
	[LEARNED_RATE] = "rate",
	[LEARNED_WINDOW] = "window",
	[LEARNED_CONCURRENCY] = "concurrency"};

enum { LEARNED_KINDS = sizeof(learned_kinds) / sizeof(learned_kinds[0]) };

/* Adds what the lane learned to the record; false: nothing. */
static bool add_learned(
	const struct engine *e, const struct lane_of_route *l, bool comma, struct buf *b)
{
	struct lane_learned learned;
	char mark[17];

	lane_learned(l->lane, &learned);
	if (!l->route->endpoint || (learned.kind == LEARNED_NOTHING && !learned.spread))
		return false;
	lane_mark(e, l, mark);
	buf_addf(b,
		"%s\"%s\":{\"kind\":\"%s\",\"rate\":%.6g,\"count\":%.6g,\"window_s\":%.6g,"
		"\"spread\":%d,\"at\":%" PRId64 "}",
		comma ? "," : "", mark, learned_kinds[learned.kind], learned.rate, learned.count,
		s_from_us(learned.window_us), learned.spread, e->wall_us / US_PER_S);
	return true;
}

void journal_learned(struct engine *e, bool at_end)
{
	struct buf *b = &e->recorder.scratch;
	bool any = false;

	if (!at_end && e->now_us - e->learned_us < LEARNED_EVERY_US)
		return;
	e->learned_us = e->now_us;
	buf_clear(b);
	buf_adds(b, "\"lanes\":{");
	for (int i = 0; i < e->routes.n; i++)
		for (int k = 0; k < lanes_count(e->routes.at[i].lanes); k++) {
			const struct lane_of_route l = lane_of(&e->routes.at[i], k);

			any = add_learned(e, &l, any, b) || any;
		}
	buf_addc(b, '}');
	if (any)
		journal_event(e, JOURNAL_LEARNED, b);
}

/* Reads what the last session learned of the lane; false: nothing valid. Records of earlier
 * releases have a rate alone, of unknown age. */
static bool find_learned(struct engine *e, const struct lane_of_route *l, struct lane_learned *out)
{
	enum { KIND, RATE, COUNT, WINDOW, SPREAD, AT, MEMBERS };
	struct json_want want[MEMBERS] = {[KIND] = {.name = "kind"},
		[RATE] = {.name = "rate"},
		[COUNT] = {.name = "count"},
		[WINDOW] = {.name = "window_s"},
		[SPREAD] = {.name = "spread"},
		[AT] = {.name = "at"}};
	const char *text = ledger_last_learned(e->recorder.ledger);
	struct json_want lanes = {.name = "lanes"}, own;
	double window_s = 0, spread = 0, at_s = 0;
	char mark[17];

	lane_mark(e, l, mark);
	own = (struct json_want){.name = mark};
	if (json_pick(text, strlen(text), &lanes, 1, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(lanes.value, JSON_VALUE_OBJECT) ||
		!json_pick(lanes.value.at, lanes.value.len, &own, 1, NULL) || !own.value.at ||
		json_pick(own.value.at, own.value.len, want, MEMBERS, NULL) != JSON_VALUE_OBJECT ||
		!json_span_double(want[RATE].value, &out->rate))
		return false;
	out->kind = LEARNED_RATE;
	for (int i = 0; i < LEARNED_KINDS; i++)
		if (json_span_equals(want[KIND].value, learned_kinds[i]))
			out->kind = (enum learned_kind)i;
	if (!json_span_double(want[COUNT].value, &out->count))
		out->count = 0;
	if (json_span_double(want[WINDOW].value, &window_s) && window_s > 0 && window_s < 1e6)
		out->window_us = us_from_s(window_s);
	out->spread = json_span_double(want[SPREAD].value, &spread) && spread > 0;
	out->age_us = INT64_MAX;
	if (json_span_double(want[AT].value, &at_s) && at_s > 0 && at_s < 1e12)
		out->age_us = e->wall_us - us_from_s(at_s);
	return true;
}

void journal_warm_start(void *engine, struct route *route, struct route_lane *lane)
{
	struct engine *e = engine;
	struct lane_of_route l = {route, lane->lane, lane->model};
	struct lane_learned learned = {0};
	bool found = find_learned(e, &l, &learned);

	if (!found && lanes_count(route->lanes) == 1) {
		l.model = ""; /* it was the only lane */
		found = find_learned(e, &l, &learned);
	}
	if (found)
		lane_warm_start(lane->lane, e->now_us, &learned);
}
