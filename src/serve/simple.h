/* The simple service: a prompt and its answer, or many prompts. */
#ifndef SLUICE_SERVE_SIMPLE_H
#define SLUICE_SERVE_SIMPLE_H

#include "serve/call.h"

/* POST /complete: {"prompt","model"?} gives {"result"}. */
void simple_complete(struct call *c);

/* POST /batch: {"prompts":[…],"model"?} gives 202 {"job_id"}. */
void simple_create_begin(struct call *c);
void simple_create(struct call *c);
/* GET /batch/{id} gives {"job_id","status","completed","total","results"?}. */
void simple_get(struct call *c);
void simple_cancel(struct call *c);

#endif
