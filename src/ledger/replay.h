/* What earlier sessions of a run left in its ledger. All of it is known after ledger_replay(). */
#ifndef SLUICE_LEDGER_REPLAY_H
#define SLUICE_LEDGER_REPLAY_H

#include "ledger/ledger.h"
#include "ledger/line_hash.h"
#include "ledger/priority_changes.h"
#include "ledger/voids.h"
#include "words.h"

/* What a record says of an item. */
struct ledger_entry {
	const char *id; /* decoded, borrowed for the call */
	size_t id_len;
	uint64_t line;            /* as the record has it */
	struct hash128 line_hash; /* of the input line; one without a key is an older release's */
	enum item_state state;    /* ITEM_OK, ITEM_FAILED or ITEM_CANCELLED; ITEM_QUEUED: what was
				     known of it before is taken back */
	enum outcome outcome;     /* of a failed one */
	int attempts;             /* 0: not reported */
	uint64_t journal_offset;  /* of its record in the journal when failed or cancelled, for
				     ledger_write_errors() */
	uint64_t results_offset;  /* of its line in the results when ok */
	int64_t tokens_in, tokens_out;       /* -1: not reported */
	int64_t estimated_in, estimated_out; /* of what was not reported; 0 or less: nothing */
};
typedef void ledger_visit(void *ctx, const struct ledger_entry *entry);

/* Visits the records of earlier sessions; of one id the LATER visit wins: first the journal's in
 * their order (failed, cancelled, and ITEM_QUEUED for `requeued`), then the results' ok ones.
 * Lines that are not records are skipped and counted in *bad. False and err on a read error. To be
 * called before anything is added. */
bool ledger_replay(
	struct ledger *l, ledger_visit *visit, void *ctx, uint64_t *bad, struct error *err);

/* The journal's last record of event `learnt` as it stands, "" when there is none. */
const char *ledger_last_learned(struct ledger *l);
/* The same of the last session's `start`. */
const char *ledger_last_start(struct ledger *l);
/* What earlier sessions changed in priorities; the ledger's own. */
struct priority_changes *ledger_priority_changes(struct ledger *l);

/* How many good results there were and are. */
struct ledger_count {
	uint64_t counted; /* by the last record that tells, of a session's stop or start */
	uint64_t found;
	bool reported; /* that session ended because results were lost, and said so */
};
struct ledger_count ledger_count(const struct ledger *l);
/* Bytes of zeros that ledger_replay() cut out of the files: a crash leaves them in blocks that were
 * never written, or a truncation under an earlier release. */
uint64_t ledger_zeros(const struct ledger *l);
/* Did an earlier session leave answers in doubt? */
bool ledger_any_doubt(const struct ledger *l);
/* What is known of the answer to an item. */
enum doubt_state ledger_doubt_of(const struct ledger *l, const char *id, size_t len);

#endif
