/* JSON for reading: every token as it came, in the order it came, only the blanks between are
 * others. */
#ifndef SLUICE_UI_PRETTY_H
#define SLUICE_UI_PRETTY_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends text indented by two blanks a level; false, with nothing appended, when it is not one
 * valid JSON object or array or out would get too long. */
bool pretty_json(struct buf *out, const char *text, size_t len);

#endif
