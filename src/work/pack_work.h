/* Embeddings that share a request (--pack): ready items join the one that is being started, and its
 * answer is dealt out to them. Each of them is in flight as an attempt of its own; the first one's
 * has the lane's ticket and the transfer, and the others are its riders. */
#ifndef SLUICE_WORK_PACK_WORK_H
#define SLUICE_WORK_PACK_WORK_H

#include "core/engine_internal.h"

/* most: items in a request; tokens: estimated, in a request. */
struct packing *packing_new(int most, double tokens);
void packing_free(struct packing *k);

/* Lets ready items join the attempt whose request, built in e->request, is about to be sent; tokens
 * gets what all will cost. Returns how many did: 0 unless it is one of embeddings that can be
 * packed. */
int pack_gather(struct engine *e, struct attempt *leader, double *tokens);
/* It was started: its riders share the transfer. */
void pack_started(struct attempt *leader);

/* Deals the answer out and ends all attempts of the pack. The verdict is that of the request
 * afterwards, for statistics. */
void pack_answered(struct engine *e, struct attempt *leader, const struct answer *answer,
	struct verdict *v, const struct standing *when);
/* An item that can be packed went without others. */
void pack_alone(struct engine *e, const struct attempt *a, const struct verdict *v);

/* Is every item of the attempt's pack to be cancelled? Then its transfer can be. */
bool pack_is_cancelled(const struct attempt *a);

#endif
