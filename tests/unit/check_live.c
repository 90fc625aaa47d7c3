/* Live calls: what goes first at a limit that runs want, too, and what becomes of a failed call. */
#include <string.h>

#include "base/clock.h"
#include "live/decide.h"
#include "pace/first.h"
#include "pace/lanes.h"
#include "unit.h"

/* ---- who goes first ---- */

static const struct fair_share equal = {.owner_weight = 1, .weight = 1};

enum { BOTH, RUN_ONLY, LIVE_ONLY };

/* So many starts at a lane for one request at a time; which kinds want to start. Returns those of
 * live calls. */
static int share_out(
	struct lanes *lanes, struct share *run, struct share *live, int starts, int wants)
{
	int lives = 0;

	for (int i = 0; i < starts; i++) {
		struct lane_answer answer = {
			.outcome = OUTCOME_OK, .status = 200, .wait_us = -1, .tokens = -1};
		int64_t now_us = (i + 1) * US_PER_S;
		struct lane_ticket ticket;
		struct share *who = NULL;

		/* as their turns do, live calls first, until nobody is told to try again */
		for (int turn = 0; !who && turn < 3; turn++) {
			if (wants != RUN_ONLY && share_ask(live, 0, now_us, 1).at_us <= now_us)
				who = live;
			share_asked(live);
			if (!who && wants != LIVE_ONLY &&
				share_ask(run, 0, now_us, 1).at_us <= now_us)
				who = run;
			share_asked(run);
		}
		ck_assert_ptr_nonnull(who);
		lives += who == live;
		share_sent(who, 0, now_us, 1, &ticket);
		/* the other one asks in vain while it is in flight */
		if (wants != RUN_ONLY)
			ck_assert_int_gt(share_ask(live, 0, now_us, 1).at_us, now_us);
		if (wants != LIVE_ONLY)
			ck_assert_int_gt(share_ask(run, 0, now_us, 1).at_us, now_us);
		lane_answered(lanes_at(lanes, 0), now_us, &ticket, &answer);
	}
	return lives;
}

START_TEST(of_sixteen_starts_one_is_a_runs)
{
	const struct lane_config config = {.mode = PACE_FIXED, .concurrency = 1};
	struct lanes *lanes = lanes_new(&config, NULL, 0, 0);
	int name[2];
	struct share *run = lanes_join(lanes, &name[0], &equal),
		     *live = lanes_join_live(lanes, &name[1]);

	share_out(lanes, run, live, 1, BOTH); /* before that the run did not wait */
	ck_assert_int_eq(share_out(lanes, run, live, 160, BOTH), 150);
	ck_assert_int_eq(share_out(lanes, run, live, 20, RUN_ONLY), 0);
	ck_assert_int_eq(share_out(lanes, run, live, 20, LIVE_ONLY), 20);
	/* nothing was gathered meanwhile */
	ck_assert_int_ge(share_out(lanes, run, live, 16, BOTH), 15);
	lanes_leave(lanes, live);
	ck_assert_int_eq(share_ask(run, 0, NEVER_US / 2, 1).at_us <= NEVER_US / 2, true);
	lanes_leave(lanes, run);
	lanes_free(lanes);
}
END_TEST

START_TEST(who_gave_way_is_told)
{
	const struct lane_config config = {.mode = PACE_FIXED, .concurrency = 1};
	struct lanes *lanes = lanes_new(&config, NULL, 0, 0);
	int name[2];
	struct share *run = lanes_join(lanes, &name[0], &equal),
		     *live = lanes_join_live(lanes, &name[1]);
	struct lane_answer answer = {
		.outcome = OUTCOME_OK, .status = 200, .wait_us = -1, .tokens = -1};
	struct lane_ticket ticket;
	const void *told = NULL, *next;

	share_sent(live, 0, 1, 1, &ticket);
	share_ask(live, 0, 1, 1);
	share_asked(live);
	share_ask(run, 0, 1, 1);
	share_asked(run);
	while (lanes_next_run(lanes))
		;
	/* the live call starts, and waits for nothing more: the run is told */
	lane_answered(lanes_at(lanes, 0), 2, &ticket, &answer);
	ck_assert_int_le(share_ask(live, 0, 2, 1).at_us, 2);
	share_sent(live, 0, 2, 1, &ticket);
	lane_answered(lanes_at(lanes, 0), 3, &ticket, &answer);
	share_asked(live);
	while ((next = lanes_next_run(lanes)))
		told = next;
	ck_assert_ptr_eq(told, &name[0]);
	ck_assert_int_le(share_ask(run, 0, 3, 1).at_us, 3);
	lanes_leave(lanes, run);
	lanes_leave(lanes, live);
	lanes_free(lanes);
}
END_TEST

/* ---- what becomes of a failed call ---- */

enum { ATTEMPTS = 3 };

static struct verdict verdict_of(enum outcome o, int status)
{
	return (struct verdict){.outcome = o, .status = status, .wait_us = -1, .should_retry = -1};
}

static struct live_failure failure_of(const struct verdict *v)
{
	return (struct live_failure){
		.verdict = v, .max_attempts = ATTEMPTS, .until_us = 60 * US_PER_S};
}

/* How often a call that always fails so is tried again. */
static int tries_of(struct live_failure *f)
{
	struct live_tries t = {0};
	struct rng rng;
	int64_t now_us = 0, due_us;
	int n = 0;

	rng_seed(&rng, 7);
	while (n < 1000 && (due_us = live_decide(&t, f, &rng, now_us)) >= 0) {
		ck_assert_int_ge(due_us, now_us);
		ck_assert_int_le(due_us, f->until_us);
		now_us = due_us;
		n++;
	}
	return n;
}

START_TEST(failures_are_tried_again_as_batches_are)
{
	static const struct {
		enum outcome outcome;
		int status, tries;
	} rows[] = {{OUTCOME_SERVER_ERROR, 500, ATTEMPTS - 1}, {OUTCOME_TIMEOUT, 0, ATTEMPTS - 1},
		{OUTCOME_NETWORK, 0, ATTEMPTS - 1}, {OUTCOME_BAD_RESPONSE, 200, ATTEMPTS - 1},
		{OUTCOME_CLIENT_ERROR, 400, 0}, {OUTCOME_AUTH, 401, 0}, {OUTCOME_AUTH, 403, 0},
		{OUTCOME_QUOTA, 429, 0}, {OUTCOME_TOO_LARGE, 413, 0}, {OUTCOME_CANCELLED, 0, 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict v = verdict_of(rows[i].outcome, rows[i].status);
		struct live_failure f = failure_of(&v);

		ck_assert_int_eq(tries_of(&f), rows[i].tries);
		f.headed = true;
		ck_assert_int_eq(tries_of(&f), 0);
	}
}
END_TEST

START_TEST(a_limit_is_waited_for_as_long_as_the_client_waits)
{
	struct verdict v = verdict_of(OUTCOME_RATE_LIMITED, 429);
	struct live_failure f = failure_of(&v);
	struct live_tries t = {0};
	struct rng rng;

	f.limited = true;
	ck_assert_int_gt(tries_of(&f), ATTEMPTS);
	rng_seed(&rng, 1);
	v.wait_us = 61 * US_PER_S;
	ck_assert_int_lt(live_decide(&t, &f, &rng, 0), 0);
	v.wait_us = 30 * US_PER_S;
	ck_assert_int_ge(live_decide(&t, &f, &rng, 0), 30 * US_PER_S);
	/* another endpoint goes before a long wait */
	f.fallback = true;
	ck_assert_int_eq(live_decide(&t, &f, &rng, 5), 5);
	f.until_us = NEVER_US;
	f.fallback = false;
	v.wait_us = 3600 * US_PER_S;
	ck_assert_int_ge(live_decide(&t, &f, &rng, 0), 3600 * US_PER_S);
}
END_TEST

START_TEST(refusals_that_a_limit_may_explain_do_not_go_on_for_ever)
{
	struct verdict v = verdict_of(OUTCOME_SERVER_ERROR, 503);
	struct live_failure f = failure_of(&v);

	f.limited = true;
	f.until_us = NEVER_US;
	ck_assert_int_gt(tries_of(&f), 10);
	ck_assert_int_lt(tries_of(&f), 50);
}
END_TEST

START_TEST(a_fallback_takes_what_may_be_the_endpoints_fault)
{
	static const struct {
		enum outcome outcome;
		int status;
		bool alone, goes;
	} rows[] = {{OUTCOME_AUTH, 403, true, true}, {OUTCOME_CLIENT_ERROR, 404, true, true},
		{OUTCOME_CLIENT_ERROR, 400, false, true}, {OUTCOME_QUOTA, 429, false, true},
		{OUTCOME_CANCELLED, 0, false, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict v = verdict_of(rows[i].outcome, rows[i].status);
		struct live_failure f = failure_of(&v);
		struct live_tries t = {0};
		struct rng rng;

		rng_seed(&rng, 1);
		f.alone = rows[i].alone;
		f.fallback = true;
		ck_assert_int_eq(live_decide(&t, &f, &rng, 9) == 9, rows[i].goes);
		/* and not for ever to and fro */
		ck_assert_int_lt(tries_of(&f), ATTEMPTS);
	}
}
END_TEST

START_TEST(the_client_is_told_what_is_its_concern)
{
	static const struct {
		enum outcome outcome;
		int status, told;
		const char *code;
		bool fit;
	} rows[] = {{OUTCOME_CLIENT_ERROR, 404, 404, "upstream_error", true},
		{OUTCOME_AUTH, 401, 502, "upstream_auth", false},
		{OUTCOME_AUTH, 403, 403, "upstream_auth", true},
		{OUTCOME_RATE_LIMITED, 429, 429, "rate_limit_exceeded", true},
		{OUTCOME_RATE_LIMITED, 200, 429, "rate_limit_exceeded", false},
		{OUTCOME_TIMEOUT, 0, 504, "upstream_timeout", false},
		{OUTCOME_NETWORK, 0, 502, "upstream_error", false},
		{OUTCOME_BAD_RESPONSE, 200, 502, "upstream_error", false},
		{OUTCOME_CANCELLED, 0, 503, "service_stopping", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict v = verdict_of(rows[i].outcome, rows[i].status);
		struct live_problem p;

		v.wait_us = 1500 * US_PER_MS;
		live_tell(&v, &p);
		ck_assert_int_eq(p.status, rows[i].told);
		ck_assert_str_eq(p.code, rows[i].code);
		ck_assert_int_eq(p.retry_after_s,
			rows[i].outcome == OUTCOME_CANCELLED ? p.retry_after_s : 2);
		ck_assert_uint_gt(strlen(p.message), 5);
		v.json = (struct json_span){"{}", 2};
		ck_assert_int_eq(live_answer_is_fit(&v), rows[i].fit);
		v.json = (struct json_span){NULL, 0};
		ck_assert(!live_answer_is_fit(&v));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		of_sixteen_starts_one_is_a_runs,
		who_gave_way_is_told,
		failures_are_tried_again_as_batches_are,
		a_limit_is_waited_for_as_long_as_the_client_waits,
		refusals_that_a_limit_may_explain_do_not_go_on_for_ever,
		a_fallback_takes_what_may_be_the_endpoints_fault,
		the_client_is_told_what_is_its_concern,
		NULL,
	};

	return unit_run("live calls", tests);
}
