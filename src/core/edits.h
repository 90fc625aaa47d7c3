/* Requests that the operator edited and sends again: the body of an item in place of that of its
 * input line. They are kept in memory for the session, few and bounded; a later session asks by the
 * line again. */
#ifndef SLUICE_CORE_EDITS_H
#define SLUICE_CORE_EDITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request.h"

enum { EDITS_MOST = 256, EDITS_BYTES = 64 << 20 };

struct engine;

struct edit {
	uint32_t item;
	struct buf body; /* one JSON object on one line */
};

struct edits {
	struct edit *at; /* NULL: none */
	size_t n, bytes;
};

void edits_free(struct edits *t);
/* Was the item's request edited? */
bool edits_has(const struct edits *t, uint32_t item);
/* Puts the edited body, if there is one, into a line of the item; its spans then point into `body`,
 * which is emptied first. */
void edits_apply(const struct edits *t, uint32_t item, struct request_line *line, struct buf *body);
/* Gives the item this body, a JSON object, and queues it again, in front. NULL: done; else the
 * reason why not, static: it follows "item X ". */
const char *engine_resend(struct engine *e, uint32_t item, const char *body, size_t len);

#endif
