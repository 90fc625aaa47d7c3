#include "pace/lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "pace/lane_impl.h"

struct lanes {
	int n;
	struct {
		struct lane *lane;
		char model[LANE_MODEL_SIZE];
		bool named; /* a model has it */
	} at[LANES_MOST];
	struct model_limit *limit;
	size_t limits;
};

static double rpm_of(const struct lanes *lanes, const char *model)
{
	for (size_t i = 0; i < lanes->limits; i++)
		if (!strcmp(lanes->limit[i].model, model))
			return lanes->limit[i].rpm;
	return 0;
}

struct lanes *lanes_new(const struct lane_config *config, const struct model_limit *limits,
	size_t n, int64_t now_us)
{
	struct lanes *lanes = xcalloc(1, sizeof(*lanes));

	lanes->n = 1;
	lanes->at[0].lane = lane_new(config, now_us);
	if (!n)
		return lanes;
	lanes->limits = n;
	lanes->limit = xcalloc(n, sizeof(*limits));
	memcpy(lanes->limit, limits, n * sizeof(*limits));
	return lanes;
}

void lanes_free(struct lanes *lanes)
{
	if (!lanes)
		return;
	for (int i = 0; i < lanes->n; i++)
		lane_free(lanes->at[i].lane);
	free(lanes->limit);
	free(lanes);
}

static int find(const struct lanes *lanes, const char *model)
{
	for (int i = 0; i < lanes->n; i++)
		if (lanes->at[i].named && !strcmp(lanes->at[i].model, model))
			return i;
	return -1;
}

static void name(struct lanes *lanes, int64_t now_us, int i, const char *model)
{
	snprintf(lanes->at[i].model, sizeof(lanes->at[i].model), "%s", model);
	lanes->at[i].named = true;
	lane_set_model_rpm(lanes->at[i].lane, now_us, rpm_of(lanes, model));
}

int lanes_of_model(struct lanes *lanes, int64_t now_us, const char *model)
{
	int i = find(lanes, model);

	if (i >= 0)
		return i;
	if (!lanes->at[0].named) {
		name(lanes, now_us, 0, model);
		return 0;
	}
	if (lanes->n == LANES_MOST)
		return LANES_MOST - 1;
	i = lanes->n++;
	lanes->at[i].lane = lane_beside(lanes->at[0].lane, now_us);
	name(lanes, now_us, i, i < LANES_MOST - 1 ? model : LANES_OTHER_MODELS);
	return i;
}

int lanes_count(const struct lanes *lanes)
{
	return lanes->n;
}

struct lane *lanes_at(const struct lanes *lanes, int i)
{
	return lanes->at[i].lane;
}

const char *lanes_model(const struct lanes *lanes, int i)
{
	return lanes->at[i].model;
}

void lanes_tick(struct lanes *lanes, int64_t now_us)
{
	for (int i = 0; i < lanes->n; i++)
		lane_tick(lanes->at[i].lane, now_us);
}

int lanes_concurrency(const struct lanes *lanes)
{
	int most = limits_most_in_flight(lanes->at[0].lane->limits), n = 0;

	for (int i = 0; i < lanes->n && n < most; i++)
		n += lane_concurrency(lanes->at[i].lane);
	return n < most ? n : most;
}

void lanes_forget(struct lanes *lanes, int64_t now_us)
{
	for (int i = 0; i < lanes->n; i++)
		lane_forget(lanes->at[i].lane, now_us);
}

bool lanes_skip_holds(struct lanes *lanes, int64_t now_us)
{
	bool any = false;

	for (int i = 0; i < lanes->n; i++) {
		struct lane *l = lanes->at[i].lane;

		if (!lane_held(l, now_us))
			continue;
		lane_skip_hold(l, now_us);
		any = true;
	}
	return any;
}
