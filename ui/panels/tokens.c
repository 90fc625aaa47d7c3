/* Tokens and bytes, and their projection for the whole run. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "view.h"
#include "phrases.h"

/* From this many columns on, the cost line names what was spent. */
enum { ROOMY = 50 };

static void line(
	struct panel *p, int i, const char *name, double in, double out, const char *between)
{
	char a[16], b[16];

	panel_line(p, i, R_DIM " %-10s%s" R_TEXT "%-9s" R_DIM "out " R_TEXT "%s", name, between,
		text_count(in, a, sizeof(a)), text_count(out, b, sizeof(b)));
}

/* How many times a budget will be used up; 0: there is none. */
static double times_used(double projected, double budget)
{
	return budget > 0 && projected > 0 ? projected / budget : 0;
}

/* Dollars are shown where they are known, unless the budget of tokens is the one that ends the run.
 */
static bool shows_tokens(const struct cost_view *c)
{
	double tokens = times_used(c->projected_tokens, c->budget_tokens);

	if (c->usd < 0 && !c->expected)
		return true;
	return tokens > 1 && tokens > times_used(c->projected_usd, c->budget_usd);
}

/* Cost, budget and projected cost; false when neither price nor budget is known. */
static bool cost_line(struct panel *p, int i, const struct cost_view *c)
{
	char spent[32], cap[32] = "", projected[24] = "";
	bool over = (c->budget_usd > 0 && c->projected_usd > c->budget_usd) ||
		    (c->budget_tokens > 0 && c->projected_tokens > c->budget_tokens);

	if (!shows_tokens(c)) {
		text_usd(c->usd, spent, sizeof(spent));
		if (c->unpriced && c->usd >= 0)
			strcat(spent, " + ?");
		if (c->budget_usd > 0)
			text_usd(c->budget_usd, cap, sizeof(cap));
		if (c->projected_usd >= 0)
			text_usd(c->projected_usd, projected, sizeof(projected));
	} else if (c->budget_tokens > 0) {
		text_count(c->tokens, spent, sizeof(spent));
		text_count(c->budget_tokens, cap, sizeof(cap));
		if (c->projected_tokens >= 0)
			text_count(c->projected_tokens, projected, sizeof(projected));
	} else {
		return false;
	}
	if (c->ends_at_item)
		panel_line(p, i,
			R_TEXT " %s" R_DIM " of " R_TEXT "%s, " R_WARN "ends at item ~%" PRIu64,
			spent, cap, c->ends_at_item);
	else
		panel_line(p, i, R_DIM "%s" R_TEXT "%s" R_DIM "%s" R_TEXT "%s" R_DIM "%s%s%s",
			p->at.cols < ROOMY ? " " : " spent ", spent, cap[0] ? " of " : "", cap,
			!projected[0]        ? ""
			: p->at.cols < ROOMY ? ", projected "
					     : "  projected ",
			over ? R_WARN : R_TEXT, projected);
	return true;
}

/* The most expensive models, where the panel has room below; nothing for one alone. */
static void model_lines(struct panel *p, int i, const struct cost_view *c)
{
	char usd[16], in[16], out[16];

	for (int k = 0; c->n_models > 1 && k < c->n_models && i + k < p->at.rows; k++) {
		const struct model_cost_view *m = &c->model[k];

		panel_line(p, i + k,
			R_DIM " %-8s " R_TEXT "%s" R_DIM "  in " R_TEXT "%s" R_DIM " out " R_TEXT
			      "%s",
			text_usd(m->usd, usd, sizeof(usd)), m->name,
			text_count(m->tokens_in, in, sizeof(in)),
			text_count(m->tokens_out, out, sizeof(out)));
	}
}

static void tokens_recalculate(struct panel *p, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	double in = (double)s->tokens_in, out = (double)s->tokens_out;
	char a[16], b[16];

	bool costs = s->cost.usd >= 0 || s->cost.expected || s->cost.budget_tokens > 0;

	model_lines(p, 4, &s->cost);
	panel_title(p, costs ? "tokens, cost" : s->past ? "tokens" : "tokens, bytes", "");
	line(p, 1, "tokens", in, out, "in  ");
	if (s->cost.asked)
		line(p, 2, "per item", in / (double)s->cost.asked, out / (double)s->cost.asked,
			"in  ");
	else
		panel_line(p, 2, R_DIM " per item  in  -        out -");
	/* no file of a run has its bytes */
	if (cost_line(p, 3, &s->cost) || s->past)
		return;
	if (s->past) { /* its files do not have them */
		panel_line(p, 3, R_DIM " bytes     in  -        out -");
		return;
	}
	panel_line(p, 3, R_DIM " %-10sin  " R_TEXT "%-9s" R_DIM "out " R_TEXT "%s", "bytes",
		text_bytes((double)s->bytes_in, a, sizeof(a)),
		text_bytes((double)s->bytes_out, b, sizeof(b)));
}

const struct panel_ops tokens_panel = {tokens_recalculate, panel_draw_framed, NULL};
