/* The inspector, and its small sister beside the list of items. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "item_table.h"
#include "view.h"
#include "phrases.h"

static void put_title(const struct inspector *in, const struct view *v, char *out, size_t size)
{
	char words[PHRASE_SIZE];

	if (!in->line)
		snprintf(out, size, "no item is selected");
	else
		snprintf(out, size, "%s", item_words(&in->row, v->snap.now_us, words));
}

/* "text [request] response attempts", and the search text. */
static void put_tabs(struct panel *p, const struct inspector *in)
{
	char out[256] = "";
	size_t at = 0;

	for (int i = 0; i < TAB_COUNT; i++) {
		bool here = in->tab == (enum inspector_tab)i;

		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s%s%s",
			here ? R_STRONG "[" : R_DIM " ", inspector_tab_name((enum inspector_tab)i),
			here ? "]" : " ", i + 1 < TAB_COUNT ? " " : "");
	}
	panel_line(p, 1, " %s" R_DIM "%s%s%s", out, in->unwrapped ? "  not wrapped" : "",
		in->find[0] ? "  /" : "", in->find);
}

static void show(struct panel *p, const struct view *v, const struct inspector *in)
{
	int top = table_top(p->at.rows), rows = table_room(p->at.rows);
	char title[PHRASE_SIZE], range[48], text[PANEL_LINE - 8];

	put_title(in, v, title, sizeof(title));
	if (top)
		panel_title(p, title, list_range(&in->list, range));
	if (in->line && !in->doc.lines && v->late)
		panel_line(p, top, R_DIM "  %s", phrase_late);
	for (int i = 0; i < rows && in->list.first + (uint64_t)i < in->doc.lines; i++) {
		size_t line = (size_t)in->list.first + (size_t)i;
		bool hit = in->find[0] && in->hit == line + 1;

		doc_show(&in->doc, line, in->find, in->shift, text, sizeof(text));
		panel_line(p, top + i, "%c%s", hit ? '>' : ' ', text);
	}
}

static void inspector_recalculate(struct panel *p, const struct view *v)
{
	show(p, v, &v->inspector);
	if (table_top(p->at.rows) > 1)
		put_tabs(p, &v->inspector);
}

static void preview_recalculate(struct panel *p, const struct view *v)
{
	show(p, v, &v->preview);
	if (table_top(p->at.rows) > 1)
		panel_line(p, 1, R_DIM " Enter opens it: headers, attempts, search");
}

static bool command(struct panel *p, struct view *v, const char *name, const char *args)
{
	struct inspector *in = &v->inspector;
	bool fresh = !strcmp(name, "find");

	(void)p;
	if (!fresh && strncmp(name, "find-", 5) != 0)
		return inspector_command(in, name, args);
	if (fresh)
		snprintf(in->find, sizeof(in->find), "%s", args);
	if (!in->find[0])
		view_message(v, true, "no search yet: / starts one");
	else if (!inspector_find(in, !fresh, !strcmp(name, "find-previous")))
		view_message(
			v, true, "not in the %s: %.100s", inspector_tab_name(in->tab), in->find);
	return true;
}

const struct panel_ops inspector_panel = {inspector_recalculate, table_draw, command};
const struct panel_ops preview_panel = {preview_recalculate, table_draw, NULL};
