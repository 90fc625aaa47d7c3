/* Everything about one item (struct item_detail in port.h), composed of its input line, its final
 * record, the answer so far, and its attempt history. */
#ifndef SLUICE_CONTROL_DETAIL_H
#define SLUICE_CONTROL_DETAIL_H

#include "control/control.h"

struct engine;

/* Reads files: for one inspected item. content: with the heads and bodies of its request and
 * answer.
 */
void detail_fill(struct control *c, uint32_t item, bool content, struct item_detail *out);
/* Adds to a detail with bodies the texts that they say (detail_said.c). */
void detail_say(struct engine *e, struct item_detail *out);

#endif
