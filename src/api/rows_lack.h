/* The error of a row that lacks a field: it names what there is. Pure. */
#ifndef SLUICE_API_ROWS_LACK_H
#define SLUICE_API_ROWS_LACK_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

/* The row is a valid object without a value at the path. Always false. */
bool row_lacks(struct json_span row, const char *path, struct error *err);
/* The header of a CSV file has no column of this name. Always false. */
bool header_lacks(const char *const *names, size_t n, const char *path, struct error *err);

#endif
