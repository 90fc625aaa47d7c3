/* The chart of a run: bounded, never wrong in its sums, and the same by the journal as live. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/chart.h"
#include "core/chart_records.h"
#include "core/ticks.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

/* Of the whole chart; the slots follow each other without a hole. */
static struct chart_slot sum_of(const struct chart_slot *slot, size_t n)
{
	struct chart_slot sum = {0};

	for (size_t i = 0; i < n; i++) {
		sum.seconds += slot[i].seconds;
		sum.answered += slot[i].answered;
		sum.ok += slot[i].ok;
		sum.rate_limited += slot[i].rate_limited;
		sum.tokens += slot[i].tokens;
		sum.in_flight += slot[i].in_flight;
		sum.marks |= slot[i].marks;
		sum.medians += slot[i].medians;
		for (int k = 0; k < LATENCY_BINS; k++)
			sum.latency[k] += slot[i].latency[k];
	}
	return sum;
}

static const struct chart_slot second = {.seconds = 1,
	.answered = 5,
	.ok = 4,
	.rate_limited = 1,
	.concurrency = 9,
	.in_flight = 7,
	.tokens = 300,
	.medians = 1,
	.medians_ms = 250,
	.latency = {[16] = 4}};

/* A month by the second: the chart is as large as after ten minutes. */
START_TEST(a_month_takes_as_many_slots_as_a_morning)
{
	static const uint32_t runs[] = {1, 31, 300, 511, 512, 513, 4000, 40000, 2678400};
	static struct chart_slot slots[CHART_SLOTS];
	struct chart_info info;
	struct chart_slot sum;
	struct chart c;
	size_t n;

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		chart_init(&c);
		for (uint32_t s = 0; s < runs[i]; s++)
			chart_add(&c, &second);
		n = chart_slots(&c, false, 0, slots, CHART_SLOTS, &info);
		ck_assert_uint_eq(n, info.slots);
		ck_assert_uint_eq(info.seconds, runs[i]);
		ck_assert_uint_le(c.room, CHART_SLOTS);
		ck_assert_uint_le(c.recent_room, HISTORY_SECONDS);
		ck_assert_uint_ge(n, runs[i] < CHART_SLOTS / 2 ? runs[i] : CHART_SLOTS / 2);
		for (size_t k = 0; k + 1 < n; k++)
			ck_assert_uint_eq(slots[k].seconds, info.span_s);
		sum = sum_of(slots, n);
		ck_assert_uint_eq(sum.seconds, runs[i]);
		ck_assert_uint_eq(sum.ok, 4 * runs[i]);
		ck_assert_uint_eq(sum.tokens, 300 * (uint64_t)runs[i]);
		ck_assert_uint_eq(sum.in_flight, 7 * (uint64_t)runs[i]);
		ck_assert_uint_eq(sum.latency[16], 4 * runs[i]);
		n = chart_slots(&c, true, 0, slots, CHART_SLOTS, &info);
		ck_assert_uint_eq(n, runs[i] < HISTORY_SECONDS ? runs[i] : HISTORY_SECONDS);
		ck_assert_uint_eq(info.span_s, 1);
		chart_free(&c);
	}
}
END_TEST

START_TEST(time_that_passes_costs_nothing)
{
	static struct chart_slot slots[CHART_SLOTS];
	struct chart_info info;
	struct chart c;
	size_t n;

	chart_init(&c);
	chart_add(&c, &second);
	chart_pass(&c, 3, 8, 1000);
	chart_mark(&c, MARK_SERVER);
	chart_add(&c, &second);
	chart_pass(&c, 3, 8, INT64_MAX);
	chart_pass(&c, 3, 8, -5);
	n = chart_slots(&c, false, 0, slots, CHART_SLOTS, &info);
	ck_assert_uint_eq(sum_of(slots, n).seconds, 1002 + 31 * 24 * 3600);
	ck_assert_uint_eq(sum_of(slots, n).in_flight, 14 + 3 * (1000 + 31 * 24 * 3600));
	ck_assert_uint_eq(sum_of(slots, n).marks, 1u << MARK_SERVER);
	/* a part, as a watcher asks that has the rest */
	ck_assert_uint_eq(chart_slots(&c, false, (uint32_t)n - 2, slots, CHART_SLOTS, &info), 2);
	ck_assert_uint_eq(chart_slots(&c, false, (uint32_t)n, slots, CHART_SLOTS, &info), 0);
	ck_assert_uint_eq(chart_slots(&c, true, 290, slots, 4, &info), 4);
	chart_free(&c);
}
END_TEST

START_TEST(an_empty_chart_has_no_slots)
{
	struct chart_slot slot;
	struct chart_info info;
	struct chart c;

	chart_init(&c);
	chart_mark(&c, MARK_SERVER);
	ck_assert_uint_eq(chart_slots(&c, false, 0, &slot, 1, &info), 0);
	ck_assert_uint_eq(chart_slots(&c, true, 0, &slot, 1, &info), 0);
	ck_assert_uint_eq(info.slots, 0);
}
END_TEST

/* ---- the journal ---- */

/* Time passes in steps of 100 ms, as in a session. */
static void pass(double s)
{
	for (int i = 0; i < s * 10; i++) {
		rig.now_us += 100 * US_PER_MS;
		engine_tick(rig.engine, rig.now_us, rig_wall_us(&rig));
		rig_turn(&rig);
	}
}

static size_t chart_of(struct chart_slot *slots, struct chart_info *info)
{
	rig_view(&rig); /* seconds that have passed are closed */
	return port_chart(
		&rig.port, &(struct chart_query){.recent = false}, slots, CHART_SLOTS, info);
}

/* An hour with a rest in its middle: what the next session reads is what this one had. */
START_TEST(the_next_session_goes_on_where_this_one_was)
{
	static struct chart_slot live[CHART_SLOTS], read[CHART_SLOTS];
	struct chart_info info, again;
	size_t n, m;

	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 200);
	pass(1);
	for (int i = 0; i < 60; i++) {
		if (i % 9 == 4)
			rig_answer(&rig, 429, "retry-after: 1\n", "{}");
		else
			rig_answer_ok(&rig);
		if (i == 30) {
			rig_command(&rig, "pause");
			pass(1200);
			rig_command(&rig, "resume");
			rig_command(&rig, "set rpm 1000");
		}
		pass(1 + i % 3 * 0.5);
	}
	engine_last_tick(rig.engine, rig.now_us, rig_wall_us(&rig));
	rig_turn(&rig);
	n = chart_of(live, &info);
	ck_assert_uint_ge(info.seconds, 1260);
	ck_assert_uint_eq(info.span_s, 4);
	rig_reopen(&rig, false);
	m = chart_of(read, &again);
	ck_assert_uint_eq(again.span_s, info.span_s);
	ck_assert_uint_le(info.seconds - again.seconds, 1);
	ck_assert_uint_le(n - m, 1);
	ck_assert_uint_eq(sum_of(live, n).ok, sum_of(read, m).ok);
	ck_assert_uint_eq(sum_of(live, n).answered, sum_of(read, m).answered);
	ck_assert_uint_eq(sum_of(live, n).rate_limited, sum_of(read, m).rate_limited);
	ck_assert_uint_eq(sum_of(live, n).marks, sum_of(read, m).marks);
	ck_assert(sum_of(read, m).marks & 1u << MARK_REFUSED);
	ck_assert(sum_of(read, m).marks & 1u << MARK_OPERATOR);
	ck_assert_mem_eq(sum_of(live, n).latency, sum_of(read, m).latency, sizeof(read->latency));
	for (size_t i = 0; i < m; i++) {
		ck_assert_uint_eq(live[i].answered, read[i].answered);
		ck_assert_uint_eq(live[i].concurrency, read[i].concurrency);
	}
	/* this session adds its own, behind a mark of its beginning */
	rig_feed_many(&rig, "a", 200);
	pass(3);
	rig_answer_ok(&rig);
	pass(2);
	n = chart_of(live, &info);
	ck_assert_uint_ge(info.seconds, again.seconds + 4);
	ck_assert_uint_eq(sum_of(live, n).ok, sum_of(read, m).ok + 1);
	ck_assert(live[n - 1].marks & 1u << MARK_SESSION || live[n - 2].marks & 1u << MARK_SESSION);
}
END_TEST

/* A finished run that is looked at for an hour grows no longer. */
START_TEST(looking_at_a_finished_run_is_no_part_of_it)
{
	static struct chart_slot slots[CHART_SLOTS];
	struct chart_info info;
	uint64_t seconds;

	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 4);
	rig_feed_end(&rig);
	pass(2);
	for (int i = 0; i < 4; i++)
		rig_answer_ok(&rig);
	pass(2);
	chart_of(slots, &info);
	seconds = info.seconds;
	ck_assert_uint_ge(seconds, 2);
	pass(600);
	chart_of(slots, &info);
	ck_assert_uint_eq(info.seconds, seconds);
}
END_TEST

/* What stands in a file may be anything. */
START_TEST(hostile_ticks_do_no_harm)
{
	static const char *const lines[] = {"{\"time\":\"\",\"event\":\"tick\",\"ms\":"
					    "4503599627370496,\"whole\":true,\"items\":[-1,9e99]}",
		"{\"time\":\"\",\"event\":\"tick\",\"ms\":4503599627370497,\"latency\":[-7,1,2]}",
		"{\"time\":\"\",\"event\":\"tick\",\"ms\":4503599627370498,\"latency\":[39,1,2,3,4]"
		"}",
		"{\"time\":\"\",\"event\":\"tick\",\"ms\":4503599627370499,\"latency\":["
		"9223372036854775807,1]}",
		"{\"time\":\"\",\"event\":\"tick\",\"ms\":4503599627380499,\"latency\":\"no\","
		"\"lanes\":7}",
		"{\"time\":\"\",\"event\":\"tick\",\"ms\":1}", "{\"time\":\"\",\"event\":\"tick\"}",
		"{\"time\":\"\",\"event\":\"change\",\"what\":7}",
		"{\"time\":\"\",\"event\":\"change\"}",
		"{\"time\":\"\",\"event\":\"change\",\"what\":\"rpm\",\"old\":\"x\",\"by\":[]}",
		"{\"time\":\"\",\"event\":\"start\"}"};
	struct chart_reader reader = {0};
	struct journal_record record;
	struct chart c;

	chart_init(&c);
	for (int i = 0; i < 22; i++) {
		struct ledger_line line = {.text = lines[i % 11], .len = strlen(lines[i % 11])};

		ck_assert(journal_record_parse(line.text, line.len, &record));
		chart_reader_take(&reader, &c, &record, &line);
	}
	ck_assert_uint_le(c.room, CHART_SLOTS);
	chart_free(&c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_month_takes_as_many_slots_as_a_morning,
		time_that_passes_costs_nothing, an_empty_chart_has_no_slots,
		the_next_session_goes_on_where_this_one_was,
		looking_at_a_finished_run_is_no_part_of_it, hostile_ticks_do_no_harm, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "chart", .tests = tests, .tear_down = rig_tear_down});
}
