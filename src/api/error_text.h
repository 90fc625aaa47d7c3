/* Reads what a refusal says, whatever form a server, a framework or a gateway gives it. Pure. */
#ifndef SLUICE_API_ERROR_TEXT_H
#define SLUICE_API_ERROR_TEXT_H

#include <stddef.h>

#include "base/json.h"

/* Writes the error text of a valid JSON value as one sanitised line; "" when there is none.
 * Understands strings, lists of errors, and objects with the usual members: message, msg, detail,
 * error, errors, fault and so on, also within each other and within a string. */
void error_text_read(struct json_span v, char *out, size_t size);
/* The same for a code or type of the error: the first member that is a short text. */
void error_text_code(struct json_span v, char *out, size_t size);
/* Writes the title of an HTML page, else its first heading, or the message of an XML error; "" when
 * it has none. */
void error_text_page(const char *body, size_t len, char *out, size_t size);

#endif
