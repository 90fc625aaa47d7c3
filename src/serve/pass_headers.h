/* Which headers pass through, by their names. Pure. */
#ifndef SLUICE_SERVE_PASS_HEADERS_H
#define SLUICE_SERVE_PASS_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/* Does this header of a client's request go to the endpoint? Only those that the APIs' clients set
 * for a request: no key, no cookie, nothing of the connection. NULL-terminated. */
extern const char *const pass_request_headers[];

/* Does this header of an endpoint's answer go to the client? */
bool pass_answer_header(const char *name, size_t len);

#endif
