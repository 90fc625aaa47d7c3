/* The time bar of a replay: where in the run it stands, how fast it plays, and above it the marks.
 * With one row the marks stand in the bar itself. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "phrases.h"
#include "view.h"

enum { BAR_LEAST = 8, BAR_MOST = REPLAY_PARTS, ALL_COLS = 76, SPEED_COLS = 5 };

/* By their weight: of several in a cell the first one is seen. */
static const struct {
	enum replay_mark mark;
	const char *letter, *role, *word;
} marks[] = {
	{REPLAY_OPERATOR, "o", R_STRONG, "operator"},
	{REPLAY_HOLD, "H", R_WARN, "hold"},
	{REPLAY_ERROR, "e", R_BAD, "new error"},
	{REPLAY_REFUSED, "4", R_BAD, "429"},
	{REPLAY_LIMIT, "l", R_PLOT, "limit"},
};

enum { KINDS = sizeof(marks) / sizeof(marks[0]) };

/* The marks in a cell of so many. */
static unsigned marks_in(const struct replay_view *r, int cell, int cells)
{
	unsigned found = 0;
	int from = cell * REPLAY_PARTS / cells, to = (cell + 1) * REPLAY_PARTS / cells;

	for (int i = from; i < to || i == from; i++)
		found |= r->mark[i < REPLAY_PARTS ? i : REPLAY_PARTS - 1];
	return found;
}

static int kind_of(unsigned found)
{
	for (int k = 0; k < KINDS; k++)
		if (found & 1U << marks[k].mark)
			return k;
	return -1;
}

static void add(char *out, size_t size, const char *role, const char *text)
{
	size_t len = strlen(out);

	snprintf(out + len, size - len, "%s%s", role, text);
}

static void add_marks(const struct replay_view *r, int cells, char *out, size_t size)
{
	for (int i = 0; i < cells; i++) {
		int k = kind_of(marks_in(r, i, cells));

		add(out, size, k < 0 ? "" : marks[k].role, k < 0 ? " " : marks[k].letter);
	}
}

/* The bar with its head; marked: with the marks in it. */
static void add_bar(const struct view *v, int cells, bool marked, char *out, size_t size)
{
	const struct glyph_set *g = v->canvas.glyphs;
	const struct replay_view *r = &v->snap.replay;
	double share = r->length_us > 0 ? (double)r->at_us / (double)r->length_us : 0;
	int head = (int)(share * (cells - 1) + 0.5);

	for (int i = 0; i < cells; i++) {
		int k = marked ? kind_of(marks_in(r, i, cells)) : -1;

		if (i == head)
			add(out, size, R_STRONG, g->utf8 ? "●" : "O");
		else if (k >= 0)
			add(out, size, marks[k].role, marks[k].letter);
		else
			add(out, size, i < head ? R_BAR : R_RULE,
				i < head ? g->bar_steps[g->bar_step_count - 1] : g->bar_empty);
	}
}

/* "429, hold" of the marks at this very moment, else the session, if there are several. */
static void add_here(const struct replay_view *r, char *out, size_t size)
{
	out[0] = '\0';
	for (int k = 0; k < KINDS; k++)
		if (r->here & 1U << marks[k].mark)
			snprintf(out + strlen(out), size - strlen(out), "%s%s", *out ? ", " : "",
				marks[k].word);
	if (!*out && r->sessions > 1)
		snprintf(out, size, "session %d of %d", r->session, r->sessions);
}

static void timebar_recalculate(struct panel *p, const struct view *v)
{
	const struct replay_view *r = &v->snap.replay;
	bool focus = v->bar_focus, two = p->at.rows > 1;
	char bar[PANEL_LINE - 128] = "", ticks[PANEL_LINE - 128] = "", here[64], left[80],
			      right[96], at[16], length[16], speed[24];
	int cells;

	text_clock(r->at_us, at, sizeof(at));
	text_clock(r->length_us, length, sizeof(length));
	snprintf(speed, sizeof(speed), "%dx", r->speed);
	add_here(r, here, sizeof(here));
	snprintf(left, sizeof(left), " %s ",
		v->canvas.glyphs->utf8 ? (r->playing ? "▶" : "‖")
		: r->playing           ? ">"
				       : "|");
	if (p->at.cols >= ALL_COLS)
		snprintf(right, sizeof(right), " %s of %s  %-*s", at, length, SPEED_COLS, speed);
	else
		snprintf(right, sizeof(right), " %s %s", at, speed);
	cells = p->at.cols - text_cells(left) - text_cells(right) - 2;
	if (p->at.cols >= ALL_COLS && !two && here[0]) {
		int with = cells - text_cells(here) - 1;

		if (with >= BAR_LEAST) {
			snprintf(right + strlen(right), sizeof(right) - strlen(right), " %s", here);
			cells = with;
		}
	}
	cells = cells > BAR_MOST ? BAR_MOST : cells;
	if (cells < BAR_LEAST) {
		panel_line(p, p->at.rows - 1, "%s%s", left, right);
		return;
	}
	add_bar(v, cells, !two, bar, sizeof(bar));
	if (two) {
		add_marks(r, cells, ticks, sizeof(ticks));
		panel_line(p, 0, "%*s%s" R_TEXT "  %s", text_cells(left) + 1, "", ticks, here);
	}
	panel_line(p, p->at.rows - 1, "%s%s%s[%s%s]" R_TEXT "%s", focus ? R_KEY : R_DIM, left,
		focus ? R_KEY : R_DIM, bar, focus ? R_KEY : R_DIM, right);
}

const struct panel_ops timebar_panel = {timebar_recalculate, panel_draw_plain, NULL};
