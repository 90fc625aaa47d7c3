/* The mock's server model in virtual time. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "mock/model.h"
#include "unit.h"

static const int64_t START = 5 * US_PER_MIN;

/* Settings that limit nothing; tests set the knobs they are about. */
static struct mock_settings plain_settings(void)
{
	return (struct mock_settings){.latency_us = 100 * US_PER_MS,
		.refusal_latency_us = 80 * US_PER_MS,
		.tokens_out = 50,
		.seed = 3};
}

static struct model *start(const struct mock_settings *s)
{
	struct model_config config;
	struct error err = {""};

	ck_assert_msg(model_config_from(s, &config, &err), "%s", err.text);
	return model_new(&config, START);
}

static int arrive(struct model *m, int64_t at_us, struct model_decision *d)
{
	model_arrive(m, START + at_us, 100, NULL, d);
	return d->status;
}

/* Requests at a fixed interval, each departing at once; how many are admitted. */
static int admitted_between(struct model *m, int64_t from_us, int64_t until_us, int64_t step_us)
{
	struct model_decision d;
	int n = 0;

	for (int64_t t = from_us; t < until_us; t += step_us) {
		n += arrive(m, t, &d) == 200;
		model_depart(m, START + t, &d);
	}
	return n;
}

START_TEST(bucket_admits_its_burst_then_its_rate)
{
	struct mock_settings s = plain_settings();
	struct model_decision d;
	struct model *m;

	s.rpm = 600; /* 10 a second */
	s.burst = 5;
	m = start(&s);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(arrive(m, 0, &d), 200);
	ck_assert_int_eq(arrive(m, 0, &d), 429);
	ck_assert_int_eq(d.limit, MODEL_LIMIT_REQUESTS);
	ck_assert_int_eq(d.wait_us, 100 * US_PER_MS);
	ck_assert_int_ge(d.delay_us, 40 * US_PER_MS);
	ck_assert_int_le(d.delay_us, 120 * US_PER_MS);
	ck_assert(d.requests.on && !d.tokens.on);
	ck_assert_int_eq(d.requests.limit, 5);
	ck_assert_int_eq(d.requests.remaining, 0);
	ck_assert_int_eq(d.requests.reset_us, 500 * US_PER_MS);
	ck_assert_int_eq(model_wait_us(m, START, 100), 100 * US_PER_MS);
	ck_assert_int_eq(arrive(m, 100 * US_PER_MS, &d), 200);
	ck_assert_int_eq(admitted_between(m, US_PER_S, 11 * US_PER_S, 10 * US_PER_MS), 104);
	model_free(m);
}
END_TEST

START_TEST(tokens_beyond_the_bucket_leave_it_in_debt)
{
	struct mock_settings s = plain_settings();
	struct model_decision d;
	struct model *m;

	s.tpm = 60000; /* 1,000 a second, and a bucket as deep */
	m = start(&s);
	model_arrive(m, START, 3000, NULL, &d);
	ck_assert_int_eq(d.status, 200);
	model_arrive(m, START, 500, NULL, &d);
	ck_assert_int_eq(d.status, 429);
	ck_assert_int_eq(d.limit, MODEL_LIMIT_TOKENS);
	ck_assert_int_eq(d.wait_us, 2500 * US_PER_MS);
	ck_assert_int_eq(d.tokens.remaining, 0);
	model_arrive(m, START + d.wait_us, 500, NULL, &d);
	ck_assert_int_eq(d.status, 200);
	model_free(m);
}
END_TEST

START_TEST(a_limit_a_minute_is_reported_as_one)
{
	static const struct {
		double rpm, burst;
		int64_t at_us, requests, limit, remaining, reset_us;
	} cases[] = {
		{1800, 0, 0, 1, 1800, 1799, US_PER_S / 30 + 1},
		{1800, 0, 0, 40, 1800, 1770, US_PER_S},                /* ten are refused */
		{1700, 0, 0, 1, 1700, 1699, 60 * US_PER_S / 1700 + 1}, /* 28.3 at once */
		{1, 0, 0, 1, 1, 0, US_PER_MIN}, {0.5, 0, 0, 1, 1, 0, 2 * US_PER_MIN},
		{600, 600, 0, 6, 600, 594, 600 * US_PER_MS},
		{600, 1000, 0, 100, 600, 600, 0}, /* more than a minute's are left */
		{600, 1000, 0, 500, 600, 500, 10 * US_PER_S},
		{600, 0, 20 * US_PER_S, 1, 180, 179, US_PER_S / 3 + 1}, /* by the schedule */
	};
	char schedule[] = "10:0.3";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock_settings s = plain_settings();
		struct model_decision d;
		struct model_quota q;
		struct model *m;

		s.rpm = cases[i].rpm;
		s.burst = cases[i].burst;
		s.schedule = schedule;
		m = start(&s);
		for (int64_t n = 0; n < cases[i].requests; n++)
			arrive(m, cases[i].at_us, &d);
		q = model_quota_by_minute(&d.requests);
		ck_assert_msg(q.limit == cases[i].limit && q.remaining == cases[i].remaining &&
				      llabs(q.reset_us - cases[i].reset_us) <= 1,
			"case %zu: %lld of %lld, reset %lld", i, (long long)q.remaining,
			(long long)q.limit, (long long)q.reset_us);
		model_free(m);
	}
}
END_TEST

START_TEST(window_opens_again_at_its_end)
{
	struct mock_settings s = plain_settings();
	struct model_decision d;
	struct model *m;
	char window[] = "3/20";

	s.window = window;
	m = start(&s);
	ck_assert_int_eq(admitted_between(m, US_PER_S, 5 * US_PER_S, US_PER_S), 3);
	ck_assert_int_eq(arrive(m, 5 * US_PER_S, &d), 429);
	ck_assert_int_eq(d.limit, MODEL_LIMIT_WINDOW);
	ck_assert_int_eq(d.wait_us, 15 * US_PER_S);
	ck_assert_int_eq(d.requests.limit, 3);
	ck_assert_int_eq(d.requests.reset_us, 15 * US_PER_S);
	ck_assert_int_eq(admitted_between(m, 20 * US_PER_S, 40 * US_PER_S, US_PER_S), 3);
	model_free(m);
}
END_TEST

START_TEST(concurrency_is_refused_above_and_freed_by_departures)
{
	struct mock_settings s = plain_settings();
	struct model_decision first, d;
	struct model *m;

	s.concurrency = 2;
	m = start(&s);
	ck_assert_int_eq(arrive(m, 0, &first), 200);
	ck_assert_int_eq(arrive(m, 0, &d), 200);
	ck_assert_int_eq(arrive(m, 0, &d), 429);
	ck_assert_int_eq(d.limit, MODEL_LIMIT_CONCURRENCY);
	model_depart(m, START, &d); /* a refused one frees nothing */
	ck_assert_int_eq(model_in_flight(m), 2);
	model_depart(m, START, &first);
	model_depart(m, START, &first); /* only once */
	ck_assert_int_eq(model_in_flight(m), 1);
	ck_assert_int_eq(arrive(m, 0, &d), 200);
	model_free(m);
}
END_TEST

START_TEST(schedule_and_outage_change_what_is_admitted)
{
	static const struct {
		int64_t from_s, until_s;
		int at_least, at_most;
	} phases[] = {{0, 10, 1000, 1100}, {10, 20, 499, 501}, {20, 30, 999, 1001}, {30, 40, 0, 0}};
	struct mock_settings s = plain_settings();
	char schedule[] = "10:0.5,20:1", outage[] = "30:40";
	struct model_decision d;
	struct model *m;

	s.rpm = 6000;
	s.schedule = schedule;
	s.outage = outage;
	m = start(&s);
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		int n = admitted_between(m, phases[i].from_s * US_PER_S,
			phases[i].until_s * US_PER_S, 2 * US_PER_MS);

		ck_assert_int_ge(n, phases[i].at_least);
		ck_assert_int_le(n, phases[i].at_most);
	}
	ck_assert_int_eq(arrive(m, 40 * US_PER_S - 1, &d), 503);
	ck_assert_int_eq(d.limit, MODEL_LIMIT_OUTAGE);
	ck_assert_int_eq(model_wait_us(m, START + 40 * US_PER_S - 1, 100), 1);
	ck_assert_int_eq(arrive(m, 40 * US_PER_S, &d), 200);
	model_free(m);
}
END_TEST

START_TEST(neighbour_takes_its_share_on_and_off)
{
	struct mock_settings s = plain_settings();
	struct model_config config;
	struct model *m;
	int n;

	s.rpm = 6000;
	ck_assert(model_config_from(&s, &config, NULL));
	config.neighbour_share = 0.5;
	config.neighbour_us = 40 * US_PER_S;
	m = model_new(&config, START);
	ck_assert_int_ge(admitted_between(m, 0, 30 * US_PER_S, 5 * US_PER_MS), 3000);
	n = admitted_between(m, 30 * US_PER_S, 35 * US_PER_S, 5 * US_PER_MS);
	ck_assert_int_ge(n, 249);
	ck_assert_int_le(n, 251);
	n = admitted_between(m, 35 * US_PER_S, 900 * US_PER_S, 5 * US_PER_MS);
	ck_assert_int_ge(n, 86500 * 55 / 100);
	ck_assert_int_le(n, 86500 * 95 / 100);
	model_free(m);
}
END_TEST

START_TEST(refusals_may_cost_and_headers_may_be_stale)
{
	struct mock_settings s = plain_settings();
	struct model_decision first, d;
	struct model_config config;
	struct model *m;

	s.rpm = 600;
	s.burst = 3;
	ck_assert(model_config_from(&s, &config, NULL));
	config.refusals_cost = true;
	config.stale_limits = true;
	m = model_new(&config, START);
	arrive(m, 0, &first);
	ck_assert_int_eq(admitted_between(m, 1, 10, 1), 2);
	ck_assert_int_eq(arrive(m, 90 * US_PER_MS, &d), 429);
	ck_assert_int_eq(arrive(m, 100 * US_PER_MS, &d), 429); /* the last one took the tenth */
	model_depart(m, START + 100 * US_PER_MS, &first);
	ck_assert_int_eq(first.requests.remaining, 2);
	model_free(m);
}
END_TEST

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

START_TEST(latency_is_lognormal_around_its_median)
{
	enum { N = 4001 };
	static int64_t delay[N];
	struct mock_settings s = plain_settings();
	struct model_decision d;
	struct model *m;
	int errors = 0;

	s.sigma = 0.5;
	s.errors = 0.05;
	m = start(&s);
	for (int i = 0; i < N; i++) {
		errors += arrive(m, i, &d) == 500;
		delay[i] = d.delay_us;
	}
	qsort(delay, N, sizeof(delay[0]), compare_times);
	ck_assert_int_ge(delay[N / 2], 95 * US_PER_MS);
	ck_assert_int_le(delay[N / 2], 105 * US_PER_MS);
	ck_assert_int_ge(delay[N * 95 / 100], 200 * US_PER_MS); /* e^(1.645 / 2) = 2.28 */
	ck_assert_int_le(delay[N * 95 / 100], 250 * US_PER_MS);
	ck_assert_int_ge(errors, N * 4 / 100);
	ck_assert_int_le(errors, N * 6 / 100);
	model_free(m);
}
END_TEST

START_TEST(same_seed_same_answers)
{
	struct mock_settings s = plain_settings();
	struct model_decision a, b;
	struct model *m, *n;

	s.sigma = 0.5;
	s.errors = 0.2;
	m = start(&s);
	n = start(&s);
	for (int i = 0; i < 100; i++) {
		arrive(m, i, &a);
		arrive(n, i, &b);
		ck_assert_int_eq(a.status, b.status);
		ck_assert_int_eq(a.delay_us, b.delay_us);
	}
	model_free(m);
	model_free(n);
}
END_TEST

/* n requests at once; when the last of them is done. */
static int64_t slots_finish(struct model *m, int n)
{
	struct model_decision d;
	int64_t now_us = START;
	static int tag;
	int done = 0;

	for (int i = 0; i < n; i++) {
		model_arrive(m, START, 100, &tag, &d);
		ck_assert_int_eq(d.delay_us, -1);
	}
	while (model_next_us(m) != NEVER_US) {
		now_us = model_next_us(m);
		while (model_finish(m, now_us) == &tag)
			done++;
	}
	ck_assert_int_eq(done, n);
	return now_us - START;
}

START_TEST(slots_share_the_speed_and_queue_the_rest)
{
	static const struct {
		int requests;
		double slowdown;
		int64_t done_ms;
	} cases[] = {
		{4, 0, 100}, {5, 0, 200}, {12, 0, 300}, {4, 2, 300}, {8, 2, 600}, {2, 2, 200},
		{5, 2, 450}, /* the last one alone: 1 + 2 / 4 */
	};
	struct mock_settings s = plain_settings();
	struct model_config config;

	s.slots = 4;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct model *m;
		int64_t us;

		ck_assert(model_config_from(&s, &config, NULL));
		config.slowdown = cases[i].slowdown;
		m = model_new(&config, START);
		us = slots_finish(m, cases[i].requests);
		ck_assert_int_ge(us, cases[i].done_ms * US_PER_MS);
		ck_assert_int_le(us, cases[i].done_ms * US_PER_MS + 10);
		model_free(m);
	}
}
END_TEST

START_TEST(knobs_without_sense_are_named)
{
	static const struct {
		const char *window, *schedule, *outage;
		double errors, rpm;
		const char *names;
	} cases[] = {
		{"100", NULL, NULL, 0, 0, "window '100'"},
		{"0/20", NULL, NULL, 0, 0, "window"},
		{"10/0", NULL, NULL, 0, 0, "window"},
		{NULL, "60", NULL, 0, 0, "schedule '60'"},
		{NULL, "60:0.5,30:1", NULL, 0, 0, "schedule"},
		{NULL, "60:-1", NULL, 0, 0, "schedule"},
		{NULL, "", NULL, 0, 0, "schedule"},
		{NULL, NULL, "80:60", 0, 0, "outage '80:60'"},
		{NULL, NULL, NULL, 1.5, 0, "share of errors"},
		{NULL, NULL, NULL, 0, -1, "rpm"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock_settings s = plain_settings();
		struct model_config config;
		struct error err = {""};

		s.window = (char *)cases[i].window;
		s.schedule = (char *)cases[i].schedule;
		s.outage = (char *)cases[i].outage;
		s.errors = cases[i].errors;
		s.rpm = cases[i].rpm;
		ck_assert(!model_config_from(&s, &config, &err));
		ck_assert_msg(
			strstr(err.text, cases[i].names) != NULL, "case %zu: %s", i, err.text);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {bucket_admits_its_burst_then_its_rate,
		tokens_beyond_the_bucket_leave_it_in_debt, a_limit_a_minute_is_reported_as_one,
		window_opens_again_at_its_end, concurrency_is_refused_above_and_freed_by_departures,
		schedule_and_outage_change_what_is_admitted, neighbour_takes_its_share_on_and_off,
		refusals_may_cost_and_headers_may_be_stale, latency_is_lognormal_around_its_median,
		same_seed_same_answers, slots_share_the_speed_and_queue_the_rest,
		knobs_without_sense_are_named, NULL};

	return unit_run("mock model", tests);
}
