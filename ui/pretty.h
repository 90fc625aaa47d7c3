/* JSON for reading: every token as it came, in the order it came, only the blanks between are
 * others. */
#ifndef SLUICE_UI_PRETTY_H
#define SLUICE_UI_PRETTY_H

#include <stdbool.h>

#include "tinted.h"

/* Appends text indented by two blanks a level, its signs dim, names and numbers apart from strings;
 * false, with nothing appended, when it is not one valid JSON object or array or out would get too
 * long. */
bool pretty_json(struct tinted *out, const char *text, size_t len);

#endif
