/* Routes: a route is an endpoint with the lanes that pace it. This picks the route of the next
 * request, by room and weight. Pure, except for the state of the lanes. */
#ifndef SLUICE_CORE_ROUTE_H
#define SLUICE_CORE_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"
#include "core/refusals.h"
#include "core/tally.h"
#include "core/ticks.h"
#include "core/traffic.h"
#include "pace/lanes.h"
#include "pace/why.h"

enum {
	MODEL_SIZE = LANE_MODEL_SIZE,
	ROUTES_MAX = ENDPOINTS_MAX,
	ROUTE_NONE = -1,
};

/* A set of routes has a bit for each, by index. */
#define ROUTES_ALL UINT32_MAX

static inline uint32_t route_bit(int i)
{
	return UINT32_C(1) << i;
}

struct route_config {
	const char *name;    /* copied, sanitised */
	struct lanes *lanes; /* borrowed, must outlive the engine */
	const void *run;     /* names the run among those that share the lanes; NULL: the routes */
	double weight;       /* share of the requests; 0: only as a fallback */
	const char *models;  /* "a,b": the models that it takes; borrowed like lanes; NULL: any */
	bool told;           /* the server has listed them, which may be not all: see binding.h */
};

/* A lane of a route, as this run uses it: one for each model. */
struct route_lane {
	struct lane *lane;
	int index;         /* in the lanes of the route */
	int order;         /* of its first use, among all lanes of the run; from 0 */
	const char *model; /* borrowed */
	struct traffic traffic;
	struct tally tally;
	struct tick_limits ticked; /* the limits by the last tick */
	struct refusals refusals;
	int64_t shut_us;   /* since when it may not send, held or paused; 0: it may */
	bool is_shut;      /* and for so long that the outlook counts on it */
	char refusal[200]; /* the server's message of the last refusal, other than of an input */
};

struct route {
	char name[ENDPOINT_NAME_SIZE];
	const struct endpoint *endpoint; /* borrowed; NULL until it is known */
	struct endpoint without_usage; /* what endpoint is once the server refused stream_options */
	struct lanes *lanes;
	struct share *share; /* of this run in them */
	const void *run;
	uint64_t seen[LANES_MOST]; /* changes of the lanes that this run has written down */
	struct route_lane *lane[LANES_MOST]; /* by its index in lanes; NULL: not used; owned */
	double weight;
	bool spare;         /* its configured weight is 0 */
	const char *models; /* borrowed; NULL: any */
	bool told;          /* these are what the server lists */
	int fallback;       /* index; ROUTE_NONE */
	bool paused;        /* by the operator */
	double credit;      /* of the smooth weighted round robin */
	bool passed;        /* an answer was ok: the key is good */
	uint64_t asked;     /* the turn in which it was last asked for room, */
	enum bound answer;  /* and the answer; BOUND_NONE: it had room */
	struct why why;     /* what bounds it; kept only if there are several routes */
};

/* The sets of routes that lines of these models were bound to lately. */
enum { BOUND_MODELS = 8 };
struct bound_models {
	char model[BOUND_MODELS][MODEL_SIZE]; /* "": not used */
	uint32_t set[BOUND_MODELS];
	unsigned next; /* to be replaced */
};

/* Where tasks may go: the routes, and on each the lane of the model that they ask. */
struct destination {
	uint32_t routes;        /* a set */
	bool known;             /* the model is; else the first lane of each route counts */
	char model[MODEL_SIZE]; /* sanitised; "" for requests that name none */
	struct route_lane *lane[ROUTES_MAX]; /* NULL: not looked up yet */
};

struct routes {
	struct route at[ROUTES_MAX];
	int n;
	int chosen;                 /* of the operator's commands about limits */
	struct fair_share share;    /* of the run among those that share the lanes */
	bool live;                  /* they are of live calls, which go before runs */
	bool by_model;              /* a route has models */
	struct bound_models *bound; /* NULL: the lists of models are short; owned */
	uint64_t turn;              /* of the engine, set by it */
	int n_lanes;                /* lanes of all routes that were used so far */
};

/* The route of a request; ROUTE_NONE: it must wait until at_us, and bound says why. */
struct route_choice {
	int route;
	int64_t at_us;
	enum bound bound;
};

/* The run has started all that it may: it waits for no other lane than those it asked. */
void routes_asked(const struct routes *r);
/* Adds a route; false when there are ROUTES_MAX already. */
bool routes_add(struct routes *r, const struct route_config *config);
/* The index of a name; ROUTE_NONE: there is none. */
int routes_find(const struct routes *r, const char *name);
/* Makes the route of that name the fallback of `from`. */
void routes_link(struct routes *r, int from, const char *fallback);

/* Gives the route, over which nothing was sent yet, other lanes. */
void routes_set_lanes(struct routes *r, int i, struct lanes *lanes);

/* The set with all fallbacks of its routes, and theirs. */
uint32_t routes_reach(const struct routes *r, uint32_t set);

/* Looks up the lanes of the destination on all of its routes and their fallbacks. A lane that this
 * run has not used yet is added to its route; then it calls fresh, which may be NULL. */
void routes_find_lanes(struct routes *r, struct destination *d, int64_t now_us,
	void (*fresh)(void *ctx, struct route *route, struct route_lane *lane), void *ctx);

/* The route for a request of this many tokens, estimated. avoid: the route where the task's last
 * attempt failed, if that route has a fallback; else ROUTE_NONE. The routes that have room share
 * the requests by weight (smooth weighted round robin), equally when no route of the destination
 * has a weight. A route that is held or paused leaves its share to its fallback, and so on down the
 * chain; fallbacks need not be among its routes. */
struct route_choice routes_pick(
	struct routes *r, const struct destination *d, int64_t now_us, double tokens, int avoid);

/* The first route in the chain of fallbacks of route i that is not held or paused; ROUTE_NONE:
 * there is none. */
int routes_fallback(const struct routes *r, const struct destination *d, int i, int64_t now_us);

/* Is every route with a share of the destination's work held by an open breaker? Then items are
 * held. */
bool routes_breakers_open(const struct routes *r, const struct destination *d, int64_t now_us);
/* Is there a route with a share of the destination's work that is not held? */
bool routes_any_free(const struct routes *r, const struct destination *d, int64_t now_us);
/* Routes, as those of stages, may share their lanes: is this the first one of its lanes? */
bool routes_is_first_of_lanes(const struct routes *r, int i);
/* How many requests all routes together may have in flight. */
int routes_concurrency(const struct routes *r);

/* Frees what the routes own. */
void routes_free(struct routes *r);
/* Are all routes of a set paused, and all that they would leave their requests to? */
bool routes_paused(const struct routes *r, uint32_t set);

#endif
