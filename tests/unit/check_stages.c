/* Rows on their way through a pipeline: what is sent when, what is kept, how they end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

START_TEST(a_chain_runs_one_stage_after_the_other)
{
	rig_open_rows(&rig, "chain", 1);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_step(&rig, "b one", RIG_CHAT("two"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 0);
	rig_step(&rig, "c two 7", RIG_CHAT("three"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig.started, 3);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"stage\""), 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"stages\":{\"a\":{\"status_code\":200"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":3,\"retries\":0"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"tokens_in\":9,\"tokens_out\":12"), 1);
	ck_assert(engine_complete(rig.engine));
}
END_TEST

START_TEST(stages_without_a_path_between_them_run_at_once)
{
	rig_open_rows(&rig, "diamond", 1);
	ck_assert_int_eq(rig.in_flight, 2);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	rig_step(&rig, "r i0", RIG_CHAT("R"));
	ck_assert_int_eq(rig.in_flight, 1);
	rig_step(&rig, "l i0", RIG_CHAT("L"));
	rig_step(&rig, "L+R", RIG_CHAT("J"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

/* The next stage would be paid for twice, were this one's answer lost. */
START_TEST(nothing_starts_before_what_it_builds_on_is_written)
{
	rig_open_rows(&rig, "chain", 1);
	rig_answer(&rig, 200, "", RIG_CHAT("one"));
	engine_turn(rig.engine, rig.now_us, 0);
	ck_assert_int_eq(rig.in_flight, 0);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 1);
	rig_turn(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
}
END_TEST

START_TEST(each_stage_has_room_of_its_own)
{
	rig_open_rows(&rig, "chain", 8);
	ck_assert_int_eq(rig.in_flight, 4);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	ck_assert_int_eq(rig.in_flight, 5); /* b has room of its own */
	ck_assert_ptr_nonnull(strstr(rig.call[4].sent, "b one"));
	ck_assert_ptr_nonnull(strstr(rig.call[3].sent, "a Ti4"));
}
END_TEST

/* Killed after each stage: the rest is sent, and nothing twice. */
START_TEST(finished_stages_are_not_sent_again)
{
	static const char *const sent[] = {"a Ti0", "b one", "c two 7"};
	static const char *const answers[] = {RIG_CHAT("one"), RIG_CHAT("two"), RIG_CHAT("three")};

	for (int killed = 0; killed < 3; killed++) {
		rig_open_rows(&rig, "chain", 1);
		for (int i = 0; i < killed; i++)
			rig_step(&rig, sent[i], answers[i]);
		rig_reopen_rows(&rig, 1, false);
		for (int i = killed; i < 3; i++)
			rig_step(&rig, sent[i], answers[i]);
		ck_assert_int_eq(rig.started, 3 - killed);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
		ck_assert_int_eq(rig_grep(&rig, "results", "\"tokens_in\":9"), 1);
		rig_reopen_rows(&rig, 1, false);
		ck_assert_int_eq(rig.started, 0);
		ck_assert_int_eq(rig_grep(&rig, "results", "i0"), 1);
	}
}
END_TEST

START_TEST(parallel_stages_are_kept_one_by_one)
{
	rig_open_rows(&rig, "diamond", 1);
	rig_step(&rig, "r i0", RIG_CHAT("R"));
	rig_reopen_rows(&rig, 1, false);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_step(&rig, "l i0", RIG_CHAT("L"));
	rig_step(&rig, "L+R", RIG_CHAT("J"));
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

/* A stage that asks something else now is done again, and those behind it. */
START_TEST(a_changed_stage_is_sent_again)
{
	rig_open_rows(&rig, "chain", 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_step(&rig, "b one", RIG_CHAT("two"));
	rig.options.pipeline = "chain-other";
	rig_reopen_rows(&rig, 1, false);
	rig_step(&rig, "other one", RIG_CHAT("x"));
	ck_assert_int_eq(rig.started, 1);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(a_changed_row_begins_anew)
{
	rig_open_rows(&rig, "chain", 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_reopen(&rig, false);
	rig_feed(&rig, "{\"custom_id\":\"i0\",\"title\":\"new\"}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_ptr_nonnull(strstr(rig.call[0].sent, "a new"));
}
END_TEST

START_TEST(a_stage_that_fails_ends_the_item_and_a_retry_keeps_the_others)
{
	rig_open_rows(&rig, "chain", 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_answer(&rig, 400, "", RIG_REFUSED);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"stage\":\"b\",\"attempt\":1"), 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"b\":{\"failed\":true},\"c\":null"), 1);
	rig_reopen_rows(&rig, 1, false);
	ck_assert_int_eq(rig.started, 0);
	rig_reopen_rows(&rig, 1, true);
	rig_step(&rig, "b one", RIG_CHAT("two"));
	rig_step(&rig, "c two", RIG_CHAT("three"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(a_retry_by_hand_keeps_finished_stages)
{
	rig_open_rows(&rig, "chain", 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_answer(&rig, 400, "", RIG_REFUSED);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "retry i0").ok);
	rig_turn(&rig);
	rig_step(&rig, "b one", RIG_CHAT("two"));
	rig_step(&rig, "c two", RIG_CHAT("three"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(a_stage_is_retried_by_itself)
{
	rig_open_rows(&rig, "diamond", 1);
	rig_answer(&rig, 500, "", "{}");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	rig_step(&rig, "l i0", RIG_CHAT("L"));
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 1);
	rig.now_us += INT64_C(1000000);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_step(&rig, "r i0", RIG_CHAT("R"));
	rig_step(&rig, "L+R", RIG_CHAT("J"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"stage\":\"r\",\"attempt\":1"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":4,\"retries\":1"), 1);
}
END_TEST

START_TEST(a_stage_is_skipped_when_its_condition_does_not_hold)
{
	rig_open_rows(&rig, "when", 1);
	rig_step(&rig, "a i0", RIG_CHAT("stop"));
	rig_step(&rig, "c []", RIG_CHAT("end"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"b\":{\"skipped\":true}"), 1);
}
END_TEST

START_TEST(an_item_may_end_early)
{
	rig_open_rows(&rig, "early-end", 1);
	ck_assert_int_eq(rig.in_flight, 2);
	rig_answer_at(&rig, 1, 200, RIG_CHAT("hit"));
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 0); /* what is in flight is paid for: let finish */
	rig_step(&rig, "embed", RIG_CHAT("vector"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig.started, 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"answer\":null"), 1);
}
END_TEST

START_TEST(what_is_not_needed_any_more_may_fail)
{
	rig_open_rows(&rig, "early-end", 1);
	rig_answer_at(&rig, 1, 200, RIG_CHAT("hit"));
	rig_answer(&rig, 500, "", "{}");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

/* Killed between the hit and the end: the hit is known. */
START_TEST(an_early_end_survives_a_crash)
{
	rig_open_rows(&rig, "early-end", 1);
	rig_answer_at(&rig, 1, 200, RIG_CHAT("hit"));
	rig_turn(&rig);
	rig_reopen_rows(&rig, 1, false);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"response\":{\"status_code\":200"), 1);
}
END_TEST

START_TEST(an_item_that_fails_lets_its_other_stages_finish)
{
	rig_open_rows(&rig, "diamond", 1);
	rig_answer(&rig, 400, "", RIG_REFUSED);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	rig_answer(&rig, 200, "", RIG_CHAT("L"));
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"response\":{\"status_code\":400"), 1);
	rig_reopen_rows(&rig, 1, true);
	ck_assert_int_eq(rig.in_flight, 1); /* the other one is kept */
	rig_step(&rig, "r i0", RIG_CHAT("R"));
	rig_step(&rig, "L+R", RIG_CHAT("J"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(an_answer_that_lacks_a_field_fails_the_item_and_is_done_again)
{
	rig_open_rows(&rig, "deep", 1);
	rig_step(&rig, "a i0", RIG_CHAT("no JSON"));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "the answer of stage a has no"), 1);
	rig_reopen_rows(&rig, 1, true);
	rig_step(&rig, "a i0", RIG_CHAT("{\\\"list\\\":[1,2]}"));
	rig_step(&rig, "\"prompt\":[1,2]", RIG_CHAT("end"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(a_row_without_a_field_is_bad_input)
{
	rig_open(&rig, RIG(.concurrency = 4, .pipeline = "chain"));
	rig_feed(&rig, "{\"custom_id\":\"x\",\"other\":1}");
	rig_feed(&rig, "[1]");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "the row has no field \\\"title\\\""), 1);
	ck_assert_int_eq(rig.started, 0);
}
END_TEST

START_TEST(the_operator_cancels_all_that_is_in_flight_of_an_item)
{
	rig_open_rows(&rig, "diamond", 1);
	ck_assert(rig_command(&rig, "cancel i0").ok);
	rig_answer(&rig, 200, "", "");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 0);
	rig_answer(&rig, 200, "", "");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 1);
	ck_assert(engine_complete(rig.engine));
	ck_assert(rig_command(&rig, "retry i0").ok);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 2);
}
END_TEST

START_TEST(the_operator_holds_an_item_between_its_stages)
{
	rig_open_rows(&rig, "diamond", 1);
	engine_set_interactive(rig.engine, true);
	ck_assert(rig_command(&rig, "hold i0").ok);
	rig_step(&rig, "r i0", RIG_CHAT("R"));
	rig_answer(&rig, 200, "", RIG_CHAT("L"));
	rig_turn(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 0);
	ck_assert_uint_eq(rig_counts(&rig)->held, 1);
	ck_assert(rig_command(&rig, "release i0").ok);
	rig_turn(&rig);
	rig_step(&rig, "L+R", RIG_CHAT("J"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(waiting_rows_tell_stage_and_time)
{
	struct item_row rows[4];
	struct rows_info info;

	rig_open_rows(&rig, "chain", 2);
	port_rows(&rig.port, QUERY_ACTIVE, 0, rows, 4, &info);
	ck_assert_uint_eq(info.total, 2);
	ck_assert_str_eq(rows[0].stage, "a");
	rig_answer(&rig, 500, "", "{}");
	rig_turn(&rig);
	ck_assert_uint_eq(port_rows(&rig.port, QUERY_ACTIVE, 0, rows, 4, &info), 2);
	ck_assert_str_eq(rows[1].id, "i0");
	ck_assert_str_eq(rows[1].stage, "a");
	ck_assert_int_eq(rows[1].attempt, 1);
	ck_assert_int_eq(rows[1].max_attempts, 3);
	ck_assert_int_gt(rows[1].due_us, rig.now_us);
}
END_TEST

/* Three attempts, each the first of its stage, are not the third of at most three. */
START_TEST(rows_of_ended_items_count_the_attempts_of_all_stages)
{
	static const struct item_query all = {.filter = ""};
	struct item_row rows[4];
	struct rows_info info;

	rig_open_rows(&rig, "chain", 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_step(&rig, "b one", RIG_CHAT("two"));
	rig_step(&rig, "c two 7", RIG_CHAT("three"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(port_rows(&rig.port, &all, 0, rows, 4, &info), 1);
	ck_assert_int_eq(rows[0].attempt, 3);
	ck_assert_int_eq(rows[0].max_attempts, 0);
}
END_TEST

START_TEST(details_tell_what_each_stage_answered)
{
	struct item_detail d;

	rig_open_rows(&rig, "chain", 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	ck_assert(port_detail(&rig.port, 1, &d));
	ck_assert_ptr_nonnull(strstr(d.request_body, "b one"));
	ck_assert_ptr_nonnull(strstr(d.stages, "\"a\":{\"status_code\":200"));
	ck_assert_ptr_nonnull(strstr(d.stages, "\"b\":{\"in_flight\":true}"));
	port_detail_free(&d);
	rig_step(&rig, "b one", RIG_CHAT("two"));
	rig_step(&rig, "c two", RIG_CHAT("three"));
	ck_assert(port_detail(&rig.port, 1, &d));
	ck_assert_ptr_nonnull(strstr(d.stages, "\"c\":{\"status_code\":200"));
	port_detail_free(&d);
}
END_TEST

/* One stage's wait is not the run's. */
START_TEST(the_run_is_held_when_all_its_stages_are)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	rig_open_rows(&rig, "diamond", 1);
	for (int i = 0; i < 2; i++) {
		rig_answer(&rig, 429, "Retry-After: 30\r\n", "{}");
		rig_turn(&rig);
	}
	port_snapshot(&rig.port, s);
	ck_assert_int_gt(s->endpoints[0].lane.hold_until_us, rig.now_us);
	ck_assert_int_eq(s->state, RUN_RUNNING); /* the third is open */
	ck_assert_str_eq(rig_command(&rig, "endpoint j").text, "stage j is selected for the limit "
							       "keys");
	ck_assert(!rig_command(&rig, "endpoint j weight 2").ok);
	free(s);
}
END_TEST

/* A slow last stage holds the first ones back: memory stays bounded. */
START_TEST(rows_are_opened_only_as_fast_as_they_end)
{
	rig_open_rows(&rig, "chain", 2000);
	ck_assert(rig_command(&rig, "endpoint b pause").ok);
	for (int i = 0; i < 1500 && rig.in_flight; i++) {
		rig_answer(&rig, 200, "", RIG_CHAT("one"));
		rig_turn(&rig);
		ck_assert_uint_lt(rig_view(&rig)->open_rows, 120);
	}
	ck_assert_int_eq(rig.in_flight, 0);
	ck_assert(rig_command(&rig, "endpoint b resume").ok);
	rig_turn(&rig);
	ck_assert_int_gt(rig.in_flight, 0);
}
END_TEST

/* What the operator and the network may do, in any order. */
static void something_happens(struct rng *rng)
{
	static const char *const commands[] = {"cancel i3", "hold i4", "release i4", "retry i3",
		"retry i5", "pause", "resume", "pause all", "resume", "raise i6", "hold i7",
		"release i7", "retry i4", "cancel i8"};
	int place = rig.in_flight ? (int)(rng_next(rng) % (uint64_t)rig.in_flight) : 0;
	uint64_t dice = rng_next(rng) % 20;

	if (dice < 2)
		rig_command(&rig, commands[rng_next(rng) % (sizeof(commands) / sizeof(*commands))]);
	else if (dice == 2)
		rig.now_us += INT64_C(3000000);
	else if (!rig.in_flight)
		rig.now_us += INT64_C(100000);
	else if (dice == 3)
		rig_answer_at(&rig, place, 500, "{}");
	else if (dice == 4)
		rig_break(&rig, place);
	else if (dice == 5)
		rig_answer_at(&rig, place, 400, RIG_REFUSED);
	else if (dice == 6)
		rig_answer_at(&rig, place, 429, "{}");
	else if (dice == 7)
		rig_answer_at(&rig, place, 401, "{}");
	else if (dice == 8)
		rig_answer_at(&rig, place, 200, "no JSON");
	else
		rig_answer_at(&rig, place, 200, RIG_CHAT("hit"));
	if (dice & 1)
		rig_turn(&rig);
}

START_TEST(whatever_happens_each_row_ends_once)
{
	static const char *const pipelines[] = {"chain", "diamond", "when", "early-end"};
	char text[40];

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct rng rng;

		rng_seed(&rng, seed);
		rig_open(&rig, RIG(.concurrency = 3, .pipeline = pipelines[seed % 4]));
		rig_feed_rows(&rig, 10);
		for (int i = 0; i < 150; i++) {
			something_happens(&rng);
			rig_check(&rig);
			if (rng_next(&rng) % 60)
				continue;
			rig_reopen(&rig, rng_next(&rng) % 2);
			rig_feed_rows(&rig, 10);
		}
		rig_reopen(&rig, true);
		rig_feed_rows(&rig, 10);
		for (int i = 0; i < 400 && !engine_complete(rig.engine); i++) {
			rig_turn(&rig);
			if (rig.in_flight)
				rig_answer(&rig, 200, "", RIG_CHAT("hit"));
			rig.now_us += INT64_C(100000);
		}
		ck_assert_msg(rig_counts(&rig)->ok == 10, "seed %d: %d ok", (int)seed,
			(int)rig_counts(&rig)->ok);
		ck_assert_uint_eq(rig_view(&rig)->open_rows, 0);
		for (int i = 0; i < 10; i++) {
			snprintf(text, sizeof(text), "\"custom_id\":\"i%d\"", i);
			ck_assert_int_eq(rig_grep(&rig, "results", text), 1);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_chain_runs_one_stage_after_the_other,
		stages_without_a_path_between_them_run_at_once,
		nothing_starts_before_what_it_builds_on_is_written, each_stage_has_room_of_its_own,
		finished_stages_are_not_sent_again, parallel_stages_are_kept_one_by_one,
		a_changed_stage_is_sent_again, a_changed_row_begins_anew,
		a_stage_that_fails_ends_the_item_and_a_retry_keeps_the_others,
		a_retry_by_hand_keeps_finished_stages, a_stage_is_retried_by_itself,
		a_stage_is_skipped_when_its_condition_does_not_hold, an_item_may_end_early,
		what_is_not_needed_any_more_may_fail, an_early_end_survives_a_crash,
		an_item_that_fails_lets_its_other_stages_finish,
		an_answer_that_lacks_a_field_fails_the_item_and_is_done_again,
		a_row_without_a_field_is_bad_input,
		the_operator_cancels_all_that_is_in_flight_of_an_item,
		the_operator_holds_an_item_between_its_stages, waiting_rows_tell_stage_and_time,
		rows_of_ended_items_count_the_attempts_of_all_stages,
		details_tell_what_each_stage_answered, the_run_is_held_when_all_its_stages_are,
		rows_are_opened_only_as_fast_as_they_end, whatever_happens_each_row_ends_once,
		NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "stages", .tests = tests, .tear_down = rig_tear_down});
}
