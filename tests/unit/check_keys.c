/* Keys, the commands they are, and what the dashboard sends to the engine. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "fake_port.h"
#include "unit.h"
#include "view.h"

static bool engine_has(const struct port *port, const char *text)
{
	size_t n;
	const struct command_info *c = port_commands(port, &n);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(text, c[i].name, strlen(c[i].name)))
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

START_TEST(help_lists_every_key_and_command)
{
	struct fake_port f;
	struct port port = fake_port_port(&f);
	struct view *v = view_new(&port, glyphs_pick(UI_GLYPHS_ASCII, false), false, 200, 80);
	struct buf text;
	size_t n;
	const struct key_binding *k = binding_table(&n);
	const struct command_info *c;
	char name[16];

	ck_assert(fake_port_scene(&f, "running"));
	buf_init(&text, 1 << 20);
	view_refresh(v);
	view_key(v, '?');
	view_refresh(v);
	view_draw(v);
	canvas_text(&v->canvas, &text);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strstr(buf_str(&text), binding_key_name(k[i].key, name)) &&
				      strstr(buf_str(&text), k[i].help),
			"help lacks %s (%s)", name, k[i].help);
	c = port_commands(&port, &n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strstr(buf_str(&text), c[i].name), "help lacks %s", c[i].name);
	buf_free(&text);
	view_free(v);
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

START_TEST(keys_send_the_right_commands)
{
	static const struct {
		const char *keys, *command; /* NULL: none is sent */
	} cases[] = {
		{"p", "pause"},
		{"pp", "resume"},
		{"D", "drain"},
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

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_port f;
		struct view *v = running_view(&f, false);

		for (const char *k = cases[i].keys; *k; k++) {
			view_key(v, *k);
			view_refresh(v);
		}
		ck_assert_msg(!strcmp(f.last_command, cases[i].command ? cases[i].command : ""),
			"case %zu sent \"%s\"", i, f.last_command);
		view_free(v);
	}
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

START_TEST(read_only_sends_nothing_and_says_so)
{
	struct fake_port f;
	struct view *v = running_view(&f, true);

	for (const char *k = "p+-Dqd\x03qs:drain\r"; *k; k++)
		view_key(v, *k);
	ck_assert_int_eq(f.commands, 0);
	ck_assert_ptr_nonnull(strstr(v->message, "read-only"));
	ck_assert(fake_port_scene(&f, "done"));
	view_refresh(v);
	view_key(v, 'q');
	ck_assert_str_eq(f.last_command, "quit");
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
	uint64_t page = v->active_n;

	view_key(v, KEY_GO_END);
	view_refresh(v);
	ck_assert_uint_eq(v->scroll, f.rows - page);
	view_key(v, KEY_ARROW_DOWN);
	view_refresh(v);
	ck_assert_uint_eq(v->scroll, f.rows - page);
	view_key(v, KEY_PAGE_UP);
	view_refresh(v);
	ck_assert_uint_eq(v->scroll, f.rows - 2 * page);
	f.rows = 2;
	view_refresh(v);
	ck_assert_uint_eq(v->scroll, 0);
	view_key(v, 'k');
	view_refresh(v);
	ck_assert_uint_eq(v->scroll, 0);
	view_free(v);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_key_is_a_known_command,
		no_key_means_two_things_in_one_place, help_lists_every_key_and_command,
		keys_send_the_right_commands, quits_directly_when_the_run_is_over,
		read_only_sends_nothing_and_says_so, messages_go_away,
		scrolling_stays_within_the_list, NULL};

	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("keys", tests);
}
