/* What the failures of a scene hit. */
#include <stdio.h>
#include <string.h>

#include "fake_port.h"

bool fake_error_hits(void *ctx, uint32_t id, struct error_hits *out)
{
	const struct fake_port *f = ctx;
	const struct error_group *g = NULL;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < f->groups; i++)
		if (f->group[i].id == id)
			g = &f->group[i];
	if (!g)
		return false;
	for (int i = 0; i < ERROR_SAMPLES; i++)
		snprintf(out->sample[i], sizeof(out->sample[i]), "request-%06d", 4102 - 13 * i);
	snprintf(out->model[0].name, sizeof(out->model[0].name), "m-small");
	snprintf(out->model[1].name, sizeof(out->model[1].name), "m-large");
	out->model[0].attempts = g->attempts - g->attempts / 3;
	out->model[1].attempts = g->attempts / 3;
	if (f->snap.n_endpoints) {
		snprintf(out->place[0].name, sizeof(out->place[0].name), "%s",
			f->snap.endpoints[0].name);
		out->place[0].attempts = g->attempts;
	}
	return true;
}
