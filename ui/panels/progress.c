/* The bar: items ended of all. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "figures_text.h"
#include "view.h"
#include "phrases.h"

enum { BAR_LEAST = 12 };

/* Appends n times a glyph. */
static size_t repeat(char *out, size_t at, size_t size, const char *glyph, int n)
{
	size_t len = strlen(glyph);

	while (n-- > 0 && at + len + 1 < size) {
		memcpy(out + at, glyph, len);
		at += len;
	}
	out[at] = '\0';
	return at;
}

/* Those of the full cells that stand for failures: at least one if there are any. */
static int bad_cells(const struct snapshot *s, int full)
{
	uint64_t done = phrase_done(&s->items);
	double share = done ? (double)s->items.failed / (double)done : 0;
	int cells = (int)(share * full + 0.5);

	return share > 0 && !cells && full ? 1 : cells;
}

static void progress_recalculate(struct panel *p, const struct view *v)
{
	const struct glyph_set *g = v->canvas.glyphs;
	const struct snapshot *s = &v->snap;
	char bar[PANEL_LINE - 64], label[PHRASE_SIZE + 16], total[PHRASE_SIZE], saved[PHRASE_SIZE];
	char more[PHRASE_SIZE + 2] = "";
	int percent = phrase_percent(s), width, filled, bad, steps = g->bar_step_count;
	size_t at;

	snprintf(label, sizeof(label), "%3d%% of %s", percent, phrase_total(s, total));
	width = p->at.cols - 5 - text_cells(label);
	if (input_part_is(&s->part)) {
		char part[FIGURES_TEXT_SIZE];

		snprintf(
			label, sizeof(label), "%3d%% of %s", percent, figures_part(&s->part, part));
		if (p->at.cols - 5 - text_cells(label) < BAR_LEAST)
			snprintf(label, sizeof(label), "%3d%% of %s", percent, total);
		width = p->at.cols - 5 - text_cells(label);
	}
	/* The bar is more useful than the number of saved requests. */
	if (phrase_saved(s, saved)[0] && width - text_cells(saved) - 2 >= BAR_LEAST) {
		snprintf(more, sizeof(more), ", %s", saved);
		width -= text_cells(more);
	}
	if (width < 1)
		width = 1;
	filled = (int)((double)percent / 100 * width * steps);
	bad = bad_cells(s, filled / steps);
	at = repeat(bar, 0, sizeof(bar), g->bar_steps[steps - 1], filled / steps - bad);
	at = repeat(bar, at, sizeof(bar), R_REFUSALS, bad > 0);
	at = repeat(bar, at, sizeof(bar), g->bar_steps[steps - 1], bad);
	at = repeat(bar, at, sizeof(bar), g->bar_steps[filled % steps ? filled % steps - 1 : 0],
		filled % steps ? 1 : 0);
	at = repeat(bar, at, sizeof(bar), R_RULE, 1);
	repeat(bar, at, sizeof(bar), g->bar_empty, width - (filled + steps - 1) / steps);
	panel_line(p, 0, " [" R_BAR "%s" R_TEXT "] " R_STRONG "%s" R_DIM "%s", bar, label, more);
}

const struct panel_ops progress_panel = {progress_recalculate, panel_draw_plain, NULL};
