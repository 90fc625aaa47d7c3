/* Answers that may be those of other requests, and requests that were sent more than once. The
 * connections report both: HTTP/1 answers have an order but no number. */
#ifndef SLUICE_CORE_DOUBT_H
#define SLUICE_CORE_DOUBT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/response.h"
#include "base/idmap.h"

struct attempt;
struct engine;

struct doubts {
	uint64_t items; /* that ended with a doubtful answer */
	uint32_t *redo; /* of them, those that are to be sent again */
	size_t n_redo, cap_redo;
	/* By 1 + item: how often connections sent its requests again. Those repeats are attempts of
	 * the item, but have no answer that could be in doubt. */
	struct idmap resent;
};

/* Makes an empty list. */
void doubts_init(struct doubts *d);
void doubts_free(struct doubts *d);
/* Writes the names by which engine_doubted() knows the answer to an attempt: one for each task that
 * shares the request, at most max. Returns how many. */
size_t engine_attempt_names(
	const struct engine *e, const struct attempt *a, struct answer_name *out, size_t max);
/* How often the connection may send the request again by itself; each time costs one of the task's
 * attempts. */
unsigned engine_attempt_resends(const struct engine *e, const struct attempt *a);
/* Is an item of the request sent again because its answer was in doubt? Then the request needs a
 * new connection, on which no doubt can arise. */
bool engine_attempt_is_redo(const struct engine *e, const struct attempt *a);
/* These answers may be those of other requests: all but the first, and the first, too, if cut (the
 * order is unknown then). To be called after the answers themselves. */
void engine_doubted(struct engine *e, const struct answer_name *names, size_t n, bool cut,
	int64_t now_us, int64_t wall_us);

/* Counts and records that the request of an attempt was sent several times: each time is an attempt
 * of its tasks. */
void doubt_count_resent(struct engine *e, const struct attempt *a, const struct answer *answer);
/* An item was restored as an earlier session left it: marks it if its answer is in doubt. */
void doubt_restore(struct engine *e, uint32_t item);
/* An item with this id will be sent. If an earlier session had its answer in doubt, marks it as
 * redone: there is no doubt about its new answer. */
void doubt_mark_redone(struct engine *e, uint32_t item, const char *id, size_t len);
/* To be called once a turn: queues the items again whose answers are in doubt, once they have
 * ended. */
void doubt_redo(struct engine *e);

#endif
