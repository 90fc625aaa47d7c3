/* Where the parts of lines stand that were read and not sent yet, so that a line is parsed once: as
 * it is read. Its text is not kept but read again, and its mark tells that it is the same. An item
 * that is sent again, or whose place another one took, is parsed again. */
#ifndef SLUICE_CORE_PARSED_LINES_H
#define SLUICE_CORE_PARSED_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"

struct parsed_line;

struct parsed_lines {
	struct parsed_line *at; /* NULL: none yet */
	uint32_t size;          /* a power of two, below 10,000 */
};

/* Empty. */
void parsed_lines_init(struct parsed_lines *p);
void parsed_lines_free(struct parsed_lines *p);
/* Keeps the parts of the item's line, whose spans borrow from text. */
void parsed_lines_keep(
	struct parsed_lines *p, uint32_t item, const struct request_line *line, const char *text);
/* Takes the item's parts out, as spans of text, which must be the same line; false: not kept. */
bool parsed_lines_take(
	struct parsed_lines *p, uint32_t item, const char *text, struct request_line *out);

#endif
