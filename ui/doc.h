/* A text to be read on a screen, however long and whatever it holds: sanitised, in lines that are
 * wrapped to a width or not, with places found in it. */
#ifndef SLUICE_UI_DOC_H
#define SLUICE_UI_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct doc_line {
	uint32_t at, len;
};

struct doc {
	char *text; /* sanitised, tabs as blanks, newlines between lines, NUL at its end */
	char *role; /* of each byte of text */
	size_t len;
	struct doc_line *line; /* as they are shown */
	size_t lines, room;
};

enum { DOC_MAX = 2 << 20 };

void doc_free(struct doc *d);
/* Copies at most DOC_MAX bytes of raw text and omits the rest. roles: an enum role for each byte,
 * or NULL: ROLE_TEXT. Call doc_wrap() next. */
void doc_set(struct doc *d, const char *raw, const char *roles, size_t len);
/* Breaks lines that are longer than so many cells, at blanks where it can; 0: none. */
void doc_wrap(struct doc *d, int cells);
/* Looks for text, without case, line by line from line `from` on, forward or backward, around the
 * ends. False when it is nowhere; else *found is the line where it begins. */
bool doc_find(const struct doc *d, const char *what, size_t from, bool backward, size_t *found);
/* Line i as marked text without its first `skip` cells, with matches of `what` marked. */
void doc_show(const struct doc *d, size_t i, const char *what, int skip, char *out, size_t size);

#endif
