#include "plot_frame.h"

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

/* The number of the newest whole second; never less than there are seconds. */
static int64_t newest_second(const struct snapshot *s)
{
	int64_t elapsed = s->elapsed_us / US_PER_S;

	return (elapsed > s->history_len ? elapsed : s->history_len) - 1;
}

double plot_frame_history(const struct snapshot *s, const struct plot *plot,
	double (*value)(const struct history_second *h), enum plot_fold how, double *out)
{
	int n = s->history_len, columns = plot_columns(plot);
	double in[HISTORY_SECONDS], max = 0;

	for (int i = 0; i < n; i++)
		in[i] = value(&s->history[i]);
	plot_fold(in, n, newest_second(s), plot_step(n, columns), how, out, columns);
	for (int i = 0; i < columns; i++)
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

void plot_frame_times(struct panel *p, int at, const struct snapshot *s, const struct plot *plot)
{
	static const int every[] = {10, 30, 60, 120};
	int columns = plot_columns(plot), step = plot_step(s->history_len, columns);
	int per_cell = columns / plot->cols, tick = 0;
	char line[PLOT_COLS + 2], text[16];

	memset(line, ' ', (size_t)plot->cols);
	line[plot->cols] = line[plot->cols + 1] = '\0';
	put_left_of(line, plot->cols - 1, "now");
	while (tick < 3 && every[tick] < 10 * step * per_cell)
		tick++;
	for (int ago = every[tick]; ago <= HISTORY_SECONDS; ago += every[tick]) {
		int col = (columns - 1 - ago / step) / per_cell;

		if (ago % 60)
			snprintf(text, sizeof(text), "%ds", ago);
		else
			snprintf(text, sizeof(text), "%dm", ago / 60);
		if (col < 0 || columns - 1 < ago / step)
			break;
		put_left_of(line, col, text);
	}
	panel_line(p, at, R_DIM "%*s%s", PLOT_MARGIN, "", line);
}
