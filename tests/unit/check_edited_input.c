/* Lines of the input that are edited in place after they were counted. */
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "unit.h"

static struct rig rig;

/* One byte of the item's line becomes another. */
static void edit(uint32_t item, const char *from, char to)
{
	char *at = rig_line(&rig, item + 1, from);

	ck_assert_ptr_nonnull(at);
	*at = to;
}

static void must_have_stopped(const char *line)
{
	ck_assert_int_eq(engine_exit_code(rig.engine), 4);
	ck_assert_msg(strstr(engine_note(rig.engine), line) != NULL, "%s", engine_note(rig.engine));
	ck_assert_ptr_nonnull(strstr(engine_note(rig.engine), "edited in place"));
}

START_TEST(an_edited_line_is_not_sent)
{
	static const char *const places[] = {"a2", "POST", "completions"};

	for (size_t i = 0; i < 3; i++) {
		rig_open(&rig, RIG(.concurrency = 1));
		rig_feed_many(&rig, "a", 4);
		rig_feed_end(&rig);
		edit(2, places[i], 'x');
		rig_run_out(&rig);
		must_have_stopped("line 3 of rig.jsonl");
		ck_assert_int_eq(rig.started, 2);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
		ck_assert_uint_eq(rig_counts(&rig)->queued, 2);
		ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 2);
	}
}
END_TEST

START_TEST(a_retry_reads_the_line_again)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "a", 1);
	rig_feed_end(&rig);
	rig_turn(&rig);
	edit(0, "a0", 'b');
	rig_answer(&rig, 500, "", "{}");
	rig_run_out(&rig);
	must_have_stopped("line 1 of");
	ck_assert_int_eq(rig.started, 1);
}
END_TEST

/* What ended is not touched by it, nor is what was sent. */
START_TEST(a_line_that_nobody_reads_again_may_change)
{
	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	rig_turn(&rig);
	edit(0, "a0", 'b');
	rig_run_out(&rig);
	edit(1, "a1", 'b');
	ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
	ck_assert_int_eq(engine_exit_code(rig.engine), 0);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"custom_id\":\"a0\""), 1);
}
END_TEST

/* Is the id of the earlier line taken? Nobody can say any more. */
START_TEST(the_first_of_two_that_share_an_id)
{
	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 2);
	edit(1, "a1", 'b');
	rig_feed_many(&rig, "a", 2);
	must_have_stopped("line 2 of");
}
END_TEST

START_TEST(commands_name_no_other_item_in_the_records)
{
	static const char *const commands[] = {"cancel #1", "retry #1"};

	for (int failed = 0; failed < 2; failed++) {
		rig_open(&rig, RIG(.concurrency = 1));
		rig_feed_many(&rig, "a", 1);
		rig_feed_end(&rig);
		if (failed) {
			rig_turn(&rig);
			rig_answer(&rig, 422, "", "{}");
			rig_turn(&rig);
		}
		edit(0, "a0", 'b');
		rig_command(&rig, commands[failed]);
		rig_turn(&rig);
		must_have_stopped("line 1 of");
		ck_assert_int_eq(rig_grep(&rig, "journal", "cancelled\""), 0);
		ck_assert_int_eq(rig_grep(&rig, "journal", "requeued"), 0);
	}
}
END_TEST

START_TEST(an_edited_row_goes_nowhere)
{
	rig_open(&rig, RIG(.concurrency = 4, .pipeline = "chain"));
	rig_feed_row(&rig, "i0");
	edit(0, "Ti0", 'X');
	rig_feed_end(&rig);
	rig_turn(&rig);
	must_have_stopped("line 1 of");
	ck_assert_int_eq(rig.started, 0);
}
END_TEST

START_TEST(an_edited_line_joins_no_pack)
{
	rig_open(&rig, RIG(.concurrency = 4, .pack = 4));
	for (int i = 0; i < 3; i++)
		rig_feed_embedding(&rig, (const char *[]){"e0", "e1", "e2"}[i], "m", "text");
	rig_feed_end(&rig);
	edit(2, "text", 'n');
	rig_turn(&rig);
	must_have_stopped("line 3 of");
	ck_assert_int_eq(rig.started, 1);
	ck_assert_ptr_null(strstr(rig.call[0].sent, "next"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_edited_line_is_not_sent, a_retry_reads_the_line_again,
		a_line_that_nobody_reads_again_may_change, the_first_of_two_that_share_an_id,
		commands_name_no_other_item_in_the_records, an_edited_row_goes_nowhere,
		an_edited_line_joins_no_pack, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "edited input", .tests = tests, .tear_down = rig_tear_down});
}
