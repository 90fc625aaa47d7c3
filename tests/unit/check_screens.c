/* Golden screens: scenes of a stand-in port, keys in, screen text out, compared with the files of
 * tests/golden, which `make update-golden` (UPDATE_GOLDEN=1) rewrites. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actions.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "fake_port.h"
#include "source_tree.h"
#include "unit.h"
#include "view.h"

static const struct {
	int rows, cols;
} sizes[] = {{24, 80}, {40, 120}, {60, 200}, {10, 40}, {3, 20}, {1, 1}};

static const char *const scenes[] = {"running", "endpoints", "models", "pipeline", "streaming",
	"paused", "draining", "done", "done-ok", "past", "replay", "replay-mark", "budget", "empty",
	"hostile", "large"};

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), SCENES = sizeof(scenes) / sizeof(scenes[0]) };

static void set_up(void)
{
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	setenv("TZ", "UTC", 1);
	tzset();
}

static struct view *open_view(
	struct fake_port *f, const char *scene, enum ui_glyphs glyphs, int rows, int cols)
{
	struct port port = fake_port_port(f);
	struct view *v;

	ck_assert(fake_port_scene(f, scene));
	v = view_new(&port, glyphs_pick(glyphs, true), false, rows, cols);
	ck_assert(view_refresh(v));
	view_draw(v);
	return v;
}

static void draw(struct view *v)
{
	view_refresh(v);
	view_draw(v);
}

static void press(struct view *v, const char *keys)
{
	for (; *keys; keys++) {
		view_key(v, *keys);
		draw(v);
	}
}

/* Nothing on the screen is longer than it is wide or could reach the terminal as a command. */
static void check_shape(struct view *v, const char *name)
{
	struct buf text;
	int lines = 0;
	char *line, *rest;

	buf_init(&text, 1 << 20);
	canvas_text(&v->canvas, &text);
	line = (char *)buf_str(&text);
	for (; (rest = strchr(line, '\n')); line = rest + 1, lines++) {
		*rest = '\0';
		ck_assert_msg(text_cells(line) <= v->canvas.cols, "%s: line %d has %d cells", name,
			lines + 1, text_cells(line));
		for (const char *c = line; *c; c++)
			ck_assert_msg((unsigned char)*c >= 0x20 && *c != 0x7f,
				"%s: line %d holds byte 0x%02x", name, lines + 1, *c);
	}
	ck_assert_msg(lines == v->canvas.rows, "%s: %d lines", name, lines);
	buf_free(&text);
}

/* Fails with the first line that differs; a whole large screen is more than Check can tell. */
static void check_lines(const char *name, const char *expected, const char *is)
{
	for (int line = 1; *expected || *is; line++) {
		int n = (int)strcspn(expected, "\n"), m = (int)strcspn(is, "\n");

		ck_assert_msg(n == m && !strncmp(expected, is, (size_t)n),
			"%s differs in line %d, which is now:\n%.*s\nand was:\n%.*s", name, line, m,
			is, n, expected);
		expected += n + (expected[n] != '\0');
		is += m + (is[m] != '\0');
	}
}

static void check_golden(struct view *v, const char *name)
{
	struct buf text;
	char path[512], expected[64 << 10];
	FILE *f;
	size_t n;

	check_shape(v, name);
	buf_init(&text, 1 << 20);
	canvas_text(&v->canvas, &text);
	snprintf(path, sizeof(path), "%s/tests/golden/%s.txt", source_tree(), name);
	if (getenv("UPDATE_GOLDEN")) {
		f = fopen(path, "w");
		ck_assert_msg(f != NULL, "cannot write %s", path);
		fputs(buf_str(&text), f);
		fclose(f);
	}
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "no golden screen %s; make update-golden writes it", path);
	n = fread(expected, 1, sizeof(expected) - 1, f);
	expected[n] = '\0';
	fclose(f);
	check_lines(name, expected, buf_str(&text));
	buf_free(&text);
}

/* What the keys lead to in a scene at one of the sizes; the golden text is NAME-COLSxROWS. */
static void check_scene(const char *name, const char *scene, const char *keys, int size)
{
	int rows = sizes[size].rows, cols = sizes[size].cols;
	struct fake_port f;
	char golden[64];
	struct view *v = open_view(&f, scene, UI_GLYPHS_BRAILLE, rows, cols);

	press(v, keys);
	snprintf(golden, sizeof(golden), "%s-%dx%d", name, cols, rows);
	check_golden(v, golden);
	view_free(v);
}

START_TEST(every_scene_at_every_size)
{
	set_up();
	for (int i = 0; i < SCENES; i++)
		for (int size = 0; size < SIZES; size++)
			check_scene(scenes[i], scenes[i], "", size);
}
END_TEST

/* What was used again, and how many shared a request, stands beside the bar where there is room;
 * what the pace believes, beside what it is bound by; of how much a trial is a part, in the bar. */
START_TEST(what_stands_beside_when_there_is_room)
{
	static const char *const names[] = {"reused", "packed", "trial", "adaptive"};
	static const int at[] = {0, 1, 3};

	set_up();
	for (int i = 0; i < 12; i++)
		check_scene(names[i / 3], names[i / 3], "", at[i % 3]);
}
END_TEST

/* The costs of models stand below the cost of the run where there is room. */
START_TEST(costs_by_model_stand_below_that_of_the_run)
{
	set_up();
	check_scene("costs", "costs", "", 2);
	check_scene("costs", "costs", "", 0);
}
END_TEST

/* Draws what the scene has become since it was opened. */
static void draw_changed(struct view *v, struct fake_port *f, struct buf *text)
{
	fake_port_advance(f, US_PER_S, false);
	view_refresh(v);
	view_draw(v);
	canvas_text(&v->canvas, text);
}

/* With prices, a budget of tokens may be the one that ends the run. */
START_TEST(the_budget_that_ends_the_run_is_the_one_shown)
{
	struct fake_port f;
	struct buf text;
	struct view *v;

	set_up();
	buf_init(&text, 1 << 16);
	v = open_view(&f, "manual", UI_GLYPHS_BRAILLE, 24, 80);
	f.snap.cost.budget_usd = -1;
	f.snap.cost.tokens = 12e6;
	f.snap.cost.projected_tokens = 40e6;
	f.snap.cost.budget_tokens = 20e6;
	draw_changed(v, &f, &text);
	ck_assert_msg(strstr(buf_str(&text), " 12.0M of 20.0M, ends at item ~6740"), "%s",
		buf_str(&text));
	buf_free(&text);
	view_free(v);
}
END_TEST

START_TEST(many_refusals_a_minute_have_their_unit)
{
	struct fake_port f;
	struct buf text;
	struct view *v;

	set_up();
	buf_init(&text, 1 << 16);
	v = open_view(&f, "running", UI_GLYPHS_BRAILLE, 24, 80);
	f.snap.concurrency_auto = true;
	f.snap.concurrency = f.snap.concurrency_cap = 1024;
	f.snap.rate_limited_per_min = 12345;
	draw_changed(v, &f, &text);
	ck_assert_msg(strstr(buf_str(&text), "AUTO") && strstr(buf_str(&text), "429s 12.3k/min│"),
		"%s", buf_str(&text));
	buf_free(&text);
	view_free(v);
}
END_TEST

START_TEST(a_narrow_screen_has_whole_times)
{
	struct fake_port f;
	struct buf text;
	struct view *v;

	set_up();
	buf_init(&text, 1 << 16);
	v = open_view(&f, "running", UI_GLYPHS_BRAILLE, 6, 30);
	canvas_text(&v->canvas, &text);
	ck_assert_msg(
		strstr(buf_str(&text), " RUNNING 00:14:22 ETA 28-35m\n"), "%s", buf_str(&text));
	buf_free(&text);
	view_free(v);
}
END_TEST

START_TEST(what_binds_is_seen_beside_what_was_set_by_hand)
{
	set_up();
	check_scene("manual", "manual", "", 0);
	check_scene("manual", "manual", "", 1);
}
END_TEST

/* The keys of a run that goes on resume one of the past, after a question that shows the command.
 */
START_TEST(a_run_of_the_past_asks_before_it_goes_on)
{
	set_up();
	check_scene("ask-again", "past", "p", 0);
	check_scene("ask-again", "past", "R", 1);
	check_scene("help-past", "past", "?", 1);
}
END_TEST

/* The time bar stands above the keys of every screen; they are its own as long as it has the focus.
 */
START_TEST(the_time_bar_is_on_every_screen)
{
	static const int at[] = {0, 1, 3};

	set_up();
	for (int i = 0; i < 3; i++) {
		check_scene("replay-items", "replay", "\t2", at[i]);
		check_scene("replay-log", "replay-mark", "\t4", at[i]);
	}
	check_scene("help-replay", "replay", "?", 1);
	check_scene("replay-time", "replay", "b", 0);
}
END_TEST

/* Keys that lead to the other screens, at every size but the smallest. */
START_TEST(every_screen_at_every_size)
{
	static const struct {
		const char *name, *scene, *keys;
	} screens[] = {
		{"items", "running", "2Gkkk"},
		{"errors", "running", "3j"},
		{"errors-hostile", "hostile", "3j"},
		{"errors-expect", "expect", "3j"},
		{"log", "running", "4kk"},
		{"log-hostile", "hostile", "4"},
		{"inspector", "running", "2\r"},
		{"inspector-json", "running", "2\r\t\t"},
		{"inspector-failed", "running", "2\rF"},
		{"inspector-attempts", "hostile", "2jjjjj\r\t\t\t"},
		{"inspector-hostile", "hostile", "2\r/bad\r"},
		{"inspector-stages", "pipeline", "2\rG"},
		{"inspector-streaming", "streaming", "j\r"},
		{"items-hostile", "hostile", "2/state:waiting\rj"},
		{"items-ended", "running", "2jj jjj"},
		{"items-columns", "running",
			"2:columns latency,answer,tokens_out,cost,ended\r:sort -latency\r"},
	};

	set_up();
	for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++)
		for (int size = 0; size < SIZES - 1; size++)
			check_scene(screens[i].name, screens[i].scene, screens[i].keys, size);
}
END_TEST

/* Nobody says yes to half a question. */
START_TEST(a_question_has_its_words_on_a_narrow_screen)
{
	set_up();
	check_scene("ask-cancel", "running", "X", 3);
}
END_TEST

START_TEST(tab_completes_names_of_endpoints)
{
	static const struct {
		const char *keys, *text, *hint;
	} cases[] = {{":endpoint sp\tset rp\t", "endpoint spare set rpm", ""},
		{":endpoint spare we\t", "endpoint spare weight", ""},
		{":endpoint \t", "endpoint ", "azure-east azure-west openai spare"},
		{":endpoint openai set r\t", "endpoint openai set r", "rate rpm"}};

	set_up();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_port f;
		struct view *v = open_view(&f, "endpoints", UI_GLYPHS_BLOCK, 24, 80);

		press(v, cases[i].keys);
		ck_assert_str_eq(v->prompt.text, cases[i].text);
		ck_assert_ptr_nonnull(strstr(v->prompt.hint, cases[i].hint));
		view_free(v);
	}
}
END_TEST

START_TEST(a_run_that_may_go_on_alone_asks_so)
{
	struct fake_port f;
	struct view *v;

	set_up();
	v = open_view(&f, "running", UI_GLYPHS_BLOCK, 24, 80);
	v->leaving = UI_LEAVING_OFFERS;
	press(v, "q");
	check_golden(v, "quit-leave-80x24");
	view_free(v);
}
END_TEST

START_TEST(overlays_and_scrolling)
{
	static const struct {
		const char *keys, *name;
		enum ui_glyphs glyphs;
	} cases[] = {
		{"?", "help-80x24", UI_GLYPHS_BLOCK},
		{"q", "quit-80x24", UI_GLYPHS_BLOCK},
		{"=128", "prompt-80x24", UI_GLYPHS_BLOCK},
		{"jjj", "scrolled-80x24", UI_GLYPHS_BLOCK},
		{"Dy", "message-80x24", UI_GLYPHS_BLOCK},
		{"q", "quit-ascii-80x24", UI_GLYPHS_ASCII},
		{"2/failed\rR", "ask-80x24", UI_GLYPHS_BLOCK},
		{"2/nosuch:1\r", "items-bad-filter-80x24", UI_GLYPHS_BLOCK},
		{"3jx", "errors-ask-80x24", UI_GLYPHS_ASCII},
		{"3jb", "errors-raise-80x24", UI_GLYPHS_BLOCK},
		{"2jj  B", "items-lower-80x24", UI_GLYPHS_BLOCK},
		{"2/failed\r:matching raise 25\r", "items-raise-80x24", UI_GLYPHS_BLOCK},
		{"3\r", "errors-items-80x24", UI_GLYPHS_BLOCK},
		{"4/429\r", "log-filter-80x24", UI_GLYPHS_BLOCK},
		{"2jj\r/sluice\rn", "inspector-find-80x24", UI_GLYPHS_BLOCK},
		{"j\r\tw>", "inspector-shifted-80x24", UI_GLYPHS_BLOCK},
		{"2\rSx", "inspector-save-80x24", UI_GLYPHS_BLOCK},
		{"2jj  kZs", "items-tagged-80x24", UI_GLYPHS_ASCII},
		{"2/stat\tq\t !out\ts\t", "filter-typed-80x24", UI_GLYPHS_BLOCK},
		{":retry where state:\t", "filter-hint-80x24", UI_GLYPHS_BLOCK},
	};

	set_up();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_port f;
		struct view *v = open_view(&f, "running", cases[i].glyphs, 24, 80);

		press(v, cases[i].keys);
		check_golden(v, cases[i].name);
		view_free(v);
	}
}
END_TEST

/* The charts at each size, by how much of the past they show; the plots of the main screen
 * follow. */
START_TEST(charts_show_a_minute_five_or_the_whole_run)
{
	set_up();
	for (int size = 0; size < 4; size++)
		check_scene("charts", "running", "5", size);
	check_scene("charts-all", "running", "5z", 0);
	check_scene("charts-all", "running", "5z", 1);
	check_scene("charts-1m", "running", "5zz", 1);
	check_scene("charts-large", "large", "5z", 2);
	check_scene("charts-empty", "empty", "5", 0);
	check_scene("zoom-all", "running", "z", 1);
	check_scene("zoom-1m", "running", "zz", 2);
}
END_TEST

/* What requests came to, by model and, where there are several, endpoint or stage. */
START_TEST(usage_by_model_endpoint_and_stage)
{
	struct fake_port f;
	struct view *v;

	set_up();
	for (int size = 0; size < 4; size++)
		check_scene("usage", "costs", "6", size);
	check_scene("usage-endpoints", "endpoints", "6j", 0);
	check_scene("usage-pipeline", "pipeline", "6G", 1);
	check_scene("usage-large", "large", "6", 1);
	check_scene("usage-empty", "empty", "6", 3);
	v = open_view(&f, "costs", UI_GLYPHS_BRAILLE, 24, 80);
	press(v, "6\r");
	ck_assert_int_eq(v->screen, SCREEN_ITEMS);
	ck_assert_str_eq(v->items.query.filter, "model:m-large");
	view_free(v);
}
END_TEST

/* Aborting a request that the server may charge for is asked about, with No as the default. */
START_TEST(a_straggler_is_asked_again_at_once_unless_that_costs)
{
	struct fake_port f;
	struct view *v;

	set_up();
	v = open_view(&f, "costs", UI_GLYPHS_BRAILLE, 24, 80);
	press(v, "jr");
	ck_assert_int_eq(v->overlay, OVERLAY_ASK);
	check_golden(v, "ask-straggler-80x24");
	press(v, "\r");
	ck_assert_int_eq(f.commands, 0);
	press(v, "ry");
	ck_assert_str_eq(f.last_command, "retry #4102");
	view_free(v);
	v = open_view(&f, "running", UI_GLYPHS_BRAILLE, 24, 80);
	press(v, "jr");
	ck_assert_str_eq(f.last_command, "retry #4102");
	view_free(v);
}
END_TEST

/* The scene's log with failed attempts of two kinds between other events. */
static struct view *open_log(struct fake_port *f)
{
	struct view *v = open_view(f, "endpoints", UI_GLYPHS_BRAILLE, 24, 80);

	view_free(v);
	for (uint64_t i = 1; i < 13; i++) {
		struct event *e = &f->event[i];
		bool refused = i % 3 == 0;

		e->outcome = refused ? OUTCOME_RATE_LIMITED : OUTCOME_SERVER_ERROR;
		e->line = 4102 + 13 * i;
		e->group = refused ? 1 : 3;
		snprintf(e->text, sizeof(e->text), "request-%06d will retry: %s, %s", (int)e->line,
			outcome_label(e->outcome),
			refused ? "Rate limit reached for requests per minute of this project"
				: "upstream connect error or disconnect/reset before headers, "
				  "reset reason: connection termination");
	}
	snprintf(f->event[13].endpoint, sizeof(f->event[13].endpoint), "azure-west");
	struct port port = fake_port_port(f);

	v = view_new(&port, glyphs_pick(UI_GLYPHS_BRAILLE, true), false, 24, 80);
	view_refresh(v);
	view_draw(v);
	return v;
}

/* Failures of a kind are one row, which leads to its items; others lead to what they are about. */
START_TEST(repeated_failures_are_folded)
{
	struct fake_port f;
	struct view *v;

	set_up();
	v = open_log(&f);
	press(v, "4gj");
	check_golden(v, "log-folded-80x24");
	ck_assert_uint_eq(v->log.list.total, 6);
	press(v, "\r");
	ck_assert_int_eq(v->screen, SCREEN_ITEMS);
	ck_assert_str_eq(v->items.query.filter, "group:3");
	press(v, "4F");
	ck_assert_uint_eq(v->log.list.total, 16);
	press(v, "gj\r");
	ck_assert_int_eq(v->screen, SCREEN_INSPECTOR);
	ck_assert_uint_eq(v->inspector.line, 4115);
	press(v, "q");
	ck_assert_int_eq(v->screen, SCREEN_LOG);
	press(v, "Fv");
	check_golden(v, "log-warnings-80x24");
	press(v, "g\r"); /* the warning about a limit */
	ck_assert_int_eq(v->screen, SCREEN_USAGE);
	ck_assert_str_eq(v->usage.selected.name, "azure-west");
	press(v, "4v");
	ck_assert_uint_eq(v->log.list.total, 1);
	press(v, "v");
	ck_assert_uint_eq(v->log.list.total, 6);
	press(v, "g\r"); /* about nothing */
	ck_assert_int_eq(v->screen, SCREEN_LOG);
	view_free(v);
}
END_TEST

/* What is not read yet is shown as such, never as something else. */
START_TEST(what_is_still_being_read_shows_how_far)
{
	static const struct {
		const char *keys, *name;
		double searched;
		size_t facts_read;
		int rows, cols;
	} cases[] = {
		{"2/answer:sluice\r", "items-searching", .38, FAKE_ITEMS, 24, 80},
		{"2:sort latency\r", "items-sorting", .38, 6, 24, 120},
		{"2C", "items-choose", 1, FAKE_ITEMS, 24, 80},
		{"2:columns latncy\r", "items-bad-column", 1, FAKE_ITEMS, 24, 80},
	};

	set_up();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[64];
		struct fake_port f;
		struct view *v =
			open_view(&f, "running", UI_GLYPHS_BLOCK, cases[i].rows, cases[i].cols);

		f.searched = cases[i].searched;
		f.facts_read = cases[i].facts_read;
		press(v, cases[i].keys);
		snprintf(name, sizeof(name), "%s-%dx%d", cases[i].name, cases[i].cols,
			cases[i].rows);
		check_golden(v, name);
		view_free(v);
	}
}
END_TEST

START_TEST(closing_an_overlay_leaves_no_trace)
{
	static const char *const there_and_back[] = {"??", "q\x1b", ":abc\x1b", "?q", "qq", "=\x03",
		"21", "2/failed\rqq", "2:x\x1b\x1b", "341", "2\r\t\x1b\x1b", "3\r\rq\x1b\x1b",
		"3\r\x1b\x1b", "4/a\r\x1bq", "\t\t\t\t\t\t"};
	struct buf before, after;

	set_up();
	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	for (size_t i = 0; i < sizeof(there_and_back) / sizeof(there_and_back[0]); i++) {
		struct fake_port f;
		struct view *v = open_view(&f, "running", UI_GLYPHS_BRAILLE, 24, 80);

		buf_clear(&before);
		buf_clear(&after);
		canvas_text(&v->canvas, &before);
		for (const char *k = there_and_back[i]; *k; k++) {
			view_key(v, *k);
			draw(v);
		}
		canvas_text(&v->canvas, &after);
		ck_assert_str_eq(buf_str(&before), buf_str(&after));
		ck_assert_int_eq(f.commands, 0);
		view_free(v);
	}
	buf_free(&before);
	buf_free(&after);
}
END_TEST

START_TEST(a_resize_gives_the_same_screen_as_opening_there)
{
	struct fake_port f, g;
	struct view *v, *fresh;
	struct buf moved, opened;

	set_up();
	buf_init(&moved, 1 << 20);
	buf_init(&opened, 1 << 20);
	v = open_view(&f, "running", UI_GLYPHS_BRAILLE, 24, 80);
	for (int i = 0; i < SIZES * 2; i++) {
		int rows = sizes[i % SIZES].rows, cols = sizes[i % SIZES].cols;

		view_resize(v, rows, cols);
		draw(v);
		fresh = open_view(&g, "running", UI_GLYPHS_BRAILLE, rows, cols);
		buf_clear(&moved);
		buf_clear(&opened);
		canvas_text(&v->canvas, &moved);
		canvas_text(&fresh->canvas, &opened);
		ck_assert_str_eq(buf_str(&moved), buf_str(&opened));
		view_free(fresh);
	}
	view_free(v);
	buf_free(&moved);
	buf_free(&opened);
}
END_TEST

START_TEST(an_idle_screen_has_nothing_to_draw)
{
	struct fake_port f;
	struct view *v;
	int drawn = 0;

	set_up();
	v = open_view(&f, "paused", UI_GLYPHS_BRAILLE, 24, 80);
	f.rows = 0;
	f.snap.items.queued += f.snap.items.waiting;
	f.snap.items.waiting = 0;
	draw(v);
	ck_assert(!view_refresh(v));
	for (int i = 0; i < 40; i++) {
		fake_port_advance(&f, 250 * US_PER_MS, false);
		if (!view_refresh(v))
			continue;
		drawn++;
		for (int p = 0; p < PANEL_COUNT; p++)
			ck_assert_msg(p == PANEL_HEADER || !v->panel[p].dirty,
				"panel %d changed while only time went by", p);
		view_draw(v);
	}
	ck_assert_int_eq(drawn, 10);
	view_free(v);
}
END_TEST

START_TEST(own_keys_stand_apart_in_the_bar)
{
	struct fake_port f;
	struct error err;
	struct view *v;
	struct buf text;

	set_up();
	ck_assert(binding_set(binding_key_of("F5"), "toggle pause", &err));
	v = open_view(&f, "running", UI_GLYPHS_ASCII, 24, 80);
	buf_init(&text, 1 << 20);
	canvas_text(&v->canvas, &text);
	ck_assert_ptr_nonnull(strstr(buf_str(&text), " p/F5 pause "));
	ck_assert_ptr_nonnull(strstr(buf_str(&text), " +- conc "));
	buf_free(&text);
	view_free(v);
	binding_reset();
}
END_TEST

/* Keys that come faster than the screen move in the list they were meant for, and harm no item that
 * nobody has seen. */
START_TEST(keys_typed_ahead_are_not_lost)
{
	static const char *const cases[] = {"2G", "2/state:ok\rG", "3G", "4/429\rg"};

	set_up();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_port f, g;
		struct view *slow = open_view(&f, "running", UI_GLYPHS_ASCII, 24, 80);
		struct view *fast = open_view(&g, "running", UI_GLYPHS_ASCII, 24, 80);
		struct buf a, b;

		buf_init(&a, 1 << 20);
		buf_init(&b, 1 << 20);
		press(slow, cases[i]);
		for (const char *key = cases[i]; *key; key++)
			view_key(fast, *key);
		draw(fast);
		canvas_text(&slow->canvas, &a);
		canvas_text(&fast->canvas, &b);
		check_lines(cases[i], buf_str(&a), buf_str(&b));
		view_key(fast, '1');
		view_key(fast, '2');
		view_key(fast, 'j');
		ck_assert_ptr_null(actions_item(fast));
		buf_free(&a);
		buf_free(&b);
		view_free(slow);
		view_free(fast);
	}
}
END_TEST

START_TEST(any_size_and_any_key_is_survived)
{
	set_up();
	for (int rows = 1; rows < 30; rows += 4) {
		for (int cols = 1; cols < 170; cols += 13) {
			struct fake_port f;
			struct view *v = open_view(&f, "hostile", UI_GLYPHS_BRAILLE, rows, cols);

			press(v, "?jk");
			check_shape(v, "help");
			press(v, "2jjG R");
			check_shape(v, "items");
			press(v, "n3jG\r4kg/e\rG2\rjjG/e\rnNw>S\x1b"
				 "1?q");
			check_shape(v, "quit");
			press(v, "q:\xff some text that is too long for the screen");
			check_shape(v, "prompt");
			view_free(v);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_scene_at_every_size,
		what_stands_beside_when_there_is_room, costs_by_model_stand_below_that_of_the_run,
		the_budget_that_ends_the_run_is_the_one_shown,
		many_refusals_a_minute_have_their_unit, a_narrow_screen_has_whole_times,
		what_binds_is_seen_beside_what_was_set_by_hand,
		a_run_of_the_past_asks_before_it_goes_on, the_time_bar_is_on_every_screen,
		every_screen_at_every_size, tab_completes_names_of_endpoints,
		a_question_has_its_words_on_a_narrow_screen, a_run_that_may_go_on_alone_asks_so,
		overlays_and_scrolling, what_is_still_being_read_shows_how_far,
		charts_show_a_minute_five_or_the_whole_run, usage_by_model_endpoint_and_stage,
		repeated_failures_are_folded, a_straggler_is_asked_again_at_once_unless_that_costs,
		closing_an_overlay_leaves_no_trace, a_resize_gives_the_same_screen_as_opening_there,
		an_idle_screen_has_nothing_to_draw, keys_typed_ahead_are_not_lost,
		own_keys_stand_apart_in_the_bar, any_size_and_any_key_is_survived, NULL};

	return unit_run("screens", tests);
}
