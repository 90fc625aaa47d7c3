/* Everything about one item (struct item_detail in port.h), put together from its input line, the
 * record of its end, what is being received, and the attempts that are kept. */
#ifndef SLUICE_CONTROL_DETAIL_H
#define SLUICE_CONTROL_DETAIL_H

#include "core/engine_internal.h"

/* Reads files: for one item somebody looks at. */
void detail_fill(struct engine *e, uint32_t item, struct item_detail *out);

#endif
