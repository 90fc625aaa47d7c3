#include "canvas.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static const char *const ascii_steps[] = {"#"};
static const char *const block_steps[] = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
static const char *const braille_steps[] = {"⡀", "⡄", "⡆", "⡇", "⣇", "⣧", "⣷", "⣿"};

#define LINES_UTF8 "─", "│", "┬", "┴", "┼", "┌", "┐", "└", "┘"

static const struct glyph_set ascii = {
	false, UI_GLYPHS_ASCII, "-", "|", "+", "+", "+", "+", "+", "+", "+", "-", ascii_steps, 1};
static const struct glyph_set block = {true, UI_GLYPHS_BLOCK, LINES_UTF8, "░", block_steps, 8};
static const struct glyph_set braille = {
	true, UI_GLYPHS_BRAILLE, LINES_UTF8, "⠤", braille_steps, 8};

const struct glyph_set *glyphs_pick(enum ui_glyphs wish, bool utf8)
{
	if (!utf8 || wish == UI_GLYPHS_ASCII)
		return &ascii;
	return wish == UI_GLYPHS_BLOCK ? &block : &braille;
}

void canvas_init(struct canvas *c, const struct glyph_set *glyphs, int rows, int cols)
{
	*c = (struct canvas){.glyphs = glyphs};
	canvas_resize(c, rows, cols);
}

void canvas_resize(struct canvas *c, int rows, int cols)
{
	c->rows = rows > 0 ? rows : 1;
	c->cols = cols > 0 ? cols : 1;
	free(c->cells);
	c->cells = xcalloc((size_t)c->rows * (size_t)c->cols, sizeof(*c->cells));
	canvas_clear(c, (struct rect){0, 0, c->rows, c->cols});
}

void canvas_free(struct canvas *c)
{
	free(c->cells);
	c->cells = NULL;
}

static struct cell *cell_at(const struct canvas *c, int row, int col)
{
	if (row < 0 || col < 0 || row >= c->rows || col >= c->cols)
		return NULL;
	return c->cells + (size_t)row * (size_t)c->cols + col;
}

static void blank(struct cell *cell)
{
	*cell = (struct cell){{L' '}, ROLE_TEXT, 0};
}

/* A cell that is about to be overwritten may be one half of a wide character: the other half turns
 * blank. */
static void split_wide(struct canvas *c, int row, int col)
{
	struct cell *here = cell_at(c, row, col), *next = cell_at(c, row, col + 1);

	if (!here->ch[0] && col > 0 && here[-1].ch[0])
		blank(here - 1);
	if (next && !next->ch[0])
		blank(next);
}

void canvas_clear(struct canvas *c, struct rect r)
{
	for (int row = r.row; row < r.row + r.rows; row++) {
		/* wide characters across the edges lose their other half */
		if (cell_at(c, row, r.col))
			split_wide(c, row, r.col);
		if (cell_at(c, row, r.col + r.cols - 1))
			split_wide(c, row, r.col + r.cols - 1);
		for (int col = r.col; col < r.col + r.cols; col++) {
			struct cell *cell = cell_at(c, row, col);

			if (cell)
				blank(cell);
		}
	}
}

/* How the cells of a text look. */
struct ink {
	uint16_t role, selected;
};

static void set_cell(struct canvas *c, int row, int col, wchar_t ch, int width, struct ink ink)
{
	struct cell *cell = cell_at(c, row, col);

	if (!cell)
		return;
	split_wide(c, row, col);
	*cell = (struct cell){{ch}, ink.role, ink.selected};
	if (width == 2) {
		split_wide(c, row, col + 1);
		cell[1] = (struct cell){{0}, ink.role, ink.selected};
	}
}

/* Zero-width marks join the character before them; more than two are dropped. */
static void add_mark(struct canvas *c, int row, int col, wchar_t mark)
{
	struct cell *cell = cell_at(c, row, col);

	if (cell && !cell->ch[0] && col > 0)
		cell--;
	for (int i = 1; cell && i < CELL_CHARS; i++) {
		if (!cell->ch[i]) {
			cell->ch[i] = mark;
			return;
		}
	}
}

/* Draws as canvas_put does; *rest: where the text that has no room begins. Returns the cells used.
 */
static int put(struct canvas *c, int row, int col, int cells, const char *text, const char **rest)
{
	size_t len = strlen(text);
	struct ink ink = {ROLE_TEXT, 0};
	int used = 0;

	*rest = text + len;
	if (cells > c->cols - col)
		cells = c->cols - col;
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t code = 0;
		int width;

		n = text_utf8(text + i, len - i, &code);
		if (n == 1 && code < ROLE_COUNT) {
			ink.role = (uint16_t)code;
			ink.selected |= code == ROLE_SELECTED;
			continue;
		}
		if (!n || code < 0x20 || code == 0x7f || (code >= 0x80 && !c->glyphs->utf8)) {
			n = n ? n : 1;
			code = code == 0x2026 ? '.' : '?'; /* an ellipsis */
		}
		width = code < 0x80 ? 1 : wcwidth((wchar_t)code);
		if (width == 0) {
			if (used)
				add_mark(c, row, col + used - 1, (wchar_t)code);
			continue;
		}
		if (width < 0) {
			code = '?';
			width = 1;
		}
		if (used + width > cells) {
			*rest = text + i;
			break;
		}
		set_cell(c, row, col + used, (wchar_t)code, width, ink);
		used += width;
	}
	return used;
}

int canvas_put(struct canvas *c, int row, int col, int cells, const char *text)
{
	const char *rest;

	return put(c, row, col, cells, text, &rest);
}

void canvas_put_line(struct canvas *c, int row, int col, int cells, const char *text)
{
	const char *rest;
	int used = put(c, row, col, cells, text, &rest);

	for (; *rest; rest++)
		if (*rest < 0 || *rest > ' ')
			break;
	if (*rest && used)
		set_cell(c, row, col + used - 1, L'~', 1, (struct ink){ROLE_DIM, 0});
}

wchar_t canvas_at(const struct canvas *c, int row, int col)
{
	const struct cell *cell = cell_at(c, row, col);

	return cell ? cell->ch[0] : L' ';
}

static void add_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		if (c < 0x10000) {
			buf_addc(out, (char)(0xe0 | c >> 12));
		} else {
			buf_addc(out, (char)(0xf0 | c >> 18));
			buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

void canvas_text(const struct canvas *c, struct buf *out)
{
	for (int row = 0; row < c->rows; row++) {
		const struct cell *cells = canvas_row(c, row);
		int end = c->cols;

		while (end > 0 && cells[end - 1].ch[0] == L' ')
			end--;
		for (int col = 0; col < end; col++)
			for (int i = 0; i < CELL_CHARS && cells[col].ch[i]; i++)
				add_utf8(out, (uint32_t)cells[col].ch[i]);
		buf_addc(out, '\n');
	}
}
