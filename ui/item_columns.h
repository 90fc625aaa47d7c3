/* The columns of the Items screen: which there are, which are chosen, and the values of those that
 * are read from files. */
#ifndef SLUICE_UI_ITEM_COLUMNS_H
#define SLUICE_UI_ITEM_COLUMNS_H

#include "port.h"
#include "table.h"

/* Columns of all tables of items. */
enum item_column {
	COL_ITEM,
	COL_LINE,
	COL_STATE,
	COL_WHY, /* the state and its reason */
	COL_TRY,
	COL_AGE,
	COL_CODE,
	COL_OUTCOME,
	COL_MODEL,
	COL_BYTES,
	COL_OUT,
	COL_IDLE,
	COL_HOST,
	COL_REQUEST_ID,
	COL_STAGE,
	/* from here on they are facts */
	COL_LATENCY,
	COL_FIRST,
	COL_TOKENS_IN,
	COL_TOKENS_OUT,
	COL_COST,
	COL_FINISH,
	COL_ENDPOINT,
	COL_ENDED,
	COL_ANSWER,
	COL_COUNT
};

/* The columns that the operator chose, in their order; n = 0: the usual ones. */
struct item_columns {
	int n;
	unsigned char id[TABLE_COLUMNS];
};

enum { COLUMNS_TEXT = 200 };

/* Chooses columns by "latency,cost", blanks between them also do; "+cost" adds one and "-cost"
 * takes one out; "default" is the usual ones. Item and state are always there. False and why, one
 * line: nothing was chosen. */
bool item_columns_choose(struct item_columns *c, const char *text, char *why, size_t size);
/* The names of the chosen columns, or of the usual ones, with commas; within out (COLUMNS_TEXT
 * bytes). */
const char *item_columns_text(const struct item_columns *c, char *out);
/* The name of column i of all that may be chosen; NULL: there are no more. */
const char *item_columns_name(int i);
/* The columns that fit a panel, of those that the run has use for. From too many the operator's
 * last go first. */
void item_columns_fit(const struct item_columns *c, const struct snapshot *s, const struct panel *p,
	struct table *t);
/* Is a column among them that is read from files? */
bool item_columns_have_facts(const struct table *t);
/* The next field that lists can be sorted by, of the chosen columns, or the previous one. */
enum item_field item_columns_sort(const struct item_columns *c, enum item_field sort, bool next);

/* Fills the cell of a fact; "…" while it is not known. Returns its role. */
const char *item_fact_cell(
	const struct item_row *r, enum item_column column, int64_t wall_us, char *out);

#endif
