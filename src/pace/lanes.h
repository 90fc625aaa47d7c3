/* The lanes of one endpoint and key: one for each model that is asked there, because servers limit
 * each model by itself. The limits of options and of the operator are those of the endpoint. Pure,
 * but for the memory of lanes. */
#ifndef SLUICE_PACE_LANES_H
#define SLUICE_PACE_LANES_H

#include "pace/fair.h"
#include "pace/lane.h"

enum { LANES_MOST = 64, LANE_MODEL_SIZE = 48 };

/* The name of the last lane when there are more models than lanes: they share it. */
#define LANES_OTHER_MODELS "other models"

/* A limit of one model. */
struct model_limit {
	char model[LANE_MODEL_SIZE];
	double rpm;
};

struct lanes;
struct share; /* of a run in the lanes */

/* The lanes of an endpoint at its start, with one lane that has no model yet. config and the n
 * limits are copied. Free with lanes_free(). */
struct lanes *lanes_new(const struct lane_config *config, const struct model_limit *limits,
	size_t n, int64_t now_us);
/* NULL is fine. */
void lanes_free(struct lanes *lanes);

/* The index of the lane for a model ("": requests that name none), which is made when it is not
 * there. The first model takes the lane that has none. */
int lanes_of_model(struct lanes *lanes, int64_t now_us, const char *model);
/* How many lanes there are; 1 or more. */
int lanes_count(const struct lanes *lanes);
/* The lane of an index; valid until lanes_free(). The first one is always there. */
struct lane *lanes_at(const struct lanes *lanes, int i);
/* The model of a lane; "" when it has none. Valid until lanes_free(). */
const char *lanes_model(const struct lanes *lanes, int i);

/* Runs of one process share the lanes: each gets its fair share of the starts, by its weight and
 * that of its owner (fair.h). Returns the share of the run, which is any pointer that names it; the
 * same run gets the same share again, and leaves as often as it joined. */
struct share *lanes_join(struct lanes *lanes, const void *run, const struct fair_share *share);
/* The run, which is no live one, gets another share from now on. */
void share_change(struct share *s, const struct fair_share *to);
/* The same for live calls, which go before all runs; of FIRST_OF starts one is a run's (first.h).
 * It asks in every turn of the loop, before the runs do. */
struct share *lanes_join_live(struct lanes *lanes, const void *run);
void lanes_leave(struct lanes *lanes, struct share *s);
/* As lane_ask() and lane_sent(), for the lane of this index. A run whose turn it is not waits with
 * BOUND_SHARED, and with NEVER_US: lanes_next_run() says when to ask again. */
struct lane_verdict share_ask(struct share *s, int lane, int64_t now_us, double tokens);
void share_sent(
	struct share *s, int lane, int64_t now_us, double tokens, struct lane_ticket *ticket);
/* The run has asked for all that it would start: it waits for no other lane. */
void share_asked(struct share *s);
/* A run that may start now, or knows better when it may, because another started or had an answer;
 * each once. NULL: none. */
const void *lanes_next_run(struct lanes *lanes);

/* Moves the controllers on; see lane_tick(). */
void lanes_tick(struct lanes *lanes, int64_t now_us);
/* How many attempts all lanes together may have in flight now. */
int lanes_concurrency(const struct lanes *lanes);
/* Clears what the controllers of all lanes learned, and skips their holds. */
void lanes_forget(struct lanes *lanes, int64_t now_us);
/* Ends the holds in force; false: no lane is held. */
bool lanes_skip_holds(struct lanes *lanes, int64_t now_us);

#endif
