/* The tokens that an answer's usage reports, as its provider bills them, and the cost that the
 * answer states. One table has the names of all providers. Pure. */
#ifndef SLUICE_API_USAGE_H
#define SLUICE_API_USAGE_H

#include "api/headers.h"
#include "api/response.h"
#include "base/json.h"

/* Reads the tokens and the cost of an answer into the verdict, where nothing is reported yet.
 * usage: the member of this name in the body; at NULL: there is none, and the other places are
 * searched if the answer is a good one. h: the scanned headers. */
void usage_read(struct json_span usage, const struct answer *a, const struct header_values *h,
	struct verdict *out);
/* The name of the model that gave this answer, as a JSON string; at NULL: it does not say. */
struct json_span usage_model(struct json_span answer);

#endif
