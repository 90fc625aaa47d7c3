/* All that fits where nothing fits. */
#include <inttypes.h>
#include <stdio.h>

#include "actions.h"
#include "view.h"
#include "phrases.h"

static void tiny_recalculate(struct panel *p, const struct view *v)
{
	const struct item_row *item = actions_item(v);
	char state[PHRASE_SIZE], failed[48] = "";

	if (v->snap.items.failed)
		snprintf(failed, sizeof(failed), "  " R_BAD "%" PRIu64 " failed",
			v->snap.items.failed);
	panel_line(p, 0, R_STRONG "%d%%" R_TEXT " %" PRIu64 " in flight", phrase_percent(&v->snap),
		v->snap.items.in_flight);
	if (item && v->screen != SCREEN_MAIN)
		panel_line(p, 1, ">%s %s", item->id, item_state_name(item->state));
	else
		panel_line(p, 1, "%s%s", phrase_state(&v->snap, state), failed);
}

const struct panel_ops tiny_panel = {tiny_recalculate, panel_draw_plain, NULL};
