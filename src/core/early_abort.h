/* Is every answer of a young run the same refusal? Then the batch itself is wrong (a model that
 * does not exist, a bad parameter), and going on would fail every item of it. Pure. */
#ifndef SLUICE_CORE_EARLY_ABORT_H
#define SLUICE_CORE_EARLY_ABORT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"

enum { FIRST_ERRORS = 20 };

struct first_errors {
	uint64_t signature; /* of the first error */
	int count;          /* identical ones in a row, from the start */
	bool settled;       /* another answer came, or the operator said to go on */
};

/* Counts an ended attempt; true when it is the last of FIRST_ERRORS identical deterministic errors
 * and nothing else ever came. */
bool first_errors_count(struct first_errors *f, const struct verdict *v);

#endif
