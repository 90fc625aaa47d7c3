/* Items bound to an endpoint, by name or by model, in virtual time. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;
static struct rig_store store;

static const struct rig_endpoint two[] = {{"east", 1, NULL, NULL}, {"west", 1, NULL, NULL}, {0}};
static const struct rig_endpoint by_model[] = {
	{"east", 1, "a,b", NULL}, {"west", 1, "c", NULL}, {0}};
static const struct rig_endpoint spared[] = {
	{"east", 1, NULL, "spare"}, {"west", 1, NULL, NULL}, {"spare", 0, NULL, NULL}, {0}};

enum { EAST, WEST, SPARE };

/* Items prefix0, … of this endpoint and model. */
static void feed(const char *prefix, int n, const char *endpoint, const char *model)
{
	char id[32], members[64] = "", body[64];

	if (endpoint)
		snprintf(members, sizeof(members), ",\"endpoint\":\"%s\"", endpoint);
	snprintf(body, sizeof(body), "{\"model\":\"%s\"}", model);
	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%s%d", prefix, i);
		rig_feed_chat(&rig, id, members, body);
	}
}

/* The whole input: items e0, … of the first endpoint, then w0, … of the second, one request each.
 */
static void feed_both(int east, int west)
{
	feed("e", east, "east", "m");
	feed("w", west, "west", "m");
	rig_feed_end(&rig);
}

static int in_flight_at(int route)
{
	int n = 0;

	for (int i = 0; i < rig.in_flight; i++)
		n += rig.call[i].route == route;
	return n;
}

/* Answers all that is in flight, and what follows, until all is done. Whose id begins with "e" or
 * "w" must have gone to that endpoint. */
static void run_out_at_home(void)
{
	while (rig_await(&rig)) {
		char id = rig_id(&rig, 0)[0];

		ck_assert(id != 'e' || rig.call[0].route == EAST);
		ck_assert(id != 'w' || rig.call[0].route == WEST);
		rig_answer_ok(&rig);
	}
	ck_assert_int_eq(rig.in_flight, 0);
}

START_TEST(a_line_goes_to_the_endpoint_that_it_names)
{
	rig_open(&rig, RIG(.concurrency = 4, .endpoints = two));
	feed("e", 40, "east", "m");
	feed("w", 20, "west", "m");
	feed("any", 20, NULL, "m");
	rig_feed_end(&rig);
	ck_assert(engine_binds(rig.engine));
	/* east's items, which are many, keep nobody waiting for west */
	rig_turn(&rig);
	ck_assert_int_eq(in_flight_at(EAST), 4);
	ck_assert_int_eq(in_flight_at(WEST), 4);
	run_out_at_home();
	ck_assert(engine_complete(rig.engine));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 80);
	ck_assert_int_eq(rig.started, 80);
	ck_assert_int_ge(rig_grep(&rig, "results", "\"endpoint\":\"east\""), 40);
}
END_TEST

START_TEST(an_unknown_endpoint_refuses_the_run)
{
	rig_open(&rig, RIG(.concurrency = 4, .endpoints = two));
	feed("e", 2, "east", "m");
	feed("x", 2, "nowhere", "m");
	ck_assert(engine_input_refused(rig.engine));
	ck_assert_str_eq(engine_note(rig.engine),
		"line 3: unknown endpoint \"nowhere\"; the endpoints are east, west");
	rig_turn(&rig);
	ck_assert_int_eq(rig.started, 0);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 0);
}
END_TEST

START_TEST(models_go_to_the_endpoints_that_name_them)
{
	rig_open(&rig, RIG(.concurrency = 2, .endpoints = by_model));
	ck_assert(engine_binds(rig.engine));
	feed("ea", 10, NULL, "a");
	feed("eb", 10, NULL, "b");
	feed("w", 10, NULL, "c");
	feed("east despite its model", 2, "east", "c");
	run_out_at_home();
	ck_assert_uint_eq(rig_counts(&rig)->ok, 32);
	ck_assert(!engine_input_refused(rig.engine));
	feed("x", 1, NULL, "d");
	ck_assert_str_eq(engine_note(rig.engine), "line 33: no endpoint serves the model \"d\"");
}
END_TEST

START_TEST(the_chain_of_fallbacks_takes_what_is_bound)
{
	rig_open(&rig, RIG(.concurrency = 8, .endpoints = spared));
	feed_both(6, 1);
	rig_turn(&rig);
	ck_assert_int_eq(in_flight_at(EAST), 6);
	while (in_flight_at(EAST)) {
		int place = rig.call[0].route != EAST;

		rig_answer_at(&rig, place, 400, RIG_REFUSED);
	}
	while (in_flight_at(WEST))
		rig_answer_at(&rig, 0, 400, RIG_REFUSED);
	rig_turn(&rig);
	ck_assert_int_eq(in_flight_at(SPARE), 6);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 6);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"endpoint\":\"spare\""), 6);
}
END_TEST

/* Answers with 401 over one route and well over the other. */
static void refuse_key(int route)
{
	if (rig.call[0].route == route)
		rig_answer(&rig, 401, "", "{}");
	else
		rig_answer_ok(&rig);
}

START_TEST(one_that_refuses_holds_its_own_items)
{
	rig_open(&rig, RIG(.concurrency = 2, .endpoints = two));
	engine_set_interactive(rig.engine, true);
	feed_both(30, 30);
	for (int i = 0; i < 200 && rig_counts(&rig)->ok < 30 && rig_await(&rig); i++)
		refuse_key(EAST);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 30);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	ck_assert_uint_gt(rig_counts(&rig)->held, 0);
	/* the key is good again: a probe finds that out */
	run_out_at_home();
	ck_assert_uint_eq(rig_counts(&rig)->ok, 60);
}
END_TEST

START_TEST(a_headless_run_gives_the_key_of_one_endpoint_up)
{
	rig_open(&rig, RIG(.concurrency = 2, .endpoints = two));
	feed_both(30, 5);
	for (int i = 0; i < 2000 && rig_await(&rig); i++)
		refuse_key(EAST);
	ck_assert(engine_over(rig.engine));
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "east: the key was rejected"));
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
}
END_TEST

START_TEST(outages_and_retries_stay_at_home)
{
	static const int statuses[] = {500, 429, 503};

	for (size_t i = 0; i < 3; i++) {
		int refusals = 0;

		rig_open(&rig, RIG(.concurrency = 2, .endpoints = two, .max_attempts = 20));
		feed_both(30, 30);
		while (rig_await(&rig)) {
			char id = rig_id(&rig, 0)[0];

			ck_assert_int_eq(rig.call[0].route, id == 'e' ? EAST : WEST);
			if (id == 'e' && refusals++ % 3 == 0)
				rig_answer(&rig, statuses[i], "", "{}");
			else
				rig_answer_ok(&rig);
		}
		ck_assert_uint_eq(rig_counts(&rig)->ok, 60);
	}
}
END_TEST

START_TEST(commands_find_items_in_their_queue)
{
	rig_open(&rig, RIG(.concurrency = 1, .endpoints = two));
	feed_both(4, 2);
	rig_turn(&rig);
	rig_turn(&rig);
	/* e1 is prepared, e2 and e3 are ready */
	ck_assert(rig_command(&rig, "hold e1").ok);
	ck_assert(rig_command(&rig, "cancel e2").ok);
	ck_assert(rig_command(&rig, "release e1").ok);
	ck_assert(rig_command(&rig, "pause").ok);
	rig_answer_ok(&rig);
	ck_assert(rig_command(&rig, "resume").ok);
	run_out_at_home();
	ck_assert_int_eq(rig.started, 5);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 1);
}
END_TEST

START_TEST(resume_keeps_it)
{
	rig_open(&rig, RIG(.concurrency = 4, .endpoints = two));
	feed_both(20, 20);
	for (int i = 0; i < 10 && rig_await(&rig); i++)
		rig_answer_ok(&rig);
	rig_turn(&rig);
	rig_reopen(&rig, false);
	feed_both(20, 20);
	run_out_at_home();
	ck_assert_uint_eq(rig_counts(&rig)->ok, 40);
	/* what has ended needs no endpoint any more */
	rig_reopen(&rig, false);
	feed("e", 20, "east", "m");
	ck_assert(!engine_input_refused(rig.engine));
}
END_TEST

static void feed_embeddings(int n)
{
	static const char *const endpoints[] = {"east", "west"};
	char line[200];

	for (int i = 0; i < n; i++) {
		snprintf(line, sizeof(line),
			"{\"custom_id\":\"%c%d\",\"endpoint\":\"%s\",\"url\":\"/v1/embeddings\","
			"\"body\":{\"model\":\"m\",\"input\":\"%d\"}}",
			endpoints[i % 2][0], i, endpoints[i % 2], i);
		rig_feed(&rig, line);
	}
}

START_TEST(packs_do_not_mix_endpoints)
{
	rig_open(&rig, RIG(.concurrency = 4, .endpoints = two, .pack = 16));
	feed_embeddings(64);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(in_flight_at(EAST), 2);
	ck_assert_int_eq(in_flight_at(WEST), 2);
	for (int i = 0; i < 4; i++) {
		int odd = rig.call[0].route == WEST;
		char texts[2][8];

		/* 0, 2, … or 1, 3, … and nothing between */
		ck_assert_int_eq(rig_together(&rig), 16);
		snprintf(texts[0], sizeof(texts[0]), "\"%d\"", odd ? 1 : 0);
		snprintf(texts[1], sizeof(texts[1]), "\"%d\"", odd ? 0 : 1);
		ck_assert_ptr_null(strstr(rig.call[0].sent, texts[1]));
		rig_answer_ok(&rig);
	}
	run_out_at_home();
	ck_assert_uint_eq(rig_counts(&rig)->ok, 64);
	ck_assert_int_eq(rig.started, 4);
}
END_TEST

START_TEST(an_answer_is_shared_at_one_endpoint)
{
	rig_open(&rig, RIG(.concurrency = 4, .endpoints = two, .dedupe = true));
	feed_both(2, 2);
	run_out_at_home();
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":1"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"same_as_line\":3"), 1);
}
END_TEST

START_TEST(every_answer_is_cached)
{
	rig_open(&rig, RIG(.concurrency = 4, .endpoints = two, .cache = &store));
	for (int i = 0; i < 20; i++) {
		char model[8];

		snprintf(model, sizeof(model), "m%d", i);
		rig_feed_chat(&rig, model,
			i % 2 ? ",\"endpoint\":\"west\"" : ",\"endpoint\":\"east\"",
			i % 2 ? "{\"model\":\"odd\",\"n\":1}" : "{\"model\":\"even\"}");
	}
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 8);
	for (int i = 0; i < 8; i++)
		rig_answer_ok(&rig);
	ck_assert_int_eq(store.kept, 8);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 20);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_line_goes_to_the_endpoint_that_it_names,
		an_unknown_endpoint_refuses_the_run, models_go_to_the_endpoints_that_name_them,
		the_chain_of_fallbacks_takes_what_is_bound, one_that_refuses_holds_its_own_items,
		a_headless_run_gives_the_key_of_one_endpoint_up, outages_and_retries_stay_at_home,
		commands_find_items_in_their_queue, resume_keeps_it, packs_do_not_mix_endpoints,
		an_answer_is_shared_at_one_endpoint, every_answer_is_cached, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "bound", .tests = tests, .tear_down = rig_tear_down});
}
