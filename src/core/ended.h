/* The items that earlier sessions ended, from the replay of their records until the input is read.
 * They share the map of ids with the items of this session: an id's value is an ended item until
 * its line is read, and that line's item from then on. */
#ifndef SLUICE_CORE_ENDED_H
#define SLUICE_CORE_ENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/idmap.h"
#include "core/items.h"

/* An item that an earlier session ended. */
struct ended {
	uint64_t offset : 48; /* of its record in results (ok) or journal */
	uint64_t status : 16; /* HTTP status of its answer; 0: none */
	uint32_t line_hash;   /* the lower half, to be small; 0: not known */
	uint16_t attempts;
	uint8_t state : 4, outcome : 4;
	uint8_t keyed : 1; /* the hash is under the run's seed */
	uint8_t made : 7;  /* by which settings: sent_table_of() */
};

enum {
	ENDED_CHUNK = 16384,
	ENDED_PENDING = 16, /* enough to hide that memory is slow */
};

struct ended_items {
	struct ended_chunk **chunk; /* NULL: all of them were taken */
	uint32_t n;                 /* ever added; values of ids are counted down from ITEM_NONE */
	struct {
		uint64_t key;
		struct ended ended;
	} pending[ENDED_PENDING]; /* to be added, while their slots of the map are prefetched */
	uint32_t added;           /* to pending[] */
	uint32_t settled;         /* of them, those that are in the map */
	bool keyed;               /* some hash is under the run's seed */
};

/* Releases the memory; empty and usable again. All zeros are empty, too. */
void ended_free(struct ended_items *t);
/* Adds the ended item of an id's key (record_id_key() or record_bad_line_key()); of one key the
 * latest counts. Later calls add it to the map. */
void ended_add(struct ended_items *t, struct idmap *by_id, uint64_t key, const struct ended *ended);
/* Adds all to the map: call it before the map is used. */
void ended_settle(struct ended_items *t, struct idmap *by_id);
/* Is this value of the map an ended item? Never while there are fewer items than ended_room(). */
static inline bool ended_is(const struct ended_items *t, uint32_t value)
{
	return value >= ITEM_NONE - t->n;
}
/* The number of items that the map has room for beside the ended ones. */
static inline uint32_t ended_room(const struct ended_items *t)
{
	return ITEM_NONE - t->n;
}
/* The ended item of a value of the map for which ended_is() holds; borrowed until it is taken. */
const struct ended *ended_at(const struct ended_items *t, uint32_t value);
/* Its line was read: returns it, and the map's slot has the line's item from now on. */
struct ended ended_take(struct ended_items *t, struct idmap_slot *slot, uint32_t item);

/* Calls visit for each that was not taken. */
void ended_each(const struct ended_items *t, void (*visit)(void *ctx, const struct ended *ended),
	void *ctx);

#endif
