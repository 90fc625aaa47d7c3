/* The engine in virtual time: what becomes of items under every kind of answer and command. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/question.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

START_TEST(a_good_batch_ends_ok_in_the_results)
{
	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 10);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 4);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 10);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"custom_id\":\"a"), 10);
}
END_TEST

START_TEST(an_item_counts_only_once_it_is_written)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 0);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	ck_assert(!engine_over(rig.engine));
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(failures_are_retried_then_final_and_never_stop_the_batch)
{
	struct error err = {""};

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	for (int attempt = 0; attempt < 3; attempt++) {
		ck_assert(rig_await(&rig));
		if (strcmp(rig_id(&rig, 0), "a0")) {
			rig_answer_ok(&rig);
			attempt--;
			continue;
		}
		rig_answer(&rig, 500, "", "{\"error\":{\"message\":\"boom\"}}");
	}
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(engine_exit_code(rig.engine), 1);
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, &err));
	ck_assert_int_eq(rig_grep(&rig, "errors", "boom"), 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"attempt\""), 3);
}
END_TEST

START_TEST(a_waiting_item_never_blocks_a_ready_one)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 500, "retry-after: 30\r\n", "");
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 1);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_int_ge(rig.now_us, 1030 * US_PER_S);
}
END_TEST

START_TEST(bad_lines_fail_with_their_number_and_the_run_goes_on)
{
	struct error err = {""};

	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 1);
	rig_feed(&rig, "not json");
	rig_feed(&rig, "[1]");
	rig_feed_many(&rig, "a", 1); /* a duplicate */
	rig_feed(&rig, "{\"custom_id\":\"x\",\"url\":\"ftp://h/\",\"body\":{}}");
	rig_feed_too_long(&rig, (size_t)300 << 20);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 5);
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, &err));
	ck_assert_int_eq(rig_grep(&rig, "errors", "bad_input"), 5);
	ck_assert_int_eq(rig_grep(&rig, "errors", "line 2: "), 1);
	ck_assert_int_eq(rig_grep(&rig, "errors", "first seen on line 1"), 1);
	ck_assert_int_eq(rig_grep(&rig, "errors", "\"custom_id\":\"x\""), 1);
}
END_TEST

START_TEST(a_resumed_run_sends_only_what_has_no_final_line)
{
	rig_open(&rig, RIG(.concurrency = 3));
	rig_feed_many(&rig, "a", 6);
	rig_feed(&rig, "bad");
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"gone\"}}");
	rig_turn(&rig);
	rig_reopen(&rig, false);
	rig_feed_many(&rig, "a", 6);
	rig_feed(&rig, "bad");
	rig_feed_end(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 2);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 4);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 5);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 5);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"final\""), 2);
}
END_TEST

START_TEST(failed_items_run_again_when_asked_for)
{
	struct error err = {""};

	rig_open(&rig, RIG(.concurrency = 3));
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"gone\"}}");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, &err));
	ck_assert_int_eq(rig_grep(&rig, "errors", "gone"), 1);
	rig_reopen(&rig, true);
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, &err));
	ck_assert_int_eq(rig_grep(&rig, "errors", "gone"), 0);
}
END_TEST

START_TEST(pause_starts_nothing_and_resume_goes_on)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 6);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "pause").ok);
	rig_answer_ok(&rig);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 0);
	ck_assert(!engine_over(rig.engine));
	ck_assert(rig_command(&rig, " resume ").ok);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 6);
}
END_TEST

START_TEST(retries_go_on_in_a_pause_unless_it_is_of_all)
{
	static const struct {
		const char *command;
		int retried;
	} cases[] = {{"pause", 1}, {"pause all", 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_open(&rig, RIG(.concurrency = 2));
		rig_feed_many(&rig, "a", 6);
		rig_feed_end(&rig);
		rig_turn(&rig);
		rig_answer(&rig, 500, "", "{}");
		rig_turn(&rig);
		ck_assert(rig_command(&rig, cases[i].command).ok);
		while (rig.in_flight)
			rig_answer_ok(&rig);
		rig_turn(&rig);
		rig.now_us += 600 * US_PER_S;
		rig_turn(&rig);
		ck_assert_int_eq(rig.in_flight, cases[i].retried);
		ck_assert_uint_eq(rig_counts(&rig)->queued, 4 - (uint64_t)cases[i].retried);
		ck_assert(rig_command(&rig, "resume").ok);
		rig_run_out(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 6);
	}
}
END_TEST

START_TEST(a_run_that_does_not_go_on_has_no_eta)
{
	static const char *const commands[] = {"pause", "drain"};
	struct snapshot s;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		rig_open(&rig, RIG(.concurrency = 1));
		rig_feed_many(&rig, "a", 30);
		rig_feed_end(&rig);
		for (int n = 0; n < 10; n++) {
			rig_turn(&rig);
			rig.now_us += US_PER_S;
			rig_answer_ok(&rig);
		}
		rig_turn(&rig);
		port_snapshot(&rig.port, &s);
		ck_assert_int_gt(s.eta_low_us, 0);
		ck_assert(rig_command(&rig, commands[i]).ok);
		port_snapshot(&rig.port, &s);
		ck_assert_int_eq(s.eta_low_us, -1);
		ck_assert_int_eq(s.eta_high_us, -1);
	}
}
END_TEST

START_TEST(an_operators_change_is_one_event)
{
	struct event events[8];
	struct snapshot s;
	size_t n;

	rig_open(&rig, RIG(.concurrency = 2));
	port_snapshot(&rig.port, &s);
	ck_assert(rig_command(&rig, "set concurrency 5").ok);
	rig_turn(&rig);
	n = port_events_since(&rig.port, s.last_event, events, 8);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(events[0].text, "you: concurrency 2 to 5");
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"change\""), 1);
}
END_TEST

START_TEST(concurrency_changes_at_once_and_the_surplus_finishes)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 30);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "set concurrency +6").ok);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 8);
	ck_assert(rig_command(&rig, "set concurrency 1").ok);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 7);
	ck_assert(rig_command(&rig, "set concurrency -50").ok);
	ck_assert(!rig_command(&rig, "set concurrency 0").ok);
	ck_assert(!rig_command(&rig, "set concurrency many").ok);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 30);
}
END_TEST

START_TEST(interrupt_escalates_and_stays_resumable)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 6);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_command(&rig, "interrupt");
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert(!engine_over(rig.engine));
	rig_command(&rig, "interrupt");
	ck_assert(rig.call[0].cancelled);
	rig_answer_ok(&rig); /* comes back as cancelled */
	rig_turn(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 5);
}
END_TEST

START_TEST(the_third_interrupt_leaves_at_once)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 3);
	rig_turn(&rig);
	for (int i = 0; i < 3; i++)
		rig_command(&rig, "interrupt");
	ck_assert_int_eq(rig.in_flight, 2);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
}
END_TEST

START_TEST(single_items_are_cancelled_and_retried_by_id)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert(rig_command(&rig, "cancel a0").ok); /* in flight */
	ck_assert(rig_command(&rig, "cancel a1").ok); /* queued */
	ck_assert(!rig_command(&rig, "cancel a9").ok);
	ck_assert(!rig_command(&rig, "cancel").ok);
	rig_answer_ok(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert(!rig_command(&rig, "cancel a0").ok);
	ck_assert(rig_command(&rig, "retry a0").ok);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"requeued\""), 1);
}
END_TEST

START_TEST(a_budget_drains_before_it_is_overrun)
{
	rig_open(&rig, RIG(.concurrency = 2));
	ck_assert(rig_command(&rig, "set budget tokens 2000").ok); /* an answer costs 7 */
	rig_feed_many(&rig, "a", 400);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_uint_ge(rig_counts(&rig)->ok, 200);
	ck_assert_uint_le(rig_counts(&rig)->ok, 2000 / 7);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "budget reached"));
}
END_TEST

/* Runs until the budget asks its question. */
static void run_into_budget(void)
{
	rig_open(&rig, RIG(.concurrency = 2));
	engine_set_interactive(rig.engine, true);
	ck_assert(rig_command(&rig, "set budget tokens 2000").ok);
	rig_feed_many(&rig, "a", 400);
	rig_feed_end(&rig);
	for (rig_turn(&rig); rig.in_flight; rig_turn(&rig))
		rig_answer_ok(&rig);
}

START_TEST(an_operator_is_asked_when_the_budget_is_reached)
{
	static const struct {
		const char *command;
		bool to_the_end;
	} answers[] = {{"set budget tokens +500%", true}, {"set budget tokens off", true},
		{"drain", false}, {"interrupt", false}};
	static struct snapshot s;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		run_into_budget();
		port_snapshot(&rig.port, &s);
		ck_assert_int_eq(s.state, RUN_PAUSED);
		ck_assert_int_eq(s.question, QUESTION_BUDGET_TOKENS);
		ck_assert_msg(
			!strncmp(s.state_note,
				"budget reached; `set budget` raises it, `drain` stops: ", 55),
			"%s", s.state_note);
		ck_assert(!engine_over(rig.engine));
		ck_assert(!rig_command(&rig, "resume").ok);
		ck_assert_str_eq(rig_command(&rig, "resume").text,
			"the budget is used up: raise it with `set budget`, or stop with `drain`");
		ck_assert(rig_command(&rig, answers[i].command).ok);
		port_snapshot(&rig.port, &s);
		ck_assert_int_eq(s.question, QUESTION_NONE);
		rig_run_out(&rig);
		ck_assert(engine_over(rig.engine));
		ck_assert_int_eq(engine_exit_code(rig.engine), answers[i].to_the_end ? 0 : 3);
		rig_tear_down();
	}
	run_into_budget();
}
END_TEST

START_TEST(a_question_that_nobody_answers_drains)
{
	static struct snapshot s;

	run_into_budget();
	rig.now_us += 59 * US_PER_S;
	rig_turn(&rig);
	port_attended(&rig.port);
	rig.now_us += 59 * US_PER_S;
	ck_assert_int_le(rig_turn(&rig), rig.now_us + US_PER_S);
	ck_assert(!engine_over(rig.engine));
	port_snapshot(&rig.port, &s);
	ck_assert_int_eq(s.answer_by_us, rig.now_us + US_PER_S);
	rig.now_us += US_PER_S;
	rig_turn(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "budget reached"));
}
END_TEST

START_TEST(a_question_ends_with_its_terminal)
{
	run_into_budget();
	engine_set_interactive(rig.engine, false);
	rig_turn(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "budget reached"));
}
END_TEST

/* Whoever left may come back within a minute. */
START_TEST(a_question_waits_a_minute_for_an_operator_who_left)
{
	for (int comes = 0; comes < 2; comes++) {
		run_into_budget();
		rig.now_us += 50 * US_PER_S;
		engine_set_time(rig.engine, rig.now_us, rig.now_us);
		engine_left(rig.engine);
		rig.now_us += 59 * US_PER_S;
		rig_turn(&rig);
		ck_assert(!engine_over(rig.engine));
		if (comes)
			engine_joined(rig.engine);
		rig.now_us += 2 * US_PER_S;
		rig_turn(&rig);
		ck_assert_int_eq(engine_over(rig.engine), !comes);
		rig_tear_down();
	}
	run_into_budget();
}
END_TEST

START_TEST(what_the_operator_paused_stays_paused_when_they_leave)
{
	rig_open(&rig, RIG(.concurrency = 2));
	engine_set_interactive(rig.engine, true);
	rig_feed_many(&rig, "a", 4);
	rig_feed_end(&rig);
	ck_assert(rig_command(&rig, "pause all").ok);
	engine_left(rig.engine);
	rig.now_us += 60 * US_PER_MIN;
	rig_turn(&rig);
	ck_assert(!engine_over(rig.engine));
	ck_assert(rig_command(&rig, "resume").ok);
	ck_assert(rig_command(&rig, "hold where !ok").ok);
	rig_run_out(&rig);
	ck_assert(!engine_over(rig.engine));
	ck_assert(rig_command(&rig, "release where held").ok);
	rig_run_out(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
}
END_TEST

START_TEST(a_run_that_stays_waits_for_quit)
{
	rig_open(&rig, RIG(.concurrency = 2));
	engine_set_stays(rig.engine, true);
	rig_feed_many(&rig, "a", 4);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert(engine_complete(rig.engine) && !engine_over(rig.engine));
	ck_assert(!rig_command(&rig, "pause").ok && !rig_command(&rig, "pause all").ok);
	ck_assert(rig_command(&rig, "quit").ok);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
}
END_TEST

/* Answers everything with this usage, by the virtual clock, until the run is over. */
static void run_out_telling(const char *usage)
{
	char body[300];

	snprintf(body, sizeof(body), "{\"id\":\"c\",\"choices\":[{\"text\":\"\"}],\"usage\":%s}",
		usage);
	for (rig_turn(&rig); rig_await(&rig); rig_turn(&rig))
		rig_answer(&rig, 200, "", body);
}

START_TEST(no_usage_blinds_a_budget)
{
	static const char *const usages[] = {
		"{\"prompt_tokens\":-1000000000,\"completion_tokens\":-5}",
		"{\"prompt_tokens\":1e308,\"completion_tokens\":1e308}",
		"{\"prompt_tokens\":\"NaN\",\"completion_tokens\":null}",
		"{\"prompt_tokens\":9223372036854775807,\"completion_tokens\":9223372036854775807}",
		"{\"prompt_tokens\":3,\"completion_tokens\":-4}", "null"};

	double spent;

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		rig_open(&rig, RIG(.concurrency = 2));
		ck_assert(rig_command(&rig, "set budget tokens 5000").ok);
		rig_feed_many(&rig, "a", 400);
		rig_feed_end(&rig);
		run_out_telling(usages[i]);
		ck_assert_int_eq(engine_exit_code(rig.engine), 3);
		ck_assert_uint_ge(rig_counts(&rig)->ok, 5);
		ck_assert_uint_le(rig_counts(&rig)->ok, 200);
		spent = rig_view(&rig)->cost.tokens;
		ck_assert_double_le(spent, 5000);
		/* nor is it blind after a kill */
		rig_reopen(&rig, false);
		ck_assert_double_eq_tol(rig_view(&rig)->cost.tokens, spent, 200);
	}
}
END_TEST

START_TEST(one_wrong_usage_stops_no_run_with_a_limit)
{
	struct command_reply reply;
	int64_t start_us;
	bool told = false;
	struct event event[8];

	rig_open(&rig, RIG(.concurrency = 2));
	port_command(&rig.port, "set tpm 60000", &reply);
	ck_assert(reply.ok);
	rig_feed_many(&rig, "a", 100);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 200, "",
		"{\"id\":\"c\",\"choices\":[{\"text\":\"\"}],\"usage\":{\"prompt_tokens\":1e8,"
		"\"completion_tokens\":1e8}}");
	start_us = rig.now_us;
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 100);
	ck_assert_int_lt(rig.now_us - start_us, 5 * US_PER_MIN);
	for (size_t i = port_events_since(&rig.port, 0, event, 8); i--;)
		told = told || strstr(event[i].text, "unlikely usage");
	ck_assert(told);
}
END_TEST

START_TEST(limits_are_set_by_number_change_or_word)
{
	static const struct {
		const char *command;
		bool ok;
		const char *reply;
	} cases[] = {
		{"set rpm +10%", false, "it is not set yet"},
		{"set rpm 600", true, "rpm off to 600"},
		{"set rpm +10%", true, "rpm 600 to 660"},
		{"set rpm -60", true, "rpm 660 to 600"},
		{"set rpm -600", false, "above 0"},
		{"set rpm off", true, "rpm 600 to off"},
		{"set tpm 2k", true, "tpm off to 2k"},
		{"set rate 5.5", true, "rate auto to 5.5"},
		{"set rate -50%", true, "rate 5.5 to 2.75"},
		{"set rate 165.6087", true, "rate 2.75 to 165.6"},
		{"set rate auto", true, "rate 165.6 to auto"},
		{"set rate fast", false, "is not a number"},
		{"set concurrency +3", true, "concurrency 4 to 7"},
		{"set concurrency +1%", true, "concurrency 7 to 8"},
		{"set concurrency 2.5", false, "whole number"},
		{"set budget tokens 1M", true, "budget tokens off to 1M"},
		{"set budget usd 3", false, "--price"},
		{"auto", true, "auto"},
		{"forget", true, "cleared"},
		{"resume hold", false, "there is no hold"},
		{"resume holder", false, "usage: resume"},
		{"no such thing", false, "unknown command"},
	};

	rig_open(&rig, RIG(.concurrency = 4));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct command_reply reply = rig_command(&rig, cases[i].command);

		ck_assert_msg(reply.ok == cases[i].ok && strstr(reply.text, cases[i].reply),
			"%s: %d %s", cases[i].command, reply.ok, reply.text);
	}
}
END_TEST

START_TEST(retry_all_skips_backoff_and_takes_failed_ones_back)
{
	rig_open(&rig, RIG(.concurrency = 3));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 500, "retry-after: 100\r\n", "");
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"gone\"}}");
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert(!rig_command(&rig, "retry all nonsense").ok);
	ck_assert_str_eq(rig_command(&rig, "retry all timeout").text, "0 items queued again");
	ck_assert_str_eq(rig_command(&rig, "retry all client_error").text, "1 items queued again");
	ck_assert_str_eq(rig_command(&rig, "retry all").text, "1 items queued again");
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 2);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
}
END_TEST

START_TEST(the_snapshot_adds_up_and_rows_are_oldest_first)
{
	static struct snapshot s;
	struct item_row row[8];
	struct rows_info info;
	size_t n;

	rig_open(&rig, RIG(.concurrency = 3));
	rig_feed_many(&rig, "a", 6);
	rig_turn(&rig);
	rig.now_us += US_PER_S;
	rig_answer(&rig, 500, "retry-after: 9\r\n", "");
	rig_turn(&rig);
	port_snapshot(&rig.port, &s);
	ck_assert_uint_eq(s.items.queued + s.items.waiting + s.items.in_flight + s.items.held +
				  s.items.ok + s.items.failed + s.items.cancelled,
		s.items.total);
	ck_assert_uint_eq(s.items.in_flight, 3);
	n = port_rows(&rig.port, QUERY_ACTIVE, 0, row, 8, &info);
	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(info.total, 4);
	ck_assert_str_eq(row[0].id, "a1");
	ck_assert_int_eq(row[0].age_us, US_PER_S);
	ck_assert_str_eq(row[3].id, "a0");
	ck_assert_int_eq(row[3].state, ITEM_WAITING);
	ck_assert_int_eq(row[3].due_us, rig.now_us + 9 * US_PER_S);
	ck_assert_uint_eq(port_rows(&rig.port, QUERY_ACTIVE, 3, row, 8, &info), 1);
	ck_assert_str_eq(row[0].id, "a0");
}
END_TEST

/* In headers, or in the body of a refusal whose headers tell none. */
START_TEST(told_limits_are_shown)
{
	static const struct {
		int status;
		const char *headers, *body;
		double rpm;
	} cases[] = {
		{429, "content-type: application/json\r\n",
			"{\"error\":{\"code\":429,\"metadata\":{\"headers\":{"
			"\"X-RateLimit-Limit\":\"20\",\"X-RateLimit-Remaining\":\"0\","
			"\"X-RateLimit-Reset\":\"1767225660000\"}}}}",
			20},
		{200, "RateLimit: limit=300, remaining=12, reset=4\r\n", "{}", 300},
	};
	static struct snapshot s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_open(&rig, RIG(.concurrency = 0));
		rig_feed_many(&rig, "a", 1);
		rig_turn(&rig);
		rig.now_us += US_PER_S;
		rig_answer(&rig, cases[i].status, cases[i].headers, cases[i].body);
		port_snapshot(&rig.port, &s);
		ck_assert_double_eq(s.rpm.server, cases[i].rpm);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_good_batch_ends_ok_in_the_results,
		an_item_counts_only_once_it_is_written,
		failures_are_retried_then_final_and_never_stop_the_batch,
		a_waiting_item_never_blocks_a_ready_one,
		bad_lines_fail_with_their_number_and_the_run_goes_on,
		a_resumed_run_sends_only_what_has_no_final_line,
		failed_items_run_again_when_asked_for, pause_starts_nothing_and_resume_goes_on,
		retries_go_on_in_a_pause_unless_it_is_of_all, a_run_that_does_not_go_on_has_no_eta,
		an_operators_change_is_one_event,
		concurrency_changes_at_once_and_the_surplus_finishes,
		interrupt_escalates_and_stays_resumable, the_third_interrupt_leaves_at_once,
		single_items_are_cancelled_and_retried_by_id, a_budget_drains_before_it_is_overrun,
		an_operator_is_asked_when_the_budget_is_reached,
		a_question_that_nobody_answers_drains, a_question_ends_with_its_terminal,
		a_question_waits_a_minute_for_an_operator_who_left,
		what_the_operator_paused_stays_paused_when_they_leave,
		a_run_that_stays_waits_for_quit, no_usage_blinds_a_budget,
		one_wrong_usage_stops_no_run_with_a_limit, limits_are_set_by_number_change_or_word,
		retry_all_skips_backoff_and_takes_failed_ones_back,
		the_snapshot_adds_up_and_rows_are_oldest_first, told_limits_are_shown, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "engine", .tests = tests, .tear_down = rig_tear_down});
}
