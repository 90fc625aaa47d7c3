#include "serve/catalog.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"

struct catalog *catalog_new(size_t n)
{
	struct catalog *c = xcalloc(1, sizeof(*c));

	c->n = n;
	atomic_init(&c->holders, 1);
	return c;
}

void catalog_make(struct catalog *c)
{
	for (size_t i = 0; i < c->n; i++)
		model_list_add_all(&c->all, &c->at[i].list);
	model_list_sort(&c->all);
}

struct catalog *catalog_hold(struct catalog *c)
{
	atomic_fetch_add(&c->holders, 1);
	return c;
}

void catalog_release(struct catalog *c)
{
	if (!c || atomic_fetch_sub(&c->holders, 1) > 1)
		return;
	for (size_t i = 0; i < c->n; i++)
		model_list_free(&c->at[i].list);
	model_list_free(&c->all);
	free(c);
}

bool catalog_takes(const struct catalog *c, const char *model, size_t len)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->at[i].sure && !c->at[i].spare)
			return true;
	return !c->n || model_list_has(&c->all, model, len);
}

bool catalog_may_grow(const struct catalog *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->at[i].given && c->at[i].list.n)
			return true;
	return false;
}

static char *join(const struct model_list *l)
{
	struct buf text;
	char *joined;

	buf_init(&text, SIZE_MAX / 2);
	for (size_t i = 0; i < l->n; i++)
		buf_addf(&text, "%s%s", i ? "," : "", l->at[i].id);
	joined = xstrndup(buf_str(&text), text.len);
	buf_free(&text);
	return joined;
}

void catalog_route(
	const struct catalog *c, const struct endpoint_specs *specs, struct endpoint_specs *out)
{
	out->n = 0;
	for (size_t i = 0; i < specs->n; i++) {
		struct endpoint_spec *spec = &out->at[out->n++];

		endpoint_spec_copy(&specs->at[i], spec);
		if (spec->models || i >= c->n || !c->at[i].list.n)
			continue;
		spec->models = join(&c->at[i].list);
		spec->told = true;
	}
}
