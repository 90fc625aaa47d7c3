/* Answers that may be those of other requests, and requests that left more than once. */
#ifndef SLUICE_CORE_DOUBT_H
#define SLUICE_CORE_DOUBT_H

#include "api/response.h"

struct attempt;
struct engine;

/* What an attempt's request cost beyond it, since it left several times. */
void engine_count_resent(struct engine *e, const struct attempt *a, const struct answer *answer);
/* An item was restored as an earlier session left it: perhaps in doubt. */
void engine_doubt_take_up(struct engine *e, uint32_t item);
/* An item is asked. If an earlier session had it in doubt, it is asked as one that is redone, and
 * of the new answer there is no doubt. */
void engine_doubt_anew(struct engine *e, uint32_t item, const char *id, size_t len);
/* Queues items again whose answers are in doubt, as far as they have ended. */
void engine_redo_doubtful(struct engine *e);

#endif
