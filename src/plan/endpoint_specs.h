/* The endpoints of a run with several. */
#ifndef SLUICE_PLAN_ENDPOINT_SPECS_H
#define SLUICE_PLAN_ENDPOINT_SPECS_H

#include "plan/settings.h"

struct endpoint_specs {
	struct endpoint_spec at[ENDPOINTS_MAX];
	size_t n;
};

/* Reads the endpoints of the options, then those of the configuration file, into out, which is
 * empty. False and err when they do not make one run. Free with endpoint_specs_free() in either
 * case. */
bool endpoint_specs_read(
	const struct endpoints_settings *settings, struct endpoint_specs *out, struct error *err);
/* Do they go with the target of --url and its key? That is for runs without endpoints. False and
 * err. */
bool endpoint_specs_alone(
	const struct endpoint_specs *specs, const struct target_settings *run, struct error *err);
void endpoint_specs_free(struct endpoint_specs *specs);
/* The target of one of them; texts are borrowed. run: of --url. One without a url is the run's. */
struct target_settings endpoint_spec_target(
	const struct endpoint_spec *spec, const struct target_settings *run);

#endif
