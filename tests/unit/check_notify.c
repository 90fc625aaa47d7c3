/* What an operator who looks elsewhere is told, in virtual time. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "notify.h"
#include "unit.h"

static struct snapshot run_of(enum run_state state)
{
	struct snapshot s = {.state = state, .now_us = US_PER_S, .total_known = true};

	snprintf(s.run_name, sizeof(s.run_name), "day.jsonl");
	s.items.total = s.total_estimate = 100;
	s.items.ok = 60;
	s.items.failed = 2;
	s.items.queued = 38;
	return s;
}

START_TEST(the_title_has_progress_and_name)
{
	static const struct {
		enum run_state state;
		const char *title;
	} cases[] = {
		{RUN_RUNNING, "62% sluice day.jsonl"},
		{RUN_PAUSED, "62% sluice day.jsonl, PAUSED"},
		{RUN_HELD, "62% sluice day.jsonl, HELD"},
		{RUN_STOPPED, "62% sluice day.jsonl, STOPPED"},
	};
	char out[NOTIFY_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct snapshot s = run_of(cases[i].state);

		ck_assert_str_eq(notify_title(&s, out), cases[i].title);
	}
}
END_TEST

START_TEST(the_end_is_news_once)
{
	struct snapshot s = run_of(RUN_RUNNING);
	struct notify n = {0};
	char out[NOTIFY_TEXT];

	ck_assert(!notify_news(&n, &s, out));
	s.state = RUN_DONE;
	s.items.ok = 98;
	s.items.queued = 0;
	ck_assert(notify_news(&n, &s, out));
	ck_assert_str_eq(out, "sluice: day.jsonl is done: 98 ok, 2 failed, 0 not finished");
	ck_assert(!notify_news(&n, &s, out));
	/* an item is asked again */
	s.state = RUN_RUNNING;
	s.items.failed--;
	s.items.queued++;
	ck_assert(!notify_news(&n, &s, out));
	s.state = RUN_STOPPED;
	ck_assert(notify_news(&n, &s, out));
	ck_assert_str_eq(out, "sluice: day.jsonl has stopped: 98 ok, 1 failed, 1 not finished");
}
END_TEST

/* Feeds a second in this state; the hold is in force until then. */
static bool second(struct notify *n, struct snapshot *s, enum run_state state, int until_s)
{
	char out[NOTIFY_TEXT];

	s->now_us += US_PER_S;
	s->state = state;
	s->held_until_us = until_s * US_PER_S;
	return notify_news(n, s, out);
}

START_TEST(a_hold_is_news_when_it_takes_more_than_a_minute)
{
	struct snapshot s = run_of(RUN_RUNNING);
	struct notify n = {0};
	int told = 0;

	/* known at its start */
	ck_assert(!second(&n, &s, RUN_HELD, 61));
	ck_assert(second(&n, &s, RUN_HELD, 100));
	ck_assert(!second(&n, &s, RUN_HELD, 900));
	for (int i = 0; i < 10; i++)
		ck_assert(!second(&n, &s, RUN_RUNNING, 0));
	/* an outage: short holds with probes between them */
	for (int i = 0; i < 70; i++)
		told += second(
			&n, &s, i % 10 ? RUN_HELD : RUN_RUNNING, (int)(s.now_us / US_PER_S) + 5);
	ck_assert_int_eq(told, 1);
	/* short ones that have nothing to do with each other */
	for (int i = 0; i < 300; i++)
		ck_assert(!second(&n, &s, i % 20 < 10 ? RUN_RUNNING : RUN_HELD,
			(int)(s.now_us / US_PER_S) + 5));
}
END_TEST

START_TEST(a_run_that_waits_for_the_operator_is_news)
{
	static const struct {
		enum run_state state;
		const char *note;
		bool itself;
		enum standstill standstill;
		uint64_t held, queued;
		bool news;
	} cases[] = {
		{RUN_PAUSED, "", false, STANDSTILL_NONE, 0, 38, false},
		{RUN_PAUSED, "3 in flight finish", false, STANDSTILL_NONE, 0, 38, false},
		{RUN_PAUSED, "403 for all: resume?", true, STANDSTILL_NONE, 0, 38, true},
		{RUN_PAUSED, "every endpoint is paused", false, STANDSTILL_PAUSED, 0, 38, true},
		{RUN_DISK_FULL, "no space left", false, STANDSTILL_NONE, 0, 38, true},
		{RUN_HELD, "held by you: 38 items", false, STANDSTILL_BY_HAND, 38, 0, true},
		{RUN_RUNNING, "", false, STANDSTILL_NONE, 1, 37, false},
	};
	char out[NOTIFY_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct snapshot s = run_of(cases[i].state);
		struct notify n = {0};

		snprintf(s.state_note, sizeof(s.state_note), "%s", cases[i].note);
		s.paused_itself = cases[i].itself;
		s.standstill = cases[i].standstill;
		s.items.held = cases[i].held;
		s.items.queued = cases[i].queued;
		ck_assert_msg(notify_news(&n, &s, out) == cases[i].news, "case %zu", i);
		/* also when it stays so: the operator's hold has no end */
		for (int k = 0; k < 100; k++) {
			s.now_us += US_PER_S;
			ck_assert_msg(!notify_news(&n, &s, out), "case %zu: %s", i, out);
		}
	}
}
END_TEST

START_TEST(news_is_told_as_wished_and_as_the_terminal_can)
{
	static const struct {
		enum ui_notify how;
		bool takes_text;
		const char *bytes;
	} cases[] = {
		{UI_NOTIFY_ALL, true, "\033]9;ended\033\\\a"},
		{UI_NOTIFY_ALL, false, "\a"},
		{UI_NOTIFY_BELL, true, "\a"},
		{UI_NOTIFY_TITLE, true, ""},
		{UI_NOTIFY_OFF, true, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out;

		buf_init(&out, 1000);
		notify_add(&out, cases[i].how, cases[i].takes_text, "ended");
		ck_assert_str_eq(buf_str(&out), cases[i].bytes);
		buf_free(&out);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_title_has_progress_and_name, the_end_is_news_once,
		a_hold_is_news_when_it_takes_more_than_a_minute,
		a_run_that_waits_for_the_operator_is_news,
		news_is_told_as_wished_and_as_the_terminal_can, NULL};

	return unit_run("notify", tests);
}
