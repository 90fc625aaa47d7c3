/* The items in flight, oldest first, then waiting ones. */
#include <stdio.h>
#include <string.h>

#include "item_table.h"
#include "view.h"
#include "phrases.h"

enum { ROOMY = 60 };

/* A replay knows by their ends which items were in flight. */
static const char not_named[] = "not named in the files";

static void active_recalculate(struct panel *p, const struct view *v)
{
	const struct item_list *l = &v->active;
	char range[48], note[PHRASE_SIZE];

	item_table_show(p, l, NULL, &v->snap);
	if (!l->n)
		panel_line(p, table_top(p->at.rows), R_DIM "  %s",
			v->late                                            ? phrase_late
			: l->info.error[0]                                 ? l->info.error
			: v->snap.replay.on && v->snap.items.in_flight > 0 ? not_named
									   : "none");
	if (l->line && l->absent)
		item_words(&l->selected, v->snap.now_us, note);
	else
		snprintf(note, sizeof(note), "%s",
			l->list.total > l->n ? list_range(&l->list, range) : "");
	if (table_top(p->at.rows))
		panel_title(p,
			v->snap.items.waiting && p->at.cols >= ROOMY
				? "in flight, oldest first, waiting"
				: "in flight, oldest first",
			note);
}

static bool command(struct panel *p, struct view *v, const char *name, const char *args)
{
	(void)p;
	return !strcmp(name, "scroll") && item_list_move(&v->active, &v->port, QUERY_ACTIVE, args);
}

const struct panel_ops active_panel = {active_recalculate, table_draw, command};
