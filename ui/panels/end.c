/* In place of the items in flight when the run is done: what it came to, and what can be done now.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "figures_text.h"
#include "phrases.h"
#include "view.h"

enum { TITLED_FROM = 3, LABEL = 10, FAILURES = 3 };

/* The lines of the panel, as far as there is room. */
struct lines_of {
	struct panel *panel;
	int row;
};

static void put(struct lines_of *to, const char *label, const char *role, const char *text)
{
	int cells = to->panel->at.cols - LABEL - 2;
	char cut[PHRASE_SIZE];

	text_cut(cut, sizeof(cut), text, cells);
	panel_line(to->panel, to->row++,
		R_DIM " %-*s"
		      "%s%s",
		LABEL, label, role, cut);
}

/* The end of a path tells more than its beginning. */
static void put_path(struct lines_of *to, const char *label, const char *path)
{
	int cells = to->panel->at.cols - LABEL - 2;
	char text[PHRASE_SIZE];

	if (!*path)
		return;
	if (text_cells(path) <= cells) {
		put(to, label, R_TEXT, path);
		return;
	}
	while (*path && text_cells(path) > cells - 1)
		path += text_utf8(path, strlen(path), &(uint32_t){0});
	snprintf(text, sizeof(text), "~%s", path);
	put(to, label, R_TEXT, text);
}

/* "120 of 10000: 54 timeout, 9 client error" */
static void put_failed(struct lines_of *to, const struct snapshot *s)
{
	bool shown[OUTCOME_COUNT] = {false};
	char text[PHRASE_SIZE];
	size_t at;

	at = (size_t)snprintf(
		text, sizeof(text), "%" PRIu64 " of %" PRIu64, s->items.failed, s->items.total);
	for (int n = 0; n < FAILURES; n++) {
		int best = -1;

		for (int o = 0; o < OUTCOME_COUNT; o++)
			if (!shown[o] && s->final_failures[o] &&
				(best < 0 || s->final_failures[o] > s->final_failures[best]))
				best = o;
		if (best < 0)
			break;
		shown[best] = true;
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%" PRIu64 " %s",
			n ? ", " : ": ", s->final_failures[best],
			outcome_label((enum outcome)best));
	}
	put(to, "failed", R_BAD, text);
}

/* The error of the most items that failed, in the words of the server. */
static void put_worst(struct lines_of *to, const struct view *v)
{
	const struct error_group *worst = NULL;
	char text[PHRASE_SIZE];

	for (size_t i = 0; i < v->groups.n; i++) {
		const struct error_group *g = &v->groups.group[i];

		if (g->items && (!worst || g->items > worst->items))
			worst = g;
	}
	if (!worst)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " item%s: %s%s%.200s", worst->items,
		worst->items == 1 ? "" : "s", outcome_label(worst->outcome),
		worst->message[0] ? ": " : "", worst->message[0] ? worst->message : worst->code);
	put(to, "most", R_TEXT, text);
}

static void put_keys(struct lines_of *to, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	char retry[8], errors[8], text[PHRASE_SIZE];

	binding_key_for("matching retry", CONTEXT_MAIN, retry);
	binding_key_for("screen errors", CONTEXT_MAIN, errors);
	if (!s->items.failed)
		return;
	if (!phrase_retryable(s))
		snprintf(text, sizeof(text),
			"fix the bad lines, then the same command; %s lists the errors", errors);
	else if (v->read_only)
		snprintf(text, sizeof(text),
			"%s lists the errors; the same command with --retry-failed", errors);
	else
		snprintf(text, sizeof(text),
			"%s retries the %" PRIu64
			" failed, %s lists the errors; later: --retry-failed",
			retry, phrase_retryable(s), errors);
	put(to, "next", R_KEY, text);
}

static void put_cost(struct lines_of *to, const struct snapshot *s)
{
	char cost[FIGURES_TEXT_SIZE], tokens[FIGURES_TEXT_SIZE], text[PHRASE_SIZE];
	bool priced = s->cost.usd >= 0 || s->cost.expected;

	if (!priced && !s->tokens_in && !s->tokens_out)
		return;
	snprintf(text, sizeof(text), "%s%stokens %s",
		priced ? figures_cost(s->cost.usd, (double)s->cost.unpriced, cost) : "",
		priced ? "; " : "",
		figures_tokens((double)s->tokens_in, (double)s->cost.tokens_cached,
			(double)s->cost.tokens_cache_write, (double)s->tokens_out, tokens));
	put(to, "cost", R_TEXT, text);
}

static void end_recalculate(struct panel *p, const struct view *v)
{
	struct lines_of to = {p, p->at.rows >= TITLED_FROM};
	const struct snapshot *s = &v->snap;
	char note[PHRASE_SIZE], quit[8];

	snprintf(note, sizeof(note), "%s leaves", binding_key_for("back", CONTEXT_MAIN, quit));
	if (to.row)
		panel_title(p, "the run is done", note);
	if (s->items.failed) {
		put_failed(&to, s);
		put_keys(&to, v);
		put_worst(&to, v);
	} else {
		snprintf(
			note, sizeof(note), "%" PRIu64 " of %" PRIu64, s->items.ok, s->items.total);
		put(&to, "ok", R_GOOD, note);
	}
	put_cost(&to, s);
	put_path(&to, "answers", s->results);
	if (s->items.failed + s->items.cancelled)
		put_path(&to, "failures", s->errors);
	put_path(&to, "journal", s->journal);
}

static void end_draw(const struct panel *p, struct canvas *c)
{
	if (p->at.rows >= TITLED_FROM)
		panel_draw_framed(p, c);
	else
		panel_draw_plain(p, c);
}

const struct panel_ops end_panel = {end_recalculate, end_draw, NULL};
