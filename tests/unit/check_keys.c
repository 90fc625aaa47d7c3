/* Keys, the commands they are, and what the dashboard sends to the engine. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "fake_port.h"
#include "past/replay.h"
#include "unit.h"
#include "view.h"

static bool engine_has(const struct port *port, const char *text)
{
	size_t n;
	const struct command_info *c = port_commands(port, &n);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(text, c[i].name, strlen(c[i].name)))
			return true;
	for (size_t i = 0; i < replay_commands_n; i++)
		if (!strncmp(text, replay_commands[i].name, strlen(replay_commands[i].name)))
			return true;
	return false;
}

START_TEST(every_key_is_a_known_command)
{
	struct fake_port f;
	struct port port = fake_port_port(&f);
	size_t n;
	const struct key_binding *k = binding_table(&n);
	const char *args;

	for (size_t i = 0; i < n; i++)
		ck_assert_msg(
			ui_command_find(k[i].command, &args) || engine_has(&port, k[i].command),
			"\"%s\" is no command", k[i].command);
}
END_TEST

START_TEST(no_key_means_two_things_in_one_place)
{
	size_t n;
	const struct key_binding *k = binding_table(&n);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(k[i].key != k[j].key || !(k[i].contexts & k[j].contexts),
				"\"%s\" and \"%s\" share a key", k[i].command, k[j].command);
}
END_TEST

static void ask_past(void *ctx, const char *results)
{
	(void)ctx;
	(void)results;
}

/* Keys of the time bar are in the help of a replay, the others in that of a run. */
static void check_help(const char *scene, bool replay)
{
	struct fake_port f;
	struct port port = fake_port_port(&f);
	struct view *v = view_new(&port, glyphs_pick(UI_GLYPHS_ASCII, false), false, 240, 80);
	struct buf text;
	size_t n;
	const struct key_binding *k = binding_table(&n);
	const struct command_info *c;
	char name[16];

	ck_assert(fake_port_scene(&f, scene));
	buf_init(&text, 1 << 20);
	v->past.ask = ask_past;
	v->looks_back = replay;
	v->live = port;
	view_refresh(v);
	view_key(v, '?');
	view_refresh(v);
	view_draw(v);
	canvas_text(&v->canvas, &text);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(!binding_is_here(v, &k[i]) ||
				      (k[i].contexts == CONTEXT_REPLAY) != replay ||
				      (strstr(buf_str(&text), binding_key_name(k[i].key, name)) &&
					      strstr(buf_str(&text), k[i].help)),
			"help lacks %s (%s)", name, k[i].help);
	c = port_commands(&port, &n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strstr(buf_str(&text), c[i].name) || !strcmp(c[i].name, "write"),
			"help lacks %s", c[i].name);
	buf_free(&text);
	v->past.ask = NULL;
	v->looks_back = false;
	view_free(v);
}

START_TEST(help_lists_every_key_and_command)
{
	check_help("running", false);
	check_help("replay", true);
}
END_TEST

static struct view *running_view(struct fake_port *f, bool read_only)
{
	struct port port = fake_port_port(f);
	struct view *v = view_new(&port, glyphs_pick(UI_GLYPHS_ASCII, false), read_only, 24, 80);

	ck_assert(fake_port_scene(f, "running"));
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

struct sent {
	const char *keys, *command; /* NULL: none is sent */
};

/* The last command that the keys send in a running run. */
static void check_sent(const struct sent *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *command = cases[i].command ? cases[i].command : "";
		struct fake_port f;
		struct view *v = running_view(&f, false);

		press(v, cases[i].keys);
		ck_assert_msg(!strcmp(f.last_command, command), "case %zu (%s) sent \"%s\"", i,
			cases[i].keys, f.last_command);
		view_free(v);
	}
}

START_TEST(keys_send_the_right_commands)
{
	static const struct sent cases[] = {
		{"p", "pause"},
		{"pp", "resume"},
		{"D", NULL},
		{"D\r", NULL},
		{"DD", NULL},
		{"Dy", "drain"},
		{"u", "undo"},
		{":drain\r", "drain"},
		{":cancel where failed\r", NULL},
		{":cancel where failed\r\r", NULL},
		{":cancel where failed\rn", NULL},
		{":  cancel where failed\ry", "cancel where failed"},
		{":raise 25 where state:failed\ry", "raise 25 where state:failed"},
		{":raise where state:failed\r", NULL},
		{":hold where state:queued\r", NULL},
		{":release where !ok\r", NULL},
		{":lower where !ok\r", NULL},
		{":retry all\r", NULL},
		{":retry all timeout\ry", "retry all timeout"},
		{":cancel where nosuch:1\r", "cancel where nosuch:1"}, /* refused there */
		{":cancel where id:nobody\r", "cancel where id:nobody"},
		{"+", "set concurrency +6"},
		{"-", "set concurrency -6"},
		{"=128\r", "set concurrency 128"},
		{"=12\x7f"
		 "5\r",
			"set concurrency 15"},
		{":retry request-7\r", "retry request-7"},
		{":x\x15"
		 "drain\r",
			"drain"},
		{":pau\t\r", "pause"},
		{":set conc\tauto\r", "set concurrency auto"},
		{":x drain\x17\x17pause\r", "pause"},
		{":scroll +3\r", NULL},
		{":\r", NULL},
		{"qd", "drain"},
		{"qs", "stop"},
		{"\x03", "interrupt"},
		{"q\x03", "interrupt"},
		{"q\r", NULL},
		{"qq", NULL},
		{"q\x1b", NULL},
		{"q", NULL},
		{"\r", NULL},
		{"\x04", NULL},
		{"\x0b", NULL},
		{"\x7f", NULL},
		{"X\r", NULL},
		{"R\r", NULL},
		{"?p", NULL},
	};

	check_sent(cases, sizeof(cases) / sizeof(cases[0]));
}
END_TEST

START_TEST(a_paste_reaches_only_a_prompt)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);
	static const char text[] = "Dq\nX \n7\n";

	for (const char *c = text; *c; c++)
		view_key(v, PASTED_KEYS + *c);
	ck_assert_int_eq(f.commands, 0);
	ck_assert_int_eq(v->overlay, OVERLAY_NONE);
	ck_assert_ptr_nonnull(strstr(v->message, "pasted"));
	view_key(v, ':');
	for (const char *c = text; *c; c++)
		view_key(v, PASTED_KEYS + *c);
	ck_assert_int_eq(v->overlay, OVERLAY_PROMPT);
	ck_assert_str_eq(v->prompt.text, "Dq X 7 ");
	ck_assert_int_eq(f.commands, 0);
	view_free(v);
}
END_TEST

START_TEST(quits_directly_when_the_run_is_over)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	ck_assert(fake_port_scene(&f, "done"));
	view_refresh(v);
	view_key(v, 'q');
	ck_assert_str_eq(f.last_command, "quit");
	view_free(v);
}
END_TEST

/* `q` asks where the run may go on alone, and Enter leaves it alone. */
START_TEST(leaving_a_run_that_goes_on)
{
	static const struct {
		enum ui_leaving leaving;
		bool read_only;
		const char *keys, *command;
		enum overlay overlay;
	} cases[] = {
		{UI_LEAVING_OFFERS, false, "q", "", OVERLAY_QUIT},
		{UI_LEAVING_OFFERS, false, "q\r", "leave", OVERLAY_NONE},
		{UI_LEAVING_OFFERS, false, "q\x1b", "", OVERLAY_NONE},
		{UI_LEAVING_OFFERS, false, "qd", "drain", OVERLAY_NONE},
		{UI_LEAVING_OFFERS, false, "qs", "stop", OVERLAY_NONE},
		{UI_LEAVING_OFFERS, false, ":leave\r", "leave", OVERLAY_NONE},
		{UI_LEAVING_OFFERS, true, "q", "leave", OVERLAY_NONE},
		{UI_LEAVING_OFFERS, true, ":leave\r", "leave", OVERLAY_NONE},
		{UI_LEAVING_ONLY, false, "q", "leave", OVERLAY_NONE},
		{UI_LEAVING_ONLY, false, "?q", "", OVERLAY_NONE},
		{UI_LEAVING_ONLY, true, "q", "leave", OVERLAY_NONE},
		{UI_LEAVING_ENDS, false, "q\r", "", OVERLAY_NONE},
		{UI_LEAVING_ENDS, false, ":leave\r", "", OVERLAY_NONE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_port f;
		struct view *v = running_view(&f, cases[i].read_only);

		v->leaving = cases[i].leaving;
		press(v, cases[i].keys);
		ck_assert_msg(
			!strcmp(f.last_command, cases[i].command), "%zu: %s", i, f.last_command);
		ck_assert_int_eq(v->overlay, cases[i].overlay);
		view_free(v);
	}
}
END_TEST

START_TEST(read_only_sends_nothing_and_says_so)
{
	struct fake_port f;
	struct view *v = running_view(&f, true);

	press(v, "p+-Dqdqs:drain\r=RyXyjx2xRyXy1uSp");
	ck_assert_int_eq(f.commands, 0);
	ck_assert_int_eq(v->overlay, OVERLAY_NONE);
	ck_assert_ptr_nonnull(strstr(v->message, "read-only"));
	press(v, ":cancel where !ok\r");
	ck_assert_ptr_nonnull(strstr(v->message, "read-only"));
	ck_assert_int_eq(v->overlay, OVERLAY_NONE);
	ck_assert_int_eq(f.commands, 0);
	ck_assert(fake_port_scene(&f, "done"));
	view_refresh(v);
	view_key(v, 'q');
	ck_assert_str_eq(f.last_command, "quit");
	view_free(v);
}
END_TEST

START_TEST(read_only_is_left_by_an_interrupt)
{
	struct fake_port f;
	struct view *v = running_view(&f, true);

	press(v, "q");
	ck_assert_int_eq(v->overlay, OVERLAY_NONE);
	ck_assert_ptr_nonnull(strstr(v->message, "^C drains"));
	press(v, "\x03");
	ck_assert_str_eq(f.last_command, "interrupt");
	view_free(v);
}
END_TEST

START_TEST(read_only_offers_nothing_that_it_refuses)
{
	static const char *const screens[] = {"1", "2", "3", "4", "2\r", "?"};
	struct fake_port f;
	struct buf text;

	for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
		static const char *const off[] = {"pause", "drain:", "p pause", "retry", "cancel ",
			"conc ", "hold ", "save", "set rate"};
		struct port port = fake_port_port(&f);
		struct view *v = view_new(
			&port, glyphs_pick(UI_GLYPHS_ASCII, false), true, i == 5 ? 200 : 24, 80);

		ck_assert(fake_port_scene(&f, "running"));
		view_refresh(v);
		press(v, screens[i]);
		view_draw(v);
		buf_init(&text, 1 << 20);
		canvas_text(&v->canvas, &text);
		for (size_t k = 0; k < sizeof(off) / sizeof(off[0]); k++) {
			const char *bar = buf_str(&text);

			if (i < 5) /* the last line */
				bar += text.len - 80 < text.len ? text.len - 80 : 0;
			ck_assert_msg(!strstr(bar, off[k]), "%s offers \"%s\": %s", screens[i],
				off[k], bar);
		}
		buf_free(&text);
		view_free(v);
	}
}
END_TEST

START_TEST(a_key_without_a_meaning_says_so)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	press(v, "J");
	ck_assert_str_eq(v->message, "J has no function here; ? lists the keys");
	view_key(v, ALT_KEYS + 'D');
	ck_assert_str_eq(v->message, "A-D has no function here; ? lists the keys");
	view_key(v, KEY_FUNCTION_12);
	ck_assert_str_eq(v->message, "F12 has no function here; ? lists the keys");
	view_key(v, 0x1f600);
	ck_assert_int_eq(f.commands, 0);
	view_free(v);
}
END_TEST

START_TEST(messages_go_away)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	view_key(v, 'p');
	ck_assert_str_eq(v->message, "pause: done");
	fake_port_advance(&f, 4 * US_PER_S, false);
	view_refresh(v);
	ck_assert_str_eq(v->message, "pause: done");
	fake_port_advance(&f, 2 * US_PER_S, false);
	view_refresh(v);
	ck_assert_str_eq(v->message, "");
	view_free(v);
}
END_TEST

START_TEST(scrolling_stays_within_the_list)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);
	uint64_t page = v->active.n;

	view_key(v, KEY_GO_END);
	view_refresh(v);
	ck_assert_uint_eq(v->active.list.first, f.rows - page);
	ck_assert_uint_eq(v->active.line, f.row[f.rows - 1].line);
	view_key(v, KEY_ARROW_DOWN);
	view_refresh(v);
	ck_assert_uint_eq(v->active.list.first, f.rows - page);
	view_key(v, KEY_PAGE_UP);
	view_refresh(v);
	ck_assert_uint_eq(v->active.list.cursor, f.rows - 1 - page);
	f.rows = 2;
	view_refresh(v);
	ck_assert_uint_eq(v->active.list.first, 0);
	ck_assert(v->active.absent);
	view_key(v, 'k');
	view_refresh(v);
	ck_assert_uint_eq(v->active.line, f.row[0].line);
	view_free(v);
}
END_TEST

START_TEST(keys_on_items_act_on_lines)
{
	static const struct sent cases[] = {
		{"x", NULL}, /* nothing is selected on the main screen before j */
		{"jx", "cancel #4102"},
		{"jjr", "retry #4115"},
		{"2x", "cancel #1502"},
		{"2jjr", "retry #1528"},
		{"2jh", "hold #1515"},
		{"2jhh", "release #1515"},
		{"2/state:held\rRy", NULL},
		{"2Gx", "cancel #7729"},
		{"2/failed\rx", "cancel #1567"},
		{"2/failed\rR", NULL},
		{"2/failed\rR\r", NULL},
		{"2/failed\rR\x1b", NULL},
		{"2/failed\rRq", NULL},
		{"2/failed\rR\x04", NULL},
		{"2/failed\rRy", "retry where failed"},
		{"2/failed\rXy", "cancel where failed"},
		{"2/nosuch:1\rRy", NULL},
		{"2 x", "tag #1502"},
		{"2 x\r", "tag #1502"},
		{"2 xy", "cancel where tag:yes"},
		{"2  Ux", "cancel #1528"},
		{"2X\r", NULL},
		{"2R\r", NULL},
		{"Ry", "retry where state:failed"},
		{"2Ry", "retry where state:failed"},
		{"Xy", "stop"},
		{"y", NULL},
		{"3jr", NULL},
		{"3jry", "retry where group:2"},
		{"3Gx\r", NULL},
		{"3Gxy", "cancel where group:4"},
		{"3hy", "hold where group:1"},
		{"3\rXy", "cancel where group:1"},
		{"4x", NULL},
		{"2j\rx", "cancel #1515"},
		{"2j\r1jr", "retry #4102"},
		{"2\r\r", NULL},
		{"2\rX", NULL},
		{"j\rr", "retry #4102"},
		{":selected explode\r", NULL},
		{"[", "set rate -10%"},
		{"LL}", "set tpm +100%"},
		{"2[", "set rate -10%"},
		{"2\r", NULL},
		{"2\x04", NULL},
		{"2\x0b", NULL},
		{"2\x7f", NULL},
	};

	check_sent(cases, sizeof(cases) / sizeof(cases[0]));
}
END_TEST

START_TEST(the_mouse_acts_only_when_on)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);
	int row;

	press(v, "2");
	row = v->layout.at[PANEL_ITEMS].row + 2; /* rule and heading */
	view_click(v, row + 3, 10);
	view_key(v, KEY_WHEEL_DOWN);
	view_refresh(v);
	ck_assert_uint_eq(v->items.list.list.cursor, 0);
	press(v, "m");
	view_click(v, row + 3, 10);
	view_refresh(v);
	ck_assert_uint_eq(v->items.list.list.cursor, 3);
	view_key(v, KEY_WHEEL_DOWN);
	view_refresh(v);
	ck_assert_uint_eq(v->items.list.list.cursor, 6);
	/* the rule, the heading and what lies below the list are no rows */
	view_click(v, row - 1, 10);
	view_click(v, row - 2, 10);
	view_click(v, v->canvas.rows - 1, 10);
	press(v, "?");
	view_click(v, row, 10);
	press(v, "?");
	ck_assert_uint_eq(v->items.list.list.cursor, 6);
	press(v, "m");
	ck_assert(!v->mouse);
	view_free(v);
}
END_TEST

START_TEST(themes_are_asked_for)
{
	struct fake_port f;
	struct view *v = running_view(&f, true);

	press(v, "t");
	ck_assert_str_eq(v->want_theme, "next");
	press(v, ":theme nord\r");
	ck_assert_str_eq(v->want_theme, "nord");
	ck_assert_int_eq(f.commands, 0);
	view_free(v);
}
END_TEST

START_TEST(tagged_items_are_asked_for_with_their_count)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	press(v, "2   x");
	ck_assert_int_eq(v->overlay, OVERLAY_ASK);
	ck_assert_str_eq(v->question.title, "Cancel 3 tagged items?");
	ck_assert_int_eq(f.commands, 3);
	press(v, "y");
	ck_assert_str_eq(f.last_command, "cancel where tag:yes");
	ck_assert_str_eq(v->message, "cancel: 3 items");
	/* they stay tagged, for whatever is next */
	ck_assert_uint_eq(v->snap.tagged, 3);
	press(v, "U");
	ck_assert_str_eq(f.last_command, "untag all");
	ck_assert_uint_eq(v->snap.tagged, 0);
	view_free(v);
}
END_TEST

START_TEST(typed_acts_on_many_are_asked_for_with_their_count)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	press(v, ":cancel where state:failed\r");
	ck_assert_int_eq(v->overlay, OVERLAY_ASK);
	ck_assert_ptr_nonnull(strstr(v->question.title, " items?"));
	ck_assert_str_eq(v->question.note, "cancel where state:failed");
	press(v, "\r:raise 25 where state:failed\r");
	ck_assert_ptr_nonnull(strstr(v->question.title, " items by 25?"));
	press(v, "nD");
	ck_assert_ptr_nonnull(strstr(v->question.title, "Drain the run?"));
	f.searched = 0.25;
	press(v, "n:retry where error:request\r");
	ck_assert_str_eq(v->question.title, "Retry at least 120 items?");
	ck_assert_int_eq(f.commands, 0);
	view_free(v);
}
END_TEST

START_TEST(a_filter_is_edited_alone)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	press(v, "2/state:failed\r");
	ck_assert_str_eq(v->items.query.filter, "state:failed");
	press(v, "/state:held\r"); /* in place of it */
	ck_assert_str_eq(v->items.query.filter, "state:held");
	press(v, "/\x05 x\x17\x17state:ok\r");
	ck_assert_str_eq(v->items.query.filter, "state:ok");
	press(v, "/\x15state:failed\r");
	ck_assert_str_eq(v->items.query.filter, "state:failed");
	press(v, "/\x15\r");
	ck_assert_str_eq(v->items.query.filter, "");
	ck_assert_str_eq(v->message, "");
	ck_assert_int_eq(f.commands, 0);
	view_free(v);
}
END_TEST

START_TEST(help_is_searched)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);
	int first;

	press(v, "?/set rpm\r");
	ck_assert_int_eq(v->overlay, OVERLAY_HELP);
	first = v->help.at;
	ck_assert_int_gt(first, 0);
	ck_assert_int_gt(v->over.keep[0], 0);
	press(v, "/set\r");
	first = v->help.at;
	press(v, "n");
	ck_assert_int_gt(v->help.at, first);
	press(v, "N");
	ck_assert_int_eq(v->help.at, first);
	press(v, "/nosuchword\r");
	ck_assert_ptr_nonnull(strstr(v->message, "nosuchword"));
	press(v, "/x\x1b");
	ck_assert_int_eq(v->overlay, OVERLAY_HELP);
	press(v, "q:help budget\r");
	ck_assert_int_eq(v->overlay, OVERLAY_HELP);
	ck_assert_int_gt(v->help.at, 0);
	press(v, "q");
	ck_assert_int_eq(v->overlay, OVERLAY_NONE);
	view_free(v);
}
END_TEST

START_TEST(tab_knows_the_run)
{
	static const struct {
		const char *keys, *text, *hint;
	} cases[] = {
		{":cancel request-00410\t", "cancel request-004102", ""},
		{":raise 5 request-00410\t", "raise 5 request-004102", ""},
		{":filter model:\t\t", "filter model:m-", "m-large"},
		{"2/model:\t\t", "model:m-", "m-large"},
		{":theme de\t", "theme default", ""},
		{":cancel where state\tfa\t", "cancel where state:failed", ""},
		{":cancel where state:failed \t", "cancel where state:failed ", "outcome:"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_port f;
		struct view *v = running_view(&f, false);

		press(v, cases[i].keys);
		ck_assert_msg(!strcmp(v->prompt.text, cases[i].text) &&
				      strstr(v->prompt.hint, cases[i].hint),
			"case %zu is [%s] hint [%s]", i, v->prompt.text, v->prompt.hint);
		view_free(v);
	}
}
END_TEST

START_TEST(the_selection_stays_on_the_item)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);
	uint64_t line, row;

	/* sorted by state, an item that becomes another moves */
	press(v, "2sGkkk");
	line = v->items.list.line;
	row = v->items.list.list.cursor - v->items.list.list.first;
	for (int i = 0; i < 30; i++)
		fake_items_at(&f, (size_t)i * 3)->state = ITEM_CANCELLED;
	view_refresh(v);
	ck_assert_uint_eq(v->items.list.line, line);
	ck_assert_uint_eq(v->items.list.row[row].line, line);
	ck_assert_uint_eq(v->items.list.list.cursor - v->items.list.list.first, row);
	/* one that leaves the list stays selected, and is said to be gone from it */
	press(v, "/waiting\rj");
	line = v->items.list.line;
	f.row[f.rows - 1].state = ITEM_OK;
	for (size_t i = 0; i < f.rows; i++)
		if (f.row[i].line == line)
			f.row[i].state = ITEM_OK;
	view_refresh(v);
	ck_assert_uint_eq(v->items.list.line, line);
	ck_assert(v->items.list.absent);
	ck_assert_int_eq(v->items.list.selected.state, ITEM_OK);
	press(v, "x");
	ck_assert_ptr_nonnull(strstr(f.last_command, "cancel #"));
	ck_assert_uint_eq(strtoull(f.last_command + 8, NULL, 10), line);
	view_free(v);
}
END_TEST

/* The run cannot go on without an answer: the key that resumes asks for it. */
START_TEST(the_key_that_resumes_opens_the_question_again)
{
	static const char *const keys[] = {"p", "P"};
	struct port port;
	struct fake_port f;
	struct view *v;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		port = fake_port_port(&f);
		ck_assert(fake_port_scene(&f, "budget"));
		v = view_new(&port, glyphs_pick(UI_GLYPHS_ASCII, false), false, 24, 80);
		view_refresh(v);
		ck_assert_int_eq(v->overlay, OVERLAY_BUDGET);
		press(v, "\x1b");
		view_refresh(v);
		ck_assert_int_eq(v->overlay, OVERLAY_NONE);
		f.last_command[0] = '\0';
		press(v, keys[i]);
		view_refresh(v);
		ck_assert_int_eq(v->overlay, OVERLAY_BUDGET);
		ck_assert_str_eq(f.last_command, "");
		view_free(v);
	}
}
END_TEST

/* A run of the past has no line to type what it refuses. */
START_TEST(what_is_refused_is_not_asked_for_first)
{
	struct fake_port f;
	struct port port = fake_port_port(&f);
	struct view *v;

	ck_assert(fake_port_scene(&f, "past"));
	v = view_new(&port, glyphs_pick(UI_GLYPHS_ASCII, false), false, 24, 80);
	view_refresh(v);
	press(v, "=");
	ck_assert_int_eq(v->overlay, OVERLAY_NONE);
	press(v, ":");
	ck_assert_int_eq(v->overlay, OVERLAY_PROMPT);
	press(v, "\x1b/");
	ck_assert_int_eq(v->overlay, OVERLAY_PROMPT);
	view_free(v);
}
END_TEST

START_TEST(a_search_for_nothing_says_so)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	press(v, "2\r");
	ck_assert_int_eq(v->screen, SCREEN_INSPECTOR);
	press(v, "n");
	ck_assert_str_eq(v->message, "no search yet: / starts one");
	press(v, "/nosuchword\r");
	ck_assert_str_eq(v->message, "not in the text: nosuchword");
	view_free(v);
}
END_TEST

START_TEST(only_the_visible_page_is_asked_for)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	press(v, "2Ggjjjk");
	ck_assert_uint_le(f.page_most, 24);
	ck_assert_uint_gt(v->items.list.list.total, 400);
	view_free(v);
}
END_TEST

START_TEST(frozen_rows_stay_and_following_moves)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	press(v, "2Z");
	fake_items_at(&f, 0)->state = ITEM_HELD;
	view_refresh(v);
	ck_assert_int_eq(v->items.list.row[0].state, ITEM_OK);
	press(v, "Z");
	ck_assert_int_eq(v->items.list.row[0].state, ITEM_HELD);
	press(v, "F");
	ck_assert_uint_eq(v->items.list.line, f.row[f.snap.items.in_flight - 1].line);
	press(v, "k");
	ck_assert(!v->items.follow);
	view_free(v);
}
END_TEST

START_TEST(a_filter_that_is_still_searching_says_so)
{
	struct fake_port f;
	struct view *v = running_view(&f, false);

	f.searched = 0.25;
	press(v, "2/error:request\rR");
	ck_assert_str_eq(v->question.title, "Retry at least 120 items?");
	press(v, "n\x1b");
	ck_assert_str_eq(v->items.query.filter, "");
	ck_assert_int_eq(v->screen, SCREEN_ITEMS);
	press(v, "q");
	ck_assert_int_eq(v->screen, SCREEN_MAIN);
	view_free(v);
}
END_TEST

/* ---- the time bar ---- */

static struct view *replay_view(struct fake_port *f)
{
	struct port port = fake_port_port(f);
	struct view *v = view_new(&port, glyphs_pick(UI_GLYPHS_ASCII, false), false, 24, 80);

	ck_assert(fake_port_scene(f, "replay"));
	view_refresh(v);
	return v;
}

START_TEST(the_time_bar_takes_its_keys_while_it_has_the_focus)
{
	static const struct {
		int key;
		const char *command;
	} keys[] = {{' ', "replay toggle"}, {KEY_ARROW_LEFT, "replay by -5s"},
		{KEY_ARROW_RIGHT, "replay by +5s"}, {KEY_SHIFT_LEFT, "replay by -60s"},
		{KEY_SHIFT_RIGHT, "replay by +60s"}, {'[', "replay mark previous"},
		{']', "replay mark next"}, {'.', "replay tick next"}, {',', "replay tick previous"},
		{'0', "replay at 0%"}, {'1', "replay at 10%"}, {'9', "replay at 90%"},
		{'+', "replay speed up"}, {'-', "replay speed down"}};
	static const int leaving[] = {
		KEY_TAB, KEY_FUNCTION_1, KEY_FUNCTION_2, KEY_FUNCTION_2 + 1, KEY_FUNCTION_2 + 2};
	struct fake_port f;
	struct view *v = replay_view(&f);

	ck_assert(v->bar_focus);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		view_key(v, keys[i].key);
		ck_assert_str_eq(f.last_command, keys[i].command);
	}
	press(v, "b14:03\r");
	ck_assert_str_eq(f.last_command, "replay at 14:03");
	/* other keys are those of the screen, which the bar leaves alone */
	press(v, "jjp");
	ck_assert(v->bar_focus && v->active.line);
	ck_assert_str_eq(f.last_command, "replay at 14:03");
	for (size_t i = 0; i < sizeof(leaving) / sizeof(leaving[0]); i++) {
		view_key(v, leaving[i]);
		view_refresh(v);
		ck_assert(!v->bar_focus);
		ck_assert_int_eq(v->screen, i < 2 ? SCREEN_MAIN : SCREEN_ITEMS + (int)i - 2);
		press(v, " [5");
		ck_assert(strncmp(f.last_command, "replay at 14:03", 15) == 0 ||
			  strncmp(f.last_command, "replay", 6) != 0);
		press(v, "T");
		ck_assert(v->bar_focus);
	}
	press(v, ":screen log\r");
	ck_assert(!v->bar_focus && v->screen == SCREEN_LOG);
	view_free(v);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_key_is_a_known_command,
		no_key_means_two_things_in_one_place, help_lists_every_key_and_command,
		keys_send_the_right_commands, a_paste_reaches_only_a_prompt,
		quits_directly_when_the_run_is_over, leaving_a_run_that_goes_on,
		read_only_sends_nothing_and_says_so, read_only_is_left_by_an_interrupt,
		read_only_offers_nothing_that_it_refuses, a_key_without_a_meaning_says_so,
		messages_go_away, scrolling_stays_within_the_list, keys_on_items_act_on_lines,
		the_mouse_acts_only_when_on, themes_are_asked_for,
		tagged_items_are_asked_for_with_their_count,
		typed_acts_on_many_are_asked_for_with_their_count, a_filter_is_edited_alone,
		help_is_searched, tab_knows_the_run, the_selection_stays_on_the_item,
		the_key_that_resumes_opens_the_question_again, a_search_for_nothing_says_so,
		what_is_refused_is_not_asked_for_first, only_the_visible_page_is_asked_for,
		frozen_rows_stay_and_following_moves, a_filter_that_is_still_searching_says_so,
		the_time_bar_takes_its_keys_while_it_has_the_focus, NULL};

	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("keys", tests);
}
