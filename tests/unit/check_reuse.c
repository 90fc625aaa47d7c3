/* Answers of earlier runs (--cache), in virtual time, out of a store made of memory. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "reuse_rig.h"
#include "unit.h"

static void with_expect(struct engine_config *config)
{
	static struct expects expects;

	expects = (struct expects){.n = 0};
	ck_assert(expects_add(&expects, "id=d", NULL));
	with_cache(config);
	config->expects = &expects;
	config->expect_attempts = 1;
}

START_TEST(the_second_run_sends_nothing)
{
	forget();
	open_rig(4, with_cache);
	feed_same("a", 5, 5);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 5);
	ck_assert_int_eq(n_kept, 5);
	ck_assert_uint_eq(look()->cached, 0);
	next_rig(4, with_cache);
	feed_same("b", 5, 5);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
	ck_assert(engine_complete(rig.engine));
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":0,\"cached\":true}}"), 5);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"request_id\":\"req-then\""), 5);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"body\":" ANSWER), 5);
	close_rig();
}
END_TEST

START_TEST(an_item_s_answer_tells_who_asked_for_it)
{
	static const char *const says[] = {"HTTP 200\n", "asked: by an earlier run (--cache)\n",
		"asked: by line 1 (--dedupe)\n"};

	forget();
	for (int run = 0; run < 2; run++) {
		open_rig(4, with_both);
		feed_same("a", 2, 1);
		rig_feed_end(&rig);
		rig_run_out(&rig);
		for (int line = 0; line < 2; line++) {
			struct item_detail d;

			ck_assert(port_detail(&rig.port, (uint64_t)line + 1, &d));
			ck_assert_ptr_nonnull(strstr(d.response_head, says[line ? 2 : run]));
			port_detail_free(&d);
		}
		close_rig();
	}
}
END_TEST

START_TEST(a_hit_costs_nothing_and_counts_in_no_statistics)
{
	const struct snapshot *s;

	forget();
	open_rig(4, with_cache);
	feed_same("a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_double_eq(look()->cost.tokens, 21);
	next_rig(4, with_cache);
	feed_same("a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	s = look();
	ck_assert_uint_eq(s->cached, 3);
	ck_assert_uint_eq(s->shared, 0);
	ck_assert_uint_eq(s->attempts, 0);
	ck_assert_uint_eq(s->tokens_in + s->tokens_out, 0);
	ck_assert_double_eq(s->cost.tokens, 0);
	ck_assert_int_eq(s->session.p50_us, -1);
	/* nor when the run is taken up again */
	rig_reopen(&rig, 4, false);
	feed_same("a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_double_eq(look()->cost.tokens, 0);
	close_rig();
}
END_TEST

/* Half of it was there: what the other half costs is not halved by that. */
START_TEST(a_burst_of_hits_makes_nothing_cheaper)
{
	forget();
	open_rig(1, with_cache);
	feed_same("a", 50, 50);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_double_eq(look()->cost.tokens, 350);
	next_rig(1, with_cache);
	feed_same("a", 100, 100);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(look()->cached, 50);
	ck_assert_double_lt(look()->cost.projected_tokens, 0);
	for (int i = 0; i < 10; i++) {
		rig.now_us += 10 * US_PER_S;
		rig_answer(&rig, 200, "", ANSWER);
		rig_turn(&rig);
	}
	ck_assert_double_eq(look()->cost.tokens, 70);
	ck_assert_double_eq_tol(look()->cost.projected_tokens, 350, 1);
	rig_run_out(&rig);
	ck_assert_double_eq_tol(look()->cost.projected_tokens, 350, 1);
	close_rig();
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

	forget();
	open_rig(1, with_cache);
	feed("a", "", "{\"model\":\"m\",\"n\":10}");
	rig_feed_end(&rig);
	rig_run_out(&rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		next_rig(1, with_cache);
		feed("b", cases[i].members, cases[i].body);
		rig_feed_end(&rig);
		rig_turn(&rig);
		ck_assert_msg(rig.started == !cases[i].hit, "case %zu", i);
	}
	close_rig();
}
END_TEST

/* Whose secret it is decides what is answered. */
START_TEST(lines_with_their_own_secrets_are_left_alone)
{
	forget();
	for (int run = 0; run < 2; run++) {
		open_rig(1, with_both);
		feed("a", ",\"headers\":{\"Authorization\":\"Bearer sk-own-1\"}", "{}");
		feed("b", ",\"headers\":{\"Authorization\":\"Bearer sk-own-2\"}", "{}");
		rig_feed_end(&rig);
		rig_run_out(&rig);
		ck_assert_int_eq(rig.started, 2);
		close_rig();
	}
	ck_assert_int_eq(n_kept + n_asked, 0);
}
END_TEST

START_TEST(only_good_answers_are_kept)
{
	forget();
	open_rig(1, with_cache);
	feed_same("a", 3, 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	rig_turn(&rig);
	rig_answer(&rig, 200, "", "no JSON");
	rig_turn(&rig);
	ck_assert_int_eq(n_kept, 0);
	rig_run_out(&rig);
	ck_assert_int_eq(n_kept, 2);
	close_rig();
}
END_TEST

START_TEST(what_is_expected_now_counts_for_answers_of_then)
{
	forget();
	open_rig(1, with_cache);
	feed_same("a", 1, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	next_rig(1, with_expect);
	feed_same("a", 1, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_answer_ok(&rig); /* the server has not changed its mind: failed, and not kept */
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(n_kept, 1);
	close_rig();
}
END_TEST

/* Somebody may have put anything there. */
START_TEST(a_stored_answer_that_is_none_is_asked_for_again)
{
	forget();
	open_rig(1, with_cache);
	feed_same("a", 1, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	snprintf(stored[0].body, sizeof(stored[0].body), "{\"id\":\"c\"");
	next_rig(1, with_cache);
	feed_same("a", 1, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	close_rig();
}
END_TEST

START_TEST(a_turn_handles_a_bounded_number_of_hits)
{
	forget();
	open_rig(4, with_cache);
	feed_same("a", 1000, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	ck_assert_int_le(rig_turn(&rig), rig.now_us);
	ck_assert_uint_ge(rig_counts(&rig)->ok, 200);
	ck_assert_uint_le(rig_counts(&rig)->ok, 300);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1000);
	close_rig();
}
END_TEST

START_TEST(a_miss_is_looked_up_once_however_long_it_waits)
{
	forget();
	open_rig(1, with_cache);
	feed_same("a", 2, 2);
	rig_feed_end(&rig);
	for (int i = 0; i < 50; i++)
		rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_int_eq(n_asked, 2);
	rig_run_out(&rig);
	close_rig();
}
END_TEST

START_TEST(no_hit_ends_an_item_of_a_paused_or_drained_run)
{
	forget();
	open_rig(1, with_cache);
	feed_same("a", 1, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	next_rig(1, with_cache);
	rig_command(&rig, "pause");
	feed_same("a", 1, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 1);
	rig_command(&rig, "resume");
	rig_command(&rig, "drain");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 1);
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	close_rig();
}
END_TEST

/* ---- stages ---- */

#define CHAIN                                                                                      \
	"{\"stages\":{\"a\":{\"body\":{\"model\":\"m\",\"input\":\"{{title}}\"}},\"b\":{"          \
	"\"after\":"                                                                               \
	"\"a\",\"body\":{\"model\":\"m\",\"input\":\"{{a.body.id}} {{more}}\"}}}}"

static void open_chain(const char *more)
{
	char line[120];

	rig_open_pipeline(&rig, 4, CHAIN);
	rig.adjust = with_cache;
	rig_reopen(&rig, 4, false);
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
	forget();
	open_chain("x");
	ck_assert_int_eq(rig.started, 5); /* two rows wait for room while the first is answered */
	close_rig();
	open_chain("x");
	ck_assert_int_eq(rig.started, 0);
	ck_assert_uint_eq(look()->cached, 6);
	ck_assert_double_eq(look()->cost.tokens, 0);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":0,\"retries\":0"), 3);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"request_id\":\"req-then\""), 3);
	close_rig();
	open_chain("y"); /* the first stage only */
	ck_assert_int_ge(rig.started, 1);
	ck_assert_uint_eq(look()->cached + (uint64_t)rig.started, 6);
	close_rig();
}
END_TEST

/* What those behind a stage cannot work with would fail them in every run. */
START_TEST(a_stage_s_answer_that_lacks_something_is_forgotten)
{
	forget();
	rig_open_pipeline(&rig, 4, CHAIN);
	rig.adjust = with_cache;
	rig_reopen(&rig, 4, false);
	rig_feed(&rig, "{\"custom_id\":\"i\",\"title\":\"T\",\"more\":\"x\"}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 200, "", "{\"no_id\":1}");
	for (int i = 0; i < 3; i++)
		rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(n_kept, 1);
	rig_command(&rig, "retry #1");
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_answer_ok(&rig);
	for (int i = 0; i < 3; i++)
		rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	close_rig();
}
END_TEST

/* ---- answers in doubt ---- */

static void with_cache_and_retry(struct engine_config *config)
{
	with_cache(config);
	config->retry_doubtful = true;
}

static void doubt_first_two(void)
{
	engine_doubted(
		rig.engine, (const struct answer_name[]){{0, 1}, {1, 1}}, 2, false, rig.now_us, 0);
}

static void close_swept_rig(void)
{
	char path[128];

	rig_close(&rig);
	snprintf(path, sizeof(path), "%s/out.void.jsonl", rig.folder);
	unlink(path);
	rig_remove(&rig);
}

START_TEST(what_was_in_doubt_is_not_taken_from_a_store_that_has_not_forgotten_yet)
{
	forget();
	forgets_later = true;
	open_rig(1, with_cache_and_retry);
	feed_same("a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	doubt_first_two();
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 5);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"cached\""), 0);
	close_swept_rig();
}
END_TEST

START_TEST(nor_by_items_that_come_later)
{
	forget();
	forgets_later = true;
	open_rig(1, with_cache);
	feed_same("a", 3, 3);
	rig_run_out(&rig);
	doubt_first_two();
	for (int round = 0; round < 2; round++) {
		feed_same(round ? "c" : "b", 3, 3);
		rig_run_out(&rig);
		ck_assert_int_eq(rig.started, 5 + 2 * round);
	}
	close_rig();
}
END_TEST

START_TEST(nor_when_the_run_was_killed_in_between)
{
	forget();
	forgets_later = true;
	open_rig(1, with_cache_and_retry);
	feed_same("a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	doubt_first_two();
	rig_turn(&rig);
	for (int session = 0; session < 2; session++) {
		rig_reopen(&rig, 1, false);
		feed_same("a", 3, 3);
		rig_feed_end(&rig);
		rig_turn(&rig);
		ck_assert_int_eq(rig.started, 1);
	}
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	feed_same("b", 3, 3);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 4);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"cached\""), 1);
	close_swept_rig();
}
END_TEST

START_TEST(a_later_session_has_the_store_forget_what_is_in_doubt)
{
	forget();
	forgets_later = true;
	open_rig(1, with_cache);
	feed_same("a", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	doubt_first_two();
	rig_turn(&rig);
	forgets_later = false;
	rig_reopen(&rig, 1, false);
	feed_same("a", 3, 3);
	next_rig(1, with_cache);
	feed_same("b", 3, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	close_rig();
}
END_TEST

START_TEST(a_run_that_asks_for_none_of_it_has_none_of_it)
{
	open_rig(8, NULL);
	feed_same("a", 20, 1);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 20);
	ck_assert_int_eq(
		rig_grep(&rig, "results", "cached") + rig_grep(&rig, "results", "same_as"), 0);
	close_rig();
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
		no_hit_ends_an_item_of_a_paused_or_drained_run,
		stages_are_not_asked_again_what_they_answered,
		a_stage_s_answer_that_lacks_something_is_forgotten,
		what_was_in_doubt_is_not_taken_from_a_store_that_has_not_forgotten_yet,
		nor_by_items_that_come_later, nor_when_the_run_was_killed_in_between,
		a_later_session_has_the_store_forget_what_is_in_doubt,
		a_run_that_asks_for_none_of_it_has_none_of_it, NULL};

	return unit_run("reuse", tests);
}
