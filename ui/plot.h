/* Plots as characters: values over time and histograms on a grid of cells, in braille (2 x 4 dots a
 * cell), blocks (eighths) or ASCII. Pure: knows no panel, no clock and no terminal. */
#ifndef SLUICE_UI_PLOT_H
#define SLUICE_UI_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "canvas.h"

enum { PLOT_ROWS = 32, PLOT_COLS = 320, PLOT_VALUES = 2 * PLOT_COLS };

struct plot_cell {
	uint16_t ch; /* a character of the basic plane; 0: blank */
	uint8_t role;
};

struct plot {
	const struct glyph_set *glyphs;
	int rows, cols;
	struct plot_cell cell[PLOT_ROWS][PLOT_COLS];
};

/* An empty plot; larger sizes than PLOT_ROWS x PLOT_COLS are cut, smaller ones than 1 x 1 raised.
 */
void plot_clear(struct plot *p, const struct glyph_set *glyphs, int rows, int cols);
/* How many values lie side by side. */
int plot_columns(const struct plot *p);
/* Fills from the bottom up to each value; top is the value at the upper edge. NAN: nothing is
 * drawn. Any value above 0 is visible, however small. */
void plot_fill(struct plot *p, const double *value, double top, enum role role);
/* A line through the values, over the existing plot. */
void plot_line(struct plot *p, const double *value, double top, enum role role);
/* A horizontal line of one row, to put marks and names on. */
void plot_axis(struct plot *p, const struct glyph_set *glyphs, int cols);
/* One character at a place; nothing outside of the plot. */
void plot_put(struct plot *p, int row, int col, wchar_t ch, enum role role);
/* ASCII text from a place on. */
void plot_puts(struct plot *p, int row, int col, const char *text, enum role role);
/* A row as marked text; returns out. */
const char *plot_row(const struct plot *p, int row, char *out, size_t size);

/* The smallest of 1, 2, 4, 6, 8 times a power of ten that is not below max: a scale whose half
 * reads well too. 1 when max is not above 0. */
double plot_nice(double max);
/* The same for durations in us: nice in the unit they are read in (60 s are nice, 80 s are not). */
double plot_nice_us(double max);

/* Where the values lie so far apart that the small ones would be flat: makes them shares of a
 * logarithmic scale up to top, and returns its lower end, a tenth to a half of the smallest value.
 * Else 0, and the values stay. */
double plot_log_scale(double *value, int n, double top);

/* How values that share a column become one. */
enum plot_fold { PLOT_MEAN, PLOT_MAX, PLOT_LAST };

/* Where the moments of a timeline lie among the columns of a plot. */
struct plot_scale {
	int columns, n; /* n moments */
	int64_t newest; /* of the last ones */
	int step;       /* moments to a column, */
	int stretch;    /* or columns to a moment */
	bool all;
};

/* The last n moments, of a window of so many, the newest on the right. `newest` is its number since
 * the start: columns are fixed spans of time, so that a drawn column moves but does not change. */
struct plot_scale plot_scale_last(int columns, int n, int window, int64_t newest);
/* All n moments of a run, from the left edge to the right. */
struct plot_scale plot_scale_all(int columns, int n);
/* The columns of moment i from the oldest, first to end - 1; none where it lies left of the plot.
 */
void plot_scale_place(const struct plot_scale *s, int i, int *first, int *end);
/* How many moments a column spans. */
double plot_scale_span(const struct plot_scale *s);
/* Folds a value of each moment, the newest last, into columns; NAN where there are none. NAN among
 * the values counts as none. */
void plot_fold(
	const double *in, const struct plot_scale *s, enum plot_fold how, double out[PLOT_VALUES]);

#endif
