/* The dashboard between a run and its past: what reaches the run, and what the screen says of it.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "fake_port.h"
#include "look_back.h"
#include "phrases.h"
#include "unit.h"
#include "view.h"

/* ---- a port of which parts may come late, and that counts who is there ---- */

static struct {
	struct port_ops ops;
	bool late;
	int attended;
} odd;

static bool odd_late(void *ctx)
{
	(void)ctx;
	return odd.late;
}

static size_t odd_rows(void *ctx, const struct item_query *q, uint64_t offset, struct item_row *out,
	size_t n, struct rows_info *info)
{
	if (!odd.late)
		return fake_items_rows(ctx, q, offset, out, n, info);
	*info = (struct rows_info){.complete = true};
	return 0;
}

static void odd_attended(void *ctx)
{
	(void)ctx;
	odd.attended++;
}

static struct port odd_port(struct fake_port *f)
{
	struct port port = fake_port_port(f);

	odd.ops = *port.ops;
	odd.ops.late = odd_late;
	odd.ops.rows = odd_rows;
	odd.ops.attended = odd_attended;
	odd.late = false;
	odd.attended = 0;
	port.ops = &odd.ops;
	return port;
}

static struct view *view_of(struct fake_port *f, const char *scene, int rows, int cols)
{
	struct port port = odd_port(f);
	struct view *v = view_new(&port, glyphs_pick(UI_GLYPHS_ASCII, false), false, rows, cols);

	ck_assert(fake_port_scene(f, scene));
	view_refresh(v);
	return v;
}

/* Presses keys, looking after each. */
static void press(struct view *v, const char *keys)
{
	for (; *keys; keys++) {
		view_key(v, *keys);
		view_refresh(v);
	}
}

/* Does the screen have the text? */
static bool shows(struct view *v, const char *text)
{
	struct buf screen;
	bool found;

	buf_init(&screen, 1 << 20);
	view_draw(v);
	canvas_text(&v->canvas, &screen);
	found = strstr(buf_str(&screen), text);
	buf_free(&screen);
	return found;
}

/* The run's past, for a dashboard of a run that goes on. */
struct fake_past {
	struct fake_port port;
	enum replay_answer answer;
	int asked, closed;
};

static void past_ask(void *ctx, const char *results)
{
	struct fake_past *p = ctx;

	(void)results;
	p->asked++;
}

static enum replay_answer past_answer(void *ctx, struct port *out, struct error *err)
{
	struct fake_past *p = ctx;

	*out = fake_port_port(&p->port);
	error_set(err, "no files");
	return p->answer;
}

static void past_close(void *ctx)
{
	((struct fake_past *)ctx)->closed++;
}

START_TEST(no_key_reaches_the_run_while_the_dashboard_looks_back)
{
	struct fake_past past = {.answer = REPLAY_LATER};
	struct fake_port f;
	struct view *v = view_of(&f, "running", 24, 80);
	size_t n;
	const struct key_binding *k = binding_table(&n);

	ck_assert(fake_port_scene(&past.port, "replay"));
	press(v, "T");
	ck_assert_ptr_nonnull(strstr(v->message, "cannot look back"));
	v->past = (struct replay_source){past_ask, past_answer, past_close, &past};
	press(v, "T");
	ck_assert(past.asked == 1 && !v->looks_back);
	past.answer = REPLAY_FAILED;
	view_refresh(v);
	ck_assert_str_eq(v->message, "cannot look back: no files");
	past.answer = REPLAY_READY;
	press(v, ":look back\r");
	ck_assert(v->looks_back && v->bar_focus && v->snap.replay.on);
	ck_assert_uint_eq(v->log.seq, past.port.snap.last_event);
	/* every key that there is, with and without the focus, but those that lead back */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < n; i++) {
			if (!strcmp(k[i].command, "back") || !strcmp(k[i].command, "interrupt") ||
				!strcmp(k[i].command, "look live") ||
				!strncmp(k[i].command, "prompt", 6) ||
				!strcmp(k[i].command, "help"))
				continue;
			v->bar_focus = !round;
			view_key(v, k[i].key);
			view_refresh(v);
			ck_assert_msg(v->looks_back, "%s", k[i].command);
			ck_assert_msg(!f.commands, "%s sent %s", k[i].command, f.last_command);
		}
	}
	press(v, ":set rpm 9\r:cancel where failed\r:drain\r");
	ck_assert_int_eq(f.commands, 0);
	v->bar_focus = true;
	press(v, "l");
	ck_assert(!v->looks_back && !v->bar_focus && !v->snap.replay.on && past.closed == 1);
	ck_assert(!v->read_only);
	press(v, "1p");
	ck_assert_str_eq(f.last_command, "pause");
	/* q and ^C lead back, too; ^C is for the run */
	press(v, "Tq");
	ck_assert(!v->looks_back && past.closed == 2 && v->overlay == OVERLAY_NONE);
	press(v, "T\x03");
	ck_assert(!v->looks_back && past.closed == 3);
	ck_assert_str_eq(f.last_command, "interrupt");
	view_free(v);
}
END_TEST

static struct view *looking_back(struct fake_port *f, struct fake_past *past, int rows, int cols)
{
	struct view *v = view_of(f, "running", rows, cols);

	ck_assert(fake_port_scene(&past->port, "replay"));
	past->answer = REPLAY_READY;
	v->past = (struct replay_source){past_ask, past_answer, past_close, past};
	press(v, "T");
	ck_assert(v->looks_back);
	return v;
}

START_TEST(the_screen_says_where_its_keys_lead_while_it_looks_back)
{
	static const enum ui_leaving leavings[] = {UI_LEAVING_ONLY, UI_LEAVING_OFFERS};

	for (int i = 0; i < 2; i++) {
		struct fake_past past = {.asked = 0};
		struct fake_port f;
		struct view *v = looking_back(&f, &past, 120, 120);

		v->leaving = leavings[i];
		view_refresh(v);
		ck_assert(shows(v, "q back"));
		ck_assert(!shows(v, "q leave") && !shows(v, "q quit"));
		press(v, "?");
		ck_assert(shows(v, "the run as it is now"));
		ck_assert(shows(v, i ? "back, and drain the run" : "leave: the run goes on"));
		press(v, "qq");
		ck_assert(!v->looks_back);
		view_refresh(v);
		ck_assert(shows(v, i ? "q quit" : "q leave"));
		view_free(v);
	}
}
END_TEST

START_TEST(the_run_is_not_forgotten_while_the_dashboard_looks_back)
{
	struct fake_past past = {.asked = 0};
	struct fake_port f;
	struct view *v = looking_back(&f, &past, 24, 80);
	int before = odd.attended;

	press(v, "[");
	ck_assert_msg(odd.attended > before, "the run takes its operator for gone");
	f.snap.state = RUN_PAUSED;
	f.snap.question = QUESTION_BUDGET_USD;
	f.snap.answer_by_us = f.snap.now_us + 42 * US_PER_S;
	v->message[0] = '\0';
	view_refresh(v);
	ck_assert(shows(v, "the run asks, and drains in 0:42: l leads to its question"));
	ck_assert_int_eq(v->overlay, OVERLAY_NONE);
	ck_assert_ptr_eq(look_now(v), &v->live_snap);
	press(v, "l");
	ck_assert_int_eq(v->overlay, OVERLAY_BUDGET);
	ck_assert_ptr_eq(look_now(v), &v->snap);
	press(v, "\x1b");
	f.snap.question = QUESTION_NONE;
	view_refresh(v);
	press(v, "T");
	f.snap.state = RUN_DONE;
	v->message[0] = '\0';
	view_refresh(v);
	ck_assert(shows(v, "the run has ended: l shows how"));
	view_free(v);
}
END_TEST

START_TEST(rows_that_came_late_are_shown_by_a_paused_run)
{
	struct fake_port f;
	struct view *v = view_of(&f, "paused", 24, 80);

	f.snap.items.in_flight = 0;
	f.snap.answers_now = 0;
	v->message[0] = '\0';
	odd.late = true;
	press(v, "1");
	ck_assert(shows(v, phrase_late));
	odd.late = false;
	view_refresh(v);
	ck_assert_msg(!shows(v, phrase_late), "it says that the rows are on their way for good");
	view_free(v);
}
END_TEST

START_TEST(a_question_that_drains_is_no_run_that_goes_on)
{
	struct fake_port f;
	struct view *v = view_of(&f, "running", 24, 80);

	v->leaving = UI_LEAVING_OFFERS;
	press(v, "q");
	ck_assert(shows(v, "leave: the run goes on"));
	f.snap.question = QUESTION_BUDGET_USD;
	f.snap.answer_by_us = f.snap.now_us + 42 * US_PER_S;
	view_refresh(v);
	ck_assert(!shows(v, "the run goes on"));
	ck_assert(shows(v, "leave: it drains in 0:42"));
	view_free(v);
}
END_TEST

START_TEST(a_list_leads_back_to_the_row_that_it_is_of)
{
	static const struct {
		const char *keys;
		enum screen screen;
	} lists[] = {{"3\r", SCREEN_ERRORS}, {"6\r", SCREEN_USAGE}};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct fake_port f;
		struct view *v = view_of(&f, "running", 40, 120);

		press(v, lists[i].keys);
		ck_assert_int_eq(v->screen, SCREEN_ITEMS);
		ck_assert(v->items.query.filter[0]);
		press(v, "q");
		ck_assert_int_eq(v->screen, lists[i].screen);
		press(v, "2/state:ok\rq");
		ck_assert_int_eq(v->screen, SCREEN_ITEMS);
		view_free(v);
	}
}
END_TEST

START_TEST(an_interrupt_is_called_what_it_does)
{
	struct fake_port f;
	struct view *v = view_of(&f, "running", 24, 80);

	v->read_only = v->only_looks = true;
	press(v, "p");
	ck_assert_ptr_nonnull(strstr(v->message, "^C drains the run"));
	v->leaving = UI_LEAVING_ONLY;
	press(v, "p");
	ck_assert_ptr_nonnull(strstr(v->message, "^C leaves"));
	view_free(v);
}
END_TEST

START_TEST(only_on_the_main_screen_q_leaves)
{
	struct fake_port f;
	struct view *v = view_of(&f, "done", 24, 80);

	ck_assert(shows(v, "q exits"));
	press(v, "2");
	ck_assert(!shows(v, "q exits"));
	ck_assert(shows(v, "1 shows what it came to"));
	view_free(v);
}
END_TEST

START_TEST(bad_lines_are_not_asked_again)
{
	struct fake_port f;
	struct view *v = view_of(&f, "done", 40, 120);
	char title[40];

	ck_assert_uint_gt(f.snap.items.failed, 2);
	f.snap.final_failures[OUTCOME_BAD_INPUT] = 2;
	view_refresh(v);
	press(v, "R");
	snprintf(title, sizeof(title), "Retry %d items?", (int)f.snap.items.failed - 2);
	ck_assert_str_eq(v->question.title, title);
	ck_assert_str_eq(v->question.command, "retry where state:failed !outcome:bad_input");
	press(v, "n");
	f.snap.final_failures[OUTCOME_BAD_INPUT] = (uint32_t)f.snap.items.failed;
	view_refresh(v);
	ck_assert(!shows(v, "R retry failed"));
	press(v, "R");
	ck_assert_int_eq(v->overlay, OVERLAY_NONE);
	ck_assert_ptr_nonnull(strstr(v->message, "fix them"));
	view_free(v);
}
END_TEST

START_TEST(a_log_without_lines_says_so)
{
	struct fake_port f;
	struct view *v = view_of(&f, "running", 40, 120);

	press(v, "4/zzzz\r\r");
	ck_assert_str_eq(v->message, "no line is selected");
	ck_assert(shows(v, "selected"));
	view_free(v);
}
END_TEST

START_TEST(coaching_is_there_where_its_lines_fit)
{
	struct layout_wants wants = {.coach = true};
	struct layout layout;

	layout_compute(SCREEN_MAIN, 24, 80, &wants, &layout);
	ck_assert_int_eq(layout.at[PANEL_COACH].rows, 1);
	layout_compute(SCREEN_MAIN, 10, 40, &wants, &layout);
	ck_assert_int_eq(layout.at[PANEL_COACH].rows, 0);
}
END_TEST

START_TEST(help_has_no_key_that_does_nothing)
{
	struct fake_port f;
	struct view *v = view_of(&f, "running", 120, 120);

	v->leaving = UI_LEAVING_ONLY;
	press(v, "?");
	ck_assert(!shows(v, "to the time bar"));
	ck_assert(!shows(v, "drain, then exit") || !shows(v, "Leaving an unfinished run"));
	view_free(v);
}
END_TEST

START_TEST(a_hold_until_a_probe_has_no_time)
{
	struct snapshot s = {.state = RUN_RUNNING, .now_us = 50 * US_PER_S, .wall_us = US_PER_S};
	char out[PHRASE_SIZE];

	s.hold_until_us = s.now_us + 1;
	snprintf(s.hold_source, sizeof(s.hold_source), "retry-after");
	ck_assert_str_eq(phrase_note(&s, out), "held until a probe is answered: retry-after");
	s.hold_until_us = s.now_us + 5 * US_PER_S;
	ck_assert_ptr_nonnull(strstr(phrase_note(&s, out), "0:05 left: retry-after"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {no_key_reaches_the_run_while_the_dashboard_looks_back,
		the_screen_says_where_its_keys_lead_while_it_looks_back,
		the_run_is_not_forgotten_while_the_dashboard_looks_back,
		rows_that_came_late_are_shown_by_a_paused_run,
		a_question_that_drains_is_no_run_that_goes_on, help_has_no_key_that_does_nothing,
		a_hold_until_a_probe_has_no_time, a_list_leads_back_to_the_row_that_it_is_of,
		an_interrupt_is_called_what_it_does, only_on_the_main_screen_q_leaves,
		coaching_is_there_where_its_lines_fit, bad_lines_are_not_asked_again,
		a_log_without_lines_says_so, NULL};

	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("look_back", tests);
}
