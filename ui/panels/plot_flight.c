/* Attempts in flight over time under the limit in force, with marks where that changed and why. */
#include <math.h>
#include <stdio.h>

#include "plot_frame.h"
#include "base/text.h"

/* The signs of marks; of several in a column the first of these is shown. */
static const struct {
	enum mark mark;
	char sign;
	enum role role;
	const char *name, *word; /* the word where there is little room */
} signs[] = {
	{MARK_OPERATOR, '*', ROLE_KEY, "operator", "hand"},
	{MARK_SERVER, '#', ROLE_WARN, "server's limit", "limit"},
	{MARK_REFUSED, '!', ROLE_BAD, "429", "429"},
	{MARK_LATENCY, '~', ROLE_WARN, "latency", "slow"},
	{MARK_GREW, '+', ROLE_GOOD, "grew", "up"},
};

enum { WIDE = 62, SIGNS = sizeof(signs) / sizeof(signs[0]) };

static double in_flight_of(const struct history_second *h)
{
	return h->in_flight;
}

static double limit_of(const struct history_second *h)
{
	return h->concurrency;
}

/* How telling a second's mark is; folding takes the largest. */
static double mark_of(const struct history_second *h)
{
	for (int i = 0; i < SIGNS; i++)
		if (signs[i].mark == h->mark)
			return SIGNS - i;
	return NAN;
}

/* Marks on the zero line; seen: which ones. */
static void put_marks(struct plot *axis, const double *mark, int columns, bool seen[SIGNS])
{
	for (int i = 0; i < SIGNS; i++) {
		int sign = SIGNS - 1 - i; /* the more telling over the less */

		for (int column = 0; column < columns; column++) {
			if (mark[column] != SIGNS - sign)
				continue;
			plot_put(axis, 0, column * axis->cols / columns, signs[sign].sign,
				signs[sign].role);
			seen[sign] = true;
		}
	}
}

/* The legend of the visible marks. */
static void add_title(struct panel *p, const bool seen[SIGNS])
{
	bool wide = p->at.cols >= WIDE;
	char note[64] = "";
	size_t at = 0;

	for (int i = 0; i < SIGNS; i++)
		if (seen[i] && at < sizeof(note))
			at += (size_t)snprintf(note + at, sizeof(note) - at, "%s%c%s%s",
				!at    ? ""
				: wide ? "  "
				       : " ",
				signs[i].sign, wide ? " " : "",
				wide ? signs[i].name : signs[i].word);
	panel_title(p, wide ? "in flight, limit" : "in flight", note);
}

static void flight_recalculate(struct panel *p, const struct view *v)
{
	double flight[PLOT_VALUES], limit[PLOT_VALUES], mark[PLOT_VALUES], max, top;
	struct plot plot, axis;
	bool seen[SIGNS] = {false};
	int rows = p->at.rows - 3;

	plot_clear(&plot, v->canvas.glyphs, rows, plot_frame_cols(p));
	max = plot_frame_history(&v->snap, &plot, in_flight_of, PLOT_MEAN, flight);
	max = fmax(max, plot_frame_history(&v->snap, &plot, limit_of, PLOT_LAST, limit));
	top = plot_nice(max);
	plot_fill(&plot, flight, top, ROLE_PLOT);
	plot_line(&plot, limit, top, ROLE_LIMIT);
	plot_frame_history(&v->snap, &plot, mark_of, PLOT_MAX, mark);
	plot_axis(&axis, v->canvas.glyphs, plot.cols);
	put_marks(&axis, mark, plot_columns(&plot), seen);
	add_title(p, seen);
	plot_frame_rows(p, 1, &plot, top, text_count);
	plot_frame_zero(p, 1 + rows, &axis);
	plot_frame_times(p, 2 + rows, &v->snap, &plot);
}

const struct panel_ops plot_flight_panel = {flight_recalculate, panel_draw_framed, NULL};
