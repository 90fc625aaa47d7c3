/* Which items a query shows, and in what order, while their states change under it. One byte an
 * item says how it sorts (or that it does not match), counts for each block of items say how many
 * of each there are: a row is found by counting, nothing is ever sorted, and one item's change is
 * one byte and one count. Items are looked at in bounded steps, so that a filter that reads the
 * input never holds up the run. Pure but for the reader it is given. */
#ifndef SLUICE_CONTROL_QUERY_H
#define SLUICE_CONTROL_QUERY_H

#include "control/filter.h"

enum {
	QUERY_BLOCK = 4096,
	QUERY_KEYS = 64, /* attempts above 63 count as 63 */
};

/* What a step may cost, in units of item_read_cost(); an item whose texts are not read costs 1. */
enum {
	QUERY_OPEN_UNITS = 2000000,  /* 20 ms */
	QUERY_STEP_UNITS = 300000,   /* 3 ms */
	QUERY_CHANGED_UNITS = 50000, /* 0.5 ms */
};

/* Reads the texts of an item that a filter needs, and asks it. */
struct query_reader {
	bool (*passes)(void *ctx, uint32_t item, const struct filter *f);
	void *ctx;
};

struct query {
	struct item_query asked;
	bool open;
	bool direct; /* all items in order of input: no memory needed */
	struct filter filter;
	char error[sizeof(((struct rows_info *)0)->error)];
	int keys;        /* how many keys the order has */
	uint8_t *key;    /* of each item looked at: how it sorts */
	size_t key_cap;  /* items */
	uint16_t *count; /* by block, then key */
	size_t blocks;
	uint64_t total[QUERY_KEYS], matches;
	uint32_t looked; /* items looked at */
	bool refreshing;
	uint32_t again;   /* of them, those looked at again in the current refresh */
	uint64_t changes; /* of the items that were taken up */
	int64_t again_us; /* when the current refresh began */
	int64_t asked_us; /* when somebody last wanted to see it */
};

/* Forgets what was there and starts; nothing is looked at yet. The error says what is wrong with
 * the filter: such a query shows nothing. */
void query_open(
	struct query *q, const struct item_query *asked, const struct items *items, int64_t now_us);
/* Gives all memory back. */
void query_close(struct query *q);
/* Is this the query that is open? */
bool query_is(const struct query *q, const struct item_query *asked);

/* Looks at items that were not yet looked at, until they or about so many units are used up. */
void query_step(struct query *q, const struct items *items, const struct query_reader *reader,
	int64_t units);
/* Was everything looked at? */
bool query_complete(const struct query *q, const struct items *items);
/* Takes up the latest changes of states; of very many the refresh takes up the rest. */
void query_take_changes(
	struct query *q, const struct items *items, const struct query_reader *reader);
/* One step of looking at everything again, a new round at most once a second. With ten calls a
 * second at most 4 % of the time. */
void query_refresh(struct query *q, const struct items *items, const struct query_reader *reader,
	int64_t now_us);

/* Rows found so far. */
uint64_t query_total(const struct query *q, const struct items *items);
/* Up to n items from row `offset` on; returns how many. */
size_t query_items(
	const struct query *q, const struct items *items, uint64_t offset, uint32_t *out, size_t n);
/* The row of an item; false when it is not among them. */
bool query_row_of(
	const struct query *q, const struct items *items, uint32_t item, uint64_t *offset);

#endif
