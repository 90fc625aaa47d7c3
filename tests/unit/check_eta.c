/* The steadied ETA, in virtual time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "eta.h"
#include "unit.h"
#include "phrases.h"

/* A look `s` seconds into the run. */
static void look(struct eta *e, struct snapshot *s, double at_s, double low_s, double high_s)
{
	s->now_us = 1000 * US_PER_S + (int64_t)(at_s * US_PER_S);
	s->elapsed_us = (int64_t)(at_s * US_PER_S);
	s->eta_low_us = (int64_t)(low_s * US_PER_S);
	s->eta_high_us = (int64_t)(high_s * US_PER_S);
	eta_update(e, s);
}

START_TEST(the_first_look_counts_and_time_counts_down)
{
	struct eta e = {0};
	struct snapshot s = {.state = RUN_RUNNING};
	char out[32];

	ck_assert_str_eq(eta_text(&e, &s, out), "ETA -");
	look(&e, &s, 0, 1680, 2100);
	ck_assert_str_eq(eta_text(&e, &s, out), "ETA 28-35m");
	look(&e, &s, 60, 1620, 2040);
	ck_assert_str_eq(eta_text(&e, &s, out), "ETA 27-34m");
	look(&e, &s, 61, -1, -1);
	ck_assert_str_eq(eta_text(&e, &s, out), "ETA -");
}
END_TEST

START_TEST(noise_is_steadied)
{
	struct eta e = {0};
	struct snapshot s = {.state = RUN_RUNNING};
	double low = 0, high = 0;

	look(&e, &s, 0, 1000, 1200);
	for (int i = 1; i <= 400; i++) {
		double noise = (i % 2 ? 1 : -1) * 100.0, left = 1000 - i / 4.0;

		look(&e, &s, i / 4.0, left + noise, left + 200 + noise);
		low = fmax(low, fabs(e.low_s - 1000));
		high = fmax(high, fabs(e.high_s - 1200));
	}
	ck_assert_msg(low < 5 && high < 5, "it moved by %g and %g s", low, high);
}
END_TEST

START_TEST(what_is_new_is_believed_in_time)
{
	struct eta e = {0};
	struct snapshot s = {.state = RUN_RUNNING};

	look(&e, &s, 0, 1000, 1000);
	for (int i = 1; i <= 160; i++)
		look(&e, &s, i / 4.0, 700 - i / 4.0, 700 - i / 4.0);
	ck_assert_double_eq_tol(e.low_s, 700, 10);
	/* far off: at once */
	look(&e, &s, 41, 5000, 6000);
	ck_assert_double_eq_tol(e.low_s, 5041, 1e-6);
	ck_assert_double_eq_tol(e.high_s, 6041, 1e-6);
}
END_TEST

START_TEST(another_limit_counts_at_once)
{
	struct eta e = {0};
	struct snapshot s = {.state = RUN_RUNNING};

	look(&e, &s, 0, 950, 1050);
	look(&e, &s, 3, 1330, 1450); /* 40 % more */
	ck_assert_double_ge(e.high_s - 3, 0.85 * 1400);
	ck_assert_double_ge(e.low_s - 3, 0.85 * 1330);
}
END_TEST

START_TEST(held_says_until_when)
{
	struct eta e = {0};
	struct snapshot s = {.state = RUN_HELD, .wall_us = INT64_C(1700000000) * US_PER_S};
	char out[32];

	setenv("TZ", "UTC", 1);
	tzset();
	look(&e, &s, 10, 100, 200);
	s.held_until_us = s.now_us + 125 * US_PER_S;
	ck_assert_str_eq(eta_text(&e, &s, out), "until 22:15:25");
	/* probes: nobody knows when it goes on */
	s.held_until_us = 0;
	ck_assert_str_eq(eta_text(&e, &s, out), "ETA -");
	s.state = RUN_DONE;
	ck_assert_str_eq(eta_text(&e, &s, out), "");
}
END_TEST

START_TEST(who_keeps_everything_from_starting_is_named)
{
	struct eta e = {0};
	struct snapshot s = {.state = RUN_HELD, .standstill = STANDSTILL_BY_HAND};
	char out[PHRASE_SIZE];

	look(&e, &s, 10, 100, 200);
	s.held_until_us = s.now_us + US_PER_S;
	ck_assert_str_eq(eta_text(&e, &s, out), "ETA -");
	ck_assert_str_eq(phrase_state(&s, out), "HELD by you");
	s.state = RUN_PAUSED;
	s.standstill = STANDSTILL_PAUSED;
	s.pipeline = true;
	ck_assert_str_eq(eta_text(&e, &s, out), "ETA -");
	ck_assert_str_eq(phrase_state(&s, out), "PAUSED (all stages)");
	s = (struct snapshot){.state = RUN_RUNNING, .left_out = 1200};
	look(&e, &s, 20, 100, 200);
	ck_assert_str_eq(phrase_state(&s, out), "RUNNING");
	ck_assert_str_eq(eta_left_out(&e, &s, out), "without 1.2k");
}
END_TEST

START_TEST(the_bound_is_named_now_and_never_by_a_belief_about_another)
{
	struct snapshot s = {.bound_now = BOUND_HOLD,
		.belief = "A: finding the limit",
		.belief_of = BOUND_ADAPTIVE,
		.bound_share = {[BOUND_ADAPTIVE] = 0.75, [BOUND_HOLD] = 0.25}};
	char out[PHRASE_SIZE];

	ck_assert_str_eq(phrase_bound(&s, 80, out), "hold, 1m: adaptive 75% hold 25%");
	s.bound_now = BOUND_ADAPTIVE;
	ck_assert_str_eq(
		phrase_bound(&s, 80, out), "A: finding the limit, 1m: adaptive 75% hold 25%");
	ck_assert_str_eq(phrase_bound(&s, 20, out), "A: finding the limit");
	s.bound_now = BOUND_DONE;
	ck_assert_str_eq(phrase_bound(&s, 30, out), "last items, 1m: adaptive 75%");
	s.state = RUN_DONE;
	ck_assert_str_eq(phrase_bound(&s, 30, out), "adaptive 75% hold 25%");
	ck_assert_str_eq(phrase_bound(&s, 20, out), "adaptive 75%");
}
END_TEST

START_TEST(what_is_left_is_never_nothing)
{
	ck_assert_int_eq(phrase_left(-1), 0);
	ck_assert_int_eq(phrase_left(0), 0);
	ck_assert_int_eq(phrase_left(1), US_PER_S);
	ck_assert_int_eq(phrase_left(US_PER_S), US_PER_S);
	ck_assert_int_eq(phrase_left(US_PER_S + 1), 2 * US_PER_S);
}
END_TEST

START_TEST(times_before_1970_have_their_second)
{
	char out[PHRASE_SIZE];

	setenv("TZ", "UTC", 1);
	tzset();
	ck_assert_str_eq(phrase_time(0, out), "00:00:00");
	ck_assert_str_eq(phrase_time(-1, out), "23:59:59");
	ck_assert_str_eq(phrase_time(-US_PER_S - 1, out), "23:59:58");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_first_look_counts_and_time_counts_down, noise_is_steadied,
		what_is_new_is_believed_in_time, another_limit_counts_at_once, held_says_until_when,
		who_keeps_everything_from_starting_is_named,
		the_bound_is_named_now_and_never_by_a_belief_about_another,
		what_is_left_is_never_nothing, times_before_1970_have_their_second, NULL};

	return unit_run("eta", tests);
}
