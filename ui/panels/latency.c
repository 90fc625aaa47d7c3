/* How long answers of the last minute took, how many attempts that needed, and the median over
 * time. */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "plot_frame.h"

enum { SPARK_LABEL = 7, WIDE = 56, RETRIES_MANY = 5 }; /* the last in percent */

static double median_of(const struct moment *m)
{
	return m->latency_us;
}

/* The median over time without axes, its scale on the right. */
static void add_spark(struct panel *p, const struct view *v, int first)
{
	int rows = p->at.rows - first, cols = p->at.cols - (p->at.col > 0) - 1 - SPARK_LABEL;
	double column[PLOT_VALUES], top, low;
	char text[PANEL_LINE], label[16] = "", floor_label[16] = "0s";
	struct plot plot;

	if (rows < 1 || cols < 4)
		return;
	plot_clear(&plot, v->canvas.glyphs, rows, cols);
	top = plot_nice_us(plot_frame_history(&v->timeline, &plot, median_of, PLOT_MEAN, column));
	low = plot_log_scale(column, plot_columns(&plot), top);
	plot_fill(&plot, column, low > 0 ? 1 : top, ROLE_PLOT);
	if (low > 0)
		text_latency((int64_t)low, floor_label, sizeof(floor_label));
	if (top > 1) /* there was one */
		text_latency((int64_t)top, label, sizeof(label));
	for (int row = 0; row < rows; row++)
		panel_line(p, first + row, " %s" R_DIM "%*s",
			plot_row(&plot, row, text, sizeof(text)), SPARK_LABEL - 1,
			row == 0                      ? label
			: label[0] && row + 1 == rows ? floor_label
						      : "");
}

/* How streamed answers are written, when there are any. */
static bool add_streams(struct panel *p, const struct stream_summary *l)
{
	char a[16], b[16], c[16], d[16], speed[16] = "-";

	if (!l->any)
		return false;
	if (l->tokens_per_s >= 0)
		text_count(l->tokens_per_s, speed, sizeof(speed));
	if (p->at.cols < WIDE)
		panel_line(p, 3,
			R_DIM " first token p50 " R_TEXT "%s" R_DIM " p99 " R_TEXT "%s %s" R_DIM
			      "/s",
			text_latency(l->first_token_p50_us, a, sizeof(a)),
			text_latency(l->first_token_p99_us, b, sizeof(b)), speed);
	else
		panel_line(p, 3,
			R_DIM " first token p50 " R_TEXT "%s" R_DIM " p99 " R_TEXT "%s" R_DIM
			      "  gap " R_TEXT "%s" R_DIM "/" R_TEXT "%s  %s" R_DIM " tok/s",
			text_latency(l->first_token_p50_us, a, sizeof(a)),
			text_latency(l->first_token_p99_us, b, sizeof(b)),
			text_latency(l->gap_p50_us, c, sizeof(c)),
			text_latency(l->gap_p99_us, d, sizeof(d)), speed);
	return true;
}

static void latency_recalculate(struct panel *p, const struct view *v)
{
	const struct latency_summary *l = &v->snap.latency;
	const struct snapshot *s = &v->snap;
	double share = s->attempts ? (double)s->retries * 100 / (double)s->attempts : 0;
	char a[16], b[16], c[16], d[16], retries[48] = "";

	panel_title(p, s->past ? "latency of the run" : "latency, last 60 s",
		p->at.rows > 4 ? "p50 below" : "");
	panel_line(p, 1,
		R_DIM " p50 " R_TEXT "%-5s" R_DIM " p90 " R_TEXT "%-5s" R_DIM " p99 " R_TEXT
		      "%-5s" R_DIM " max " R_TEXT "%s",
		text_latency(l->p50_us, a, sizeof(a)), text_latency(l->p90_us, b, sizeof(b)),
		text_latency(l->p99_us, c, sizeof(c)), text_latency(l->max_us, d, sizeof(d)));
	if (p->at.cols >= WIDE)
		snprintf(retries, sizeof(retries), R_DIM "  retries %s%.1f%%",
			share >= RETRIES_MANY ? R_WARN : R_TEXT, share);
	panel_line(p, 2, R_DIM " first byte p50 " R_TEXT "%-5s" R_DIM " p99 " R_TEXT "%-5s%s",
		text_latency(l->first_byte_p50_us, a, sizeof(a)),
		text_latency(l->first_byte_p99_us, b, sizeof(b)), retries);
	add_spark(p, v, add_streams(p, &s->streams) ? 4 : 3);
}

const struct panel_ops latency_panel = {latency_recalculate, panel_draw_framed, NULL};
