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
#include "base/keyed_hash.h"
#include "ledger/journal_events.h"
#include "words.h"

struct ledger;

/* Creates (0600) or opens the files, takes the lock, cuts a torn last line of results and journal
 * (a whole one that lacks only its newline gets it). NULL and err when another run holds them (err
 * has its pid), on a read-only or full disk, and when sluice did not write an existing file, which
 * stays unchanged. */
struct ledger *ledger_open(const char *results, struct error *err);
/* The run's secret, the same in all its sessions, for hashes of ids and lines. */
const struct hash_key *ledger_key(const struct ledger *l);

/* Appends a whole result line (with its newline) and returns its offset. Lines stay in memory until
 * they are written: on LEDGER_FULL the caller stops starting attempts. */
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
/* Voids the item's written line at this offset of the results. False when it is not there. */
bool ledger_add_void(
	struct ledger *l, int64_t wall_us, const char *id, size_t len, uint64_t offset);

enum ledger_status {
	LEDGER_OK,
	LEDGER_FULL,  /* no space: all is kept; call ledger_flush() again later */
	LEDGER_ERROR, /* an I/O error that no retry cures: stop the run */
};
/* Writes the added lines. The two counters say how many of the added result lines and journal
 * records are in the kernel, in the order of adding. */
enum ledger_status ledger_flush(struct ledger *l, struct error *err);
uint64_t ledger_results_written(const struct ledger *l);
uint64_t ledger_journal_written(const struct ledger *l);
/* The results that are ok, those that are added and those that are void now left out. */
uint64_t ledger_good(const struct ledger *l);
/* Bytes added and not yet written. */
size_t ledger_unwritten(const struct ledger *l);
/* Requests an fdatasync of both files from the sync thread unless one is in progress; returns the
 * status of the last finished one. A failed sync is final: every later call reports it again, as do
 * ledger_flush() and ledger_close(). Also checks the files, see ledger_watch(). */
enum ledger_status ledger_sync(struct ledger *l, struct error *err);
/* LEDGER_ERROR from then on when results or journal were truncated, moved, removed, or written by
 * another process. */
enum ledger_status ledger_watch(struct ledger *l, struct error *err);
/* Did such a change break the ledger? Then the results lack some ended items. */
bool ledger_was_lost(const struct ledger *l);

/* Frees the ledger of a run that does not start: writes nothing that was added, and removes the
 * files that opening it made, as long as they are empty. */
void ledger_abandon(struct ledger *l);
/* Flushes, syncs, unlocks, closes and frees. False and err when something could not be written: a
 * resume runs those items again. */
bool ledger_close(struct ledger *l, struct error *err);

#endif
