/* `sluice serve`: batches over HTTP. */
#ifndef SLUICE_SERVE_SERVE_H
#define SLUICE_SERVE_SERVE_H

#include "plan/settings.h"
#include "serve/settings.h"

struct reach_config;

/* Serves until a signal ends it; returns the exit code of the process: 0, or 2 when it cannot
 * begin. run: of every batch, but for its files. reach: how
 * the operator reaches it, but for what the service is (session/reach.h). */
int serve(const struct serve_settings *settings, const struct run_settings *run,
	const struct reach_config *reach);

#endif
