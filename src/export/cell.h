/* Cells of a table as spreadsheets and programs read them. RFC 4180 for commas; with tabs the same
 * rules, as Excel and Python's "excel-tab" have them. Pure. */
#ifndef SLUICE_EXPORT_CELL_H
#define SLUICE_EXPORT_CELL_H

#include <stdbool.h>

#include "base/buf.h"

/* May a spreadsheet take the text for a formula? It begins, behind blanks, with = + - @, their
 * full-width forms, a tab or a line end, and is no plain number.
 * https://owasp.org/www-community/attacks/CSV_Injection */
bool cell_is_formula(const char *text, size_t len);
/* Appends the text as a cell, in quotes when it needs them. guard: an apostrophe stands before what
 * may be a formula. A NUL byte, which readers refuse, becomes U+FFFD. False when out is full. */
bool cell_add(struct buf *out, const char *text, size_t len, char separator, bool guard);

#endif
