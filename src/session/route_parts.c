#include "session/route_parts.h"

struct lane_config route_lane_config(
	const struct run_settings *settings, const struct endpoint_spec *spec)
{
	struct lane_config lane = settings->limits.lane;

	lane.timeout_us = settings->request.timeout_us;
	if (spec->concurrency)
		lane.concurrency = (int)spec->concurrency;
	if (spec->max_concurrency)
		lane.max_concurrency = (int)spec->max_concurrency;
	if (spec->rpm > 0)
		lane.rpm = spec->rpm;
	if (spec->tpm > 0)
		lane.tpm = spec->tpm;
	return lane;
}

/* An earlier run left the lanes shut because of a key, which may be another one now. */
static void try_key(const struct lanes *lanes, int64_t now_us)
{
	for (int n = 0; n < lanes_count(lanes); n++)
		lane_try_key(lanes_at(lanes, n), now_us);
}

/* A key that changes is known by its source: the limits are those of the same account. */
struct lanes *route_take_lanes(struct process *p, const struct session_endpoint *e,
	const char *apart, struct lanes *own, int64_t now_us)
{
	struct lanes *lanes;
	struct buf identity;

	buf_init(&identity, SIZE_MAX / 2);
	buf_adds(&identity, e->endpoint.base_url ? e->endpoint.base_url : "");
	buf_addc(&identity, '\n');
	if (e->source)
		buf_addf(&identity, "%d\n%s", (int)e->source->kind, e->source->text);
	else if (e->key)
		buf_adds(&identity, e->key);
	for (size_t i = 0; !e->key && i < e->n_headers; i++)
		buf_addf(&identity, "%s\n", e->headers[i]);
	if (apart)
		buf_addf(&identity, "\n%s", apart);
	lanes = process_take_lanes(p, identity.data, identity.len, own);
	if (e->source)
		try_key(lanes, now_us);
	buf_free(&identity);
	return lanes;
}

struct transport_config route_transport_config(const struct session_endpoint *e,
	const struct request_settings *request, const struct lanes *lanes)
{
	return (struct transport_config){
		.timeout_us = request->timeout_us,
		.connect_timeout_us = request->connect_timeout_us,
		.first_byte_timeout_us = request->first_byte_timeout_us,
		.idle_timeout_us = request->idle_timeout_us,
		.max_response = (size_t)request->max_response,
		.headers = (const char *const *)e->headers,
		.max_kept = lane_most_in_flight(lanes_at(lanes, 0)),
	};
}
