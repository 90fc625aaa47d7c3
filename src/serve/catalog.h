/* Which models the endpoints of one API take: those of models= of an endpoint, else those that its
 * server lists. It does not change once it is made, and may be read in any thread. */
#ifndef SLUICE_SERVE_CATALOG_H
#define SLUICE_SERVE_CATALOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "plan/endpoint_specs.h"
#include "serve/model_list.h"

struct catalog_endpoint {
	struct model_list list; /* sorted; as it was read last */
	bool given;             /* it is that of models= */
	bool sure;              /* it has no other models: an endpoint whose list could not be read,
				   or does not exist, may have any */
	bool spare;             /* gets only what others leave it */
};

struct catalog {
	atomic_uint holders;
	struct catalog_endpoint at[ENDPOINTS_MAX];
	size_t n;
	struct model_list all; /* of all endpoints; sorted */
};

/* An empty one, held once. The caller fills in its endpoints, then calls catalog_make(). */
struct catalog *catalog_new(size_t n);
void catalog_make(struct catalog *c);
struct catalog *catalog_hold(struct catalog *c);
/* NULL is fine. */
void catalog_release(struct catalog *c);

/* May the model be asked? It may unless there are endpoints, and all surely have no such model. */
bool catalog_takes(const struct catalog *c, const char *model, size_t len);
/* Could an endpoint whose server was asked for its models have others by now? */
bool catalog_may_grow(const struct catalog *c);
/* Sets the models of a copy of the endpoints for the routing of a run: of those without models=
 * whose lists are known. Free it with endpoint_specs_free(). */
void catalog_route(
	const struct catalog *c, const struct endpoint_specs *specs, struct endpoint_specs *out);

#endif
