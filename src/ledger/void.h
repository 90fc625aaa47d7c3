/* Answers in doubt, and result lines that were taken back for it. The journal tells both: `doubt`
 * names items whose answers may be another's, `void` one line of the results that counts no more
 * because its item is asked again. Readers pass over such lines; the next session moves them out of
 * the results. */
#ifndef SLUICE_LEDGER_VOID_H
#define SLUICE_LEDGER_VOID_H

#include "base/idmap.h"
#include "base/json.h"
#include "ledger/ledger.h"
#include "ledger/lines.h"
#include "ledger/record.h"

/* A line, known by place and content: when the results were written anew, another may stand there.
 */
struct void_line {
	uint64_t offset, hash;
};

enum doubt_of {
	DOUBT_NONE,
	DOUBT_TOLD,
	DOUBT_REDO, /* it was told, and the item is asked again */
};

struct voids {
	struct void_line *line;
	uint32_t n, cap;
	struct idmap by_offset; /* to line[] */
	struct idmap ids;       /* record_id_key() to what is known of its answer, see doubt_of */
	struct record_keys keys;
	size_t doubted; /* so many are */
};

/* Empty; all zeros will do for voids_free(). */
void voids_init(struct voids *v, const struct record_keys *keys);
void voids_free(struct voids *v);
/* Takes what a journal record of this kind tells, in their order. */
void voids_take(struct voids *v, enum journal_kind kind, const char *text, size_t len);
/* The item was queued again: what was in doubt of it counts no more. */
void voids_requeued(struct voids *v, struct json_span id);
/* Was this line of the results taken back? */
bool voids_has(const struct voids *v, const struct ledger_line *line);

/* For the ledger's own files: moves the lines that were taken back into X.void.jsonl, by writing
 * the results anew and renaming them into place. False and err when that fails; the results are as
 * they were then. */
bool ledger_sweep_voids(struct ledger *l, struct error *err);

/* Did an earlier session leave answers in doubt? Known after ledger_replay(), as is that of an
 * item.
 */
bool ledger_any_doubt(const struct ledger *l);
enum doubt_of ledger_doubt_of(const struct ledger *l, const char *id, size_t len);
/* Takes back the item's line at this offset of the results, which is written. False when it is not
 * there. */
bool ledger_add_void(
	struct ledger *l, int64_t wall_us, const char *id, size_t len, uint64_t offset);

#endif
