/* The files of a run (DESIGN §4): results, errors, journal, lock. Appends are gathered and written
 * with one write() each a turn of the loop; a line counts only once it is in the kernel. The
 * journal is the truth about items that failed; the errors file is a projection of it, made when a
 * run stops. */
#ifndef SLUICE_LEDGER_LEDGER_H
#define SLUICE_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "port.h"
#include "ledger/journal_events.h"
#include "ledger/line_hash.h"

struct ledger_paths {
	char *results, *errors, *journal; /* owned */
};

/* From the results path: "x.jsonl" gives "x.errors.jsonl" and "x.journal"; without that ending they
 * are appended. */
void ledger_paths_init(struct ledger_paths *p, const char *results);
void ledger_paths_free(struct ledger_paths *p);

struct bumps;
struct ledger;

/* What a record says of an item. */
struct ledger_entry {
	const char *id; /* decoded, borrowed for the call */
	size_t id_len;
	uint64_t line;            /* as the record has it */
	struct hash128 line_hash; /* of the input line; one without a key is an older release's */
	enum item_state state;    /* ITEM_OK, ITEM_FAILED or ITEM_CANCELLED; ITEM_QUEUED: what was
				     told of it before is taken back */
	enum outcome outcome;     /* of a failed one */
	int attempts;             /* 0: not told */
	uint64_t journal_offset;  /* of its record in the journal when failed or cancelled, for
				     ledger_write_errors() */
	uint64_t results_offset;  /* of its line in the results when ok */
	int64_t tokens_in, tokens_out;       /* -1: not told */
	int64_t estimated_in, estimated_out; /* of what was not told; 0 or less: nothing */
};
typedef void ledger_visit(void *ctx, const struct ledger_entry *entry);

/* Creates (0600) or opens the files, takes the lock, cuts a torn last line of results and journal
 * (a whole one that lacks only its newline gets it). NULL and err when another run holds them (its
 * pid is named), on a read-only or full disk, when a file is there already that sluice did not
 * write: such a one is left as it is. */
struct ledger *ledger_open(const char *results, struct error *err);
/* The run's secret, the same in all its sessions, for hashes of ids and lines. */
const struct hash_key *ledger_key(const struct ledger *l);
/* Visits the records of earlier sessions; of one id the LATER visit wins: first the journal's in
 * their order (failed, cancelled, and ITEM_QUEUED for `requeued`), then the results' ok ones.
 * Lines that are not records are skipped and counted in *bad. False and err on a read error. To be
 * called before anything is added. */
bool ledger_replay(
	struct ledger *l, ledger_visit *visit, void *ctx, uint64_t *bad, struct error *err);

/* The journal's last record of event `learnt` as it stands, "" when there is none; known after
 * ledger_replay(). */
const char *ledger_last_learnt(struct ledger *l);
/* What earlier sessions changed in priorities, also known then; the ledger's own. */
struct bumps *ledger_bumps(struct ledger *l);
/* The same of the last session's `start`. */
const char *ledger_last_start(struct ledger *l);

/* How many good results there were and are; known after ledger_replay(). */
struct ledger_count {
	uint64_t counted; /* by the last record that tells, of a session's stop or start */
	uint64_t found;
	bool told; /* that session ended because results were lost, and said so */
};
struct ledger_count ledger_count(const struct ledger *l);
/* Bytes of zeros that ledger_replay() cut out of the files: a crash leaves them in blocks that were
 * never written, or a truncation under an earlier release. */
uint64_t ledger_zeros(const struct ledger *l);

/* Appends a whole result line (with its newline) and returns its offset. What is added is held in
 * memory until it is written: on LEDGER_FULL the caller stops starting attempts. */
uint64_t ledger_add_result(struct ledger *l, const char *line, size_t len);
/* Appends a record of this kind to the journal; fields is "" or JSON members without
 * braces, which journal_events.c describes. Returns the record's offset. */
uint64_t ledger_add_event(struct ledger *l, int64_t wall_us, enum journal_kind kind,
	const char *fields, size_t fields_len);
/* The same of event `start`, to which it adds the seed: the first record of a session. */
void ledger_add_start(struct ledger *l, int64_t wall_us, const char *fields, size_t len);
/* Appends the final record of an item that failed or was cancelled; line is its errors-file line
 * (with newline). Returns the record's offset. */
uint64_t ledger_add_final(
	struct ledger *l, int64_t wall_us, enum item_state state, const char *line, size_t len);
/* An item that was failed or cancelled is queued again. */
void ledger_add_requeued(struct ledger *l, int64_t wall_us, const char *id, size_t id_len);

enum ledger_status {
	LEDGER_OK,
	LEDGER_FULL,  /* no space: all is kept; call ledger_flush() again later */
	LEDGER_ERROR, /* an I/O error that no retry mends: stop the run */
};
/* Writes what was added. How many of the added result lines and journal records are in the kernel
 * now, in order of their adding, is told by the two counters. */
enum ledger_status ledger_flush(struct ledger *l, struct error *err);
uint64_t ledger_results_written(const struct ledger *l);
uint64_t ledger_journal_written(const struct ledger *l);
/* Bytes added and not yet written. */
size_t ledger_unwritten(const struct ledger *l);
/* Asks the sync thread for an fdatasync of both files unless one is under way; the status of the
 * last one that ended comes back. A failed one is final: every later call says so again, as do
 * ledger_flush() and ledger_close(). Looks at the files as well, see ledger_watch(). */
enum ledger_status ledger_sync(struct ledger *l, struct error *err);
/* LEDGER_ERROR for good when results or journal are not what was written any more: truncated,
 * moved, removed, written by somebody else. */
enum ledger_status ledger_watch(struct ledger *l, struct error *err);
/* Was it that which broke the ledger? What ended is not all in the results then. */
bool ledger_was_lost(const struct ledger *l);

/* Replaces the errors file atomically by the records at these journal offsets, in this order; with
 * n = 0 an existing one is removed. */
bool ledger_write_errors(struct ledger *l, const uint64_t *offsets, size_t n, struct error *err);
/* Reads the record at the offset into out: its errors-file line, without newline. False when there
 * is none. wall_us, unless it is NULL, gets when it was written, 0 when that is not known. */
bool ledger_read_final(struct ledger *l, uint64_t offset, struct buf *out, int64_t *wall_us);
/* Reads the line at the offset of the results into out, without newline. False when there is none
 * that was written. */
bool ledger_read_result(struct ledger *l, uint64_t offset, struct buf *out);
/* Flushes, syncs, unlocks, closes and frees. False and err when something could not be written:
 * resuming does those items again. */
bool ledger_close(struct ledger *l, struct error *err);

#endif
