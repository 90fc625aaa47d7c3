/* Tokens and bytes, and their projection for the whole run. */
#include <stdio.h>

#include "base/text.h"
#include "view.h"
#include "phrases.h"

static void line(
	struct panel *p, int i, const char *name, double in, double out, const char *between)
{
	char a[16], b[16];

	panel_line(p, i, R_DIM " %-10s%s" R_TEXT "%-9s" R_DIM "out " R_TEXT "%s", name, between,
		text_count(in, a, sizeof(a)), text_count(out, b, sizeof(b)));
}

/* Dollars as people read them: $0.0044, $18.42, $1.2k. */
static const char *dollars(double usd, char *out, size_t size)
{
	char n[16];

	if (usd < 1)
		snprintf(out, size, "$%.4f", usd);
	else if (usd < 1000)
		snprintf(out, size, "$%.2f", usd);
	else
		snprintf(out, size, "$%s", text_count(usd, n, sizeof(n)));
	return out;
}

/* Cost, budget and projected cost; false when neither price nor budget is known. */
static bool cost_line(struct panel *p, int i, const struct cost_view *c)
{
	char spent[24], cap[32] = "", projected[24] = "-";

	if (c->usd >= 0) {
		dollars(c->usd, spent, sizeof(spent));
		if (c->budget_usd > 0)
			dollars(c->budget_usd, cap, sizeof(cap));
		if (c->projected_usd >= 0)
			dollars(c->projected_usd, projected, sizeof(projected));
	} else if (c->budget_tokens > 0) {
		text_count(c->tokens, spent, sizeof(spent));
		text_count(c->budget_tokens, cap, sizeof(cap));
		if (c->projected_tokens >= 0)
			text_count(c->projected_tokens, projected, sizeof(projected));
	} else {
		return false;
	}
	panel_line(p, i,
		R_DIM " spent " R_TEXT "%s" R_DIM "%s" R_TEXT "%s" R_DIM "  projected " R_TEXT "%s",
		spent, cap[0] ? " of " : "", cap, projected);
	return true;
}

static void tokens_recalculate(struct panel *p, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	double in = (double)s->tokens_in, out = (double)s->tokens_out;
	uint64_t done = phrase_done(&s->items), here = done > s->resumed ? done - s->resumed : 0;
	char a[16], b[16];

	bool costs = s->cost.usd >= 0 || s->cost.budget_tokens > 0;

	panel_title(p, costs ? "tokens, cost" : "tokens, bytes", "");
	line(p, 1, "tokens", in, out, "in  ");
	if (here)
		line(p, 2, "per item", in / (double)here, out / (double)here, "in  ");
	else
		panel_line(p, 2, R_DIM " per item  in  -        out -");
	if (cost_line(p, 3, &s->cost))
		return;
	panel_line(p, 3, R_DIM " %-10sin  " R_TEXT "%-9s" R_DIM "out " R_TEXT "%s", "bytes",
		text_bytes((double)s->bytes_in, a, sizeof(a)),
		text_bytes((double)s->bytes_out, b, sizeof(b)));
}

const struct panel_ops tokens_panel = {tokens_recalculate, panel_draw_framed, NULL};
