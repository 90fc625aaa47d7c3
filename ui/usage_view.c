#include "usage_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void usage_view_free(struct usage_view *u)
{
	free(u->row);
	*u = (struct usage_view){.n = 0};
}

static bool same(const struct usage_row *a, const struct usage_row *b)
{
	return a->kind == b->kind && !strcmp(a->name, b->name);
}

static void select_at_cursor(struct usage_view *u)
{
	u->selected =
		u->list.cursor < u->n ? u->row[u->list.cursor] : (struct usage_row){.requests = 0};
}

void usage_view_refresh(struct usage_view *u, const struct port *port, int rows)
{
	if (!u->row)
		u->row = xcalloc(USAGE_ROWS_SHOWN, sizeof(*u->row));
	u->n = port_usage(port, u->row, USAGE_ROWS_SHOWN);
	for (size_t i = 0; i < u->n; i++)
		if (u->selected.requests && same(&u->row[i], &u->selected))
			list_follow(&u->list, i);
	list_fit(&u->list, u->n, rows);
	select_at_cursor(u);
}

bool usage_view_move(struct usage_view *u, const char *how)
{
	if (!list_move(&u->list, how))
		return false;
	select_at_cursor(u);
	return true;
}

void usage_view_select(struct usage_view *u, enum usage_kind kind, const char *name)
{
	u->selected = (struct usage_row){.kind = kind, .requests = 1};
	snprintf(u->selected.name, sizeof(u->selected.name), "%s", name);
}

bool usage_view_filter(const struct usage_view *u, char *out, size_t size)
{
	static const char *const words[USAGE_KINDS] = {
		[USAGE_MODEL] = "model", [USAGE_ENDPOINT] = "endpoint", [USAGE_STAGE] = "stage"};
	const char *word = words[u->selected.kind], *name = u->selected.name;
	bool quoted = strpbrk(name, " :!,<>=");

	if (!u->selected.requests || !name[0] || strchr(name, '"'))
		return false;
	snprintf(out, size, quoted ? "%s:\"%s\"" : "%s:%s", word, name);
	return true;
}
