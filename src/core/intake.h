/* Input lines become items, and what an earlier session ended is restored. */
#ifndef SLUICE_CORE_INTAKE_H
#define SLUICE_CORE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/idmap.h"
#include "core/ended.h"
#include "words.h"

struct engine;
struct ledger_entry;

struct intake {
	struct idmap by_id; /* record_id_key() to item, or to what is in ended */
	struct ended_items ended;
	struct item_counts resumed; /* what earlier sessions ended */
	bool input_ended;
	uint64_t bytes_read;
	int64_t bytes_total; /* -1: not known */
	struct buf made;     /* of the line that is being fed, by the template */
};

/* Empty. */
void intake_init(struct intake *in);
void intake_free(struct intake *in);
/* Restores what an earlier session ended (ledger_replay()'s visitor; engine). Before any line. */
void engine_replay(void *engine, const struct ledger_entry *entry);
/* One more input line (SOURCE_LINE or SOURCE_TOO_LONG with text NULL). */
void engine_feed(struct engine *e, const char *text, size_t len, uint64_t offset, uint64_t number);
/* Input bytes read and in all (-1: unknown), for progress. */
void engine_input_progress(struct engine *e, uint64_t read, int64_t total);
void engine_input_end(struct engine *e);
/* Does it want lines now, because it has next to nothing ready? */
bool engine_hungry(const struct engine *e);
/* The item of an id; ITEM_NONE. */
uint32_t engine_find(struct engine *e, const char *id, size_t len);
/* The item of an input line; ITEM_NONE. */
uint32_t engine_item_of_line(const struct engine *e, uint64_t line);
/* Did an earlier session end an item of this id hash ok? Before any line. */
bool intake_ended_ok(struct intake *in, uint64_t key);

#endif
