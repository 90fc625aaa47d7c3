/* Inside of the control; for the files of src/control only. */
#ifndef SLUICE_CONTROL_CONTROL_IMPL_H
#define SLUICE_CONTROL_CONTROL_IMPL_H

#include "control/bulk.h"
#include "control/control.h"
#include "control/facts.h"
#include "control/item_tags.h"
#include "control/undo.h"
#include "control/watcher.h"
#include "control/write.h"
#include "core/engine_internal.h"

struct control {
	struct engine *engine; /* borrowed */
	struct control_config config;
	struct watcher near, far;
	const struct watcher *asker; /* of the command that runs */
	bool dry_run;                /* the command that runs only counts */
	const char *folder;          /* of relative paths of that command; NULL: ours */
	uint64_t jobs;               /* that were begun: bulk and write */
	struct bulk bulk;
	struct undo undo;
	struct write_job *write; /* owned; NULL: none */
	struct written written;  /* the last one */
	struct item_text text;   /* of the item that was read last, */
	struct buf record;       /* of its end */
	struct buf decoded;      /* what a filter looks through */
	struct facts_cache facts;
	struct item_tags tags;
};

/* inspect.c */
/* The model of the item in c->text, sanitised; "". */
void control_item_model(const struct control *c, char *out, size_t size);
/* Reads the record of a failed or cancelled item's end into c->record; false: there is none.
 * *wall_us gets its time unless wall_us is NULL. */
bool control_item_end(struct control *c, uint32_t item, int64_t *wall_us);
/* The same of any item that has ended: of RESULTS for an ok one. */
bool control_item_record(struct control *c, uint32_t item);
/* Code and message of its last failed attempt, from its record or its group; "" when unknown or not
 * failed. */
void control_item_error(struct control *c, uint32_t item, struct verdict *v);

/* reader.c */
/* For queries over the engine's items. */
struct query_reader control_reader(struct control *c);
/* Does an item pass a filter? Adds what it took to *cost. */
bool control_passes(struct control *c, uint32_t item, const struct filter *f, int64_t *cost);

#endif
