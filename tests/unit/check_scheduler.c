/* Items, ready queue, due heap, retries, statistics: the pure parts under the engine. */
#include <string.h>

#include "base/clock.h"
#include "core/events.h"
#include "core/retry.h"
#include "core/scheduler.h"
#include "core/forecast.h"
#include "core/stats.h"
#include "unit.h"

static struct items items;
static struct scheduler scheduler;

static void set_up(int n)
{
	items_init(&items);
	scheduler_init(&scheduler, &items);
	for (int i = 0; i < n; i++)
		items_add(&items);
}

static void tear_down(void)
{
	scheduler_free(&scheduler);
	items_free(&items);
}

START_TEST(counts_always_add_up)
{
	set_up(3);
	for (int state = 0; state < ITEM_STATE_COUNT; state++) {
		items_set_state(&items, 1, (enum item_state)state);
		ck_assert(items_balanced(&items));
	}
	ck_assert_uint_eq(items.counts.queued, 2);
	ck_assert_uint_eq(items.counts.cancelled, 1);
	tear_down();
}
END_TEST

START_TEST(ready_items_leave_by_priority_then_age)
{
	static const int8_t priority[] = {0, 10, -100, 0, 100, 10};
	static const uint32_t order[] = {4, 1, 5, 0, 3, 2};

	set_up(6);
	for (uint32_t i = 0; i < 6; i++) {
		items_at(&items, i)->priority = priority[i];
		scheduler_ready(&scheduler, i, false);
	}
	for (int i = 0; i < 6; i++)
		ck_assert_uint_eq(scheduler_pop(&scheduler), order[i]);
	ck_assert_uint_eq(scheduler_pop(&scheduler), ITEM_NONE);
	tear_down();
}
END_TEST

START_TEST(low_priorities_do_not_starve)
{
	static const int8_t priority[] = {0, -10, -20};
	enum { LOW = 3, URGENT = 4000 };
	uint32_t next = LOW;
	int left = LOW, pops = 0;

	set_up(LOW + URGENT);
	for (uint32_t i = 0; i < LOW; i++) {
		items_at(&items, i)->priority = priority[i];
		scheduler_ready(&scheduler, i, false);
	}
	/* there is always something more urgent */
	while (left && next < LOW + URGENT) {
		items_at(&items, next)->priority = 10;
		scheduler_ready(&scheduler, next++, false);
		left -= scheduler_pop(&scheduler) < LOW;
		pops++;
	}
	ck_assert_int_eq(left, 0);
	ck_assert_int_le(pops, SCHEDULER_AGEING * 3);
	tear_down();
}
END_TEST

START_TEST(reordered_items_change_their_queue)
{
	static const uint32_t order[] = {2, 4, 0, 3, 5, 1};

	set_up(6);
	for (uint32_t i = 0; i < 6; i++)
		scheduler_ready(&scheduler, i, false);
	items_at(&items, 2)->priority = items_at(&items, 4)->priority = 10;
	items_at(&items, 1)->priority = -10;
	scheduler_reorder(&scheduler);
	for (int i = 0; i < 6; i++)
		ck_assert_uint_eq(scheduler_pop(&scheduler), order[i]);
	ck_assert(scheduler_empty(&scheduler));
	tear_down();
}
END_TEST

START_TEST(retries_go_first_and_ended_items_are_dropped)
{
	set_up(4);
	for (uint32_t i = 0; i < 3; i++)
		scheduler_ready(&scheduler, i, false);
	scheduler_ready(&scheduler, 3, true);
	items_set_state(&items, 0, ITEM_CANCELLED);
	items_at(&items, 1)->ending = 1;
	ck_assert_uint_eq(scheduler_pop(&scheduler), 3);
	ck_assert_uint_eq(scheduler_pop(&scheduler), 2);
	ck_assert(scheduler_empty(&scheduler));
	tear_down();
}
END_TEST

START_TEST(due_items_leave_in_order_of_time)
{
	enum { N = 500 };
	struct due first[10];
	int64_t last = -1;
	uint32_t i;

	set_up(N);
	for (i = 0; i < N; i++)
		scheduler_wait(&scheduler, i, (i * 7919) % 1000);
	for (i = 0; i < N; i += 3)
		scheduler_unwait(&scheduler, i);
	ck_assert_uint_eq(scheduler_earliest(&scheduler, first, 10), 10);
	for (int k = 0; k < 10; k++)
		ck_assert_int_eq(first[k].due_us, scheduler_due_of(&scheduler, first[k].item));
	ck_assert_int_eq(first[0].due_us, scheduler_next_due(&scheduler));
	ck_assert_uint_eq(scheduler_pop_due(&scheduler, -1), ITEM_NONE);
	for (int n = 0; (i = scheduler_pop_due(&scheduler, 1000)) != ITEM_NONE; n++) {
		int64_t due = (i * 7919) % 1000;

		ck_assert_int_ge(due, last);
		if (n < 10)
			ck_assert_int_eq(due, first[n].due_us);
		ck_assert_uint_ne(i % 3, 0);
		last = due;
	}
	ck_assert_int_eq(scheduler_next_due(&scheduler), NEVER_US);
	tear_down();
}
END_TEST

START_TEST(retries_follow_the_outcome)
{
	static const struct {
		enum outcome outcome;
		int should_retry, failures;
		enum retry_action action;
	} cases[] = {
		{OUTCOME_SERVER_ERROR, -1, 1, RETRY_LATER},
		{OUTCOME_SERVER_ERROR, -1, 5, RETRY_FINAL},
		{OUTCOME_SERVER_ERROR, 0, 1, RETRY_FINAL},
		{OUTCOME_CLIENT_ERROR, -1, 1, RETRY_FINAL},
		{OUTCOME_CLIENT_ERROR, 1, 1, RETRY_LATER},
		{OUTCOME_AUTH, 0, 1, RETRY_HELD},
		{OUTCOME_QUOTA, -1, 1, RETRY_HELD},
		{OUTCOME_TOO_LARGE, -1, 1, RETRY_FINAL},
	};
	struct rng rng;

	rng_seed(&rng, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict v = {.outcome = cases[i].outcome,
			.should_retry = (int8_t)cases[i].should_retry,
			.wait_us = -1};
		struct retry_decision d = retry_decide(&v, cases[i].failures, 5, &rng, 0);

		ck_assert_msg(d.action == cases[i].action, "case %zu: action %d", i, d.action);
	}
}
END_TEST

START_TEST(the_servers_wait_goes_first_then_full_jitter)
{
	struct verdict v = {
		.outcome = OUTCOME_TIMEOUT, .should_retry = -1, .wait_us = 7 * US_PER_S};
	int64_t low = NEVER_US, high = 0;
	struct rng rng;

	rng_seed(&rng, 1);
	ck_assert_int_eq(retry_decide(&v, 1, 9, &rng, 100).due_us, 100 + 7 * US_PER_S);
	v.wait_us = -1;
	for (int i = 0; i < 1000; i++) {
		int64_t due = retry_decide(&v, 3, 9, &rng, 0).due_us;

		low = due < low ? due : low;
		high = due > high ? due : high;
	}
	ck_assert_int_lt(low, 50 * US_PER_MS);
	ck_assert_int_gt(high, 1900 * US_PER_MS);
	ck_assert_int_lt(high, 2000 * US_PER_MS);
}
END_TEST

START_TEST(a_limits_refusal_goes_back_in_line_for_ever)
{
	struct verdict v = {.outcome = OUTCOME_RATE_LIMITED, .should_retry = -1, .wait_us = -1};
	struct rng rng;

	rng_seed(&rng, 1);
	for (int i = 0; i < 1000; i++) {
		struct retry_decision d = retry_refused(&v, &rng, 100);

		ck_assert_int_eq(d.action, RETRY_LATER);
		ck_assert_int_ge(d.due_us, 100 + US_PER_S / 2);
		ck_assert_int_le(d.due_us, 100 + 3 * US_PER_S / 2);
	}
	v.wait_us = 7 * US_PER_S;
	ck_assert_int_eq(retry_refused(&v, &rng, 100).due_us, 100 + 7 * US_PER_S);
	v.wait_us = 1; /* at once is for one request, not for a batch */
	ck_assert_int_ge(retry_refused(&v, &rng, 100).due_us, 100 + US_PER_S / 2);
}
END_TEST

START_TEST(statistics_of_a_steady_run)
{
	const struct answer a = {.result = NET_STATUS,
		.status = 200,
		.latency_us = 100000,
		.first_byte_us = 50000,
		.bytes_in = 10};
	const struct verdict v = {.outcome = OUTCOME_OK, .tokens_in = 20, .tokens_out = 30};
	static struct stats s;
	static struct history_second history[HISTORY_SECONDS];
	struct stats_view view;
	int64_t low_us, high_us;

	stats_init(&s, 0);
	for (int64_t now = 0; now < 70 * US_PER_S; now += US_PER_S / 10) {
		stats_advance(&s, now, 4, 8);
		stats_started(&s, false);
		stats_answered(&s, &a, &v, 0);
		stats_ended(&s, ITEM_OK, OUTCOME_OK, false, true);
	}
	stats_view(&s, 70 * US_PER_S, &view);
	forecast(&s, 70 * US_PER_S, &(struct prospect){100, HUGE_VAL, HUGE_VAL, false, 1, 0, 0},
		&low_us, &high_us);
	ck_assert_double_eq_tol(view.answers_now, 10, 0.5);
	ck_assert_double_eq_tol(view.answers_avg, 10, 0.1);
	ck_assert_double_eq_tol(view.tokens_now, 500, 25);
	ck_assert_int_ge(view.latency.p50_us, 94000);
	ck_assert_int_le(view.latency.p99_us, 100000);
	ck_assert_int_ge(low_us, 9900000);
	ck_assert_int_le(high_us, 10100000);
	ck_assert_uint_eq(view.outcomes[OUTCOME_OK], 700);
	ck_assert_int_eq(stats_history(&s, history), 69);
	ck_assert_uint_eq(history[0].answered, 10);
	ck_assert_uint_eq(history[68].in_flight, 4);
}
END_TEST

/* The most time left, in seconds, of 1,000 items after `seconds` in which so many ended each, and
 * so many more had their answers already: all of them in the first second, or evenly. */
static double most_left(int seconds, int sent, int reused, bool at_once)
{
	static struct stats s;
	int64_t low_us, high_us;

	stats_init(&s, 0);
	for (int second = 0; second < seconds; second++) {
		int n = !at_once ? reused : second ? 0 : reused * seconds;

		stats_advance(&s, second * US_PER_S, 4, 8);
		for (int i = 0; i < sent + n; i++)
			stats_ended(&s, ITEM_OK, OUTCOME_OK, i >= sent, i < sent);
	}
	stats_advance(&s, seconds * US_PER_S, 4, 8);
	forecast(&s, seconds * US_PER_S,
		&(struct prospect){1000, HUGE_VAL, HUGE_VAL, false, 1, 0, 0}, &low_us, &high_us);
	return (double)high_us / US_PER_S;
}

START_TEST(a_burst_of_answers_used_again_promises_nothing)
{
	for (int seconds = 1; seconds <= 60; seconds++) {
		double left = most_left(seconds, 2, 1000, true);

		ck_assert_double_ge(left, 499);
		ck_assert_double_le(left, 670); /* the margin of the first seconds */
	}
	/* evenly, they will be half of the rest as well */
	ck_assert_double_le(most_left(60, 10, 10, false), 51);
	/* until the first answer that was sent for nothing is known */
	ck_assert_double_lt(most_left(10, 0, 100, true), 0);
	/* all of them: the rest will be, too */
	ck_assert_double_le(most_left(60, 0, 20, false), 51);
}
END_TEST

START_TEST(events_keep_the_newest)
{
	static struct events log;
	struct event out[4];

	for (int i = 1; i <= EVENTS_KEPT + 10; i++)
		events_add(&log, i, EVENT_INFO, "event %d\x1b", i);
	ck_assert_uint_eq(events_since(&log, 0, out, 4), 4);
	ck_assert_uint_eq(out[0].seq, 11);
	ck_assert_str_eq(out[0].text, "event 11\\x1b");
	ck_assert_uint_eq(events_since(&log, log.last - 1, out, 4), 1);
	ck_assert_uint_eq(out[0].seq, log.last);
	ck_assert_uint_eq(events_since(&log, log.last, out, 4), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {counts_always_add_up, ready_items_leave_by_priority_then_age,
		low_priorities_do_not_starve, reordered_items_change_their_queue,
		retries_go_first_and_ended_items_are_dropped, due_items_leave_in_order_of_time,
		retries_follow_the_outcome, the_servers_wait_goes_first_then_full_jitter,
		a_limits_refusal_goes_back_in_line_for_ever, statistics_of_a_steady_run,
		a_burst_of_answers_used_again_promises_nothing, events_keep_the_newest, NULL};

	return unit_run("scheduler", tests);
}
