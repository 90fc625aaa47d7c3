/* Themes: the syntax of a style, its colour at each depth, and the files that come with
 * sluice. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "theme.h"
#include "folder.h"
#include "source_tree.h"
#include "unit.h"

START_TEST(looks_are_parsed_and_completed)
{
	static const struct {
		const char *text;
		struct theme_style style;
	} cases[] = {
		{"", {{-1, -1, -1}, {-1, -1, -1}, 0}},
		{"default", {{-1, -1, -1}, {-1, -1, -1}, 0}},
		{"red", {{1, 1, -1}, {-1, -1, -1}, 0}},
		{"Bright-Red BOLD dim", {{9, 9, -1}, {-1, -1, -1}, LOOK_BOLD | LOOK_DIM}},
		{"208", {{3, 208, -1}, {-1, -1, -1}, 0}},
		{"#ff8700", {{3, 208, 0xff8700}, {-1, -1, -1}, 0}},
		{"cyan, 108, #8ec07c bold", {{6, 108, 0x8ec07c}, {-1, -1, -1}, LOOK_BOLD}},
		{"black on white 223 #ebdbb2 underline reverse",
			{{0, 0, -1}, {7, 223, 0xebdbb2}, LOOK_UNDERLINE | LOOK_REVERSE}},
		{"on blue", {{-1, -1, -1}, {4, 4, -1}, 0}},
	};
	struct error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct theme_style style;

		ck_assert_msg(theme_parse_style(cases[i].text, &style, &err), "\"%s\": %s",
			cases[i].text, err.text);
		ck_assert_msg(!memcmp(&style, &cases[i].style, sizeof(style)),
			"\"%s\" is %d %d %06x on %d %d %06x, %u", cases[i].text, style.ink.c16,
			style.ink.c256, (unsigned)style.ink.rgb, style.ground.c16,
			style.ground.c256, (unsigned)style.ground.rgb, style.attributes);
	}
}
END_TEST

START_TEST(a_bad_look_changes_nothing_and_is_named)
{
	static const char *const bad[] = {"purple", "256", "-1", "#fff", "#ff00000", "#ggg000",
		"bright-", "red blue bold x", "1e1", "#", "0x10"};
	struct error err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct theme_style style = {{5, 5, 5}, {5, 5, 5}, 5}, before = style;

		ck_assert_msg(!theme_parse_style(bad[i], &style, &err), "\"%s\" was taken", bad[i]);
		ck_assert(!memcmp(&style, &before, sizeof(style)));
		ck_assert_msg(strstr(err.text, "neither a colour"), "%s", err.text);
	}
}
END_TEST

START_TEST(each_depth_gets_the_best_colour)
{
	static const struct {
		struct theme_color color;
		int at[5]; /* none, 8, 16, 256, true */
		unsigned attributes;
	} cases[] = {
		{{-1, -1, -1}, {-1, -1, -1, -1, -1}, 0},
		{{3, 208, 0xff8700}, {-1, 3, 3, 208, 208}, 0},
		{{11, 226, -1}, {-1, 3, 11, 226, 226}, LOOK_BOLD},
		{{8, 240, -1}, {-1, -1, 8, 240, 240}, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int depth = DEPTH_NONE; depth <= DEPTH_TRUE; depth++) {
			unsigned attributes = 0;

			ck_assert_int_eq(theme_color_at(&cases[i].color, (enum theme_depth)depth,
						 &attributes),
				cases[i].at[depth]);
			ck_assert_uint_eq(attributes, depth == DEPTH_8 ? cases[i].attributes : 0);
		}
	}
}
END_TEST

struct warnings {
	int n;
	char text[8][512];
};

static void on_warning(void *ctx, const char *text)
{
	struct warnings *w = ctx;

	ck_assert_int_lt(w->n, 8);
	snprintf(w->text[w->n++], sizeof(w->text[0]), "%s", text);
}

/* An empty place for a user's own themes, and the ones of the sources as the only others. */
static const char *own_folder(void)
{
	static char dir[64];

	ck_assert(folder_make(dir, sizeof(dir)));
	setenv("XDG_CONFIG_HOME", dir, 1);
	return dir;
}

static void use_sources(void)
{
	char dir[512];

	snprintf(dir, sizeof(dir), "%s/themes", source_tree());
	setenv("SLUICE_THEMES", dir, 1);
}

static void use_sources_alone(void)
{
	rmdir(own_folder());
	use_sources();
}

static const char *const ours[] = {
	"default", "gruvbox", "high-contrast", "light", "mono", "nord", "solarized"};

static void take(const char *name, struct theme *theme)
{
	struct warnings w = {0};
	struct error err;

	ck_assert_msg(theme_load(name, theme, on_warning, &w, &err), "%s", err.text);
	ck_assert_msg(!w.n, "%s", w.text[0]);
}

START_TEST(the_themes_that_come_along_are_whole)
{
	char found[THEME_LIST][THEME_NAME];
	size_t n;

	use_sources_alone();
	n = theme_list(found);
	ck_assert_uint_ge(n, sizeof(ours) / sizeof(ours[0]));
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct theme theme;
		size_t at = 0;

		while (at < n && strcmp(found[at], ours[i]) != 0)
			at++;
		ck_assert_msg(at < n, "%s is not listed", ours[i]);
		take(ours[i], &theme);
		ck_assert_str_eq(theme.name, ours[i]);
		if (!strcmp(ours[i], "default"))
			ck_assert_msg(
				!memcmp(theme.style, theme_default()->style, sizeof(theme.style)),
				"default.theme is not what is built in");
		for (int r = ROLE_TEXT; !strcmp(ours[i], "mono") && r < ROLE_COUNT; r++)
			ck_assert_int_eq(theme.style[r].ink.c16, -1);
	}
}
END_TEST

/* The usual consoles: their 16 colours, and the ink and the ground where a theme names none. */
struct console {
	const char *name;
	enum theme_depth depth;
	int ink, ground;
	int color[16];
};

#define XTERM                                                                                      \
	{                                                                                          \
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,    \
			0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff,      \
			0xffffff                                                                   \
	}
#define VGA                                                                                        \
	{                                                                                          \
		0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,    \
			0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff,      \
			0xffffff                                                                   \
	}
#define PUTTY                                                                                      \
	{                                                                                          \
		0x000000, 0xbb0000, 0x00bb00, 0xbbbb00, 0x0000bb, 0xbb00bb, 0x00bbbb, 0xbbbbbb,    \
			0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff,      \
			0xffffff                                                                   \
	}
#define CAMPBELL                                                                                   \
	{                                                                                          \
		0x0c0c0c, 0xc50f1f, 0x13a10e, 0xc19c00, 0x0037da, 0x881798, 0x3a96dd, 0xcccccc,    \
			0x767676, 0xe74856, 0x16c60c, 0xf9f1a5, 0x3b78ff, 0xb4009e, 0x61d6d6,      \
			0xf2f2f2                                                                   \
	}
#define CODE                                                                                       \
	{                                                                                          \
		0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x2472c8, 0xbc3fbc, 0x11a8cd, 0xe5e5e5,    \
			0x666666, 0xf14c4c, 0x23d18b, 0xf5f543, 0x3b8eea, 0xd670d6, 0x29b8db,      \
			0xe5e5e5                                                                   \
	}
#define GNOME                                                                                      \
	{                                                                                          \
		0x171421, 0xc01c28, 0x26a269, 0xa2734c, 0x12488b, 0xa347ba, 0x2aa1b3, 0xd0cfcc,    \
			0x5e5c64, 0xf66151, 0x33da7a, 0xe9ad0c, 0x2a7bde, 0xc061cb, 0x33c7de,      \
			0xffffff                                                                   \
	}

static const struct console consoles[] = {
	{"Linux console", DEPTH_8, 0xaaaaaa, 0x000000, VGA},
	{"xterm, 8 colours", DEPTH_8, 0xe5e5e5, 0x000000, XTERM},
	{"xterm, 16 colours", DEPTH_16, 0xe5e5e5, 0x000000, XTERM},
	{"xterm", DEPTH_256, 0xe5e5e5, 0x000000, XTERM},
	{"PuTTY", DEPTH_256, 0xbbbbbb, 0x000000, PUTTY},
	{"Windows", DEPTH_TRUE, 0xcccccc, 0x0c0c0c, CAMPBELL},
	{"an editor's terminal", DEPTH_TRUE, 0xcccccc, 0x1e1e1e, CODE},
	{"GNOME on Ubuntu's ground", DEPTH_TRUE, 0xffffff, 0x300a24, GNOME},
};
enum { CONSOLES = sizeof(consoles) / sizeof(consoles[0]) };

/* WCAG 2: the light of a colour, and the contrast of two. */
static double light_of(int rgb)
{
	static const double weight[3] = {0.2126, 0.7152, 0.0722};
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double c = (rgb >> (16 - 8 * i) & 255) / 255.0;

		sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(int a, int b)
{
	double x = light_of(a) + 0.05, y = light_of(b) + 0.05;

	return x > y ? x / y : y / x;
}

static int shown(const struct theme_color *c, const struct console *on, int own, unsigned bits)
{
	int n = theme_color_at(c, on->depth, &bits);

	if (n < 0)
		return own;
	if (on->depth == DEPTH_TRUE && c->rgb >= 0)
		return c->rgb;
	/* with eight colours, bold inks come from the bright half */
	if (on->depth == DEPTH_8 && bits & LOOK_BOLD)
		n += 8;
	return n < 16 ? on->color[n] : theme_rgb_of(n);
}

/* Dim as most terminals show it: two thirds of the ink. */
static int dimmed(int rgb)
{
	return (rgb >> 16 & 255) * 2 / 3 << 16 | (rgb >> 8 & 255) * 2 / 3 << 8 |
	       (rgb & 255) * 2 / 3;
}

static double role_contrast(
	const struct theme *t, enum role role, bool selected, const struct console *on)
{
	struct theme_style s = theme_cell_style(t, role, selected, on->depth);
	int ink = shown(&s.ink, on, on->ink, s.attributes),
	    ground = shown(&s.ground, on, on->ground, 0);

	return contrast(s.attributes & LOOK_DIM ? dimmed(ink) : ink, ground);
}

static bool is_drawing(enum role role)
{
	return role == ROLE_RULE || role == ROLE_BAR || role == ROLE_PLOT || role == ROLE_LIMIT ||
	       role == ROLE_REFUSALS;
}

/* Text at 4.5 to 1 and drawings at 3 to 1. White is a grey on a Linux console: 3 to 1 there; and
 * yellow a brown: 4 to 1 on it. */
START_TEST(every_role_can_be_read_on_every_console)
{
	use_sources_alone();
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]) * CONSOLES; i++) {
		const struct console *on = &consoles[i % CONSOLES];
		const char *name = ours[i / CONSOLES];
		bool grey = !strcmp(name, "light") && on->depth == DEPTH_8;
		struct theme theme;

		take(name, &theme);
		for (int r = ROLE_TEXT; r < ROLE_COUNT; r++) {
			for (int selected = 0; selected < 2; selected++) {
				bool drawn = !selected && is_drawing((enum role)r);
				double is = role_contrast(&theme, (enum role)r, selected, on);
				struct theme_style s =
					theme_cell_style(&theme, (enum role)r, selected, on->depth);
				bool brown = on->depth == DEPTH_8 && s.ground.c16 == 3;
				unsigned bits = s.attributes;

				/* such a console makes grey of the swapped ink */
				ck_assert(on->depth != DEPTH_8 || !(bits & LOOK_REVERSE) ||
					  !(bits & LOOK_BOLD));

				ck_assert_msg(is >= (drawn || grey  ? 3
							    : brown ? 4
								    : 4.5),
					"%s, %s%s on %s: %.2f", name, theme_role_name((enum role)r),
					selected ? ", selected," : "", on->name, is);
			}
		}
	}
}
END_TEST

/* What a terminal shows at the place of a colour when it ignores all changes of the palette. */
static int stock_of(const struct theme_color *c, int own[THEME_PALETTE])
{
	int at = c->c256;

	if (c->rgb >= 0) {
		at = theme_palette_place(c, own);
		own[at] = c->rgb;
	}
	ck_assert_int_ge(at, 0);
	return theme_rgb_of(at);
}

/* As in tmux, where TERM and COLORTERM of the terminal around it are often kept. */
START_TEST(a_terminal_that_ignores_a_change_of_its_palette_can_be_read)
{
	static const char *const painted[] = {
		"gruvbox", "high-contrast", "light", "nord", "solarized"};

	use_sources_alone();
	for (size_t i = 0; i < sizeof(painted) / sizeof(painted[0]); i++) {
		int own[THEME_PALETTE];
		struct theme theme;

		memset(own, -1, sizeof(own));
		take(painted[i], &theme);
		for (int r = ROLE_TEXT; r < ROLE_COUNT; r++) {
			for (int selected = 0; selected < 2; selected++) {
				struct theme_style s = theme_cell_style(
					&theme, (enum role)r, selected, DEPTH_TRUE);
				int ink = stock_of(&s.ink, own), ground = stock_of(&s.ground, own);
				double is = contrast(ink, ground);

				ck_assert_msg(is >= (is_drawing((enum role)r) ? 3 : 4.5),
					"%s, %s%s: %.2f", painted[i], theme_role_name((enum role)r),
					selected ? ", selected" : "", is);
			}
		}
	}
}
END_TEST

/* Failures are in reverse, alone of what is not selected or found, or their ink stands out more
 * than any other colour. */
START_TEST(no_role_is_stronger_than_bad)
{
	use_sources_alone();
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]) * CONSOLES; i++) {
		const struct console *on = &consoles[i % CONSOLES];
		const char *name = ours[i / CONSOLES];
		struct theme theme;
		bool block;

		take(name, &theme);
		ck_assert(theme.style[ROLE_BAD].attributes & LOOK_BOLD);
		block = theme.style[ROLE_BAD].attributes & LOOK_REVERSE;
		for (int r = ROLE_DIM; r < ROLE_COUNT; r++) {
			if (r == ROLE_BAD || r == ROLE_STRONG || r == ROLE_SELECTED ||
				r == ROLE_FOUND)
				continue;
			ck_assert_msg(!(theme.style[r].attributes & LOOK_REVERSE), "%s, %s", name,
				theme_role_name((enum role)r));
			ck_assert_msg(
				block || on->depth < DEPTH_256 ||
					role_contrast(&theme, ROLE_BAD, false, on) >=
						role_contrast(&theme, (enum role)r, false, on),
				"%s on %s: bad is weaker than %s", name, on->name,
				theme_role_name((enum role)r));
		}
	}
}
END_TEST

/* The terminal's own ink and ground are all that default and mono know. */
START_TEST(themes_of_a_palette_paint_their_ground)
{
	use_sources_alone();
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		bool plain = !strcmp(ours[i], "default") || !strcmp(ours[i], "mono");
		struct theme theme;

		take(ours[i], &theme);
		for (int r = ROLE_TEXT; r < ROLE_COUNT; r++) {
			struct theme_style s =
				theme_cell_style(&theme, (enum role)r, false, DEPTH_256);

			ck_assert_msg((s.ground.c256 >= 0) != plain && (s.ink.c256 >= 0 || plain),
				"%s, %s", ours[i], theme_role_name((enum role)r));
		}
		/* dark blue is black on some consoles */
		ck_assert_int_ne(theme.style[ROLE_PLOT].ink.c256, 4);
		ck_assert(theme.style[ROLE_PLOT].ink.c16 != 4 || !strcmp(ours[i], "light"));
	}
}
END_TEST

START_TEST(a_selected_row_keeps_what_its_words_mean)
{
	static const enum role kept[] = {ROLE_GOOD, ROLE_WARN, ROLE_BAD};

	use_sources_alone();
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct theme theme;

		take(ours[i], &theme);
		for (int depth = DEPTH_8; depth <= DEPTH_TRUE; depth++) {
			struct theme_style row =
				theme_cell_style(&theme, ROLE_TEXT, true, (enum theme_depth)depth);
			struct theme_style bad =
				theme_cell_style(&theme, ROLE_BAD, true, (enum theme_depth)depth);

			ck_assert_msg(memcmp(&row, &bad, sizeof(row)) != 0, "%s", ours[i]);
			if (depth == DEPTH_8) /* there a colour is a ground */
				continue;
			for (size_t k = 0; k < 3; k++) {
				struct theme_style s = theme_cell_style(
					&theme, kept[k], true, (enum theme_depth)depth);

				ck_assert_int_eq(s.ink.c256, theme.style[kept[k]].ink.c256);
				ck_assert_int_eq(s.ground.c256, row.ground.c256);
			}
		}
	}
}
END_TEST

START_TEST(the_users_own_theme_goes_first_and_its_mistakes_are_named)
{
	static const char text[] = "[roles]\n"
				   "title = red\n"
				   "# a comment\n"
				   "nonsense = blue\n"
				   "bad = purple\n"
				   "no equals sign\n"
				   "[other]\n"
				   "good = green\n";
	static const char *const said[] = {":4: no role \"nonsense\"", ":5: \"purple\" is neither",
		":6: expected [section] or", ":8: a theme has only the section"};
	char path[600], folder[256];
	const char *dir = own_folder();
	struct warnings w = {0};
	struct theme theme;
	struct error err;
	FILE *f;

	use_sources();
	snprintf(path, sizeof(path), "%s/sluice", dir);
	mkdir(path, 0700);
	snprintf(folder, sizeof(folder), "%s/sluice/themes", dir);
	mkdir(folder, 0700);
	snprintf(path, sizeof(path), "%s/nord.theme", folder);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	for (int i = 0; i < 2; i++) {
		w.n = 0;
		ck_assert(theme_load(i ? path : "nord", &theme, on_warning, &w, &err));
		ck_assert_str_eq(theme.name, "nord");
		ck_assert_int_eq(theme.style[ROLE_TITLE].ink.c16, 1);
		ck_assert_int_eq(
			theme.style[ROLE_BAD].ink.c16, theme_default()->style[ROLE_BAD].ink.c16);
		ck_assert_int_eq(w.n, 4);
		for (int j = 0; j < 4; j++)
			ck_assert_msg(strstr(w.text[j], said[j]), "%s", w.text[j]);
	}
}
END_TEST

START_TEST(a_theme_that_is_not_there_is_an_error)
{
	static const char *const names[] = {
		"no-such", "./no-such.theme", "/no/such", "no.theme", "..", ""};
	struct warnings w = {0};
	struct theme theme;
	struct error err;

	use_sources_alone();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		err.text[0] = '\0';
		ck_assert_msg(!theme_load(names[i], &theme, on_warning, &w, &err), "%s", names[i]);
		ck_assert(err.text[0]);
	}
	unsetenv("SLUICE_THEMES");
	ck_assert(theme_load("default", &theme, on_warning, &w, &err));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {looks_are_parsed_and_completed,
		a_bad_look_changes_nothing_and_is_named, each_depth_gets_the_best_colour,
		the_themes_that_come_along_are_whole, every_role_can_be_read_on_every_console,
		a_terminal_that_ignores_a_change_of_its_palette_can_be_read,
		no_role_is_stronger_than_bad, themes_of_a_palette_paint_their_ground,
		a_selected_row_keeps_what_its_words_mean,
		the_users_own_theme_goes_first_and_its_mistakes_are_named,
		a_theme_that_is_not_there_is_an_error, NULL};

	return unit_run("theme", tests);
}
