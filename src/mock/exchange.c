/* One request of the mock API from its first byte to the last of its answer. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "mock/bodies.h"
#include "mock/headers.h"
#include "mock/models.h"
#include "mock/server.h"

enum {
	MAX_REQUEST = 256 << 20,
	MAX_ANSWER = 1 << 30,
	KEEP_BODY = 64 << 10, /* memory kept for the next exchange */
	STREAM_BLOCK = 4096,
};

/* The share of a stream's latency before its first piece. */
static const double FIRST_PIECE = 0.3;

static struct exchange *exchange_new(struct mock *m, struct MHD_Connection *connection)
{
	struct exchange *e = m->spare;

	if (e) {
		m->spare = e->next_spare;
	} else {
		e = xcalloc(1, sizeof(*e));
		buf_init(&e->body, MAX_REQUEST);
		buf_init(&e->script_text, MAX_REQUEST);
		buf_init(&e->said, MAX_REQUEST);
		buf_init(&e->stream.text, MAX_ANSWER);
	}
	e->mock = m;
	e->connection = connection;
	e->phase = EXCHANGE_RECEIVING;
	e->counted = e->too_large = e->streaming = e->cut = false;
	e->pieces = 0;
	e->canned = NULL;
	e->fault.status = 0;
	e->decision = (struct model_decision){0};
	return e;
}

void exchange_free_spare(struct mock *m)
{
	struct exchange *e;

	while ((e = m->spare)) {
		m->spare = e->next_spare;
		buf_free(&e->body);
		buf_free(&e->script_text);
		buf_free(&e->said);
		stream_free(&e->stream);
		free(e);
	}
}

void exchange_completed(void *cls, struct MHD_Connection *connection, void **exchange,
	enum MHD_RequestTerminationCode how)
{
	struct mock *m = cls;
	struct exchange *e = *exchange;

	(void)connection;
	if (!e)
		return;
	model_depart(m->model, clock_mono_us(), &e->decision);
	if (e->counted && how == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
		stats_answer(&m->stats, e->status);
		if (e->status == 200) {
			m->stats.tokens_in += (uint64_t)e->call.tokens_in;
			m->stats.tokens_out += (uint64_t)e->call.tokens_out;
		}
	} else if (e->counted) {
		stats_drop(&m->stats);
	}
	buf_trim(&e->body, KEEP_BODY);
	buf_trim(&e->script_text, KEEP_BODY);
	buf_trim(&e->said, KEEP_BODY);
	buf_trim(&e->stream.text, KEEP_BODY);
	e->next_spare = m->spare;
	m->spare = e;
	*exchange = NULL;
}

void exchange_resume(struct exchange *e)
{
	if (e->phase == EXCHANGE_WAITING)
		e->phase = EXCHANGE_READY;
	MHD_resume_connection(e->connection);
}

static void suspend_until(struct exchange *e, int64_t due_us)
{
	MHD_suspend_connection(e->connection);
	stable_heap_push(&e->mock->due, (double)due_us, e);
}

/* Decides status and time of the answer; returns its delay, -1 when model_finish() ends it. */
static int64_t decide(struct exchange *e, int64_t now_us)
{
	struct mock *m = e->mock;
	struct exchange *done;

	if (e->refused) {
		e->status = e->refused;
		return 0;
	}
	if (e->too_large || e->fault.status) {
		e->status = e->too_large ? 413 : e->fault.status;
		return 0;
	}
	if (e->script.on) {
		e->status = e->script.status;
		return e->script.latency_us;
	}
	if (e->call.kind == CALL_MODELS || e->call.kind == CALL_COUNT_TOKENS) {
		e->status = 200; /* no model has work with these */
		return 0;
	}
	while ((done = model_finish(m->model, now_us)))
		exchange_resume(done);
	model_arrive(m->model, now_us, (double)(e->call.tokens_in + e->call.tokens_out), e,
		&e->decision);
	e->status = e->decision.status;
	if (!e->decision.admitted)
		m->stats.refused_by[e->decision.limit]++;
	return e->decision.delay_us;
}

static bool wants_stream(const struct exchange *e)
{
	return e->call.stream && e->status == 200 && !e->script.body && e->script.bytes < 0;
}

/* Does the stream end too early? The same seed cuts the same requests. */
static bool draw_cut(const struct exchange *e)
{
	const struct mock *m = e->mock;
	struct rng r;

	if (m->stream_cut <= 0)
		return false;
	rng_seed(&r,
		e->call.hash + e->call.serial * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)m->seed);
	return rng_uniform(&r) < m->stream_cut;
}

/* Spreads the pieces over the latency, or one token each at the rate; returns when the first is
 * due. */
static int64_t plan_stream(struct exchange *e, int64_t now_us, int64_t delay_us)
{
	double rate = e->mock->stream_rate, delay = delay_us > 0 ? (double)delay_us : 0;

	e->streaming = true;
	e->cut = draw_cut(e);
	e->planned = rate > 0 ? (int)e->call.tokens_choice : STREAM_PIECES;
	/* the duration in a slot is not known, so all pieces come at its end */
	e->first_due_us = now_us + (int64_t)(delay * FIRST_PIECE);
	e->gap_us = rate > 0 ? US_PER_S / rate : delay * (1 - FIRST_PIECE) / (STREAM_PIECES - 1);
	return e->first_due_us;
}

static int64_t piece_due_us(const struct exchange *e, int piece)
{
	return e->first_due_us + (int64_t)(e->gap_us * piece);
}

/* Ends the connection at once: libmicrohttpd alone would close it with the next event of another
 * one. */
static ssize_t break_off(struct exchange *e)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(e->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info)
		shutdown(info->connect_fd, SHUT_RDWR);
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* Writes the due pieces of the stream and sleeps until the next. */
static ssize_t read_stream(void *cls, uint64_t pos, char *out, size_t max)
{
	struct exchange *e = cls;
	const struct stream *s = &e->stream;
	int64_t now_us = clock_mono_us();
	int n = e->cut ? s->n / 2 : s->n;
	size_t ready;

	while (e->pieces < n && piece_due_us(e, e->pieces) <= now_us)
		e->pieces++;
	ready = e->pieces ? s->ends[e->pieces - 1] : 0;
	if (pos < ready) {
		size_t len = ready - pos < max ? (size_t)(ready - pos) : max;

		memcpy(out, s->text.data + pos, len);
		return (ssize_t)len;
	}
	if (e->pieces == n)
		return e->cut ? break_off(e) : MHD_CONTENT_READER_END_OF_STREAM;
	if (e->mock->stopping)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	suspend_until(e, piece_due_us(e, e->pieces));
	return 0;
}

/* A body that is sent as it is; NULL: none. The model may refuse what a canned answer is for. */
static const char *given_body(const struct exchange *e)
{
	return e->script.on || e->status == 200 ? e->script.body : NULL;
}

static void write_body(struct exchange *e, struct buf *out)
{
	const struct script *s = &e->script;
	const char *given = given_body(e);

	if (e->status == MHD_HTTP_NO_CONTENT || e->status == MHD_HTTP_NOT_MODIFIED)
		return;
	if (s->bytes >= 0 && buf_reserve(out, (size_t)s->bytes)) {
		memset(out->data, 'x', (size_t)s->bytes);
		out->len = (size_t)s->bytes;
	} else if (given) {
		buf_adds(out, given);
	} else if (e->status >= 400) {
		body_write_error(&e->call, e->status, e->script.on ? NULL : &e->decision,
			e->fault.status ? &e->fault : NULL,
			e->mock->retry_after != MOCK_RETRY_AFTER_NONE, out);
	} else {
		body_write(&e->call, clock_wall_us() / US_PER_S,
			e->mock->models ? e->mock->models : MODELS_USUAL, out);
	}
}

/* The form of the limits' headers: OpenAI's means each endpoint's own. */
static int quota_form(const struct exchange *e)
{
	if (e->mock->headers != MOCK_HEADERS_OPENAI)
		return e->mock->headers;
	if (e->call.anthropic)
		return MOCK_HEADERS_ANTHROPIC;
	return e->call.azure ? MOCK_HEADERS_AZURE : MOCK_HEADERS_OPENAI;
}

static bool has_canned_header(const struct exchange *e, const char *name)
{
	for (size_t i = 0; e->canned && i < e->canned->n_headers; i++)
		if (strcasecmp(e->canned->headers[i].name, name) == 0)
			return true;
	return false;
}

static void write_headers(const struct exchange *e, struct header_list *l)
{
	const struct mock *m = e->mock;
	const struct script *s = &e->script;
	const char *given = given_body(e);
	bool text = s->bytes >= 0 || (given && !strchr("{[", *given));

	if (!has_canned_header(e, MHD_HTTP_HEADER_CONTENT_TYPE))
		header_add(l, MHD_HTTP_HEADER_CONTENT_TYPE,
			e->streaming ? "text/event-stream"
			: text       ? "text/plain"
				     : "application/json");
	header_add_request_id(l, &e->call);
	if (s->on) {
		if (s->retry_after)
			header_add(l, "retry-after", s->retry_after);
		if (s->retry_after_ms)
			header_add(l, "retry-after-ms", s->retry_after_ms);
		return;
	}
	header_add_quotas(l, &e->decision, quota_form(e), clock_wall_us());
	if (e->status == 429 && !has_canned_header(e, MHD_HTTP_HEADER_RETRY_AFTER))
		header_add_retry_after(l, &e->decision, m->retry_after);
}

static enum MHD_Result send_response(
	struct exchange *e, struct MHD_Response *response, const struct header_list *headers)
{
	enum MHD_Result result;

	for (int i = 0; i < headers->n; i++)
		MHD_add_response_header(response, headers->at[i].name, headers->at[i].value);
	for (size_t i = 0; e->canned && i < e->canned->n_headers; i++)
		MHD_add_response_header(
			response, e->canned->headers[i].name, e->canned->headers[i].value);
	result = MHD_queue_response(e->connection, (unsigned)e->status, response);
	MHD_destroy_response(response);
	return result;
}

/* Makes a response that takes over the buffer's memory. */
static struct MHD_Response *response_take(struct buf *body)
{
	return MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result answer(struct exchange *e)
{
	struct header_list headers = {0};
	struct MHD_Response *response;
	struct buf body;

	e->phase = EXCHANGE_ANSWERED;
	if (e->streaming) {
		stream_write(&e->call, clock_wall_us() / US_PER_S, e->planned, &e->stream);
		response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, e, NULL);
	} else {
		model_depart(e->mock->model, clock_mono_us(), &e->decision);
		buf_init(&body, MAX_ANSWER);
		write_body(e, &body);
		response = response_take(&body);
	}
	if (!response)
		return MHD_NO;
	write_headers(e, &headers);
	return send_response(e, response, &headers);
}

/* /stats and /stats/reset: answered at once and not counted themselves. */
static enum MHD_Result answer_stats(struct exchange *e, const char *method, const char *path)
{
	struct header_list headers = {0};
	struct mock *m = e->mock;
	struct buf body;

	if (strcmp(path, "/stats/reset") == 0 && strcmp(method, "POST") == 0)
		stats_reset(&m->stats, clock_mono_us());
	buf_init(&body, MAX_ANSWER);
	stats_write(&m->stats, clock_mono_us(), &body);
	header_add(&headers, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	e->status = 200;
	return send_response(e, response_take(&body), &headers);
}

/* Answers a complete request. */
static enum MHD_Result begin(struct exchange *e, const char *method, const char *path)
{
	struct mock *m = e->mock;
	int64_t now_us = clock_mono_us(), delay_us;

	if (strcmp(path, "/stats") == 0 || strcmp(path, "/stats/reset") == 0)
		return answer_stats(e, method, path);
	exchange_read(e, method, path);
	e->counted = e->call.kind != CALL_MODELS;
	if (e->counted)
		stats_request(&m->stats, now_us, e->body.len);
	else
		m->stats.models_asked++;
	delay_us = decide(e, now_us);
	if (e->script.drop)
		return MHD_NO;
	if (wants_stream(e) && delay_us >= 0)
		delay_us = plan_stream(e, now_us, delay_us) - now_us;
	else if (wants_stream(e))
		plan_stream(e, now_us, delay_us);
	if (delay_us == 0)
		return answer(e);
	e->phase = EXCHANGE_WAITING;
	if (delay_us > 0)
		suspend_until(e, now_us + delay_us);
	else
		MHD_suspend_connection(e->connection);
	return MHD_YES;
}

static void take_upload(struct exchange *e, const char *upload, size_t size)
{
	if (!e->too_large && !buf_add(&e->body, upload, size))
		e->too_large = true;
}

enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **exchange)
{
	struct mock *m = cls;
	struct exchange *e = *exchange;

	(void)version;
	if (m->stopping)
		return MHD_NO;
	if (!e) {
		*exchange = exchange_new(m, connection);
		return MHD_YES;
	}
	if (*upload_size) {
		take_upload(e, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (e->phase == EXCHANGE_RECEIVING)
		return begin(e, method, url);
	return answer(e);
}
