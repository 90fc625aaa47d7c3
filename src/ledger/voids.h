/* Answers in doubt, and result lines that were taken back for it. The journal tells both: `doubt`
 * names items whose answers may be another's, `void` one line of the results that counts no more
 * because its item is asked again. Readers pass over such lines; the next session moves them out of
 * the results. Pure. */
#ifndef SLUICE_LEDGER_VOIDS_H
#define SLUICE_LEDGER_VOIDS_H

#include "base/idmap.h"
#include "base/json.h"
#include "ledger/journal_events.h"
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
/* What is known of the answer to an item. */
enum doubt_of voids_doubt_of(const struct voids *v, const char *id, size_t len);
/* Was this line of the results taken back? */
bool voids_has(const struct voids *v, const struct ledger_line *line);

#endif
