/* Streams on their way from endpoint to client: each is read, so that its end is judged as a
 * batch's is, and passed on as it came, line by line, so that no secret slips through in two
 * pieces. */
#include "config.h"

#include <string.h>

#include "api/provider.h"
#include "base/clock.h"
#include "live/live_impl.h"

enum {
	LINE_MAX_BYTES = 64 << 10, /* held of a line without its end; then it goes on in pieces, */
	TAIL_BYTES = 1 << 10,      /* of which so much is held back: more than a secret has */
	SUCCESS = 2,
};

/* ---- to the client ---- */

void live_give_head(struct live_call *c, const struct live_head *head)
{
	c->headed = true;
	/* it is not asked again */
	buf_free(&c->body);
	buf_free(&c->headers);
	if (c->handlers)
		c->handlers->head(c->ctx, head);
}

void live_give_body(struct live_call *c, const char *data, size_t len)
{
	if (c->handlers && len)
		c->handlers->body(c->ctx, data, len);
}

/* The same without secrets. */
static void give_clean(struct live_call *c, const char *data, size_t len)
{
	struct buf clean;

	if (!len)
		return;
	buf_init(&clean, SIZE_MAX / 2);
	if (secrets_scrub(&c->side->live->secrets, data, len, &clean)) {
		data = buf_str(&clean);
		len = clean.len;
	}
	live_give_body(c, data, len);
	buf_free(&clean);
}

/* How much of the text may go on: whole lines. */
static size_t whole_lines(const char *data, size_t len)
{
	const char *end = memrchr(data, '\n', len);

	if (end)
		return (size_t)(end - data) + 1;
	return len > LINE_MAX_BYTES ? len - TAIL_BYTES : 0;
}

static void pass(struct live_call *c, const char *data, size_t len)
{
	size_t n;

	if (c->stream.held.len) {
		buf_add(&c->stream.held, data, len);
		n = whole_lines(c->stream.held.data, c->stream.held.len);
		give_clean(c, c->stream.held.data, n);
		buf_drop_front(&c->stream.held, n);
		if (!c->stream.held.len)
			buf_free(&c->stream.held);
		return;
	}
	n = whole_lines(data, len);
	give_clean(c, data, n);
	if (n < len)
		buf_add(&c->stream.held, data + n, len - n);
}

void live_stream_flush(struct live_call *c)
{
	give_clean(c, buf_str(&c->stream.held), c->stream.held.len);
	buf_free(&c->stream.held);
}

/* ---- from the endpoint ---- */

/* Has a whole event come? Comments and pings alone are none: the endpoint may still refuse. */
static bool has_event(struct live_call *c)
{
	const char *text = buf_str(&c->stream.held), *data = strstr(text, "data:");

	if (!c->stream.has_event && data)
		c->stream.has_event =
			strstr(data, "\n\n") || strstr(data, "\n\r\n") || strstr(data, "\r\r");
	return c->stream.has_event;
}

static int status_of(struct live_call *c, struct transfer_received *in)
{
	transport_received(c->transfer, in);
	return in->status;
}

static bool begin(void *ctx, const char *headers, size_t headers_len, const char *bytes, size_t len)
{
	struct live_call *c = ctx;
	struct transfer_received in;

	if (status_of(c, &in) / 100 != SUCCESS)
		return false;
	if (!c->stream.assembly)
		c->stream.assembly = assembly_new((size_t)c->side->run->request.max_response, NULL);
	buf_clear(&c->stream.held);
	c->stream.has_event = false;
	return assembly_begin(c->stream.assembly, headers, headers_len) ||
	       assembly_begin_by(c->stream.assembly, bytes, len);
}

/* The first event is there, and it is no error: the answer is the client's from now on. */
static void open_stream(struct live_call *c)
{
	struct live_head head = {.streams = true};
	struct transfer_received in;
	struct buf first = c->stream.held, clean;

	buf_init(&c->stream.held, SIZE_MAX / 2);
	buf_init(&clean, SIZE_MAX / 2);
	head.status = status_of(c, &in);
	head.headers = in.headers;
	head.headers_len = in.headers_len;
	if (secrets_scrub(&c->side->live->secrets, in.headers, in.headers_len, &clean)) {
		head.headers = buf_str(&clean);
		head.headers_len = clean.len;
	}
	live_give_head(c, &head);
	buf_free(&clean);
	pass(c, first.data, first.len);
	buf_free(&first);
}

static bool take(void *ctx, const char *bytes, size_t len, int64_t now_us)
{
	struct live_call *c = ctx;
	bool fits = assembly_feed(c->stream.assembly, bytes, len, now_us);

	c->stream.in_sink = true;
	if (c->headed) {
		pass(c, bytes, len);
	} else {
		buf_add(&c->stream.held, bytes, len);
		if (!assembly_has_failed(c->stream.assembly) && has_event(c))
			open_stream(c);
	}
	c->stream.in_sink = false;
	/* the client may have left, or paused the answer */
	return fits && c->handlers;
}

static bool whole(void *ctx)
{
	const struct live_call *c = ctx;

	return assembly_is_over(c->stream.assembly);
}

void live_stream_prepare(struct live_call *c, struct request *r, int64_t now_us)
{
	c->stream.sink = (struct body_sink){begin, take, whole, c};
	if (c->stream.assembly)
		assembly_reset(c->stream.assembly, now_us);
	buf_clear(&c->stream.held);
	c->asked = provider_asked(c->provider, r);
	r->sink = &c->stream.sink;
}

bool live_stream_answer(struct live_call *c, struct answer *answer)
{
	answer->asked = c->asked;
	if (!c->stream.assembly || !assembly_is_active(c->stream.assembly))
		return false;
	assembly_answer(c->stream.assembly, answer);
	return true;
}
