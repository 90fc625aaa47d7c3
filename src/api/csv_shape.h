/* The delimiter of a CSV file, from its header. Pure. */
#ifndef SLUICE_API_CSV_SHAPE_H
#define SLUICE_API_CSV_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

/* Is the line Excel's "sep=;"? Then *delimiter is what it names. */
bool csv_sep_line(const char *line, size_t len, char *delimiter);

/* Is a column of this name wanted? */
typedef bool csv_wanted(void *ctx, const char *name);
/* The delimiter with which the header has most columns that are wanted, then most columns: comma,
 * semicolon, tab or bar, of equal ones the first. *n_wanted: how many are wanted. */
char csv_delimiter(const char *header, size_t len, csv_wanted *wanted, void *ctx, size_t *n_wanted);

#endif
