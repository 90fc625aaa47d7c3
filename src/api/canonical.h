/* A canonical text for requests: equal requests have the same one, however they are written. Pure.
 *
 * Canonical JSON: no white space; members sorted by the bytes of their names at every level;
 * strings with \" \\ and control characters escaped and all else as UTF-8, so that "\u0041" is "A"
 * and "\/" is "/"; numbers by their exact decimal value, digits without zeros at either end and a
 * power of ten: 1, 1.0 and 10e-1 are 1, 1500 is 15e2, -0 is 0. Nothing is rounded.
 *
 * Ambiguous values have no canonical form: an object that repeats a name, half a surrogate pair, an
 * exponent beyond 10^15. */
#ifndef SLUICE_API_CANONICAL_H
#define SLUICE_API_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>

#include "api/request.h"
#include "base/buf.h"

/* Appends the canonical form of one JSON value; a NUL follows the text. False when the text is no
 * JSON, has no canonical form, or out is full; out then holds a part. */
bool canonical_json(const char *text, size_t len, struct buf *out);

/* Appends the canonical form of a request: {"body":…,"headers":[…],"method":…,"url":…}. The headers
 * are its own and the common ones ("Name: value\n" lines), names in lower case, sorted; the caller
 * chooses which of them count. json_body: the body is JSON; else it counts byte for byte, as a
 * string. False as above. */
bool canonical_request(
	const struct request *r, bool json_body, const char *common, struct buf *out);

#endif
