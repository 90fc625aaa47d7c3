/* Answers used again, in virtual time: those of earlier runs out of a store made of memory, and one
 * for all items that ask the same. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine_rig.h"
#include "run/engine_cache.h"
#include "unit.h"

#define ANSWER                                                                                     \
	"{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}"

enum { STORED_MAX = 2048 };

static struct rig rig;
static struct {
	struct hash128 key;
	char body[256];
} stored[STORED_MAX];
static int n_stored, n_asked, n_kept;

static bool store_find(void *ctx, const struct hash128 *key, struct stored_answer *out)
{
	(void)ctx;
	n_asked++;
	for (int i = 0; i < n_stored; i++) {
		if (stored[i].key.low != key->low || stored[i].key.high != key->high)
			continue;
		*out = (struct stored_answer){.status = 200,
			.body = stored[i].body,
			.body_len = strlen(stored[i].body),
			.request_id = "req-then",
			.tokens_in = 3,
			.tokens_out = 4};
		return true;
	}
	return false;
}

static void store_keep(void *ctx, const struct hash128 *key, const struct stored_answer *a)
{
	(void)ctx;
	ck_assert_int_lt(n_stored, STORED_MAX);
	n_kept++;
	stored[n_stored].key = *key;
	snprintf(
		stored[n_stored++].body, sizeof(stored[0].body), "%.*s", (int)a->body_len, a->body);
}

static void store_forget(void *ctx, const struct hash128 *key)
{
	(void)ctx;
	for (int i = 0; i < n_stored; i++)
		if (stored[i].key.low == key->low && stored[i].key.high == key->high)
			stored[i].key = (struct hash128){0, 0};
}

static void with_cache(struct engine_config *config)
{
	static const struct answer_store store = {store_find, store_keep, store_forget, NULL, 42};

	config->cache = &store;
}

static void with_dedupe(struct engine_config *config)
{
	config->dedupe = true;
	config->seed = 7; /* another each session, in life */
}

static void with_both(struct engine_config *config)
{
	with_cache(config);
	with_dedupe(config);
}

static void with_expect(struct engine_config *config)
{
	static struct expects expects;

	expects = (struct expects){.n = 0};
	ck_assert(expects_add(&expects, "id=d", NULL));
	with_cache(config);
	config->expects = &expects;
	config->expect_attempts = 1;
}

static void open_rig(int concurrency, void (*adjust)(struct engine_config *))
{
	rig_open_adjusted(&rig, concurrency, adjust);
}

/* The next run of the same or other lines, with results of its own. */
static void next_rig(int concurrency, void (*adjust)(struct engine_config *))
{
	rig_close(&rig);
	rig_remove(&rig);
	open_rig(concurrency, adjust);
}

static void close_rig(void)
{
	rig_close(&rig);
	rig_remove(&rig);
}

static void feed(const char *id, const char *members, const char *body)
{
	char line[512];

	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\"%s,"
		"\"body\":%s}",
		id, members, body);
	rig_feed(&rig, line);
}

/* n lines with ids of their own that ask `different` things in turn. */
static void feed_same(const char *prefix, int n, int different)
{
	char id[32], body[64];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%s%d", prefix, i);
		snprintf(body, sizeof(body), "{\"model\":\"m\",\"n\":%d}", i % different);
		feed(id, "", body);
	}
}

static void forget(void)
{
	n_stored = n_asked = n_kept = 0;
}

static const struct snapshot *look(void)
{
	static struct snapshot s;

	port_snapshot(&rig.port, &s);
	return &s;
}

static enum item_state state_of(uint64_t line)
{
	struct item_row row;

	ck_assert(port_row(&rig.port, line, &row));
	return row.state;
}

/* ---- answers of earlier runs ---- */

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

/* ---- one answer for all that ask the same ---- */

START_TEST(a_thousand_items_of_ten_requests_make_ten_calls)
{
	open_rig(64, with_dedupe);
	feed_same("a", 1000, 10);
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
	ck_assert_uint_eq(look()->shared, 990);
	ck_assert(engine_complete(rig.engine));
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":"), 990);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":10}}"), 99);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"request_id\":\"r1\",\"body\":" ANSWER), 1000);
	close_rig();
}
END_TEST

START_TEST(followers_stand_in_nobody_s_way)
{
	open_rig(2, with_dedupe);
	feed_same("a", 3000, 1);
	for (int i = 0; i < 20; i++)
		rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert(engine_hungry(rig.engine));
	feed("other", "", "{\"model\":\"m\",\"n\":99}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 2);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3001);
	close_rig();
}
END_TEST

START_TEST(followers_wait_while_the_first_is_tried_again)
{
	open_rig(8, with_dedupe);
	feed_same("a", 4, 1);
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
	close_rig();
}
END_TEST

START_TEST(when_the_first_fails_the_next_is_sent)
{
	open_rig(8, with_dedupe);
	feed_same("a", 4, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	ck_assert_int_le(rig_turn(&rig), rig.now_us); /* it is written, then the next may go */
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_int_eq(state_of(2), ITEM_IN_FLIGHT);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":2}}"), 2);
	close_rig();
}
END_TEST

START_TEST(all_fail_one_after_the_other_when_the_server_wants_none)
{
	open_rig(8, with_dedupe);
	feed_same("a", 6, 1);
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
	close_rig();
}
END_TEST

/* Its turn has come, but a more urgent one was quicker. */
START_TEST(one_that_goes_from_leading_to_following_keeps_its_own)
{
	open_rig(8, with_dedupe);
	feed_same("a", 3, 1);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	rig_turn(&rig); /* the second has the third behind it now */
	feed("urgent", ",\"priority\":\"high\"", "{\"model\":\"m\",\"n\":0}");
	feed("late", "", "{\"model\":\"m\",\"n\":0}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert_int_eq(state_of(4), ITEM_IN_FLIGHT);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"no\"}}");
	rig_turn(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 3);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	close_rig();
}
END_TEST

START_TEST(followers_obey_the_operator)
{
	open_rig(8, with_dedupe);
	feed_same("a", 6, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 5);
	ck_assert(rig_command(&rig, "cancel #2").ok);
	ck_assert(rig_command(&rig, "hold #3").ok);
	ck_assert(rig_command(&rig, "hold #4").ok);
	ck_assert(rig_command(&rig, "release #4").ok);
	rig_turn(&rig);
	ck_assert_int_eq(state_of(2), ITEM_CANCELLED);
	ck_assert_int_eq(state_of(3), ITEM_HELD);
	ck_assert_int_eq(state_of(4), ITEM_QUEUED); /* follows again */
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
	close_rig();
}
END_TEST

START_TEST(when_the_first_is_cancelled_or_held_the_next_is_sent)
{
	open_rig(8, with_dedupe);
	feed_same("a", 6, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "cancel #1").ok);
	rig_answer_ok(&rig); /* comes as a cancelled one */
	rig_turn(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(state_of(1), ITEM_CANCELLED);
	ck_assert_int_eq(state_of(2), ITEM_IN_FLIGHT);
	rig_answer(&rig, 500, "retry-after: 30\r\n", "");
	rig_turn(&rig);
	ck_assert_int_eq(state_of(2), ITEM_WAITING);
	ck_assert(rig_command(&rig, "hold #2").ok);
	rig_turn(&rig);
	ck_assert_int_eq(state_of(2), ITEM_HELD);
	ck_assert_int_eq(state_of(3), ITEM_IN_FLIGHT);
	ck_assert(rig_command(&rig, "release #2").ok); /* a follower now */
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
	ck_assert_int_eq(rig.started, 3);
	close_rig();
}
END_TEST

START_TEST(all_of_a_filter_at_once)
{
	open_rig(8, with_dedupe);
	feed_same("a", 40, 4);
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
	close_rig();
}
END_TEST

START_TEST(a_key_that_is_refused_holds_them_all_and_lets_them_go)
{
	open_rig(2, with_dedupe);
	feed_same("a", 6, 2);
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
	close_rig();
}
END_TEST

START_TEST(a_drained_run_goes_on_where_it_was)
{
	open_rig(8, with_dedupe);
	feed_same("a", 20, 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_command(&rig, "drain");
	rig_answer_ok(&rig);
	rig_answer(&rig, 500, "", "");
	rig_turn(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	rig_reopen(&rig, 8, false);
	feed_same("a", 20, 2);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1); /* half of them have the answer of the session before */
	ck_assert_uint_eq(rig_counts(&rig)->ok, 20);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":1}}"), 9);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 20);
	close_rig();
}
END_TEST

enum { CHAOS_ITEMS = 90, CHAOS_KINDS = 15 };

static void feed_chaos(void)
{
	feed_same("a", CHAOS_ITEMS, CHAOS_KINDS);
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
			rig_reopen(&rig, 4, some(rng, 2));
			feed_chaos();
		}
		break;
	default:
		if (rig.in_flight)
			rig_answer(&rig, statuses[some(rng, 7)], "", ANSWER);
	}
}

static void check_followers(void)
{
	uint64_t followers = 0;

	ck_assert(items_balanced(&rig.engine->items));
	for (uint32_t i = 0; i < rig.engine->items.n; i++) {
		const struct item *item = items_at(&rig.engine->items, i);

		followers += item->follows;
		if (item->follows)
			ck_assert(item->state == ITEM_QUEUED && !item->linked);
	}
	ck_assert_uint_eq(followers, reuse_followers(rig.engine));
}

static uint64_t unsettled(void)
{
	const struct item_counts *c = rig_counts(&rig);

	return c->queued + c->waiting + c->in_flight + (c->held - rig.engine->held_by_hand);
}

/* Nobody waits for ever for somebody who does not come. */
START_TEST(no_follower_is_ever_left_behind)
{
	struct rng rng;

	rng_seed(&rng, (uint64_t)_i);
	open_rig(4, with_dedupe);
	feed_chaos();
	rig_turn(&rig);
	rig_answer_ok(&rig); /* lest the run stops because its first answers are all refusals */
	for (int i = 0; i < 200; i++) {
		rig_turn(&rig);
		check_followers();
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
		check_followers();
	}
	ck_assert_msg(!unsettled(), "seed %d: %lu queued, %lu waiting, %lu held", _i,
		rig_counts(&rig)->queued, rig_counts(&rig)->waiting, rig_counts(&rig)->held);
	close_rig();
}
END_TEST

START_TEST(both_together_ask_the_store_once_for_each_request)
{
	forget();
	open_rig(8, with_both);
	feed_same("a", 30, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 3);
	ck_assert_int_eq(n_kept, 3);
	ck_assert_int_eq(n_asked, 3);
	next_rig(8, with_both);
	feed_same("b", 30, 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_int_eq(n_asked, 6);
	ck_assert_uint_eq(look()->cached, 3);
	ck_assert_uint_eq(look()->shared, 27);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 30);
	close_rig();
}
END_TEST

START_TEST(a_run_that_asks_for_none_of_it_has_none_of_it)
{
	open_rig(8, NULL);
	feed_same("a", 20, 1);
	rig_feed_end(&rig);
	ck_assert_ptr_null(rig.engine->reuse);
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
		a_hit_costs_nothing_and_counts_in_no_statistics,
		an_item_s_answer_tells_who_asked_for_it,
		the_same_request_is_known_however_it_is_written,
		lines_with_their_own_secrets_are_left_alone, only_good_answers_are_kept,
		what_is_expected_now_counts_for_answers_of_then,
		a_stored_answer_that_is_none_is_asked_for_again,
		a_turn_handles_a_bounded_number_of_hits,
		a_miss_is_looked_up_once_however_long_it_waits,
		no_hit_ends_an_item_of_a_paused_or_drained_run,
		stages_are_not_asked_again_what_they_answered,
		a_stage_s_answer_that_lacks_something_is_forgotten,
		a_thousand_items_of_ten_requests_make_ten_calls, followers_stand_in_nobody_s_way,
		followers_wait_while_the_first_is_tried_again,
		when_the_first_fails_the_next_is_sent,
		all_fail_one_after_the_other_when_the_server_wants_none,
		one_that_goes_from_leading_to_following_keeps_its_own, followers_obey_the_operator,
		when_the_first_is_cancelled_or_held_the_next_is_sent, all_of_a_filter_at_once,
		a_key_that_is_refused_holds_them_all_and_lets_them_go,
		a_drained_run_goes_on_where_it_was,
		both_together_ask_the_store_once_for_each_request,
		a_run_that_asks_for_none_of_it_has_none_of_it, NULL};

	Suite *suite = suite_create("reuse");
	TCase *tcase = tcase_create("reuse");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	for (int i = 0; tests[i]; i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, no_follower_is_ever_left_behind, 0, 100);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
