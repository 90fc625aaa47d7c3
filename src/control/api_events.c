/* The event log over HTTP: pages, long polls and streams. A cursor is "SESSION-SEQUENCE", both as
 * hexadecimal numbers, so that one of an earlier session is known as such. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/api_impl.h"

enum { EVENTS_AT_ONCE = 100, TAIL = 20, CURSOR_SIZE = 32 };

static uint64_t last_event(const struct api *api)
{
	struct snapshot s;

	port_snapshot(&api->port, &s);
	return s.last_event;
}

static void cursor_text(const struct api *api, uint64_t seq, char out[CURSOR_SIZE])
{
	snprintf(out, CURSOR_SIZE, "%" PRIx32 "-%" PRIx64, api->session, seq);
}

/* Reads a cursor; the one of another session stands before the first event. */
static bool read_cursor(const struct api *api, const char *text, struct api_answer *a)
{
	char *end;
	bool good;
	unsigned long long session = strtoull(text, &end, 16), seq = 0;

	good = end != text && *end == '-' && end[1];
	if (good)
		seq = strtoull(end + 1, &end, 16);
	if (!good || *end || strspn(text, "0123456789abcdef-") != strlen(text))
		return api_refuse(a, 400,
			"since: \"%s\" is not a cursor; use \"next\" of the previous answer", text);
	a->reset = session != api->session || seq > last_event(api);
	a->cursor = a->reset ? 0 : seq;
	return true;
}

static const char *level_name(enum event_level level)
{
	static const char *const names[] = {[EVENT_INFO] = "info",
		[EVENT_WARNING] = "warning",
		[EVENT_ERROR] = "error",
		[EVENT_DEBUG] = "debug",
		[EVENT_NOTE] = "info"};

	return names[level];
}

static void put_event(struct json_writer *w, const struct event *e)
{
	char time[32];

	clock_rfc3339(e->wall_us, time, sizeof(time));
	json_open_object(w);
	json_member_uint(w, "seq", e->seq);
	json_member_text(w, "time", time);
	json_member_text(w, "level", level_name(e->level));
	json_member_text(w, "text", e->text);
	if (e->line)
		json_member_uint(w, "line", e->line);
	if (e->group)
		json_member_uint(w, "group", e->group);
	json_close_object(w);
}

bool api_has_events(const struct api *api, const struct api_answer *a)
{
	struct event e;

	return port_events_since(&api->port, a->cursor, &e, 1) > 0;
}

void api_events(const struct api *api, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct event event[EVENTS_AT_ONCE];
	size_t n = port_events_since(&api->port, a->cursor, event, a->limit);
	uint64_t missed = n ? event[0].seq - a->cursor - 1 : 0;
	char cursor[CURSOR_SIZE];

	cursor_text(api, n ? event[n - 1].seq : a->cursor, cursor);
	json_open_object(&w);
	json_member_array(&w, "events");
	for (size_t i = 0; i < n; i++)
		put_event(&w, &event[i]);
	json_close_array(&w);
	json_member_text(&w, "next", cursor);
	json_member_uint(&w, "missed", missed);
	json_member_bool(&w, "reset", a->reset);
	json_close_object(&w);
}

void api_stream(const struct api *api, struct api_answer *a, struct buf *out)
{
	struct event event[EVENTS_AT_ONCE];
	char cursor[CURSOR_SIZE];
	size_t n;

	while ((n = port_events_since(&api->port, a->cursor, event, EVENTS_AT_ONCE)) > 0) {
		if (event[0].seq > a->cursor + 1 || a->reset)
			buf_addf(out,
				"event: missed\ndata: {\"missed\":%" PRIu64 ",\"reset\":%s}\n\n",
				event[0].seq - a->cursor - 1, a->reset ? "true" : "false");
		a->reset = false;
		for (size_t i = 0; i < n; i++) {
			struct json_writer w = json_writer_to(out);

			cursor_text(api, event[i].seq, cursor);
			buf_addf(out, "id: %s\nevent: log\ndata: ", cursor);
			put_event(&w, &event[i]);
			buf_adds(out, "\n\n");
		}
		a->cursor = event[n - 1].seq;
	}
}

void api_stream_end(const struct api *api, struct buf *out)
{
	struct json_writer w = json_writer_to(out);
	struct snapshot s;

	port_snapshot(&api->port, &s);
	buf_adds(out, "event: end\ndata: ");
	json_open_object(&w);
	json_member_text(&w, "state", run_state_name(s.state));
	json_close_object(&w);
	buf_adds(out, "\n\n");
}

void api_get_events(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	bool streams = r->accept && strstr(r->accept, api_type_events);
	const char *since = api_value(r, "since");
	int64_t wait_s = 0, limit = EVENTS_AT_ONCE;
	uint64_t last;

	if (streams && r->last_event_id && r->last_event_id[0])
		since = r->last_event_id;
	if (!api_number(r, "wait", 0, API_WAIT_MAX_S, &wait_s, a) ||
		!api_number(r, "limit", 1, EVENTS_AT_ONCE, &limit, a))
		return;
	if (since) {
		if (!read_cursor(api, since, a))
			return;
	} else {
		/* the newest, so that nobody has to wait for the first page */
		last = last_event(api);
		limit = api_value(r, "limit") ? limit : TAIL;
		a->cursor = last > (uint64_t)limit ? last - (uint64_t)limit : 0;
	}
	a->limit = (size_t)limit;
	a->wait_us = wait_s * US_PER_S;
	if (streams) {
		a->type = api_type_events;
		a->wait = API_STREAM;
	} else if (a->wait_us && !api_has_events(api, a)) {
		a->wait = API_EVENTS;
	} else {
		api_events(api, a);
	}
}
