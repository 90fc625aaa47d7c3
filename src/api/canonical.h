/* One text for all requests that ask the same, however they are written. Pure.
 *
 * Canonical JSON: no white space; members sorted by the bytes of their names at every level;
 * strings with \" \\ and control characters escaped and all else as UTF-8, so that "\u0041" is "A"
 * and "\/" is "/"; numbers by their exact decimal value, digits without zeros at either end and a
 * power of ten: 1, 1.0 and 10e-1 are 1, 1500 is 15e2, -0 is 0. Nothing is rounded.
 *
 * What servers may read in more than one way has no such form: an object that repeats a name, half
 * a surrogate pair, an exponent beyond a thousand million million. */
#ifndef SLUICE_API_CANONICAL_H
#define SLUICE_API_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>

#include "api/request.h"
#include "base/buf.h"

/* Appends the form of one JSON value; a NUL follows the text. False, with whatever was appended,
 * when the text is no JSON, has no such form, or out is full. */
bool canonical_json(const char *text, size_t len, struct buf *out);

/* Appends what a request asks: {"body":…,"headers":[…],"method":…,"url":…}. The headers are its own
 * and the common ones ("Name: value\n" lines), names in lower case, sorted; which of them count is
 * the caller's choice. json_body: its body is JSON, else it counts byte for byte, as a string.
 * False as above. */
bool canonical_request(
	const struct request *r, bool json_body, const char *common, struct buf *out);

#endif
