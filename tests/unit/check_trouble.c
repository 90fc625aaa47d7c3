/* The engine in virtual time: refused keys, outages and errors that are no item's own. */
#include <stdio.h>
#include <stdlib.h>
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

START_TEST(a_headless_run_gives_a_refused_key_up_after_twenty_answers)
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
	ck_assert_int_eq(rig.started, 20);
	ck_assert_int_ge(rig.now_us - start_us, 60 * US_PER_S);
	ck_assert_int_le(rig.now_us - start_us, 120 * US_PER_S);
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "check the key"));
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
	ck_assert_int_le(rig.now_us - start_us, 120 * US_PER_S);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "check the key"));
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
			rig_answer(&rig, 400, "", body);
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

/* The end screen stays: looking at it is no part of the run. */
START_TEST(a_finished_run_takes_no_longer_while_it_is_looked_at)
{
	static struct snapshot s;

	rig_open(&rig, RIG(.concurrency = 1));
	engine_set_stays(rig.engine, true);
	rig_feed_many(&rig, "a", 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig.now_us += 2 * US_PER_S;
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"gone\"}}");
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

/* The items a<bad_from> to a<bad_to - 1> are refused whenever they are sent. */
static void run_out_with(int bad_from, int bad_to, int status, const char *body)
{
	while (rig_await(&rig)) {
		int id = atoi(rig_id(&rig, 0) + 1);

		if (id >= bad_from && id < bad_to)
			rig_answer(&rig, status, "", body);
		else
			rig_answer_ok(&rig);
	}
}

/* Nineteen alike fail, as one would expect. */
START_TEST(a_few_alike_after_good_answers_stop_nothing)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 40);
	rig_feed_end(&rig);
	run_out_with(10, 29, 400, RIG_REFUSED);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 19);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 21);
	ck_assert_int_eq(engine_exit_code(rig.engine), 1);
}
END_TEST

/* A model that is withdrawn, an account that is suspended. */
START_TEST(many_alike_in_the_middle_hold_the_lane_and_go_back)
{
	static const int statuses[] = {400, 401, 402, 403, 404, 412};

	for (size_t k = 0; k < sizeof(statuses) / sizeof(statuses[0]); k++) {
		rig_open(&rig, RIG(.concurrency = 4));
		rig_feed_many(&rig, "a", 200);
		rig_feed_end(&rig);
		for (int i = 0; i < 50 && rig_await(&rig); i++)
			rig_answer_ok(&rig);
		for (int i = 0; i < 100 && rig_await(&rig); i++)
			rig_answer(&rig, statuses[k], "", RIG_REFUSED);
		rig_turn(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
		ck_assert_uint_ge(rig_counts(&rig)->held, 20);
		ck_assert_int_eq(rig_view(&rig)->state, RUN_HELD);
		rig_run_out(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 200);
		ck_assert_int_eq(engine_exit_code(rig.engine), 0);
	}
}
END_TEST

/* Thirty bad lines one behind the other are no reason to hold for ever. */
START_TEST(many_bad_items_in_a_row_fail_in_the_end)
{
	static const int statuses[] = {400, 403, 404};

	for (size_t k = 0; k < sizeof(statuses) / sizeof(statuses[0]); k++) {
		rig_open(&rig, RIG(.concurrency = 4));
		rig_feed_many(&rig, "a", 100);
		rig_feed_end(&rig);
		run_out_with(30, 60, statuses[k], RIG_REFUSED);
		ck_assert_uint_eq(rig_counts(&rig)->failed, 30);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 70);
		ck_assert_int_eq(engine_exit_code(rig.engine), 1);
	}
}
END_TEST

START_TEST(one_bad_item_holds_nobody_up)
{
	static const struct {
		int status, most_sent;
	} cases[] = {{401, 2}, {402, 2}, {403, 2}, {404, 2}, {412, 2}, {400, 1}};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
		for (int concurrency = 1; concurrency < 9; concurrency += 7) {
			int64_t start_us;

			rig_open(&rig, RIG(.concurrency = concurrency));
			rig_feed_many(&rig, "a", 30);
			rig_feed_end(&rig);
			start_us = rig.now_us;
			run_out_with(5, 6, cases[k].status, RIG_REFUSED);
			ck_assert_uint_eq(rig_counts(&rig)->ok, 29);
			ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
			ck_assert_int_le(rig.started, 29 + cases[k].most_sent);
			ck_assert_int_lt(rig.now_us - start_us, 2 * US_PER_S);
			ck_assert_int_eq(engine_exit_code(rig.engine), 1);
		}
}
END_TEST

/* Whoever is left over need not prove anything to anyone. */
START_TEST(a_few_bad_items_at_the_end_fail)
{
	static const int statuses[] = {401, 402, 403, 404};

	for (size_t k = 0; k < sizeof(statuses) / sizeof(statuses[0]); k++) {
		int64_t start_us;

		rig_open(&rig, RIG(.concurrency = 4));
		rig_feed_many(&rig, "a", 20);
		rig_feed_end(&rig);
		start_us = rig.now_us;
		run_out_with(15, 20, statuses[k], RIG_REFUSED);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 15);
		ck_assert_uint_eq(rig_counts(&rig)->failed, 5);
		ck_assert_int_lt(rig.now_us - start_us, 70 * US_PER_S);
	}
}
END_TEST

/* The bad one is the very first: the others show that it is the only one. */
START_TEST(a_first_item_that_is_forbidden_does_not_keep_the_lane_shut)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	run_out_with(0, 1, 403, RIG_REFUSED);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig.started, 3);
}
END_TEST

/* Answers that are no outage and no limit, and never a good one. */
START_TEST(a_run_without_one_good_answer_stops)
{
	static const struct {
		int status, least;
		const char *headers, *body;
	} cases[] = {{200, 20, "Content-Type: text/html\r\n", "<html>Welcome</html>"},
		{204, 20, "", ""}, {401, 20, "", RIG_REFUSED}, {403, 20, "", RIG_REFUSED},
		{402, 5, "", RIG_REFUSED}, /* two minutes are over before */
		{404, 20, "", RIG_REFUSED}, {422, 20, "", RIG_REFUSED}};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		rig_open(&rig, RIG(.concurrency = 4));
		rig_feed_many(&rig, "a", 100);
		rig_feed_end(&rig);
		for (int i = 0; i < 40 && rig_await(&rig); i++)
			rig_answer(&rig, cases[k].status, cases[k].headers, cases[k].body);
		ck_assert_int_ge(rig.started, cases[k].least);
		ck_assert_int_le(rig.started, 24);
		ck_assert(engine_over(rig.engine));
		ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	}
}
END_TEST

/* A few items need not be asked twenty times whether their model exists. */
START_TEST(a_short_run_without_one_good_answer_stops_sooner)
{
	int64_t start_us;

	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	start_us = rig.now_us;
	while (rig_await(&rig))
		rig_answer(&rig, 404, "", RIG_REFUSED);
	ck_assert_int_eq(rig.started, 6);
	ck_assert_int_lt(rig.now_us - start_us, 10 * US_PER_S);
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
}
END_TEST

static void stop_at_three(struct engine_config *config)
{
	config->stop_errors = 3;
}

static void stop_at_a_tenth(struct engine_config *config)
{
	config->stop_share = 0.1;
}

START_TEST(errors_may_stop_a_run)
{
	rig_open(&rig, RIG(.concurrency = 1, .adjust = stop_at_three));
	rig_feed_many(&rig, "a", 40);
	rig_feed_end(&rig);
	run_out_with(10, 40, 400, RIG_REFUSED);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 3);
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "--stop-on-errors"));

	rig_open(&rig, RIG(.concurrency = 1, .adjust = stop_at_a_tenth));
	rig_feed_many(&rig, "a", 100);
	rig_feed_end(&rig);
	run_out_with(0, 4, 400, RIG_REFUSED);
	ck_assert(engine_complete(rig.engine)); /* 4 of 100 */
	rig_open(&rig, RIG(.concurrency = 1, .adjust = stop_at_a_tenth));
	rig_feed_many(&rig, "a", 100);
	rig_feed_end(&rig);
	run_out_with(0, 6, 400, RIG_REFUSED);
	ck_assert(!engine_complete(rig.engine)); /* 6 of the first 50 */
	ck_assert_uint_eq(rig_counts(&rig)->failed, 6);
}
END_TEST

/* The file may hold a good key at any time. */
START_TEST(a_key_file_makes_401_wait)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig.endpoint.key_changes = true;
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	rig_await(&rig);
	rig_answer_ok(&rig);
	for (int i = 0; i < 100; i++) {
		ck_assert(rig_await(&rig));
		rig_answer(&rig, 401, "", bad_key);
	}
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_refused_key_holds_items_until_a_probe_passes,
		a_headless_run_gives_a_refused_key_up_after_twenty_answers,
		a_headless_run_of_one_item_gives_a_refused_key_up,
		an_item_that_alone_is_forbidden_fails_alone,
		a_request_larger_than_the_limit_is_no_trouble_of_the_lane,
		an_input_at_fault_is_no_trouble_of_the_server, an_outage_costs_no_item_its_attempts,
		one_item_refused_by_503_alone_fails_in_the_end, no_item_fails_for_a_rate_limit,
		a_tail_of_items_that_always_fail_comes_to_an_end,
		a_tail_of_items_that_are_always_refused_comes_to_an_end,
		twenty_identical_errors_at_the_start_stop_the_run,
		a_few_alike_after_good_answers_stop_nothing,
		many_alike_in_the_middle_hold_the_lane_and_go_back,
		many_bad_items_in_a_row_fail_in_the_end, one_bad_item_holds_nobody_up,
		a_few_bad_items_at_the_end_fail,
		a_first_item_that_is_forbidden_does_not_keep_the_lane_shut,
		a_run_without_one_good_answer_stops,
		a_short_run_without_one_good_answer_stops_sooner, errors_may_stop_a_run,
		a_key_file_makes_401_wait, a_finished_run_takes_no_longer_while_it_is_looked_at,
		NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "trouble", .tests = tests, .tear_down = rig_tear_down});
}
