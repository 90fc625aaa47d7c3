#include "paint.h"

#include <curses.h>
#include <string.h>

static const struct {
	short color; /* -1: the terminal's own */
	attr_t attributes;
} roles[ROLE_COUNT] = {
	[ROLE_TEXT] = {-1, A_NORMAL},
	[ROLE_DIM] = {-1, A_DIM},
	[ROLE_STRONG] = {-1, A_BOLD},
	[ROLE_RULE] = {-1, A_DIM},
	[ROLE_TITLE] = {COLOR_CYAN, A_BOLD},
	[ROLE_GOOD] = {COLOR_GREEN, A_BOLD},
	[ROLE_WARN] = {COLOR_YELLOW, A_BOLD},
	[ROLE_BAD] = {COLOR_RED, A_BOLD},
	[ROLE_BAR] = {COLOR_GREEN, A_NORMAL},
	[ROLE_KEY] = {COLOR_CYAN, A_BOLD},
	[ROLE_PLOT] = {COLOR_GREEN, A_NORMAL},
	[ROLE_LIMIT] = {COLOR_YELLOW, A_BOLD},
	[ROLE_SELECTED] = {-1, A_REVERSE},
	[ROLE_FOUND] = {COLOR_YELLOW, A_REVERSE},
};

static bool colored;

void paint_init(bool color)
{
	colored = color && has_colors() && start_color() == OK && use_default_colors() == OK;
	for (short i = ROLE_TEXT; colored && i < ROLE_COUNT; i++)
		if (roles[i].color >= 0)
			init_pair(i, roles[i].color, -1);
}

/* Rows are written left to right, so curses keeps wide characters whole. */
static void paint_row(const struct canvas *c, int row)
{
	const struct cell *cells = canvas_row(c, row);

	for (int col = 0; col < c->cols; col++) {
		const struct cell *cell = &cells[col];
		wchar_t text[CELL_CHARS + 1] = {0};
		cchar_t ch;
		bool pair = colored && roles[cell->role].color >= 0;

		if (!cell->ch[0])
			continue;
		memcpy(text, cell->ch, sizeof(cell->ch));
		setcchar(&ch, text, roles[cell->role].attributes, pair ? (short)cell->role : 0,
			NULL);
		mvadd_wchnstr(row, col, &ch, 1);
	}
}

void paint_canvas(const struct canvas *c, struct canvas *shown, bool all)
{
	size_t row_size = (size_t)c->cols * sizeof(struct cell);

	for (int row = 0; row < c->rows; row++) {
		struct cell *last = shown->cells + (size_t)row * (size_t)c->cols;

		if (!all && !memcmp(canvas_row(c, row), last, row_size))
			continue;
		memcpy(last, canvas_row(c, row), row_size);
		paint_row(c, row);
	}
}
