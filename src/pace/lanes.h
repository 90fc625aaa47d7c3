/* The lanes of one endpoint and key: one for each model that is asked there, because servers limit
 * each model by itself. The limits of options and of the operator are those of the endpoint. Pure,
 * but for the memory of lanes. */
#ifndef SLUICE_PACE_LANES_H
#define SLUICE_PACE_LANES_H

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

/* Moves the controllers on; see lane_tick(). */
void lanes_tick(struct lanes *lanes, int64_t now_us);
/* How many attempts all lanes together may have in flight now. */
int lanes_concurrency(const struct lanes *lanes);
/* Clears what the controllers of all lanes learned, and skips their holds. */
void lanes_forget(struct lanes *lanes, int64_t now_us);
/* Ends the holds in force; false: no lane is held. */
bool lanes_skip_holds(struct lanes *lanes, int64_t now_us);

#endif
