/* The batches of one client in turns at its limits, in virtual time, and what of its budget is
 * kept. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/run_clock.h"
#include "folder.h"
#include "serve/token_book.h"
#include "serve/token_turn.h"
#include "unit.h"

enum { BATCHES = 3 };

static struct {
	char folder[256];
	struct run_clock clock;
	struct token_book *book;
	struct token_client *client;
	struct token_turn turn[BATCHES];
	int started[BATCHES], woken[BATCHES];
	int64_t now_us, wall_us, next_us[BATCHES];
} w;

static const struct spending cheap = {.in = 10, .out = 10, .usd = 0.01};

static void wake(void *ctx)
{
	w.woken[*(int *)ctx]++;
	w.next_us[*(int *)ctx] = w.now_us;
}

static void open_book(const char *words)
{
	struct token_limits limits = token_unlimited;
	struct error err = {""};

	w.book = token_book_open(w.folder, &w.clock, w.wall_us, &err);
	ck_assert_msg(w.book != NULL, "%s", err.text);
	ck_assert(token_limits_read(&limits, words, &err));
	token_book_limit(w.book, "ann", &limits);
	w.client = token_book_client(w.book, "ann");
}

static void set_up(void)
{
	memset(&w, 0, sizeof(w));
	ck_assert(folder_make(w.folder, sizeof(w.folder)));
	w.now_us = run_clock_now_us(&w.clock);
	w.wall_us = INT64_C(20000) * 24 * 60 * US_PER_MIN;
}

static void tear_down(void)
{
	for (int i = 0; i < BATCHES; i++)
		token_turn_leave(&w.turn[i]);
	token_book_close(w.book);
	ck_assert(folder_remove(w.folder));
}

static void join(int i, double weight)
{
	static int number[BATCHES] = {0, 1, 2};

	token_turn_join(&w.turn[i], w.book, w.client, weight, wake, &number[i]);
}

/* A turn of the batch's run: starts what it may, and has the answers soon. */
static void turn(int i)
{
	const struct allowance_ops *ops = &token_turn_ops;
	struct lane_verdict v;
	int n = 0;

	while ((v = ops->ask(&w.turn[i], w.now_us, w.wall_us, &cheap)).at_us <= w.now_us) {
		ops->started(&w.turn[i], w.now_us, w.wall_us, &cheap, false);
		n++;
	}
	ck_assert_int_eq(v.bound, BOUND_CLIENT);
	w.next_us[i] = v.at_us;
	ops->asked(&w.turn[i]);
	for (w.started[i] += n; n; n--)
		ops->ended(&w.turn[i], w.now_us, w.wall_us, w.now_us, &cheap, &cheap);
}

static void run_for(int batches, int64_t us)
{
	int64_t end_us = w.now_us + us;

	for (; w.now_us < end_us; w.now_us += 10 * US_PER_MS)
		for (int i = 0; i < batches; i++)
			if (w.next_us[i] <= w.now_us)
				turn(i);
}

START_TEST(batches_share_the_limit_by_weight)
{
	open_book("rpm=600");
	join(0, 1);
	join(1, 1);
	join(2, 2);
	run_for(3, 2 * US_PER_MIN);
	memset(w.started, 0, sizeof(w.started));
	run_for(3, 4 * US_PER_MIN);
	ck_assert_int_le(abs(w.started[0] - 600), 30);
	ck_assert_int_le(abs(w.started[1] - 600), 30);
	ck_assert_int_le(abs(w.started[2] - 1200), 60);
}
END_TEST

START_TEST(ten_lines_do_not_wait_for_a_long_batch_of_the_client)
{
	int before;

	open_book("rpm=600");
	join(0, 1);
	run_for(1, 2 * US_PER_MIN);
	before = w.started[0];
	join(1, 1);
	for (int i = 0; i < 1000 && w.started[1] < 10; i++)
		run_for(2, 10 * US_PER_MS);
	ck_assert_int_ge(w.started[1], 10);
	ck_assert_int_le(w.started[0] - before, 3);
}
END_TEST

START_TEST(a_batch_without_work_holds_nobody_up)
{
	open_book("rpm=600");
	join(0, 1);
	join(1, 1);
	run_for(2, US_PER_MIN);
	/* it has a turn, but nothing to ask for */
	token_turn_ops.asked(&w.turn[1]);
	w.next_us[1] = NEVER_US;
	memset(w.started, 0, sizeof(w.started));
	run_for(1, 2 * US_PER_MIN);
	ck_assert_int_ge(w.started[0], 1150);
	join(2, 1);
	token_turn_leave(&w.turn[0]);
	memset(w.started, 0, sizeof(w.started));
	w.next_us[0] = NEVER_US;
	run_for(3, US_PER_MIN);
	ck_assert_int_ge(w.started[2], 550);
}
END_TEST

START_TEST(a_budget_says_when_the_batch_goes_on)
{
	char why[200];

	open_book("usd=0.10");
	join(0, 1);
	ck_assert(!token_turn_says(&w.turn[0], w.wall_us, why, sizeof(why)));
	turn(0);
	ck_assert_int_eq(w.started[0], 10);
	ck_assert(token_turn_says(&w.turn[0], w.wall_us, why, sizeof(why)));
	ck_assert_str_eq(why,
		"the budget of ann, $0.10 a day, is used up: it continues at 2024-10-05 00:00 "
		"UTC");
	w.wall_us += 24 * 60 * US_PER_MIN;
	turn(0);
	ck_assert_int_eq(w.started[0], 20);
}
END_TEST

/* Killed, with a request in flight; then ended in peace. */
START_TEST(what_was_spent_outlives_a_kill)
{
	struct token_book *killed;

	open_book("usd=0.10");
	join(0, 1);
	for (int i = 0; i < 5; i++) {
		struct token_ask ask = {.usd = 0.01};

		token_book_take(w.book, w.client, &ask, w.now_us, w.wall_us);
		if (i < 4)
			token_book_settle(
				w.book, w.client, &ask, w.now_us, 20, 0.01, w.now_us, w.wall_us);
	}
	killed = w.book;
	token_turn_leave(&w.turn[0]);
	open_book("usd=0.10");
	ck_assert_double_ge(token_meter_usd(&w.client->meter, w.wall_us), 0.05);
	ck_assert_double_le(token_meter_usd(&w.client->meter, w.wall_us), 0.051);
	join(0, 1);
	turn(0);
	ck_assert_int_le(w.started[0], 5);
	ck_assert_int_ge(w.started[0], 4);
	token_book_close(killed);
}
END_TEST

START_TEST(a_file_that_is_none_is_taken_for_empty)
{
	static const char *const texts[] = {"", "x", "{}", "{\"clients\":[1]}",
		"{\"clients\":[{\"name\":\"ann\",\"day\":\"2024-10-04\",\"usd\":-1}]}",
		"{\"clients\":[{\"name\":\"ann\",\"day\":\"x\",\"usd\":1}]}"};
	char path[300];

	snprintf(path, sizeof(path), "%s/spent.json", w.folder);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *f = fopen(path, "w");

		fputs(texts[i], f);
		fclose(f);
		open_book("usd=1");
		ck_assert_double_le(token_meter_usd(&w.client->meter, w.wall_us), 0);
		token_book_close(w.book);
		w.book = NULL;
		unlink(path);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {batches_share_the_limit_by_weight,
		ten_lines_do_not_wait_for_a_long_batch_of_the_client,
		a_batch_without_work_holds_nobody_up, a_budget_says_when_the_batch_goes_on,
		what_was_spent_outlives_a_kill, a_file_that_is_none_is_taken_for_empty, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "token turns", .tests = tests, .set_up = set_up, .tear_down = tear_down});
}
