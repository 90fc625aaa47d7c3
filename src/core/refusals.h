/* Refusals for good: of the item, or of all? A server refuses a bad item with the same status as a
 * rejected key, a spent account or a withdrawn model. An item fails only when others are answered
 * meanwhile; until then it is held, and probes take turns among the items.
 *
 * 401 and 403 (key), 402 (credit), 404 and 412 (model) are such refusals, as DESIGN has it: an item
 * fails by them only when another item of its lane was answered after its last refusal. 404 and 412
 * of services that sluice has no provider for are about their own URL. Other client errors become
 * such refusals when the last REFUSALS_ALIKE items of a lane failed by the same words. */
#ifndef SLUICE_CORE_REFUSALS_H
#define SLUICE_CORE_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"

struct attempt;
struct engine;
struct provider;
struct queue;
struct route_lane;

enum { REFUSALS_ALIKE = 20 };

/* The last items of a lane that failed, all by the same words. */
struct refusals {
	uint64_t signature;
	int n;
	uint32_t item[REFUSALS_ALIKE];
	struct queue *queue; /* of the last one; borrowed */
	bool due;            /* they go back: refusals_put_back() does it */
};

/* A hash of status, code and message without its digits, which name the item rather than the error.
 */
uint64_t refusal_signature(const struct verdict *v);
/* How many refusals of this kind an item needs at least to fail by them; 0: it is no such refusal.
 */
int refusal_least(const struct provider *p, const struct verdict *v);

/* Is the failed attempt such a refusal? */
bool refusal_is(const struct attempt *a, const struct verdict *v);
/* Does the item fail by it? Else it is held. Counts the refusal. */
bool refusal_is_final(struct engine *e, const struct attempt *a, const struct verdict *v);

/* The item of the attempt failed for good: when it is the last of REFUSALS_ALIKE, opens the lane's
 * breaker and has them put back. */
void refusals_note_failed(struct engine *e, const struct attempt *a, const struct verdict *v);
/* An item of the lane was ok. */
void refusals_note_ok(struct route_lane *lane);
/* To be called once a turn: holds the failed items that are due again. */
void refusals_put_back(struct engine *e);

/* Stops the run when --stop-on-errors says so. To be called once a turn. */
void refusals_check_limit(struct engine *e);

#endif
