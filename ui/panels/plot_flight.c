/* Attempts in flight over time under the limit in force, with marks where that changed and why. */
#include <math.h>
#include <stdio.h>

#include "plot_frame.h"
#include "base/text.h"

enum { WIDE = 62 };

static double in_flight_of(const struct moment *m)
{
	return m->in_flight;
}

static double limit_of(const struct moment *m)
{
	return m->concurrency;
}

/* The name of the plot, and the legend of its marks. */
static void add_title(struct panel *p, const struct view *v, const struct plot_marks *marks)
{
	bool wide = p->at.cols >= WIDE;
	char note[96], title[64];

	panel_title(p,
		plot_frame_title(&v->timeline, wide ? "in flight, limit" : "in flight", title),
		plot_marks_legend(marks, wide, note, sizeof(note)));
}

static void flight_recalculate(struct panel *p, const struct view *v)
{
	double flight[PLOT_VALUES], limit[PLOT_VALUES], max, top;
	struct plot_marks marks;
	struct plot plot, axis;
	int rows = p->at.rows - 3;

	plot_clear(&plot, v->canvas.glyphs, rows, plot_frame_cols(p));
	max = plot_frame_history(&v->timeline, &plot, in_flight_of, PLOT_MEAN, flight);
	max = fmax(max, plot_frame_history(&v->timeline, &plot, limit_of, PLOT_LAST, limit));
	top = plot_nice(max);
	plot_fill(&plot, flight, top, ROLE_PLOT);
	plot_line(&plot, limit, top, ROLE_LIMIT);
	plot_axis(&axis, v->canvas.glyphs, plot.cols);
	plot_marks_put(&v->timeline, &plot, &axis, &marks);
	add_title(p, v, &marks);
	plot_frame_rows(p, 1, &plot, top, text_count);
	plot_frame_zero(p, 1 + rows, &axis);
	plot_frame_times(p, 2 + rows, &v->timeline, &plot);
}

const struct panel_ops plot_flight_panel = {flight_recalculate, panel_draw_framed, NULL};
