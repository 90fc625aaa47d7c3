/* Limits and budgets of the clients of a service, in virtual time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "serve/token_limits.h"
#include "unit.h"

#define DAY_US (24 * 60 * US_PER_MIN)

static const int64_t noon_us = 20000 * DAY_US + DAY_US / 2;

static struct token_meter m;
static int64_t now_us;

static int64_t wall_us(void)
{
	return noon_us + now_us;
}

static void begin(const char *words)
{
	struct token_limits limits = token_unlimited;
	struct error err = {""};
	char text[80], *word;

	snprintf(text, sizeof(text), "%s", words);
	for (word = strtok(text, " "); word; word = strtok(NULL, " "))
		ck_assert_msg(token_limits_read(&limits, word, &err), "%s", err.text);
	now_us = 1000 * US_PER_S;
	token_meter_init(&m, &limits, now_us, wall_us());
}

static struct token_ask ask_of(bool live, double tokens, double usd)
{
	return (struct token_ask){.live = live, .tokens = tokens, .usd = usd};
}

static struct token_verdict ask(bool live, double tokens, double usd)
{
	struct token_ask a = ask_of(live, tokens, usd);

	return token_meter_ask(&m, &a, now_us, wall_us());
}

static bool take(bool live, double tokens, double usd)
{
	struct token_ask a = ask_of(live, tokens, usd);

	return token_meter_take(&m, &a, now_us, wall_us());
}

static bool settle(double estimated, double estimated_usd, double tokens, double usd)
{
	struct token_ask a = ask_of(true, estimated, estimated_usd);

	return token_meter_settle(&m, &a, now_us, tokens, usd, now_us, wall_us());
}

/* Starts as many as may start now. */
static int start_all(bool live, double tokens)
{
	int n = 0;

	for (; n < 100000 && ask(live, tokens, 0).bound == TOKEN_FREE; n++)
		take(live, tokens, 0);
	return n;
}

START_TEST(words_of_the_file)
{
	static const char *const bad[] = {"", "rpm", "rpm=", "rpm=0", "rpm=-1", "rpm=1.5", "rpm=x",
		"tpm=0", "usd=0", "usd=-1", "usd=nan", "usd=inf", "usd=1e99", "weight=0",
		"weight=1001", "rpms=1", "rp=1", "=1", "xrpm=1", "weight=inf"};
	struct token_limits l = token_unlimited;
	struct error err;

	ck_assert(token_limits_read(&l, "rpm=60", &err) && l.rpm == 60);
	ck_assert(token_limits_read(&l, "tpm=100k", &err) && l.tpm == 100000);
	ck_assert(token_limits_read(&l, "usd=2.50", &err) && l.usd == 2.5);
	ck_assert(token_limits_read(&l, "weight=0.5", &err) && l.weight == 0.5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = '\0';
		ck_assert_msg(!token_limits_read(&l, bad[i], &err), "%s", bad[i]);
		ck_assert_str_ne(err.text, "");
	}
	ck_assert(l.rpm == 60 && l.tpm == 100000 && l.usd == 2.5 && l.weight == 0.5);
}
END_TEST

START_TEST(without_limits_everything_may_go)
{
	begin("");
	ck_assert_int_eq(start_all(true, 1e6), 100000);
	ck_assert_int_eq(start_all(false, 1e6), 100000);
	ck_assert(!take(false, 1e6, 1e3));
}
END_TEST

/* In any minute, however it is cut. */
START_TEST(live_calls_may_use_a_minutes_worth_at_once_and_never_more)
{
	int starts[600], n = 0;

	begin("rpm=60");
	for (int s = 0; s < 600; s++, now_us += 500 * US_PER_MS) {
		starts[s] = start_all(true, 0);
		n += starts[s];
		if (s >= 120)
			n -= starts[s - 120];
		ck_assert_int_le(n, 60);
		ck_assert(s || starts[0] == 60);
	}
	ck_assert_int_ge(n, 55);
}
END_TEST

START_TEST(a_refused_call_is_told_when_it_may_go)
{
	struct token_verdict v;

	begin("rpm=2 tpm=1000");
	take(true, 100, 0);
	now_us += 10 * US_PER_S;
	take(true, 100, 0);
	v = ask(true, 100, 0);
	ck_assert_int_eq(v.bound, TOKEN_RPM);
	ck_assert_int_ge(v.wait_us, 50 * US_PER_S);
	ck_assert_int_le(v.wait_us, 51 * US_PER_S);
	now_us += v.wait_us;
	ck_assert_int_eq(ask(true, 100, 0).bound, TOKEN_FREE);
	v = ask(true, 950, 0);
	ck_assert_int_eq(v.bound, TOKEN_TPM);
	now_us += v.wait_us;
	ck_assert_int_eq(ask(true, 950, 0).bound, TOKEN_FREE);
}
END_TEST

START_TEST(tokens_are_corrected_by_what_the_answer_used)
{
	begin("tpm=1000");
	take(true, 900, 0);
	ck_assert_int_eq(ask(true, 500, 0).bound, TOKEN_TPM);
	settle(900, 0, 100, 0);
	ck_assert_int_eq(ask(true, 500, 0).bound, TOKEN_FREE);
	ck_assert_double_eq_tol(token_meter_used(&m, TOKEN_TPM, now_us), 100, 1e-9);
	/* larger than the whole limit: alone it may go */
	ck_assert_int_eq(ask(true, 5000, 0).bound, TOKEN_TPM);
	now_us += 62 * US_PER_S;
	ck_assert_int_eq(ask(true, 5000, 0).bound, TOKEN_FREE);
	/* an answer that comes after its minute changes nothing */
	take(true, 1000, 0);
	now_us += 100 * US_PER_S;
	ck_assert_double_eq_tol(token_meter_used(&m, TOKEN_TPM, now_us), 0, 1e-9);
}
END_TEST

START_TEST(batches_go_at_an_even_pace_and_use_all_of_the_limit)
{
	int n = 0, most = 0;

	begin("rpm=600");
	ck_assert_int_ge(start_all(false, 0), 150);
	for (int s = 0; s < 2400; s++, now_us += 100 * US_PER_MS) {
		int started = start_all(false, 0);

		n += s >= 1200 ? started : 0;
		most = s && started > most ? started : most;
	}
	ck_assert_int_ge(n, 1150); /* of 1200 in two minutes */
	ck_assert_int_le(n, 1220);
	ck_assert_int_le(most, 25);
}
END_TEST

START_TEST(batches_leave_room_for_live_calls)
{
	int refused = 0;

	begin("rpm=600");
	take(true, 0, 0);
	for (int s = 0; s < 2400; s++, now_us += 100 * US_PER_MS) {
		start_all(false, 0);
		/* a call a second */
		if (s % 10)
			continue;
		if (ask(true, 0, 0).bound == TOKEN_FREE)
			take(true, 0, 0);
		else
			refused++;
	}
	ck_assert_int_eq(refused, 0);
}
END_TEST

START_TEST(a_budget_is_of_a_day)
{
	struct token_verdict v;

	begin("usd=1");
	take(true, 0, 0.6);
	v = ask(true, 0, 0.6);
	ck_assert_int_eq(v.bound, TOKEN_USD);
	ck_assert_int_eq(v.wait_us, INT64_MAX); /* the one in flight may cost less */
	settle(0, 0.6, 0, 0.3);
	ck_assert_int_eq(ask(true, 0, 0.6).bound, TOKEN_FREE);
	take(true, 0, 0.6);
	settle(0, 0.6, 0, 0.8);
	v = ask(true, 0, 0.01);
	ck_assert_int_eq(v.bound, TOKEN_USD);
	ck_assert_int_eq(wall_us() + v.wait_us, token_next_day_us(wall_us()));
	ck_assert_int_eq(token_next_day_us(wall_us()) % DAY_US, 0);
	now_us += v.wait_us;
	ck_assert_int_eq(ask(true, 0, 0.6).bound, TOKEN_FREE);
	ck_assert_double_eq_tol(token_meter_usd(&m, wall_us()), 0, 1e-9);
}
END_TEST

START_TEST(an_estimate_alone_does_not_close_a_day)
{
	begin("usd=1");
	ck_assert_int_eq(ask(false, 0, 5).bound, TOKEN_FREE);
	take(false, 0, 5);
	ck_assert_int_eq(ask(false, 0, 0.1).bound, TOKEN_USD);
	settle(0, 5, 0, 0.1);
	ck_assert_int_eq(ask(false, 0, 0.1).bound, TOKEN_FREE);
}
END_TEST

/* A process that is killed at any moment has noted at least what it had spent. */
START_TEST(what_is_noted_is_never_less_than_what_is_spent)
{
	double noted = 0, spent = 0;
	int notes = 0, starts = 0;

	begin("usd=1");
	while (ask(false, 0, 0.0004).bound == TOKEN_FREE) {
		if (take(false, 0, 0.0004)) {
			noted = m.noted_usd;
			notes++;
		}
		ck_assert_double_le(spent + 0.0004, noted + 1e-9);
		if (settle(0, 0.0004, 0, 0.0005)) {
			noted = m.noted_usd;
			notes++;
		}
		spent += 0.0005;
		ck_assert_double_le(spent, noted + 1e-9);
		starts++;
	}
	ck_assert_int_ge(starts, 1990);
	ck_assert_int_le(notes, 130);

	begin("usd=1");
	token_meter_restore(&m, wall_us(), 20000, 0.9);
	ck_assert_int_eq(ask(true, 0, 0.2).bound, TOKEN_USD);
	ck_assert_int_eq(ask(true, 0, 0.05).bound, TOKEN_FREE);
	begin("usd=1");
	token_meter_restore(&m, wall_us(), 19999, 0.9); /* yesterday's */
	ck_assert_int_eq(ask(true, 0, 0.2).bound, TOKEN_FREE);
	token_meter_restore(&m, wall_us(), 20000, NAN);
	ck_assert_int_eq(ask(true, 0, 0.2).bound, TOKEN_FREE);
}
END_TEST

START_TEST(what_is_noted_follows_what_is_reserved)
{
	begin("usd=1");
	for (int i = 0; i < 9; i++)
		take(false, 0, 0.1);
	ck_assert_double_ge(m.noted_usd, 0.9);
	ck_assert(!token_meter_lower(&m));
	for (int i = 0; i < 9; i++)
		settle(0, 0.1, 0, 0.01);
	ck_assert(token_meter_lower(&m));
	ck_assert_double_ge(m.noted_usd, 0.09);
	ck_assert_double_le(m.noted_usd, 0.1);
	ck_assert(!token_meter_lower(&m));
}
END_TEST

START_TEST(a_clock_that_is_set_back_opens_no_budget)
{
	begin("usd=1");
	now_us += DAY_US / 2; /* midnight */
	take(true, 0, 1);
	settle(0, 1, 0, 1);
	now_us -= US_PER_MIN;
	ck_assert_int_eq(ask(true, 0, 0.5).bound, TOKEN_USD);
	now_us += 2 * US_PER_MIN;
	ck_assert_int_eq(ask(true, 0, 0.5).bound, TOKEN_USD);
}
END_TEST

START_TEST(other_limits_count_what_was_used)
{
	struct token_limits l = {.weight = 1, .rpm = 10};

	begin("rpm=100");
	ck_assert_int_eq(start_all(true, 0), 100);
	token_meter_set(&m, &l, now_us);
	ck_assert_int_eq(ask(true, 0, 0).bound, TOKEN_RPM);
	l.rpm = 200;
	token_meter_set(&m, &l, now_us);
	ck_assert_int_eq(start_all(true, 0), 100);
	l.rpm = 0;
	token_meter_set(&m, &l, now_us);
	ck_assert_int_eq(ask(false, 0, 0).bound, TOKEN_FREE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {words_of_the_file, without_limits_everything_may_go,
		live_calls_may_use_a_minutes_worth_at_once_and_never_more,
		a_refused_call_is_told_when_it_may_go, tokens_are_corrected_by_what_the_answer_used,
		batches_go_at_an_even_pace_and_use_all_of_the_limit,
		batches_leave_room_for_live_calls, a_budget_is_of_a_day,
		an_estimate_alone_does_not_close_a_day,
		what_is_noted_is_never_less_than_what_is_spent,
		what_is_noted_follows_what_is_reserved, a_clock_that_is_set_back_opens_no_budget,
		other_limits_count_what_was_used, NULL};

	return unit_run("token limits", tests);
}
