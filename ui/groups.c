#include "groups.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { GROUPS_MAX = 256 };

void groups_free(struct groups *g)
{
	free(g->group);
	*g = (struct groups){0};
}

const struct error_group *groups_selected(const struct groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->group[i].id == g->id)
			return &g->group[i];
	return NULL;
}

static void select_at_cursor(struct groups *g)
{
	g->id = g->list.cursor < g->n ? g->group[g->list.cursor].id : 0;
}

void groups_refresh(struct groups *g, const struct port *port, int rows)
{
	const struct error_group *selected;

	if (!g->group)
		g->group = xcalloc(GROUPS_MAX, sizeof(*g->group));
	g->n = port_errors(port, g->group, GROUPS_MAX, &g->total);
	g->attempts = 0;
	for (size_t i = 0; i < g->n; i++)
		g->attempts += g->group[i].attempts;
	selected = groups_selected(g);
	if (selected)
		list_follow(&g->list, (uint64_t)(selected - g->group));
	list_fit(&g->list, g->n, rows);
	if (!selected)
		select_at_cursor(g);
	if (!port_error_hits(port, g->id, &g->hits))
		g->hits = (struct error_hits){.sample = {""}};
}

bool groups_move(struct groups *g, const char *how)
{
	if (!list_move(&g->list, how))
		return false;
	select_at_cursor(g);
	return true;
}
