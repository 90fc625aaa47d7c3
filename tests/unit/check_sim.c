/* The simulated servers that pacing is judged by: each limit and disturbance, asked directly. */
#include <string.h>

#include "base/clock.h"
#include "sim/server.h"
#include "sim/sim.h"
#include "sim/worlds.h"
#include "unit.h"

/* Arrivals at one instant that are accepted, of so many. */
static int accepted(struct server *s, double at_s, int n)
{
	int ok = 0;

	for (int i = 0; i < n; i++)
		ok += !server_arrive(s, (int64_t)(at_s * US_PER_S), 0, 1).refused;
	return ok;
}

static struct scenario plain(void)
{
	struct scenario sc = scenario_default();

	sc.errors = 0;
	return sc;
}

START_TEST(a_sliding_window_forgets_each_after_its_length)
{
	struct scenario sc = plain();
	struct server s;

	sc.sliding_quota = 30;
	sc.sliding_s = 10;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 0, 10), 10);
	ck_assert_int_eq(accepted(&s, 5, 30), 20);
	ck_assert_int_eq(accepted(&s, 9.9, 5), 0);
	ck_assert_int_eq(accepted(&s, 10, 30), 10);
	ck_assert_int_eq(accepted(&s, 15, 30), 20);
	server_free(&s);
}
END_TEST

START_TEST(refusals_that_count_keep_a_sliding_window_full)
{
	struct scenario sc = plain();
	struct server s;

	sc.sliding_quota = 10;
	sc.sliding_s = 10;
	sc.refusals_count = true;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 0, 10), 10);
	ck_assert_int_eq(accepted(&s, 5, 10), 0);
	ck_assert_int_eq(accepted(&s, 10, 10), 0);
	server_free(&s);
}
END_TEST

START_TEST(a_fixed_window_turns_by_its_phase_or_with_the_first_request)
{
	struct scenario sc = plain();
	struct server s;

	sc.window_quota = 10;
	sc.window_s = 10;
	sc.window_phase_s = 3;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 2, 20), 10);
	ck_assert_int_eq(accepted(&s, 6.9, 1), 0);
	ck_assert_int_eq(accepted(&s, 7, 20), 10);
	server_free(&s);

	sc.window_first = true;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 2, 20), 10);
	ck_assert_int_eq(accepted(&s, 11.9, 1), 0);
	ck_assert_int_eq(accepted(&s, 12, 20), 10);
	server_free(&s);
}
END_TEST

START_TEST(a_window_that_is_used_up_says_when_it_ends)
{
	struct scenario sc = plain();
	struct server s;
	struct server_verdict v;

	sc.window_quota = 10;
	sc.window_s = 60;
	sc.window_phase_s = 17;
	sc.used_up = true;
	sc.retry_after = SIM_RETRY_AFTER_SECONDS;
	server_init(&s, &sc);
	v = server_arrive(&s, 0, 0, 1);
	ck_assert(v.refused);
	ck_assert_double_eq(v.retry_after_s, 43);
	ck_assert_int_eq(accepted(&s, 43, 20), 10);
	server_free(&s);
}
END_TEST

/* A hog leaves (almost) nothing, and what it used is back when the limit forgets it. */
START_TEST(a_hog_takes_what_there_is)
{
	struct scenario sc = plain();
	struct server s;

	sc.hog[0] = (struct sim_span){10, 20};
	sc.window_quota = 100;
	sc.window_s = 15;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 9, 10), 10);
	ck_assert_int_eq(accepted(&s, 10.5, 10), 0);
	ck_assert_int_eq(accepted(&s, 21, 10), 0); /* it used up the window that began at 15 */
	ck_assert_int_eq(accepted(&s, 30, 10), 10);
	server_free(&s);

	sc.window_s = 0;
	sc.rps = sc.burst = 50;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 9, 50), 50);
	ck_assert_int_le(accepted(&s, 19, 50), 1);
	ck_assert_int_eq(accepted(&s, 21, 60), 50);
	server_free(&s);
}
END_TEST

START_TEST(no_burst_means_a_gap)
{
	struct scenario sc = plain();
	struct server s;

	sc.gap_s = 0.02;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 1, 5), 1);
	ck_assert_int_eq(accepted(&s, 1.0199, 1), 0);
	ck_assert_int_eq(accepted(&s, 1.02, 5), 1);
	server_free(&s);
}
END_TEST

/* Above its number in flight a server resets, or refuses with the given status. */
START_TEST(concurrency_is_refused_as_the_scenario_says)
{
	struct scenario sc = plain();
	struct server s;

	sc.concurrency = 2;
	sc.concurrency_status = SIM_RESET;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 0, 5), 2);
	ck_assert_int_eq(server_arrive(&s, 0, 0, 1).status, 0);
	server_done(&s, 0);
	ck_assert_int_eq(accepted(&s, 0, 5), 1);
	server_free(&s);

	sc.concurrency_status = 503;
	server_init(&s, &sc);
	ck_assert_int_eq(accepted(&s, 0, 5), 2);
	ck_assert_int_eq(server_arrive(&s, 0, 0, 1).status, 503);
	server_free(&s);
}
END_TEST

START_TEST(noise_refuses_its_share)
{
	struct scenario sc = plain();
	struct server s;

	sc.noise = 0.1;
	server_init(&s, &sc);
	ck_assert_double_eq_tol(accepted(&s, 0, 10000), 9000, 100);
	server_free(&s);
}
END_TEST

START_TEST(headers_speak_the_language_of_their_family)
{
	static const struct {
		enum sim_headers family;
		const char *text;
	} rows[] = {{SIM_HEADERS_OPENAI, "x-ratelimit-reset-requests: 9.500s\r\n"},
		{SIM_HEADERS_ANTHROPIC,
			"anthropic-ratelimit-requests-reset: 2026-01-01T00:00:10Z\r\n"},
		{SIM_HEADERS_DRAFT6, "RateLimit-Remaining: 299\r\nRateLimit-Reset: 10\r\n"},
		{SIM_HEADERS_DRAFT7, "RateLimit: limit=300, remaining=299, reset=10\r\n"},
		{SIM_HEADERS_DRAFT8,
			"RateLimit: \"p\";r=299;t=10\r\nRateLimit-Policy: \"p\";q=300;w=10\r\n"},
		{SIM_HEADERS_X, "X-RateLimit-Reset: 1767225610\r\n"},
		{SIM_HEADERS_EPOCH_MS, "X-RateLimit-Reset: 1767225610000\r\n"},
		{SIM_HEADERS_DAY, "x-ratelimit-reset-requests: 23h59m59s\r\n"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scenario sc = plain();
		char text[640] = "";
		struct server s;

		sc.window_quota = 300;
		sc.window_s = 10;
		sc.headers = rows[i].family;
		server_init(&s, &sc);
		accepted(&s, 0.5, 1);
		text[server_headers(&s, 500 * US_PER_MS, text, sizeof(text))] = '\0';
		ck_assert_msg(
			strstr(text, rows[i].text) != NULL, "no '%s' in '%s'", rows[i].text, text);
		server_free(&s);
	}
}
END_TEST

START_TEST(the_limit_is_free_again_when_what_was_used_is_forgotten)
{
	struct scenario sc = *world_by_name("hog 3 times");

	scenario_find_free(&sc);
	ck_assert_int_eq(sc.free_n, 3);
	ck_assert_double_eq(sc.free_s[0], 57);
	ck_assert_double_eq(sc.free_s[2], 257);
	sc = *world_by_name("hdr lowered");
	scenario_find_free(&sc);
	ck_assert_int_eq(sc.free_n, 1);
	ck_assert_double_eq(sc.free_s[0], 350);
	ck_assert_double_eq(scenario_capacity(&sc, scenario_factor(&sc, 300)), 20);
}
END_TEST

/* What the reference simulation's oracle reaches in some worlds, answers in all. */
START_TEST(the_oracle_reaches_what_it_does_in_the_reference)
{
	static const struct {
		const char *world;
		double ok;
	} rows[] = {{"bucket 100/s", 29704}, {"no burst 50/s", 13278}, {"conc 32", 6395},
		{"vllm 128", 5343}, {"fixed 3000/60", 29702}, {"sliding+ 300/10", 8906},
		{"hog 3 times", 9501}, {"hog sliding", 7127}, {"outage 600", 14894},
		{"noise 10 % RA 1", 82366}, {"hdr lowered", 19160}, {"fair 4 later", 19798}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scenario sc = *world_by_name(rows[i].world);
		struct sim_result r;

		if (sc.gap_s <= 0)
			sc.jitter_s = 0;
		r = sim_run(&sc, SIM_ORACLE, 0);
		ck_assert_msg(r.ok > 0.985 * rows[i].ok && r.ok < 1.015 * rows[i].ok,
			"%s: %.0f answers, %.0f in the reference", rows[i].world, r.ok, rows[i].ok);
		sim_result_free(&r);
	}
}
END_TEST

START_TEST(a_series_shows_each_second_as_the_screen_would)
{
	struct scenario sc = *world_by_name("bucket 50/s");
	struct sim_result r;

	sc.seconds = 60;
	r = sim_run(&sc, SIM_LANE, 0);
	ck_assert_ptr_null(r.sample);
	sim_result_free(&r);
	sc.series = true;
	r = sim_run(&sc, SIM_LANE, 0);
	ck_assert_str_eq(r.sample[0].belief, "finding the limit");
	for (int i = 0; i < r.seconds; i++) {
		ck_assert_msg(r.sample[i].belief[0] != '\0', "no belief in second %d", i);
		ck_assert_int_gt(r.sample[i].concurrency, 0);
		ck_assert_double_gt(r.sample[i].rate, 0);
	}
	sim_result_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_sliding_window_forgets_each_after_its_length,
		refusals_that_count_keep_a_sliding_window_full,
		a_fixed_window_turns_by_its_phase_or_with_the_first_request,
		a_window_that_is_used_up_says_when_it_ends, a_hog_takes_what_there_is,
		no_burst_means_a_gap, concurrency_is_refused_as_the_scenario_says,
		noise_refuses_its_share, headers_speak_the_language_of_their_family,
		the_limit_is_free_again_when_what_was_used_is_forgotten,
		the_oracle_reaches_what_it_does_in_the_reference,
		a_series_shows_each_second_as_the_screen_would, NULL};

	return unit_run("sim", tests);
}
