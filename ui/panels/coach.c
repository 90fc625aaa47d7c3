/* The line of coaching, above the keys. */
#include "base/text.h"
#include "view.h"

static void coach_recalculate(struct panel *p, const struct view *v)
{
	char cut[PANEL_LINE];

	if (!v->coach.text)
		return;
	text_cut(cut, sizeof(cut), v->coach.text, p->at.cols - 1);
	panel_line(p, 0, R_KEY " %s", cut);
}

const struct panel_ops coach_panel = {coach_recalculate, panel_draw_plain, NULL};
