/* All items, or the matches of a filter. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "item_table.h"
#include "view.h"
#include "phrases.h"

static void put_title(const struct items_view *it, char *out, size_t size)
{
	const struct item_query *q = &it->query;
	char sorted[32] = "";

	if (q->sort != FIELD_LINE || q->descending)
		snprintf(sorted, sizeof(sorted), ", by %s%s", item_field(q->sort)->name,
			q->descending ? ", descending" : "");
	snprintf(out, size, "items%s%s%s%s%s", q->filter[0] ? ": " : "", q->filter, sorted,
		it->follow ? ", FOLLOWING" : "", it->frozen ? ", FROZEN" : "");
}

static void put_note(const struct items_view *it, uint64_t tags, char *out, size_t size)
{
	char range[48], tagged[48] = "", searched[32] = "";
	const struct rows_info *info = &it->list.info;

	if (tags)
		snprintf(tagged, sizeof(tagged), "%" PRIu64 " tagged, ", tags);
	if (!info->complete && !info->error[0])
		snprintf(searched, sizeof(searched), ", %d%% %s", (int)(info->progress * 100),
			it->query.filter[0] ? "searched" : "sorted");
	snprintf(out, size, "%s%s%s", tagged, list_range(&it->list.list, range), searched);
}

static void items_recalculate(struct panel *p, const struct view *v)
{
	const struct items_view *it = &v->items;
	int top = table_top(p->at.rows);
	char title[PHRASE_SIZE + 64], note[160];

	item_table_show(p, &it->list, &it->columns, &v->snap);
	if (it->list.info.error[0])
		panel_line(p, top, R_BAD "  %s", it->list.info.error);
	else if (!it->list.n)
		panel_line(p, top, R_DIM "  %s",
			v->late                  ? phrase_late
			: it->list.info.complete ? "none"
						 : "none yet");
	put_title(it, title, sizeof(title));
	put_note(it, v->snap.tagged, note, sizeof(note));
	if (top)
		panel_title(p, title, note);
}

static bool command(struct panel *p, struct view *v, const char *name, const char *args)
{
	(void)p;
	return items_view_command(&v->items, &v->port, name, args);
}

const struct panel_ops items_panel = {items_recalculate, table_draw, command};
