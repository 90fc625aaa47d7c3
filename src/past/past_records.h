/* The items of a run by its records alone, for a run whose input is missing or cannot be read
 * without its template or pipeline: one line of text for each record, in the order of the input,
 * which has only the id. */
#ifndef SLUICE_PAST_PAST_RECORDS_H
#define SLUICE_PAST_PAST_RECORDS_H

#include "base/buf.h"
#include "core/engine.h"

/* A bit in the places of items whose texts are here, when others are of the input. */
#define PAST_RECORD (UINT64_C(1) << 63)

struct past_record {
	uint32_t line; /* of the input; 0: the record has none */
	uint32_t len;  /* of its id in the texts; 0: its line was no request */
	uint64_t at;   /* in the texts */
};

struct past_records {
	struct past_record *record;
	size_t n, cap;
	struct buf ids; /* as JSON strings, one after the other */
};

/* Makes an empty table. */
void past_records_init(struct past_records *r);
void past_records_free(struct past_records *r);
/* Adds the item of a record; those that were queued again do not count. */
void past_records_add(struct past_records *r, const struct ledger_entry *entry);
/* Feeds the items to the engine, with lines of which nothing is known up to `total` items in all
 * (0: not known). Only the texts stay. */
void past_records_feed(struct past_records *r, struct engine *e, uint64_t total);
/* Feeds one more item, whose record is this line of results or errors file; false: it is none. Its
 * place has PAST_RECORD. */
bool past_records_feed_one(
	struct past_records *r, struct engine *e, const struct buf *record, uint64_t line);
/* The engine's op: the text of the line with its id at this place. */
bool past_records_fetch(const struct past_records *r, uint64_t at, size_t len, struct buf *out);

#endif
