/* Themes: the syntax of a style, its colour at each depth, and the files that come with
 * sluice. */
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
		{{8, 240, -1}, {-1, -1, 8, 240, 240}, LOOK_DIM},
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

START_TEST(the_themes_that_come_along_are_whole)
{
	static const char *const names[] = {
		"default", "gruvbox", "high-contrast", "light", "mono", "nord", "solarized"};
	char found[THEME_LIST][THEME_NAME];
	size_t n;

	rmdir(own_folder());
	use_sources();
	n = theme_list(found);
	ck_assert_uint_ge(n, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct warnings w = {0};
		struct theme theme;
		struct error err;
		size_t at = 0;

		while (at < n && strcmp(found[at], names[i]) != 0)
			at++;
		ck_assert_msg(at < n, "%s is not listed", names[i]);
		ck_assert_msg(theme_load(names[i], &theme, on_warning, &w, &err), "%s", err.text);
		ck_assert_msg(!w.n, "%s", w.text[0]);
		ck_assert_str_eq(theme.name, names[i]);
		if (!strcmp(names[i], "default"))
			ck_assert_msg(
				!memcmp(theme.style, theme_default()->style, sizeof(theme.style)),
				"default.theme is not what is built in");
		for (int r = ROLE_TEXT; !strcmp(names[i], "mono") && r < ROLE_COUNT; r++)
			ck_assert_int_eq(theme.style[r].ink.c16, -1);
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
		":6: neither [section] nor", ":8: themes have one section"};
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

	rmdir(own_folder());
	use_sources();
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
		the_themes_that_come_along_are_whole,
		the_users_own_theme_goes_first_and_its_mistakes_are_named,
		a_theme_that_is_not_there_is_an_error, NULL};

	return unit_run("theme", tests);
}
