/* Throughput over time and, below it on the same seconds, refusals of the server. */
#include <stdio.h>

#include "base/text.h"
#include "plot_frame.h"

static double ok_of(const struct moment *m)
{
	return m->ok;
}

static double refused_of(const struct moment *m)
{
	return m->rate_limited;
}

/* A plot of one value in `rows` rows from line `first` on, with its zero line and a name on that.
 */
static void add_plot(struct panel *p, const struct view *v, int first, int rows,
	double (*value)(const struct moment *m), enum role role, const char *below)
{
	double column[PLOT_VALUES], top;
	struct plot plot, axis;

	plot_clear(&plot, v->canvas.glyphs, rows, plot_frame_cols(p));
	top = plot_nice(plot_frame_history(&v->timeline, &plot, value, PLOT_MEAN, column));
	plot_fill(&plot, column, top, role);
	plot_frame_rows(p, first, &plot, top, text_count);
	plot_axis(&axis, v->canvas.glyphs, plot.cols);
	plot_puts(&axis, 0, 1, below, ROLE_TITLE);
	plot_frame_zero(p, first + rows, &axis);
	plot_frame_times(p, p->at.rows - 1, &v->timeline, &plot);
}

static double tokens_of(const struct moment *m)
{
	return m->tokens;
}

static void tokens_plot_recalculate(struct panel *p, const struct view *v)
{
	char note[64], now[16], title[64];

	snprintf(note, sizeof(note), "tok/s %s", text_count(v->snap.tokens_now, now, sizeof(now)));
	panel_title(p, plot_frame_title(&v->timeline, "tokens per second", title), note);
	add_plot(p, v, 1, p->at.rows - 3, tokens_of, ROLE_PLOT, "");
}

static void rate_plot_recalculate(struct panel *p, const struct view *v)
{
	int room = p->at.rows - 4, low = room / 3;
	char note[64], now[16], title[64];

	snprintf(note, sizeof(note), "req/s %s", text_count(v->snap.answers_now, now, sizeof(now)));
	panel_title(p, plot_frame_title(&v->timeline, "ok per second", title), note);
	if (low < 1) {
		add_plot(p, v, 1, p->at.rows - 3, ok_of, ROLE_PLOT, "");
		return;
	}
	add_plot(p, v, 1, room - low, ok_of, ROLE_PLOT, " 429s per second ");
	add_plot(p, v, 2 + room - low, low, refused_of, ROLE_REFUSALS, "");
}

const struct panel_ops plot_rate_panel = {rate_plot_recalculate, panel_draw_framed, NULL};
const struct panel_ops plot_tokens_panel = {tokens_plot_recalculate, panel_draw_framed, NULL};
