/* Answers that may be those of other requests, and requests that left more than once: both reported
 * by the connections, which HTTP/1 orders but does not number. */
#ifndef SLUICE_CORE_DOUBT_H
#define SLUICE_CORE_DOUBT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/response.h"

struct attempt;
struct engine;

struct doubts {
	uint64_t items; /* that ended with an answer which may be another's */
	uint32_t *redo; /* of them, those to be asked again */
	size_t n_redo, cap_redo;
};

void doubts_free(struct doubts *d);
/* What an attempt's answer is known by to engine_doubted(): up to max names, one for each item.
 * Returns how many. */
size_t engine_attempt_names(const struct attempt *a, struct answer_name *out, size_t max);
/* How often its request may leave again by itself, at the cost of one of its item's attempts each.
 */
unsigned engine_attempt_resends(const struct engine *e, const struct attempt *a);
/* Is it, or one that shares the request, asked again because of a doubt? Over a new connection
 * there is none. */
bool engine_attempt_is_redo(const struct engine *e, const struct attempt *a);
/* These answers may be those to other requests: all but the first, and that, too, when it is not
 * known to be the first (cut). Behind the answers themselves. */
void engine_doubted(struct engine *e, const struct answer_name *names, size_t n, bool cut,
	int64_t now_us, int64_t wall_us);

/* What an attempt's request cost beyond it, since it left several times. */
void doubt_count_resent(struct engine *e, const struct attempt *a, const struct answer *answer);
/* An item was restored as an earlier session left it: perhaps in doubt. */
void doubt_restore(struct engine *e, uint32_t item);
/* An item is asked. If an earlier session had it in doubt, it is asked as one that is redone, and
 * of the new answer there is no doubt. */
void doubt_mark_redone(struct engine *e, uint32_t item, const char *id, size_t len);
/* To be called once a turn: queues items again whose answers are in doubt, as far as they have
 * ended. */
void doubt_redo(struct engine *e);

#endif
