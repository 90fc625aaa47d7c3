/* Tokens and bytes, and what the whole run will have used of them. */
#include <stdio.h>

#include "base/text.h"
#include "view.h"
#include "words.h"

static void line(
	struct panel *p, int i, const char *name, double in, double out, const char *between)
{
	char a[16], b[16];

	panel_line(p, i, R_DIM " %-10s%s" R_TEXT "%-9s" R_DIM "out " R_TEXT "%s", name, between,
		text_count(in, a, sizeof(a)), text_count(out, b, sizeof(b)));
}

static void tokens_recalculate(struct panel *p, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	double in = (double)s->tokens_in, out = (double)s->tokens_out;
	uint64_t done = words_done(&s->items), here = done > s->resumed ? done - s->resumed : 0;
	char a[16], b[16];

	panel_title(p, "tokens, bytes", "");
	line(p, 1, "tokens", in, out, "in  ");
	if (here)
		line(p, 2, "per item", in / (double)here, out / (double)here, "in  ");
	else
		panel_line(p, 2, R_DIM " per item  in  -        out -");
	panel_line(p, 3, R_DIM " %-10sin  " R_TEXT "%-9s" R_DIM "out " R_TEXT "%s", "bytes",
		text_bytes((double)s->bytes_in, a, sizeof(a)),
		text_bytes((double)s->bytes_out, b, sizeof(b)));
}

const struct panel_ops tokens_panel = {tokens_recalculate, panel_draw_framed, NULL};
