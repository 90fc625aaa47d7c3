#include "panel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "doc.h"

void panel_place(struct panel *p, struct rect at)
{
	size_t rows = at.rows > 0 ? (size_t)at.rows : 1;

	free(p->line);
	free(p->before);
	p->at = at;
	p->line = xcalloc(rows, sizeof(*p->line));
	p->before = xcalloc(rows, sizeof(*p->before));
	memset(p->keep, 0, sizeof(p->keep));
	p->dirty = true;
}

void panel_free(struct panel *p)
{
	free(p->line);
	free(p->before);
	p->line = p->before = NULL;
}

bool panel_recalculate(struct panel *p, const struct view *v)
{
	struct panel_line *last = p->line;

	if (!p->at.rows || !p->at.cols)
		return false;
	p->line = p->before;
	p->before = last;
	for (int i = 0; i < p->at.rows; i++)
		p->line[i].text[0] = '\0';
	p->ops->recalculate(p, v);
	for (int i = 0; i < p->at.rows && !p->dirty; i++)
		p->dirty = strcmp(p->line[i].text, p->before[i].text) != 0;
	return p->dirty;
}

void panel_line(struct panel *p, int i, const char *format, ...)
{
	va_list ap;

	if (i < 0 || i >= p->at.rows)
		return;
	va_start(ap, format);
	vsnprintf(p->line[i].text, PANEL_LINE, format, ap);
	va_end(ap);
}

int panel_wrap(struct panel *p, int i, const char *lead, int lead_cells, const char *role,
	const char *text)
{
	struct doc d = {0};
	int room = p->at.cols - (p->at.col > 0) - lead_cells - 1;

	doc_set(&d, text, NULL, strlen(text));
	doc_wrap(&d, room > 1 ? room : 1);
	for (size_t k = 0; k < d.lines; k++) {
		const char *at = d.text + d.line[k].at;
		int len = (int)d.line[k].len;

		if (k) /* the blank at which it was broken */
			for (; len && *at == ' '; len--)
				at++;
		panel_line(p, i++, "%s%*s%s%.*s", k ? "" : lead, k ? lead_cells : 0, "", role, len,
			at);
	}
	doc_free(&d);
	return i;
}

void panel_title(struct panel *p, const char *title, const char *note)
{
	panel_line(p, 0, "%s\n%s", title, note);
}

void panel_draw_plain(const struct panel *p, struct canvas *c)
{
	canvas_clear(c, p->at);
	for (int i = 0; i < p->at.rows; i++)
		canvas_put_line(c, p->at.row + i, p->at.col, p->at.cols, p->line[i].text);
}

static void put_role(
	struct canvas *c, int row, int col, int cells, enum role role, const char *text)
{
	char marked[PANEL_LINE + 1];

	snprintf(marked, sizeof(marked), "%c%s", (char)role, text);
	canvas_put(c, row, col, cells, marked);
}

/* A vertical line of the panel above continues into the rule as a tee. */
static const char *rule_glyph(const struct canvas *c, int row, int col, bool below)
{
	wchar_t up = canvas_at(c, row - 1, col);
	bool above = c->glyphs->utf8 ? up == L'│' : up == L'|';

	if (above && below)
		return c->glyphs->cross;
	if (above)
		return c->glyphs->tee_up;
	return below ? c->glyphs->tee_down : c->glyphs->horizontal;
}

static void draw_rule(const struct panel *p, struct canvas *c)
{
	char title[PANEL_LINE];
	const struct rect r = p->at;
	const char *note;
	size_t len = strcspn(p->line[0].text, "\n");
	int end;

	for (int i = 0; i < r.cols; i++)
		put_role(c, r.row, r.col + i, 1, ROLE_RULE,
			rule_glyph(c, r.row, r.col + i, i == 0 && r.col > 0 && r.rows > 1));
	snprintf(title, sizeof(title), " %.*s ", (int)len, p->line[0].text);
	end = 2 + text_cells(title);
	put_role(c, r.row, r.col + 2, r.cols - 2, ROLE_TITLE, title);
	note = p->line[0].text[len] ? p->line[0].text + len + 1 : "";
	if (*note && end + text_cells(note) + 5 <= r.cols) {
		snprintf(title, sizeof(title), " %s ", note);
		put_role(c, r.row, r.col + r.cols - 2 - text_cells(title), r.cols, ROLE_DIM, title);
	}
}

void panel_draw_framed(const struct panel *p, struct canvas *c)
{
	const struct rect r = p->at;
	int border = r.col > 0;

	canvas_clear(c, r);
	draw_rule(p, c);
	for (int i = 1; i < r.rows; i++) {
		if (border)
			put_role(c, r.row + i, r.col, 1, ROLE_RULE, c->glyphs->vertical);
		canvas_put_line(c, r.row + i, r.col + border, r.cols - border, p->line[i].text);
	}
}

void panel_draw_boxed(const struct panel *p, struct canvas *c)
{
	const struct glyph_set *g = c->glyphs;
	const struct rect r = p->at;
	int right = r.col + r.cols - 1, bottom = r.row + r.rows - 1;

	canvas_clear(c, r);
	for (int row = 0; row < r.rows; row++)
		canvas_put(c, r.row + row, r.col + 1, r.cols - 2, p->line[row].text);
	for (int col = r.col; col <= right; col++) {
		put_role(c, r.row, col, 1, ROLE_RULE, g->horizontal);
		put_role(c, bottom, col, 1, ROLE_RULE, g->horizontal);
	}
	for (int row = r.row; row <= bottom; row++) {
		put_role(c, row, r.col, 1, ROLE_RULE, g->vertical);
		put_role(c, row, right, 1, ROLE_RULE, g->vertical);
	}
	put_role(c, r.row, r.col, 1, ROLE_RULE, g->top_left);
	put_role(c, r.row, right, 1, ROLE_RULE, g->top_right);
	put_role(c, bottom, r.col, 1, ROLE_RULE, g->bottom_left);
	put_role(c, bottom, right, 1, ROLE_RULE, g->bottom_right);
}
