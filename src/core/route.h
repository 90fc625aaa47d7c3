/* Routes: a route is an endpoint with the lane that paces it. This picks the route of the next
 * request, by room and weight. Pure, except for the state of the lanes. */
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

/* A set of routes has a bit for each, by index. */
#define ROUTES_ALL UINT32_MAX

struct route_config {
	const char *name;   /* copied, sanitised */
	struct lane *lane;  /* borrowed, must outlive the engine */
	double weight;      /* share of the requests; 0: only as a fallback */
	const char *models; /* "a,b": the models that it takes; borrowed like lane; NULL: any */
};

enum { ROUTE_RATE_S = 5, ROUTE_MINUTE_S = 60 };

/* The answers of each of the last seconds, counted as those of the whole run. */
struct route_seconds {
	int64_t second_us; /* the start of the newest second; 0: no answer yet */
	int newest;
	struct {
		uint32_t answered, rate_limited;
	} at[ROUTE_MINUTE_S + 1];
};

struct route {
	char name[ENDPOINT_NAME_SIZE];
	const struct endpoint *endpoint; /* borrowed; NULL until it is known */
	struct endpoint without_usage; /* what endpoint is once the server refused stream_options */
	struct lane *lane;
	double weight;
	bool spare;         /* its configured weight is 0 */
	const char *models; /* borrowed; NULL: any */
	int fallback;       /* index; ROUTE_NONE */
	bool paused;        /* by the operator */
	double credit;      /* of the smooth weighted round robin */
	uint32_t in_flight;
	uint64_t started, answered, ok, rate_limited;
	int64_t passed_us; /* of the last ok answer; before one, of the first answer */
	struct route_seconds seconds;
	char refusal[200]; /* the server's message of the last refusal, other than of an input */
};

struct routes {
	struct route at[ROUTES_MAX];
	int n;
	int chosen;    /* of the operator's commands about limits */
	bool by_model; /* a route has models */
};

/* The route of a request; ROUTE_NONE: it must wait until at_us, and bound says why. */
struct route_choice {
	int route;
	int64_t at_us;
	enum bound bound;
};

/* Adds a route; false when there are ROUTES_MAX already. */
bool routes_add(struct routes *r, const struct route_config *config);
/* The index of a name; ROUTE_NONE: there is none. */
int routes_find(const struct routes *r, const char *name);
/* Makes the route of that name the fallback of `from`. */
void routes_link(struct routes *r, int from, const char *fallback);

/* The set of routes that a line is bound to: the route that it names, else the routes that name its
 * model, else the routes without models. ROUTES_ALL: it is not bound. False and err when no route
 * takes the line. */
bool routes_for(
	const struct routes *r, const struct request_line *line, uint32_t *set, struct error *err);
/* The set with all fallbacks of its routes, and theirs. */
uint32_t routes_reach(const struct routes *r, uint32_t set);

/* The route for a request of this many tokens, estimated, that is bound to the set. avoid: the
 * route where the task's last attempt failed, if that route has a fallback; else ROUTE_NONE. The
 * routes that have room share the requests by weight (smooth weighted round robin), equally when no
 * route of the set has a weight. A route that is held or paused leaves its share to its fallback,
 * and so on down the chain; fallbacks need not be in the set. */
struct route_choice routes_pick(
	struct routes *r, uint32_t set, int64_t now_us, double tokens, int avoid);

/* The first route in the chain of fallbacks of route i that is not held or paused; ROUTE_NONE:
 * there is none. */
int routes_fallback(const struct routes *r, int i, int64_t now_us);

/* May route i send a request of this many tokens now? */
struct route_choice routes_ask(struct routes *r, int i, int64_t now_us, double tokens);

/* Counts a request that was sent. */
void route_started(struct route *r);
/* Counts an answer. */
void route_answered(struct route *r, int64_t now_us, enum outcome outcome);
/* Answers a second over the last few seconds, and refusals by rate limits in the last minute, of a
 * run that is elapsed_us old. */
void route_rates(const struct route *r, int64_t now_us, int64_t elapsed_us, double *answers_per_s,
	double *refused_in_minute);

/* Is every route with a share of the set's work held by an open breaker? Then items are held. */
bool routes_breakers_open(const struct routes *r, uint32_t set, int64_t now_us);
/* Is there a route with a share of the set's work that is not held? */
bool routes_any_free(const struct routes *r, uint32_t set, int64_t now_us);
/* How many requests all routes together may have in flight. */
int routes_concurrency(const struct routes *r);

#endif
