/* A screen as a grid of cells: panels draw on it, the terminal and the golden tests show it. Knows
 * text and roles, no colours and no terminal. */
#ifndef SLUICE_UI_CANVAS_H
#define SLUICE_UI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#include "base/buf.h"
#include "ui.h"

/* The meaning of a piece of text, not its style. Numbers start at 1 because a role is also a byte
 * of marked text: text passed to canvas_put() switches role at each byte of R_...; sanitised text
 * has no such bytes. After R_SELECTED, all text is selected, and a later role says what it means.
 */
enum role {
	ROLE_TEXT = 1,
	ROLE_DIM,    /* labels, less important text */
	ROLE_STRONG, /* the most important text */
	ROLE_RULE,   /* lines between panels */
	ROLE_TITLE,
	ROLE_GOOD,
	ROLE_WARN,
	ROLE_BAD,
	ROLE_BAR,      /* the filled part of a bar */
	ROLE_KEY,      /* a key in the key bar or help */
	ROLE_PLOT,     /* values of a plot or histogram */
	ROLE_LIMIT,    /* the limit in force in a plot */
	ROLE_SELECTED, /* the row of a list that keys act on */
	ROLE_FOUND,    /* a search's hit */
	ROLE_REFUSALS, /* values of a plot that should be zero */
	ROLE_COUNT
};

#define R_TEXT     "\x01"
#define R_DIM      "\x02"
#define R_STRONG   "\x03"
#define R_RULE     "\x04"
#define R_TITLE    "\x05"
#define R_GOOD     "\x06"
#define R_WARN     "\x07"
#define R_BAD      "\x08"
#define R_BAR      "\x09"
#define R_KEY      "\x0a"
#define R_PLOT     "\x0b"
#define R_LIMIT    "\x0c"
#define R_SELECTED "\x0d"
#define R_FOUND    "\x0e"
#define R_REFUSALS "\x0f"

struct rect {
	int row, col, rows, cols; /* rows or cols 0: not shown */
};

enum { CELL_CHARS = 3 };

/* A character with up to two combining marks; ch[0] = 0: the right half of a wide one. */
struct cell {
	wchar_t ch[CELL_CHARS];
	uint16_t role;
	uint16_t selected; /* 1: in a selected row */
};

/* The characters lines and bars are made of. */
struct glyph_set {
	bool utf8;
	enum ui_glyphs plots; /* the characters of plots; never AUTO */
	const char *horizontal, *vertical, *tee_down, *tee_up, *cross;
	const char *top_left, *top_right, *bottom_left, *bottom_right;
	const char *bar_empty;
	const char *const *bar_steps; /* partly to wholly filled */
	int bar_step_count;
};

/* The set for a locale (utf8 or not) and a wish; braille and blocks need UTF-8. */
const struct glyph_set *glyphs_pick(enum ui_glyphs wish, bool utf8);

struct canvas {
	int rows, cols;
	struct cell *cells; /* rows * cols, row by row */
	const struct glyph_set *glyphs;
};

/* All blanks; rows and cols at least 1. canvas_resize empties it. */
void canvas_init(struct canvas *c, const struct glyph_set *glyphs, int rows, int cols);
void canvas_resize(struct canvas *c, int rows, int cols);
void canvas_free(struct canvas *c);
/* Blanks a rectangle. */
void canvas_clear(struct canvas *c, struct rect r);
/* Draws marked, sanitised text on one row, within at most `cells` cells from col on; cells outside
 * of the canvas are omitted. Without UTF-8, characters outside of ASCII show as `?`. Returns the
 * cells used. */
int canvas_put(struct canvas *c, int row, int col, int cells, const char *text);
/* The same for a whole line: a line that has no room ends in `~`, so that no one takes half a figure
 * for a whole one. */
void canvas_put_line(struct canvas *c, int row, int col, int cells, const char *text);
/* The base character at a place; L' ' outside of the canvas. */
wchar_t canvas_at(const struct canvas *c, int row, int col);
static inline const struct cell *canvas_row(const struct canvas *c, int row)
{
	return c->cells + (size_t)row * (size_t)c->cols;
}
/* Appends the screen as UTF-8 lines without trailing blanks. */
void canvas_text(const struct canvas *c, struct buf *out);

#endif
