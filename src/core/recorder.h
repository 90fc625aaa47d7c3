/* Writes the records of a run: events, attempts, and the final records of items. It adds records to
 * the buffers of the ledger. An item gets its final state only after its final record is in the
 * kernel. */
#ifndef SLUICE_CORE_RECORDER_H
#define SLUICE_CORE_RECORDER_H

#include "core/items.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "ledger/result_line.h"

struct attempt;
struct engine;

/* An item whose final record was added to the ledger and may not be in the kernel yet. `seq` counts
 * the records of its file. Queues of them are in the order of adding. */
struct pending {
	uint64_t seq;
	uint32_t item;
	uint8_t state, outcome;
	bool reused; /* it ended with a known answer, without an attempt */
};

struct pending_queue {
	struct pending *ring;
	size_t head, len, cap; /* cap is a power of two */
};

/* The place of an item's final record in the journal; of several records of an item the last one
 * counts. */
struct final_record {
	uint64_t offset;
	uint32_t item;
};

struct recorder {
	struct ledger *ledger;    /* borrowed */
	enum result_form form;    /* of its lines */
	struct record_keys keys;  /* made from the seed of the run, for ids */
	struct hash_key line_key; /* the same, for lines */
	struct pending_queue results, finals;
	uint64_t results_added, journal_added;
	uint64_t ended, failed;     /* items in this session, written or not */
	struct final_record *final; /* for the errors file */
	size_t n_final, cap_final;
	uint32_t session; /* that records name as the one that made them; 0: none */
	uint64_t *kept;   /* the same of items that this session does not have */
	size_t n_kept, cap_kept;
	struct buf line, scratch; /* records under construction */
	bool disk_full;           /* nothing is sent until there is space again */
};

/* Makes an empty recorder for lines of this form. The ledger is borrowed and must outlive it. */
void recorder_init(struct recorder *r, struct ledger *ledger, enum result_form form);
void recorder_free(struct recorder *r);
/* Adds an event to the journal. fields: its JSON members, separated by commas; NULL: none. */
void recorder_event(
	struct recorder *r, int64_t wall_us, enum journal_kind kind, const struct buf *fields);
/* Remembers the place of a final record, in this session's journal or from an earlier one. */
void recorder_known(struct recorder *r, uint32_t item, uint64_t journal_offset);
/* Keeps a final record of an item of earlier sessions that this one does not have. */
void recorder_keep(struct recorder *r, uint64_t journal_offset);
/* Records that a failed or cancelled item is queued again. */
void recorder_requeued(struct recorder *r, int64_t wall_us, const char *id, size_t id_len);
/* Is there a final record that the kernel may not have yet? */
bool recorder_has_pending(const struct recorder *r);
/* Writes the errors file: the last record of each item that is failed or cancelled now, and those
 * that were kept. False with err: it cannot be written. */
bool recorder_write_errors(struct recorder *r, const struct items *items, struct error *err);

/* As recorder_event(), with the present time. */
void journal_event(struct engine *e, enum journal_kind kind, const struct buf *fields);
/* Records an attempt that failed. wait_us: until the next attempt; 0: there is none. */
void journal_attempt(
	struct engine *e, const struct attempt *attempt, const struct verdict *v, int64_t wait_us);
/* Records a command and the reply. by: who gave it; NULL: the operator at the run. */
void journal_command(struct engine *e, const char *text, const char *by, const char *reply);
/* Warns the operator, in the events and in the journal. */
void engine_warn(struct engine *e, const char *what, const char *detail);
/* Ends the item: adds its line to the results (ok) or to the journal. The item gets its state once
 * the record is in the kernel. a: the answer, NULL without one. */
void record_final(struct engine *e, uint32_t item, enum item_state state,
	const struct result_item *result, const struct answer *a, const struct verdict *v);

#endif
