/* Embeddings of a pipeline's stage that share requests, in virtual time. */
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "unit.h"

static struct rig rig;
static struct rig_store store;

/* Rows r<from> to r<to - 1> of two models, whose texts are the numbers. */
static void feed(int from, int to)
{
	char line[80];

	for (int i = from; i < to; i++) {
		snprintf(line, sizeof(line),
			"{\"custom_id\":\"r%d\",\"text\":\"%d\",\"model\":\"m%d\"}", i, i, i % 2);
		rig_feed(&rig, line);
	}
	rig_feed_end(&rig);
	rig_turn(&rig);
}

static void open_with(int rows, int pack)
{
	rig_open(&rig, RIG(.concurrency = 1, .pipeline = "embed", .pack = pack));
	feed(0, rows);
}

/* The first request under way whose body holds the text; -1. */
static int place_of(const char *text)
{
	for (int i = 0; i < rig.in_flight; i++)
		if (strstr(rig.call[i].sent, text))
			return i;
	return -1;
}

/* Runs out on a server that takes no pack with this text. */
static void run_out_without(const char *bad)
{
	while (rig_await(&rig)) {
		if (rig.call[0].embeddings && strstr(rig.call[0].sent, bad))
			rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"invalid input\"}}");
		else
			rig_answer_ok(&rig);
	}
	rig_turn(&rig);
}

START_TEST(a_stage_s_tasks_share_requests)
{
	open_with(10, 4);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 4);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"m\",\"input\":[\"0\",\"1\",\"2\",\"3\"]}");
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 3 + 10);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 10);
	ck_assert_uint_eq(rig_view(&rig)->packed_items, 10);
	ck_assert_uint_eq(rig_view(&rig)->packed_requests, 3);
	for (int i = 0; i < 10; i++) {
		char text[80];

		snprintf(text, sizeof(text), "\"index\":0,\"embedding\":[%d]}]", i);
		ck_assert_int_eq(rig_grep(&rig, "journal", text), 1);
		ck_assert_int_eq(rig_grep(&rig, "results", text), 1);
	}
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":2,\"retries\":0"), 10);
}
END_TEST

/* However few rows may be open without packs. */
START_TEST(enough_rows_are_opened_for_full_requests)
{
	open_with(200, 100);
	ck_assert_int_eq(rig_together(&rig), 100);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 200);
	ck_assert_int_eq(rig.started, 2 + 200);
}
END_TEST

/* Rows that are passed over are no reason to open no more. */
START_TEST(rows_of_two_models_need_not_stand_in_order)
{
	rig_open(&rig, RIG(.concurrency = 1, .pipeline = "embed-models", .pack = 8));
	feed(0, 32);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 32);
	ck_assert_int_eq(rig.started, 4);
}
END_TEST

START_TEST(a_bad_row_of_a_pack_fails_alone)
{
	open_with(40, 16);
	run_out_without("\"21\"");
	ck_assert_uint_eq(rig_counts(&rig)->ok, 39);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"attempt\""), 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"split\",\"stage\":\"embed\""), 4);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id\":\"r21\""), 0);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"embed\":{\"failed\":true},\"ask\":null"), 1);
}
END_TEST

START_TEST(a_cancelled_row_leaves_the_others_of_its_pack_alone)
{
	for (int refused = 0; refused < 2; refused++) {
		open_with(4, 4);
		ck_assert(rig_command(&rig, "cancel r1").ok);
		ck_assert(!rig.call[0].cancelled);
		if (refused)
			rig_answer(&rig, 413, "", "{}");
		else
			rig_answer_ok(&rig);
		rig_turn(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->cancelled, 1);
		rig_run_out(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
		ck_assert_int_eq(rig.started, 4 + 2 * refused);
	}
	open_with(4, 4);
	ck_assert(rig_command(&rig, "cancel where state:in_flight").ok);
	ck_assert(rig.call[0].cancelled);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 4);
	ck_assert_int_eq(rig.started, 1);
}
END_TEST

START_TEST(a_row_held_in_flight_rests_when_its_pack_is_split)
{
	open_with(4, 4);
	ck_assert(rig_command(&rig, "hold r2").ok);
	rig_answer(&rig, 413, "", "{}");
	for (rig_turn(&rig); rig.in_flight; rig_turn(&rig))
		rig_answer_ok(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->held, 1);
	ck_assert_int_eq(rig_row(&rig, 3).state, ITEM_HELD);
	ck_assert(rig_command(&rig, "release r2").ok);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
}
END_TEST

/* A row that has failed beside is not asked for again when its pack is split. */
START_TEST(a_failed_row_does_not_go_on_in_halves)
{
	rig_open(&rig, RIG(.concurrency = 4, .pipeline = "embed-beside", .pack = 4));
	feed(0, 4);
	ck_assert_int_ge(place_of("beside 2"), 0);
	rig_answer_at(&rig, place_of("beside 2"), 400, RIG_REFUSED);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	rig_answer_at(&rig, place_of("[\"0\",\"1\""), 413, "{}");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(place_of("\"2\""), -1);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
}
END_TEST

START_TEST(what_a_pack_answered_is_not_asked_again_after_a_crash)
{
	open_with(8, 4);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	rig_reopen(&rig, false);
	feed(0, 8);
	ck_assert_int_ge(place_of("ask 0"), 0);
	ck_assert_int_ge(place_of("[\"4\",\"5\",\"6\",\"7\"]"), 0);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 8);
	ck_assert_int_eq(rig.started, 1 + 8);
	rig_reopen(&rig, false);
	feed(0, 8);
	ck_assert_int_eq(rig.started, 0);
}
END_TEST

START_TEST(known_answers_take_no_place_in_a_pack)
{
	store = (struct rig_store){.n = 0};
	rig_open(&rig, RIG(.concurrency = 1, .pipeline = "embed", .pack = 4, .cache = &store));
	feed(0, 3);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1 + 3);
	ck_assert_int_eq(store.kept, 6);
	rig_open(&rig, RIG(.concurrency = 1, .pipeline = "embed", .pack = 4, .cache = &store));
	feed(0, 7);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"m\",\"input\":[\"3\",\"4\",\"5\",\"6\"]}");
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1 + 4);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 7);
	ck_assert_uint_eq(rig_view(&rig)->cached, 6);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_stage_s_tasks_share_requests,
		enough_rows_are_opened_for_full_requests,
		rows_of_two_models_need_not_stand_in_order, a_bad_row_of_a_pack_fails_alone,
		a_cancelled_row_leaves_the_others_of_its_pack_alone,
		a_row_held_in_flight_rests_when_its_pack_is_split,
		a_failed_row_does_not_go_on_in_halves,
		what_a_pack_answered_is_not_asked_again_after_a_crash,
		known_answers_take_no_place_in_a_pack, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "stages and packs", .tests = tests, .tear_down = rig_tear_down});
}
