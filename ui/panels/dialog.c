/* Short overlays of a screen: questions, and the command prompt. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view.h"
#include "phrases.h"

static void quit_recalculate(struct panel *p, const struct view *v)
{
	const struct item_counts *c = &v->snap.items;
	bool ends = v->leaving == UI_LEAVING_ENDS;
	int row = 3;
	char left[16];

	panel_line(p, 1, R_TITLE " Leave? %" PRIu64 " of %" PRIu64 " items are not finished.",
		c->total - phrase_done(c), c->total);
	if (!ends && v->snap.question)
		panel_line(p, row++, R_KEY "  Enter" R_TEXT "  leave: it drains in %s (default)",
			text_age(phrase_left(v->snap.answer_by_us - v->snap.now_us), left,
				sizeof(left)));
	else if (!ends)
		panel_line(p, row++, R_KEY "  Enter" R_TEXT "  leave: the run goes on (default)");
	panel_line(p, row++,
		R_KEY "  d" R_TEXT "      drain: finish %" PRIu64 " in flight, then exit",
		c->in_flight);
	panel_line(p, row++,
		R_KEY "  s" R_TEXT "      stop now: abort %" PRIu64 " in flight, then exit",
		c->in_flight);
	panel_line(p, row, R_KEY "  Esc" R_TEXT "    stay%s", ends ? " (default)" : "");
	panel_line(p, 7, R_DIM " The same command %s; nothing is lost.",
		ends ? "resumes the run" : "comes back to it");
}

const struct panel_ops quit_panel = {quit_recalculate, panel_draw_boxed, NULL};

/* The length of the front of the text, of whole words, that fits into these cells; 0: none does. */
static int front_of(const char *text, int cells)
{
	char front[PHRASE_SIZE];
	int fits = 0;

	for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' ')) {
		snprintf(front, sizeof(front), "%.*s", (int)(at - text), text);
		if (text_cells(front) > cells)
			break;
		fits = (int)(at - text);
	}
	return fits;
}

/* One line, or two where it has no room; returns how many. */
static int put_text(struct panel *p, int row, const char *role, const char *text)
{
	int cells = p->at.cols - 4, front = text_cells(text) > cells ? front_of(text, cells) : 0;
	char rest[PHRASE_SIZE];

	if (front)
		panel_line(p, row, "%s %.*s", role, front, text);
	text_cut(rest, sizeof(rest), text + front + (front > 0), cells);
	panel_line(p, row + (front > 0), "%s %s", role, rest);
	return front ? 2 : 1;
}

static void ask_recalculate(struct panel *p, const struct view *v)
{
	int row = 1 + put_text(p, 1, R_TITLE, v->question.title);

	put_text(p, row, R_DIM, v->question.note); /* its end gives way to the keys */
	panel_line(p, 4, R_KEY "  y" R_TEXT "              yes");
	panel_line(p, 5, R_KEY "  n, Enter, Esc" R_TEXT "  no (default)");
}

const struct panel_ops ask_panel = {ask_recalculate, panel_draw_boxed, NULL};

/* "$0.0200 of $0.0200" */
static void put_spent(const struct snapshot *s, char *out, size_t size)
{
	char spent[16], budget[16];

	if (s->question == QUESTION_BUDGET_USD)
		snprintf(out, size, "%s of %s", text_usd(s->cost.usd, spent, sizeof(spent)),
			text_usd(s->cost.budget_usd, budget, sizeof(budget)));
	else
		snprintf(out, size, "%s of %s tokens",
			text_count(s->cost.tokens, spent, sizeof(spent)),
			text_count(s->cost.budget_tokens, budget, sizeof(budget)));
}

static void budget_recalculate(struct panel *p, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	char spent[64], left[16];

	put_spent(s, spent, sizeof(spent));
	panel_line(p, 1, R_TITLE " Budget reached: %s", spent);
	panel_line(p, 2, R_DIM " %" PRIu64 " of %" PRIu64 " items are not finished",
		s->items.total - phrase_done(&s->items), s->items.total);
	panel_line(p, 3, R_KEY "  r" R_TEXT "    raise it: type how much");
	panel_line(p, 4, R_KEY "  w" R_TEXT "    go on without it");
	panel_line(p, 5, R_KEY "  d" R_TEXT "    drain: %" PRIu64 " in flight, then exit",
		s->items.in_flight);
	panel_line(p, 6, R_KEY "  Esc" R_TEXT "  later: nothing new is sent");
	panel_line(p, 7, R_DIM " Without a key it drains in %s.",
		text_age(phrase_left(s->answer_by_us - s->now_us), left, sizeof(left)));
}

const struct panel_ops budget_panel = {budget_recalculate, panel_draw_boxed, NULL};

/* The choices of Tab from the first on with which the one in the text is in sight. */
static const char *choices(const struct prompt *p, int cells)
{
	const char *from = p->hint, *at = p->hint;

	for (int i = 0; i < p->choice; i++)
		at += strcspn(at, " ") + 1;
	at += strcspn(at, " ");
	while (at - from > cells && from + strcspn(from, " ") < at)
		from += strcspn(from, " ") + 1;
	return from;
}

/* The line and, after it, the choices of Tab. */
static void prompt_recalculate(struct panel *p, const struct view *v)
{
	const struct prompt *line = &v->prompt;
	const char *role = line->selected ? R_SELECTED : R_TEXT;
	char shown[PROMPT_MAX];

	prompt_window(line, p->at.cols - 1, shown, sizeof(shown));
	if (line->searching)
		panel_line(p, 0, R_KEY ":" R_TEXT "%s" R_DIM "   ^R older with: %s", shown,
			line->needle);
	else
		panel_line(p, 0, R_KEY "%s%s%s" R_DIM "%s%s", line->lead[0] ? "/" : ":", role,
			shown, line->hint[0] ? "   " : "",
			choices(line, p->at.cols - text_cells(shown) - 4));
}

const struct panel_ops prompt_panel = {prompt_recalculate, panel_draw_plain, NULL};
