/* Parts of a line that are likely mistakes, though it is a request. Pure. */
#ifndef SLUICE_API_REQUEST_ODDITIES_H
#define SLUICE_API_REQUEST_ODDITIES_H

#include <stddef.h>

#include "api/request.h"

/* text: what is odd, sanitised; borrowed during the call. */
typedef void request_oddity(void *ctx, const char *text);
/* Calls told for each member whose name is misspelt, so that it means nothing, and once for half
 * surrogate pairs. line: an object, or one that should be; format: its own, FORMAT_CSV: it is a row
 * of whatever form. */
void request_oddities(
	const char *line, size_t len, enum input_format format, request_oddity *told, void *ctx);
/* Calls told when a text has a U+FFFD, which programs write for a character that they cannot read.
 */
void request_lost_characters(const char *text, size_t len, request_oddity *told, void *ctx);

#endif
