/* Answers in doubt through the engine: named, kept or asked again; requests that left again. */
#include <stdio.h>
#include <string.h>

#include "ledger/voids.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

static void open_rig(bool retry)
{
	rig_open(&rig, RIG(.concurrency = 1, .retry_doubtful = retry));
	rig_feed_many(&rig, "item-", 3);
	rig_feed_end(&rig);
}

static void doubt(const struct answer_name *names, size_t n)
{
	engine_doubted(rig.engine, names, n, false, rig.now_us, 0);
	rig_turn(&rig);
}

static const struct answer_name both[] = {{.item = 0, .attempt = 1}, {.item = 1, .attempt = 1}};

START_TEST(kept_ones_are_named_and_the_run_is_not_all_well)
{
	open_rig(false);
	rig_run_out(&rig);
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
	doubt(both, 2);
	ck_assert(engine_complete(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 1);
	ck_assert_int_eq(
		rig_grep(&rig, "journal", "\"event\":\"doubt\",\"ids\":[\"item-0\",\"item-1\"]"),
		1);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 3);
}
END_TEST

START_TEST(an_answer_that_was_no_good_is_in_no_doubt)
{
	const struct answer_name names[] = {
		{.item = 0, .attempt = 1}, {.item = 1, .attempt = 1}, {.item = 2, .attempt = 1}};

	open_rig(false);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 500, "", "{}");
	rig_run_out(&rig);
	/* the first alone, which nothing can have gone before */
	doubt(names, 2);
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
	doubt(names, 3);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"ids\":[\"item-0\",\"item-2\"]"), 1);
}
END_TEST

START_TEST(retried_ones_are_asked_once_more)
{
	open_rig(true);
	rig_run_out(&rig);
	doubt(both, 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"void\""), 2);
	rig_run_out(&rig);
	ck_assert(engine_complete(rig.engine));
	ck_assert_int_eq(rig.started, 5);
	ck_assert_int_eq(engine_exit_code(rig.engine), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 5);
	/* not for ever */
	doubt((const struct answer_name[]){{.item = 0, .attempt = 2}, {.item = 1, .attempt = 2}},
		2);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 5);
}
END_TEST

START_TEST(what_a_crash_left_behind_a_void_is_done_again)
{
	open_rig(true);
	rig_run_out(&rig);
	doubt(both, 2);
	rig_reopen(&rig, false);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 1);
	rig_feed_many(&rig, "item-", 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert(engine_complete(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 3);
}
END_TEST

START_TEST(a_later_session_knows_the_doubt)
{
	open_rig(false);
	rig_run_out(&rig);
	doubt(both, 2);
	rig_reopen(&rig, false);
	rig_feed_many(&rig, "item-", 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(engine_exit_code(rig.engine), 1);
	ck_assert_int_eq(rig.started, 0);
}
END_TEST

/* As a session ends that nothing stops. */
static void end_session(void)
{
	struct error err = {""};

	ck_assert_msg(engine_write_end(rig.engine, rig.now_us, 0, &err), "%s", err.text);
}

static void resume(bool retry)
{
	rig.options.retry_doubtful = retry;
	rig_reopen(&rig, false);
	rig_feed_many(&rig, "item-", 3);
	rig_feed_end(&rig);
}

START_TEST(a_kill_between_void_and_redo_is_no_loss)
{
	struct ledger_count c;

	open_rig(false);
	rig_run_out(&rig);
	doubt(both, 2);
	end_session();
	resume(true);
	rig_turn(&rig);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"void\""), 2);
	resume(true);
	c = ledger_count(rig.ledger);
	ck_assert_uint_eq(c.counted, 1);
	ck_assert_uint_eq(c.found, 1);
	rig_run_out(&rig);
	end_session();
	resume(true);
	c = ledger_count(rig.ledger);
	ck_assert_uint_eq(c.counted, 3);
	ck_assert_uint_eq(c.found, 3);
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
}
END_TEST

START_TEST(a_failed_one_that_was_asked_again_is_in_no_doubt_any_more)
{
	open_rig(true);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{}");
	rig_run_out(&rig);
	doubt((const struct answer_name[]){{.item = 1, .attempt = 1}, {.item = 0, .attempt = 1}},
		2);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	resume(false);
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
}
END_TEST

/* Its line was told to be in doubt, and never got into the results. */
START_TEST(what_was_lost_and_is_answered_anew_is_in_no_doubt_any_more)
{
	char shell[200];

	open_rig(false);
	rig_run_out(&rig);
	doubt(both, 2);
	rig_close(&rig);
	snprintf(shell, sizeof(shell), "sed -i 1,2d %s", rig.results);
	ck_assert_int_eq(system(shell), 0);
	resume(false);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	resume(false);
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
}
END_TEST

/* On whose answer nobody would doubt, since it is asked again. */
START_TEST(one_that_is_redone_takes_its_pack_over_a_new_connection)
{
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4, .retry_doubtful = true));
	rig_feed_embedding(&rig, "a", "m", "1");
	rig_turn(&rig);
	ck_assert(!engine_attempt_is_redo(rig.engine, rig.call[0].attempt));
	rig_answer_ok(&rig);
	rig_turn(&rig);
	rig_command(&rig, "pause");
	rig_feed_embedding(&rig, "b", "m", "2");
	rig_command(&rig, "raise b");
	engine_doubted(rig.engine, both, 1, true, rig.now_us, 0);
	rig_turn(&rig);
	rig_command(&rig, "resume");
	rig_turn(&rig);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"m\",\"input\":[\"2\",\"1\"]}");
	ck_assert(engine_attempt_is_redo(rig.engine, rig.call[0].attempt));
}
END_TEST

START_TEST(an_edited_line_is_named_by_its_own_id)
{
	open_rig(true);
	rig_run_out(&rig);
	memcpy(strstr(rig.input.data, "item-0"), "edited", 6);
	doubt(both, 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"ids\":[\"item-0\",\"item-1\"]"), 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"void\""), 0);
	ck_assert_int_eq(engine_exit_code(rig.engine), 4);
}
END_TEST

START_TEST(requests_that_left_again_are_counted_and_charged)
{
	const struct answer answer = {.result = NET_ERROR,
		.error = "closed",
		.first_byte_us = -1,
		.resent = 3,
		.resent_charged = 1};

	open_rig(false);
	rig_turn(&rig);
	/* of three attempts */
	ck_assert_uint_eq(engine_attempt_resends(rig.engine, rig.call[0].attempt), 2);
	rig_answer_with(&rig, 0, &answer);
	ck_assert_uint_eq(rig_view(&rig)->attempts, 4);
	rig_turn(&rig);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"times\":3,\"charged\":1"), 1);
	while (strcmp(rig_id(&rig, 0), "item-0")) {
		rig_answer_ok(&rig);
		ck_assert(rig_await(&rig));
	}
	rig_answer(&rig, 500, "", "{}"); /* the third attempt it may cost */
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	/* four times by its first attempt, once by its second */
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"attempts\":5,\"outcome\""), 1);
}
END_TEST

/* The repeats count as attempts, and the doubt still finds the answer by its name. */
START_TEST(an_answer_to_a_request_that_left_again_may_be_in_doubt)
{
	static const char body[] = "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}";
	const struct answer answer = {.result = NET_STATUS,
		.status = 200,
		.body = body,
		.body_len = sizeof(body) - 1,
		.resent = 2};
	struct answer_name names[2];

	open_rig(false);
	rig_turn(&rig);
	for (int i = 0; i < 2; i++) {
		engine_attempt_names(rig.engine, rig.call[0].attempt, &names[i], 1);
		rig_answer_with(&rig, 0, &answer);
		rig_turn(&rig);
	}
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":3,\"resent\":2"), 2);
	ck_assert_uint_eq(rig_view(&rig)->attempts, 6);
	ck_assert_uint_eq(rig_view(&rig)->retries, 4);
	doubt(names, 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"doubt\""), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		kept_ones_are_named_and_the_run_is_not_all_well,
		an_answer_that_was_no_good_is_in_no_doubt,
		retried_ones_are_asked_once_more,
		what_a_crash_left_behind_a_void_is_done_again,
		a_later_session_knows_the_doubt,
		a_kill_between_void_and_redo_is_no_loss,
		a_failed_one_that_was_asked_again_is_in_no_doubt_any_more,
		what_was_lost_and_is_answered_anew_is_in_no_doubt_any_more,
		one_that_is_redone_takes_its_pack_over_a_new_connection,
		an_edited_line_is_named_by_its_own_id,
		requests_that_left_again_are_counted_and_charged,
		an_answer_to_a_request_that_left_again_may_be_in_doubt,
		NULL,
	};

	return unit_run_suite(
		&(struct unit_suite){.name = "doubt", .tests = tests, .tear_down = rig_tear_down});
}
