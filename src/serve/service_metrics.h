/* The metrics of a service: those of its runs together, and of its batches and clients.
 * docs/metrics.md lists them. */
#ifndef SLUICE_SERVE_SERVICE_METRICS_H
#define SLUICE_SERVE_SERVICE_METRICS_H

#include "control/metrics_text.h"
#include "serve/service.h"

/* All of them, for the operator. */
void service_metrics(const struct service *s, enum metrics_format format, struct buf *out);
/* Those of one client's batches and limits, for this client. */
void service_metrics_of(
	const struct service *s, const char *owner, enum metrics_format format, struct buf *out);

#endif
