/* The file of a pipeline as its members, for pipeline.c, which judges what they mean together. */
#ifndef SLUICE_FLOW_PIPELINE_READ_H
#define SLUICE_FLOW_PIPELINE_READ_H

#include "flow/pipeline.h"

/* Stages in the file's order; their masks speak of places in it, and ancestors is not set. */
struct pipeline_file {
	struct pipeline stages;
	struct json_span after[PIPELINE_MAX_STAGES]; /* borrowed from the text */
};

/* Reads the members of all stages and the names in `after`. False and err, with the stage's name,
 * for what is none. Free stages with pipeline_free() in either case. */
bool pipeline_read(const char *text, size_t len, struct pipeline_file *out, struct error *err);

#endif
