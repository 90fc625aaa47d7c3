/* Is every answer of a young run the same refusal? Then the batch itself is wrong (a model that
 * does not exist, a bad parameter), and going on would fail every item of it. Pure. */
#ifndef SLUICE_CORE_EARLY_ABORT_H
#define SLUICE_CORE_EARLY_ABORT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"

enum { EARLY_ERRORS = 20 };

struct early_abort {
	uint64_t signature; /* of the first error */
	int count;          /* identical ones in a row, from the start */
	bool settled;       /* another answer came, or the operator said to go on */
};

/* Counts an ended attempt; true when it is the last of EARLY_ERRORS identical deterministic errors
 * and nothing else ever came. */
bool early_abort_count(struct early_abort *f, const struct verdict *v);

#endif
