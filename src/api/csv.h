/* Records of a CSV file as rows (RFC 4180): the first one names the columns. Pure. */
#ifndef SLUICE_API_CSV_H
#define SLUICE_API_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct csv;

/* Reads the header record, without its line end; fields are separated by the delimiter. NULL and
 * err when it is not a record or two columns have the same name. The caller frees it with
 * csv_free(). */
struct csv *csv_new(const char *header, size_t len, char delimiter, struct error *err);
/* NULL is fine. */
void csv_free(struct csv *c);

/* The names of the columns, borrowed; returns how many. */
size_t csv_columns(const struct csv *c, const char *const **names);
/* Has no field of the record any content, blanks aside? Spreadsheets leave such rows. */
bool csv_is_empty(const struct csv *c, const char *record, size_t len);
/* Appends a record as a JSON object of strings. Without a column custom_id the column "id" becomes
 * it; an empty custom_id is left out. False and err when it is not a record, not UTF-8, too large,
 * or has another number of fields. */
bool csv_row(
	const struct csv *c, const char *record, size_t len, struct buf *out, struct error *err);
/* Appends the custom_id of a record that may have errors after it; false when it has none. */
bool csv_id(const struct csv *c, const char *record, size_t len, struct buf *id);

#endif
