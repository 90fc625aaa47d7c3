/* The answers of a simple batch in the order of its prompts. A job: they may be many. */
#ifndef SLUICE_SERVE_SIMPLE_RESULTS_H
#define SLUICE_SERVE_SIMPLE_RESULTS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "serve/disk.h"
#include "serve/jobs.h"

struct simple_results {
	struct job job; /* first */
	char path[DISK_PATH_MAX];
	uint64_t total;
	/* The members "results", in which a null has no answer, and "errors" for these; without
	 * braces. */
	struct buf members;
	bool failed;
	struct error err;
	void *ctx; /* the caller's */
};

/* The work() of its job. */
void simple_results_work(struct job *job);

#endif
