/* Reads what is known of an item beyond its 40 bytes: its input line, and the record of its end. */
#ifndef SLUICE_CORE_INSPECT_H
#define SLUICE_CORE_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request.h"
#include "base/buf.h"

struct engine;

/* An item's input line, parsed. */
struct item_text {
	struct buf text, made, id, body;
	struct request_line line; /* its spans point into text or made; of an edited request, its
				     body into body */
	bool edited;              /* the input has another line in its place now */
};

/* Makes an empty text. */
void item_text_init(struct item_text *t);
void item_text_free(struct item_text *t);
/* Reads the item's line. False when it is not a request; the id is set all the same, but it is not
 * the item's own when `edited`. */
bool item_text_read(struct item_text *t, const struct engine *e, uint32_t item);
/* The same, into e->item_read. */
bool engine_read_item(struct engine *e, uint32_t item);
/* Reads the item's line into out. False when it cannot be read or was edited: then the run stops.
 */
bool engine_line_fetch(struct engine *e, uint32_t item, struct buf *out);
/* The item's line was edited: requests in flight finish, then the run ends as failed. */
void engine_line_edited(struct engine *e, uint32_t item);
/* Sets id to the item's id, from its line. If the line was edited, the run ends. */
bool engine_item_id(struct engine *e, uint32_t item, struct buf *id);
/* Sets id to the id of a line that is not a request: its custom_id if it has one, else its number.
 */
void engine_bad_line_id(
	const struct engine *e, const char *text, size_t len, uint64_t number, struct buf *id);
/* Reads the final record of a failed or cancelled item; *wall_us gets its time unless wall_us is
 * NULL. False: there is none. */
bool engine_final_record(
	const struct engine *e, uint32_t item, struct buf *record, int64_t *wall_us);
/* Are there items that failed in an earlier session and have no error group yet? */
bool engine_has_to_regroup(const struct engine *e);
/* Counts such items in the error groups, until their item_read_cost() exceeds this cost. */
void engine_regroup(struct engine *e, int64_t cost);

#endif
