/* The small parts of the pace, each by itself, in virtual time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pace/aimd.h"
#include "pace/backoff.h"
#include "pace/breaker.h"
#include "pace/estimate.h"
#include "pace/pacer.h"
#include "pace/why.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* --- pacer --- */

START_TEST(pacer_spaces_sends_evenly)
{
	struct pacer p = {.at_us = T0};
	int64_t now = T0;

	for (int i = 0; i < 1000; i++) {
		int64_t ready = pacer_ready_us(&p, now, 50, 1);

		now = ready > now ? ready : now;
		pacer_take(&p, now, 50, 1);
	}
	/* paid for before it goes: the first as well */
	ck_assert_int_ge(now, T0 + 1000 * 20 * US_PER_MS - 4 * US_PER_MS);
	ck_assert_int_le(now, T0 + 1000 * 20 * US_PER_MS);
}
END_TEST

START_TEST(pacer_saves_no_more_than_its_tolerance)
{
	struct pacer p = {.at_us = T0};
	int64_t now = T0 + 3600 * US_PER_S; /* an hour of silence */
	int sent = 0;

	while (pacer_ready_us(&p, now, 100, 1) <= now) {
		pacer_take(&p, now, 100, 1);
		sent++;
	}
	ck_assert_int_eq(sent, 1); /* two at once are what a limit without burst refuses */
}
END_TEST

START_TEST(pacer_takes_a_new_rate_at_once)
{
	struct pacer p = {.at_us = T0};

	pacer_take(&p, T0, 0.1, 1); /* the next would be 20 s away */
	ck_assert_int_gt(pacer_ready_us(&p, T0, 0.1, 1), T0 + 19 * US_PER_S);
	ck_assert_int_le(pacer_ready_us(&p, T0, 100, 1), T0 + 20 * US_PER_MS);
}
END_TEST

START_TEST(pacer_lets_a_large_one_wait_for_its_weight)
{
	struct pacer p = {.at_us = T0};

	ck_assert_int_gt(pacer_ready_us(&p, T0, 10, 5), T0 + 490 * US_PER_MS);
	ck_assert_int_le(pacer_ready_us(&p, T0, 10, 5), T0 + 500 * US_PER_MS);
	ck_assert_int_le(pacer_ready_us(&p, T0 + 500 * US_PER_MS, 10, 5), T0 + 500 * US_PER_MS);
}
END_TEST

START_TEST(pacer_makes_up_for_nothing_that_was_skipped)
{
	struct pacer p = {.at_us = T0};
	int64_t now = T0 + 3600 * US_PER_S;

	pacer_skip(&p, now, 10);
	ck_assert_int_gt(pacer_ready_us(&p, now, 10, 1), now + 90 * US_PER_MS);
}
END_TEST

/* --- the classic rule --- */

START_TEST(aimd_multiplies)
{
	static const struct {
		double rate;
		enum outcome outcome;
		double next;
	} cases[] = {
		{10, OUTCOME_OK, 11},
		{10, OUTCOME_RATE_LIMITED, 5},
		{10, OUTCOME_SERVER_ERROR, 9},
		{10, OUTCOME_TIMEOUT, 9},
		{10, OUTCOME_CANCELLED, 10},
		{AIMD_FLOOR, OUTCOME_RATE_LIMITED, AIMD_FLOOR},
		{AIMD_CEIL, OUTCOME_OK, AIMD_CEIL},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_double_eq_tol(
			aimd_next(cases[i].rate, cases[i].outcome), cases[i].next, 1e-9);
}
END_TEST

/* --- backoff --- */

START_TEST(backoff_is_spread_over_all_of_a_doubling_span)
{
	struct rng rng;

	rng_seed(&rng, 7);
	for (int failures = 1; failures < 80; failures += failures < 10 ? 1 : 23) {
		int64_t most = failures > 7 ? BACKOFF_CAP_US : BACKOFF_BASE_US << (failures - 1);
		int64_t low = most, high = 0;

		for (int i = 0; i < 200; i++) {
			int64_t us = backoff_us(&rng, failures);

			low = us < low ? us : low;
			high = us > high ? us : high;
		}
		ck_assert_int_ge(low, 0);
		ck_assert_int_lt(low, most / 10);
		ck_assert_int_gt(high, most - most / 10);
		ck_assert_int_le(high, most);
	}
}
END_TEST

START_TEST(backoff_after_a_refusal_is_never_short)
{
	struct rng rng;

	rng_seed(&rng, 7);
	for (int i = 0; i < 1000; i++) {
		int64_t us = backoff_refused_us(&rng);

		ck_assert_int_ge(us, US_PER_S / 2);
		ck_assert_int_le(us, 3 * US_PER_S / 2);
	}
}
END_TEST

/* --- estimates --- */

START_TEST(estimate_learns_the_output_of_each_model)
{
	struct estimate e = {0};
	double in;

	ck_assert_double_eq_tol(estimate_tokens(&e, "a", 400, 50, &in), 150, 1e-9);
	ck_assert_double_eq_tol(estimate_tokens(&e, "a", 400, 0, &in), 356, 1e-9);
	for (int i = 0; i < 300; i++)
		estimate_learn(&e, "a", 400, 100, 20);
	ck_assert_double_eq_tol(estimate_tokens(&e, "a", 400, 0, &in), 120, 1);
	ck_assert_double_eq_tol(estimate_tokens(&e, "a", 400, 10, &in), 110, 1);
	ck_assert_double_eq_tol(estimate_tokens(&e, "b", 400, 0, &in), 356, 1e-9);
}
END_TEST

START_TEST(estimate_learns_how_far_it_is_off)
{
	struct estimate e = {0};
	double in;

	for (int i = 0; i < 300; i++)
		estimate_learn(&e, NULL, 4000, 1500, -1);
	ck_assert_double_eq_tol(estimate_tokens(&e, "", 4000, 1, &in), 1501, 5);
	estimate_learn(&e, "", 4000, -1, -1); /* no usage reported: nothing learned */
	ck_assert_double_eq_tol(estimate_tokens(&e, "", 4000, 1, &in), 1501, 5);
	ck_assert_double_ge(estimate_tokens(&e, "", 0, 0, &in), 1);
}
END_TEST

START_TEST(estimate_forgets_the_model_not_used_for_longest)
{
	struct estimate e = {0};
	double in;
	char name[8];

	estimate_learn(&e, "kept", 0, 0, 7);
	estimate_learn(&e, "lost", 0, 0, 7);
	for (int i = 0; i < ESTIMATE_MODELS - 1; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		estimate_learn(&e, name, 0, 0, 9);
		estimate_tokens(&e, "kept", 0, 0, &in);
	}
	ck_assert_double_eq_tol(estimate_tokens(&e, "kept", 0, 0, &in), 7, 1e-9);
	ck_assert_double_eq_tol(estimate_tokens(&e, "lost", 0, 0, &in), 256, 1e-9);
}
END_TEST

/* --- breaker --- */

static uint64_t last_seq; /* of all attempts */

static bool ended(struct breaker *b, int64_t now, uint64_t seq, int64_t sent, enum outcome outcome,
	int64_t wait_us)
{
	return breaker_answered(b, now,
		&(struct breaker_answer){
			.seq = seq, .sent_us = sent, .outcome = outcome, .wait_us = wait_us});
}

/* Sends one attempt at `now` and lets it end at once. */
static bool attempt(struct breaker *b, int64_t now, enum outcome outcome, int64_t wait_us)
{
	breaker_sent(b, ++last_seq);
	return ended(b, now, last_seq, now, outcome, wait_us);
}

START_TEST(breaker_holds_for_what_retrying_cannot_mend)
{
	static const struct {
		enum outcome outcome;
		int64_t wait_us;
		enum breaker_reason reason;
	} cases[] = {
		{OUTCOME_AUTH, -1, BREAKER_AUTH},
		{OUTCOME_QUOTA, -1, BREAKER_QUOTA},
		{OUTCOME_RATE_LIMITED, 121 * US_PER_S, BREAKER_LONG_WAIT},
		{OUTCOME_RATE_LIMITED, 119 * US_PER_S, BREAKER_CLOSED},
		{OUTCOME_OK, -1, BREAKER_CLOSED},
		{OUTCOME_CLIENT_ERROR, -1, BREAKER_CLOSED},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct breaker b = {0};

		attempt(&b, T0, cases[i].outcome, cases[i].wait_us);
		ck_assert_int_eq(b.reason, cases[i].reason);
		if (cases[i].reason == BREAKER_CLOSED)
			ck_assert_int_le(breaker_ready_us(&b, T0), T0);
		else
			ck_assert_int_gt(breaker_ready_us(&b, T0), T0);
	}
}
END_TEST

START_TEST(breaker_probes_one_at_a_time_and_resumes)
{
	struct breaker b = {0};
	int64_t first, second;

	attempt(&b, T0, OUTCOME_AUTH, -1);
	first = breaker_ready_us(&b, T0);
	ck_assert_int_le(first - T0, 60 * US_PER_S);
	breaker_sent(&b, 1001);
	ck_assert_int_eq(breaker_ready_us(&b, first), NEVER_US);
	/* one sent before it opened says nothing */
	ck_assert(!ended(&b, first, 999, T0 - 1, OUTCOME_OK, -1));
	ck_assert_int_eq(b.reason, BREAKER_AUTH);
	ck_assert(ended(&b, first, 1001, first, OUTCOME_AUTH, -1));
	second = breaker_ready_us(&b, first);
	ck_assert_int_gt(second - first, first - T0);
	breaker_probe_now(&b, first + 1);
	ck_assert_int_eq(breaker_ready_us(&b, first + 1), first + 1);
	breaker_sent(&b, 1002);
	ck_assert(ended(&b, first + 2, 1002, first + 1, OUTCOME_OK, -1));
	ck_assert_int_eq(b.reason, BREAKER_CLOSED);
	/* the last of the old failures do not open it again */
	ck_assert(!ended(&b, first + 3, 998, T0 - 1, OUTCOME_AUTH, -1));
	ck_assert_int_eq(b.reason, BREAKER_CLOSED);
}
END_TEST

/* A refusal that may be the task's own. */
static bool refuse_one(struct breaker *b, int64_t now)
{
	breaker_sent(b, ++last_seq);
	return breaker_answered(b, now,
		&(struct breaker_answer){.seq = last_seq,
			.sent_us = now,
			.outcome = OUTCOME_CLIENT_ERROR,
			.one_task = true,
			.wait_us = -1});
}

START_TEST(breaker_looks_into_single_refusals_without_a_wait)
{
	struct breaker b = {0};

	/* nothing passed yet: it may be all of them */
	ck_assert(refuse_one(&b, T0));
	ck_assert_int_eq(b.reason, BREAKER_REFUSED);
	ck_assert_int_gt(breaker_ready_us(&b, T0), T0);
	ck_assert(attempt(&b, T0 + US_PER_S, OUTCOME_OK, -1));
	for (int i = 0; i < BREAKER_ALIKE - 1; i++) {
		ck_assert(!refuse_one(&b, T0 + 2 * US_PER_S));
		ck_assert_int_eq(b.reason, BREAKER_CLOSED);
	}
	ck_assert_int_gt(b.open_question, 0);
	ck_assert(!attempt(&b, T0 + 2 * US_PER_S, OUTCOME_OK, -1));
	ck_assert_int_eq(b.open_question, 0);
	for (int i = 0; i < BREAKER_ALIKE; i++) {
		ck_assert_int_eq(refuse_one(&b, T0 + 3 * US_PER_S), i == BREAKER_ALIKE - 1);
		/* an answer to a request that was sent earlier settles nothing */
		ended(&b, T0 + 3 * US_PER_S, 1, T0, OUTCOME_OK, -1);
	}
	ck_assert_int_eq(b.reason, BREAKER_REFUSED);
}
END_TEST

/* Most of them pass, but later: refusals are quick. */
START_TEST(breaker_opens_for_no_share_of_bad_tasks)
{
	struct breaker b = {0};

	b.passed = true;
	for (uint64_t n = 1; n < 200; n++) {
		breaker_sent(&b, n);
		if (n % 4 == 0)
			ck_assert(!breaker_answered(&b, T0 + (int64_t)n,
				&(struct breaker_answer){.seq = n,
					.sent_us = T0,
					.outcome = OUTCOME_AUTH,
					.one_task = true,
					.wait_us = -1}));
	}
	ck_assert_int_eq(b.reason, BREAKER_CLOSED);
}
END_TEST

START_TEST(breaker_opens_when_everything_fails_only)
{
	struct breaker b = {0};
	int64_t now = T0;

	for (int i = 0; i < 2000; i++, now += 10 * US_PER_MS) /* 60 % fail */
		attempt(&b, now, i % 5 < 3 ? OUTCOME_SERVER_ERROR : OUTCOME_OK, -1);
	ck_assert_int_eq(b.reason, BREAKER_CLOSED);
	now += 20 * US_PER_S;
	for (int i = 0; i < 13; i++, now += 10 * US_PER_MS) {
		ck_assert_int_eq(b.reason, BREAKER_CLOSED);
		attempt(&b, now, OUTCOME_NETWORK, -1);
	}
	ck_assert_int_eq(b.reason, BREAKER_FAILING);
}
END_TEST

START_TEST(breaker_needs_no_thousands_of_failures)
{
	struct breaker b = {0};
	int64_t now = T0;

	for (int i = 0; i < 50000; i++, now += 200)
		attempt(&b, now, OUTCOME_OK, -1);
	for (int i = 0; i < 500; i++, now += 200)
		ck_assert(!attempt(&b, now, OUTCOME_SERVER_ERROR, -1));
	ck_assert(attempt(&b, now, OUTCOME_SERVER_ERROR, -1));
	ck_assert_int_eq(b.reason, BREAKER_FAILING);
}
END_TEST

START_TEST(breaker_waits_as_long_as_the_server_asks)
{
	struct breaker b = {0};

	attempt(&b, T0, OUTCOME_RATE_LIMITED, 3600 * US_PER_S);
	ck_assert_int_eq(breaker_ready_us(&b, T0), T0 + 3600 * US_PER_S);
}
END_TEST

/* --- why --- */

START_TEST(why_shares_of_the_last_minute)
{
	static struct why w;
	double share[BOUND_COUNT];

	why_init(&w, T0);
	why_shares(&w, T0, share);
	ck_assert(share[BOUND_NONE] == 0);
	why_set(&w, T0, BOUND_CONCURRENCY);
	why_set(&w, T0 + 15 * US_PER_S, BOUND_RPM);
	why_shares(&w, T0 + 20 * US_PER_S, share);
	ck_assert_double_eq_tol(share[BOUND_CONCURRENCY], 0.75, 1e-9);
	ck_assert_double_eq_tol(share[BOUND_RPM], 0.25, 1e-9);
	why_shares(&w, T0 + 65 * US_PER_S, share);
	ck_assert_double_eq_tol(share[BOUND_CONCURRENCY], 10.0 / 60, 0.02);
	ck_assert_double_eq_tol(share[BOUND_CONCURRENCY] + share[BOUND_RPM], 1, 1e-9);
	why_shares(&w, T0 + 7200 * US_PER_S, share);
	ck_assert_double_eq_tol(share[BOUND_RPM], 1, 1e-9);
}
END_TEST

START_TEST(why_leaves_rests_out_of_the_session)
{
	static struct why w;
	double share[BOUND_COUNT];

	why_init(&w, T0);
	why_set(&w, T0, BOUND_RPM);
	why_set(&w, T0 + 3 * US_PER_S, BOUND_DONE);
	why_idle(&w, T0 + 4 * US_PER_S, true);
	why_idle(&w, T0 + 4000 * US_PER_S, false);
	why_set(&w, T0 + 4000 * US_PER_S, BOUND_RPM);
	why_session_shares(&w, T0 + 4004 * US_PER_S, share);
	ck_assert_double_eq_tol(share[BOUND_RPM], 7.0 / 8, 1e-9);
	ck_assert_double_eq_tol(share[BOUND_DONE], 1.0 / 8, 1e-9);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {pacer_spaces_sends_evenly,
		pacer_saves_no_more_than_its_tolerance, pacer_takes_a_new_rate_at_once,
		pacer_lets_a_large_one_wait_for_its_weight,
		pacer_makes_up_for_nothing_that_was_skipped, aimd_multiplies,
		backoff_is_spread_over_all_of_a_doubling_span,
		backoff_after_a_refusal_is_never_short, estimate_learns_the_output_of_each_model,
		estimate_learns_how_far_it_is_off, estimate_forgets_the_model_not_used_for_longest,
		breaker_holds_for_what_retrying_cannot_mend,
		breaker_probes_one_at_a_time_and_resumes,
		breaker_looks_into_single_refusals_without_a_wait,
		breaker_opens_for_no_share_of_bad_tasks, breaker_opens_when_everything_fails_only,
		breaker_needs_no_thousands_of_failures, breaker_waits_as_long_as_the_server_asks,
		why_shares_of_the_last_minute, why_leaves_rests_out_of_the_session, NULL};

	return unit_run("pace parts", tests);
}
