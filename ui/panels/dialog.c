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

	panel_line(p, 1, R_TITLE " Leave? %" PRIu64 " of %" PRIu64 " items are not finished.",
		c->total - phrase_done(c), c->total);
	panel_line(p, 3, R_KEY "  d" R_TEXT "    drain: finish %" PRIu64 " in flight, then exit",
		c->in_flight);
	panel_line(p, 4, R_KEY "  s" R_TEXT "    stop now: abort %" PRIu64 " in flight, then exit",
		c->in_flight);
	panel_line(p, 5, R_KEY "  Esc" R_TEXT "  stay (default)");
	panel_line(p, 7, R_DIM " The same command resumes the run; nothing is lost.");
}

const struct panel_ops quit_panel = {quit_recalculate, panel_draw_boxed, NULL};

static void ask_recalculate(struct panel *p, const struct view *v)
{
	panel_line(p, 1, R_TITLE " %s", v->question.title);
	panel_line(p, 2, R_DIM " %s", v->question.note);
	panel_line(p, 4, R_KEY "  y" R_TEXT "              yes");
	panel_line(p, 5, R_KEY "  n, Enter, Esc" R_TEXT "  no (default)");
}

const struct panel_ops ask_panel = {ask_recalculate, panel_draw_boxed, NULL};

/* The line and, after it, the choices of Tab. */
static void prompt_recalculate(struct panel *p, const struct view *v)
{
	char shown[PROMPT_MAX];

	prompt_window(&v->prompt, p->at.cols - 1, shown, sizeof(shown));
	panel_line(p, 0, R_KEY ":" R_TEXT "%s" R_DIM "%s%s", shown, v->prompt.hint[0] ? "   " : "",
		v->prompt.hint);
}

const struct panel_ops prompt_panel = {prompt_recalculate, panel_draw_plain, NULL};
