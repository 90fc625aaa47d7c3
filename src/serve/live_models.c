#include "serve/live_models.h"

#include "live/live.h"
#include "serve/catalog.h"
#include "serve/scout.h"
#include "serve/service.h"

void live_models_follow(struct service *s, const struct batch_kind *kind)
{
	struct catalog *catalog = scout_catalog(s->scout, kind);
	struct endpoint_specs specs = {.n = 0};
	int side = upstream_index(kind);

	if (s->live_catalog[side] == catalog)
		return;
	catalog_release(s->live_catalog[side]);
	s->live_catalog[side] = catalog_hold(catalog);
	catalog_route(catalog, &s->upstream->side[side].specs, &specs);
	live_set_models(s->live, (enum live_api)side, specs.at, specs.n);
	endpoint_specs_free(&specs);
}

void live_models_forget(struct service *s)
{
	for (int i = 0; i < UPSTREAM_SIDES; i++)
		catalog_release(s->live_catalog[i]);
}
