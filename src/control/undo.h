/* The operator's last act on items and the last change of limits, kept so that they can be taken
 * back. It costs one byte an item once there was such an act. */
#ifndef SLUICE_CONTROL_UNDO_H
#define SLUICE_CONTROL_UNDO_H

#include "core/engine_internal.h"
#include "core/verbs.h"
#include "pace/lane_hand.h"

/* The limits of all routes, and the budget. */
struct undo_limits {
	int n;
	struct lane_hand lane[ENDPOINTS_MAX];
	double weight[ENDPOINTS_MAX];
	double budget_tokens, budget_usd;
};

struct undo {
	uint64_t acts_at, limits_at; /* which is the later; 0: there is none to take back */
	uint64_t last;
	/* acts on items */
	enum item_action action;
	int by;           /* ACTION_PRIORITY */
	bool one_by_one;  /* by commands for one item each */
	int64_t acted_us; /* the last of these */
	int8_t *before;   /* what each of the items was */
	uint32_t n;
	struct undo_limits limits;
};

void undo_free(struct undo *u);

/* Begins an act, by: of ACTION_PRIORITY. It replaces the one before: not to be called before an
 * item was changed. */
void undo_begin(struct undo *u, enum item_action action, int by);
/* The same for one item; acts of one kind at about the same time are one. */
void undo_begin_one(struct undo *u, enum item_action action, int by, int64_t now_us);
/* What the item is before the act; to be noted if it is done. */
int8_t undo_before(enum item_action action, const struct item *item);
void undo_note(struct undo *u, uint32_t item, int8_t before, uint32_t n_items);
/* Was the item changed by the last act? */
bool undo_has(const struct undo *u, uint32_t item);
/* Takes back what was done to the item; false: it has gone on since. */
bool undo_item(struct undo *u, struct engine *e, uint32_t item);
/* What happens to items whose act is taken back: "queued again". */
const char *undo_word(const struct undo *u);

/* Reads all limits; a command that leaves others than these changed them. */
void undo_read_limits(struct engine *e, struct undo_limits *out);
void undo_note_limits(struct undo *u, struct engine *e, const struct undo_limits *before);
/* Sets the limits before the last change; the text lists them. */
void undo_set_limits(struct undo *u, struct engine *e, char *text, size_t size);

#endif
