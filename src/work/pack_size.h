/* How many items a packed request may have: the operator's limit, or less once the server has
 * refused a pack. A refusal halves the size. The size doubles again after some full packs in a row
 * were answered; each time that a larger size is refused again, it takes more of them. Pure. */
#ifndef SLUICE_WORK_PACK_SIZE_H
#define SLUICE_WORK_PACK_SIZE_H

#include <stdbool.h>

struct pack_size {
	int most;             /* the operator's limit */
	int now;              /* 1 to most */
	int passed, patience; /* full packs answered in a row; how many of them double the size */
	int proven;           /* items of the largest pack that was ever answered */
};

/* Begins with the operator's limit. */
void pack_size_init(struct pack_size *s, int most);
/* A pack of n items was refused as too large, or its answer could not be split; none of the items
 * was refused in a pack before. A pack larger than the present size was sent before the size
 * shrank, and changes nothing. */
void pack_size_refused(struct pack_size *s, int n);
/* A pack of n items was refused, perhaps for its size, perhaps for an item's content or the rate.
 * Counts as pack_size_refused() unless a pack of n items was answered before. */
void pack_size_doubted(struct pack_size *s, int n);
/* A pack of n items was answered. fresh: none of the items was refused in a pack before. */
void pack_size_passed(struct pack_size *s, int n, bool fresh);

#endif
