/* The calls of the engine to its session: requests, lines, and their visible state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/pack.h"
#include "base/text.h"
#include "base/url.h"
#include "session/session_impl.h"
#include "session/session_keys.h"

/* Reported once: the server there may refuse requests without it. */
static void warn_withheld(struct session *s, const struct session_endpoint *e, const char *url)
{
	char *origin;

	if (s->warned_withheld || !session_endpoint_withholds(e, url))
		return;
	s->warned_withheld = true;
	origin = origin_of(url);
	engine_warn(s->engine,
		"secrets of -H are sent only to the run's endpoints; use --header-for for others",
		origin ? origin : "a URL with its own user");
	free(origin);
}

static struct transfer *op_start(
	void *ctx, int route, const struct request *r, struct attempt *attempt, struct error *err)
{
	struct session *s = ctx;
	struct session_route *to = &s->route[route];
	struct buf headers;
	struct transport_request t = {
		.method = r->method,
		.url = r->url.data,
		.headers = r->headers.len ? r->headers.data : NULL,
		.body = r->has_body ? r->body.data : NULL,
		.body_len = r->has_body ? r->body.len : 0,
		.run = to,
		.sink = r->sink,
		.resends_most = engine_attempt_resends(s->engine, attempt),
		.afresh = engine_attempt_is_redo(s->engine, attempt),
	};
	struct answer_name names[PACK_MAX];
	struct transfer *x;

	(void)err;
	t.names = names;
	t.n_names = engine_attempt_names(s->engine, attempt, names, PACK_MAX);
	buf_init(&headers, SIZE_MAX / 2);
	if (session_endpoint_adapt(
		    &to->endpoint, r->url.data, t.headers ? t.headers : "", &headers)) {
		buf_add(&headers, r->headers.data, r->headers.len);
		t.headers = buf_str(&headers);
		warn_withheld(ctx, &to->endpoint, r->url.data);
	}
	x = transport_start(to->transport, &t, attempt);
	buf_free(&headers);
	return x;
}

static void op_cancel(void *ctx, int route, struct transfer *x)
{
	transport_cancel(((struct session *)ctx)->route[route].transport, x);
}

static bool op_fetch(void *ctx, uint64_t offset, size_t len, struct buf *out, struct error *err)
{
	return source_fetch(((struct session *)ctx)->source, offset, len, out, err);
}

/* Host and port of a URL. */
static void host_of(const char *url, char *out, size_t size)
{
	struct url_parts p = url_split(url);

	text_sanitise(out, size, p.host, (size_t)(p.end - p.host));
}

/* A server may repeat the key in any header. */
static void show_id(
	const struct session *s, const char *id, size_t len, struct attempt_progress *out)
{
	struct buf clean;

	buf_init(&clean, SIZE_MAX / 2);
	if (secrets_scrub(&s->secrets, id, len, &clean)) {
		id = buf_str(&clean);
		len = clean.len;
	}
	text_sanitise(out->request_id, sizeof(out->request_id), id, len);
	buf_free(&clean);
}

static void op_progress(void *ctx, struct transfer *x, struct attempt_progress *out)
{
	static const char *const phases[] = {[PHASE_CONNECT] = "connect",
		[PHASE_RESOLVE] = "dns",
		[PHASE_TLS] = "tls",
		[PHASE_SENT] = "sent",
		[PHASE_RECEIVING] = "receiving"};
	struct transfer_progress p;
	struct transfer_received r;
	const char *id;
	size_t len;

	transport_progress(x, &p);
	transport_received(x, &r);
	if (header_find(r.headers, r.headers_len, "x-request-id", &id, &len) ||
		header_find(r.headers, r.headers_len, "request-id", &id, &len))
		show_id(ctx, id, len, out);
	out->phase = phases[p.phase];
	out->bytes_in = p.bytes_in;
	out->idle_us = p.idle_us;
	host_of(p.url, out->host, sizeof(out->host));
}

static int op_received(
	void *ctx, struct transfer *x, size_t max, struct buf *headers, struct buf *body)
{
	struct transfer_received r;

	(void)ctx;
	transport_received(x, &r);
	buf_add(headers, r.headers, r.headers_len);
	buf_add(body, r.body, r.body_len < max ? r.body_len : max);
	return r.status;
}

static void op_headers(void *ctx, int route, const char *url, struct buf *out)
{
	session_endpoint_show(&((struct session *)ctx)->route[route].endpoint, url, out);
}

static bool op_redact(void *ctx, const char *text, size_t len, struct buf *out)
{
	return secrets_scrub(&((struct session *)ctx)->secrets, text, len, out);
}

static bool op_reload_keys(void *ctx, char *words, size_t size)
{
	return session_keys_reload(ctx, words, size);
}

const struct engine_ops session_engine_ops = {op_start, op_cancel, op_fetch, op_progress,
	op_received, op_headers, op_redact, op_reload_keys};
