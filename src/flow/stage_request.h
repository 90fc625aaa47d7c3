/* The request of each stage as a template, and what fills it in for an item. Pure. */
#ifndef SLUICE_FLOW_STAGE_REQUEST_H
#define SLUICE_FLOW_STAGE_REQUEST_H

#include <stdint.h>

#include "api/request.h"
#include "api/rows.h"
#include "flow/flow.h"

struct stage_request {
	struct template *template; /* owned */
	enum input_format format;  /* of the line it is filled to */
	char model[48];            /* that the body names; "" when it names none or a placeholder */
	uint64_t hash; /* of all that its answer depends on beside the row: this stage's and its
			  ancestors' requests */
};

/* Where a placeholder's value should have been, or a better one: in the row (stage -1) or in the
 * answer of an earlier stage. */
struct stage_lack {
	int stage;
};

/* Makes the requests of all stages; out has room for p->n. False and err, which names the stage,
 * when one cannot be a request or asks for what is
 * not there for it. Free with stage_requests_free() in either case. */
bool stage_requests_init(const struct pipeline *p, struct stage_request *out, struct error *err);
void stage_requests_free(struct stage_request *r, int n);

/* Rows of the pipeline stay as they are, and must have what requests of stages without a `when`
 * need of them. Free with rows_free(). */
struct rows *stage_rows(const struct pipeline *p, const struct stage_request *r);

/* Makes line (emptied first) the stage's input line for an item, and out its parts, which point
 * into it. False and err when a placeholder's value is not there, or what comes of it is no
 * request; lack tells whose fault that is. */
bool stage_request_fill(const struct stage_request *r, const struct flow *f, struct buf *line,
	struct request_line *out, struct stage_lack *lack, struct error *err);
/* The line with samples in place of values. */
void stage_request_sample(const struct stage_request *r, struct buf *line);

#endif
