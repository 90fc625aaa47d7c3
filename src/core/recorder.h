/* What the run writes down: events, attempts, and the final records of items. Records are added to
 * the ledger's buffers; an item's state follows its final record once that is in the kernel. */
#ifndef SLUICE_CORE_RECORDER_H
#define SLUICE_CORE_RECORDER_H

#include "core/items.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "ledger/result_line.h"

struct attempt;
struct engine;

/* Items whose final record is added to the ledger and not yet known to be in the kernel, in order
 * of adding. `seq` is the record's number among its file's records. */
struct pending {
	uint64_t seq;
	uint32_t item;
	uint8_t state, outcome;
	bool reused; /* without an attempt */
};

struct pending_queue {
	struct pending *ring;
	size_t head, len, cap; /* cap is a power of two */
};

/* Where the journal has an item's final record; of several the last counts. */
struct final_record {
	uint64_t offset;
	uint32_t item;
};

struct recorder {
	struct ledger *ledger;    /* borrowed */
	struct record_keys keys;  /* of the run's seed: for ids, */
	struct hash_key line_key; /* for lines */
	struct pending_queue results, finals;
	uint64_t results_added, journal_added;
	struct final_record *final;
	size_t n_final, cap_final;
	struct buf line, scratch; /* records under construction */
	bool disk_full;
};

/* The ledger must outlive it. */
void recorder_init(struct recorder *r, struct ledger *ledger);
void recorder_free(struct recorder *r);
/* Adds an event to the journal; fields are JSON members, NULL: none. */
void recorder_event(
	struct recorder *r, int64_t wall_us, enum journal_kind kind, const struct buf *fields);
/* Remembers where an earlier session left the item's final record. */
void recorder_known(struct recorder *r, uint32_t item, uint64_t journal_offset);
/* Notes that an item which failed or was cancelled is tried again. */
void recorder_requeued(struct recorder *r, int64_t wall_us, const char *id, size_t id_len);
/* Is there a final record that the kernel does not have yet? */
bool recorder_has_pending(const struct recorder *r);
/* Writes the errors file: the items that are failed or cancelled now, of each the last record. */
bool recorder_write_errors(struct recorder *r, const struct items *items, struct error *err);

/* The same as recorder_event(), now. */
void journal_event(struct engine *e, enum journal_kind kind, const struct buf *fields);
/* An attempt that did not end well. wait_us: until the next. */
void journal_attempt(
	struct engine *e, const struct attempt *attempt, const struct verdict *v, int64_t wait_us);
/* An operator's command and what came of it. */
void journal_command(struct engine *e, const char *text, const char *reply);
/* Something the operator should know, into events and journal. */
void engine_warn(struct engine *e, const char *what, const char *detail);
/* Ends the item: its line goes to results (ok) or journal; its state follows once the kernel has
 * it. */
void record_final(struct engine *e, uint32_t item, enum item_state state,
	const struct result_item *result, const struct answer *a, const struct verdict *v);

#endif
