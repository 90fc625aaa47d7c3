/* The columns of item rows, on the main screen and on the Items screen. */
#ifndef SLUICE_UI_ITEM_TABLE_H
#define SLUICE_UI_ITEM_TABLE_H

#include "item_columns.h"
#include "item_list.h"
#include "table.h"

/* Fills a panel's heading and rows; columns NULL: those of the main screen. */
void item_table_show(struct panel *p, const struct item_list *l, const struct item_columns *columns,
	const struct snapshot *s);
/* "request-17 (line 17): failed, 400" about the selected item; within out (PHRASE_SIZE bytes). */
const char *item_words(const struct item_row *r, int64_t now_us, char *out);

#endif
