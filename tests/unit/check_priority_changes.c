/* Changed priorities on their way through the journal. */
#include <stdlib.h>
#include <string.h>

#include "ledger/priority_changes.h"
#include "unit.h"

static void read_text(struct priority_changes *b, const char *text)
{
	struct json_want want = {.name = "bumps"};

	ck_assert_int_ne(json_pick(text, strlen(text), &want, 1, NULL), JSON_NONE);
	priority_changes_read(b, want.value);
}

START_TEST(neighbours_make_one_range)
{
	struct priority_log log;
	struct buf out;

	priority_log_init(&log);
	buf_init(&out, 1 << 20);
	ck_assert(!priority_log_take(&log, &out));
	for (uint32_t line = 4; line < 900; line++)
		priority_log_add(&log, line, line, 10);
	priority_log_add(&log, 900, 1, 3);
	priority_log_add(&log, 902, 2, 3);
	priority_log_add(&log, 7, 3, -10);
	ck_assert(priority_log_take(&log, &out));
	ck_assert_str_eq(
		buf_str(&out), "\"bumps\":[[4,899,10,4],[900,900,3,1],[902,902,3,2],[7,7,-10,3]]");
	ck_assert(!priority_log_take(&log, &out));
	buf_free(&out);
	priority_log_free(&log);
}
END_TEST

START_TEST(what_was_changed_twice_adds_up)
{
	static const int by[] = {0, 10, 10, 15, 15, 5, 0, -20, 0};
	struct priority_changes b = {.n = 0};

	read_text(&b, "{\"bumps\":[[1,4,10,1],[7,7,-20,7]]}");
	read_text(&b, "{\"bumps\":[[3,5,5,3]]}");
	for (uint32_t line = 0; line < sizeof(by) / sizeof(by[0]); line++)
		ck_assert_int_eq(priority_changes_of(&b, line, line, 0), by[line]);
	ck_assert_int_eq(priority_changes_of(&b, UINT32_MAX, 0, 0), 0);
	priority_changes_free(&b);
}
END_TEST

START_TEST(ranges_of_other_items_do_not_hold)
{
	static const uint32_t ids[] = {0, 1, 99, 3, 4, 98, 6};
	static const int by[] = {0, 10, 10, 10, 15, 5, 0};
	struct priority_changes b = {.n = 0};

	/* the items of lines 2 and 5 are others now, line 7 is not there any more */
	read_text(&b, "{\"bumps\":[[1,3,10,1],[2,2,-20,2],[4,5,5,4],[4,4,10,4],[5,6,7,5]]}");
	for (uint32_t line = 0; line < sizeof(by) / sizeof(by[0]); line++)
		ck_assert_int_eq(priority_changes_of(&b, line, 0, ids[line]), by[line]);
	read_text(&b, "{\"bumps\":[[7,9,5,7]]}");
	ck_assert_int_eq(priority_changes_of(&b, 8, 8, 8), 0);
	priority_changes_free(&b);
}
END_TEST

START_TEST(what_is_no_range_is_left_out)
{
	static const char *const texts[] = {"{\"bumps\":7}", "{\"bumps\":{}}", "{}",
		"{\"bumps\":[1,[],[1,2],[1,2,3],[1,2,3,4,5],[0,2,3,4],[3,2,1,4],[1,5000000000,3,4],"
		"[1,2,999,4],"
		"[1,2,\"3\",4],[1,2,1e99,4],null]}"};
	struct priority_changes b = {.n = 0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		read_text(&b, texts[i]);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_int_eq(priority_changes_of(&b, 1, 1, 1), 0);
	priority_changes_free(&b);
}
END_TEST

/* Against a plain array of what each line has. */
START_TEST(ranges_say_the_same_as_single_lines)
{
	enum { LINES = 500 };
	int plain[LINES] = {0};
	struct priority_log log;
	struct priority_changes b = {.n = 0};
	struct buf out;

	srand(5);
	priority_log_init(&log);
	buf_init(&out, 1 << 20);
	for (int round = 0; round < 40; round++) {
		int by = rand() % 2 ? 10 : -7;

		for (uint32_t line = 1; line < LINES; line++) {
			if (rand() % 4)
				continue;
			plain[line] += by;
			priority_log_add(&log, line, line, by);
		}
		buf_clear(&out);
		buf_addc(&out, '{');
		ck_assert(priority_log_take(&log, &out));
		buf_addc(&out, '}');
		read_text(&b, buf_str(&out));
	}
	for (uint32_t line = 1; line < LINES; line++)
		ck_assert_int_eq(priority_changes_of(&b, line, line, 0), plain[line]);
	buf_free(&out);
	priority_log_free(&log);
	priority_changes_free(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {neighbours_make_one_range, what_was_changed_twice_adds_up,
		ranges_of_other_items_do_not_hold, what_is_no_range_is_left_out,
		ranges_say_the_same_as_single_lines, NULL};

	return unit_run("priority changes", tests);
}
