/* Is every answer of a young run the same error? Then the batch itself is wrong (an unknown model,
 * a rejected key, the address of a web page), and every item of it would fail. Pure. */
#ifndef SLUICE_CORE_EARLY_ABORT_H
#define SLUICE_CORE_EARLY_ABORT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"

enum { EARLY_ERRORS = 20 };

struct early_abort {
	uint64_t signature; /* of the first error */
	int count;          /* identical ones in a row, from the start */
	bool settled;       /* another answer came, or the operator resumed the run */
};

/* Counts an ended attempt. Returns true when it is the last of `limit` identical errors and no
 * other answer came. */
bool early_abort_count(struct early_abort *f, const struct verdict *v, int limit);

#endif
