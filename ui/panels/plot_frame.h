/* Shared by the plots: axes with labels around a plot, as lines of a panel. */
#ifndef SLUICE_UI_PANELS_PLOT_FRAME_H
#define SLUICE_UI_PANELS_PLOT_FRAME_H

#include "plot.h"
#include "view.h"

/* Cells left of a plot: a blank, the label and the axis. */
enum { PLOT_LABEL = 5, PLOT_MARGIN = PLOT_LABEL + 2 };

typedef const char *plot_label(double value, char *out, size_t size);
/* A duration in us as a label. */
plot_label plot_latency_label;

/* Cells a plot may take in the panel. */
int plot_frame_cols(const struct panel *p);
/* Where the moments of the past lie in the plot. */
struct plot_scale plot_frame_scale(const struct timeline *t, const struct plot *plot);
/* One value of each moment of the past, folded into the columns of the plot; returns the largest,
 * 0 when there is none. */
double plot_frame_history(const struct timeline *t, const struct plot *plot,
	double (*value)(const struct moment *m), enum plot_fold how, double *out);
/* The rows of a plot from line `first` of the panel on, with top and, where there is room, half of
 * it on the axis. */
void plot_frame_rows(
	struct panel *p, int first, const struct plot *plot, double top, plot_label *label);
/* The zero line below a plot, as plot_axis() made it and with the marks put on it. */
void plot_frame_zero(struct panel *p, int at, const struct plot *axis);
/* How long ago, below the zero line. */
void plot_frame_times(struct panel *p, int at, const struct timeline *t, const struct plot *plot);
/* The title of a plot over time, which names how much of the past it shows unless that is the usual
 * part; within out (64 bytes). */
const char *plot_frame_title(const struct timeline *t, const char *title, char out[64]);

/* The signs of the marks that a plot has. */
struct plot_marks {
	uint32_t seen; /* a bit for each sign */
};

/* Puts the marks of the past on the axis of a plot of so many columns. */
void plot_marks_put(
	const struct timeline *t, const struct plot *plot, struct plot *axis, struct plot_marks *m);
/* The legend of the visible marks, with whole words if `wide`; within out. */
const char *plot_marks_legend(const struct plot_marks *m, bool wide, char *out, size_t size);

#endif
