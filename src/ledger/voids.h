/* Answers in doubt, and result lines that became void because of it. The journal records both:
 * `doubt` names items whose answers may belong to other requests, `void` one void line of the
 * results, whose item is requested again. Readers skip void lines; the next session moves them out
 * of the results. Pure. */
#ifndef SLUICE_LEDGER_VOIDS_H
#define SLUICE_LEDGER_VOIDS_H

#include "base/idmap.h"
#include "base/json.h"
#include "ledger/journal_events.h"
#include "ledger/lines.h"
#include "ledger/record.h"

/* A line by its place and content: after the results were rewritten, the place may hold another. */
struct void_line {
	uint64_t offset, hash;
};

enum doubt_state {
	DOUBT_NONE,
	DOUBT_REPORTED,
	DOUBT_VOIDED, /* its line is void, and the item is requested again */
};

struct voids {
	struct void_line *line;
	uint32_t n, cap;
	struct idmap by_offset; /* to line[] */
	struct idmap ids;       /* record_id_key() to the enum doubt_state of its answer */
	struct record_keys keys;
	size_t doubted; /* items in DOUBT_REPORTED */
};

/* Empty; voids_free() also takes all zeros. */
void voids_init(struct voids *v, const struct record_keys *keys);
void voids_free(struct voids *v);
/* Reads a journal record of this kind; the caller passes them in the journal's order. */
void voids_read(struct voids *v, enum journal_kind kind, const char *text, size_t len);
/* The item was queued again: its doubt is resolved. */
void voids_requeued(struct voids *v, struct json_span id);
/* The state of the answer to an item. */
enum doubt_state voids_doubt_of(const struct voids *v, const char *id, size_t len);
/* Is this line of the results void? */
bool voids_has(const struct voids *v, const struct ledger_line *line);

#endif
