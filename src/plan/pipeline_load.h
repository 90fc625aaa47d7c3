/* The file of --pipeline, read and checked before anything is sent. */
#ifndef SLUICE_PLAN_PIPELINE_LOAD_H
#define SLUICE_PLAN_PIPELINE_LOAD_H

#include "flow/stage_request.h"
#include "plan/settings.h"

struct session_pipeline {
	struct pipeline stages;
	struct stage_request request[PIPELINE_MAX_STAGES];
};

/* *out is the pipeline of settings->input.pipeline and *rows the fields that its rows must have,
 * owned by the caller; both stay NULL when there is none. False and err when the file is unreadable
 * or not a pipeline, or --template is given as well. */
bool session_read_pipeline(const struct run_settings *settings, struct session_pipeline **out,
	struct rows **rows, struct error *err);
/* Of all that its stages ask. */
uint64_t session_pipeline_hash(const struct session_pipeline *p);
void session_pipeline_free(struct session_pipeline *p);

#endif
