/* The requests of the stages as templates, and their filling for an item. Pure. */
#ifndef SLUICE_FLOW_STAGE_REQUEST_H
#define SLUICE_FLOW_STAGE_REQUEST_H

#include <stdint.h>

#include "api/request.h"
#include "api/rows.h"
#include "flow/flow.h"

struct stage_request {
	struct template *template; /* owned */
	enum input_format format;  /* of the filled line */
	char model[48]; /* the model in the body; "" when there is none, or a placeholder */
	bool varies;    /* the model has a placeholder */
	uint64_t hash;  /* of the requests of this stage and its ancestors: all that its answer
			   depends on beside the row */
};

/* The origin of a missing or invalid value: the row (stage -1) or the answer of an earlier stage.
 */
struct stage_lack {
	int stage;
};

/* Makes the requests of all stages; out has room for p->n. False and err, which names the stage,
 * when one cannot become a request or uses a value that it cannot have. Free with
 * stage_requests_free() in either case. */
bool stage_requests_init(const struct pipeline *p, struct stage_request *out, struct error *err);
void stage_requests_free(struct stage_request *r, int n);

/* The rows of the pipeline: unchanged, with the fields required that stages without a `when` use.
 * Free with rows_free(). */
struct rows *stage_rows(const struct pipeline *p, const struct stage_request *r);

/* Fills line (emptied first) with the stage's input line for an item, and out with its parts, which
 * borrow from line. False and err when a placeholder's value is missing or the line is not a
 * request; lack then holds the origin of the fault. */
bool stage_request_fill(const struct stage_request *r, const struct flow *f, struct buf *line,
	struct request_line *out, struct stage_lack *lack, struct error *err);
/* Appends the line with samples in place of values. */
void stage_request_sample(const struct stage_request *r, struct buf *line);

#endif
