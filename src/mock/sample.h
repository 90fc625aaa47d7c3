/* Makes up a value that fits a JSON schema, as a model with structured outputs does: for
 * response_format json_schema, and for the arguments of a tool. Pure. */
#ifndef SLUICE_MOCK_SAMPLE_H
#define SLUICE_MOCK_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

/* Appends a value that fits the schema, on one line; the same seed makes the same value. It honours
 * type, enum, const, properties, required, items, prefixItems, anyOf, oneOf, allOf, $ref within the
 * schema, format, and the bounds of numbers, lengths and arrays, but not pattern. A schema that is
 * none, or calls for more than some thousand values, gives what fits its beginning. */
void sample_write(struct json_span schema, uint64_t seed, struct buf *out);

#endif
