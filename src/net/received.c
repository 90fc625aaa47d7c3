#include "net/received.h"

#include <string.h>
#include <strings.h>

void received_init(struct received *r, size_t max_headers, size_t max_body)
{
	buf_init(&r->headers, max_headers);
	buf_init(&r->body, max_body);
}

void received_free(struct received *r)
{
	buf_free(&r->headers);
	buf_free(&r->body);
}

void received_reset(struct received *r, const struct body_sink *sink)
{
	buf_clear(&r->headers);
	buf_clear(&r->body);
	r->sink = sink;
	r->body_began = r->sinks = r->headers_full = false;
	r->bytes = r->headers_bytes = 0;
}

void received_trim(struct received *r, size_t keep)
{
	buf_trim(&r->headers, keep);
	buf_trim(&r->body, keep);
}

static enum received_line full(struct received *r)
{
	r->headers_full = true;
	return RECEIVED_FULL;
}

enum received_line received_header(struct received *r, const char *line, size_t len)
{
	r->bytes += len;
	r->headers_bytes += len;
	/* Counted over all heads, so that interim responses cannot go on for ever. */
	if (r->headers_bytes > r->headers.max)
		return full(r);
	if (len >= 5 && (*line | 0x20) == 'h' && strncasecmp(line, "HTTP/", 5) == 0) {
		buf_clear(&r->headers);
		buf_clear(&r->body);
		r->body_began = r->sinks = false;
		return RECEIVED_STATUS;
	}
	if (len <= 2 && (line[0] == '\r' || line[0] == '\n'))
		return RECEIVED_FIELD;
	return buf_add(&r->headers, line, len) ? RECEIVED_FIELD : full(r);
}

/* A blank, or a byte of a byte order mark. */
static bool comes_before(char c)
{
	return c && strchr(" \t\r\n\xef\xbb\xbf", c);
}

/* Once per body: JSON is kept, other bodies are offered to the sink. */
static void begin_body(struct received *r, const char *data, size_t len)
{
	r->body_began = true;
	if (!r->sink || *data == '{' || *data == '[')
		return;
	r->sinks = r->sink->begin(r->sink->ctx, buf_str(&r->headers), r->headers.len, data, len);
	if (r->sinks)
		buf_clear(&r->body); /* of the blanks */
}

bool received_body(struct received *r, const char *data, size_t len, int64_t now_us)
{
	r->bytes += len;
	if (!r->body_began) {
		size_t blanks = 0;

		while (blanks < len && comes_before(data[blanks]))
			blanks++;
		if (blanks && !buf_add(&r->body, data, blanks))
			return false;
		data += blanks;
		len -= blanks;
		if (len)
			begin_body(r, data, len);
	}
	if (r->sinks)
		return r->sink->take(r->sink->ctx, data, len, now_us);
	return !len || buf_add(&r->body, data, len);
}

bool received_is_whole(const struct received *r)
{
	return r->sinks && r->sink->whole(r->sink->ctx);
}

void received_show(struct received *r, struct answer *out)
{
	out->headers = buf_str(&r->headers);
	out->headers_len = r->headers.len;
	out->body = buf_str(&r->body);
	out->body_len = r->body.len;
}
