/* The records of earlier sessions in a run's ledger. All of them are known after ledger_replay().
 */
#ifndef SLUICE_LEDGER_REPLAY_H
#define SLUICE_LEDGER_REPLAY_H

#include "ledger/cost_record.h"
#include "ledger/ledger.h"
#include "ledger/line_hash.h"
#include "ledger/priority_changes.h"
#include "ledger/record.h"
#include "ledger/sent_settings.h"
#include "ledger/voids.h"
#include "words.h"

/* The state of an item by its record. */
struct ledger_entry {
	const char *id; /* decoded, borrowed for the call */
	size_t id_len;
	uint64_t line;            /* as the record has it */
	struct hash128 line_hash; /* of the input line; one without a key is an older release's */
	enum item_state state;    /* ITEM_OK, ITEM_FAILED or ITEM_CANCELLED; ITEM_QUEUED: earlier
				     records no longer count */
	enum outcome outcome;     /* of a failed one */
	int status;               /* HTTP status of its answer; 0: none */
	int attempts;             /* 0: not reported */
	int64_t latency_us;       /* of its answer; -1: not reported */
	int64_t first_byte_us;    /* until its first byte; -1: not reported */
	int64_t ended_ms;         /* since the start of its session; -1: not reported */
	int64_t session;         /* that made it, from 1, as the record names it; -1: it does not */
	uint8_t made;            /* by which settings: sent_table_of() */
	uint64_t journal_offset; /* of its record in the journal when failed or cancelled, for
				    ledger_write_errors() */
	uint64_t results_offset; /* of its line in the results when ok */
	struct cost_record cost; /* its model is borrowed for the call */
};
typedef void ledger_visit(void *ctx, const struct ledger_entry *entry);
/* The key of the entry's item in a map of ids. */
uint64_t ledger_entry_key(const struct record_keys *keys, const struct ledger_entry *entry);
/* A record of the journal and its text, borrowed for the call. */
typedef void ledger_record_visit(
	void *ctx, const struct journal_record *record, const struct ledger_line *line);

/* Visits the records of earlier sessions; of one id the LATER visit wins: first the journal's in
 * their order (failed, cancelled, and ITEM_QUEUED for `requeued`), then the results' ok ones.
 * Lines that are not records are skipped and counted in *bad. False and err on a read error. To be
 * called before anything is added. */
bool ledger_replay(
	struct ledger *l, ledger_visit *visit, void *ctx, uint64_t *bad, struct error *err);

/* From now on ledger_replay() also visits every record of the journal, in their order, before the
 * items that it is about. */
void ledger_visit_records(struct ledger *l, ledger_record_visit *visit, void *ctx);
/* Visits the records of the journal from the one at this offset on, as long as visit returns true.
 * False: it cannot be read. */
bool ledger_visit_from(struct ledger *l, uint64_t offset,
	bool (*visit)(
		void *ctx, const struct journal_record *record, const struct ledger_line *line),
	void *ctx);
/* Is there a journal? Only a ledger that is read can lack it. */
bool ledger_has_journal(const struct ledger *l);
/* Does the last line of results or journal lack its end? Known after ledger_replay(). */
bool ledger_is_torn(const struct ledger *l);

/* The journal's last record of event `learnt`, unchanged; "" when there is none. */
const char *ledger_last_learned(struct ledger *l);
/* The same of the last session's `start`. */
const char *ledger_last_start(struct ledger *l);
/* The settings of all earlier sessions that change what is sent; owned by the ledger. */
const struct sent_table *ledger_sent(const struct ledger *l);
/* The priority changes of earlier sessions; owned by the ledger. */
struct priority_changes *ledger_priority_changes(struct ledger *l);

/* How many good results there were and are. */
struct ledger_count {
	uint64_t counted; /* by the last start or stop record that has the count */
	uint64_t found;
	bool reported; /* that session stopped because of lost results, and reported it */
};
struct ledger_count ledger_count(const struct ledger *l);
/* Bytes of zeros that ledger_replay() cut out of the files: a crash leaves them in blocks that were
 * never written, or a truncation under an earlier release. */
uint64_t ledger_zeros(const struct ledger *l);
/* Did an earlier session void a line? */
bool ledger_any_void(const struct ledger *l);
/* Do lines of earlier sessions have this form? */
bool ledger_has_form(const struct ledger *l, enum result_form form);
/* Did an earlier session leave answers in doubt? */
bool ledger_any_doubt(const struct ledger *l);
/* The state of the answer to an item. */
enum doubt_state ledger_doubt_of(const struct ledger *l, const char *id, size_t len);

#endif
