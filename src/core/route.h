/* The ways requests can take: each is an endpoint with the lane that paces it. Which one the next
 * request takes is decided here, by room and weight; pure but for what the lanes keep. */
#ifndef SLUICE_CORE_ROUTE_H
#define SLUICE_CORE_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"
#include "pace/lane.h"

enum {
	ROUTES_MAX = ENDPOINTS_MAX,
	ROUTE_NONE = -1,
};

struct route_config {
	const char *name;  /* copied, sanitised */
	struct lane *lane; /* borrowed, must outlive the engine */
	double weight;     /* share of the work among those with room; 0: only as a fallback */
};

enum { ROUTE_RATE_S = 5, ROUTE_MINUTE_S = 60 };

/* What came in each of the last seconds, as the rates of the whole run are counted. */
struct route_seconds {
	int64_t second_us; /* the start of the newest; 0: nothing came yet */
	int newest;
	struct {
		uint32_t answered, rate_limited;
	} at[ROUTE_MINUTE_S + 1];
};

struct route {
	char name[ENDPOINT_NAME_SIZE];
	const struct endpoint *endpoint; /* borrowed; NULL until it is known */
	struct lane *lane;
	double weight;
	int fallback;  /* index; ROUTE_NONE */
	bool paused;   /* by the operator */
	double credit; /* what it is owed by the weighted round robin */
	uint32_t in_flight;
	uint64_t started, answered, ok, rate_limited;
	int64_t passed_us; /* when the last one was ok; until one is, when the first came */
	struct route_seconds seconds;
	char refusal[120]; /* the server's words of its last refusal by a limit, sanitised */
};

struct routes {
	struct route at[ROUTES_MAX];
	int n;
	int chosen; /* the one the operator's commands go to */
};

/* Which way a request may go now; route is ROUTE_NONE when it must wait: until at_us, for that
 * reason. */
struct route_choice {
	int route;
	int64_t at_us;
	enum bound bound;
};

/* Adds one; false when there are ROUTES_MAX already. */
bool routes_add(struct routes *r, const struct route_config *config);
/* Index of a name; ROUTE_NONE. */
int routes_find(const struct routes *r, const char *name);
/* What `from` refuses goes to the route of that name. */
void routes_link(struct routes *r, int from, const char *fallback);

/* The route for a request of this estimated cost. avoid: the route an earlier attempt failed at,
 * which has a fallback, ROUTE_NONE: none. Among those that let it go now, work is shared by weight
 * (smooth weighted round robin); one that is set aside, as in a hold or a pause, leaves its share
 * to its fallback, that one to its own if it is set aside, too. */
struct route_choice routes_pick(struct routes *r, int64_t now_us, double tokens, int avoid);

/* The first in the chain of a route's fallbacks that is not set aside; ROUTE_NONE: there is none.
 */
int routes_fallback(const struct routes *r, int i, int64_t now_us);

/* May this one take a request of this cost now? */
struct route_choice routes_ask(struct routes *r, int i, int64_t now_us, double tokens);

/* An attempt started, an answer came: for counts and rates. */
void route_started(struct route *r);
void route_answered(struct route *r, int64_t now_us, enum outcome outcome);
/* Answers a second over the last few seconds, and refusals by rate limit in the last minute, of a
 * run that is elapsed_us old. */
void route_rates(const struct route *r, int64_t now_us, int64_t elapsed_us, double *answers_per_s,
	double *refused_in_minute);

/* Is every route with a share of the work held by an open breaker? Then items are held. */
bool routes_breakers_open(const struct routes *r, int64_t now_us);
/* Is there a route with a share of the work that is not held? */
bool routes_any_free(const struct routes *r, int64_t now_us);
/* Attempts that may be in flight, of all together. */
int routes_concurrency(const struct routes *r);

#endif
