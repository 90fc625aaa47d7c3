/* The pace against servers that name their limit in headers, in virtual time. */
#include <stdio.h>

#include "base/clock.h"
#include "pace/lane.h"
#include "pace/lane_hand.h"
#include "sim/sim.h"
#include "unit.h"

#define T0           (1000 * US_PER_S)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { SEEDS = 3 };

/* a scenario's own values override the defaults before them */
#pragma GCC diagnostic ignored "-Woverride-init"

/* What must hold: goodput in % of the oracle's at least, share of 429s in % at most. */
struct bounds {
	struct scenario sc;
	double goodput, refused;
};

/* Headers of the moment of admission, as most servers write them, in whole seconds. */
#define TOLD(title, family, ...)                                                                   \
	SCENARIO(title, .headers = SIM_HEADERS_##family, .headers_at_admission = true,             \
		.retry_after = SIM_RETRY_AFTER_SECONDS, __VA_ARGS__)
/* express-rate-limit: the window begins with the first request after the last one. */
#define EXPRESS(n, s) .window_quota = (n), .window_s = (s), .window_first = true

static const struct bounds table[] = {
	{TOLD("45 per 3 s, draft 6, a short run", DRAFT6, EXPRESS(45, 3), .seconds = 12,
		 .latency_s = 0.02),
		90, 0.5},
	{TOLD("45 per 3 s, draft 8", DRAFT8, EXPRESS(45, 3), .seconds = 120, .latency_s = 0.3), 90,
		0.5},
	{TOLD("45 per 3 s, X-RateLimit, a short run", X, EXPRESS(45, 3), .seconds = 12,
		 .latency_s = 0.02),
		85, 1},
	{TOLD("300 per 10 s, X-RateLimit, a short run", X, EXPRESS(300, 10), .seconds = 12,
		 .latency_s = 0.02),
		55, 0.5},
	{TOLD("300 per 10 s, draft 7", DRAFT7, EXPRESS(300, 10), .seconds = 120, .latency_s = 0.3),
		96, 0.5},
	{TOLD("60 a minute, X-RateLimit", X, .window_quota = 60, .window_s = 60,
		 .window_phase_s = 17, .seconds = 120, .latency_s = 0.02),
		75, 1},
	{TOLD("300 in any 10 s, draft 6", DRAFT6, .sliding_quota = 300, .sliding_s = 10,
		 .seconds = 120, .latency_s = 0.3),
		94, 0.5},
	{TOLD("300 in any 10 s, X-RateLimit", X, .sliding_quota = 300, .sliding_s = 10,
		 .seconds = 120, .latency_s = 0.02),
		95, 0.5},
	{TOLD("15/s, 45 at once, draft 6", DRAFT6, .rps = 15, .burst = 45, .seconds = 12,
		 .latency_s = 0.02),
		90, 0.5},
};

START_TEST(a_limit_that_is_named_is_hardly_refused)
{
	const struct bounds *b = &table[_i];
	double goodput = 0, refused = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct scenario sc = b->sc;
		struct sim_figures f;

		sc.seed = seed;
		f = sim_measure(&sc);
		goodput += 100 * f.ratio / SEEDS;
		refused += 100 * f.share_429 / SEEDS;
	}
	printf("%-38s goodput %6.2f %%  429 %5.2f %%\n", b->sc.name, goodput, refused);
	ck_assert_msg(goodput >= b->goodput, "%s: goodput %.2f %%, not %g", b->sc.name, goodput,
		b->goodput);
	ck_assert_msg(refused <= b->refused, "%s: %.2f %% refused, more than %g", b->sc.name,
		refused, b->refused);
}
END_TEST

/* --- the lane by itself --- */

struct bench {
	struct lane *lane;
	struct lane_ticket ticket[64];
	struct reported_limits limits;
};

static void bench_open(struct bench *b)
{
	struct lane_config config = {.mode = PACE_AUTO, .max_concurrency = 256};

	b->lane = lane_new(&config, T0);
	for (int i = 0; i < LIMIT_SLOTS; i++)
		b->limits.at[i] = (struct reported_limit){-1, -1, -1, 0, -1};
}

static void bench_send(struct bench *b, int64_t now_us, int n)
{
	for (int i = 0; i < n; i++)
		lane_sent(b->lane, now_us, 1, &b->ticket[i]);
}

/* The answer of the nth that was sent, with a limit of requests. */
static void bench_answer(
	struct bench *b, int64_t now_us, int n, int status, const struct reported_limit *reported)
{
	struct lane_answer a = {.outcome = status == 200 ? OUTCOME_OK : OUTCOME_RATE_LIMITED,
		.status = status,
		.latency_us = now_us - b->ticket[n].sent_us,
		.wait_us = -1,
		.tokens = -1,
		.limits = &b->limits};

	b->limits.at[LIMIT_REQUESTS] = *reported;
	lane_answered(b->lane, now_us, &b->ticket[n], &a);
}

/* 45 in 3 s, named. */
static struct reported_limit window_of(double remaining, double reset_s)
{
	return (struct reported_limit){45, remaining, us_from_s(reset_s), US_PER_S, 3 * US_PER_S};
}

START_TEST(what_is_on_its_way_counts_as_used)
{
	const struct reported_limit few = window_of(9, 3), more = window_of(3, 3);
	const int64_t at_us = T0 + 20 * US_PER_MS;
	struct bench b = {0};

	bench_open(&b);
	bench_send(&b, T0, 10);
	bench_answer(&b, at_us, 0, 200, &few); /* nine are left, and nine are on their way */
	ck_assert_int_eq(lane_ask(b.lane, at_us, 1).bound, BOUND_SERVER);
	ck_assert_int_gt(lane_ask(b.lane, at_us, 1).at_us, at_us + 3 * US_PER_S);
	bench_answer(&b, at_us + 10 * US_PER_MS, 9, 200, &more);
	ck_assert_int_lt(lane_ask(b.lane, at_us + US_PER_S, 1).at_us, at_us + 2 * US_PER_S);
	lane_free(b.lane);
}
END_TEST

START_TEST(an_older_answer_says_nothing_of_what_is_left)
{
	const struct reported_limit none = window_of(0, 3), full = window_of(44, 3);
	const int64_t at_us = T0 + 20 * US_PER_MS;
	struct bench b = {0};

	bench_open(&b);
	bench_send(&b, T0, 2);
	bench_answer(&b, at_us, 1, 200, &none);
	bench_answer(&b, at_us + 10 * US_PER_MS, 0, 200, &full);
	ck_assert_int_eq(lane_ask(b.lane, at_us + 20 * US_PER_MS, 1).bound, BOUND_SERVER);
	lane_free(b.lane);
}
END_TEST

START_TEST(a_window_that_ended_starts_with_no_burst)
{
	const struct reported_limit none = window_of(0, 1);
	int64_t now_us = T0 + 20 * US_PER_MS, end_us;
	struct bench b = {0};
	int sent = 0;

	bench_open(&b);
	bench_send(&b, T0, 10);
	for (int i = 0; i < 10; i++)
		bench_answer(&b, now_us + i * 10 * US_PER_MS, i, 200, &none);
	now_us += 100 * US_PER_MS;
	end_us = lane_ask(b.lane, now_us, 1).at_us;
	ck_assert_int_gt(end_us, T0 + US_PER_S);
	ck_assert_int_lt(end_us, T0 + 1200 * US_PER_MS);
	for (now_us = end_us; now_us < end_us + US_PER_S; now_us += 10 * US_PER_MS) {
		if (lane_ask(b.lane, now_us, 1).at_us > now_us)
			continue;
		lane_sent(b.lane, now_us, 1, &b.ticket[0]);
		sent++;
	}
	ck_assert_int_ge(sent, 13); /* 45 in 3 s */
	ck_assert_int_le(sent, 17);
	lane_free(b.lane);
}
END_TEST

START_TEST(the_operator_skips_a_used_up_window)
{
	const struct reported_limit none = window_of(0, 3);
	const int64_t at_us = T0 + 20 * US_PER_MS;
	struct bench b = {0};

	bench_open(&b);
	bench_send(&b, T0, 1);
	bench_answer(&b, at_us, 0, 200, &none);
	ck_assert_int_eq(lane_ask(b.lane, at_us, 1).bound, BOUND_SERVER);
	lane_skip_hold(b.lane, at_us);
	ck_assert_int_le(lane_ask(b.lane, at_us + US_PER_S, 1).at_us, at_us + US_PER_S);
	lane_free(b.lane);
}
END_TEST

/* 600 a minute of which 590 are left, and it refuses: it takes ten a second. */
START_TEST(a_refusal_with_much_left_shows_a_limit_a_second)
{
	const struct reported_limit minute = {600, 590, US_PER_S, US_PER_MS, 0};
	const int64_t at_us = T0 + 100 * US_PER_MS;
	struct lane_view view;
	struct bench b = {0};

	bench_open(&b);
	bench_send(&b, T0, 11);
	for (int i = 0; i < 10; i++)
		bench_answer(&b, at_us + i, i, 200, &minute);
	lane_view(b.lane, at_us + 10, &view);
	ck_assert(view.rate.used > 20);
	bench_answer(&b, at_us + 10 * US_PER_MS, 10, 429, &minute);
	lane_view(b.lane, at_us + 10 * US_PER_MS, &view);
	ck_assert_double_ge(view.rate.used, 9);
	ck_assert_double_le(view.rate.used, 10);
	lane_free(b.lane);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pace headers");
	TCase *tcase = tcase_create("headers");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_limit_that_is_named_is_hardly_refused, 0, (int)COUNT(table));
	tcase_add_test(tcase, what_is_on_its_way_counts_as_used);
	tcase_add_test(tcase, an_older_answer_says_nothing_of_what_is_left);
	tcase_add_test(tcase, a_window_that_ended_starts_with_no_burst);
	tcase_add_test(tcase, the_operator_skips_a_used_up_window);
	tcase_add_test(tcase, a_refusal_with_much_left_shows_a_limit_a_second);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
