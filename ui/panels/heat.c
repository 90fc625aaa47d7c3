/* The latencies of answers over time as a heat map: a row is a range of latencies on a logarithmic
 * scale, a column a span of time, and the shade how many answers a second. Two kinds of answers are
 * two bands, where a median is a line between them. The cell of the median has another colour. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "plot_frame.h"

enum { SHADES = 4, WIDE = 62, ROWS_APART = 3, FEW_ROWS = 5 };

static const wchar_t shade_utf8[SHADES + 1] = {0, L'\u2591', L'\u2592', L'\u2593', L'\u2588'};
static const wchar_t shade_ascii[SHADES + 1] = {0, L'.', L':', L'o', L'#'};

/* The map: answers a second by column and latency bin. */
struct heat {
	int columns;
	int first, bins; /* the bins that have answers; bins 0: none has */
	double most;
	double at[PLOT_COLS][LATENCY_BINS];
	double seconds[PLOT_COLS];
	double median_us[PLOT_COLS]; /* NAN: not known */
	double medians[PLOT_COLS];   /* how many it is the mean of */
};

/* The place of a latency among the bins, a fraction of a bin counted as such. */
static double place_of(double us)
{
	double place = us > US_PER_MS ? 2 * log2(us / US_PER_MS) : 0;

	return place < LATENCY_BINS - 1 ? place : LATENCY_BINS - 1;
}

static void add_slot(struct heat *h, int column, const struct chart_slot *slot)
{
	h->seconds[column] += slot->seconds;
	for (int i = 0; i < LATENCY_BINS; i++)
		h->at[column][i] += slot->latency[i];
	if (!slot->medians)
		return;
	if (isnan(h->median_us[column]))
		h->median_us[column] = 0;
	h->median_us[column] += (double)slot->medians_ms * US_PER_MS;
	h->medians[column] += slot->medians;
}

/* Rates, and the bins that any column needs. */
static void settle(struct heat *h)
{
	int first = LATENCY_BINS, last = -1;

	for (int c = 0; c < h->columns; c++) {
		for (int i = 0; i < LATENCY_BINS; i++) {
			if (!(h->at[c][i] > 0))
				continue;
			h->at[c][i] /= h->seconds[c];
			h->most = fmax(h->most, h->at[c][i]);
			first = i < first ? i : first;
			last = i > last ? i : last;
		}
		if (!h->medians[c])
			continue;
		h->median_us[c] /= h->medians[c];
		first = fmin(first, place_of(h->median_us[c]));
		last = fmax(last, place_of(h->median_us[c]));
	}
	h->first = first;
	h->bins = last < 0 ? 0 : last - first + 1;
}

/* A cell has the columns that other plots of the same width have there. */
static void fill(struct heat *h, const struct timeline *t, const struct plot *plot)
{
	const struct plot_scale scale = plot_frame_scale(t, plot);
	int n = t->slot && t->n == t->slots ? t->slots : 0;
	int per_cell = scale.columns / plot->cols, first, end;

	memset(h, 0, sizeof(*h));
	h->columns = plot->cols;
	for (int c = 0; c < h->columns; c++)
		h->median_us[c] = NAN;
	for (int i = 0; i < n; i++) {
		plot_scale_place(&scale, i, &first, &end);
		for (int c = first / per_cell; first < end && c <= (end - 1) / per_cell; c++)
			add_slot(h, c, &t->slot[i]);
	}
	settle(h);
}

/* ---- drawing ---- */

/* The bins of a row, from the bottom up: several to a row, or several rows to a bin. */
static int bin_of_row(const struct heat *h, int rows, int from_bottom)
{
	return h->first + from_bottom * h->bins / rows;
}

/* Few answers are seen, too: the scale is logarithmic. */
static int shade_of(double rate, double most)
{
	enum { RANGE = 100 };
	double share;

	if (!(rate > 0))
		return 0;
	share = 1 + log(rate / most) / log(RANGE);
	return share <= 0 ? 1 : 1 + (int)fmin(share * SHADES, SHADES - 1);
}

static void draw(struct plot *plot, const struct heat *h)
{
	const wchar_t *shade = plot->glyphs->utf8 ? shade_utf8 : shade_ascii;

	for (int up = 0; up < plot->rows && h->bins; up++) {
		int bin = bin_of_row(h, plot->rows, up), end = bin_of_row(h, plot->rows, up + 1);

		end = end > bin ? end : bin + 1;
		for (int c = 0; c < h->columns; c++) {
			double rate = 0, median = place_of(h->median_us[c]);
			bool is_median = !isnan(h->median_us[c]) &&
					 (int)((median - h->first) * plot->rows / h->bins) == up;

			for (int i = bin; i < end; i++)
				rate += h->at[c][i];
			if (rate > 0 || is_median)
				plot_put(plot, plot->rows - 1 - up, c,
					shade[rate > 0 ? shade_of(rate, h->most) : 1],
					is_median ? ROLE_LIMIT : ROLE_PLOT);
		}
	}
}

/* Does a bin begin at the lower edge of the row? */
static bool begins_bin(const struct heat *h, int rows, int up)
{
	return !up || bin_of_row(h, rows, up) != bin_of_row(h, rows, up - 1);
}

/* Latencies at the lower edges of bins, some rows apart, and at the upper edge of the map. */
static void add_rows(struct panel *p, const struct plot *plot, const struct heat *h)
{
	char text[PANEL_LINE], label[16];
	int apart = ROWS_APART;

	for (int up = 0; up < plot->rows; up++, apart++) {
		int row = plot->rows - 1 - up, bin = bin_of_row(h, plot->rows, up);
		bool edge = begins_bin(h, plot->rows, up) && apart >= ROWS_APART &&
			    (!up || plot->rows > FEW_ROWS);

		label[0] = '\0';
		if (h->bins && (!row || edge))
			text_latency(latency_bin_us(row ? bin : h->first + h->bins), label,
				sizeof(label));
		if (edge)
			apart = 0;
		panel_line(p, 1 + row, R_DIM " %*s" R_RULE "%s%s", PLOT_LABEL, label,
			plot->glyphs->vertical, plot_row(plot, row, text, sizeof(text)));
	}
}

static void heat_recalculate(struct panel *p, const struct view *v)
{
	struct heat *heat = xcalloc(1, sizeof(*heat));
	const struct timeline *t = &v->timeline;
	char title[64], note[96], text[PANEL_LINE];
	struct plot_marks marks;
	struct plot plot, axis;
	int rows = p->at.rows - 3;

	plot_clear(&plot, v->canvas.glyphs, rows, plot_frame_cols(p));
	fill(heat, t, &plot);
	draw(&plot, heat);
	plot_axis(&axis, v->canvas.glyphs, plot.cols);
	plot_marks_put(t, &plot, &axis, &marks);
	if (v->layout.at[PANEL_PLOT_FLIGHT].rows) /* it has the legend already */
		snprintf(note, sizeof(note), "median in another colour");
	else
		plot_marks_legend(&marks, p->at.cols >= WIDE, note, sizeof(note));
	panel_title(p, plot_frame_title(t, "latency over time", title), heat->bins ? note : "");
	add_rows(p, &plot, heat);
	panel_line(p, 1 + rows, R_DIM " %*s" R_RULE "%s%s", PLOT_LABEL, "",
		axis.glyphs->bottom_left, plot_row(&axis, 0, text, sizeof(text)));
	plot_frame_times(p, 2 + rows, t, &plot);
	if (!heat->bins)
		panel_line(p, 1, R_DIM " %*s" R_RULE "%s" R_DIM " no answer yet", PLOT_LABEL, "",
			plot.glyphs->vertical);
	free(heat);
}

const struct panel_ops heat_panel = {heat_recalculate, panel_draw_framed, NULL};
