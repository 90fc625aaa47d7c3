/* Rows and columns of every list: which columns fit, their widths, and lines of marked text. */
#ifndef SLUICE_UI_TABLE_H
#define SLUICE_UI_TABLE_H

#include "panel.h"

enum { TABLE_COLUMNS = 20, TABLE_CELL = 512 };

struct table_column {
	int id; /* for the function that fills cells */
	const char *title;
	int width; /* cells it needs */
	int max;   /* it grows up to this many; 0: never */
	int rank;  /* without room the highest is dropped first; 0 stays */
	bool right;
};

struct table {
	const struct table_column *column[TABLE_COLUMNS]; /* the shown columns */
	int width[TABLE_COLUMNS];
	int n;
};

/* How a row is marked, by glyph and not by colour alone. */
enum { ROW_SELECTED = 1, ROW_TAGGED = 2 };

/* Fills a column's cell with sanitised text and returns its role (R_...). */
typedef const char *table_cell_fn(const void *row, int column, const void *ctx, char *out);

/* Columns for a panel's width. Growing columns share the spare room in turns. */
void table_fit(struct table *t, const struct table_column *columns, int n, const struct panel *p);
/* Line i of the panel: the titles. */
void table_heading(const struct table *t, struct panel *p, int i);
/* Line i of the panel: a row. */
void table_row(const struct table *t, struct panel *p, int i, unsigned marks, table_cell_fn *cell,
	const void *row, const void *ctx);
/* The panel's line of the first row: after rule and titles, if there is room for them. */
int table_top(int rows);
/* How many rows a panel of so many lines shows. */
static inline int table_room(int rows)
{
	return rows - table_top(rows);
}
/* Draws a panel with a table. */
void table_draw(const struct panel *p, struct canvas *c);

#endif
