/* The configuration file: keys that are rebound, what the help makes of it, and complaints. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "config_file.h"
#include "fake_port.h"
#include "unit.h"
#include "view.h"

struct warnings {
	int n;
	char text[16][512];
};

static void on_warning(void *ctx, const char *text)
{
	struct warnings *w = ctx;

	ck_assert_int_lt(w->n, 16);
	snprintf(w->text[w->n++], sizeof(w->text[0]), "%s", text);
}

static struct fake_port fake;

/* Reads a file of that text. */
static struct warnings read_text(const char *text, struct config *out)
{
	char path[] = "/tmp/check_config.XXXXXX";
	int fd = mkstemp(path);
	struct port port = fake_port_port(&fake);
	struct warnings w = {0};
	struct error err;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	binding_reset();
	ck_assert_msg(config_read(path, &port, out, on_warning, &w, &err), "%s", err.text);
	unlink(path);
	return w;
}

static const char *command_of(int key, enum key_context context)
{
	const char *command = binding_command(key, context);

	return command ? command : "";
}

START_TEST(keys_are_bound)
{
	static const struct {
		const char *line;
		int key;
		enum key_context context;
		const char *command;
	} cases[] = {
		{"w = toggle pause", 'w', CONTEXT_MAIN, "toggle pause"},
		{"w = toggle pause", 'p', CONTEXT_MAIN, "toggle pause"},
		{"w = toggle pause", 'w', CONTEXT_QUIT, ""},
		{"p = nothing", 'p', CONTEXT_MAIN, ""},
		{"p = drain", 'p', CONTEXT_MAIN, "drain"},
		{"p = drain", 'D', CONTEXT_MAIN, "drain"},
		{"^X = set concurrency 12", 24, CONTEXT_ITEMS, "set concurrency 12"},
		{"é = redraw", 0xe9, CONTEXT_MAIN, "redraw"},
		{"f5 = redraw", KEY_FUNCTION_2 + 3, CONTEXT_MAIN, "redraw"},
		{"F12 = redraw", KEY_FUNCTION_12, CONTEXT_MAIN, "redraw"},
		{"PgUp = scroll home", KEY_PAGE_UP, CONTEXT_HELP, "scroll home"},
		{"space = toggle pause", ' ', CONTEXT_ITEMS, "toggle pause"},
		{"Colon = theme next", ':', CONTEXT_MAIN, "theme next"},
		{"Equals = auto", '=', CONTEXT_MAIN, "auto"},
		{"Semicolon = auto", ';', CONTEXT_MAIN, "auto"},
		{"x = theme nord ; a comment", 'x', CONTEXT_MAIN, "theme nord"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config config;
		struct warnings w;
		char text[128];

		snprintf(text, sizeof(text), "[keys]\n%s\n", cases[i].line);
		w = read_text(text, &config);
		ck_assert_msg(!w.n, "%s: %s", cases[i].line, w.text[0]);
		ck_assert_msg(!strcmp(command_of(cases[i].key, cases[i].context), cases[i].command),
			"%s: the key is \"%s\"", cases[i].line,
			command_of(cases[i].key, cases[i].context));
	}
	binding_reset();
	ck_assert_str_eq(command_of('p', CONTEXT_MAIN), "toggle pause");
}
END_TEST

START_TEST(names_lead_to_keys_and_back)
{
	size_t n;
	const struct key_binding *k;
	char name[8];

	binding_reset();
	k = binding_table(&n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(binding_key_of(binding_key_name(k[i].key, name)) == k[i].key,
			"\"%s\" is another key", name);
}
END_TEST

START_TEST(complaints_have_their_line_and_the_rest_counts)
{
	static const char *const said[] = {":2: unknown key \"Hyper\"",
		":3: unknown command \"explode "
		"now\"",
		":4: ^C always interrupts",
		":7: [ui] has theme, glyphs, columns and sort, not \"colour\"",
		":8: glyphs are auto"};
	struct config config;
	struct warnings w = read_text("[keys]\nHyper = drain\nw = explode now\n^C = drain\n"
				      "w = drain\n[ui]\ncolour = red\nglyphs = runes\n[other]\n"
				      "a = b\n[ui]\ntheme = nord\nglyphs = ascii\n",
		&config);

	ck_assert_int_eq(w.n, (int)(sizeof(said) / sizeof(said[0])));
	for (int i = 0; i < w.n; i++)
		ck_assert_msg(strstr(w.text[i], said[i]), "%s", w.text[i]);
	ck_assert_str_eq(command_of('w', CONTEXT_MAIN), "drain");
	ck_assert_str_eq(config.theme, "nord");
	ck_assert_int_eq(config.glyphs, UI_GLYPHS_ASCII);
}
END_TEST

START_TEST(hostile_files_do_no_harm)
{
	struct config config;
	struct warnings w;
	char text[4096] = "[keys]\n";

	for (int i = 0; i < 300; i++)
		strcat(text, "x");
	strcat(text, " = drain\n\x1b]0;a\x07 = drain\nw = \x1b[2J\n=\n= =\n[\n[keys]\nv = drain");
	w = read_text(text, &config);
	ck_assert_int_ge(w.n, 3);
	for (int i = 0; i < w.n; i++)
		for (const char *c = w.text[i]; *c; c++)
			ck_assert_msg((unsigned char)*c >= 0x20 && *c != 0x7f, "%d: byte 0x%02x", i,
				(unsigned char)*c);
	ck_assert_str_eq(command_of('v', CONTEXT_MAIN), "drain");
}
END_TEST

START_TEST(many_keys_are_bounded)
{
	struct error err;
	int bound = 0;

	binding_reset();
	while (bound < 1000 && binding_set(0x4e00 + bound, "set rpm 1", &err))
		bound++;
	ck_assert_int_gt(bound, 50);
	ck_assert_int_lt(bound, 1000);
	binding_reset();
}
END_TEST

START_TEST(help_and_key_bar_show_the_result)
{
	struct port port = fake_port_port(&fake);
	struct config config;
	struct warnings w =
		read_text("[keys]\nw = toggle pause\np = nothing\nF5 = set rpm 60\n", &config);
	struct view *v = view_new(&port, glyphs_pick(UI_GLYPHS_ASCII, false), false, 200, 80);
	struct buf text;

	ck_assert_int_eq(w.n, 0);
	ck_assert(fake_port_scene(&fake, "running"));
	buf_init(&text, 1 << 20);
	view_refresh(v);
	view_draw(v);
	canvas_text(&v->canvas, &text);
	ck_assert_msg(strstr(buf_str(&text), "w pause"), "%s", buf_str(&text));
	view_key(v, '?');
	view_refresh(v);
	view_draw(v);
	buf_clear(&text);
	canvas_text(&v->canvas, &text);
	ck_assert_ptr_nonnull(strstr(buf_str(&text), " w           pause, resume"));
	ck_assert_ptr_nonnull(strstr(buf_str(&text), " F5          set rpm 60"));
	buf_free(&text);
	view_free(v);
	binding_reset();
}
END_TEST

START_TEST(a_file_that_is_named_must_be_there)
{
	struct port port = fake_port_port(&fake);
	struct warnings w = {0};
	struct config config;
	struct error err = {""};

	ck_assert(!config_read("/nonexistent/config", &port, &config, on_warning, &w, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/config"));
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	ck_assert(config_read(NULL, &port, &config, on_warning, &w, &err));
	ck_assert_int_eq(w.n, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {keys_are_bound, names_lead_to_keys_and_back,
		complaints_have_their_line_and_the_rest_counts, hostile_files_do_no_harm,
		many_keys_are_bounded, help_and_key_bar_show_the_result,
		a_file_that_is_named_must_be_there, NULL};

	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("config", tests);
}
