/* Records of a CSV file as rows (RFC 4180): the first one names the columns. Pure. */
#ifndef SLUICE_API_CSV_H
#define SLUICE_API_CSV_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct csv;

/* From the header record, without its line end. NULL and err when it is no record or two columns
 * have one name. */
struct csv *csv_new(const char *header, size_t len, struct error *err);
void csv_free(struct csv *c);

/* A record as an object of strings, owned by the caller; a column "id" is the custom_id where none
 * of that name is there. NULL and err when it is no record, no UTF-8 or has another number of
 * fields. */
json_t *csv_row(const struct csv *c, const char *record, size_t len, struct error *err);

#endif
