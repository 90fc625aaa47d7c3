/* What a service says about itself: its health, and the paths that it has. */
#ifndef SLUICE_SERVE_INFO_H
#define SLUICE_SERVE_INFO_H

#include "serve/call.h"

void info_health(struct call *c);
void info_ready(struct call *c);
/* Of the caller's batches and limits; without tokens, of the whole service. */
void info_metrics(struct call *c);
void info_openapi(struct call *c);

#endif
