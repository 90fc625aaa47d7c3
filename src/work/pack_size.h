/* How many items a packed request may hold: what the operator allows, less what the server turned
 * out to refuse. A refusal halves it; it doubles again after some full packs that passed, after
 * more of them each time that was in vain. Pure. */
#ifndef SLUICE_WORK_PACK_SIZE_H
#define SLUICE_WORK_PACK_SIZE_H

#include <stdbool.h>

struct pack_size {
	int most;             /* as the operator allows */
	int now;              /* 1 to most */
	int passed, patience; /* full packs in a row; how many it takes to grow */
	int proven;           /* the most that ever passed */
};

/* As many as the operator allows, to begin with. */
void pack_size_init(struct pack_size *s, int most);
/* A request with n items, none of which was refused before, was refused as too large, or its answer
 * was of no use. One that was sent before the size shrank says nothing new. */
void pack_size_refused(struct pack_size *s, int n);
/* It was refused for its size, or for what one of them holds, or for the rate: for its size, unless
 * as many passed before. */
void pack_size_doubted(struct pack_size *s, int n);
/* One with n items was answered. fresh: none of them was refused before. */
void pack_size_passed(struct pack_size *s, int n, bool fresh);

#endif
