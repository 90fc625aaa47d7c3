#include "plot_frame.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

const char *plot_latency_label(double value, char *out, size_t size)
{
	return text_latency((int64_t)value, out, size);
}

int plot_frame_cols(const struct panel *p)
{
	/* a blank stays on the right */
	return p->at.cols - (p->at.col > 0) - PLOT_MARGIN - 1;
}

struct plot_scale plot_frame_scale(const struct timeline *t, const struct plot *plot)
{
	int columns = plot_columns(plot);

	return t->zoom == ZOOM_ALL && t->n
		       ? plot_scale_all(columns, t->n)
		       : plot_scale_last(columns, t->n, timeline_window(t), t->newest);
}

double plot_frame_history(const struct timeline *t, const struct plot *plot,
	double (*value)(const struct moment *m), enum plot_fold how, double *out)
{
	const struct plot_scale scale = plot_frame_scale(t, plot);
	double in[CHART_SLOTS], max = 0;

	for (int i = 0; i < t->n; i++)
		in[i] = value(&t->at[i]);
	plot_fold(in, &scale, how, out);
	for (int i = 0; i < scale.columns; i++)
		max = fmax(max, out[i]);
	return max;
}

void plot_frame_rows(
	struct panel *p, int first, const struct plot *plot, double top, plot_label *label)
{
	char text[PANEL_LINE], name[16];

	for (int row = 0; row < plot->rows; row++) {
		/* the label of a value is at the height of the value */
		bool half = plot->rows >= 4 && plot->rows % 2 == 0 && row == plot->rows / 2;

		name[0] = '\0';
		if (row == 0 || half)
			label(half ? top / 2 : top, name, sizeof(name));
		panel_line(p, first + row, R_DIM " %*s" R_RULE "%s%s", PLOT_LABEL, name,
			plot->glyphs->vertical, plot_row(plot, row, text, sizeof(text)));
	}
}

void plot_frame_zero(struct panel *p, int at, const struct plot *axis)
{
	char text[PANEL_LINE];

	panel_line(p, at, R_DIM " %*s" R_RULE "%s%s", PLOT_LABEL, "0", axis->glyphs->bottom_left,
		plot_row(axis, 0, text, sizeof(text)));
}

/* Writes text so that its last cell is `end`; false when that would touch existing text. */
static bool put_left_of(char *line, int end, const char *text)
{
	int len = (int)strlen(text), start = end - len + 1;

	for (int i = start - 1; i <= end + 1; i++)
		if (i >= 0 && line[i] != ' ' && line[i])
			return false;
	if (start < 0)
		return false;
	memcpy(line + start, text, (size_t)len);
	return true;
}

static const char *age_text(int64_t seconds, char out[16])
{
	static const struct {
		int64_t s;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	while (seconds % units[i].s)
		i++;
	snprintf(out, 16, "%" PRId64 "%c", seconds / units[i].s, units[i].unit);
	return out;
}

void plot_frame_times(struct panel *p, int at, const struct timeline *t, const struct plot *plot)
{
	static const int every[] = {
		10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800};
	enum { LABEL_CELLS = 10, LAST = sizeof(every) / sizeof(every[0]) - 1 };
	const struct plot_scale scale = plot_frame_scale(t, plot);
	double column_s = plot_scale_span(&scale) * (double)t->span_s, most_s;
	int per_cell = scale.columns / plot->cols, tick = 0;
	char line[PLOT_COLS + 2], text[16];

	memset(line, ' ', (size_t)plot->cols);
	line[plot->cols] = line[plot->cols + 1] = '\0';
	put_left_of(line, plot->cols - 1, "now");
	while (tick < LAST && every[tick] < LABEL_CELLS * per_cell * column_s)
		tick++;
	most_s = scale.all ? (double)t->n * (double)t->span_s : timeline_window(t);
	for (int64_t ago = every[tick]; ago <= most_s && ago < scale.columns * column_s;
		ago += every[tick])
		put_left_of(line, (scale.columns - 1 - (int)((double)ago / column_s)) / per_cell,
			age_text(ago, text));
	panel_line(p, at, R_DIM "%*s%s", PLOT_MARGIN, "", line);
}

const char *plot_frame_title(const struct timeline *t, const char *title, char out[64])
{
	snprintf(out, 64, "%s%s%s", title, t->zoom == ZOOM_5M ? "" : ", ",
		t->zoom == ZOOM_5M    ? ""
		: t->zoom == ZOOM_ALL ? "whole run"
				      : "1 min");
	return out;
}
