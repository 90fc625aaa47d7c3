/* The limiters and the lane that composes them, in virtual time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/rate_headers.h"
#include "base/clock.h"
#include "pace/bucket.h"
#include "pace/lane.h"
#include "pace/lane_hand.h"
#include "pace/window.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)

START_TEST(bucket_without_a_limit_never_waits)
{
	struct bucket b = {0};

	bucket_set(&b, T0, 0, 1);
	bucket_take(&b, T0, 1e9);
	ck_assert_int_eq(bucket_ready_us(&b, T0, 1e9), T0);
}
END_TEST

START_TEST(bucket_waits_are_arithmetic)
{
	struct bucket b = {0};

	bucket_set(&b, T0, 600, 1); /* 10 a second, holds 10 */
	bucket_take(&b, T0, 9);
	ck_assert_int_eq(bucket_ready_us(&b, T0, 1), T0);
	ck_assert_int_eq(bucket_ready_us(&b, T0, 3), T0 + 200 * US_PER_MS);
	bucket_take(&b, T0, 3); /* in debt of 2 */
	ck_assert_int_eq(bucket_ready_us(&b, T0, 1), T0 + 300 * US_PER_MS);
	ck_assert_int_eq(bucket_ready_us(&b, T0 + US_PER_MS, 1), T0 + 300 * US_PER_MS);
	ck_assert_int_le(bucket_ready_us(&b, T0 + 300 * US_PER_MS, 1), T0 + 300 * US_PER_MS);
}
END_TEST

START_TEST(bucket_settles_what_an_answer_really_cost)
{
	struct bucket b = {0};

	bucket_set(&b, T0, 60000, 1); /* 1000 tokens a second, holds 1000 */
	bucket_take(&b, T0, 1000);
	bucket_settle(&b, T0, 1000, 400);
	ck_assert_int_eq(bucket_ready_us(&b, T0, 600), T0);
	bucket_settle(&b, T0, 0, 1600); /* more than was there: a debt of 1000 */
	ck_assert_int_eq(bucket_ready_us(&b, T0, 100), T0 + 1100 * US_PER_MS);
	bucket_settle(&b, T0, 1e9, 0); /* never above its burst */
	bucket_take(&b, T0, 1000);
	ck_assert_int_eq(bucket_ready_us(&b, T0, 1), T0 + US_PER_MS);
}
END_TEST

START_TEST(bucket_is_not_stopped_by_one_wrong_figure)
{
	struct bucket b = {0};

	bucket_set(&b, T0, 60000, 1);
	bucket_settle(&b, T0, 100, 1e308);
	ck_assert_int_le(bucket_ready_us(&b, T0, 1), T0 + 61 * US_PER_S);
	bucket_settle(&b, T0, 100, 1e15);
	ck_assert_int_le(bucket_ready_us(&b, T0, 1), T0 + 61 * US_PER_S);
	bucket_take(&b, T0, 120000); /* what is taken is owed all the same */
	bucket_settle(&b, T0, 100, 1e15);
	ck_assert_int_gt(bucket_ready_us(&b, T0, 1), T0 + 179 * US_PER_S);
	ck_assert_int_le(bucket_ready_us(&b, T0, 1), T0 + 181 * US_PER_S);
	b = (struct bucket){0};
	bucket_settle(&b, T0, 100, 1e308); /* no limit */
	ck_assert_int_eq(bucket_ready_us(&b, T0, 1e308), T0);
}
END_TEST

START_TEST(bucket_lets_an_item_above_its_burst_through_when_full)
{
	struct bucket b = {0};

	bucket_set(&b, T0, 6000, 1); /* 100 a second */
	ck_assert_int_eq(bucket_ready_us(&b, T0, 5000), T0);
	bucket_take(&b, T0, 5000);
	ck_assert_int_eq(bucket_ready_us(&b, T0, 5000), T0 + 50 * US_PER_S);
}
END_TEST

START_TEST(bucket_keeps_its_debt_when_the_limit_changes)
{
	struct bucket b = {0};

	bucket_set(&b, T0, 600, 1);
	bucket_take(&b, T0, 30);
	bucket_set(&b, T0, 1200, 1);
	ck_assert_int_eq(bucket_ready_us(&b, T0, 1), T0 + 1050 * US_PER_MS);
}
END_TEST

/* Sends as fast as the window allows for a while and returns the most sends in any span. */
static int busiest_span(struct window *w, int64_t span_us, int64_t end_us, int *sent)
{
	static int64_t at[20000];
	int most = 0, n = 0;

	for (int64_t now = T0; now < end_us; n++) {
		int64_t ready = window_ready_us(w, now);

		if (ready > now)
			now = ready;
		window_take(w, now);
		at[n] = now;
	}
	for (int i = 0, j = 0; i < n; i++) {
		while (at[i] - at[j] >= span_us)
			j++;
		if (i - j + 1 > most)
			most = i - j + 1;
	}
	*sent = n;
	return most;
}

START_TEST(window_is_never_exceeded_and_nearly_used)
{
	static const struct {
		uint32_t count;
		int64_t span_us;
	} cases[] = {{1, US_PER_S}, {5, 7 * US_PER_S}, {100, 60 * US_PER_S}, {3000, 60 * US_PER_S}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct window w;
		int64_t spans = 5 * cases[i].span_us;
		int sent;

		window_set(&w, T0, cases[i].count, cases[i].span_us);
		ck_assert_int_eq(
			busiest_span(&w, cases[i].span_us, T0 + spans, &sent), (int)cases[i].count);
		ck_assert_int_ge(sent, (int)(5 * cases[i].count * 0.95));
	}
}
END_TEST

START_TEST(limits_by_hand_lose_their_bursts)
{
	struct bucket b = {0};
	struct window w;

	bucket_set(&b, T0, 600, 1); /* 10 a second */
	bucket_spread(&b, T0);
	bucket_take(&b, T0, 1);
	ck_assert_int_eq(bucket_ready_us(&b, T0, 1), T0 + 100 * US_PER_MS);
	bucket_set(&b, T0 + US_PER_S, 1200, 1); /* another limit has none either */
	bucket_take(&b, T0 + US_PER_S, 1);
	ck_assert_int_eq(bucket_ready_us(&b, T0 + US_PER_S, 1), T0 + 1050 * US_PER_MS);
	window_set(&w, T0, 10, 10 * US_PER_S);
	window_spread(&w);
	window_take(&w, T0);
	ck_assert_int_ge(window_ready_us(&w, T0), T0 + US_PER_S);
}
END_TEST

static struct lane_answer answer(enum outcome outcome, int status)
{
	return (struct lane_answer){
		.outcome = outcome, .status = status, .wait_us = -1, .tokens = -1};
}

START_TEST(lane_gates_by_concurrency_and_shrinks_gently)
{
	struct lane_config config = {.mode = PACE_FIXED, .concurrency = 4, .max_concurrency = 256};
	struct lane *l = lane_new(&config, T0);
	struct lane_ticket t[4];
	struct lane_answer ok = answer(OUTCOME_OK, 200);

	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(lane_ask(l, T0, 1).bound, BOUND_NONE);
		lane_sent(l, T0, 1, &t[i]);
	}
	ck_assert_int_eq(lane_ask(l, T0, 1).bound, BOUND_CONCURRENCY);
	ck_assert_int_eq(lane_ask(l, T0, 1).at_us, NEVER_US);
	lane_set_concurrency(l, T0, 2);
	lane_answered(l, T0, &t[0], &ok);
	lane_answered(l, T0, &t[1], &ok);
	ck_assert_int_eq(lane_in_flight(l), 2);
	ck_assert_int_eq(lane_ask(l, T0, 1).bound, BOUND_CONCURRENCY);
	lane_answered(l, T0, &t[2], &ok);
	ck_assert_int_eq(lane_ask(l, T0, 1).bound, BOUND_NONE);
	lane_answered(l, T0, &t[3], &ok);
	lane_free(l);
}
END_TEST

START_TEST(lane_names_the_tightest_limit)
{
	struct lane_config config = {.mode = PACE_FIXED,
		.concurrency = 10,
		.rpm = 60,
		.tpm = 6000,
		.window_count = 2,
		.window_us = 60 * US_PER_S};
	struct lane *l = lane_new(&config, T0);
	struct lane_ticket t;
	struct lane_answer ok = answer(OUTCOME_OK, 200);

	lane_sent(l, T0, 50, &t);
	ck_assert_int_eq(lane_ask(l, T0, 50).bound, BOUND_RPM);
	ck_assert_int_eq(lane_ask(l, T0, 50).at_us, T0 + US_PER_S);
	ok.tokens = 550; /* 500 more than reserved: a debt of 450 */
	lane_answered(l, T0, &t, &ok);
	ck_assert_int_eq(lane_ask(l, T0, 50).bound, BOUND_TPM);
	ck_assert_int_eq(lane_ask(l, T0, 50).at_us, T0 + 5 * US_PER_S);
	lane_sent(l, T0, 0, &t);
	ck_assert_int_eq(lane_ask(l, T0, 50).bound, BOUND_WINDOW);
	lane_free(l);
}
END_TEST

START_TEST(lane_holds_for_a_retry_after_until_it_is_skipped)
{
	struct lane_config config = {.mode = PACE_FIXED, .concurrency = 2};
	struct lane *l = lane_new(&config, T0);
	struct lane_answer refused = answer(OUTCOME_RATE_LIMITED, 429);
	struct lane_view view;
	struct lane_ticket t;

	refused.wait_us = 7 * US_PER_S;
	refused.wait_source = "retry-after";
	lane_sent(l, T0, 1, &t);
	lane_answered(l, T0, &t, &refused);
	ck_assert_int_eq(lane_ask(l, T0, 1).bound, BOUND_HOLD);
	ck_assert_int_eq(lane_ask(l, T0, 1).at_us, T0 + 7 * US_PER_S);
	lane_view(l, T0, &view);
	ck_assert_int_eq(view.hold_until_us, T0 + 7 * US_PER_S);
	ck_assert_str_eq(view.hold_source, "retry-after");
	ck_assert_int_eq(lane_ask(l, T0 + US_PER_S, 1).at_us, T0 + 7 * US_PER_S);
	lane_skip_hold(l, T0 + US_PER_S);
	ck_assert_int_eq(lane_ask(l, T0 + US_PER_S, 1).bound, BOUND_NONE);
	lane_free(l);
}
END_TEST

START_TEST(lane_reports_every_change_once_with_old_and_new)
{
	uint64_t seen = 0;
	struct lane_config config = {.mode = PACE_FIXED, .concurrency = 2};
	struct lane *l = lane_new(&config, T0);
	struct lane_change c[4];

	lane_set_concurrency(l, T0, 5);
	lane_set_rpm(l, T0, 120);
	ck_assert_int_eq(lane_take_changes(l, &seen, c, 4), 2);
	ck_assert_str_eq(c[0].what, "concurrency");
	ck_assert(c[0].before == 2 && c[0].after == 5 && c[0].by_hand);
	ck_assert(c[1].before == -1 && c[1].after == 120);
	ck_assert_int_eq(lane_take_changes(l, &seen, c, 4), 0);
	for (int i = 1; i <= 40; i++)
		lane_set_concurrency(l, T0, i);
	ck_assert_int_eq(lane_take_changes(l, &seen, c, 1), 1);
	ck_assert(c[0].after == 31); /* the newest 10 are kept */
	lane_free(l);
}
END_TEST

/* A lane of the adaptive pace with a server behind it that answers at once. */
struct bench {
	struct lane *lane;
	int64_t now;
};

static void bench_open(struct bench *b)
{
	struct lane_config config = {.mode = PACE_AUTO, .max_concurrency = 256};

	b->lane = lane_new(&config, T0);
	b->now = T0;
}

/* For so long: sends whatever may go; each is answered after 10 ms. Returns how many were sent. */
static int bench_run(struct bench *b, int64_t us, const struct lane_answer *a)
{
	int64_t end = b->now + us, tick = b->now;
	int sent = 0;

	while (b->now < end) {
		struct lane_verdict v = lane_ask(b->lane, b->now, 1);
		struct lane_ticket t;

		if (v.at_us <= b->now) {
			lane_sent(b->lane, b->now, 1, &t);
			b->now += 10 * US_PER_MS;
			lane_answered(b->lane, b->now, &t, a);
			sent++;
		} else {
			b->now += 10 * US_PER_MS;
		}
		if (b->now - tick >= 100 * US_PER_MS) {
			tick = b->now;
			lane_tick(b->lane, b->now);
		}
	}
	return sent;
}

static double rate_of(const struct bench *b)
{
	struct lane_view view;

	lane_view(b->lane, b->now, &view);
	return view.rate.used;
}

START_TEST(auto_starts_ten_at_once_and_then_paces)
{
	struct bench b;
	struct lane_ticket t;

	bench_open(&b);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_le(lane_ask(b.lane, T0, 1).at_us, T0);
		lane_sent(b.lane, T0, 1, &t);
	}
	ck_assert_int_eq(lane_ask(b.lane, T0, 1).bound, BOUND_ADAPTIVE);
	lane_free(b.lane);
}
END_TEST

START_TEST(auto_holds_when_all_is_refused)
{
	struct bench b;
	struct lane_answer ok = answer(OUTCOME_OK, 200), no = answer(OUTCOME_RATE_LIMITED, 429);
	struct lane_view view;

	ok.latency_us = no.latency_us = 10 * US_PER_MS;
	bench_open(&b);
	bench_run(&b, 10 * US_PER_S, &ok);
	ck_assert_int_le(bench_run(&b, 60 * US_PER_S, &no), 100);
	ck_assert_int_eq(lane_ask(b.lane, b.now, 1).bound, BOUND_HOLD);
	lane_view(b.lane, b.now, &view);
	ck_assert_int_gt(view.hold_until_us, b.now);
	ck_assert_int_ge(bench_run(&b, 20 * US_PER_S, &ok), 200); /* a probe came through */
	lane_free(b.lane);
}
END_TEST

START_TEST(breaker_parks_the_lane_and_a_probe_frees_it)
{
	struct bench b;
	struct lane_answer ok = answer(OUTCOME_OK, 200), no = answer(OUTCOME_AUTH, 401);
	struct lane_view view;

	bench_open(&b);
	ck_assert_int_le(bench_run(&b, 300 * US_PER_S, &no), 80);
	ck_assert(lane_breaker_is_open(b.lane));
	lane_view(b.lane, b.now, &view);
	ck_assert_str_eq(view.hold_source, "key rejected (401/403)");
	lane_skip_hold(b.lane, b.now);
	ck_assert_int_ge(bench_run(&b, 5 * US_PER_S, &ok), 20);
	ck_assert(!lane_breaker_is_open(b.lane));
	lane_free(b.lane);
}
END_TEST

START_TEST(a_value_by_hand_wins_until_auto)
{
	struct bench b;
	struct lane_answer ok = answer(OUTCOME_OK, 200);
	struct lane_view view;
	int sent;

	bench_open(&b);
	lane_set_rate(b.lane, b.now, 5);
	sent = bench_run(&b, 60 * US_PER_S, &ok);
	ck_assert_int_ge(sent, 298);
	ck_assert_int_le(sent, 302);
	lane_view(b.lane, b.now, &view);
	ck_assert(view.rate.manual && view.rate.used == 5 && view.rate.configured == 5);
	lane_auto(b.lane, b.now);
	lane_view(b.lane, b.now, &view);
	ck_assert(!view.rate.manual);
	lane_free(b.lane);
}
END_TEST

START_TEST(refusals_at_a_value_by_hand_are_reported)
{
	uint64_t seen = 0;
	struct bench b;
	struct lane_answer no = answer(OUTCOME_RATE_LIMITED, 429);
	struct lane_change c[16];
	bool reported = false;
	size_t n;

	bench_open(&b);
	lane_set_rate(b.lane, b.now, 50);
	bench_run(&b, US_PER_S, &no);
	n = lane_take_changes(b.lane, &seen, c, 16);
	for (size_t i = 0; i < n; i++)
		reported |= !strcmp(c[i].what, "refusals") && c[i].after > 5;
	ck_assert(reported);
	lane_free(b.lane);
}
END_TEST

START_TEST(learned_rates_are_a_start_and_no_ceiling)
{
	static const struct lane_learned nonsense[] = {{.kind = LEARNED_RATE, .rate = -1},
		{.kind = LEARNED_RATE, .rate = NAN}, {.kind = LEARNED_RATE, .rate = INFINITY},
		{.kind = LEARNED_NOTHING, .rate = 80}};
	const struct lane_learned slow = {.kind = LEARNED_RATE, .rate = 0.05},
				  quick = {.kind = LEARNED_RATE, .rate = 100};
	struct lane_answer ok = answer(OUTCOME_OK, 200);
	struct bench b;

	ok.latency_us = 10 * US_PER_MS;
	bench_open(&b);
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		lane_warm_start(b.lane, b.now, &nonsense[i]);
		ck_assert_double_eq(rate_of(&b), 10);
	}
	lane_warm_start(b.lane, b.now, &quick);
	ck_assert_double_eq(rate_of(&b), 50);
	lane_forget(b.lane, b.now);
	ck_assert_double_eq(rate_of(&b), 10);
	lane_warm_start(b.lane, b.now, &slow);
	bench_run(&b, 10 * US_PER_S, &ok);
	ck_assert_double_gt(rate_of(&b), 50);
	lane_free(b.lane);
}
END_TEST

/* Ledgers of an earlier release have no age; other paces use nothing of it. */
START_TEST(learned_rates_are_reported_truly)
{
	uint64_t seen = 0;
	const struct lane_learned learned = {.kind = LEARNED_RATE, .rate = 50, .age_us = INT64_MAX};
	const struct lane_config fixed = {.mode = PACE_FIXED, .concurrency = 2};
	struct lane *l = lane_new(&fixed, T0);
	struct lane_change c[4];
	struct bench b;

	lane_warm_start(l, T0, &learned);
	ck_assert_int_eq(lane_take_changes(l, &seen, c, 4), 0);
	lane_free(l);
	bench_open(&b);
	lane_warm_start(b.lane, b.now, &learned);
	seen = 0;
	ck_assert_int_eq(lane_take_changes(b.lane, &seen, c, 4), 1);
	ck_assert_str_eq(c[0].evidence, "learned in an earlier session");
	lane_free(b.lane);
}
END_TEST

/* However few a server once took at once: begun with, one would be outgrown after 64 answers only.
 */
START_TEST(a_number_learned_does_not_bind)
{
	const struct lane_learned learned = {.kind = LEARNED_CONCURRENCY, .rate = 100, .count = 1};
	struct bench b;

	bench_open(&b);
	lane_warm_start(b.lane, b.now, &learned);
	ck_assert_int_eq(lane_concurrency(b.lane), 64);
	ck_assert_double_eq(rate_of(&b), 50);
	lane_free(b.lane);
}
END_TEST

/* An item's own wait is its own: the others go on. */
START_TEST(a_lone_retry_after_does_not_hold_the_lane)
{
	struct lane_answer ok = answer(OUTCOME_OK, 200), no = answer(OUTCOME_RATE_LIMITED, 429);
	struct lane_ticket t;
	struct bench b;

	ok.latency_us = no.latency_us = 10 * US_PER_MS;
	no.wait_us = 30 * US_PER_S;
	bench_open(&b);
	bench_run(&b, 10 * US_PER_S, &ok);
	lane_sent(b.lane, b.now, 1, &t);
	ck_assert(lane_answered(b.lane, b.now, &t, &no));
	ck_assert(!lane_held(b.lane, b.now));
	ck_assert_int_ge(bench_run(&b, US_PER_S, &ok), 5);
	lane_free(b.lane);
}
END_TEST

/* A connection that is turned away beside good answers is a limit's doing, and only then. */
START_TEST(resets_beside_good_answers_are_refusals)
{
	struct lane_answer ok = answer(OUTCOME_OK, 200), cut = answer(OUTCOME_NETWORK, 0);
	struct lane_ticket t;
	struct bench b;

	ok.latency_us = cut.latency_us = 10 * US_PER_MS;
	cut.cut_off = true;
	bench_open(&b);
	lane_sent(b.lane, b.now, 1, &t);
	ck_assert(!lane_answered(b.lane, b.now, &t, &cut));
	bench_run(&b, 5 * US_PER_S, &ok);
	lane_sent(b.lane, b.now, 1, &t);
	ck_assert(lane_answered(b.lane, b.now, &t, &cut));
	cut.cut_off = false; /* cut short while it answered: the server had taken it */
	lane_sent(b.lane, b.now, 1, &t);
	ck_assert(!lane_answered(b.lane, b.now, &t, &cut));
	lane_free(b.lane);
}
END_TEST

START_TEST(only_the_adaptive_pace_takes_503_for_a_limit)
{
	struct lane_config config = {.mode = PACE_FIXED, .concurrency = 2};
	struct lane_answer busy = answer(OUTCOME_SERVER_ERROR, 503);
	struct lane *fixed = lane_new(&config, T0);
	struct lane_ticket t;
	struct bench b;

	bench_open(&b);
	lane_sent(b.lane, T0, 1, &t);
	ck_assert(lane_answered(b.lane, T0, &t, &busy));
	lane_sent(fixed, T0, 1, &t);
	ck_assert(!lane_answered(fixed, T0, &t, &busy));
	lane_free(b.lane);
	lane_free(fixed);
}
END_TEST

START_TEST(a_changed_limit_of_the_server_is_reported_with_both_values)
{
	uint64_t seen = 0;
	struct lane_answer ok = answer(OUTCOME_OK, 200);
	struct reported_limits limits;
	struct lane_change c[16];
	struct bench b;
	size_t n;

	for (int i = 0; i < LIMIT_SLOTS; i++)
		limits.at[i] = (struct reported_limit){-1, -1, -1, 0, -1};
	bench_open(&b);
	ok.limits = &limits;
	limits.at[LIMIT_REQUESTS].limit = 60;
	bench_run(&b, US_PER_S, &ok);
	limits.at[LIMIT_REQUESTS].limit = 500;
	bench_run(&b, US_PER_S, &ok);
	n = lane_take_changes(b.lane, &seen, c, 16);
	ck_assert_int_eq(n, 1);
	ck_assert_str_eq(c[0].what, "server limit");
	ck_assert(c[0].before == 60 && c[0].after == 500);
	ck_assert_str_eq(c[0].evidence, "rate-limit headers name another limit of requests");
	lane_free(b.lane);
}
END_TEST

START_TEST(beliefs_of_the_pace_are_put_into_words)
{
	struct lane_answer ok = answer(OUTCOME_OK, 200), no = answer(OUTCOME_RATE_LIMITED, 429);
	struct lane_view view;
	struct bench b;

	ok.latency_us = no.latency_us = 10 * US_PER_MS;
	bench_open(&b);
	lane_view(b.lane, b.now, &view);
	ck_assert_str_eq(view.belief, "");
	bench_run(&b, 2 * US_PER_S, &ok);
	lane_view(b.lane, b.now, &view);
	ck_assert_str_eq(view.belief, "finding the limit");
	ck_assert(!view.belief_of_all);
	lane_set_rate(b.lane, b.now, 20);
	lane_view(b.lane, b.now, &view);
	ck_assert_str_eq(view.belief, "20/s, set by hand");
	ck_assert(view.belief_of_all);
	lane_auto(b.lane, b.now);
	no.wait_us = 9 * US_PER_S;
	no.wait_source = "retry-after";
	bench_run(&b, US_PER_S / 2, &no);
	lane_view(b.lane, b.now, &view);
	ck_assert_msg(!strncmp(view.belief, "server says wait ", 17), "%s", view.belief);
	ck_assert_str_eq(view.hold_source, "retry-after");
	lane_free(b.lane);
}
END_TEST

START_TEST(a_limit_by_hand_that_is_refused_starts_no_more_bursts)
{
	struct lane_config config = {
		.mode = PACE_AUTO, .max_concurrency = 256, .rpm = 600}; /* 10 at once */
	struct lane_answer no = answer(OUTCOME_RATE_LIMITED, 429);
	struct lane *l = lane_new(&config, T0);
	struct lane_learned learned;
	struct lane_ticket t;

	lane_sent(l, T0, 1, &t);
	ck_assert_int_eq(lane_ask(l, T0, 1).bound, BOUND_NONE);
	lane_answered(l, T0, &t, &no);
	lane_learned(l, &learned);
	ck_assert(learned.spread);
	lane_free(l);

	l = lane_new(&config, T0);
	lane_warm_start(l, T0, &learned);
	lane_sent(l, T0, 1, &t);
	ck_assert_int_eq(lane_ask(l, T0, 1).bound, BOUND_RPM);
	ck_assert_int_eq(lane_ask(l, T0, 1).at_us, T0 + 100 * US_PER_MS);
	lane_free(l);
}
END_TEST

START_TEST(headers_of_a_used_up_window_hold)
{
	static const char headers[] = "x-ratelimit-limit-requests: 100\r\n"
				      "x-ratelimit-remaining-requests: %d\r\n"
				      "x-ratelimit-reset-requests: %ds\r\n";
	struct bench b;
	struct lane_answer ok = answer(OUTCOME_OK, 200);
	struct lane_ticket t;
	struct lane_view view;
	struct reported_limits limits;
	char text[200];
	size_t len;

	bench_open(&b);
	for (int s = 0; s <= 20; s++) { /* the reset stands still: a window of 60 s */
		len = (size_t)snprintf(text, sizeof(text), headers, 100 - 5 * s, 60 - s);
		ck_assert(rate_headers_read(text, len, b.now, &limits));
		ok.limits = &limits;
		bench_run(&b, US_PER_S, &ok);
	}
	lane_sent(b.lane, b.now, 1, &t);
	lane_answered(b.lane, b.now, &t, &ok);
	ck_assert_int_eq(lane_ask(b.lane, b.now, 1).bound, BOUND_SERVER);
	lane_view(b.lane, b.now, &view);
	ck_assert_int_gt(view.hold_until_us, b.now + 38 * US_PER_S);
	ck_assert_int_lt(view.hold_until_us, b.now + 42 * US_PER_S);
	ck_assert_str_eq(view.hold_source, "rate-limit headers");
	ck_assert(view.rpm.server == 100);
	lane_free(b.lane);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {bucket_without_a_limit_never_waits,
		bucket_waits_are_arithmetic, bucket_settles_what_an_answer_really_cost,
		bucket_is_not_stopped_by_one_wrong_figure,
		bucket_lets_an_item_above_its_burst_through_when_full,
		bucket_keeps_its_debt_when_the_limit_changes,
		window_is_never_exceeded_and_nearly_used, limits_by_hand_lose_their_bursts,
		lane_gates_by_concurrency_and_shrinks_gently, lane_names_the_tightest_limit,
		lane_holds_for_a_retry_after_until_it_is_skipped,
		lane_reports_every_change_once_with_old_and_new,
		auto_starts_ten_at_once_and_then_paces, auto_holds_when_all_is_refused,
		breaker_parks_the_lane_and_a_probe_frees_it, a_value_by_hand_wins_until_auto,
		refusals_at_a_value_by_hand_are_reported, learned_rates_are_a_start_and_no_ceiling,
		learned_rates_are_reported_truly, a_number_learned_does_not_bind,
		a_lone_retry_after_does_not_hold_the_lane, resets_beside_good_answers_are_refusals,
		only_the_adaptive_pace_takes_503_for_a_limit,
		a_changed_limit_of_the_server_is_reported_with_both_values,
		beliefs_of_the_pace_are_put_into_words,
		a_limit_by_hand_that_is_refused_starts_no_more_bursts,
		headers_of_a_used_up_window_hold, NULL};

	return unit_run("pace", tests);
}
