/* How the answers of the last minute spread over latencies: two bins to a doubling. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "plot_frame.h"

/* The bins that are shown and how many columns each gets. */
struct span {
	int first, bins, width;
	double total, most;
};

static struct span span_of(const uint32_t *bin, int columns)
{
	struct span s = {.first = -1};
	int last = 0;

	for (int i = 0; i < LATENCY_BINS; i++) {
		if (!bin[i])
			continue;
		s.first = s.first < 0 ? i : s.first;
		last = i;
		s.total += bin[i];
		s.most = fmax(s.most, bin[i]);
	}
	if (s.first < 0)
		return s;
	s.bins = last - s.first + 1;
	s.width = columns / s.bins;
	if (!s.width) {
		/* too narrow for all: the longest are the ones to see */
		s.first += s.bins - columns;
		s.bins = columns;
		s.width = 1;
	}
	return s;
}

/* The column of a latency, a fraction of a bin counted as such. */
static int column_of(const struct span *s, int64_t us)
{
	for (int i = 0; i < s->bins; i++) {
		double low = (double)latency_bin_us(s->first + i),
		       high = (double)latency_bin_us(s->first + i + 1);

		if ((double)us < high || i + 1 == s->bins) {
			double part = fmin(fmax(((double)us - low) / (high - low), 0), 0.99);

			return (int)((i + part) * s->width);
		}
	}
	return 0;
}

static void put_quantiles(
	struct plot *axis, const struct span *s, int columns, const struct latency_summary *l)
{
	const struct {
		int64_t us;
		const char *name;
	} quantiles[] = {{l->p50_us, "50"}, {l->p90_us, "90"}, {l->p99_us, "99"}};
	int end = 0;

	for (int i = 0; i < 3; i++) {
		int col = column_of(s, quantiles[i].us) * axis->cols / columns;

		if (col > axis->cols - 2)
			col = axis->cols - 2;
		if (quantiles[i].us < 0 || col < end)
			continue;
		plot_puts(axis, 0, col, quantiles[i].name, ROLE_STRONG);
		end = col + 3;
	}
}

/* Lower bounds of bins, as many as have room. */
static void put_bounds(struct panel *p, int at, const struct span *s, const struct plot *plot)
{
	char line[PLOT_COLS + 16], text[16];
	int columns = plot_columns(plot), end = 0;

	memset(line, ' ', sizeof(line));
	for (int i = 0; i < s->bins; i++) {
		int col = i * s->width * plot->cols / columns, len;

		if (col < end || (i && (s->first + i) % 2))
			continue;
		len = (int)strlen(text_latency(latency_bin_us(s->first + i), text, sizeof(text)));
		if (col + len > plot->cols)
			break;
		memcpy(line + col, text, (size_t)len);
		end = col + len + 1;
	}
	line[end] = '\0';
	panel_line(p, at, R_DIM "%*s%s", PLOT_MARGIN, "", line);
}

static void histogram_recalculate(struct panel *p, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	double column[PLOT_VALUES], top;
	struct plot plot, axis;
	struct span span;
	char note[48] = "", count[16];
	int rows = p->at.rows - 3, columns;

	plot_clear(&plot, v->canvas.glyphs, rows, plot_frame_cols(p));
	columns = plot_columns(&plot);
	span = span_of(s->latency_bins, columns);
	for (int i = 0; i < columns; i++) {
		int bin = span.width ? i / span.width : LATENCY_BINS;
		bool gap = span.width > 2 && i % span.width == span.width - 1;

		column[i] = bin < span.bins && !gap ? s->latency_bins[span.first + bin] : NAN;
	}
	top = plot_nice(span.most);
	plot_fill(&plot, column, top, ROLE_PLOT);
	plot_axis(&axis, v->canvas.glyphs, plot.cols);
	if (span.bins) {
		put_quantiles(&axis, &span, columns, &s->latency);
		snprintf(note, sizeof(note), s->past ? "%s in all" : "%s in 60 s",
			text_count(span.total, count, sizeof(count)));
	}
	panel_title(p, "answers by latency", note);
	plot_frame_rows(p, 1, &plot, top, text_count);
	plot_frame_zero(p, 1 + rows, &axis);
	if (span.bins)
		put_bounds(p, 2 + rows, &span, &plot);
}

const struct panel_ops histogram_panel = {histogram_recalculate, panel_draw_framed, NULL};
