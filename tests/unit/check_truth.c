/* What the screen is told: why nothing starts, what binds, what streams write, where a budget ends
 * the run, and the codes of items that an earlier session ended. */
#include <stdio.h>
#include <string.h>

#include "api/body_sink.h"
#include "base/clock.h"
#include "core/key_wait.h"
#include "rig.h"
#include "unit.h"

#define KEY "{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"Incorrect API key\"}}"

static struct rig rig;

static const struct rig_endpoint two[] = {{"east", 1, NULL, NULL}, {"west", 1, NULL, NULL}, {0}};

/* Seconds in which all that is in flight is answered ok. */
static void run_for(int seconds)
{
	for (int n = 0; n < seconds; n++) {
		rig_turn(&rig);
		rig.now_us += US_PER_S;
		for (int i = rig.in_flight; i > 0; i--)
			rig_answer_ok(&rig);
	}
	rig_turn(&rig);
}

static void pass(int seconds)
{
	for (int n = 0; n < 10 * seconds; n++) {
		rig.now_us += US_PER_S / 10;
		rig_turn(&rig);
	}
}

START_TEST(all_that_is_left_is_held_by_hand)
{
	const struct snapshot *s;
	char command[32];

	rig_open(&rig, RIG(.concurrency = 2));
	engine_set_interactive(rig.engine, true);
	rig_feed_many(&rig, "a", 30);
	rig_feed_end(&rig);
	run_for(10);
	ck_assert_int_gt(rig_view(&rig)->eta_low_us, 0);
	for (int i = 0; i < 30; i++) {
		snprintf(command, sizeof(command), "hold a%d", i);
		rig_command(&rig, command);
	}
	pass(5);
	/* in flight or not: nothing more starts */
	for (int look = 0; look < 2; look++) {
		s = rig_view(&rig);
		ck_assert_int_eq(s->state, RUN_HELD);
		ck_assert_int_eq(s->standstill, STANDSTILL_BY_HAND);
		ck_assert_int_eq(s->eta_low_us, -1);
		ck_assert_int_eq(s->bound_now, BOUND_PAUSE);
		ck_assert_ptr_nonnull(strstr(s->state_note, "held by you"));
		while (rig.in_flight)
			rig_answer_ok(&rig);
		pass(1);
	}
	for (int i = 25; i < 30; i++) {
		snprintf(command, sizeof(command), "release a%d", i);
		ck_assert(rig_command(&rig, command).ok);
	}
	pass(1);
	s = rig_view(&rig);
	ck_assert_int_eq(s->standstill, STANDSTILL_NONE);
	ck_assert_int_eq(s->state, RUN_RUNNING);
}
END_TEST

START_TEST(all_endpoints_are_paused)
{
	rig_open(&rig, RIG(.concurrency = 2, .endpoints = two));
	rig_feed_many(&rig, "a", 60);
	rig_feed_end(&rig);
	run_for(6);
	ck_assert(rig_command(&rig, "endpoint east pause").ok);
	pass(1);
	ck_assert_int_eq(rig_view(&rig)->state, RUN_RUNNING);
	ck_assert(rig_command(&rig, "endpoint west pause").ok);
	pass(3);
	ck_assert_int_eq(rig_view(&rig)->state, RUN_PAUSED);
	ck_assert_int_eq(rig.view.standstill, STANDSTILL_PAUSED);
	ck_assert_int_eq(rig.view.eta_low_us, -1);
	ck_assert(rig_command(&rig, "endpoint west resume").ok);
	run_for(3);
	ck_assert_int_eq(rig_view(&rig)->state, RUN_RUNNING);
	ck_assert_int_gt(rig.view.eta_high_us, 0);
}
END_TEST

/* One endpoint paused by the operator, the other held by its server: nothing starts until then. */
START_TEST(the_only_endpoint_that_is_not_paused_is_held)
{
	rig_open(&rig, RIG(.concurrency = 2, .endpoints = two));
	rig_feed_many(&rig, "a", 60);
	rig_feed_end(&rig);
	ck_assert(rig_command(&rig, "endpoint east pause").ok);
	run_for(6);
	while (rig.in_flight)
		rig_answer(&rig, 429, "retry-after: 30\r\n", "");
	pass(1);
	ck_assert_int_eq(rig_view(&rig)->state, RUN_HELD);
	ck_assert_int_gt(rig.view.held_until_us, rig.now_us + 20 * US_PER_S);
	ck_assert(rig_command(&rig, "endpoint east resume").ok);
	pass(1);
	ck_assert_int_eq(rig_view(&rig)->state, RUN_RUNNING);
}
END_TEST

START_TEST(all_that_is_left_is_held_by_the_server)
{
	rig_open(&rig, RIG(.concurrency = 8));
	rig_feed_many(&rig, "a", 8);
	rig_feed_end(&rig);
	rig_turn(&rig);
	while (rig.in_flight)
		rig_answer(&rig, 401, "", KEY);
	for (int n = 0; n < 20; n++) {
		pass(1);
		ck_assert_int_eq(rig_view(&rig)->state, RUN_HELD);
		ck_assert_int_eq(rig.view.standstill, STANDSTILL_NONE);
		ck_assert_int_eq(rig.view.eta_low_us, -1);
		ck_assert_int_eq(rig.view.bound_now, BOUND_HOLD);
		while (rig.in_flight)
			rig_answer(&rig, 401, "", KEY);
	}
}
END_TEST

START_TEST(a_pause_says_what_still_finishes_as_long_as_it_does)
{
	rig_open(&rig, RIG(.concurrency = 3));
	rig_feed_many(&rig, "a", 9);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_ptr_null(strstr(rig_command(&rig, "pause all").text, "3 in flight"));
	ck_assert_ptr_nonnull(strstr(rig_view(&rig)->state_note, "3 in flight finish"));
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_ptr_nonnull(strstr(rig_view(&rig)->state_note, "2 in flight finish"));
	while (rig.in_flight)
		rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_ptr_null(strstr(rig_view(&rig)->state_note, "finish"));
}
END_TEST

static void write_piece(const struct body_sink *sink)
{
	static const char piece[] =
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";

	ck_assert(sink->take(sink->ctx, piece, strlen(piece), rig.now_us));
}

START_TEST(streams_count_while_they_write)
{
	static const char headers[] = "content-type: text/event-stream\r\n";
	const struct body_sink *sink;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_chat(&rig, "a", "", "{\"model\":\"m\",\"stream\":true,\"messages\":[]}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	sink = rig.call[0].sink;
	ck_assert(sink->begin(sink->ctx, headers, strlen(headers), "data", 4));
	for (int n = 0; n < 300; n++) { /* 30 a second */
		rig.now_us += US_PER_S / 30;
		write_piece(sink);
		rig_turn(&rig);
	}
	ck_assert_double_eq_tol(rig_view(&rig)->tokens_now, 30, 4);
	/* its usage counts no token twice */
	rig_answer(&rig, 200, "content-type: text/event-stream\r\n",
		"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":300}}"
		"\n\ndata: [DONE]\n\n");
	ck_assert_double_le(rig_view(&rig)->tokens_now, 45);
}
END_TEST

START_TEST(a_budget_says_where_it_ends)
{
	const struct snapshot *s;
	uint64_t at;

	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 400);
	rig_feed_end(&rig);
	run_for(12);
	ck_assert_uint_eq(rig_view(&rig)->cost.ends_at_item, 0);
	ck_assert(rig_command(&rig, "set budget tokens 700").ok); /* an answer costs 7 */
	s = rig_view(&rig);
	at = s->cost.ends_at_item;
	ck_assert_uint_ge(at, 85);
	ck_assert_uint_le(at, 100);
	/* two a second until then, not 376 items */
	ck_assert_int_le(s->eta_high_us, 60 * US_PER_S);
	rig_run_out(&rig);
	ck_assert_uint_ge(rig_counts(&rig)->ok, at - 10);
	ck_assert_uint_le(rig_counts(&rig)->ok, at + 10);
}
END_TEST

START_TEST(restored_items_keep_their_codes)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 201, "", RIG_ANSWER);
	rig_answer(&rig, 400, "", RIG_REFUSED);
	rig_turn(&rig);
	ck_assert_int_eq(rig_row(&rig, 1).status, 201);
	rig_reopen(&rig, false);
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig_row(&rig, 1).status, 201);
	ck_assert_int_eq(rig_row(&rig, 2).status, 400);
}
END_TEST

/* Refusals come at once, and say nothing about how long answers take. */
START_TEST(refusals_are_no_latencies)
{
	const struct snapshot *v;
	uint32_t counted = 0;

	rig_open(&rig, RIG(.concurrency = 3));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 500, "", "{}");
	rig_answer(&rig, 400, "", RIG_REFUSED);
	ck_assert(rig_view(&rig)->latency.p50_us < 0);
	rig_answer_ok(&rig);
	v = rig_view(&rig);
	ck_assert(v->latency.p50_us >= 0);
	for (int i = 0; i < LATENCY_BINS; i++)
		counted += v->latency_bins[i];
	ck_assert_uint_eq(counted, 1);
}
END_TEST

START_TEST(concurrency_by_hand_is_manual)
{
	rig_open(&rig, RIG(.concurrency = 4));
	ck_assert(!rig_view(&rig)->concurrency_manual);
	ck_assert(rig_command(&rig, "set concurrency -1").ok);
	ck_assert(rig_view(&rig)->concurrency_manual);
	ck_assert(rig_command(&rig, "auto").ok);
	ck_assert(!rig_view(&rig)->concurrency_manual);
}
END_TEST

START_TEST(the_servers_limit_is_told_and_marked)
{
	static const char headers[] = "x-ratelimit-limit-tokens: %d\n"
				      "x-ratelimit-remaining-tokens: 900\n"
				      "x-ratelimit-reset-tokens: 30s\n";
	char text[200];
	bool marked = false;

	rig_open(&rig, RIG(.concurrency = 0));
	rig_feed_many(&rig, "a", 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), headers, i ? 60000 : 200000);
		rig.now_us += US_PER_S;
		rig_answer(&rig, 200, text, RIG_ANSWER);
	}
	pass(2);
	ck_assert_double_eq_tol(rig_view(&rig)->tpm.server, 60000, 1);
	ck_assert_double_lt(rig.view.tpm.used, 0);
	for (int i = 0; i < rig.view.history_len; i++)
		marked = marked || rig.view.history[i].mark == MARK_SERVER;
	ck_assert(marked);
}
END_TEST

/* A bucket of 30 that refills 30 a second is no limit of 30 a minute. */
START_TEST(the_servers_bucket_is_told_by_its_refill)
{
	char headers[200];
	int left = 29;

	rig_open(&rig, RIG(.rpm = 0));
	rig_feed_many(&rig, "a", 600);
	for (int n = 0; n < 60; n++) {
		rig.now_us += US_PER_S / 4;
		rig_turn(&rig);
		left = left > 8 ? left - 5 : 24;
		snprintf(headers, sizeof(headers),
			"x-ratelimit-limit-requests: 30\nx-ratelimit-remaining-requests: %d\n"
			"x-ratelimit-reset-requests: %dms\n",
			left, (30 - left) * 1000 / 30);
		for (int i = rig.in_flight; i > 0; i--)
			rig_answer(&rig, 200, headers, RIG_ANSWER);
	}
	ck_assert_double_eq_tol(rig_view(&rig)->rpm.server, 1800, 90);
}
END_TEST

/* Nor are 60 of a window of 10 s. */
START_TEST(the_servers_window_is_told_by_its_length)
{
	char headers[200];

	rig_open(&rig, RIG(.rpm = 0));
	rig_feed_many(&rig, "a", 2000);
	for (int n = 0; n < 80; n++) {
		rig_turn(&rig);
		rig.now_us += US_PER_S / 2;
		snprintf(headers, sizeof(headers),
			"x-ratelimit-limit-requests: 60\nx-ratelimit-remaining-requests: %d\n"
			"x-ratelimit-reset-requests: %dms\n",
			58 - n % 20 * 2, 10000 - n % 20 * 500);
		for (int i = rig.in_flight; i > 0; i--)
			rig_answer(&rig, 200, headers, RIG_ANSWER);
	}
	ck_assert_double_eq_tol(rig_view(&rig)->rpm.server, 360, 18);
}
END_TEST

/* Nor is one a minute's limit whose server answers far more: `X-RateLimit-Limit: 5`, by the second.
 */
START_TEST(a_limit_of_an_unknown_span_is_no_minutes_limit)
{
	rig_open(&rig, RIG(.rpm = 0));
	rig_feed_many(&rig, "a", 100);
	rig_turn(&rig);
	rig_answer(&rig, 200, "x-ratelimit-limit: 5\n", RIG_ANSWER);
	ck_assert_double_eq_tol(rig_view(&rig)->rpm.server, 5, 0.1);
	for (int n = 0; n < 40; n++) {
		rig.now_us += US_PER_S / 4;
		rig_turn(&rig);
		for (int i = rig.in_flight; i > 0; i--)
			rig_answer(&rig, 200, "x-ratelimit-limit: 5\n", RIG_ANSWER);
	}
	ck_assert_double_lt(rig_view(&rig)->rpm.server, 0);
}
END_TEST

START_TEST(the_note_says_what_a_run_without_a_good_key_waits_for)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_str_eq(rig_view(&rig)->state_note, "");
	key_wait_set(rig.engine, "waiting for another key in K\n: write it there");
	ck_assert_str_eq(
		rig_view(&rig)->state_note, "waiting for another key in K\\n: write it there");
	rig_command(&rig, "pause");
	ck_assert_ptr_null(strstr(rig_view(&rig)->state_note, "key"));
	rig_command(&rig, "resume");
	rig_command(&rig, "key reload"); /* the rig has no keys to read */
	key_wait_set(rig.engine, "");
	ck_assert_str_eq(rig_view(&rig)->state_note, "");
}
END_TEST

static void first_two(struct engine_config *config)
{
	config->part.first = 2;
}

START_TEST(a_part_of_the_input_is_all_that_there_is_to_do)
{
	rig_open(&rig, RIG(.concurrency = 2, .adjust = first_two));
	rig_feed_many(&rig, "a", 2);
	engine_input_of(rig.engine, 1000, true);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_view(&rig)->total_estimate, 2);
	ck_assert_uint_eq(rig_view(&rig)->part.of, 1000);
	rig_run_out(&rig);
	ck_assert_int_eq(rig_view(&rig)->state, RUN_DONE);
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {all_that_is_left_is_held_by_hand, all_endpoints_are_paused,
		the_only_endpoint_that_is_not_paused_is_held,
		all_that_is_left_is_held_by_the_server,
		a_pause_says_what_still_finishes_as_long_as_it_does, streams_count_while_they_write,
		a_budget_says_where_it_ends, restored_items_keep_their_codes,
		refusals_are_no_latencies, concurrency_by_hand_is_manual,
		the_servers_limit_is_told_and_marked, the_servers_bucket_is_told_by_its_refill,
		the_servers_window_is_told_by_its_length,
		a_limit_of_an_unknown_span_is_no_minutes_limit,
		the_note_says_what_a_run_without_a_good_key_waits_for,
		a_part_of_the_input_is_all_that_there_is_to_do, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "truth", .tests = tests, .tear_down = rig_tear_down});
}
