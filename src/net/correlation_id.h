/* Correlation ids, which a request carries and its answer repeats: in a header such as
 * X-Request-Id, or as JSON-RPC's id. They reveal another request's answer. Pure. Private to
 * src/net. */
#ifndef SLUICE_NET_CORRELATION_ID_H
#define SLUICE_NET_CORRELATION_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "api/response.h"

/* May these lines, or this body, carry such an id? Fast, because most do not. */
bool correlation_id_in_headers(const char *headers);
bool correlation_id_in_body(const char *body, size_t len);
/* Is it surely the answer to another request? headers: the request's own "Name: value\n" lines, ""
 * for none. Some servers set their own header of the same name, so *repeats keeps, a bit for each
 * name, which ones the server was seen to repeat. */
bool correlation_id_differs(const char *headers, const char *body, size_t body_len,
	const struct answer *answer, unsigned *repeats);

#endif
