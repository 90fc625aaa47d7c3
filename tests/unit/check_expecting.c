/* --expect seen through the engine: answers that are not as expected have a budget of their own,
 * and are nobody's fault but the item's. */

#include "base/clock.h"
#include "rig.h"
#include "unit.h"

#define SAYS(text) "{\"choices\":[{\"message\":{\"content\":\"" text "\"}}]}"
#define EMPTY      SAYS("")

static struct rig rig;

static void expect_some_text(struct engine_config *config)
{
	static struct expects expects;
	struct error err;

	expects = (struct expects){.n = 0};
	ck_assert(expects_add(&expects, "nonempty", &err));
	config->expects = &expects;
	config->expect_attempts = 2;
}

static void open_rig(int items)
{
	rig_open(&rig, RIG(.concurrency = 1, .adjust = expect_some_text));
	rig_feed_many(&rig, "item-", items);
	rig_feed_end(&rig);
}

static void tear_down(void)
{
	ck_assert(engine_complete(rig.engine));
	rig_tear_down();
}

static void answer(int status, const char *body)
{
	ck_assert(rig_await(&rig));
	rig_answer(&rig, status, "", body);
}

static void run_out(void)
{
	while (rig_await(&rig))
		rig_answer(&rig, 200, "", SAYS("yes"));
}

START_TEST(it_ends_the_item_after_so_many)
{
	open_rig(1);
	answer(200, EMPTY);
	answer(200, EMPTY);
	ck_assert(!rig_await(&rig));
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_ge(rig_grep(&rig, "journal", "\"code\":\"expect_nonempty\""), 1);
}
END_TEST

START_TEST(other_failures_do_not_count)
{
	open_rig(1);
	answer(503, "");
	answer(503, "");
	answer(200, EMPTY);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	run_out();
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(it_does_not_count_against_others)
{
	open_rig(1);
	answer(200, EMPTY);
	answer(503, "");
	answer(503, "");
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	run_out();
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

START_TEST(the_endpoint_is_not_set_aside_for_it)
{
	enum { ITEMS = 60 };
	int n = 0;

	open_rig(ITEMS);
	for (; rig_await(&rig); n++) {
		ck_assert_uint_eq(rig_counts(&rig)->held, 0);
		rig_answer(&rig, 200, "", EMPTY);
	}
	ck_assert_int_eq(n, 2 * ITEMS);
	ck_assert_uint_eq(rig_counts(&rig)->failed, ITEMS);
}
END_TEST

START_TEST(one_that_is_queued_again_begins_anew)
{
	open_rig(1);
	answer(200, EMPTY);
	answer(200, EMPTY);
	ck_assert(!rig_await(&rig));
	ck_assert(rig_command(&rig, "retry #1").ok);
	answer(200, EMPTY);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 0);
	run_out();
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {it_ends_the_item_after_so_many, other_failures_do_not_count,
		it_does_not_count_against_others, the_endpoint_is_not_set_aside_for_it,
		one_that_is_queued_again_begins_anew, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "expecting", .tests = tests, .tear_down = tear_down});
}
