/* Answers of earlier runs (--cache), in virtual time, out of a store made of memory. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;
static struct rig_store store;

/* The store of another test. */
static void forget(void)
{
	store = (struct rig_store){.n = 0};
}

static void expect_another(struct engine_config *config)
{
	static struct expects expects;

	expects = (struct expects){.n = 0};
	ck_assert(expects_add(&expects, "id=d", NULL));
	config->expects = &expects;
	config->expect_attempts = 1;
}

START_TEST(the_second_run_sends_nothing)
{
	struct error err = {""};

	rig_open(&rig, RIG(.concurrency = 4, .cache = &store));
	rig_feed_same(&rig, "a", 5, 5);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 5);
	ck_assert_int_eq(store.kept, 5);
	ck_assert_uint_eq(rig_view(&rig)->cached, 0);
	rig_open(&rig, RIG(.concurrency = 4, .cache = &store));
	rig_feed_same(&rig, "b", 5, 5);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
	ck_assert(engine_complete(rig.engine));
	ck_assert_int_eq(
		rig_grep(&rig, "results", "\"attempts\":0,\"cached\":true,\"ended_ms\":"), 5);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"request_id\":\"req-then\""), 5);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"body\":" RIG_ANSWER), 5);
	ck_assert_msg(engine_write_end(rig.engine, rig.now_us, 0, &err), "%s", err.text);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"cached\":5,\"shared\":0"), 1);
}
END_TEST

START_TEST(an_item_s_answer_tells_who_asked_for_it)
{
	static const char *const says[] = {"HTTP 200\n", "requested by an earlier run (--cache)\n",
		"requested by line 1 (--dedupe)\n"};

	for (int run = 0; run < 2; run++) {
		rig_open(&rig, RIG(.concurrency = 4, .cache = &store, .dedupe = true));
		rig_feed_same(&rig, "a", 2, 1);
		rig_feed_end(&rig);
		rig_run_out(&rig);
		for (int line = 0; line < 2; line++) {
			struct item_detail d;

			ck_assert(port_detail(&rig.port, (uint64_t)line + 1, &d));
			ck_assert_ptr_nonnull(strstr(d.response_head, says[line ? 2 : run]));
			port_detail_free(&d);
		}
	}
}
END_TEST

START_TEST(a_hit_costs_nothing_and_counts_in_no_statistics)
{
	const struct snapshot *s;

	rig_open(&rig, RIG(.concurrency = 4, .cache = &store));
	rig_feed_same(&rig, "a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 21);
	rig_open(&rig, RIG(.concurrency = 4, .cache = &store));
	rig_feed_same(&rig, "a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	s = rig_view(&rig);
	ck_assert_uint_eq(s->cached, 3);
	ck_assert_uint_eq(s->shared, 0);
	ck_assert_uint_eq(s->attempts, 0);
	ck_assert_uint_eq(s->tokens_in + s->tokens_out, 0);
	ck_assert_double_eq(s->cost.tokens, 0);
	ck_assert_int_eq(s->session.p50_us, -1);
	/* nor when the run is taken up again */
	rig_reopen(&rig, false);
	rig_feed_same(&rig, "a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 0);
}
END_TEST

/* Half of it was there: what the other half costs is not halved by that. */
START_TEST(a_burst_of_hits_makes_nothing_cheaper)
{
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 50, 50);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 350);
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 100, 100);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_view(&rig)->cached, 50);
	ck_assert_double_lt(rig_view(&rig)->cost.projected_tokens, 0);
	for (int i = 0; i < 10; i++) {
		rig.now_us += 10 * US_PER_S;
		rig_answer(&rig, 200, "", RIG_ANSWER);
		rig_turn(&rig);
	}
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 70);
	ck_assert_double_eq_tol(rig_view(&rig)->cost.projected_tokens, 350, 1);
	rig_run_out(&rig);
	ck_assert_double_eq_tol(rig_view(&rig)->cost.projected_tokens, 350, 1);
}
END_TEST

START_TEST(the_same_request_is_known_however_it_is_written)
{
	static const struct {
		const char *members, *body;
		bool hit;
	} cases[] = {
		{"", "{\"model\":\"m\",\"n\":10}", true},
		{"", "{ \"n\" : 1e1, \"\\u006dodel\" : \"\\u006d\" }", true},
		{",\"metadata\":{\"x\":1}", "{\"model\":\"m\",\"n\":10}", true},
		{",\"priority\":\"high\"", "{\"model\":\"m\",\"n\":10}", true},
		{"", "{\"model\":\"m\",\"n\":11}", false},
		{"", "{\"model\":\"m\",\"n\":\"10\"}", false},
		{"", "{\"model\":\"m\",\"n\":10,\"n\":10}", false},
		{",\"headers\":{\"X-Mode\":\"b\"}", "{\"model\":\"m\",\"n\":10}", false},
		{",\"headers\":{\"X-Api-Key\":\"k\"}", "{\"model\":\"m\",\"n\":10}", false},
	};

	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_chat(&rig, "a", "", "{\"model\":\"m\",\"n\":10}");
	rig_feed_end(&rig);
	rig_run_out(&rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
		rig_feed_chat(&rig, "b", cases[i].members, cases[i].body);
		rig_feed_end(&rig);
		rig_turn(&rig);
		ck_assert_msg(rig.started == !cases[i].hit, "case %zu", i);
	}
}
END_TEST

/* Whose secret it is decides what is answered. */
START_TEST(lines_with_their_own_secrets_are_left_alone)
{
	for (int run = 0; run < 2; run++) {
		rig_open(&rig, RIG(.concurrency = 1, .cache = &store, .dedupe = true));
		rig_feed_chat(
			&rig, "a", ",\"headers\":{\"Authorization\":\"Bearer sk-own-1\"}", "{}");
		rig_feed_chat(
			&rig, "b", ",\"headers\":{\"Authorization\":\"Bearer sk-own-2\"}", "{}");
		rig_feed_end(&rig);
		rig_run_out(&rig);
		ck_assert_int_eq(rig.started, 2);
	}
	ck_assert_int_eq(store.kept + store.asked, 0);
}
END_TEST

START_TEST(only_good_answers_are_kept)
{
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 3, 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	rig_turn(&rig);
	rig_answer(&rig, 200, "", "no JSON");
	rig_turn(&rig);
	ck_assert_int_eq(store.kept, 0);
	rig_run_out(&rig);
	ck_assert_int_eq(store.kept, 2);
}
END_TEST

START_TEST(what_is_expected_now_counts_for_answers_of_then)
{
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 1, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store, .adjust = expect_another));
	rig_feed_same(&rig, "a", 1, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_answer_ok(&rig); /* the server has not changed its mind: failed, and not kept */
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(store.kept, 1);
}
END_TEST

/* Somebody may have put anything there. */
START_TEST(a_stored_answer_that_is_none_is_asked_for_again)
{
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 1, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	snprintf(store.at[0].body, sizeof(store.at[0].body), "{\"id\":\"c\"");
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 1, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(a_turn_handles_a_bounded_number_of_hits)
{
	rig_open(&rig, RIG(.concurrency = 4, .cache = &store));
	rig_feed_same(&rig, "a", 1000, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	ck_assert_int_le(rig_turn(&rig), rig.now_us);
	ck_assert_uint_ge(rig_counts(&rig)->ok, 200);
	ck_assert_uint_le(rig_counts(&rig)->ok, 300);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1000);
}
END_TEST

START_TEST(a_miss_is_looked_up_once_however_long_it_waits)
{
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 2, 2);
	rig_feed_end(&rig);
	for (int i = 0; i < 50; i++)
		rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_int_eq(store.asked, 2);
	rig_run_out(&rig);
}
END_TEST

START_TEST(no_hit_ends_an_item_of_a_paused_or_drained_run)
{
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 1, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_command(&rig, "pause");
	rig_feed_same(&rig, "a", 1, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 1);
	rig_command(&rig, "resume");
	rig_command(&rig, "drain");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 1);
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
}
END_TEST

/* ---- stages ---- */

static void open_chain(const char *more)
{
	char line[120];

	rig_open(&rig, RIG(.concurrency = 4, .pipeline = "cached", .cache = &store));
	for (int i = 0; i < 3; i++) {
		snprintf(line, sizeof(line),
			"{\"custom_id\":\"i%d\",\"title\":\"T%d\",\"more\":\"%s\"}", i, i, more);
		rig_feed(&rig, line);
	}
	rig_feed_end(&rig);
	while (!engine_complete(rig.engine)) {
		int64_t wake_us = rig_turn(&rig);

		if (rig.in_flight)
			rig_answer_ok(&rig);
		else
			ck_assert(engine_complete(rig.engine) || wake_us <= rig.now_us);
	}
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
}

START_TEST(stages_are_not_asked_again_what_they_answered)
{
	open_chain("x");
	ck_assert_int_eq(rig.started, 5); /* two rows wait for room while the first is answered */
	open_chain("x");
	ck_assert_int_eq(rig.started, 0);
	ck_assert_uint_eq(rig_view(&rig)->cached, 6);
	ck_assert_double_eq(rig_view(&rig)->cost.tokens, 0);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":0,\"retries\":0"), 3);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"request_id\":\"req-then\""), 3);
	open_chain("y"); /* the first stage only */
	ck_assert_int_ge(rig.started, 1);
	ck_assert_uint_eq(rig_view(&rig)->cached + (uint64_t)rig.started, 6);
}
END_TEST

/* What those behind a stage cannot work with would fail them in every run. */
START_TEST(a_stage_s_answer_that_lacks_something_is_forgotten)
{
	rig_open(&rig, RIG(.concurrency = 4, .pipeline = "cached", .cache = &store));
	rig_feed(&rig, "{\"custom_id\":\"i\",\"title\":\"T\",\"more\":\"x\"}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 200, "", "{\"choices\":[{\"text\":\"\"}]}");
	for (int i = 0; i < 3; i++)
		rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(store.kept, 1);
	rig_command(&rig, "retry #1");
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_answer_ok(&rig);
	for (int i = 0; i < 3; i++)
		rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
}
END_TEST

/* ---- answers in doubt ---- */

static void doubt_first_two(void)
{
	engine_doubted(rig.engine,
		(const struct answer_name[]){{.item = 0, .attempt = 1}, {.item = 1, .attempt = 1}},
		2, false, rig.now_us, 0);
}

START_TEST(what_was_in_doubt_is_not_taken_from_a_store_that_has_not_forgotten_yet)
{
	store.forgets_later = true;
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store, .retry_doubtful = true));
	rig_feed_same(&rig, "a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	doubt_first_two();
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 5);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"cached\""), 0);
}
END_TEST

START_TEST(nor_by_items_that_come_later)
{
	store.forgets_later = true;
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 3, 3);
	rig_run_out(&rig);
	doubt_first_two();
	for (int round = 0; round < 2; round++) {
		rig_feed_same(&rig, round ? "c" : "b", 3, 3);
		rig_run_out(&rig);
		ck_assert_int_eq(rig.started, 5 + 2 * round);
	}
}
END_TEST

START_TEST(nor_when_the_run_was_killed_in_between)
{
	store.forgets_later = true;
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store, .retry_doubtful = true));
	rig_feed_same(&rig, "a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	doubt_first_two();
	rig_turn(&rig);
	for (int session = 0; session < 2; session++) {
		rig_reopen(&rig, false);
		rig_feed_same(&rig, "a", 3, 3);
		rig_feed_end(&rig);
		rig_turn(&rig);
		ck_assert_int_eq(rig.started, 1);
	}
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	rig_feed_same(&rig, "b", 3, 3);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 4);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"cached\""), 1);
}
END_TEST

START_TEST(a_later_session_has_the_store_forget_what_is_in_doubt)
{
	store.forgets_later = true;
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	doubt_first_two();
	rig_turn(&rig);
	store.forgets_later = false;
	rig_reopen(&rig, false);
	rig_feed_same(&rig, "a", 3, 3);
	rig_open(&rig, RIG(.concurrency = 1, .cache = &store));
	rig_feed_same(&rig, "b", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
}
END_TEST

/* A pack passes items of other models over, time and again. */
START_TEST(a_miss_is_looked_up_once_however_often_packs_pass_it_over)
{
	char id[16];

	rig_open(&rig, RIG(.concurrency = 1, .cache = &store, .pack = 4));
	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "%d", i);
		rig_feed_embedding(&rig, id, i % 2 ? "odd" : "even", id);
	}
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 10);
	ck_assert_int_eq(store.asked, 40);
}
END_TEST

START_TEST(a_run_that_asks_for_none_of_it_has_none_of_it)
{
	rig_open(&rig, RIG(.concurrency = 8));
	rig_feed_same(&rig, "a", 20, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 20);
	ck_assert_int_eq(
		rig_grep(&rig, "results", "cached") + rig_grep(&rig, "results", "same_as"), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_second_run_sends_nothing,
		an_item_s_answer_tells_who_asked_for_it, a_burst_of_hits_makes_nothing_cheaper,
		a_hit_costs_nothing_and_counts_in_no_statistics,
		the_same_request_is_known_however_it_is_written,
		lines_with_their_own_secrets_are_left_alone, only_good_answers_are_kept,
		what_is_expected_now_counts_for_answers_of_then,
		a_stored_answer_that_is_none_is_asked_for_again,
		a_turn_handles_a_bounded_number_of_hits,
		a_miss_is_looked_up_once_however_long_it_waits,
		a_miss_is_looked_up_once_however_often_packs_pass_it_over,
		no_hit_ends_an_item_of_a_paused_or_drained_run,
		stages_are_not_asked_again_what_they_answered,
		a_stage_s_answer_that_lacks_something_is_forgotten,
		what_was_in_doubt_is_not_taken_from_a_store_that_has_not_forgotten_yet,
		nor_by_items_that_come_later, nor_when_the_run_was_killed_in_between,
		a_later_session_has_the_store_forget_what_is_in_doubt,
		a_run_that_asks_for_none_of_it_has_none_of_it, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "reuse", .tests = tests, .set_up = forget, .tear_down = rig_tear_down});
}
