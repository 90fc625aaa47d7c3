/* Everything about one item on its way to a dashboard. Pure. */
#ifndef SLUICE_CARRY_DETAIL_H
#define SLUICE_CARRY_DETAIL_H

#include "base/json_writer.h"
#include "port.h"

/* The longest text of a detail that travels; what is behind it is left out, and said so in it. */
enum { CARRY_TEXT_MAX = 1 << 20 };

void carry_detail_write(struct json_writer *w, const struct item_detail *d);
/* Reads what carry_detail_write() wrote, of a valid object; texts are not sanitised, as in the
 * port. False, with nothing to release, when v is no object. Release with port_detail_free(). */
bool carry_detail_read(struct json_span v, struct item_detail *d);

#endif
