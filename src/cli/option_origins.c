#include "cli/option_origins.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static size_t place_of(const struct option_row *o)
{
	size_t n;

	return (size_t)(o - option_table(&n));
}

void option_origins_forget(struct option_origins *g, const struct option_row *o)
{
	size_t at = place_of(o);

	for (size_t i = 0; i < g->at[at].n; i++)
		free(g->at[at].uses[i].text);
	free(g->at[at].uses);
	g->at[at].uses = NULL;
	g->at[at].n = 0;
}

void option_origins_note(
	struct option_origins *g, const struct option_row *o, int line, const char *text)
{
	size_t at = place_of(o);

	if (o->type != TYPE_LIST)
		option_origins_forget(g, o);
	g->at[at].uses = xrealloc(g->at[at].uses, g->at[at].n + 1, sizeof(*g->at[at].uses));
	g->at[at].uses[g->at[at].n++] = (struct option_use){line, xstrdup(text)};
}

const struct option_use *option_origins_of(
	const struct option_origins *g, const struct option_row *o, size_t *n)
{
	size_t at = place_of(o);

	*n = g->at[at].n;
	return g->at[at].uses;
}

bool option_origins_typed(const struct option_origins *g, const struct option_row *o)
{
	size_t at = place_of(o);

	return g->at[at].n && !g->at[at].uses[0].line;
}

void option_origins_pair(struct option_origins *g, const char *section, const char *name,
	const char *value, int line)
{
	g->pairs = xrealloc(g->pairs, g->n_pairs + 1, sizeof(*g->pairs));
	g->pairs[g->n_pairs++] =
		(struct config_pair){xstrdup(section), xstrdup(name), xstrdup(value), line};
}

static void free_pair(struct config_pair *p)
{
	free(p->section);
	free(p->name);
	free(p->value);
}

void option_origins_drop(struct option_origins *g, const char *section)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->n_pairs; i++) {
		if (strcmp(g->pairs[i].section, section) != 0)
			g->pairs[kept++] = g->pairs[i];
		else
			free_pair(&g->pairs[i]);
	}
	g->n_pairs = kept;
}

void option_origins_free(struct option_origins *g)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (size_t i = 0; i < n; i++)
		option_origins_forget(g, &rows[i]);
	for (size_t i = 0; i < g->n_pairs; i++)
		free_pair(&g->pairs[i]);
	free(g->pairs);
	free(g->path);
}
