/* Rows on their way through a pipeline when something holds them up: refusals, changed files, the
 * operator. */

#include <string.h>

#include "base/clock.h"
#include "work/stage_outputs.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

static void add_stage(void *ctx, int stage, uint64_t offset)
{
	(void)offset;
	buf_addf(ctx, "%d ", stage);
}

START_TEST(outputs_are_kept_in_the_order_they_came)
{
	struct stage_outputs k;
	struct buf seen;

	stage_outputs_init(&k);
	buf_init(&seen, 100);
	stage_outputs_add(&k, 7, 0, 100);
	stage_outputs_add(&k, 7, 2, 200);
	stage_outputs_add(&k, 8, 1, 250);
	stage_outputs_add(&k, 7, 1, 300);
	stage_outputs_add(&k, 7, 0, 400); /* done again */
	stage_outputs_each(&k, 7, add_stage, &seen);
	ck_assert_str_eq(buf_str(&seen), "2 1 0 ");
	stage_outputs_forget(&k, 7, 1);
	buf_clear(&seen);
	stage_outputs_each(&k, 7, add_stage, &seen);
	ck_assert_str_eq(buf_str(&seen), "2 0 ");
	buf_free(&seen);
	stage_outputs_free(&k);
}
END_TEST

/* All that is left of the pipeline has answered already: the last answer is the item's. */
START_TEST(a_pipeline_that_lost_its_end_answers_with_what_came_last)
{
	rig_open_rows(&rig, "chain", 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_step(&rig, "b one", RIG_CHAT("two"));
	rig.options.pipeline = "chain-short";
	rig_reopen_rows(&rig, 1, false);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"response\":{\"status_code\":200"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"body\":" RIG_CHAT("two") "},\"error\""), 1);
}
END_TEST

/* All that is left are tasks of one stage, refused for ever as a limit would. */
START_TEST(a_tail_of_tasks_that_are_always_refused_comes_to_an_end)
{
	int64_t start_us, wake_us;

	rig_open(&rig, RIG(.concurrency = 0, .pipeline = "chain"));
	rig_feed_rows(&rig, 4);
	start_us = rig.now_us;
	while (!engine_over(rig.engine) && rig.now_us - start_us < 1800 * US_PER_S) {
		wake_us = rig_turn(&rig);
		if (!rig.in_flight && wake_us > rig.now_us)
			rig.now_us = wake_us != NEVER_US ? wake_us : rig.now_us + US_PER_S;
		for (int i = 0; i < 3; i++)
			lane_tick(rig.lane[i], rig.now_us);
		if (rig.in_flight && !strncmp(rig.call[0].sent + 23, "b", 1))
			rig_answer(&rig, 503, "", "");
		else if (rig.in_flight)
			rig_answer(&rig, 200, "", RIG_CHAT("one"));
	}
	ck_assert(engine_over(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 4);
}
END_TEST

/* Another row, which is not begun yet, could show who is at fault: a prepared task of the very row
 * does not stand for it. */
START_TEST(a_row_is_not_the_last_one_while_another_waits_to_be_opened)
{
	rig_open(&rig, RIG(.concurrency = 0, .pipeline = "diamond"));
	ck_assert(rig_command(&rig, "set concurrency 1").ok);
	ck_assert(rig_command(&rig, "endpoint r pause").ok);
	rig_feed_rows(&rig, 3);
	for (int i = 0; i < 12; i++) {
		rig_await(&rig);
		rig_answer(&rig, 503, "", "");
		lane_tick(rig.lane[0], rig.now_us);
	}
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
}
END_TEST

/* However many rows are held half way, the others go theirs. */
START_TEST(rows_held_by_hand_make_room_for_others)
{
	rig_open_rows(&rig, "chain", 400);
	ck_assert(rig_command(&rig, "endpoint b pause").ok);
	while (rig.in_flight) {
		rig_answer(&rig, 200, "", RIG_CHAT("one"));
		rig_turn(&rig);
	}
	ck_assert(rig_command(&rig, "hold where attempts:1").ok);
	ck_assert(rig_command(&rig, "endpoint b resume").ok);
	for (int i = 0; i < 5; i++)
		rig_turn(&rig);
	ck_assert_int_gt(rig_counts(&rig)->held, 60);
	ck_assert_int_gt(rig.in_flight, 0);
	ck_assert_ptr_nonnull(strstr(rig.call[0].sent, "a T"));
}
END_TEST

/* A wrong model in a later stage would have every row pay for the earlier ones. */
START_TEST(a_stage_that_refuses_all_stops_the_run)
{
	rig_open_rows(&rig, "chain", 200);
	for (int i = 0; i < 400 && rig.in_flight; i++) {
		if (strstr(rig.call[0].sent, "\"b "))
			rig_answer(&rig, 400, "", RIG_REFUSED);
		else
			rig_answer(&rig, 200, "", RIG_CHAT("one"));
		rig_turn(&rig);
	}
	ck_assert_uint_ge(rig_counts(&rig)->failed, 20);
	ck_assert_uint_lt(rig_counts(&rig)->failed, 40);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "the first 20 answers to stage b"));
}
END_TEST

/* Nobody is there to mend a key that only a later stage uses. */
START_TEST(a_stage_s_key_that_is_refused_from_the_start_ends_a_headless_run)
{
	rig_open_rows(&rig, "chain", 200);
	for (int i = 0; i < 1000 && engine_note(rig.engine)[0] == '\0'; i++) {
		if (!rig.in_flight)
			rig.now_us += INT64_C(1000000);
		else if (strstr(rig.call[0].sent, "\"b "))
			rig_answer(&rig, 401, "", "{}");
		else
			rig_answer(&rig, 200, "", RIG_CHAT("one"));
		rig_turn(&rig);
	}
	ck_assert_msg(strstr(engine_note(rig.engine), "to stage b are all \"401/403 auth"), "%s",
		engine_note(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
}
END_TEST

/* What a budget has left is the same whenever it is looked at. */
START_TEST(each_stage_is_counted_once_against_a_budget)
{
	rig_open_rows(&rig, "chain", 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_answer(&rig, 400, "", RIG_REFUSED);
	rig_turn(&rig);
	rig_reopen_rows(&rig, 1, true);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 7);
	rig_step(&rig, "b one", RIG_CHAT("two"));
	rig_step(&rig, "c two", RIG_CHAT("three"));
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 21);
	rig_reopen_rows(&rig, 1, false);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 21);
}
END_TEST

/* A stage that fails may have been paid for, as an item may. */
START_TEST(the_record_of_a_failed_row_has_the_cost_of_the_stage_that_failed)
{
	static const char no_choice[] =
		"{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}";

	rig_open(&rig, RIG(.concurrency = 4, .pipeline = "chain", .max_attempts = 1));
	rig_feed_rows(&rig, 1);
	rig_step(&rig, "a Ti0", RIG_CHAT("one"));
	rig_step(&rig, "b one", no_choice);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"tokens_in\":6,\"tokens_out\":8"), 1);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 14);
}
END_TEST

/* The others show that it is the row, in the first stage as in a later one. */
START_TEST(a_row_that_alone_is_refused_is_refused_twice)
{
	static const char *const refused[] = {"a Ti3\"", "b third\""};

	for (int k = 0; k < 2; k++) {
		int n = 0;

		rig_open(&rig, RIG(.concurrency = 1, .pipeline = "chain"));
		rig_feed_rows(&rig, 30);
		while (rig_await(&rig) && rig.started < 200)
			if (strstr(rig.call[0].sent, refused[k])) {
				rig_answer(&rig, 403, "", "{}");
				n++;
			} else if (strstr(rig.call[0].sent, "a Ti3\"")) {
				rig_answer(&rig, 200, "", RIG_CHAT("third"));
			} else {
				rig_answer(&rig, 200, "", RIG_CHAT("x"));
			}
		ck_assert_uint_eq(rig_counts(&rig)->ok, 29);
		ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
		ck_assert_int_eq(n, 2);
	}
}
END_TEST

START_TEST(a_headless_run_of_one_row_gives_a_refused_key_up)
{
	int64_t start_us;

	rig_open_rows(&rig, "chain", 1);
	start_us = rig.now_us;
	while (rig_await(&rig) && rig.now_us - start_us < 3600 * US_PER_S)
		rig_answer(&rig, 401, "", "{}");
	ck_assert(engine_over(rig.engine));
	ck_assert_int_le(rig.now_us - start_us, 120 * US_PER_S);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "to stage a are all \"401/403 auth"));
}
END_TEST

/* A line break in a header: the row's fault or the answer's. */
START_TEST(an_answer_that_makes_no_request_is_asked_for_again)
{
	rig_open_rows(&rig, "header", 1);
	rig_step(&rig, "a i0", RIG_CHAT("x\\r\\nEvil: 1"));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"outcome\":\"bad_response\""), 1);
	ck_assert_int_eq(rig.started, 1);
	rig_reopen_rows(&rig, 1, true);
	rig_step(&rig, "a i0", RIG_CHAT("x"));
	ck_assert_int_eq(rig.in_flight, 1);
}
END_TEST

START_TEST(a_row_that_makes_no_request_is_bad_input)
{
	rig_open(&rig, RIG(.concurrency = 4, .pipeline = "header"));
	rig_feed(&rig, "{\"custom_id\":\"i0\",\"id\":1,\"title\":\"x\\ny\"}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_step(&rig, "a 1", RIG_CHAT("fine"));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"outcome\":\"bad_input\""), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {outputs_are_kept_in_the_order_they_came,
		a_pipeline_that_lost_its_end_answers_with_what_came_last,
		a_tail_of_tasks_that_are_always_refused_comes_to_an_end,
		a_row_is_not_the_last_one_while_another_waits_to_be_opened,
		rows_held_by_hand_make_room_for_others,
		the_record_of_a_failed_row_has_the_cost_of_the_stage_that_failed,
		a_row_that_alone_is_refused_is_refused_twice,
		a_headless_run_of_one_row_gives_a_refused_key_up,
		a_stage_that_refuses_all_stops_the_run,
		a_stage_s_key_that_is_refused_from_the_start_ends_a_headless_run,
		each_stage_is_counted_once_against_a_budget,
		an_answer_that_makes_no_request_is_asked_for_again,
		a_row_that_makes_no_request_is_bad_input, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "stages in trouble", .tests = tests, .tear_down = rig_tear_down});
}
