#include "plan/pipeline_load.h"

#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "base/alloc.h"

static bool check_providers(const struct pipeline *p, struct error *err)
{
	for (int i = 0; i < p->n; i++) {
		const char *name = p->stage[i].provider;

		if (name && strcmp(name, "auto") != 0 && !provider_by_name(name))
			return error_set(
				err, "stage %s: unknown provider '%.40s'", p->stage[i].name, name);
	}
	return true;
}

bool session_read_pipeline(const struct run_settings *settings, struct session_pipeline **out,
	struct rows **rows, struct error *err)
{
	struct session_pipeline *p;
	struct error why = {""};

	if (!settings->input.pipeline)
		return true;
	if (settings->input.template)
		return error_set(err, "give --pipeline or --template, not both");
	if (settings->cache.dedupe)
		return error_set(err, "give --pipeline or --dedupe, not both; with --cache DIR, "
				      "rows share the answers of stages");
	p = xcalloc(1, sizeof(*p));
	if (!pipeline_load(settings->input.pipeline, &p->stages, &why)) {
		session_pipeline_free(p);
		return error_set(err, "--pipeline %s", why.text);
	}
	if (!check_providers(&p->stages, &why) ||
		!stage_requests_init(&p->stages, p->request, &why)) {
		session_pipeline_free(p);
		return error_set(err, "--pipeline %s: %s", settings->input.pipeline, why.text);
	}
	*rows = stage_rows(&p->stages, p->request);
	*out = p;
	return true;
}

uint64_t session_pipeline_hash(const struct session_pipeline *p)
{
	uint64_t hash = 0;

	for (int i = 0; i < p->stages.n; i++)
		hash = hash * 31 + p->request[i].hash;
	return hash;
}

void session_pipeline_free(struct session_pipeline *p)
{
	if (!p)
		return;
	stage_requests_free(p->request, p->stages.n);
	pipeline_free(&p->stages);
	free(p);
}
