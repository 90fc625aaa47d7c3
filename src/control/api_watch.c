/* The stream of a dashboard in another process: snapshots as their differences, and events. It is
 * no part of the API for others: its form goes with the release. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/parse.h"
#include "carry/snapshot.h"
#include "carry/tables.h"
#include "control/api_impl.h"

/* As often as a dashboard looks at a run of its own process; less the time between two turns of the
 * socket. */
#define SNAPSHOT_EVERY_US (230 * US_PER_MS)

enum {
	EVENTS_AT_ONCE = 64,
	UNSENT_MAX = 4 << 10, /* a client that has so much unread gets the next snapshot later */
	WATCH_FORM = 1        /* of all that stands under /v1/watch */
};

/* What the client has. */
struct api_watch {
	struct snapshot base;
	int64_t sent_us; /* the last snapshot; 0: none yet */
	bool hurries;    /* the next one is due */
	uint64_t seq;    /* the last event */
};

static void begin_event(struct buf *out, const char *name)
{
	buf_addf(out, "event: %s\ndata: ", name);
}

static void end_event(struct buf *out)
{
	buf_adds(out, "\n\n");
}

static void put_hello(const struct api *api, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	begin_event(out, "hello");
	w.comma = false;
	json_open_object(&w);
	json_member_int(&w, "form", WATCH_FORM);
	json_member_uint(&w, "session", api->session);
	if (api->service)
		json_member_bool(&w, "service", true);
	api_put_commands(api, &w);
	json_close_object(&w);
	end_event(out);
}

static void put_snapshot(
	const struct api *api, struct api_watch *watch, int64_t now_us, struct buf *out)
{
	struct json_writer w = json_writer_to(out);
	struct snapshot s;

	port_snapshot(&api->port, &s);
	begin_event(out, "snapshot");
	carry_snapshot_write(&w, &s, &watch->base);
	end_event(out);
	watch->sent_us = now_us;
	watch->hurries = false;
}

static size_t put_events(const struct api *api, struct api_watch *watch, struct buf *out)
{
	struct event event[EVENTS_AT_ONCE];
	size_t n = port_events_since(&api->port, watch->seq, event, EVENTS_AT_ONCE);
	struct json_writer w = json_writer_to(out);

	if (!n)
		return 0;
	begin_event(out, "log");
	json_open_array(&w);
	for (size_t i = 0; i < n; i++)
		carry_write(&w, carry_event_fields, &event[i], NULL, sizeof(event[i]));
	json_close_array(&w);
	end_event(out);
	watch->seq = event[n - 1].seq;
	return n;
}

void api_watch(
	const struct api *api, struct api_answer *a, int64_t now_us, size_t unsent, struct buf *out)
{
	struct api_watch *watch = a->watch;

	if (unsent > UNSENT_MAX)
		return;
	if (!watch->sent_us)
		put_hello(api, out);
	if (!watch->sent_us || watch->hurries || now_us - watch->sent_us >= SNAPSHOT_EVERY_US)
		put_snapshot(api, watch, now_us, out);
	put_events(api, watch, out);
}

void api_watch_hurry(struct api_answer *a)
{
	a->watch->hurries = true;
}

void api_watch_end(const struct api *api, struct api_answer *a, int exit_code, struct buf *out)
{
	struct json_writer w;

	put_snapshot(api, a->watch, 0, out);
	while (put_events(api, a->watch, out))
		;
	begin_event(out, "end");
	w = json_writer_to(out);
	json_open_object(&w);
	json_member_int(&w, "exit_code", exit_code);
	json_close_object(&w);
	end_event(out);
}

void api_get_watch(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	int64_t session = 0, since = 0;

	if (!api_number(r, "session", 0, UINT32_MAX, &session, a) ||
		!api_number(r, "since", 0, INT64_MAX, &since, a))
		return;
	a->watch = xcalloc(1, sizeof(*a->watch));
	/* the events of another session are others */
	a->watch->seq = (uint64_t)session == api->session ? (uint64_t)since : 0;
	a->type = api_type_events;
	a->wait = API_WATCH;
}
