/* Embeddings that share requests, in virtual time: who goes together, and what each gets. */
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "unit.h"

static struct rig rig;

/* Runs out on a server that takes at most so many inputs, and no such one. */
static void run_out_as(int at_most, const char *bad)
{
	while (rig_await(&rig)) {
		if (rig_together(&rig) > at_most)
			rig_answer(&rig, 413, "", "{\"error\":{\"message\":\"too many\"}}");
		else if (strstr(rig.call[0].sent, bad))
			rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"invalid input\"}}");
		else
			rig_answer_ok(&rig);
	}
	rig_turn(&rig);
}

START_TEST(items_share_requests_and_have_results_of_their_own)
{
	const struct snapshot *v;

	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 10);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 4);
	ck_assert_int_eq(lane_in_flight(rig.lane[0]), 1);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"m\",\"input\":[\"0\",\"1\",\"2\",\"3\"]}");
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 3);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 10);
	for (int i = 0; i < 10; i++) {
		char text[300];

		snprintf(text, sizeof(text),
			"{\"custom_id\":\"e%d\",\"id\":\"sluice-%d\",\"response\":{\"status_code\":"
			"200,\"request_id\":\"r1\",\"body\":{\"object\":\"list\",\"data\":[{"
			"\"object\":\"embedding\",\"index\":0,\"embedding\":[%d]}],\"model\":\"m\","
			"\"usage\":{\"prompt_tokens\":10,\"total_tokens\":10}}},\"error\":null",
			i, i + 1, i);
		ck_assert_msg(rig_grep(&rig, "results", text) == 1, "item %d", i);
	}
	ck_assert_int_eq(rig_grep(&rig, "results", "\"packed\":4"), 8);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"packed\":2"), 2);
	v = rig_view(&rig);
	ck_assert_uint_eq(v->attempts, 3);
	ck_assert_uint_eq(v->tokens_in, 100);
	ck_assert_uint_eq(v->packed_items, 10);
	ck_assert_uint_eq(v->packed_requests, 3);
	ck_assert_double_eq_tol(v->cost.tokens, 100, 1e-6);
}
END_TEST

START_TEST(without_the_option_each_goes_alone)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_numbers(&rig, 0, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 3);
	ck_assert_int_eq(rig_grep(&rig, "results", "packed"), 0);
}
END_TEST

START_TEST(a_bad_item_ends_alone_and_spends_nobody_elses_attempts)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 16));
	rig_feed_numbers(&rig, 0, 40);
	rig_feed_end(&rig);
	run_out_as(99, "\"21\"");
	ck_assert_uint_eq(rig_counts(&rig)->ok, 39);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	/* the only failed attempt is its own, with its own message */
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"attempt\""), 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"split\""), 4);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"final\""), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id\":\"e21\""), 0);
	ck_assert_uint_eq(rig_row(&rig, 21).outcome, OUTCOME_OK);
}
END_TEST

START_TEST(what_is_too_large_is_split_and_the_size_is_learned)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 64));
	rig_feed_numbers(&rig, 0, 400);
	rig_feed_end(&rig);
	run_out_as(10, "no such");
	ck_assert_uint_eq(rig_counts(&rig)->ok, 400);
	/* 50 are needed with eights, the size that halving comes to */
	ck_assert_int_le(rig.started, 75);
}
END_TEST

START_TEST(an_answer_larger_than_allowed_is_split)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_fail(&rig, NET_TOO_LARGE);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	ck_assert_int_eq(rig.started, 3);
}
END_TEST

START_TEST(models_and_other_calls_do_not_mix)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	for (int i = 0; i < 4; i++) {
		char id[16];

		snprintf(id, sizeof(id), "%d", i);
		rig_feed_embedding(&rig, id, i % 2 ? "odd" : "even", id);
	}
	rig_feed_many(&rig, "chat", 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"even\",\"input\":[\"0\",\"2\"]}");
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"odd\",\"input\":[\"1\",\"3\"]}");
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"m\"}");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 6);
	ck_assert_int_eq(rig.started, 4);
}
END_TEST

START_TEST(tokens_bound_a_request)
{
	char text[101] = "";

	memset(text, 'x', sizeof(text) - 1);
	rig_open(&rig, RIG(.concurrency = 1, .pack = 16, .pack_tokens = 60));
	for (int i = 0; i < 5; i++) {
		char id[16];

		snprintf(id, sizeof(id), "%d", i);
		rig_feed_embedding(&rig, id, "m", text);
	}
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig_together(&rig), 2);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
}
END_TEST

START_TEST(a_budget_bounds_a_request)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 16));
	/* the first one is thought to cost 257 */
	ck_assert(rig_command(&rig, "set budget tokens 260").ok);
	rig_feed_numbers(&rig, 0, 60);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_gt(rig_together(&rig), 1);
	ck_assert_int_lt(rig_together(&rig), 16);
	rig_run_out(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
}
END_TEST

START_TEST(each_is_a_row_in_flight_and_can_be_looked_at)
{
	struct rows_info info;
	struct item_row row[8];
	struct item_detail detail;

	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(port_rows(&rig.port, QUERY_ACTIVE, 0, row, 8, &info), 4);
	ck_assert_str_eq(row[3].id, "e3");
	ck_assert_str_eq(row[3].phase, "sent");
	ck_assert(port_detail(&rig.port, 3, &detail));
	ck_assert_str_eq(detail.request_body, "{\"model\":\"m\",\"input\":\"2\"}");
	port_detail_free(&detail);
	rig_run_out(&rig);
	ck_assert(port_detail(&rig.port, 3, &detail));
	ck_assert_ptr_nonnull(strstr(detail.response_body, "\"embedding\":[2]"));
	ck_assert_ptr_nonnull(strstr(detail.response_head, "asked: with 3 others (--pack)\n"));
	port_detail_free(&detail);
}
END_TEST

START_TEST(items_that_ask_the_same_do_not_take_a_place)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4, .dedupe = true));
	rig_feed_embedding(&rig, "a", "m", "1");
	rig_feed_embedding(&rig, "b", "m", "2");
	rig_feed_embedding(&rig, "c", "m", "1");
	rig_feed_embedding(&rig, "d", "m", "2");
	rig_feed_embedding(&rig, "e", "m", "3");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"m\",\"input\":[\"1\",\"2\",\"3\"]}");
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"embedding\":[1]"), 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"embedding\":[2]"), 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":1"), 1);
}
END_TEST

START_TEST(the_same_when_one_of_the_pack_is_bad)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4, .dedupe = true));
	rig_feed_embedding(&rig, "a", "m", "1");
	rig_feed_embedding(&rig, "b", "m", "2");
	rig_feed_embedding(&rig, "c", "m", "1");
	rig_feed_embedding(&rig, "d", "m", "2");
	rig_feed_end(&rig);
	run_out_as(99, "\"2\"");
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 2);
	ck_assert(engine_complete(rig.engine));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {items_share_requests_and_have_results_of_their_own,
		without_the_option_each_goes_alone,
		a_bad_item_ends_alone_and_spends_nobody_elses_attempts,
		what_is_too_large_is_split_and_the_size_is_learned,
		an_answer_larger_than_allowed_is_split, models_and_other_calls_do_not_mix,
		tokens_bound_a_request, a_budget_bounds_a_request,
		each_is_a_row_in_flight_and_can_be_looked_at,
		items_that_ask_the_same_do_not_take_a_place, the_same_when_one_of_the_pack_is_bad,
		NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "engine_pack", .tests = tests, .tear_down = rig_tear_down});
}
