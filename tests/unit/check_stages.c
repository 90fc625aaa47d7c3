/* Rows on their way through a pipeline: what is sent when, what is kept, how they end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "stages_rig.h"

START_TEST(a_chain_runs_one_stage_after_the_other)
{
	open_with(CHAIN, 1);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	step("a Ti0", CHAT("one"));
	step("b one", CHAT("two"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 0);
	step("c two 7", CHAT("three"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig.started, 3);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"stage\""), 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"stages\":{\"a\":{\"status_code\":200"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":3,\"retries\":0"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"tokens_in\":9,\"tokens_out\":12"), 1);
	ck_assert(engine_complete(rig.engine));
	shut();
}
END_TEST

START_TEST(stages_without_a_path_between_them_run_at_once)
{
	open_with(DIAMOND, 1);
	ck_assert_int_eq(rig.in_flight, 2);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	step("r i0", CHAT("R"));
	ck_assert_int_eq(rig.in_flight, 1);
	step("l i0", CHAT("L"));
	step("L+R", CHAT("J"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

/* The next stage would be paid for twice, were this one's answer lost. */
START_TEST(nothing_starts_before_what_it_builds_on_is_written)
{
	open_with(CHAIN, 1);
	rig_answer(&rig, 200, "", CHAT("one"));
	engine_turn(rig.engine, rig.now_us, 0);
	ck_assert_int_eq(rig.in_flight, 0);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 1);
	rig_turn(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	shut();
}
END_TEST

START_TEST(each_stage_has_room_of_its_own)
{
	open_with(CHAIN, 8);
	ck_assert_int_eq(rig.in_flight, 4);
	step("a Ti0", CHAT("one"));
	ck_assert_int_eq(rig.in_flight, 5); /* b has room of its own */
	ck_assert_ptr_nonnull(strstr(rig.sent[4], "b one"));
	ck_assert_ptr_nonnull(strstr(rig.sent[3], "a Ti4"));
	shut();
}
END_TEST

/* Killed after each stage: the rest is sent, and nothing twice. */
START_TEST(finished_stages_are_not_sent_again)
{
	static const char *const sent[] = {"a Ti0", "b one", "c two 7"};
	static const char *const answers[] = {CHAT("one"), CHAT("two"), CHAT("three")};

	for (int killed = 0; killed < 3; killed++) {
		open_with(CHAIN, 1);
		for (int i = 0; i < killed; i++)
			step(sent[i], answers[i]);
		reopen(false);
		for (int i = killed; i < 3; i++)
			step(sent[i], answers[i]);
		ck_assert_int_eq(rig.started, 3 - killed);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
		ck_assert_int_eq(rig_grep(&rig, "results", "\"tokens_in\":9"), 1);
		reopen(false);
		ck_assert_int_eq(rig.started, 0);
		ck_assert_int_eq(rig_grep(&rig, "results", "i0"), 1);
		shut();
	}
}
END_TEST

START_TEST(parallel_stages_are_kept_one_by_one)
{
	open_with(DIAMOND, 1);
	step("r i0", CHAT("R"));
	reopen(false);
	ck_assert_int_eq(rig.in_flight, 1);
	step("l i0", CHAT("L"));
	step("L+R", CHAT("J"));
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

/* A stage that asks something else now is done again, and those behind it. */
START_TEST(a_changed_stage_is_sent_again)
{
	open_with(CHAIN, 1);
	step("a Ti0", CHAT("one"));
	step("b one", CHAT("two"));
	rig_set_pipeline(&rig,
		"{\"stages\":{\"a\":" BODY("a {{title}}") "},\"b\":{\"after\":\"a\",\"body\":{"
							  "\"input\":\"other {{a.text}}\"}}}}");
	reopen(false);
	step("other one", CHAT("x"));
	ck_assert_int_eq(rig.started, 1);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

START_TEST(a_changed_row_begins_anew)
{
	open_with(CHAIN, 1);
	step("a Ti0", CHAT("one"));
	rig_reopen(&rig, 4, false);
	rig_feed(&rig, "{\"custom_id\":\"i0\",\"title\":\"new\"}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_ptr_nonnull(strstr(rig.sent[0], "a new"));
	shut();
}
END_TEST

START_TEST(a_stage_that_fails_ends_the_item_and_a_retry_keeps_the_others)
{
	open_with(CHAIN, 1);
	step("a Ti0", CHAT("one"));
	rig_answer(&rig, 404, "", REFUSED);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"stage\":\"b\",\"attempt\":1"), 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"b\":{\"failed\":true},\"c\":null"), 1);
	reopen(false);
	ck_assert_int_eq(rig.started, 0);
	reopen(true);
	step("b one", CHAT("two"));
	step("c two", CHAT("three"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

START_TEST(a_retry_by_hand_keeps_finished_stages)
{
	open_with(CHAIN, 1);
	step("a Ti0", CHAT("one"));
	rig_answer(&rig, 404, "", REFUSED);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "retry i0").ok);
	rig_turn(&rig);
	step("b one", CHAT("two"));
	step("c two", CHAT("three"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

START_TEST(a_stage_is_retried_by_itself)
{
	open_with(DIAMOND, 1);
	rig_answer(&rig, 500, "", "{}");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	step("l i0", CHAT("L"));
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 1);
	rig.now_us += INT64_C(1000000);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	step("r i0", CHAT("R"));
	step("L+R", CHAT("J"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"stage\":\"r\",\"attempt\":1"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":4,\"retries\":1"), 1);
	shut();
}
END_TEST

#define WHEN                                                                                       \
	"{\"stages\":{\"a\":" BODY("a {{id}}") "},\"b\":{\"after\":\"a\",\"when\":\"a.text == "    \
					       "'go'\",\"body\":{\"input\":\"b\"}},\"c\":{"        \
					       "\"after\":\"b\",\"body\":{\"input\":\"c "          \
					       "[{{b.text}}]\"}}}}"

START_TEST(a_stage_is_skipped_when_its_condition_does_not_hold)
{
	open_with(WHEN, 1);
	step("a i0", CHAT("stop"));
	step("c []", CHAT("end"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"b\":{\"skipped\":true}"), 1);
	shut();
}
END_TEST

#define CACHE                                                                                      \
	"{\"stages\":{\"cache\":{\"body\":{\"input\":\"cache\"},\"finish_when\":\"cache.text == "  \
	"'hit'\"},\"embed\":{\"body\":{\"input\":\"embed\"}},\"answer\":{\"after\":[\"cache\","    \
	"\"embed\"],\"body\":{\"input\":\"answer\"}}}}"

START_TEST(an_item_may_end_early)
{
	open_with(CACHE, 1);
	ck_assert_int_eq(rig.in_flight, 2);
	rig_answer_at(&rig, 1, 200, CHAT("hit"));
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 0); /* what is in flight is paid for: let finish */
	step("embed", CHAT("vector"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig.started, 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"answer\":null"), 1);
	shut();
}
END_TEST

START_TEST(what_is_not_needed_any_more_may_fail)
{
	open_with(CACHE, 1);
	rig_answer_at(&rig, 1, 200, CHAT("hit"));
	rig_answer(&rig, 500, "", "{}");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

/* Killed between the hit and the end: the hit is known. */
START_TEST(an_early_end_survives_a_crash)
{
	open_with(CACHE, 1);
	rig_answer_at(&rig, 1, 200, CHAT("hit"));
	rig_turn(&rig);
	reopen(false);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"response\":{\"status_code\":200"), 1);
	shut();
}
END_TEST

START_TEST(an_item_that_fails_lets_its_other_stages_finish)
{
	open_with(DIAMOND, 1);
	rig_answer(&rig, 404, "", REFUSED);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	rig_answer(&rig, 200, "", CHAT("L"));
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"response\":{\"status_code\":404"), 1);
	reopen(true);
	ck_assert_int_eq(rig.in_flight, 1); /* the other one is kept */
	step("r i0", CHAT("R"));
	step("L+R", CHAT("J"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

#define DEEP                                                                                       \
	"{\"stages\":{\"a\":" BODY("a {{id}}") "},\"b\":{\"after\":\"a\",\"body\":{\"input\":"     \
					       "\"{{json a.json.list}}\"}}}}"

START_TEST(an_answer_that_lacks_a_field_fails_the_item_and_is_done_again)
{
	open_with(DEEP, 1);
	step("a i0", CHAT("no JSON"));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "the answer of stage a has no"), 1);
	reopen(true);
	step("a i0", CHAT("{\\\"list\\\":[1,2]}"));
	step("\"input\":[1,2]", CHAT("end"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

START_TEST(a_row_without_a_field_is_bad_input)
{
	rig_open_pipeline(&rig, 4, CHAIN);
	rig_feed(&rig, "{\"custom_id\":\"x\",\"other\":1}");
	rig_feed(&rig, "[1]");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "the row has no field \\\"title\\\""), 1);
	ck_assert_int_eq(rig.started, 0);
	shut();
}
END_TEST

START_TEST(the_operator_cancels_all_that_is_in_flight_of_an_item)
{
	open_with(DIAMOND, 1);
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
	shut();
}
END_TEST

START_TEST(the_operator_holds_an_item_between_its_stages)
{
	open_with(DIAMOND, 1);
	engine_set_interactive(rig.engine, true);
	ck_assert(rig_command(&rig, "hold i0").ok);
	step("r i0", CHAT("R"));
	rig_answer(&rig, 200, "", CHAT("L"));
	rig_turn(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 0);
	ck_assert_uint_eq(rig_counts(&rig)->held, 1);
	ck_assert(rig_command(&rig, "release i0").ok);
	rig_turn(&rig);
	step("L+R", CHAT("J"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	shut();
}
END_TEST

START_TEST(waiting_rows_tell_stage_and_time)
{
	struct item_row rows[4];
	struct rows_info info;

	open_with(CHAIN, 2);
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
	shut();
}
END_TEST

/* Three attempts, each the first of its stage, are not the third of at most three. */
START_TEST(rows_of_ended_items_count_the_attempts_of_all_stages)
{
	static const struct item_query all = {.filter = ""};
	struct item_row rows[4];
	struct rows_info info;

	open_with(CHAIN, 1);
	step("a Ti0", CHAT("one"));
	step("b one", CHAT("two"));
	step("c two 7", CHAT("three"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(port_rows(&rig.port, &all, 0, rows, 4, &info), 1);
	ck_assert_int_eq(rows[0].attempt, 3);
	ck_assert_int_eq(rows[0].max_attempts, 0);
	shut();
}
END_TEST

START_TEST(details_tell_what_each_stage_answered)
{
	struct item_detail d;

	open_with(CHAIN, 1);
	step("a Ti0", CHAT("one"));
	ck_assert(port_detail(&rig.port, 1, &d));
	ck_assert_ptr_nonnull(strstr(d.request_body, "b one"));
	ck_assert_ptr_nonnull(strstr(d.stages, "\"a\":{\"status_code\":200"));
	ck_assert_ptr_nonnull(strstr(d.stages, "\"b\":{\"in_flight\":true}"));
	port_detail_free(&d);
	step("b one", CHAT("two"));
	step("c two", CHAT("three"));
	ck_assert(port_detail(&rig.port, 1, &d));
	ck_assert_ptr_nonnull(strstr(d.stages, "\"c\":{\"status_code\":200"));
	port_detail_free(&d);
	shut();
}
END_TEST

/* One stage's wait is not the run's. */
START_TEST(the_run_is_held_when_all_its_stages_are)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	open_with(DIAMOND, 1);
	for (int i = 0; i < 2; i++) {
		rig_answer(&rig, 429, "Retry-After: 30\r\n", "{}");
		rig_turn(&rig);
	}
	port_snapshot(&rig.port, s);
	ck_assert_int_gt(s->endpoints[0].hold_until_us, rig.now_us);
	ck_assert_int_eq(s->state, RUN_RUNNING); /* the third is open */
	ck_assert_str_eq(
		rig_command(&rig, "endpoint j").text, "stage j: limits are its own from now on");
	ck_assert(!rig_command(&rig, "endpoint j weight 2").ok);
	free(s);
	shut();
}
END_TEST

/* A slow last stage holds the first ones back: memory stays bounded. */
START_TEST(rows_are_opened_only_as_fast_as_they_end)
{
	open_with(CHAIN, 2000);
	ck_assert(rig_command(&rig, "endpoint b pause").ok);
	for (int i = 0; i < 1500 && rig.in_flight; i++) {
		rig_answer(&rig, 200, "", CHAT("one"));
		rig_turn(&rig);
		ck_assert_uint_lt(rig_view(&rig)->open_rows, 120);
	}
	ck_assert_int_eq(rig.in_flight, 0);
	ck_assert(rig_command(&rig, "endpoint b resume").ok);
	rig_turn(&rig);
	ck_assert_int_gt(rig.in_flight, 0);
	shut();
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
		rig_answer_at(&rig, place, 404, REFUSED);
	else if (dice == 6)
		rig_answer_at(&rig, place, 429, "{}");
	else if (dice == 7)
		rig_answer_at(&rig, place, 401, "{}");
	else if (dice == 8)
		rig_answer_at(&rig, place, 200, "no JSON");
	else
		rig_answer_at(&rig, place, 200, CHAT("hit"));
	if (dice & 1)
		rig_turn(&rig);
}

static void feed_ten(void)
{
	char id[12];

	for (int i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "i%d", i);
		row(id);
	}
	rig_feed_end(&rig);
}

START_TEST(whatever_happens_each_row_ends_once)
{
	static const char *const pipelines[] = {CHAIN, DIAMOND, WHEN, CACHE};
	char text[40];

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct rng rng;

		rng_seed(&rng, seed);
		rig_open_pipeline(&rig, 3, pipelines[seed % 4]);
		feed_ten();
		for (int i = 0; i < 150; i++) {
			something_happens(&rng);
			rig_check(&rig);
			if (rng_next(&rng) % 60)
				continue;
			rig_reopen(&rig, 3, rng_next(&rng) % 2);
			feed_ten();
		}
		rig_reopen(&rig, 3, true);
		feed_ten();
		for (int i = 0; i < 400 && !engine_complete(rig.engine); i++) {
			rig_turn(&rig);
			if (rig.in_flight)
				rig_answer(&rig, 200, "", CHAT("hit"));
			rig.now_us += INT64_C(100000);
		}
		ck_assert_msg(rig_counts(&rig)->ok == 10, "seed %d: %d ok", (int)seed,
			(int)rig_counts(&rig)->ok);
		ck_assert_uint_eq(rig_view(&rig)->open_rows, 0);
		for (int i = 0; i < 10; i++) {
			snprintf(text, sizeof(text), "\"custom_id\":\"i%d\"", i);
			ck_assert_int_eq(rig_grep(&rig, "results", text), 1);
		}
		shut();
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

	return unit_run("stages", tests);
}
