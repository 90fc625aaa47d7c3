/* What is known of an item beyond its 40 bytes: its input line read again, the record of its end.
 */
#ifndef SLUICE_CORE_INSPECT_H
#define SLUICE_CORE_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request.h"
#include "base/buf.h"

struct engine;

/* An item's line, and what it says. */
struct item_text {
	struct buf text, made, id;
	struct request_line line; /* its spans point into text or made */
	bool edited;              /* the line is not there any more: another one is */
};

/* Empty. */
void item_text_init(struct item_text *t);
void item_text_free(struct item_text *t);
/* Reads the item's line; false when it is no request: it has an id all the same, but not its own
 * when `edited` says that another line is there. */
bool item_text_read(struct item_text *t, const struct engine *e, uint32_t item);
/* The same into e->item_read. */
bool engine_read_item(struct engine *e, uint32_t item);
/* The item's line again, as it was counted. False when it cannot be read or is another one: the run
 * stops. */
bool engine_line_fetch(struct engine *e, uint32_t item, struct buf *out);
/* The item's line is another one: what is in flight finishes, then the run ends as failed. */
void engine_line_edited(struct engine *e, uint32_t item);
/* The id of an item as text, read from its line again; of an edited line the run ends. */
bool engine_item_id(struct engine *e, uint32_t item, struct buf *id);
/* The id of a line that is no request: its own custom_id when it has one, else its number. */
void engine_bad_line_id(
	const struct engine *e, const char *text, size_t len, uint64_t number, struct buf *id);
/* Reads the record of a failed or cancelled item's end; wall_us, unless it is NULL, gets its time.
 * False when there is none. */
bool engine_final_record(
	const struct engine *e, uint32_t item, struct buf *record, int64_t *wall_us);
/* Is there an item that failed in an earlier session and is in no error group yet? */
bool engine_has_to_regroup(const struct engine *e);
/* Counts such items in the error groups, for about so many units of item_read_cost(). */
void engine_regroup(struct engine *e, int64_t units);

#endif
