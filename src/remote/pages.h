/* Pages of lists that a run has answered, put together to the rows that a screen shows. */
#ifndef SLUICE_REMOTE_PAGES_H
#define SLUICE_REMOTE_PAGES_H

#include "port.h"
#include "remote/fetches.h"

struct page {
	uint64_t offset;
	bool located;   /* the run was asked for the place of an item, */
	bool has_place; /* and the list has it: here */
	uint64_t place;
	struct rows_info info;
	size_t n;
	struct item_row *row; /* owned */
};

extern const struct fetch_kind page_kind;

/* The path of a list, up to the parameters of a page. q may be QUERY_ACTIVE. */
void page_list_path(struct buf *out, const struct item_query *q);
/* The path of so many rows of the list from offset on, and of the page with the item of an input
 * line (0: none). */
void page_path(struct buf *out, const char *list, uint64_t offset, size_t n, uint64_t at);

/* The newest usable page of the list with the row of this place; NULL: none is here. */
const struct page *pages_at(const struct fetches *a, const char *list, uint64_t place);
/* The newest usable page of the list; NULL: none is here. */
const struct page *pages_newest(const struct fetches *a, const char *list);
/* The page of the list that was read last, however long ago; NULL: none is here. */
const struct page *pages_last(const struct fetches *a, const char *list);
/* The place of an item among the rows that are here. */
bool pages_locate(const struct fetches *a, const char *list, uint64_t line, uint64_t *place);
/* The newest row of an item in any list; *got_us says of when. NULL: none is here. */
const struct item_row *pages_row(const struct fetches *a, uint64_t line, int64_t *got_us);

#endif
