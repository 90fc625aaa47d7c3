/* Makes items of input lines, and restores the items that earlier sessions ended. */
#ifndef SLUICE_CORE_INTAKE_H
#define SLUICE_CORE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/idmap.h"
#include "core/ended.h"
#include "core/parsed_lines.h"
#include "words.h"

struct engine;
struct ledger_entry;

struct intake {
	struct idmap by_id; /* record_id_key() to item, or to what is in ended */
	struct ended_items ended;
	struct item_counts resumed; /* what earlier sessions ended */
	uint64_t resumed_asked;     /* of them, those that took an attempt and were not cancelled */
	uint32_t refused;           /* items whose lines are no requests */
	char why_refused[256];      /* of the first of them; "": none */
	bool input_ended;
	bool bound;             /* a line names its endpoint */
	bool looks_ahead;       /* the lane of all tasks so far is held */
	struct input_part part; /* if not all of the input is fed */
	uint64_t bytes_read;
	int64_t bytes_total;        /* -1: unknown */
	struct buf made;            /* of the line that is fed, by the template */
	struct parsed_lines parsed; /* of a plain run without a template */
};

/* Makes an empty intake. */
void intake_init(struct intake *in);
void intake_free(struct intake *in);
/* Restores an item that an earlier session ended: the visitor of ledger_replay(), with the engine
 * as its context. Before any line is fed. */
void engine_replay(void *engine, const struct ledger_entry *entry);
/* Adds the item of an input line, number from 1; text NULL: the line is too long (SOURCE_TOO_LONG).
 * Reads text only during the call. */
void engine_feed(struct engine *e, const char *text, size_t len, uint64_t offset, uint64_t number);
/* Says how many bytes of the input were read, and how many there are (-1: unknown). */
void engine_input_progress(struct engine *e, uint64_t read, int64_t total);
/* Says how many items the input has of which a part is fed. */
void engine_input_of(struct engine *e, uint64_t of, bool estimated);
/* The input is of no use, or does not go with the earlier sessions: nothing more is sent, and the
 * exit code is 2 if nothing was. */
void engine_refuse_input(struct engine *e, const char *why);
/* The input cannot be read to its end: requests in flight finish, and the exit code is 4. */
void engine_input_failed(struct engine *e, const char *why, int64_t wall_us);
/* Adds an event: how the input is read. */
void engine_input_form(struct engine *e, const char *form);
/* The input, or the part of it, has ended. */
void engine_input_end(struct engine *e);
/* Should more lines be fed now, as few items are ready? */
bool engine_wants_input(const struct engine *e);
/* May a line be bound to an endpoint that does not exist? Then all of the input should be read
 * before anything is sent: about a second for a million lines. */
bool engine_binds(const struct engine *e);
/* The item of an id; ITEM_NONE: there is none. */
uint32_t engine_find(struct engine *e, const char *id, size_t len);
/* The item of an input line; ITEM_NONE: there is none. */
uint32_t engine_item_of_line(const struct engine *e, uint64_t line);
/* Did an earlier session end an item of this id hash ok? Before any line. */
bool intake_ended_ok(struct intake *in, uint64_t key);

#endif
