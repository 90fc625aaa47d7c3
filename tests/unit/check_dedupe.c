/* One answer for all items that ask the same (--dedupe), in virtual time. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;
static struct rig_store store;

START_TEST(a_thousand_items_of_ten_requests_make_ten_calls)
{
	rig_open(&rig, RIG(.concurrency = 64, .dedupe = true));
	rig_feed_same(&rig, "a", 1000, 10);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_turn(&rig);
	rig_turn(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 10);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 990);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 10);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1000);
	ck_assert_uint_eq(rig_view(&rig)->shared, 990);
	ck_assert(engine_complete(rig.engine));
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":"), 990);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":10,\"ended_ms\":"), 99);
	ck_assert_int_eq(
		rig_grep(&rig, "results", "\"request_id\":\"r1\",\"body\":" RIG_ANSWER), 1000);
}
END_TEST

START_TEST(followers_stand_in_nobody_s_way)
{
	rig_open(&rig, RIG(.concurrency = 2, .dedupe = true));
	rig_feed_same(&rig, "a", 3000, 1);
	for (int i = 0; i < 20; i++)
		rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert(engine_wants_input(rig.engine));
	rig_feed_chat(&rig, "other", "", "{\"model\":\"m\",\"n\":99}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 2);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3001);
}
END_TEST

START_TEST(followers_wait_while_the_first_is_tried_again)
{
	rig_open(&rig, RIG(.concurrency = 8, .dedupe = true));
	rig_feed_same(&rig, "a", 4, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 500, "retry-after: 30\r\n", "");
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 0);
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 1);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 3);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
}
END_TEST

START_TEST(when_the_first_fails_the_next_is_sent)
{
	rig_open(&rig, RIG(.concurrency = 8, .dedupe = true));
	rig_feed_same(&rig, "a", 4, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	ck_assert_int_le(rig_turn(&rig), rig.now_us); /* it is written, then the next may go */
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_int_eq(rig_row(&rig, 2).state, ITEM_IN_FLIGHT);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":2,\"ended_ms\":"), 2);
}
END_TEST

START_TEST(all_fail_one_after_the_other_when_the_server_wants_none)
{
	rig_open(&rig, RIG(.concurrency = 8, .dedupe = true));
	rig_feed_same(&rig, "a", 6, 1);
	rig_feed_end(&rig);
	for (int i = 0; i < 6; i++) {
		rig_turn(&rig);
		rig_turn(&rig);
		ck_assert_int_eq(rig.in_flight, 1);
		rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	}
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 6);
	ck_assert(engine_complete(rig.engine));
}
END_TEST

/* Its turn has come, but a more urgent one was quicker. */
START_TEST(one_that_goes_from_leading_to_following_keeps_its_own)
{
	rig_open(&rig, RIG(.concurrency = 8, .dedupe = true));
	rig_feed_same(&rig, "a", 3, 1);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	rig_turn(&rig); /* the second has the third behind it now */
	rig_feed_chat(&rig, "urgent", ",\"priority\":\"high\"", "{\"model\":\"m\",\"n\":0}");
	rig_feed_chat(&rig, "late", "", "{\"model\":\"m\",\"n\":0}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_int_eq(rig_row(&rig, 4).state, ITEM_IN_FLIGHT);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	rig_turn(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 3);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
}
END_TEST

START_TEST(followers_obey_the_operator)
{
	rig_open(&rig, RIG(.concurrency = 8, .dedupe = true));
	rig_feed_same(&rig, "a", 6, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 5);
	ck_assert(rig_command(&rig, "cancel #2").ok);
	ck_assert(rig_command(&rig, "hold #3").ok);
	ck_assert(rig_command(&rig, "hold #4").ok);
	ck_assert(rig_command(&rig, "release #4").ok);
	rig_turn(&rig);
	ck_assert_int_eq(rig_row(&rig, 2).state, ITEM_CANCELLED);
	ck_assert_int_eq(rig_row(&rig, 3).state, ITEM_HELD);
	ck_assert_int_eq(rig_row(&rig, 4).state, ITEM_QUEUED); /* follows again */
	ck_assert_int_eq(rig.in_flight, 1);
	rig_answer_ok(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	ck_assert_int_eq(rig.started, 1);
	ck_assert(rig_command(&rig, "release #3").ok);
	ck_assert(rig_command(&rig, "retry #2").ok);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 6);
	ck_assert_int_eq(rig.started, 1);
}
END_TEST

START_TEST(when_the_first_is_cancelled_or_held_the_next_is_sent)
{
	rig_open(&rig, RIG(.concurrency = 8, .dedupe = true));
	rig_feed_same(&rig, "a", 6, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "cancel #1").ok);
	rig_answer_ok(&rig); /* comes as a cancelled one */
	rig_turn(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig_row(&rig, 1).state, ITEM_CANCELLED);
	ck_assert_int_eq(rig_row(&rig, 2).state, ITEM_IN_FLIGHT);
	rig_answer(&rig, 500, "retry-after: 30\r\n", "");
	rig_turn(&rig);
	ck_assert_int_eq(rig_row(&rig, 2).state, ITEM_WAITING);
	ck_assert(rig_command(&rig, "hold #2").ok);
	rig_turn(&rig);
	ck_assert_int_eq(rig_row(&rig, 2).state, ITEM_HELD);
	ck_assert_int_eq(rig_row(&rig, 3).state, ITEM_IN_FLIGHT);
	ck_assert(rig_command(&rig, "release #2").ok); /* a follower now */
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
	ck_assert_int_eq(rig.started, 3);
}
END_TEST

START_TEST(all_of_a_filter_at_once)
{
	rig_open(&rig, RIG(.concurrency = 8, .dedupe = true));
	rig_feed_same(&rig, "a", 40, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "hold where state:queued").ok);
	ck_assert_uint_eq(rig_counts(&rig)->held, 36);
	ck_assert(rig_command(&rig, "release where state:held").ok);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 4);
	ck_assert(rig_command(&rig, "raise where state:queued").ok);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 40);
	ck_assert_int_eq(rig.started, 4);
}
END_TEST

START_TEST(a_key_that_is_refused_holds_them_all_and_lets_them_go)
{
	rig_open(&rig, RIG(.concurrency = 2, .dedupe = true));
	rig_feed_same(&rig, "a", 6, 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	for (int i = 0; i < 40 && !rig_counts(&rig)->ok; i++) {
		while (rig.in_flight && i < 5)
			rig_answer(&rig, 401, "", "{\"error\":{\"message\":\"bad key\"}}");
		while (rig.in_flight)
			rig_answer_ok(&rig);
		rig_turn(&rig);
		rig.now_us += 20 * US_PER_S;
		rig_turn(&rig);
	}
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 6);
}
END_TEST

START_TEST(a_drained_run_goes_on_where_it_was)
{
	rig_open(&rig, RIG(.concurrency = 8, .dedupe = true));
	rig_feed_same(&rig, "a", 20, 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_command(&rig, "drain");
	rig_answer_ok(&rig);
	rig_answer(&rig, 500, "", "");
	rig_turn(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	rig_reopen(&rig, false);
	rig_feed_same(&rig, "a", 20, 2);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1); /* half of them have the answer of the session before */
	ck_assert_uint_eq(rig_counts(&rig)->ok, 20);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":1,\"ended_ms\":"), 9);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 20);
}
END_TEST

enum { CHAOS_ITEMS = 90, CHAOS_KINDS = 15 };

static void feed_chaos(void)
{
	rig_feed_same(&rig, "a", CHAOS_ITEMS, CHAOS_KINDS);
	rig_feed_end(&rig);
}

static uint64_t some(struct rng *rng, uint64_t below)
{
	return (rng_next(rng) >> 32) % below;
}

/* Whatever the operator, the server or a crash do. */
static void some_event(struct rng *rng)
{
	static const char *const commands[] = {"cancel #", "hold #", "release #", "retry #",
		"pause", "pause all", "resume", "hold where state:waiting",
		"release where state:held", "retry where state:failed", "raise 7 #",
		"set concurrency 1", "set concurrency 9", "cancel where line:"};
	static const int statuses[] = {200, 400, 400, 429, 500, 500, 500};
	const char *command;
	char text[64];
	int n;

	switch (some(rng, 8)) {
	case 0:
	case 1:
		command = commands[some(rng, sizeof(commands) / sizeof(commands[0]))];
		n = snprintf(text, sizeof(text), "%s", command);
		if (strchr("#:", text[n - 1]))
			snprintf(text + n, sizeof(text) - (size_t)n, "%u",
				(unsigned)(1 + some(rng, CHAOS_ITEMS)));
		rig_command(&rig, text);
		break;
	case 2:
		rig.now_us += (int64_t)some(rng, 40) * US_PER_S;
		break;
	case 3:
		if (!some(rng, 8)) {
			rig_reopen(&rig, some(rng, 2));
			feed_chaos();
		}
		break;
	default:
		if (rig.in_flight)
			rig_answer(&rig, statuses[some(rng, 7)], "", RIG_ANSWER);
	}
}

/* What the operator did not hold; nothing else is held, since no key is refused. */
static uint64_t unsettled(void)
{
	const struct item_counts *c = rig_counts(&rig);

	return c->queued + c->waiting + c->in_flight;
}

/* Nobody waits for ever for somebody who does not come. */
START_TEST(no_follower_is_ever_left_behind)
{
	struct rng rng;

	rng_seed(&rng, (uint64_t)_i);
	rig_open(&rig, RIG(.concurrency = 4, .dedupe = true));
	feed_chaos();
	rig_turn(&rig);
	rig_answer_ok(&rig); /* lest the run stops because its first answers are all refusals */
	for (int i = 0; i < 200; i++) {
		rig_turn(&rig);
		rig_check(&rig);
		some_event(&rng);
	}
	rig_command(&rig, "resume");
	/* those that are held by hand stay so: nobody may wait for them */
	for (int i = 0; i < 2000 && unsettled(); i++) {
		if (rig.in_flight)
			rig_answer_ok(&rig);
		else if (rig_turn(&rig) > rig.now_us)
			rig.now_us += US_PER_S;
		rig_turn(&rig);
		rig_check(&rig);
	}
	ck_assert_msg(!unsettled(), "seed %d: %lu queued, %lu waiting, %lu held", _i,
		rig_counts(&rig)->queued, rig_counts(&rig)->waiting, rig_counts(&rig)->held);
}
END_TEST

START_TEST(both_together_ask_the_store_once_for_each_request)
{
	rig_open(&rig, RIG(.concurrency = 8, .cache = &store, .dedupe = true));
	rig_feed_same(&rig, "a", 30, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 3);
	ck_assert_int_eq(store.kept, 3);
	ck_assert_int_eq(store.asked, 3);
	rig_open(&rig, RIG(.concurrency = 8, .cache = &store, .dedupe = true));
	rig_feed_same(&rig, "b", 30, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_int_eq(store.asked, 6);
	ck_assert_uint_eq(rig_view(&rig)->cached, 3);
	ck_assert_uint_eq(rig_view(&rig)->shared, 27);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 30);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_thousand_items_of_ten_requests_make_ten_calls,
		followers_stand_in_nobody_s_way, followers_wait_while_the_first_is_tried_again,
		when_the_first_fails_the_next_is_sent,
		all_fail_one_after_the_other_when_the_server_wants_none,
		one_that_goes_from_leading_to_following_keeps_its_own, followers_obey_the_operator,
		when_the_first_is_cancelled_or_held_the_next_is_sent, all_of_a_filter_at_once,
		a_key_that_is_refused_holds_them_all_and_lets_them_go,
		a_drained_run_goes_on_where_it_was,
		both_together_ask_the_store_once_for_each_request, NULL};

	return unit_run_suite(&(struct unit_suite){.name = "dedupe",
		.tests = tests,
		.loop = no_follower_is_ever_left_behind,
		.loops = 100,
		.tear_down = rig_tear_down});
}
