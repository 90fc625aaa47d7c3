/* What becomes of embeddings that share requests under every kind of answer and command. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

static void expect_one(struct engine_config *config)
{
	static struct expects expects;
	struct error err;

	if (!expects.n)
		ck_assert(expects_add(&expects, "data.0.embedding.0=1", &err));
	config->expects = &expects;
	config->expect_attempts = 2;
}

START_TEST(failures_count_against_each_and_the_last_attempt_is_made_alone)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	for (int attempt = 1; rig_await(&rig); attempt++) {
		/* three attempts each: together, in halves, alone */
		ck_assert_int_eq(rig_together(&rig), attempt == 1 ? 4 : attempt <= 3 ? 2 : 1);
		rig_answer(&rig, 500, "", "{\"error\":{\"message\":\"boom\"}}");
	}
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 4);
	ck_assert_int_eq(rig.started, 1 + 2 + 4);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"attempt\""), 12);
	ck_assert_uint_eq(rig_view(&rig)->attempts, 7);
}
END_TEST

/* One in a hundred: each costs some requests, and the others go on together. */
START_TEST(bad_items_here_and_there_do_not_end_packing)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 64));
	for (int i = 0; i < 3200; i++) {
		char id[16];

		snprintf(id, sizeof(id), "e%d", i);
		rig_feed_embedding(&rig, id, "m", i % 100 == 37 ? "bad" : "1");
	}
	rig_feed_end(&rig);
	while (rig_await(&rig)) {
		if (strstr(rig.call[0].sent, "bad"))
			rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"invalid input\"}}");
		else
			rig_answer_ok(&rig);
	}
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3168);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 32);
	/* 50, twelve for each to be found, and some until as many passed */
	ck_assert_int_le(rig.started, 50 + 32 * 12 + 20);
}
END_TEST

START_TEST(an_item_that_crashes_the_server_takes_nobody_with_it)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 8));
	rig_feed_numbers(&rig, 0, 8);
	rig_feed_end(&rig);
	while (rig_await(&rig)) {
		if (strstr(rig.call[0].sent, "\"5\""))
			rig_answer(&rig, 500, "", "");
		else
			rig_answer_ok(&rig);
	}
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 7);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
}
END_TEST

START_TEST(a_rate_limit_is_told_once_and_all_go_together_again)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	for (int i = 0; i < 2; i++) {
		ck_assert(rig_await(&rig));
		ck_assert_int_eq(rig_together(&rig), 4);
		rig_answer(&rig, 429, i % 2 ? "retry-after: 3\r\n" : "", "");
		ck_assert_uint_eq(rig_counts(&rig)->waiting, 4);
		ck_assert_int_eq(lane_in_flight(rig.lane[0]), 0);
	}
	ck_assert(rig_await(&rig));
	ck_assert_int_eq(rig_together(&rig), 4);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	ck_assert_uint_eq(rig_view(&rig)->outcomes[OUTCOME_RATE_LIMITED], 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":3"), 4);
}
END_TEST

/* A bucket that never holds as much, say: those that follow are smaller from the start. */
START_TEST(what_rate_limits_never_let_pass_gets_smaller)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 16));
	rig_feed_numbers(&rig, 0, 320);
	rig_feed_end(&rig);
	while (rig_await(&rig)) {
		if (rig_together(&rig) > 4)
			rig_answer(&rig, 429, "retry-after: 1\r\n", "");
		else
			rig_answer_ok(&rig);
	}
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 320);
	/* 80 requests it takes; to find that out, and to see that it stays so, some more */
	ck_assert_int_le(rig.started, 115);
}
END_TEST

START_TEST(a_size_that_passed_before_is_not_to_blame_for_a_rate_limit)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 8);
	rig_feed_end(&rig);
	rig_await(&rig);
	rig_answer_ok(&rig);
	for (int i = 0; i < 8; i++) {
		ck_assert(rig_await(&rig));
		ck_assert_int_eq(rig_together(&rig), 4);
		rig_answer(&rig, 429, "", "");
	}
	ck_assert(rig_await(&rig));
	ck_assert_int_eq(rig_together(&rig), 2);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 8);
}
END_TEST

START_TEST(a_refused_key_holds_all_and_probes_with_one)
{
	rig_open(&rig, RIG(.concurrency = 2, .pack = 4));
	rig_feed_numbers(&rig, 0, 8);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 401, "", "{\"error\":{\"message\":\"no\"}}");
	rig_answer(&rig, 401, "", "{\"error\":{\"message\":\"no\"}}");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->held + rig_counts(&rig)->queued, 8);
	ck_assert(rig_await(&rig));
	ck_assert_int_eq(rig_together(&rig), 1);
	rig_answer_ok(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 8);
}
END_TEST

START_TEST(what_an_answer_lacks_is_tried_again)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 200, "",
		"{\"data\":[{\"index\":3,\"embedding\":[3]},{\"index\":0,\"embedding\":[0]},"
		"{\"index\":2,\"embedding\":[2]}],\"usage\":{\"prompt_tokens\":40}}");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "lacks the embedding of this item"), 1);
	ck_assert_uint_eq(rig_view(&rig)->outcomes[OUTCOME_BAD_RESPONSE], 1);
	ck_assert_double_eq_tol(rig_view(&rig)->cost.tokens, 40, 1e-6);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"embedding\":[1]"), 1);
}
END_TEST

START_TEST(an_answer_that_nobody_can_assign_is_nobodys)
{
	static const char *const bodies[] = {
		"{\"data\":[{\"index\":0,\"embedding\":[0]},{\"index\":1,\"embedding\":[1]}]}",
		"{\"data\":[{\"index\":1,\"embedding\":[0]},{\"index\":1,\"embedding\":[1]},"
		"{\"index\":2,\"embedding\":[1]}]}",
		"{\"object\":\"list\"}", "[]", "7"};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		rig_open(&rig, RIG(.concurrency = 1, .pack = 3));
		rig_feed_numbers(&rig, 0, 3);
		rig_feed_end(&rig);
		rig_turn(&rig);
		rig_answer(&rig, 200, "", bodies[i]);
		rig_turn(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->waiting, 3);
		rig_run_out(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
		for (int k = 0; k < 3; k++) {
			char text[40];

			snprintf(text, sizeof(text), "\"embedding\":[%d]", k);
			ck_assert_int_eq(rig_grep(&rig, "results", text), 1);
		}
	}
}
END_TEST

/* What it answers to many is paid for and of no use. */
START_TEST(a_server_that_cannot_take_lists_gets_few)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 8));
	rig_feed_numbers(&rig, 0, 400);
	rig_feed_end(&rig);
	while (rig_await(&rig)) {
		if (rig_together(&rig) > 1)
			rig_answer(&rig, 200, "", "{\"data\":[{\"index\":0,\"embedding\":[0]}]}");
		else
			rig_answer_ok(&rig);
	}
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 400);
	ck_assert_int_le(rig.started, 450);
}
END_TEST

START_TEST(one_of_a_pack_can_be_cancelled)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "cancel e0").ok); /* the one with the transfer */
	ck_assert(rig_command(&rig, "cancel e2").ok);
	ck_assert(!rig.call[0].cancelled);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "cancelled by the operator"), 2);
	/* the work was done and paid for */
	ck_assert_double_eq_tol(rig_view(&rig)->cost.tokens, 40, 1e-6);
}
END_TEST

START_TEST(a_cancelled_one_goes_whatever_the_answer)
{
	static const int statuses[] = {413, 500, 429, 401};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
		rig_feed_numbers(&rig, 0, 4);
		rig_feed_end(&rig);
		rig_turn(&rig);
		ck_assert(rig_command(&rig, "cancel e1").ok);
		rig_answer(&rig, statuses[i], "", "{}");
		rig_turn(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->cancelled, 1);
		rig_run_out(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	}
}
END_TEST

START_TEST(all_of_a_pack_cancelled_end_its_transfer)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 3));
	rig_feed_numbers(&rig, 0, 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "cancel e0").ok);
	ck_assert(rig_command(&rig, "cancel e1").ok);
	ck_assert(!rig.call[0].cancelled);
	ck_assert(rig_command(&rig, "cancel e2").ok);
	ck_assert(rig.call[0].cancelled);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 3);
	ck_assert(engine_complete(rig.engine));
}
END_TEST

START_TEST(one_held_by_hand_is_held_when_its_pack_fails)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 3));
	rig_feed_numbers(&rig, 0, 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "hold e1").ok);
	rig_answer(&rig, 413, "", "{}");
	ck_assert_uint_eq(rig_counts(&rig)->held, 1);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 2);
	ck_assert(rig_command(&rig, "release e1").ok);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
}
END_TEST

START_TEST(a_stop_queues_all_again_and_a_resumed_run_ends_each_once)
{
	rig_open(&rig, RIG(.concurrency = 2, .pack = 4));
	rig_feed_numbers(&rig, 0, 12);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	rig_command(&rig, "interrupt");
	rig_command(&rig, "interrupt");
	ck_assert(rig.call[0].cancelled && rig.call[1].cancelled);
	rig_answer_ok(&rig);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 8);
	ck_assert(engine_over(rig.engine));
	rig_reopen(&rig, false);
	rig_feed_numbers(&rig, 0, 12);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 12);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 12);
}
END_TEST

START_TEST(a_broken_connection_counts_against_each)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_fail(&rig, NET_ERROR);
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 4);
	while (rig_await(&rig))
		rig_fail(&rig, NET_ERROR);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 4);
	ck_assert_int_eq(rig.started, 1 + 2 + 4);
}
END_TEST

START_TEST(a_wrong_model_ends_the_batch_early)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 8));
	rig_feed_numbers(&rig, 0, 400);
	rig_feed_end(&rig);
	while (rig_await(&rig))
		rig_answer(&rig, 404, "", "{\"error\":{\"message\":\"no such model\"}}");
	rig_turn(&rig);
	ck_assert_int_eq(rig.started, 20);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	ck_assert(engine_over(rig.engine));
}
END_TEST

START_TEST(one_refusal_of_many_items_ends_no_batch)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 32));
	for (int i = 0; i < 32; i++) {
		char id[16];

		snprintf(id, sizeof(id), "wrong%d", i);
		rig_feed_embedding(&rig, id, "no-such", "1");
	}
	rig_feed_numbers(&rig, 0, 64);
	rig_feed_end(&rig);
	ck_assert(rig_await(&rig));
	ck_assert_int_eq(rig_together(&rig), 32);
	rig_answer(&rig, 404, "", "{\"error\":{\"message\":\"no such model\"}}");
	rig_run_out(&rig);
	/* the model is there again */
	ck_assert_uint_eq(rig_counts(&rig)->ok, 96);
}
END_TEST

START_TEST(what_is_expected_is_asked_of_each)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4, .adjust = expect_one));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 3);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 3);
	ck_assert_int_eq(rig.started, 4); /* the last attempt of each alone */
}
END_TEST

/* Some answer to the oldest request; with `kind` most of them good. */
static void answer_somehow(uint64_t kind)
{
	static const struct {
		int status;
		const char *headers, *body;
	} bad[] = {
		{413, "", "{}"},
		{400, "", "{\"error\":{\"message\":\"bad\"}}"},
		{429, "retry-after: 1\r\n", "{}"},
		{429, "", "{\"error\":{\"message\":\"Request too large\"}}"},
		{500, "", "oops"},
		{503, "retry-after-ms: 20\r\n", ""},
		{200, "", "{\"data\":[]}"},
		{200, "", "{\"data\":[{\"index\":1,\"embedding\":[1]}]}"},
		{200, "", "not json"},
		{401, "", "{}"},
		{404, "", "{}"},
	};
	size_t i = kind % 32;

	if (i == 31)
		rig_fail(&rig, NET_ERROR);
	else if (i == 30)
		rig_fail(&rig, NET_TOO_LARGE);
	else if (i < sizeof(bad) / sizeof(bad[0]))
		rig_answer(&rig, bad[i].status, bad[i].headers, bad[i].body);
	else
		rig_answer_ok(&rig);
}

static void command_somehow(uint64_t kind)
{
	static const char *const commands[] = {"cancel", "hold", "release", "retry", "raise 5"};
	char text[40];

	snprintf(text, sizeof(text), "%s e%d", commands[kind % 5], (int)(kind / 5 % 60));
	rig_command(&rig, text);
}

static void release_all(void)
{
	char text[40];

	for (int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "release e%d", i);
		rig_command(&rig, text);
	}
	rig_command(&rig, "resume");
}

START_TEST(whatever_happens_each_ends_once)
{
	struct rng rng;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		const struct item_counts *c;
		int steps = 0;

		rng_seed(&rng, seed);
		rig_open(
			&rig, RIG(.concurrency = 1 + (int)(seed % 4), .pack = 1 << (1 + seed % 5)));
		rig_feed_numbers(&rig, 0, 60);
		rig_feed_end(&rig);
		engine_set_interactive(rig.engine, true);
		while (!engine_complete(rig.engine) && ++steps < 20000) {
			int64_t wake_us = rig_turn(&rig); /* asserts that the counts add up */

			if (steps > 500)
				release_all();
			else if (rng_next(&rng) % 4 == 0)
				command_somehow(rng_next(&rng) >> 8);
			if (rig.in_flight)
				answer_somehow(rng_next(&rng) >> 8);
			else if (wake_us != NEVER_US && wake_us > rig.now_us)
				rig.now_us = wake_us;
		}
		c = rig_counts(&rig);
		ck_assert_msg(engine_complete(rig.engine), "seed %d", (int)seed);
		ck_assert_uint_eq(c->ok + c->failed + c->cancelled, 60);
		ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), (int)c->ok);
		for (int i = 0; i < 60; i++) {
			char text[64];
			int n;

			snprintf(text, sizeof(text), "{\"custom_id\":\"e%d\"", i);
			n = rig_grep(&rig, "results", text);
			ck_assert_int_le(n, 1);
			snprintf(text, sizeof(text), "\"embedding\":[%d]", i);
			/* a lone item takes whatever it gets */
			ck_assert(i == 1 || rig_grep(&rig, "results", text) <= 1);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		failures_count_against_each_and_the_last_attempt_is_made_alone,
		an_item_that_crashes_the_server_takes_nobody_with_it,
		bad_items_here_and_there_do_not_end_packing,
		a_rate_limit_is_told_once_and_all_go_together_again,
		what_rate_limits_never_let_pass_gets_smaller,
		a_size_that_passed_before_is_not_to_blame_for_a_rate_limit,
		a_refused_key_holds_all_and_probes_with_one, what_an_answer_lacks_is_tried_again,
		an_answer_that_nobody_can_assign_is_nobodys,
		a_server_that_cannot_take_lists_gets_few, one_of_a_pack_can_be_cancelled,
		a_cancelled_one_goes_whatever_the_answer, all_of_a_pack_cancelled_end_its_transfer,
		one_held_by_hand_is_held_when_its_pack_fails,
		a_stop_queues_all_again_and_a_resumed_run_ends_each_once,
		a_broken_connection_counts_against_each, a_wrong_model_ends_the_batch_early,
		one_refusal_of_many_items_ends_no_batch, what_is_expected_is_asked_of_each,
		whatever_happens_each_ends_once, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "pack_trouble", .tests = tests, .tear_down = rig_tear_down});
}
