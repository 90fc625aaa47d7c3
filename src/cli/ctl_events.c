/* `sluice ctl events`: the tail of the event log, and what is added to it. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/sse.h"
#include "base/json_writer.h"
#include "base/lines.h"
#include "cli/ctl_impl.h"

enum { EVENT_MAX = 1 << 20, CURSOR_SIZE = 260, ATTEMPTS = 3, PAUSE_MS = 100 };

static void add_event(struct buf *out, struct json_span v)
{
	char time[CTL_TEXT_SIZE], level[CTL_TEXT_SIZE], text[CTL_TEXT_SIZE];
	bool plain = !strcmp(ctl_text(v, "level", level), "info");

	buf_addf(out, "%s %s%s%s\n", ctl_text(v, "time", time), plain ? "" : level,
		plain ? "" : ": ", ctl_text(v, "text", text));
}

/* Events are gone, or the run is another session of itself. */
static void add_gap(struct buf *out, struct json_span v)
{
	double missed = ctl_number(v, "missed");

	if (json_span_is(json_find(v, "reset"), JSON_VALUE_TRUE))
		buf_adds(out, "(the run was restarted)\n");
	if (missed > 0)
		buf_addf(out, "(%.0f events were missed)\n", missed);
}

static bool on_event(void *ctx, struct json_span v)
{
	add_event(ctx, v);
	return true;
}

static int show_tail(struct ctl *c)
{
	struct control_request r;
	int code = ctl_get(c, "/v1/events", &r);
	struct json_span v;

	if (code == CTL_DONE && c->s->json) {
		buf_add(&c->out, r.answer.data, r.answer.len);
	} else if (code == CTL_DONE) {
		v = json_trim(r.answer.data, r.answer.len);
		json_each_element(json_find(v, "events"), on_event, &c->out);
		if (!c->out.len)
			buf_adds(&c->out, "no events yet\n");
	}
	control_request_free(&r);
	return code;
}

/* A stream of events that is followed, over several connections if one breaks. */
struct follower {
	struct ctl *c;
	struct sse sse;
	char cursor[CURSOR_SIZE]; /* of the last event; "" none yet */
	bool heard, ended;        /* since it was connected; the run is over */
	bool broken;              /* what came is no stream of events */
	int code;                 /* of a failure to print */
};

static void add_stream_event(struct follower *f, const struct sse_event *e)
{
	struct buf *out = &f->c->out;
	struct json_span v = json_whole(e->data, e->data_len);
	struct json_writer w = json_writer_to(out);
	char state[CTL_TEXT_SIZE];
	bool log = !strcmp(e->type, "log");

	f->broken |= !json_span_is(v, JSON_VALUE_OBJECT);
	if (f->broken)
		return;
	f->ended |= !strcmp(e->type, "end");
	if (f->c->s->json) {
		if (!log)
			buf_addf(out, "{\"%s\":", f->ended ? "end" : "missed");
		json_put_span(&w, v);
		buf_adds(out, log ? "\n" : "}\n");
	} else if (log) {
		add_event(out, v);
	} else if (f->ended) {
		buf_addf(out, "the run has ended: %s\n", ctl_text(v, "state", state));
	} else {
		add_gap(out, v);
	}
}

static void on_stream_event(void *ctx, const struct sse_event *e)
{
	struct follower *f = ctx;

	f->heard = true;
	if (e->id[0])
		snprintf(f->cursor, sizeof(f->cursor), "%s", e->id);
	if (!strcmp(e->type, "log") || !strcmp(e->type, "end") || !strcmp(e->type, "missed"))
		add_stream_event(f, e);
}

/* Has the reader of stdout gone away? */
static bool is_unread(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLERR | POLLNVAL);
}

static bool on_data(void *ctx, const char *bytes, size_t len)
{
	struct follower *f = ctx;

	if (!len)
		return !is_unread();
	f->broken |= !sse_feed(&f->sse, bytes, len);
	return ctl_print(f->c, &f->code) && !f->broken && !f->ended;
}

static int follow_once(struct follower *f, struct control_request *r)
{
	struct buf path;
	int code;

	buf_init(&path, 4096);
	buf_adds(&path, "/v1/events");
	if (f->cursor[0]) {
		buf_adds(&path, "?since=");
		control_client_encode(&path, f->cursor);
	}
	*r = (struct control_request){.path = buf_str(&path),
		.accept = "text/event-stream",
		.patient = true,
		.on_data = on_data,
		.ctx = f};
	sse_reset(&f->sse, EVENT_MAX);
	f->heard = false;
	code = ctl_try(f->c, r);
	buf_free(&path);
	return code;
}

/* Did the connection break, or end before the run did? */
static bool breaks(const struct control_request *r)
{
	return r->result == CONTROL_LOST || (r->result == CONTROL_ANSWERED && r->status == 200);
}

/* A stream that breaks is taken up where it broke: the run drops who reads too slowly. */
static int follow(struct ctl *c)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	struct follower f = {.c = c, .code = CTL_DONE};
	struct control_request r;
	int code = CTL_DONE, silent = 0;

	sse_init(&f.sse, EVENT_MAX, on_stream_event, &f);
	for (;;) {
		code = follow_once(&f, &r);
		if (r.result == CONTROL_LEFT || f.ended)
			break;
		silent = f.heard ? 0 : silent + 1;
		if (!breaks(&r) || silent >= ATTEMPTS) {
			ctl_complain(c, &r);
			break;
		}
		control_request_free(&r);
		nanosleep(&pause, NULL);
	}
	control_request_free(&r);
	sse_free(&f.sse);
	if (f.broken) {
		say("%s: its answer is not an event stream", c->run.name);
		return CTL_REFUSED;
	}
	return f.ended || r.result == CONTROL_LEFT ? f.code : code ? code : CTL_REFUSED;
}

int ctl_events(struct ctl *c)
{
	return c->s->follow ? follow(c) : show_tail(c);
}
