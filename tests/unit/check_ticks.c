/* Ticks: what the journal has of a run's past, second by second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "core/ticks.h"
#include "rig.h"
#include "unit.h"

enum { RUNS = 6 }; /* whose ticks are measured */

static struct rig rig;

/* Time passes in steps of 100 ms, as in a session. */
static void pass(double s)
{
	for (int i = 0; i < s * 10; i++) {
		rig.now_us += 100 * US_PER_MS;
		engine_tick(rig.engine, rig.now_us, rig_wall_us(&rig));
		rig_turn(&rig);
	}
}

/* The run's ticks, read by a watcher: counts are added up. */
struct seen {
	int ticks, whole;
	size_t bytes;
	int64_t ms, items[TICK_ITEMS], outcomes[OUTCOME_COUNT], tokens[2];
	int64_t p50_ms;      /* the latest; -1 */
	char bound[32];      /* in force */
	char lanes[200];     /* of the last tick that has some */
	bool in_flight_told; /* by the last tick */
};

struct adding {
	int64_t *to;
	int i, n;
};

static bool add_element(void *ctx, struct json_span value)
{
	struct adding *a = ctx;
	int64_t n;

	ck_assert_int_lt(a->i, a->n);
	ck_assert(json_span_int(value, &n));
	a->to[a->i++] += n;
	return true;
}

static void add_up(struct json_span array, bool whole, int64_t *to, int n)
{
	struct adding a = {to, 0, n};

	if (whole)
		memset(to, 0, (size_t)n * sizeof(*to));
	if (array.at)
		json_each_element(array, add_element, &a);
}

static void copy(struct json_span value, char *out, size_t size)
{
	if (value.at && value.len < size) {
		memcpy(out, value.at, value.len);
		out[value.len] = '\0';
	}
}

static void see(struct seen *s, const char *line, size_t len)
{
	enum { MS, WHOLE, ITEMS, OK, NOT_OK, TOKENS, IN_FLIGHT, P50, BOUND, LANES, WANTED };
	struct json_want want[WANTED] = {{.name = "ms"}, {.name = "whole"}, {.name = "items"},
		{.name = "ok"}, {.name = "not_ok"}, {.name = "tokens"}, {.name = "in_flight"},
		{.name = "p50"}, {.name = "bound"}, {.name = "lanes"}};
	int64_t before = s->items[0], ok;
	bool whole;

	ck_assert_int_eq(json_pick(line, len, want, WANTED, NULL), JSON_VALUE_OBJECT);
	whole = json_span_is(want[WHOLE].value, JSON_VALUE_TRUE);
	ck_assert(json_span_int(want[MS].value, &s->ms));
	ck_assert_int_eq(whole, s->ticks % TICKS_TO_A_WHOLE == 0);
	s->ticks++;
	s->whole += whole;
	s->bytes += len + 1;
	add_up(want[ITEMS].value, whole, s->items, TICK_ITEMS);
	if (json_span_int(want[OK].value, &ok))
		s->outcomes[0] = ok + (whole ? 0 : s->outcomes[0]);
	else
		s->outcomes[0] = s->items[0] - (whole ? 0 : before - s->outcomes[0]);
	add_up(want[NOT_OK].value, whole, s->outcomes + 1, OUTCOME_COUNT - 1);
	add_up(want[TOKENS].value, whole, s->tokens, 2);
	if (want[P50].value.at)
		ck_assert(json_span_int(want[P50].value, &s->p50_ms));
	s->in_flight_told = want[IN_FLIGHT].value.at;
	copy(want[BOUND].value, s->bound, sizeof(s->bound));
	copy(want[LANES].value, s->lanes, sizeof(s->lanes));
}

static struct seen see_journal(void)
{
	struct seen s = {.p50_ms = -1};
	char path[RIG_FOLDER + 32], *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/out.journal", rig.folder);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while ((len = getline(&line, &size, f)) > 0)
		if (strstr(line, "\"event\":\"tick\""))
			see(&s, line, (size_t)len - 1);
	free(line);
	fclose(f);
	return s;
}

/* What a watcher adds up is what the engine knows. */
static void check_agrees(const struct seen *s)
{
	const struct snapshot *v = rig_view(&rig);
	const struct item_counts *c = &v->items;
	const uint64_t items[TICK_ITEMS] = {
		c->ok, c->in_flight, c->waiting, c->failed, c->held, c->cancelled, c->total};

	for (int i = 0; i < TICK_ITEMS; i++)
		ck_assert_int_eq(s->items[i], (int64_t)items[i]);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		ck_assert_int_eq(s->outcomes[i], (int64_t)v->outcomes[i]);
	ck_assert_int_eq(s->tokens[0], (int64_t)v->tokens_in);
	ck_assert_int_eq(s->tokens[1], (int64_t)v->tokens_out);
}

START_TEST(a_watcher_adds_up_what_happened)
{
	struct seen s;

	rig_open(&rig, RIG(.concurrency = 4, .max_attempts = 2));
	rig_feed_many(&rig, "a", 30);
	rig_feed_end(&rig);
	pass(1);
	s = see_journal();
	ck_assert_int_eq(s.ticks, 1);
	ck_assert_int_eq(s.whole, 1);
	ck_assert_str_eq(s.bound, "\"conc\"");
	ck_assert_str_eq(s.lanes, "{\"default\":{\"concurrency\":4}}");
	check_agrees(&s);
	for (int i = 0; i < 24; i++) {
		if (i % 5 == 3)
			rig_answer(&rig, 500, "", "{}");
		else
			rig_answer_ok(&rig);
		pass(1);
		s = see_journal();
		check_agrees(&s);
		ck_assert_int_ge(s.p50_ms, 0);
	}
	ck_assert_int_eq(s.ticks, 25);
	ck_assert_int_eq(s.whole, 3);
	ck_assert(!s.in_flight_told);
}
END_TEST

START_TEST(nothing_is_written_while_nothing_changes)
{
	int64_t before_ms;
	struct seen s;

	rig_open(&rig, RIG(.concurrency = 4));
	pass(5);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"tick\""), 1);
	rig_feed_many(&rig, "a", 9);
	pass(3600);
	s = see_journal();
	ck_assert_int_eq(s.ticks, 2);
	before_ms = s.ms;
	rig_answer_ok(&rig);
	pass(60);
	s = see_journal();
	ck_assert_int_eq(s.ticks, 3);
	ck_assert_int_gt(s.ms, before_ms + 3500000);
	ck_assert_int_ge(s.p50_ms, 0);
	check_agrees(&s);
}
END_TEST

START_TEST(nothing_is_written_in_a_pause)
{
	int ticks;

	rig_open(&rig, RIG(.concurrency = 0));
	rig_feed_many(&rig, "a", 300);
	pass(1);
	for (int i = 0; i < 20; i++) {
		rig_answer_ok(&rig);
		pass(.5);
	}
	rig_command(&rig, "pause");
	while (rig.in_flight)
		rig_answer_ok(&rig);
	pass(5);
	ticks = see_journal().ticks;
	pass(3600);
	ck_assert_int_eq(see_journal().ticks, ticks);
	rig_command(&rig, "resume");
	pass(1);
	ck_assert_int_eq(see_journal().ticks, ticks + 1);
}
END_TEST

START_TEST(a_change_of_limits_is_in_the_next_tick)
{
	struct seen s;

	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 9);
	pass(2);
	rig_command(&rig, "set concurrency 2");
	pass(1);
	s = see_journal();
	ck_assert_int_eq(s.ticks, 2);
	ck_assert_str_eq(s.lanes, "{\"default\":{\"concurrency\":2}}");
	rig_command(&rig, "set rpm 1234");
	pass(1);
	s = see_journal();
	ck_assert_str_eq(s.lanes, "{\"default\":{\"rpm\":1234}}");
	rig_command(&rig, "set rpm off");
	pass(1);
	s = see_journal();
	ck_assert_str_eq(s.lanes, "{\"default\":{\"rpm\":0}}");
}
END_TEST

START_TEST(the_last_tick_has_the_rest_of_the_second)
{
	struct seen s;

	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig.now_us += 250 * US_PER_MS;
	rig_run_out(&rig);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"tick\""), 0);
	engine_last_tick(rig.engine, rig.now_us, rig_wall_us(&rig));
	rig_turn(&rig);
	s = see_journal();
	ck_assert_int_eq(s.ticks, 1);
	ck_assert_int_eq(s.ms, 250);
	ck_assert_int_ge(s.p50_ms, 0);
	check_agrees(&s);
	engine_last_tick(rig.engine, rig.now_us, rig_wall_us(&rig));
	ck_assert_int_eq(see_journal().ticks, 1);
}
END_TEST

START_TEST(packed_requests_are_not_items_in_flight)
{
	struct seen s;

	rig_open(&rig, RIG(.concurrency = 1, .pack = 8));
	rig_feed_numbers(&rig, 0, 16);
	pass(1);
	s = see_journal();
	check_agrees(&s);
	ck_assert(s.in_flight_told);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"in_flight\":1,"), 1);
}
END_TEST

START_TEST(a_resumed_run_begins_with_a_whole_tick)
{
	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 9);
	pass(1);
	rig_answer_ok(&rig);
	pass(1);
	rig_reopen(&rig, false);
	rig_feed_many(&rig, "a", 9);
	pass(1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"whole\":true"), 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"whole\":true,\"items\":[1,4,0,0,0,0,9]"), 1);
}
END_TEST

/* Some minutes of a run at this pace, where some attempts fail in several ways. */
static double bytes_of_a_tick(
	void (*feed)(struct rig *r, const char *id), int per_second, int seconds)
{
	static const int statuses[] = {429, 500, 503};
	unsigned dice = 7;
	struct seen s;
	char id[24];

	for (int second = 0; second < seconds; second++) {
		for (int i = 0; i < per_second; i++) {
			snprintf(id, sizeof(id), "s%d-%d", second, i);
			feed(&rig, id);
		}
		for (int step = 0; step < 10; step++) {
			for (int i = 0; i < per_second / 10 && rig.in_flight; i++) {
				dice = dice * 1103515245 + 12345;
				if (dice >> 16 & 15)
					rig_answer_ok(&rig);
				else
					rig_answer(&rig, statuses[(dice >> 20) % 3], "", "{}");
				rig_turn(&rig);
			}
			pass(0.1);
		}
	}
	engine_last_tick(rig.engine, rig.now_us, rig_wall_us(&rig));
	rig_turn(&rig);
	s = see_journal();
	check_agrees(&s);
	ck_assert_int_ge(s.ticks, seconds - 1);
	return (double)s.bytes / s.ticks;
}

static void feed_chat(struct rig *r, const char *id)
{
	rig_feed_chat(r, id, "", "{\"model\":\"m\"}");
}

static void feed_embedding(struct rig *r, const char *id)
{
	rig_feed_embedding(r, id, "m", "7");
}

START_TEST(a_tick_costs_under_170_bytes)
{
	static const struct rig_endpoint three[] = {
		{"east", 1, NULL, NULL}, {"west", 1, NULL, NULL}, {"north", 2, NULL, NULL}, {0}};
	const struct {
		struct rig_options options;
		void (*feed)(struct rig *r, const char *id);
	} runs[RUNS] = {{{.concurrency = 64}, feed_chat}, {{.concurrency = 0}, feed_chat},
		{{.concurrency = 20, .endpoints = three}, feed_chat},
		{{.endpoints = three}, feed_chat}, {{.concurrency = 20, .pack = 4}, feed_embedding},
		{{.concurrency = 40, .pipeline = "chain"}, rig_feed_row}};

	rig_open(&rig, &runs[_i].options);
	ck_assert_double_lt(bytes_of_a_tick(runs[_i].feed, 200, 120), 170);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_watcher_adds_up_what_happened,
		nothing_is_written_while_nothing_changes, nothing_is_written_in_a_pause,
		a_change_of_limits_is_in_the_next_tick, the_last_tick_has_the_rest_of_the_second,
		packed_requests_are_not_items_in_flight, a_resumed_run_begins_with_a_whole_tick,
		NULL};

	return unit_run_suite(&(struct unit_suite){.name = "ticks",
		.tests = tests,
		.loop = a_tick_costs_under_170_bytes,
		.loops = RUNS,
		.tear_down = rig_tear_down});
}
