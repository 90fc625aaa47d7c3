/* What a route consists of, whoever sends over it: the lane's limits, the lanes that the process
 * shares, the connections. */
#ifndef SLUICE_SESSION_ROUTE_PARTS_H
#define SLUICE_SESSION_ROUTE_PARTS_H

#include "net/transport.h"
#include "pace/lanes.h"
#include "plan/credentials.h"
#include "plan/endpoint_spec.h"
#include "plan/settings.h"
#include "session/process.h"

/* The limits of a lane: those of the endpoint, else the run's. */
struct lane_config route_lane_config(
	const struct run_settings *settings, const struct endpoint_spec *spec);
/* The lanes of an opened endpoint: those that the process has for its address and key, else `own`.
 * apart: a text that keeps them apart from others of the same endpoint; NULL: none. */
struct lanes *route_take_lanes(struct process *p, const struct session_endpoint *e,
	const char *apart, struct lanes *own, int64_t now_us);
/* The settings of its connections. */
struct transport_config route_transport_config(const struct session_endpoint *e,
	const struct request_settings *request, const struct lanes *lanes);

#endif
