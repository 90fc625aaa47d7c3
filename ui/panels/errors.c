/* The outcomes of failed attempts, most frequent first, and the items that each ended. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "view.h"

struct kind {
	enum outcome outcome;
	uint64_t attempts, final;
};

/* The kinds seen, sorted by attempts; returns how many. */
static int kinds_of(const struct snapshot *s, struct kind out[OUTCOME_COUNT])
{
	int n = 0;

	for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++) {
		struct kind k = {(enum outcome)i, s->outcomes[i], s->final_failures[i]};
		int at = n;

		if (!k.attempts && !k.final)
			continue;
		while (at > 0 && out[at - 1].attempts < k.attempts) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = k;
		n++;
	}
	return n;
}

static void kind_line(struct panel *p, int i, const char *name, uint64_t attempts, uint64_t final)
{
	char last[48] = "", n[24];
	int digits = snprintf(NULL, 0, "%" PRIu64, attempts);

	if (final && final < 100000)
		snprintf(last, sizeof(last), R_BAD "%" PRIu64 " final", final);
	else if (final)
		snprintf(last, sizeof(last), R_BAD "%s final",
			text_count((double) final, n, sizeof(n)));
	/* the role is of the number alone: some are underlined */
	panel_line(p, i, " %-17s%*s%s%" PRIu64 R_TEXT "  %s", name, digits < 8 ? 8 - digits : 0, "",
		attempts ? R_WARN : R_TEXT, attempts, last);
}

static void errors_recalculate(struct panel *p, const struct view *v)
{
	struct kind kinds[OUTCOME_COUNT], rest = {0};
	int n = kinds_of(&v->snap, kinds), room = p->at.rows - 1, shown = n > room ? room - 1 : n;
	uint64_t sum = 0;
	char title[48], more[24];

	for (int i = 0; i < n; i++) {
		sum += kinds[i].attempts;
		if (i < shown) {
			kind_line(p, i + 1, outcome_label(kinds[i].outcome), kinds[i].attempts,
				kinds[i].final);
			continue;
		}
		rest.attempts += kinds[i].attempts;
		rest.final += kinds[i].final;
	}
	snprintf(title, sizeof(title), "failed attempts %" PRIu64, sum);
	panel_title(p, title, "");
	if (n > shown) {
		snprintf(more, sizeof(more), "%d other kinds", n - shown);
		kind_line(p, shown + 1, more, rest.attempts, rest.final);
	}
	if (!n)
		panel_line(p, 1, R_DIM " none");
}

const struct panel_ops errors_panel = {errors_recalculate, panel_draw_framed, NULL};
