/* The coaching of the demo: which line comes when. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "coach.h"
#include "unit.h"

static struct coach coach;
static struct snapshot s;

static void set_up(void)
{
	memset(&coach, 0, sizeof(coach));
	memset(&s, 0, sizeof(s));
	coach.on = true;
	s.now_us = 1000 * US_PER_S;
}

/* Time passes, ten looks a second. */
static void pass(int seconds)
{
	for (int i = 0; i < seconds * 10; i++) {
		s.now_us += US_PER_S / 10;
		coach_update(&coach, &s);
	}
}

static void expect(const char *part)
{
	ck_assert_msg(coach.text && strstr(coach.text, part), "not \"%s\" but \"%s\"", part,
		coach.text ? coach.text : "");
}

START_TEST(each_moment_has_its_line_in_its_time)
{
	set_up();
	pass(1);
	expect("? lists all keys");
	/* a moment waits until the line before was read, and is told once */
	s.outcomes[OUTCOME_RATE_LIMITED] = 3;
	pass(2);
	expect("? lists all keys");
	pass(7);
	expect("429");
	s.items.failed = 1;
	pass(9);
	expect("for good");
	pass(60);
	for (int i = 0; i < 100; i++) {
		pass(1);
		ck_assert_ptr_null(strstr(coach.text, "429"));
	}
	/* an outage is told at once, as long as it lasts */
	s.state = RUN_HELD;
	pass(14);
	expect("when to come back");
	snprintf(s.hold_source, sizeof(s.hold_source), "m-large: server down");
	pass(1);
	expect("server is down");
	pass(40);
	expect("server is down");
	s.state = RUN_RUNNING;
	s.hold_source[0] = '\0';
	s.answers_now = 30;
	pass(1);
	expect("probe passed");
	/* and so is what the operator does */
	s.state = RUN_PAUSED;
	pass(1);
	expect("p continues");
	s.state = RUN_RUNNING;
	pass(20);
	s.answers_now = 8;
	s.rate_limited_per_min = 40;
	pass(10);
	expect("accepts less");
	s.state = RUN_DONE;
	pass(1);
	expect("R asks them again");
	s.items.failed = 0;
	pass(1);
	expect("sluice run FILE");
}
END_TEST

/* All hints come, one after the other, in a calm run. */
START_TEST(every_line_fits_80_columns)
{
	const char *seen[40];
	int n = 0;

	set_up();
	for (int i = 0; i < 83; i++) {
		pass(1);
		ck_assert_int_le(text_cells(coach.text), 79);
		if (!n || seen[n - 1] != coach.text)
			seen[n++] = coach.text;
	}
	ck_assert_int_eq(n, 6);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < i; k++)
			ck_assert_ptr_ne(seen[i], seen[k]);
	/* the moments and states */
	s.outcomes[OUTCOME_RATE_LIMITED] = s.outcomes[OUTCOME_SERVER_ERROR] = 1;
	s.items.failed = 1;
	s.streams.any = true;
	for (int state = RUN_RUNNING; state <= RUN_STOPPED; state++) {
		s.state = (enum run_state)state;
		for (int i = 0; i < 50; i++) {
			pass(1);
			ck_assert_int_le(text_cells(coach.text), 79);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_moment_has_its_line_in_its_time, every_line_fits_80_columns, NULL};

	return unit_run("coach", tests);
}
