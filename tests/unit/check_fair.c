/* Two runs of one process share the lanes of an endpoint, in virtual time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/allowance.h"
#include "pace/fair.h"
#include "rig.h"
#include "unit.h"

#define STEP_US    (5 * US_PER_MS)
#define LATENCY_US (100 * US_PER_MS)

/* ---- turns ---- */

/* So many starts when all of the users always want to start, one at a time. */
static void share_out(struct fair *f, struct fair_user *u, int n, int starts, int got[])
{
	memset(got, 0, (size_t)n * sizeof(*got));
	for (int i = 0; i < starts; i++) {
		int next = 0;

		for (int k = 0; k < n; k++)
			fair_wait(f, &u[k]);
		while (!fair_may_start(f, &u[next]))
			next++;
		fair_started(f, &u[next]);
		got[next]++;
	}
}

START_TEST(starts_are_shared_by_weight)
{
	static const double weight[] = {1, 2.5, 0.5};
	struct fair f;
	struct fair_user u[3];
	int got[3];

	fair_init(&f);
	for (int i = 0; i < 3; i++)
		fair_join(&f, &u[i], &(struct fair_share){.weight = weight[i]});
	share_out(&f, u, 3, 3 * FAIR_WELCOME, got);
	share_out(&f, u, 3, 4000, got);
	for (int i = 0; i < 3; i++)
		ck_assert_double_eq_tol(got[i], 1000 * weight[i], 10);
	fair_leave(&f, &u[1]);
	share_out(&f, u, 1, 3, got); /* the third waits for nothing */
	fair_leave(&f, &u[0]);
	fair_leave(&f, &u[2]);
	ck_assert_int_eq(f.n, 0);
}
END_TEST

START_TEST(who_does_not_wait_gathers_no_credit)
{
	struct fair f;
	struct fair_user u[2];
	int got[2], alone = 0;

	fair_init(&f);
	for (int i = 0; i < 2; i++)
		fair_join(&f, &u[i], &(struct fair_share){0});
	share_out(&f, u, 2, 2 * FAIR_WELCOME, got);
	fair_rest(&f, &u[1]);
	for (int i = 0; i < 1000; i++)
		if (fair_may_start(&f, &u[0])) {
			fair_started(&f, &u[0]);
			fair_wait(&f, &u[0]);
			alone++;
		}
	ck_assert_int_eq(alone, 1000);
	share_out(&f, u, 2, 100, got);
	ck_assert_int_ge(got[0], 49);
	ck_assert_int_ge(got[1], 49);
	for (int i = 0; i < 2; i++)
		fair_leave(&f, &u[i]);
}
END_TEST

/* One owner with 9 runs, one with 1: their weights decide, not the number of their runs. */
START_TEST(owners_share_by_weight_whatever_their_runs)
{
	struct fair f;
	struct fair_user u[10];
	int got[10], first = 0;

	fair_init(&f);
	for (int i = 0; i < 10; i++)
		fair_join(&f, &u[i],
			&(struct fair_share){.owner = i < 9 ? 1 : 2,
				.owner_weight = i < 9 ? 1 : 2,
				.weight = i ? 1 : 2});
	share_out(&f, u, 10, 20 * FAIR_WELCOME, got);
	share_out(&f, u, 10, 3000, got);
	for (int i = 0; i < 9; i++)
		first += got[i];
	ck_assert_int_le(abs(first - 1000), 5);
	ck_assert_int_le(abs(got[9] - 2000), 5);
	ck_assert_int_le(abs(got[0] - 200), 10);
	ck_assert_int_le(abs(got[1] - 100), 5);
	fair_change(&f, &u[9], &(struct fair_share){.owner = 2, .owner_weight = 1});
	share_out(&f, u, 10, 2000, got);
	ck_assert_int_le(abs(got[9] - 1000), 5);
	for (int i = 0; i < 10; i++)
		fair_leave(&f, &u[i]);
	ck_assert_int_eq(f.n, 0);
}
END_TEST

/* Starts of others before the tenth of a run that joins. */
static int starts_before_ten(struct fair *f, struct fair_user *u, int n, int run)
{
	int got[8], starts = 0;

	for (int own = 0; own < 10; starts++) {
		share_out(f, u, n, 1, got);
		own += got[run];
	}
	return starts - 10;
}

START_TEST(a_short_run_beside_long_ones_of_its_owner_and_of_others)
{
	struct fair f;
	struct fair_user u[4];
	int got[4];

	fair_init(&f);
	fair_join(&f, &u[0], &(struct fair_share){.owner = 1});
	fair_join(&f, &u[1], &(struct fair_share){.owner = 1});
	share_out(&f, u, 2, 50000, got);
	fair_join(&f, &u[2], &(struct fair_share){.owner = 1});
	ck_assert_int_le(starts_before_ten(&f, u, 3, 2), 1);
	fair_join(&f, &u[3], &(struct fair_share){.owner = 2});
	ck_assert_int_le(starts_before_ten(&f, u, 4, 3), 1);
	for (int i = 0; i < 4; i++)
		fair_leave(&f, &u[i]);
}
END_TEST

/* An owner that gives one short run after another gets little more than its half. */
START_TEST(many_short_runs_bring_no_larger_share)
{
	struct fair f;
	struct fair_user u[2];
	int got[2], all[2] = {0, 0};

	fair_init(&f);
	fair_join(&f, &u[0], &(struct fair_share){.owner = 1});
	share_out(&f, u, 1, 100, got);
	for (int i = 0; i < 1000; i++) {
		fair_join(&f, &u[1], &(struct fair_share){.owner = 2});
		for (int own = 0; own < 10; own += got[1]) {
			share_out(&f, u, 2, 1, got);
			all[0] += got[0];
			all[1] += got[1];
		}
		fair_leave(&f, &u[1]);
	}
	ck_assert_msg(all[0] >= 0.9 * all[1], "%d and %d", all[0], all[1]);
	fair_leave(&f, &u[0]);
}
END_TEST

/* ---- runs ---- */

/* A server that answers after LATENCY_US, and refuses more than so many a second (0: none). */
struct server {
	double per_s;
	double level;
	int64_t at_us;
};

struct world {
	struct rig rig[2];
	int64_t sent_us[2][RIG_IN_FLIGHT];
	bool refused[2][RIG_IN_FLIGHT];
	int known[2]; /* calls whose times are known */
	int runs;
	struct server server;
};

static struct world w;

static void note_calls(int run, int64_t now_us)
{
	struct server *s = &w.server;

	for (; w.known[run] < w.rig[run].in_flight; w.known[run]++) {
		w.sent_us[run][w.known[run]] = now_us;
		w.refused[run][w.known[run]] = s->per_s > 0 && s->level < 1;
		s->level -= s->per_s > 0 && s->level >= 1;
	}
}

static void answer_calls(int run, int64_t now_us)
{
	struct rig *r = &w.rig[run];

	while (w.known[run] && now_us - w.sent_us[run][0] >= LATENCY_US) {
		bool refused = w.refused[run][0];

		w.known[run]--;
		memmove(w.sent_us[run], w.sent_us[run] + 1, sizeof(w.sent_us[0]) - 8);
		memmove(w.refused[run], w.refused[run] + 1, sizeof(w.refused[0]) - 1);
		if (refused)
			rig_answer(r, 429, "", "{}");
		else
			rig_answer_ok(r);
	}
}

/* A step of the loop: who may start because another did gets a further turn. */
static void step(int64_t now_us)
{
	struct server *s = &w.server;
	bool again = true;

	s->level = fmin(fmax(1, s->per_s / 10), s->level + s->per_s * s_from_us(now_us - s->at_us));
	s->at_us = now_us;
	if (now_us % (100 * US_PER_MS) == 0)
		lanes_tick(w.rig[0].lanes[0], now_us);
	for (int i = 0; i < w.runs; i++) {
		w.rig[i].now_us = now_us;
		answer_calls(i, now_us);
	}
	for (int i = 0; i < w.runs; i++) {
		rig_turn(&w.rig[i]);
		note_calls(i, now_us);
	}
	while (again) {
		const void *run = lanes_next_run(w.rig[0].lanes[0]);

		again = run != NULL;
		for (int i = 0; run && i < w.runs; i++) {
			if (run != &w.rig[i])
				continue;
			rig_turn(&w.rig[i]);
			note_calls(i, now_us);
		}
	}
}

static void open_world(const struct rig_options *options, double per_s)
{
	rig_tear_down();
	memset(&w, 0, sizeof(w));
	w.server.per_s = per_s;
	rig_open(&w.rig[0], options);
	w.server.at_us = w.rig[0].now_us;
	w.runs = 1;
}

static void join_world(int items)
{
	struct rig_options beside = w.rig[0].options;

	beside.beside = &w.rig[0];
	rig_open(&w.rig[1], &beside);
	rig_feed_many(&w.rig[1], "b", items);
	w.runs = 2;
}

/* Lets the time pass until the run has ended or `most` has passed; returns how long it took. */
static int64_t run_until_done(int run, int64_t most_us)
{
	int64_t from_us = w.rig[run].now_us, now_us = from_us;

	while (now_us - from_us < most_us && !engine_complete(w.rig[run].engine)) {
		now_us += STEP_US;
		step(now_us);
	}
	return now_us - from_us;
}

static const struct {
	const char *name;
	int concurrency;
	double rpm, per_s;
} limits[] = {
	{"8 at once", 8, 0, 0},
	{"120 a minute", 64, 120, 0},
	{"a server with 50 a second", 0, 0, 50},
	{"no limit but the controller's", 0, 0, 0},
};

enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };

static void open_limit(int i)
{
	open_world(
		RIG(.concurrency = limits[i].concurrency, .rpm = limits[i].rpm), limits[i].per_s);
}

static void open_two_long_runs(int limit)
{
	open_limit(limit);
	rig_feed_many(&w.rig[0], "a", 20000);
	join_world(20000);
}

START_TEST(equal_runs_get_equal_shares)
{
	const bool slow = limits[_i].rpm > 0;
	int before[2], got[2];

	open_two_long_runs(_i);
	run_until_done(0, 20 * US_PER_S);
	for (int i = 0; i < 2; i++)
		before[i] = w.rig[i].started;
	run_until_done(0, (slow ? 200 : 20) * US_PER_S);
	for (int i = 0; i < 2; i++)
		got[i] = w.rig[i].started - before[i];
	ck_assert_int_gt(got[0], 150);
	ck_assert_msg(abs(got[0] - got[1]) <= 0.05 * (got[0] + got[1]) / 2, "%s: %d and %d",
		limits[_i].name, got[0], got[1]);
}
END_TEST

START_TEST(shares_of_runs_are_by_weight)
{
	const bool slow = limits[_i].rpm > 0;
	const struct fair_share share = {.owner = 1, .owner_weight = 3};
	int before[2], got[2];

	open_two_long_runs(_i);
	engine_set_share(w.rig[1].engine, &share);
	run_until_done(0, 20 * US_PER_S);
	for (int i = 0; i < 2; i++)
		before[i] = w.rig[i].started;
	run_until_done(0, (slow ? 400 : 20) * US_PER_S);
	for (int i = 0; i < 2; i++)
		got[i] = w.rig[i].started - before[i];
	ck_assert_int_gt(got[0], 100);
	ck_assert_msg(fabs((double)got[1] / got[0] - 3) <= 0.15, "%s: %d and %d", limits[_i].name,
		got[0], got[1]);
}
END_TEST

START_TEST(a_short_run_does_not_wait_for_a_long_one)
{
	int64_t alone_us, beside_us;

	open_limit(_i);
	rig_feed_many(&w.rig[0], "a", 10);
	rig_feed_end(&w.rig[0]);
	alone_us = run_until_done(0, 600 * US_PER_S);
	open_limit(_i);
	rig_feed_many(&w.rig[0], "a", 100000);
	run_until_done(0, 30 * US_PER_S);
	join_world(10);
	rig_feed_end(&w.rig[1]);
	beside_us = run_until_done(1, 600 * US_PER_S);
	ck_assert_uint_eq(rig_counts(&w.rig[1])->ok, 10);
	ck_assert_msg(beside_us <= 3 * alone_us, "%s: %.2f s beside, %.2f s alone", limits[_i].name,
		s_from_us(beside_us), s_from_us(alone_us));
}
END_TEST

/* The long run has the lanes for itself again, and nothing waits for the run that has left. */
START_TEST(a_run_that_pauses_or_leaves_costs_the_other_nothing)
{
	int before;

	open_two_long_runs(0);
	run_until_done(0, 5 * US_PER_S);
	ck_assert(rig_command(&w.rig[1], "pause all").ok);
	run_until_done(0, US_PER_S);
	before = w.rig[0].started;
	run_until_done(0, 10 * US_PER_S);
	ck_assert_int_ge(w.rig[0].started - before, 750); /* of 800 */
	ck_assert(rig_command(&w.rig[1], "resume").ok);
	before = w.rig[1].started;
	run_until_done(0, 10 * US_PER_S);
	ck_assert_int_ge(w.rig[1].started - before, 350);
}
END_TEST

/* Its requests in flight are never answered. */
START_TEST(a_run_that_is_dropped_gives_its_places_back)
{
	int before;

	open_two_long_runs(0);
	run_until_done(0, 5 * US_PER_S);
	ck_assert_int_gt(w.rig[1].in_flight, 0);
	rig_close(&w.rig[1]);
	w.runs = 1;
	ck_assert_int_eq(lane_in_flight(w.rig[0].lane[0]), w.rig[0].in_flight);
	before = w.rig[0].started;
	run_until_done(0, 10 * US_PER_S);
	ck_assert_int_ge(w.rig[0].started - before, 750); /* of 800 */
}
END_TEST

int main(void)
{
	const TTest *const looped[] = {equal_runs_get_equal_shares, shares_of_runs_are_by_weight,
		a_short_run_does_not_wait_for_a_long_one};
	const TTest *const tests[] = {starts_are_shared_by_weight,
		who_does_not_wait_gathers_no_credit, owners_share_by_weight_whatever_their_runs,
		a_short_run_beside_long_ones_of_its_owner_and_of_others,
		many_short_runs_bring_no_larger_share,
		a_run_that_pauses_or_leaves_costs_the_other_nothing,
		a_run_that_is_dropped_gives_its_places_back, NULL};
	const TTest *const none[] = {NULL};
	int code = unit_run_suite(
		&(struct unit_suite){.name = "fair", .tests = tests, .tear_down = rig_tear_down});

	for (size_t i = 0; i < sizeof(looped) / sizeof(looped[0]); i++)
		code |= unit_run_suite(&(struct unit_suite){.name = "fair runs",
			.tests = none,
			.loop = looped[i],
			.loops = LIMITS,
			.tear_down = rig_tear_down});
	return code;
}
