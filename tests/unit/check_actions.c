/* What the operator does to items: hold, release, cancel, retry; one of them or all that match. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

static void open_rig(int concurrency, int items)
{
	rig_open(&rig, RIG(.concurrency = concurrency));
	rig_feed_many(&rig, "a", items);
	rig_feed_end(&rig);
	rig_turn(&rig);
}

static void expect(const char *command, bool ok, const char *reply)
{
	struct command_reply got = rig_command(&rig, command);

	ck_assert_msg(
		got.ok == ok && strstr(got.text, reply), "%s: %d %s", command, got.ok, got.text);
}

START_TEST(items_are_named_by_id_or_line)
{
	open_rig(1, 4);
	expect("cancel #2", true, "item #2 cancelled");
	expect("cancel a2", true, "item a2 cancelled");
	expect("cancel #9", false, "no item");
	expect("cancel #x", false, "no item");
	expect("hold #1", true, "held");
	expect("hold", false, "usage: hold ID|#LINE");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 2);
	expect("retry #2", true, "queued again");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
}
END_TEST

START_TEST(a_held_item_waits_for_its_release)
{
	open_rig(1, 3);
	engine_set_interactive(rig.engine, true);
	expect("hold a1", true, "held until it is released");
	expect("hold a1", false, "already held by hand");
	expect("release a2", false, "not held by hand");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_uint_eq(rig_counts(&rig)->held, 1);
	ck_assert(!engine_over(rig.engine));
	expect("resume", true, "resumed");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->held, 1);
	expect("release a1", true, "released");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert(engine_over(rig.engine));
}
END_TEST

START_TEST(items_are_held_in_every_state)
{
	open_rig(2, 6);
	rig_answer(&rig, 500, "retry-after: 30\r\n", "");
	rig_turn(&rig);
	expect("hold a0", true, "held"); /* waiting */
	expect("hold a1", true, "held"); /* in flight: when it fails */
	expect("hold a2", true, "held"); /* in flight: it succeeds */
	expect("hold a3", true, "held"); /* prepared or queued */
	expect("hold a4", true, "held");
	expect("release a4", true, "released");
	rig_answer(&rig, 500, "", "");
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->held, 3);
	expect("hold a2", false, "already ended: ok");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	expect("cancel a0", true, "cancelled");
	expect("retry a1", true, "queued again");
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->held, 1);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 1);
}
END_TEST

START_TEST(a_headless_run_of_held_items_stops_resumable)
{
	open_rig(1, 2);
	expect("hold a1", true, "held");
	rig_run_out(&rig);
	rig_turn(&rig);
	ck_assert(engine_over(rig.engine));
	ck_assert_int_eq(engine_exit_code(rig.engine), 3);
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "1 items are held by hand"));
}
END_TEST

/* A terminal that closes leaves nobody to resume what was paused one by one. */
START_TEST(a_headless_run_of_paused_endpoints_stops_resumable)
{
	static const struct rig_endpoint two[] = {
		{"east", 1, NULL, NULL}, {"west", 1, NULL, NULL}, {.name = NULL}};

	for (int pipeline = 0; pipeline < 2; pipeline++) {
		if (pipeline)
			rig_open(&rig, RIG(.concurrency = 2, .pipeline = "chain"));
		else
			rig_open(&rig, RIG(.concurrency = 2, .endpoints = two));
		if (pipeline)
			rig_feed_rows(&rig, 9);
		else
			rig_feed_many(&rig, "a", 9);
		rig_feed_end(&rig);
		engine_set_interactive(rig.engine, true);
		rig_turn(&rig);
		if (pipeline) {
			static struct snapshot s;
			char text[80];

			port_snapshot(&rig.port, &s);
			for (int i = 0; i < s.n_endpoints; i++) {
				snprintf(text, sizeof(text), "endpoint %s pause",
					s.endpoints[i].name);
				expect(text, true, "pause");
			}
		} else {
			expect("endpoint east pause", true, "pause");
		}
		engine_set_interactive(rig.engine, false);
		rig_turn(&rig);
		if (!pipeline) { /* west goes on */
			rig_answer_ok(&rig);
			rig_turn(&rig);
			ck_assert_int_gt(rig.in_flight, 0);
			ck_assert_str_eq(engine_note(rig.engine), "");
			expect("endpoint west pause", true, "pause");
		}
		while (rig.in_flight)
			rig_answer_ok(&rig);
		rig_run_out(&rig);
		rig_turn(&rig);
		ck_assert(engine_over(rig.engine));
		ck_assert_int_eq(engine_exit_code(rig.engine), 3);
		ck_assert_ptr_nonnull(
			strstr(engine_note(rig.engine), "all remaining items are paused"));
		rig_tear_down();
	}
	open_rig(1, 1);
}
END_TEST

START_TEST(an_item_held_by_hand_is_no_probe)
{
	static const char bad_key[] = "{\"error\":{\"message\":\"bad key\"}}";

	open_rig(2, 2);
	engine_set_interactive(rig.engine, true);
	rig_answer(&rig, 401, "", bad_key);
	rig_answer(&rig, 401, "", bad_key);
	rig_turn(&rig);
	expect("hold a0", true, "held");
	expect("hold a1", true, "held");
	for (int i = 0; i < 100; i++) {
		rig.now_us += 10 * US_PER_S;
		rig_turn(&rig);
	}
	ck_assert_int_eq(rig.in_flight, 0);
	expect("release a1", true, "released");
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	rig_answer_ok(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_uint_eq(rig_counts(&rig)->held, 1);
}
END_TEST

START_TEST(what_matches_is_acted_on_and_counted)
{
	open_rig(1, 50);
	engine_set_interactive(rig.engine, true);
	expect("hold where", false, "usage: hold where FILTER");
	expect("hold where state:nothing", false, "unknown state");
	expect("hold where queued", true, "49 items held");
	expect("hold where queued", true, "0 items held");
	expect("release where id:a4", true, "11 items released"); /* a4, a40 to a49 */
	expect("cancel where held", true, "38 items cancelled");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 12);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 38);
	expect("retry where cancelled !id:a1", true, "27 items queued again");
	expect("retry where ok", true, "0 items queued again");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 39);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"requeued\""), 27);
}
END_TEST

START_TEST(raised_items_go_first)
{
	open_rig(1, 30);
	expect("raise where id:a2", true, "11 items raised"); /* a2, a20 to a29 */
	expect("lower a3", true, "lowered");
	expect("lower #99", false, "no item");
	rig_answer_ok(&rig); /* a0, which was in flight */
	rig_turn(&rig);
	rig_answer_ok(&rig); /* a1, which was prepared */
	for (int i = 0; i < 11; i++) {
		rig_turn(&rig);
		ck_assert_int_eq(rig_id(&rig, 0)[1], '2');
		rig_answer_ok(&rig);
	}
	rig_run_out(&rig);
	expect("raise a3", false, "already ended");
	ck_assert_uint_eq(rig_counts(&rig)->ok, 30);
}
END_TEST

START_TEST(items_are_raised_by_a_number)
{
	open_rig(1, 30);
	expect("raise 25 a3", true, "item a3 raised to priority 25");
	expect("lower 5 #4", true, "item #4 lowered to priority 20");
	expect("lower 200 a3", true, "to priority -100");
	expect("lower a3", false, "has the lowest priority");
	expect("raise 99 a3", true, "to priority -1");
	expect("raise 101 a3", true, "to priority 100");
	expect("raise 3 where id:a2", true, "11 items raised");
	expect("lower 3 where id:a29", true, "1 items lowered");
	expect("raise 0 a3", false, "by a number from 1 to 200");
	expect("raise 201 a3", false, "by a number from 1 to 200");
	expect("raise 5 nobody", false, "no item \"nobody\"");
	expect("raise 5 where state:nothing", false, "unknown state");
	expect("raise", false, "usage: raise [N] ID|#LINE");
	ck_assert_int_eq(rig_priority(&rig, 29), 3);
	ck_assert_int_eq(rig_priority(&rig, 30), 0);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"priority\""), 0); /* not written */
	rig_turn(&rig);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"priority\""), 7);
}
END_TEST

START_TEST(an_id_that_looks_like_a_number_is_one)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed(&rig, "{\"custom_id\":\"7\",\"url\":\"/v1/x\",\"method\":\"POST\",\"body\":{}}");
	rig_feed(&rig, "{\"custom_id\":\"7 7\",\"url\":\"/v1/x\",\"method\":\"POST\",\"body\":{}}");
	rig_feed_end(&rig);
	expect("raise 7", true, "item 7 raised to priority 10");
	expect("raise 7 7", true, "item 7 7 raised to priority 10");
	expect("raise 7 7 7", true, "item 7 7 raised to priority 17");
}
END_TEST

START_TEST(a_resumed_run_keeps_what_was_raised)
{
	for (int session = 0; session < 3; session++) {
		if (session) {
			rig_reopen(&rig, false);
			rig_feed_many(&rig, "a", 30);
			rig_feed_end(&rig);
			rig_turn(&rig);
		} else {
			open_rig(1, 30);
		}
		ck_assert_int_eq(rig_priority(&rig, 21), session * 10);
		ck_assert_int_eq(
			rig_priority(&rig, 4), session * -60 < -100 ? -100 : session * -60);
		ck_assert_int_eq(rig_priority(&rig, 5), 0);
		expect("raise where id:a2", true, "items raised");
		expect("lower 60 a3", session < 2, "low");
		expect("raise 70 a4", true, "raised");
		expect("lower 70 a4", true, "lowered");
		rig_turn(&rig);
	}
}
END_TEST

static void reopen_with(const char *prefix)
{
	rig_reopen(&rig, false);
	rig_feed_many(&rig, prefix, 30);
	rig_feed_end(&rig);
	rig_turn(&rig);
}

START_TEST(only_the_same_items_keep_it)
{
	open_rig(1, 30);
	expect("raise where id:a2", true, "11 items raised");
	for (int i = 0; i < 4; i++) { /* a0, a1, a2 and a20, the first of a range */
		rig_answer_ok(&rig);
		rig_turn(&rig);
	}
	reopen_with("a");
	ck_assert_int_eq(rig_row(&rig, 21).state, ITEM_OK);
	ck_assert_int_eq(rig_priority(&rig, 22), 10);
	reopen_with("b");
	ck_assert_int_eq(rig_priority(&rig, 21), 0);
	ck_assert_int_eq(rig_priority(&rig, 22), 0);
}
END_TEST

START_TEST(cancelling_what_is_in_flight_ends_it)
{
	open_rig(3, 5);
	expect("cancel where in_flight", true, "3 items cancelled");
	for (int i = 0; i < 3; i++)
		rig_answer_ok(&rig); /* come back as cancelled */
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 3);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
}
END_TEST

/* A straggler is aborted and goes first; the aborted request was an attempt. A filter never aborts
 * anything. */
START_TEST(a_straggler_is_asked_again)
{
	struct item_detail d;

	open_rig(2, 5);
	expect("retry where state:in_flight", true, "0 items");
	expect("retry a1", true, "sent again");
	expect("retry a1", true, "sent again"); /* once more does no harm */
	rig_answer_at(&rig, 1, 200, "{}");      /* comes back as cancelled */
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 0);
	rig_answer_ok(&rig); /* a2 was prepared before */
	rig_turn(&rig);
	ck_assert_str_eq(rig_id(&rig, 1), "a1");
	ck_assert_int_eq(rig_row(&rig, 2).attempt, 2);
	ck_assert_int_eq(
		rig_grep(&rig, "journal", "\"aborted by the operator to send it again\""), 1);
	ck_assert(port_detail(&rig.port, 2, &d));
	ck_assert_int_eq(d.attempts, 1);
	ck_assert_int_eq(d.attempt[0].outcome, OUTCOME_CANCELLED);
	port_detail_free(&d);
	/* a cancelled item stays so, though it was to be asked again */
	expect("retry a2", true, "sent again");
	expect("cancel a2", true, "cancelled");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 1);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	expect("retry a1", false, "has already ended: ok");
}
END_TEST

/* In a pipeline all of its requests are; of a pack none is. */
START_TEST(a_straggler_of_stages_or_of_a_pack_is_asked_again)
{
	int started;

	rig_open_rows(&rig, "chain", 2);
	started = rig.started;
	expect("retry #1", true, "sent again");
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.started, started + 1);
	ck_assert_int_eq(rig_row(&rig, 1).state, ITEM_IN_FLIGHT);
	rig_check(&rig);
	rig_open(&rig, RIG(.concurrency = 1, .pack = 4));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	expect("retry #1", false, "shares its request");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
}
END_TEST

static void put_file(const char *name, const char *text, char *path, size_t size)
{
	FILE *f;

	snprintf(path, size, "%s/%s", rig.folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* The body of a file goes out in place of the line's own, as a new attempt; the result says so. */
START_TEST(an_edited_request_is_sent_again)
{
	char path[128], command[200];
	struct item_detail d;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_chat(&rig, "a", "", "{\"model\":\"m\",\"max_tokens\":1}");
	rig_feed_chat(&rig, "b", "", "{\"model\":\"m\",\"max_tokens\":2}");
	rig_feed_chat(&rig, "c", "", "{\"model\":\"m\",\"max_tokens\":3}");
	rig_turn(&rig);
	rig_answer(&rig, 400, "", RIG_REFUSED);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	put_file("body.json", "{\n  \"model\": \"m\",\n  \"max_tokens\": 77\n}\n", path,
		sizeof(path));
	snprintf(command, sizeof(command), "resend a with %s", path);
	expect(command, true, "sent again with that body");
	expect("resend b with /nowhere", false, "No such file");
	snprintf(command, sizeof(command), "resend b with %s", path);
	expect(command, false, "is in flight");
	/* c is prepared already */
	snprintf(command, sizeof(command), "resend #3 with %s", path);
	expect(command, true, "sent again");
	ck_assert(port_detail(&rig.port, 3, &d));
	ck_assert_ptr_nonnull(strstr(d.request_body, "\"max_tokens\": 77"));
	port_detail_free(&d);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_ptr_nonnull(strstr(rig.call[0].sent, "77"));
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_ptr_nonnull(strstr(rig.call[0].sent, "77"));
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"edited\":true"), 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"edited\""), 2);
	snprintf(command, sizeof(command), "resend a with %s", path);
	expect(command, false, "has already ended: ok");
	put_file("bad.json", "[1]", path, sizeof(path));
	snprintf(command, sizeof(command), "resend c with %s", path);
	expect(command, false, "JSON object");
	expect("resend a", false, "usage");
	expect("resend a with /", false, "not a file");
	/* the next session knows the items as ended */
	rig_reopen(&rig, false);
	rig_feed_chat(&rig, "a", "", "{\"model\":\"m\",\"max_tokens\":1}");
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(a_large_job_goes_on_behind_the_run)
{
	struct event event[64];
	size_t n;
	bool told = false;

	open_rig(1, 30000);
	expect("pause", true, "paused");
	expect("cancel where queued", true, "of 29999; more follow");
	expect("cancel where queued", false, "busy: ");
	ck_assert_int_le(rig_turn(&rig), rig.now_us);
	for (int i = 0; rig_turn(&rig) <= rig.now_us; i++)
		ck_assert_int_lt(i, 1000);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 29999);
	n = port_events_since(&rig.port, 0, event, 64);
	for (size_t i = 0; i < n; i++)
		told = told || strstr(event[i].text, "29999 items cancelled");
	ck_assert(told);
}
END_TEST

START_TEST(groups_count_attempts_items_and_what_is_final)
{
	struct error_group g[4];
	size_t total;

	open_rig(3, 3);
	rig_answer(&rig, 500, "retry-after: 10\r\n", "{\"error\":{\"message\":\"boom 1\"}}");
	rig_answer(&rig, 500, "retry-after: 10\r\n", "{\"error\":{\"message\":\"boom 2\"}}");
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"gone\"}}");
	rig_turn(&rig);
	ck_assert_uint_eq(port_errors(&rig.port, g, 4, &total), 2);
	ck_assert_uint_eq(g[0].attempts, 2);
	ck_assert_uint_eq(g[0].items, 2);
	ck_assert_uint_eq(g[0].final, 0);
	ck_assert_str_eq(g[0].message, "boom 1");
	ck_assert_str_eq(g[0].sample_id, "a1");
	ck_assert_uint_eq(g[1].final, 1);
	expect("retry where group:2", true, "1 items queued again");
	port_errors(&rig.port, g, 4, &total);
	ck_assert_uint_eq(g[1].final, 0);
	ck_assert_uint_eq(g[1].items, 1);
	rig_run_out(&rig);
	port_errors(&rig.port, g, 4, &total);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(g[i].items, 0);
		ck_assert_uint_eq(g[i].attempts, 2 - (uint64_t)i);
	}
}
END_TEST

START_TEST(an_item_counts_in_the_group_of_its_last_failure)
{
	struct error_group g[4];
	size_t total;

	open_rig(1, 1);
	rig_answer(&rig, 500, "", "{\"error\":{\"message\":\"boom\"}}");
	while (!rig.in_flight)
		rig.now_us = rig_turn(&rig) == NEVER_US ? rig.now_us : rig.now_us + US_PER_S;
	rig_answer(&rig, 503, "retry-after: 99\r\n", "{\"error\":{\"message\":\"busy\"}}");
	ck_assert_uint_eq(port_errors(&rig.port, g, 4, &total), 2);
	ck_assert_uint_eq(g[0].items, 0);
	ck_assert_uint_eq(g[1].items, 1);
}
END_TEST

START_TEST(the_last_act_is_taken_back)
{
	open_rig(1, 50);
	engine_set_interactive(rig.engine, true);
	expect("undo", false, "nothing to undo");
	expect("hold #3", true, "held");
	expect("cancel where !nobody !in_flight", true, "49 items cancelled");
	expect("cancel a0a", false, "no item");
	expect("hold where state:held", true, "0 items held");
	rig_turn(&rig);
	expect("undo", true, "undone: 49 items queued again");
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 0);
	ck_assert_uint_eq(rig_counts(&rig)->held, 1); /* as before */
	expect("undo", false, "nothing to undo");
	expect("release #3", true, "released");
	expect("hold where queued", true, "49 items held");
	expect("undo", true, "undone: 49 items released");
	expect("hold where id:a4", true, "11 items held");
	rig.now_us += US_PER_S;
	expect("release where held", true, "11 items released");
	expect("undo", true, "undone: 11 items held again");
	expect("release where held", true, "11 items released");
	expect("cancel where id:a1", true, "11 items cancelled");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 39);
	expect("undo", true, "undone: 11 items queued again");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 50);
}
END_TEST

START_TEST(what_has_gone_on_is_not_taken_back)
{
	open_rig(1, 10);
	engine_set_interactive(rig.engine, true);
	rig_answer(&rig, 400, "", "{}");
	expect("cancel #5", true, "cancelled");
	rig_turn(&rig);
	rig.now_us += US_PER_S;
	expect("cancel where queued", true, "7 items cancelled");
	rig_run_out(&rig);
	expect("retry where !ok", true, "9 items queued again");
	rig_turn(&rig);
	expect("undo", true, "8 items undone: cancelled again, or held if they had failed; 1 not");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 0);
	ck_assert_int_eq(rig.in_flight, 0);
}
END_TEST

START_TEST(tagged_items_and_priorities_are_taken_back_together)
{
	open_rig(1, 30);
	engine_set_interactive(rig.engine, true);
	expect("hold #3", true, "held");
	expect("hold #4", true, "held");
	expect("hold #5", true, "held");
	expect("undo", true, "undone: 3 items released");
	expect("raise 95 #6", true, "priority 95");
	rig.now_us += US_PER_S;
	expect("raise where !in_flight", true, "items raised");
	expect("lower 3 #7", true, "to priority 7");
	expect("undo", true, "undone: 1 items back at their former priority");
	expect("raise where !in_flight", true, "items raised");
	ck_assert_int_eq(rig_priority(&rig, 6), 100);
	expect("undo", true, "back at their former priority");
	ck_assert_int_eq(rig_priority(&rig, 6), 100);
	ck_assert_int_eq(rig_priority(&rig, 8), 10);
}
END_TEST

START_TEST(a_change_of_limits_is_taken_back)
{
	static struct snapshot s;

	open_rig(2, 9);
	expect("set concurrency 5", true, "concurrency");
	expect("set rpm 600", true, "rpm");
	expect("undo", true, "undone: rpm off");
	expect("undo", false, "nothing to undo");
	expect("set tpm 5", true, "tpm");
	expect("auto", true, "auto");
	expect("undo", true, "undone: concurrency 5, tpm 5");
	port_snapshot(&rig.port, &s);
	ck_assert_int_eq(s.concurrency, 5);
	expect("hold where queued", true, "held");
	expect("set budget tokens 5k", true, "budget");
	expect("undo", true, "undone: budget tokens off");
	expect("undo", true, "released");
	expect("set rate 2", true, "rate");
	expect("pause", true, "paused");
	expect("resume", true, "resumed");
	expect("undo", true, "undone: rate auto");
}
END_TEST

/* Of several endpoints, each limit is named with its own. */
START_TEST(a_change_of_one_endpoints_limits_is_taken_back)
{
	static const struct rig_endpoint two[] = {
		{"east", 1, NULL, NULL}, {"west", 1, NULL, NULL}, {.name = NULL}};

	rig_open(&rig, RIG(.concurrency = 2, .endpoints = two));
	rig_feed_many(&rig, "a", 9);
	rig_feed_end(&rig);
	rig_turn(&rig);
	expect("endpoint west set rpm 600", true, "rpm");
	expect("undo", true, "undone: west: rpm off");
	expect("endpoint west weight 3", true, "weight");
	expect("undo", true, "undone: west: weight 1");
}
END_TEST

START_TEST(a_large_act_is_taken_back_in_steps)
{
	open_rig(1, 30000);
	expect("pause", true, "paused");
	expect("cancel where queued", true, "of 29999; more follow");
	expect("undo", false, "busy: ");
	for (int i = 0; rig_turn(&rig) <= rig.now_us; i++)
		ck_assert_int_lt(i, 1000);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 29999);
	expect("undo", true, "more follow");
	for (int i = 0; rig_turn(&rig) <= rig.now_us; i++)
		ck_assert_int_lt(i, 1000);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 0);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 29999);
	expect("undo", false, "nothing to undo");
}
END_TEST

START_TEST(limits_by_hand_leave_a_mark)
{
	static struct snapshot s;

	open_rig(2, 2);
	expect("set concurrency 5", true, "concurrency");
	rig_turn(&rig);
	rig.now_us += 2 * US_PER_S;
	rig_turn(&rig);
	port_snapshot(&rig.port, &s);
	ck_assert_int_eq(s.history[0].mark, MARK_OPERATOR);
	ck_assert_int_eq(s.history[1].mark, MARK_NONE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {items_are_named_by_id_or_line,
		a_held_item_waits_for_its_release, items_are_held_in_every_state,
		a_headless_run_of_held_items_stops_resumable,
		a_headless_run_of_paused_endpoints_stops_resumable,
		an_item_held_by_hand_is_no_probe, what_matches_is_acted_on_and_counted,
		raised_items_go_first, items_are_raised_by_a_number,
		an_id_that_looks_like_a_number_is_one, a_resumed_run_keeps_what_was_raised,
		only_the_same_items_keep_it, cancelling_what_is_in_flight_ends_it,
		an_edited_request_is_sent_again, a_straggler_is_asked_again,
		a_straggler_of_stages_or_of_a_pack_is_asked_again,
		a_large_job_goes_on_behind_the_run, groups_count_attempts_items_and_what_is_final,
		an_item_counts_in_the_group_of_its_last_failure, limits_by_hand_leave_a_mark,
		the_last_act_is_taken_back, what_has_gone_on_is_not_taken_back,
		tagged_items_and_priorities_are_taken_back_together,
		a_change_of_limits_is_taken_back, a_change_of_one_endpoints_limits_is_taken_back,
		a_large_act_is_taken_back_in_steps, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "actions", .tests = tests, .tear_down = rig_tear_down});
}
