/* The engine in virtual time: what becomes of items under every kind of answer and command. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engine_rig.h"
#include "unit.h"

static struct rig rig;

START_TEST(a_good_batch_ends_ok_in_the_results)
{
	rig_open(&rig, 4);
	rig_feed_many(&rig, "a", 10);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 4);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 10);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"custom_id\":\"a"), 10);
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(an_item_counts_only_once_it_is_written)
{
	rig_open(&rig, 1);
	rig_feed_many(&rig, "a", 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 0);
	ck_assert_uint_eq(rig_counts(&rig)->in_flight, 1);
	ck_assert(!engine_over(rig.engine));
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(failures_are_retried_then_final_and_never_stop_the_batch)
{
	struct error err = {""};

	rig_open(&rig, 1);
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	for (int attempt = 0; attempt < 3; attempt++) {
		while (!rig.in_flight) {
			int64_t wake_us = rig_turn(&rig);

			if (!rig.in_flight)
				rig.now_us = wake_us;
		}
		if (strncmp(rig.attempt[0]->id.data, "a0", 2)) {
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
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(a_waiting_item_never_blocks_a_ready_one)
{
	rig_open(&rig, 1);
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 500, "retry-after: 30\r\n", "");
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 1);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_int_ge(rig.now_us, 1030 * US_PER_S);
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(bad_lines_fail_with_their_number_and_the_run_goes_on)
{
	struct error err = {""};

	rig_open(&rig, 4);
	rig_feed_many(&rig, "a", 1);
	rig_feed(&rig, "not json");
	rig_feed(&rig, "[1]");
	rig_feed_many(&rig, "a", 1); /* a duplicate */
	rig_feed(&rig, "{\"custom_id\":\"x\",\"url\":\"ftp://h/\",\"body\":{}}");
	engine_feed(rig.engine, NULL, (size_t)300 << 20, 0, 6);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 5);
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, &err));
	ck_assert_int_eq(rig_grep(&rig, "errors", "bad_input"), 5);
	ck_assert_int_eq(rig_grep(&rig, "errors", "line 2: "), 1);
	ck_assert_int_eq(rig_grep(&rig, "errors", "first seen on line 1"), 1);
	ck_assert_int_eq(rig_grep(&rig, "errors", "\"custom_id\":\"x\""), 1);
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(a_resumed_run_sends_only_what_has_no_final_line)
{
	rig_open(&rig, 3);
	rig_feed_many(&rig, "a", 6);
	rig_feed(&rig, "bad");
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	rig_answer(&rig, 404, "", "{\"error\":{\"message\":\"gone\"}}");
	rig_turn(&rig);
	rig_reopen(&rig, 3, false);
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
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(failed_items_run_again_when_asked_for)
{
	struct error err = {""};

	rig_open(&rig, 3);
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 404, "", "{\"error\":{\"message\":\"gone\"}}");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, &err));
	ck_assert_int_eq(rig_grep(&rig, "errors", "gone"), 1);
	rig_reopen(&rig, 3, true);
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 1);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, &err));
	ck_assert_int_eq(rig_grep(&rig, "errors", "gone"), 0);
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(pause_starts_nothing_and_resume_goes_on)
{
	rig_open(&rig, 2);
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
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(concurrency_changes_at_once_and_the_surplus_finishes)
{
	rig_open(&rig, 2);
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
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(interrupt_escalates_and_stays_resumable)
{
	rig_open(&rig, 2);
	rig_feed_many(&rig, "a", 6);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_command(&rig, "interrupt");
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	ck_assert(!engine_over(rig.engine));
	rig_command(&rig, "interrupt");
	ck_assert(rig.cancelled[0]);
	rig_answer_ok(&rig); /* comes back as cancelled */
	rig_turn(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 5);
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(the_third_interrupt_leaves_at_once)
{
	rig_open(&rig, 2);
	rig_feed_many(&rig, "a", 3);
	rig_turn(&rig);
	for (int i = 0; i < 3; i++)
		rig_command(&rig, "interrupt");
	ck_assert_int_eq(rig.in_flight, 2);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(single_items_are_cancelled_and_retried_by_id)
{
	rig_open(&rig, 1);
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
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(a_refused_key_stops_a_headless_run_without_burning_items)
{
	rig_open(&rig, 2);
	rig_feed_many(&rig, "a", 5);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 401, "", "{\"error\":{\"message\":\"bad key\"}}");
	rig_answer(&rig, 401, "", "{\"error\":{\"message\":\"bad key\"}}");
	rig_turn(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_uint_eq(rig_counts(&rig)->held, 2);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	rig_close(&rig);
	rig_remove(&rig);
}
END_TEST

START_TEST(the_snapshot_adds_up_and_rows_are_oldest_first)
{
	static struct snapshot s;
	struct item_row row[8];
	uint64_t total;
	size_t n;

	rig_open(&rig, 3);
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
	n = port_rows(&rig.port, ROWS_ACTIVE, 0, row, 8, &total);
	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(total, 4);
	ck_assert_str_eq(row[0].id, "a1");
	ck_assert_int_eq(row[0].age_us, US_PER_S);
	ck_assert_str_eq(row[3].id, "a0");
	ck_assert_int_eq(row[3].state, ITEM_WAITING);
	ck_assert_int_eq(row[3].due_us, rig.now_us + 9 * US_PER_S);
	ck_assert_uint_eq(port_rows(&rig.port, ROWS_ACTIVE, 3, row, 8, &total), 1);
	ck_assert_str_eq(row[0].id, "a0");
	rig_close(&rig);
	rig_remove(&rig);
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
		concurrency_changes_at_once_and_the_surplus_finishes,
		interrupt_escalates_and_stays_resumable, the_third_interrupt_leaves_at_once,
		single_items_are_cancelled_and_retried_by_id,
		a_refused_key_stops_a_headless_run_without_burning_items,
		the_snapshot_adds_up_and_rows_are_oldest_first, NULL};

	return unit_run("engine", tests);
}
