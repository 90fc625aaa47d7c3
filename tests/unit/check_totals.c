/* The totals that an engine keeps for monitoring, in virtual time. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;
static struct totals totals;

static void take_totals(void)
{
	port_totals(&rig.port, &totals);
}

static uint64_t attempts_of(enum outcome o)
{
	uint64_t n = 0;

	for (int i = 0; i < totals.n_lanes; i++)
		n += totals.lane[i].outcomes[o];
	return n;
}

static int64_t sum_bounds(const int64_t us[BOUND_COUNT])
{
	int64_t sum = 0;

	for (int i = 0; i < BOUND_COUNT; i++)
		sum += us[i];
	return sum;
}

static const struct rig_endpoint two[] = {{"east", 1, NULL, NULL}, {"west", 1, NULL, NULL}, {0}};

static void feed(const char *prefix, int n, const char *endpoint, const char *model)
{
	char id[48], members[64], body[64];

	snprintf(members, sizeof(members), ",\"endpoint\":\"%s\"", endpoint);
	snprintf(body, sizeof(body), "{\"model\":\"%s\"}", model);
	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%s%d", prefix, i);
		rig_feed_chat(&rig, id, members, body);
	}
}

/* No count is below what it was. */
static void check_growth(const struct totals *was)
{
	ck_assert_int_ge(totals.n_lanes, was->n_lanes);
	for (int i = 0; i < was->n_lanes; i++) {
		const struct lane_totals *a = &was->lane[i], *b = NULL;

		for (int k = 0; k < totals.n_lanes; k++)
			if (totals.lane[k].endpoint == a->endpoint &&
				!strcmp(totals.lane[k].model, a->model))
				b = &totals.lane[k];
		ck_assert_ptr_nonnull(b);
		for (int o = 0; o < OUTCOME_COUNT; o++)
			ck_assert_uint_ge(b->outcomes[o], a->outcomes[o]);
		for (int s = 0; s <= DURATION_STEPS; s++)
			ck_assert_uint_ge(b->latency.step[s], a->latency.step[s]);
		ck_assert_uint_ge(b->tokens_in, a->tokens_in);
		ck_assert_uint_ge(b->latency.sum_us, a->latency.sum_us);
	}
	for (int b = 0; b < BOUND_COUNT; b++)
		ck_assert_int_ge(totals.bound_us[b], was->bound_us[b]);
}

/* Ok, refused, failed and cancelled attempts, and retries by hand: the lanes have them all. */
START_TEST(the_lanes_have_all_attempts_of_the_statistics)
{
	static struct totals was;
	const struct snapshot *s;
	int n = 0;

	rig_open(&rig, RIG(.concurrency = 3, .endpoints = two));
	feed("e", 30, "east", "m-a");
	feed("w", 30, "west", "m-b");
	rig_feed_end(&rig);
	take_totals();
	while (rig_await(&rig)) {
		rig.now_us += 10 * US_PER_MS;
		if (n % 7 == 1)
			rig_answer(&rig, 429, "retry-after: 1\n", "{}");
		else if (n % 7 == 3)
			rig_answer(&rig, 400, "", RIG_REFUSED);
		else if (n % 7 == 5)
			rig_fail(&rig, NET_TIMEOUT_TOTAL);
		else
			rig_answer_ok(&rig);
		if (++n == 20)
			rig_command(&rig, "cancel where state:in_flight");
		was = totals;
		take_totals();
		check_growth(&was);
	}
	rig_command(&rig, "retry where state:failed");
	rig_run_out(&rig);
	was = totals;
	take_totals();
	check_growth(&was);
	s = rig_view(&rig);
	ck_assert_uint_gt(s->outcomes[OUTCOME_CLIENT_ERROR], 0);
	for (int o = 0; o < OUTCOME_COUNT; o++)
		ck_assert_uint_eq(attempts_of((enum outcome)o), s->outcomes[o]);
	ck_assert_int_eq(totals.n_lanes, 2);
	ck_assert_str_eq(totals.lane[0].model, "m-a");
	ck_assert_uint_eq(totals.lane[0].tokens_in + totals.lane[1].tokens_in, s->tokens_in);
	ck_assert_uint_eq(totals.lane[0].tokens_out + totals.lane[1].tokens_out, s->tokens_out);
}
END_TEST

/* east has one item that is never answered; west has no work. */
START_TEST(each_endpoint_has_its_own_bounds)
{
	rig_open(&rig, RIG(.concurrency = 1, .endpoints = two));
	feed("e", 5, "east", "m");
	rig_turn(&rig);
	for (int i = 0; i < 100; i++) {
		rig.now_us += 100 * US_PER_MS;
		rig_turn(&rig);
	}
	take_totals();
	ck_assert_int_eq(sum_bounds(totals.bound_us), 10 * US_PER_S);
	ck_assert_int_eq(totals.endpoint[0].bound_us[BOUND_CONCURRENCY], 10 * US_PER_S);
	ck_assert_int_eq(totals.endpoint[1].bound_us[BOUND_INPUT], 10 * US_PER_S);
	/* a paused endpoint says so, whatever the other does */
	rig_command(&rig, "endpoint west pause");
	rig_turn(&rig);
	rig.now_us += US_PER_S;
	rig_turn(&rig);
	take_totals();
	ck_assert_int_eq(totals.endpoint[1].bound_us[BOUND_PAUSE], US_PER_S);
	ck_assert_int_eq(sum_bounds(totals.endpoint[1].bound_us), 11 * US_PER_S);
}
END_TEST

START_TEST(the_only_endpoint_has_the_bounds_of_the_run)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 3);
	rig_turn(&rig);
	rig.now_us += 3 * US_PER_S;
	rig_turn(&rig);
	take_totals();
	ck_assert_int_eq(totals.n_endpoints, 1);
	ck_assert_str_eq(totals.endpoint[0].name, "default");
	ck_assert_mem_eq(totals.endpoint[0].bound_us, totals.bound_us, sizeof(totals.bound_us));
	ck_assert_int_eq(totals.bound_us[BOUND_CONCURRENCY], 3 * US_PER_S);
}
END_TEST

/* More models than rows: what is counted in a row stays there. */
START_TEST(models_without_a_row_are_counted_together)
{
	static struct totals was;
	char model[32];
	uint64_t ok = 0;

	rig_open(&rig, RIG(.concurrency = 8, .endpoints = two));
	for (int i = 0; i < 100; i++) {
		snprintf(model, sizeof(model), "model-%d", i);
		feed(model, 1, i % 2 ? "east" : "west", model);
		rig_run_out(&rig);
		was = totals;
		take_totals();
		check_growth(&was);
	}
	ck_assert_int_eq(totals.n_lanes, TOTALS_MODELS + 2);
	for (int i = 0; i < totals.n_lanes; i++) {
		ok += totals.lane[i].outcomes[OUTCOME_OK];
		ck_assert_int_eq(
			totals.lane[i].single, strcmp(totals.lane[i].model, "other models") != 0);
	}
	ck_assert_uint_eq(ok, 100);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_lanes_have_all_attempts_of_the_statistics,
		each_endpoint_has_its_own_bounds, the_only_endpoint_has_the_bounds_of_the_run,
		models_without_a_row_are_counted_together, NULL};

	return unit_run_suite(&(const struct unit_suite){
		.name = "totals", .tests = tests, .tear_down = rig_tear_down});
}
