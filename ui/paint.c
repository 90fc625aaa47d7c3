#include "paint.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>

enum { SELECTED = 2 };

static struct {
	enum theme_depth depth;
	bool direct;  /* colours are 0xrrggbb, no palette */
	bool palette; /* can be changed */
	struct {
		attr_t attributes;
		int pair;
	} style[SELECTED][ROLE_COUNT];
	int own[THEME_PALETTE]; /* the true colour that a place of the palette was given; -1: none
				 */
	bool owns;              /* any */
} paint;

static bool wants_true_color(void)
{
	const char *wish = getenv("COLORTERM");

	return wish && (!strcmp(wish, "truecolor") || !strcmp(wish, "24bit"));
}

void paint_init(bool color)
{
	memset(&paint, 0, sizeof(paint));
	if (color && has_colors() && start_color() == OK && use_default_colors() == OK) {
		paint.direct = COLORS >= 1 << 24 && tigetflag("RGB") > 0;
		paint.palette = COLORS >= THEME_PALETTE && can_change_color() && wants_true_color();
		paint.depth = paint.direct || paint.palette ? DEPTH_TRUE
			      : COLORS >= 256               ? DEPTH_256
			      : COLORS >= 16                ? DEPTH_16
							    : DEPTH_8;
	}
	paint_theme(theme_default());
}

/* The number of a true colour, which may have to come into the palette first. */
static int true_color(const struct theme_color *c)
{
	int rgb = c->rgb, at;

	if (paint.direct)
		return rgb < 8 ? 8 : rgb; /* the first eight are the terminal's own */
	at = theme_palette_place(c, paint.own);
	if (paint.own[at] == rgb)
		return at;
	paint.own[at] = rgb;
	paint.owns = true;
	/* in thousandths, rounded so that the terminal gets the same byte */
	init_extended_color(at, ((rgb >> 16 & 255) * 1000 + 254) / 255,
		((rgb >> 8 & 255) * 1000 + 254) / 255, ((rgb & 255) * 1000 + 254) / 255);
	return at;
}

static int color_number(const struct theme_color *c, unsigned *attributes)
{
	if (paint.depth == DEPTH_TRUE && c->rgb >= 0)
		return true_color(c);
	if (!paint.direct)
		return theme_color_at(c, paint.depth, attributes);
	if (c->c256 < THEME_PALETTE_FROM)
		return theme_color_at(c, DEPTH_8, attributes);
	return true_color(&(struct theme_color){c->c16, c->c256, theme_rgb_of(c->c256)});
}

static attr_t attributes_of(unsigned bits)
{
	return (bits & LOOK_BOLD ? A_BOLD : 0) | (bits & LOOK_DIM ? A_DIM : 0) |
	       (bits & LOOK_REVERSE ? A_REVERSE : 0) | (bits & LOOK_UNDERLINE ? A_UNDERLINE : 0);
}

static void set_style(const struct theme *theme, enum role role, bool selected)
{
	struct theme_style style = theme_cell_style(theme, role, selected, paint.depth);
	unsigned attributes = style.attributes, ignored = 0;
	int ink = color_number(&style.ink, &attributes),
	    ground = color_number(&style.ground, &ignored),
	    pair = (int)role + (selected ? ROLE_COUNT : 0);

	paint.style[selected][role].pair = 0;
	if (ink >= 0 || ground >= 0) {
		paint.style[selected][role].pair = pair;
		init_extended_pair(pair, ink, ground);
	}
	paint.style[selected][role].attributes = attributes_of(attributes);
}

void paint_theme(const struct theme *theme)
{
	cchar_t blank;
	int pair;

	memset(paint.own, -1, sizeof(paint.own));
	paint.owns = false;
	for (int role = ROLE_TEXT; role < ROLE_COUNT; role++)
		for (int selected = 0; selected < SELECTED; selected++)
			set_style(theme, (enum role)role, selected);
	/* what curses clears gets the ground, too */
	pair = paint.style[0][ROLE_TEXT].pair;
	setcchar(&blank, L" ", A_NORMAL, 0, &pair);
	bkgrndset(&blank);
}

bool paint_changed_palette(void)
{
	return paint.palette && paint.owns;
}

static void paint_cell(const struct cell *cell, int row, int col)
{
	wchar_t text[CELL_CHARS + 1] = {0};
	int pair = paint.style[cell->selected][cell->role].pair;
	cchar_t ch;

	memcpy(text, cell->ch, sizeof(cell->ch));
	setcchar(&ch, text, paint.style[cell->selected][cell->role].attributes, 0, &pair);
	mvadd_wchnstr(row, col, &ch, 1);
}

void paint_canvas(const struct canvas *c, struct canvas *shown, bool all)
{
	for (int row = 0; row < c->rows; row++) {
		const struct cell *cells = canvas_row(c, row);
		struct cell *last = shown->cells + (size_t)row * (size_t)c->cols;

		/* left to right, so curses keeps wide characters whole; their right halves come
		 * with the left ones */
		for (int col = 0; col < c->cols; col++)
			if (cells[col].ch[0] &&
				(all || memcmp(&cells[col], &last[col], sizeof(*last)) != 0))
				paint_cell(&cells[col], row, col);
		memcpy(last, cells, (size_t)c->cols * sizeof(*last));
	}
}
