/* Calls that pass through to an endpoint: their clients wait, so they go before the batches. */
#ifndef SLUICE_SERVE_PASS_H
#define SLUICE_SERVE_PASS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"

struct call;
struct line_fault;

/* How a call becomes a request of an endpoint, and its answer the client's. */
struct pass_form {
	const char *path; /* NULL: the route's */
	/* Finds the JSON object that is asked, which may be made in scratch, and its model. False
	 * and fault. */
	bool (*body)(const struct call *c, struct buf *scratch, struct json_span *body,
		struct json_span *model, struct line_fault *fault);
	/* Answers with the whole answer of the endpoint; takes what body holds. NULL: as it is. */
	void (*answer)(struct call *c, int status, struct buf *body);
};

/* To be called in begin(): the body may have images. */
void pass_begin(struct call *c);
/* POST of a JSON body to the path of the call's route; its form of errors says which API it is. */
void pass_call(struct call *c);
/* The same in another form. */
void pass_start(struct call *c, const struct pass_form *form);

#endif
