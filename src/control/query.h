/* The items of a query and their order, while their states change. One byte an item is its sort key
 * (or says that it does not match), and each block of items has a count for each key: rows are
 * found by counting, nothing is ever sorted, and a change of one item is one byte and one count. An
 * order by other values than states and the like has struct order besides. Items are scanned in
 * bounded steps, so that a filter or an order that reads files never delays the run; what was read
 * of an item that has ended is not read again. Pure but for its reader. */
#ifndef SLUICE_CONTROL_QUERY_H
#define SLUICE_CONTROL_QUERY_H

#include "control/filter.h"
#include "control/order.h"

enum {
	QUERY_BLOCK = 4096,
	QUERY_KEYS = 64, /* attempts above 63 count as 63 */
};

/* The most that a step may cost, as item_read_cost() counts; an item whose texts are not read costs
 * 1. */
enum {
	QUERY_OPEN_COST = 2000000,  /* 20 ms */
	QUERY_STEP_COST = 300000,   /* 3 ms */
	QUERY_CHANGED_COST = 50000, /* 0.5 ms */
};

/* What a reader found out about an item. */
struct query_reading {
	bool passes;    /* the filter's words about what the item itself has not */
	uint64_t value; /* in the order */
	bool by_text;   /* the value is the text instead */
	char text[ORDER_TEXT];
	int64_t cost; /* as item_read_cost() counts */
};

/* Reads what a filter needs of an item and its value in an order, which is ignored for an order
 * that needs none. */
struct query_reader {
	void (*read)(void *ctx, uint32_t item, const struct filter *f, enum item_field sort,
		struct query_reading *out);
	void *ctx;
};

struct query {
	struct item_query asked;
	bool open;
	bool direct; /* all items in order of input: no memory needed */
	struct filter filter;
	char error[sizeof(((struct rows_info *)0)->error)];
	int keys;           /* number of sort keys of the order */
	uint8_t *key;       /* the sort key of each scanned item */
	bool reads;         /* the reader is asked about items that pass the filter's other words */
	bool constant;      /* what it reads is in the input line, which stays as it is */
	uint8_t *read;      /* two bits an item: it was read for good, it passed; NULL: !reads */
	bool ordered;       /* by values that the reader gives */
	struct order order; /* of the matches, when ordered */
	size_t key_cap;     /* items */
	uint16_t *count;    /* by block, then key */
	size_t blocks;
	uint64_t total[QUERY_KEYS], matches;
	uint32_t scanned; /* items */
	bool refreshing;
	uint32_t again;   /* of them, scanned again in the current refresh */
	uint64_t changes; /* of the items, applied so far */
	int64_t again_us; /* when the current refresh began */
	int64_t asked_us; /* time of the last request for its rows */
};

/* Replaces the query; nothing is scanned yet. A wrong filter is explained in `error`, and the query
 * shows nothing. */
void query_open(
	struct query *q, const struct item_query *asked, const struct items *items, int64_t now_us);
/* What another query of the same filter has read need not be read again: to be called at once after
 * query_open(). */
void query_learn(struct query *q, const struct query *from, const struct items *items);
/* Gives all memory back. */
void query_close(struct query *q);
/* Is this query open? */
bool query_is(const struct query *q, const struct item_query *asked);

/* Scans items for the first time, until all are scanned or about this cost is spent. */
void query_step(struct query *q, const struct items *items, const struct query_reader *reader,
	int64_t cost_left);
/* Is every item scanned? */
bool query_complete(const struct query *q, const struct items *items);
/* Applies the latest changes of states; if there are very many, the refresh applies the others. */
void query_take_changes(
	struct query *q, const struct items *items, const struct query_reader *reader);
/* One step of scanning all items again, at most one round a second. Ten calls a second take 4 % of
 * the time at most. */
void query_refresh(struct query *q, const struct items *items, const struct query_reader *reader,
	int64_t now_us);

/* Rows found so far. */
uint64_t query_total(const struct query *q, const struct items *items);
/* Up to n items from row `offset` on; returns how many. */
size_t query_items(
	const struct query *q, const struct items *items, uint64_t offset, uint32_t *out, size_t n);
/* The row of an item; false when it does not match. */
bool query_row_of(
	const struct query *q, const struct items *items, uint32_t item, uint64_t *offset);

#endif
