/* The engine in virtual time: refused keys, outages and errors that are no item's own. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

static const char bad_key[] = "{\"error\":{\"message\":\"bad key\"}}";

START_TEST(a_refused_key_holds_items_until_a_probe_passes)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 5);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 401, "", bad_key);
	rig_answer(&rig, 401, "", bad_key);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->held, 2);
	ck_assert_int_eq(rig.in_flight, 0);
	rig_await(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_answer(&rig, 401, "", bad_key);
	rig_await(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_answer_ok(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
}
END_TEST

START_TEST(a_headless_run_gives_a_refused_key_up_after_two_minutes)
{
	int64_t start_us;

	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	start_us = rig.now_us;
	rig_await(&rig);
	while (!engine_over(rig.engine)) {
		rig_answer(&rig, 401, "", bad_key);
		rig_await(&rig);
	}
	ck_assert_int_ge(rig.now_us - start_us, 120 * US_PER_S);
	ck_assert_int_le(rig.now_us - start_us, 700 * US_PER_S);
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "key was rejected"));
}
END_TEST

/* The only item is not held while it is the probe. */
START_TEST(a_headless_run_of_one_item_gives_a_refused_key_up)
{
	int64_t start_us;

	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 1);
	rig_feed_end(&rig);
	start_us = rig.now_us;
	while (rig_await(&rig) && rig.now_us - start_us < 3600 * US_PER_S)
		rig_answer(&rig, 401, "", bad_key);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_le(rig.now_us - start_us, 700 * US_PER_S);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "key was rejected"));
}
END_TEST

START_TEST(an_item_that_alone_is_forbidden_fails_alone)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	while (!engine_over(rig.engine)) {
		rig_await(&rig);
		if (!rig.in_flight)
			break;
		if (!strcmp(rig_id(&rig, 0), "a1"))
			rig_answer(&rig, 403, "", bad_key);
		else
			rig_answer_ok(&rig);
	}
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(engine_exit_code(rig.engine), 1);
}
END_TEST

/* It fails alone, at once: the lane neither holds nor slows down, also when only such answers come.
 */
START_TEST(a_request_larger_than_the_limit_is_no_trouble_of_the_lane)
{
	static const char large[] = "{\"error\":{\"message\":\"Request too large: Limit 30000, "
				    "Requested 45411\"}}";

	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 12);
	rig_feed_end(&rig);
	for (int i = 0; i < 12; i++) {
		rig_await(&rig);
		rig_answer(&rig, i % 2 ? 429 : 413, "retry-after: 3600\r\n", large);
		ck_assert(!lane_probing(rig.lane[0]));
		ck_assert(!lane_held(rig.lane[0], rig.now_us));
	}
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 12);
	ck_assert_int_eq(rig.started, 12);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"outcome\":\"too_large\""), 24);
}
END_TEST

/* 500 and 503 that blame the input open no breaker. */
START_TEST(an_input_at_fault_is_no_trouble_of_the_server)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 19);
	rig_feed_end(&rig);
	for (int i = 0; i < 19; i++) {
		rig_await(&rig);
		rig_answer(&rig, i % 2 ? 500 : 503, "",
			"{\"message\":\"too long\",\"type\":\"BadRequestError\"}");
		ck_assert(!lane_probing(rig.lane[0]));
	}
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 19);
	ck_assert_int_eq(rig.started, 19);
}
END_TEST

/* 503 for all is a limit's refusal or an outage: the lane holds, and its probes are free. */
START_TEST(an_outage_costs_no_item_its_attempts)
{
	rig_open(&rig, RIG(.max_attempts = 2));
	rig_feed_many(&rig, "a", 2000);
	rig_feed_end(&rig);
	for (int n = 0; n < 600; n++) {
		rig.now_us += US_PER_S / 20;
		lane_tick(rig.lane[0], rig.now_us);
		rig_turn(&rig);
		for (int k = rig.in_flight < 5 ? rig.in_flight : 5; k > 0; k--) {
			if (rig_counts(&rig)->ok < 800)
				rig_answer_ok(&rig);
			else
				rig_answer(&rig, 503, "", "");
		}
	}
	ck_assert(lane_probing(rig.lane[0]));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
}
END_TEST

/* Refused for ever, one item among good ones: 503 may be about it alone, 429 never is. */
START_TEST(one_item_refused_by_503_alone_fails_in_the_end)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 60);
	rig_feed_end(&rig);
	rig_turn(&rig);
	for (int i = 0; i < 3000 && !rig_counts(&rig)->failed; i++) {
		rig_await(&rig);
		if (!rig.in_flight)
			break;
		if (!strcmp(rig_id(&rig, 0), "a1"))
			rig_answer(&rig, 503, "", "");
		else if (rig_counts(&rig)->ok < 58)
			rig_answer_ok(&rig);
		else
			rig_answer(&rig, 429, "", "");
	}
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
}
END_TEST

START_TEST(no_item_fails_for_a_rate_limit)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	for (int i = 0; i < 500; i++) {
		rig_await(&rig);
		if (rig.in_flight)
			rig_answer(&rig, 429, "", "");
	}
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	for (int i = 0; i < 20 && rig_counts(&rig)->ok < 2; i++) {
		rig_await(&rig);
		if (rig.in_flight)
			rig_answer_ok(&rig);
	}
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
}
END_TEST

START_TEST(a_tail_of_items_that_always_fail_comes_to_an_end)
{
	rig_open(&rig, RIG(.concurrency = 8));
	rig_feed_many(&rig, "a", 8);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	for (int i = 0; i < 1000 && !engine_over(rig.engine); i++) {
		rig_await(&rig);
		if (rig.in_flight)
			rig_answer(&rig, 500, "", "{\"error\":{\"message\":\"boom\"}}");
	}
	ck_assert(engine_over(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 7);
}
END_TEST

/* The last items of a run, each of them refused for ever as a limit would: nothing can show any
 * more that it is the limit. */
static void only_poison_is_left(bool resets)
{
	int64_t start_us;

	rig_open(&rig, RIG(.max_attempts = 2));
	rig_feed_many(&rig, "a", 5);
	rig_feed_end(&rig);
	start_us = rig.now_us;
	while (!engine_over(rig.engine) && rig.now_us - start_us < 600 * US_PER_S) {
		rig_await(&rig);
		lane_tick(rig.lane[0], rig.now_us);
		if (!rig.in_flight)
			break;
		if (!strcmp(rig_id(&rig, 0), "a4"))
			rig_answer_ok(&rig);
		else if (resets)
			rig_break(&rig, 0);
		else
			rig_answer(&rig, 503, "", "");
	}
	ck_assert(engine_over(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 4);
	/* an outage shorter than a minute fails none */
	ck_assert_int_gt(rig.now_us - start_us, (resets ? 5 : 60) * US_PER_S);
}

START_TEST(a_tail_of_items_that_are_always_refused_comes_to_an_end)
{
	only_poison_is_left(false);
	only_poison_is_left(true);
}
END_TEST

START_TEST(twenty_identical_errors_at_the_start_stop_the_run)
{
	for (int interactive = 0; interactive < 2; interactive++) {
		rig_open(&rig, RIG(.concurrency = 1));
		engine_set_interactive(rig.engine, interactive);
		rig_feed_many(&rig, "a", 40);
		rig_feed_end(&rig);
		for (int i = 0; i < 20; i++) {
			char body[80];

			rig_turn(&rig);
			snprintf(body, sizeof(body),
				"{\"error\":{\"message\":\"no model m, request %d\"}}", i);
			rig_answer(&rig, 404, "", body);
		}
		rig_turn(&rig);
		ck_assert_int_eq(rig.in_flight, 0);
		ck_assert_uint_eq(rig_counts(&rig)->failed, 20);
		ck_assert_int_eq(engine_over(rig.engine), !interactive);
		ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "no model m"));
		if (interactive) {
			rig_command(&rig, "resume");
			rig_run_out(&rig);
			ck_assert_uint_eq(rig_counts(&rig)->ok, 20);
		} else {
			ck_assert_int_eq(engine_exit_code(rig.engine), 3);
		}
	}
}
END_TEST

/* The end screen stays while something failed: looking at it is no part of the run. */
START_TEST(a_finished_run_takes_no_longer_while_it_is_looked_at)
{
	static struct snapshot s;

	rig_open(&rig, RIG(.concurrency = 1));
	engine_set_interactive(rig.engine, true);
	rig_feed_many(&rig, "a", 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig.now_us += 2 * US_PER_S;
	rig_answer(&rig, 404, "", "{\"error\":{\"message\":\"gone\"}}");
	rig_turn(&rig);
	rig_turn(&rig); /* written, it is done */
	rig.now_us += 3600 * US_PER_S;
	rig_turn(&rig);
	port_snapshot(&rig.port, &s);
	ck_assert_int_eq(s.state, RUN_DONE);
	ck_assert_int_lt(s.elapsed_us, 3 * US_PER_S);
	ck_assert_double_gt(s.answers_avg, 0.4);

	ck_assert_uint_eq(s.final_failures[OUTCOME_CLIENT_ERROR], 1);

	rig_command(&rig, "retry all");
	rig_turn(&rig);
	port_snapshot(&rig.port, &s);
	ck_assert_uint_eq(s.final_failures[OUTCOME_CLIENT_ERROR], 0);
	rig.now_us += 5 * US_PER_S;
	rig_answer_ok(&rig);
	rig_turn(&rig);
	rig_turn(&rig);
	rig.now_us += 60 * US_PER_S;
	rig_turn(&rig);
	port_snapshot(&rig.port, &s);
	ck_assert_int_ge(s.elapsed_us, 7 * US_PER_S);
	ck_assert_int_lt(s.elapsed_us, 8 * US_PER_S);
}
END_TEST

START_TEST(one_other_answer_and_errors_stop_nothing)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 40);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	for (int i = 0; i < 39; i++) {
		rig_turn(&rig);
		rig_answer(&rig, 404, "", "{\"error\":{\"message\":\"gone\"}}");
	}
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 39);
	ck_assert_int_eq(engine_exit_code(rig.engine), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_refused_key_holds_items_until_a_probe_passes,
		a_headless_run_gives_a_refused_key_up_after_two_minutes,
		a_headless_run_of_one_item_gives_a_refused_key_up,
		an_item_that_alone_is_forbidden_fails_alone,
		a_request_larger_than_the_limit_is_no_trouble_of_the_lane,
		an_input_at_fault_is_no_trouble_of_the_server, an_outage_costs_no_item_its_attempts,
		one_item_refused_by_503_alone_fails_in_the_end, no_item_fails_for_a_rate_limit,
		a_tail_of_items_that_always_fail_comes_to_an_end,
		a_tail_of_items_that_are_always_refused_comes_to_an_end,
		twenty_identical_errors_at_the_start_stop_the_run,
		one_other_answer_and_errors_stop_nothing,
		a_finished_run_takes_no_longer_while_it_is_looked_at, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "trouble", .tests = tests, .tear_down = rig_tear_down});
}
