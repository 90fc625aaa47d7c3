/* The pace that the limits in force allow, for forecasts. What the controller still tries out is no
 * limit: only what it found counts, and what options, the operator and the server name. Pure. */
#ifndef SLUICE_PACE_CAPACITY_H
#define SLUICE_PACE_CAPACITY_H

#include <stdint.h>

#include "pace/lane.h"

/* HUGE_VAL where no limit is known. */
struct capacity {
	double requests, tokens; /* a second */
	double at_once;          /* in flight */
};

/* What a lane allows by itself: its model's limit, and what its controller found or read in
 * headers. */
struct capacity capacity_of_lane(const struct lane *l);
/* What the limits of the lane's endpoint allow, to all of its lanes together. */
struct capacity capacity_of_endpoint(const struct lane *l);
/* Requests a second under these limits, if one takes latency_s and costs so many tokens; HUGE_VAL:
 * nothing limits them. */
double capacity_pace(const struct capacity *c, double latency_s, double tokens);
/* When a limit of the lane was changed last by the operator or by the server's word; 0: never. */
int64_t capacity_changed_us(const struct lane *l);

#endif
