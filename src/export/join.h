/* The lines of the input matched with the records of their items. */
#ifndef SLUICE_EXPORT_JOIN_H
#define SLUICE_EXPORT_JOIN_H

#include "export/columns.h"
#include "export/index.h"
#include "export/input.h"

/* The place of an item's line in the input. */
struct input_place {
	uint64_t offset;
	uint32_t len; /* 0: not known */
} __attribute__((packed));

struct join {
	struct input_place *place; /* by entry of the index; NULL: not wanted */
	uint64_t unfinished;       /* lines whose item has no record yet */
	uint64_t lost;             /* records whose line the input has no more */
	uint64_t changed;          /* lines that changed since their item was asked */
	uint64_t first_changed;    /* the number of the first of them */
};

/* Reads the input to its end: each entry gets the number of its line as it is now. places: keep
 * where the lines are. columns: gets the members of rows; NULL: not wanted. False and err when the
 * input cannot be read. join_free() in any case. */
bool join_read(struct join *j, struct export_index *x, struct export_input *in, bool places,
	struct columns *columns, struct error *err);
void join_free(struct join *j);

#endif
