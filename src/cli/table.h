/* Tables of text for people: aligned columns, cut to the width of a terminal. */
#ifndef SLUICE_CLI_TABLE_H
#define SLUICE_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { TABLE_COLUMNS = 12 };

struct table_column {
	const char *title;
	bool right;    /* aligned so, as numbers are */
	bool flexible; /* gives way when the table is too wide */
};

struct table {
	const struct table_column *columns; /* borrowed */
	int n_columns;                      /* at most TABLE_COLUMNS */
	char **cells;                       /* owned; row by row */
	size_t n_cells;
};

void table_init(struct table *t, const struct table_column *columns, int n_columns);
void table_free(struct table *t);
/* Adds a row; each cell is copied, sanitised and made one line. NULL is "-". */
void table_add(struct table *t, const char *const *cells);
/* Appends the titles and the rows, a line each, of at most so many terminal cells; 0: any. */
void table_write(const struct table *t, int width, struct buf *out);

/* The width of the terminal that stdout is; 0: it is none. */
int table_width(void);

#endif
