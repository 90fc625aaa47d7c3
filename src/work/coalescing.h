/* Which items ask the same, by the hashes of their requests: the first of them is sent, the others
 * follow it. Pure. Memory: 27 to 54 bytes for each different request, 8 for an item that follows.
 */
#ifndef SLUICE_WORK_COALESCING_H
#define SLUICE_WORK_COALESCING_H

#include "base/hash.h"
#include "base/idmap.h"
#include "core/items.h"

struct same_slot;
struct same_follower;

struct same {
	struct same_slot *slot;
	size_t slots, count;
	/* Who follows whom: of each that leads the last of a ring of followers. */
	struct idmap last;
	struct same_follower *follower;
	uint32_t n, cap, free;
};

/* Empty. */
void same_init(struct same *s);
void same_free(struct same *s);
/* The item of a key; the first that comes with it becomes that. */
uint32_t same_first(struct same *s, const struct hash128 *key, uint32_t item);
/* Another one becomes it. */
void same_put(struct same *s, const struct hash128 *key, uint32_t item);

/* The item follows the leader from now on, behind those that do. */
void same_follow(struct same *s, uint32_t leader, uint32_t item);
/* Takes the one out that has followed it the longest; ITEM_NONE when nobody does. */
uint32_t same_next(struct same *s, uint32_t leader);
/* Who followed the one follows the other, too; false when nobody follows that. */
bool same_move(struct same *s, uint32_t from, uint32_t to);

#endif
