/* How long answers of the last minute took, and how many attempts that needed. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "view.h"

static void latency_recalculate(struct panel *p, const struct view *v)
{
	const struct latency_summary *l = &v->snap.latency;
	const struct snapshot *s = &v->snap;
	double share = s->attempts ? (double)s->retries * 100 / (double)s->attempts : 0;
	char a[16], b[16], c[16], d[16];

	panel_title(p, "latency, last 60 s", "");
	panel_line(p, 1, R_DIM "             p50    p90    p99    max");
	panel_line(p, 2, R_DIM " answer      " R_TEXT "%-7s%-7s%-7s%s",
		text_latency(l->p50_us, a, sizeof(a)), text_latency(l->p90_us, b, sizeof(b)),
		text_latency(l->p99_us, c, sizeof(c)), text_latency(l->max_us, d, sizeof(d)));
	panel_line(p, 3, R_DIM " first byte  " R_TEXT "%-14s%s",
		text_latency(l->first_byte_p50_us, a, sizeof(a)),
		text_latency(l->first_byte_p99_us, b, sizeof(b)));
	panel_line(p, 4,
		R_DIM " attempts " R_TEXT "%-9" PRIu64 R_DIM " retries " R_TEXT "%" PRIu64
		      " (%.1f%%)",
		s->attempts, s->retries, share);
}

const struct panel_ops latency_panel = {latency_recalculate, panel_draw_framed, NULL};
