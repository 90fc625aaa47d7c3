/* Everything about one item (struct item_detail in port.h), put together from its input line, the
 * record of its end, what is being received, and the attempts that are kept. */
#ifndef SLUICE_CONTROL_DETAIL_H
#define SLUICE_CONTROL_DETAIL_H

#include "control/control.h"

/* Reads files: for one item somebody looks at. */
void detail_fill(struct control *c, uint32_t item, struct item_detail *out);

#endif
