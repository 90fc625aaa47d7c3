/* What a service answers at its control socket beside its port: batches, clients, metrics,
 * readiness. docs/control.md documents it. */
#ifndef SLUICE_SERVE_SERVICE_API_H
#define SLUICE_SERVE_SERVICE_API_H

#include "base/json_writer.h"
#include "control/api.h"
#include "serve/service.h"

/* For api_service; the ctx is the service. */
bool service_api_respond(void *ctx, const struct api_request *r, struct api_answer *a);

/* May the service be asked? Else why says why not. */
bool service_is_ready(const struct service *s, const char **why);
/* Writes {"status":…} for /readyz; returns the status of the answer. */
int service_put_ready(const struct service *s, struct json_writer *w);

#endif
