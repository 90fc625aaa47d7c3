/* Plots as characters: values over time and histograms on a grid of cells, in braille (2 x 4 dots a
 * cell), blocks (eighths) or ASCII. Pure: knows no panel, no clock and no terminal. */
#ifndef SLUICE_UI_PLOT_H
#define SLUICE_UI_PLOT_H

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

/* Seconds per column, so that n seconds fit into so many columns. */
int plot_step(int n, int columns);
/* The column of the second `back` seconds before the newest one, whose number since the start is
 * `newest`. Columns are fixed spans of time, so that a drawn column moves but does not change.
 * Negative: left of the plot. */
int plot_column(int64_t newest, int back, int step, int columns);
/* Folds n values a second apart, the newest last, into columns; NAN where there are none. NAN among
 * the values counts as none. */
void plot_fold(const double *in, int n, int64_t newest, int step, enum plot_fold how, double *out,
	int columns);

#endif
