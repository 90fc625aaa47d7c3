/* Rows on their way through a pipeline when something holds them up: refusals, changed files, the
 * operator. */

#include "base/clock.h"
#include "work/stage_outputs.h"
#include "stages_rig.h"

static void add_stage(void *ctx, int stage, uint64_t offset)
{
	(void)offset;
	buf_addf(ctx, "%d ", stage);
}

START_TEST(outputs_are_kept_in_the_order_they_came)
{
	struct kept_outputs k;
	struct buf seen;

	kept_outputs_init(&k);
	buf_init(&seen, 100);
	kept_outputs_add(&k, 7, 0, 100);
	kept_outputs_add(&k, 7, 2, 200);
	kept_outputs_add(&k, 8, 1, 250);
	kept_outputs_add(&k, 7, 1, 300);
	kept_outputs_add(&k, 7, 0, 400); /* done again */
	kept_outputs_each(&k, 7, add_stage, &seen);
	ck_assert_str_eq(buf_str(&seen), "2 1 0 ");
	kept_outputs_forget(&k, 7, 1);
	buf_clear(&seen);
	kept_outputs_each(&k, 7, add_stage, &seen);
	ck_assert_str_eq(buf_str(&seen), "2 0 ");
	buf_free(&seen);
	kept_outputs_free(&k);
}
END_TEST

/* All that is left of the pipeline has answered already: the last answer is the item's. */
START_TEST(a_pipeline_that_lost_its_end_answers_with_what_came_last)
{
	open_with(CHAIN, 1);
	step("a Ti0", CHAT("one"));
	step("b one", CHAT("two"));
	rig_set_pipeline(&rig,
		"{\"stages\":{\"a\":" BODY("a {{title}}") "},\"b\":{\"after\":\"a\",\"body\":{"
							  "\"model\":\"m\",\"input\":\"b "
							  "{{a.text}}\"}}}}");
	reopen(false);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"response\":{\"status_code\":200"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"body\":" CHAT("two") "},\"error\""), 1);
	shut();
}
END_TEST

/* All that is left are tasks of one stage, refused for ever as a limit would. */
START_TEST(a_tail_of_tasks_that_are_always_refused_comes_to_an_end)
{
	int64_t start_us, wake_us;

	rig_open_pipeline(&rig, 0, CHAIN);
	for (int i = 0; i < 4; i++)
		row((const char *[]){"i0", "i1", "i2", "i3"}[i]);
	rig_feed_end(&rig);
	start_us = rig.now_us;
	while (!engine_over(rig.engine) && rig.now_us - start_us < 1800 * US_PER_S) {
		wake_us = rig_turn(&rig);
		if (!rig.in_flight && wake_us > rig.now_us)
			rig.now_us = wake_us != NEVER_US ? wake_us : rig.now_us + US_PER_S;
		for (int i = 0; i < 3; i++)
			lane_tick(rig.lane[i], rig.now_us);
		if (rig.in_flight && !strncmp(rig.sent[0] + 22, "b", 1))
			rig_answer(&rig, 503, "", "");
		else if (rig.in_flight)
			rig_answer(&rig, 200, "", CHAT("one"));
	}
	ck_assert(engine_over(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 4);
	shut();
}
END_TEST

/* However many rows are held half way, the others go theirs. */
START_TEST(rows_held_by_hand_make_room_for_others)
{
	open_with(CHAIN, 400);
	ck_assert(rig_command(&rig, "endpoint b pause").ok);
	while (rig.in_flight) {
		rig_answer(&rig, 200, "", CHAT("one"));
		rig_turn(&rig);
	}
	ck_assert(rig_command(&rig, "hold where attempts:1").ok);
	ck_assert(rig_command(&rig, "endpoint b resume").ok);
	for (int i = 0; i < 5; i++)
		rig_turn(&rig);
	ck_assert_int_gt(rig_counts(&rig)->held, 60);
	ck_assert_int_gt(rig.in_flight, 0);
	ck_assert_ptr_nonnull(strstr(rig.sent[0], "a T"));
	shut();
}
END_TEST

/* A wrong model in a later stage would have every row pay for the earlier ones. */
START_TEST(a_stage_that_refuses_all_stops_the_run)
{
	open_with(CHAIN, 200);
	for (int i = 0; i < 400 && rig.in_flight; i++) {
		if (strstr(rig.sent[0], "\"b "))
			rig_answer(&rig, 404, "", REFUSED);
		else
			rig_answer(&rig, 200, "", CHAT("one"));
		rig_turn(&rig);
	}
	ck_assert_uint_ge(rig_counts(&rig)->failed, 20);
	ck_assert_uint_lt(rig_counts(&rig)->failed, 40);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "the first 20 answers to stage b"));
	shut();
}
END_TEST

/* Nobody is there to mend a key that only a later stage uses. */
START_TEST(a_stage_s_key_that_is_refused_from_the_start_ends_a_headless_run)
{
	open_with(CHAIN, 200);
	for (int i = 0; i < 1000 && engine_note(rig.engine)[0] == '\0'; i++) {
		if (!rig.in_flight)
			rig.now_us += INT64_C(1000000);
		else if (strstr(rig.sent[0], "\"b "))
			rig_answer(&rig, 401, "", "{}");
		else
			rig_answer(&rig, 200, "", CHAT("one"));
		rig_turn(&rig);
	}
	ck_assert_msg(strstr(engine_note(rig.engine), "b: the key was rejected from the start"),
		"%s", engine_note(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	shut();
}
END_TEST

/* What a budget has left is the same whenever it is looked at. */
START_TEST(each_stage_is_counted_once_against_a_budget)
{
	open_with(CHAIN, 1);
	step("a Ti0", CHAT("one"));
	rig_answer(&rig, 404, "", REFUSED);
	rig_turn(&rig);
	reopen(true);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 7);
	step("b one", CHAT("two"));
	step("c two", CHAT("three"));
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 21);
	reopen(false);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 21);
	shut();
}
END_TEST

#define HEADER                                                                                     \
	"{\"stages\":{\"a\":" BODY("a {{id}}") "},\"b\":{\"after\":\"a\",\"url\":\"http://h/x\","  \
					       "\"headers\":{\"X\":\"{{a.text}}{{title}}\"}}}}"

/* A line break in a header: the row's fault or the answer's. */
START_TEST(an_answer_that_makes_no_request_is_asked_for_again)
{
	open_with(HEADER, 1);
	step("a i0", CHAT("x\\r\\nEvil: 1"));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"outcome\":\"bad_response\""), 1);
	ck_assert_int_eq(rig.started, 1);
	reopen(true);
	step("a i0", CHAT("x"));
	ck_assert_int_eq(rig.in_flight, 1);
	shut();
}
END_TEST

START_TEST(a_row_that_makes_no_request_is_bad_input)
{
	rig_open_pipeline(&rig, 4, HEADER);
	rig_feed(&rig, "{\"custom_id\":\"i0\",\"id\":1,\"title\":\"x\\ny\"}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	step("a 1", CHAT("fine"));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"outcome\":\"bad_input\""), 1);
	shut();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {outputs_are_kept_in_the_order_they_came,
		a_pipeline_that_lost_its_end_answers_with_what_came_last,
		a_tail_of_tasks_that_are_always_refused_comes_to_an_end,
		rows_held_by_hand_make_room_for_others, a_stage_that_refuses_all_stops_the_run,
		a_stage_s_key_that_is_refused_from_the_start_ends_a_headless_run,
		each_stage_is_counted_once_against_a_budget,
		an_answer_that_makes_no_request_is_asked_for_again,
		a_row_that_makes_no_request_is_bad_input, NULL};

	return unit_run("stages in trouble", tests);
}
