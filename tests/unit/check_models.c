/* A lane a model: limits, holds and quotas of one model leave the others alone. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "unit.h"

#define QUOTA                                                                                      \
	"{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"You exceeded your current "     \
	"quota\"}}"
/* What the journal has of a lane that starts with what an earlier session learned. */
#define LEARNED "learned"
#define KEY     "{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"Incorrect API key\"}}"

static struct rig rig;

/* Items whose ids are the model and a number from `from` on. */
static void feed(const char *model, int from, int n)
{
	char id[64], body[96];

	snprintf(body, sizeof(body), "{\"model\":\"%s\"}", model);
	for (int i = from; i < from + n; i++) {
		snprintf(id, sizeof(id), "%s%d", model, i);
		rig_feed_chat(&rig, id, "", body);
	}
}

static bool asks(int place, const char *model)
{
	return strncmp(rig_id(&rig, place), model, strlen(model)) == 0;
}

static int in_flight_of(const char *model)
{
	int n = 0;

	for (int i = 0; i < rig.in_flight; i++)
		n += asks(i, model);
	return n;
}

/* Lets time pass, and answers what is in flight: the model `bad` with this, all else ok. */
static void go_on(int turns, const char *bad, int status, const char *body)
{
	for (int n = 0; n < turns; n++) {
		rig.now_us += 100 * US_PER_MS;
		lanes_tick(rig.lanes[0], rig.now_us);
		rig_turn(&rig);
		for (int left = rig.in_flight; left > 0; left--) {
			if (bad && asks(0, bad))
				rig_answer(&rig, status, "", body);
			else
				rig_answer_ok(&rig);
		}
	}
}

START_TEST(a_quota_of_one_model_stops_no_other)
{
	rig_open(&rig, RIG(.concurrency = 4));
	feed("a", 0, 1200);
	feed("b", 0, 100);
	rig_feed_end(&rig);
	go_on(60, "a", 429, QUOTA);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 100);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	ck_assert_int_lt(rig.started, 112);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1300);
}
END_TEST

/* The lines of the other model are far behind, and are not read yet. */
START_TEST(a_held_model_makes_the_run_read_on)
{
	rig_open(&rig, RIG(.concurrency = 4));
	feed("a", 0, 1500);
	ck_assert(!engine_wants_input(rig.engine));
	go_on(3, "a", 429, QUOTA);
	ck_assert(engine_wants_input(rig.engine));
	feed("b", 0, 8);
	go_on(5, "a", 429, QUOTA);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 8);
	/* there may be more for it */
	ck_assert(engine_wants_input(rig.engine));
}
END_TEST

START_TEST(a_tight_limit_of_one_model_throttles_no_other)
{
	int passed = 0, refused = 0;
	int64_t passed_us = 0;

	rig_open(&rig, RIG(.concurrency = 0));
	for (int i = 0; i < 600; i++) {
		feed("a", i, 1);
		feed("b", i, 1);
	}
	rig_feed_end(&rig);
	/* a takes one a second */
	for (int n = 0; n < 200; n++) {
		rig.now_us += 100 * US_PER_MS;
		lanes_tick(rig.lanes[0], rig.now_us);
		rig_turn(&rig);
		for (int left = rig.in_flight; left > 0; left--) {
			if (!asks(0, "a")) {
				rig_answer_ok(&rig);
			} else if (rig.now_us - passed_us >= US_PER_S) {
				passed++;
				passed_us = rig.now_us;
				rig_answer_ok(&rig);
			} else {
				refused++;
				rig_answer(&rig, 429, "", "{}");
			}
		}
	}
	ck_assert_int_ge(passed, 12);
	ck_assert_int_le(passed, 20);
	ck_assert_int_lt(refused, 60);
	ck_assert_uint_eq(rig_counts(&rig)->ok, (uint64_t)passed + 600);
}
END_TEST

START_TEST(a_rejected_key_holds_all_models)
{
	rig_open(&rig, RIG(.concurrency = 8));
	feed("a", 0, 100);
	feed("b", 0, 100);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 8);
	while (rig.in_flight)
		rig_answer(&rig, 401, "", KEY);
	for (int n = 0; n < 20; n++) {
		rig.now_us += 500 * US_PER_MS;
		rig_turn(&rig);
		ck_assert_int_le(rig.in_flight, 1); /* one probe for both */
		if (rig.in_flight)
			rig_answer(&rig, 401, "", KEY);
	}
	ck_assert_int_lt(rig.started, 16);
	ck_assert_int_eq(rig_view(&rig)->state, RUN_HELD);
	/* the key is good now */
	rig_await(&rig);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 8);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 200);
}
END_TEST

START_TEST(a_forbidden_model_is_held_alone)
{
	rig_open(&rig, RIG(.concurrency = 4));
	feed("a", 0, 10);
	feed("b", 0, 50);
	rig_feed_end(&rig);
	go_on(20, "a", 403, "{\"error\":{\"message\":\"no access to this model\"}}");
	ck_assert_uint_eq(rig_counts(&rig)->ok, 50);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	ck_assert_int_lt(rig.started, 60);
}
END_TEST

START_TEST(a_number_at_once_that_the_server_names_is_for_all_models)
{
	static const char busy[] = "{\"error\":{\"message\":\"too many concurrent requests\"}}";
	int most = 0;

	rig_open(&rig, RIG(.concurrency = 0));
	for (int i = 0; i < 3000; i++) {
		feed("a", i, 1);
		feed("b", i, 1);
	}
	rig_feed_end(&rig);
	for (int n = 0; n < 300; n++) {
		rig.now_us += 100 * US_PER_MS;
		lanes_tick(rig.lanes[0], rig.now_us);
		rig_turn(&rig);
		if (n > 100 && rig.in_flight > most)
			most = rig.in_flight;
		while (rig.in_flight > 6)
			rig_answer_at(&rig, 6, 429, busy);
		for (int left = rig.in_flight; left > 0; left--)
			rig_answer_ok(&rig);
	}
	ck_assert_int_ge(most, 5);
	ck_assert_int_le(most, 8);
}
END_TEST

START_TEST(items_start_in_the_order_of_the_input_whatever_they_ask)
{
	rig_open(&rig, RIG(.concurrency = 3));
	for (int i = 0; i < 5; i++) {
		feed("a", i, 1);
		feed("b", i, 1);
	}
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_str_eq(rig_id(&rig, 0), "a0");
	ck_assert_str_eq(rig_id(&rig, 1), "b0");
	ck_assert_str_eq(rig_id(&rig, 2), "a1");
	/* a priority goes before another model's place */
	ck_assert(rig_command(&rig, "raise b4").ok);
	rig_answer_ok(&rig);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(in_flight_of("b4"), 1);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 10);
}
END_TEST

START_TEST(with_one_model_nothing_is_unfolded)
{
	rig_open(&rig, RIG(.concurrency = 2));
	feed("a", 0, 4);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig_view(&rig)->n_endpoints, 0);
	ck_assert_int_eq(rig_view(&rig)->n_models, 0);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"model\""), 0);
}
END_TEST

START_TEST(with_several_each_has_a_row)
{
	const struct snapshot *s;

	rig_open(&rig, RIG(.concurrency = 4));
	feed("a", 0, 10);
	feed("b", 0, 50);
	rig_feed_end(&rig);
	go_on(5, "a", 429, QUOTA);
	s = rig_view(&rig);
	ck_assert_int_eq(s->n_endpoints, 1);
	ck_assert_int_eq(s->n_models, 2);
	ck_assert_str_eq(s->models[0].name, "a");
	ck_assert(s->models[0].lane.breaker_open);
	ck_assert_str_eq(s->models[0].hold_source, "quota used up");
	ck_assert_str_eq(s->models[1].name, "b");
	ck_assert_uint_ge(s->models[1].lane.ok, 10);
	ck_assert_int_eq(s->state, RUN_RUNNING);
	ck_assert_int_ge(rig_grep(&rig, "journal", "\"change\",\"model\":\"a\""), 1);
	/* only the held one is left */
	go_on(20, "a", 429, QUOTA);
	ck_assert_int_eq(rig_view(&rig)->state, RUN_HELD);
}
END_TEST

START_TEST(further_models_share_the_last_lane)
{
	char model[16];

	rig_open(&rig, RIG(.concurrency = 200));
	for (int i = 0; i < 150; i++) {
		snprintf(model, sizeof(model), "m%03d-", i);
		feed(model, 0, 2);
	}
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(lanes_count(rig.lanes[0]), LANES_MOST);
	ck_assert_str_eq(lanes_model(rig.lanes[0], LANES_MOST - 1), LANES_OTHER_MODELS);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 300);
}
END_TEST

START_TEST(what_is_learned_of_a_model_is_there_after_a_resume)
{
	int changes;

	rig_open(&rig, RIG(.concurrency = 0));
	for (int i = 0; i < 200; i++) {
		feed("a", i, 1);
		feed("b", i, 1);
	}
	go_on(80, "a", 429, "{}");
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, NULL));
	ck_assert_int_ge(rig_grep(&rig, "journal", "\"learnt\""), 1);
	changes = rig_grep(&rig, "journal", LEARNED);
	rig_reopen(&rig, false);
	feed("a", 0, 1);
	feed("c", 0, 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig_grep(&rig, "journal", LEARNED), changes + 1);
}
END_TEST

START_TEST(an_endpoint_limits_single_models)
{
	const struct lane_config config = {.mode = PACE_FIXED, .concurrency = 100, .rpm = 6000};
	const struct model_limit limit = {"b", 60};
	struct lanes *lanes = lanes_new(&config, &limit, 1, 0);
	int sent[2] = {0};

	for (int64_t now_us = 0; now_us < 60 * US_PER_S; now_us += 5 * US_PER_MS)
		for (int k = 0; k < 2; k++) {
			int i = k ^ (int)(now_us / (5 * US_PER_MS) & 2) / 2;
			struct lane *l =
				lanes_at(lanes, lanes_of_model(lanes, now_us, i ? "b" : "a"));
			const struct lane_answer ok = {
				.outcome = OUTCOME_OK, .status = 200, .tokens = -1, .wait_us = -1};
			struct lane_ticket ticket;

			if (lane_ask(l, now_us, 1).at_us > now_us)
				continue;
			lane_sent(l, now_us, 1, &ticket);
			lane_answered(l, now_us, &ticket, &ok);
			sent[i]++;
		}
	ck_assert_int_ge(sent[1], 59);
	ck_assert_int_le(sent[1], 62);
	ck_assert_int_ge(sent[0] + sent[1], 5900); /* the endpoint's limit is for both */
	ck_assert_int_le(sent[0] + sent[1], 6101);
	lanes_free(lanes);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_quota_of_one_model_stops_no_other,
		a_held_model_makes_the_run_read_on, a_tight_limit_of_one_model_throttles_no_other,
		a_rejected_key_holds_all_models, a_forbidden_model_is_held_alone,
		a_number_at_once_that_the_server_names_is_for_all_models,
		items_start_in_the_order_of_the_input_whatever_they_ask,
		with_one_model_nothing_is_unfolded, with_several_each_has_a_row,
		further_models_share_the_last_lane,
		what_is_learned_of_a_model_is_there_after_a_resume,
		an_endpoint_limits_single_models, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "models", .tests = tests, .tear_down = rig_tear_down});
}
