/* Themes: the style of each role in the terminal's 16 colours, in 256 and in true colour. Pure but
 * for theme_load() and theme_list(), which read files. */
#ifndef SLUICE_UI_THEME_H
#define SLUICE_UI_THEME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "canvas.h"

/* A colour in each depth; all -1: the terminal's own. The first 16 are the terminal's to define. */
struct theme_color {
	int c16, c256, rgb; /* 0-15; 0-255; 0xrrggbb or -1: none was named */
};

enum {
	LOOK_BOLD = 1,
	LOOK_DIM = 2,
	LOOK_REVERSE = 4,
	LOOK_UNDERLINE = 8,
};

struct theme_style {
	struct theme_color ink, ground;
	unsigned attributes;
};

enum { THEME_NAME = 64, THEME_LIST = 64 };

struct theme {
	char name[THEME_NAME];
	struct theme_style style[ROLE_COUNT];
};

enum theme_depth { DEPTH_NONE, DEPTH_8, DEPTH_16, DEPTH_256, DEPTH_TRUE };

/* The built-in theme; themes/default.theme is equal to it. */
const struct theme *theme_default(void);
/* The role's name in theme files: "text", "key". */
const char *theme_role_name(enum role role);
/* Reads a style: an ink, `on` and a ground, attributes; each may be missing. A colour is up to
 * three words: a name (red, bright-red, default), a number of the 256, a true colour as #rrggbb; a
 * missing one is the nearest colour. Attributes: bold, dim, reverse, underline. */
bool theme_parse_style(const char *text, struct theme_style *out, struct error *err);
/* Fills *out from the theme of that name, or from a file if the name contains a `/` or ends in
 * .theme. The default theme provides missing roles. Reports errors in single lines to warn; false
 * and err when there is no such theme. Searches the user's configuration (XDG_CONFIG_HOME),
 * SLUICE_THEMES, the installed themes and the folder of the program. */
bool theme_load(const char *name, struct theme *out, void (*warn)(void *ctx, const char *text),
	void *ctx, struct error *err);
/* The names of all themes that are found, sorted; at most THEME_LIST. */
size_t theme_list(char names[THEME_LIST][THEME_NAME]);

/* The style of a cell of a role, in a selected row or not, with the ground it is painted on: of the
 * role, of the selected row, or of ROLE_TEXT. */
struct theme_style theme_cell_style(
	const struct theme *t, enum role role, bool selected, enum theme_depth depth);
/* The colour's number at a depth: 0-7, 0-15 or 0-255; -1: the terminal's own. At DEPTH_TRUE, c->rgb
 * takes precedence. At DEPTH_8 the bright half becomes bold; bright black, which is often invisible
 * then, is the terminal's own. */
int theme_color_at(const struct theme_color *c, enum theme_depth depth, unsigned *attributes);
enum { THEME_PALETTE = 256, THEME_PALETTE_FROM = 16 };
/* The place of the palette that is to become a true colour. own: the true colours that places were
 * given, -1 for none. A terminal may ignore the change, as tmux does, and show what was there: that
 * is the theme's own of the 256 colours, or else the nearest that is free. */
int theme_palette_place(const struct theme_color *c, const int own[THEME_PALETTE]);
/* The 0xrrggbb of one of the 256; of the first 16 as most terminals have them. */
int theme_rgb_of(int c256);

#endif
