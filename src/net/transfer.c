#include "net/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/headers.h"
#include "net/environment.h"
#include "net/same_id.h"

enum {
	MAX_URL = 8 << 20, /* curl's own limit for strings */
	MAX_METHOD = 32,
	MAX_HEADERS = 64 << 10,    /* of an answer, when the configuration does not say */
	CURL_BUFFER = 16 << 10,    /* each way; with the rest under 40 KB a request in flight */
	SENT_WITH_HEAD = 64 << 10, /* longest body that curl counts as part of the head */
	KEEP_BUFFER = 16 << 10,    /* memory a resting transfer keeps for bodies */
};

/* How long the end of a body may stay away that nobody waits for. */
#define LINGER_US (100 * US_PER_MS)

static size_t too_many_headers(struct transfer *x)
{
	x->result = NET_TOO_LARGE;
	x->headers_full = true;
	return 0;
}

/* Raw lines of the final response: a status line starts anew, since what came before it was a 1xx
 * or a proxy's. */
static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *x = ctx;
	size_t len = size * n;

	x->last_us = x->common->now_us;
	x->bytes_in += len;
	x->headers_in += len;
	/* One turn may carry many requests there and back: the first byte has its own reading. */
	if (!x->first_us)
		x->first_us = run_clock_now_us(x->common->clock);
	/* Counted over all heads, lest interim answers go on for ever. */
	if (x->headers_in > x->answer_headers.max)
		return too_many_headers(x);
	if (len >= 5 && strncasecmp(data, "HTTP/", 5) == 0) {
		buf_clear(&x->answer_headers);
		buf_clear(&x->answer_body);
		x->body_began = x->sinks = false;
		transfer_note_header(x, data, len);
		return len;
	}
	if (x->numbered)
		transfer_note_header(x, data, len);
	if (len <= 2 && (data[0] == '\r' || data[0] == '\n'))
		return len;
	if (buf_add(&x->answer_headers, data, len))
		return len;
	return too_many_headers(x);
}

/* Once a body: JSON is kept, what begins otherwise is offered. */
static bool begin_body(struct transfer *x, char first)
{
	x->body_began = true;
	if (x->sink && first != '{' && first != '[')
		x->sinks = x->sink->begin(
			x->sink->ctx, buf_str(&x->answer_headers), x->answer_headers.len);
	return x->sinks;
}

/* What is left of the body, in most cases, is here already: the connection can be used again. */
static void note_whole(struct transfer *x)
{
	if (x->whole_us || !x->sink->whole(x->sink->ctx))
		return;
	x->whole_us = x->last_us;
	x->common->whole = true;
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *x = ctx;
	size_t len = size * n;

	x->last_us = x->common->now_us;
	x->bytes_in += len;
	if (x->listening)
		transfer_note_body(x);
	if (x->sinks || (!x->body_began && len && begin_body(x, *data))) {
		if (x->sink->take(x->sink->ctx, data, len, x->last_us)) {
			note_whole(x);
			return len;
		}
	} else if (buf_add(&x->answer_body, data, len)) {
		return len;
	}
	x->result = NET_TOO_LARGE;
	return 0;
}

static long whole_ms(int64_t us)
{
	int64_t ms = (us + US_PER_MS - 1) / US_PER_MS;

	return ms > INT32_MAX ? INT32_MAX : (long)ms;
}

/* What stays the same from request to request. */
static CURL *easy_new(struct transfer *x)
{
	const struct transfer_common *c = x->common;
	CURL *e = curl_easy_init();

	if (!e)
		return NULL;
	curl_easy_setopt(e, CURLOPT_PRIVATE, x);
	curl_easy_setopt(e, CURLOPT_SHARE, c->share);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->message);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	transfer_set_connection(x, e);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
		(long)(c->config.http1_only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, ""); /* decodes; headers.c asks for it */
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)CURL_BUFFER);
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)CURL_BUFFER);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	environment_apply(e);
	/* Ours is exact; curl's lets it go on to the next address of a host in time. */
	if (c->config.connect_timeout_us)
		curl_easy_setopt(
			e, CURLOPT_CONNECTTIMEOUT_MS, whole_ms(c->config.connect_timeout_us));
	return e;
}

struct transfer *transfer_new(struct transfer_common *common)
{
	struct transfer *x = xcalloc(1, sizeof(*x));
	size_t max_headers = common->config.max_headers;

	x->common = common;
	buf_init(&x->url, MAX_URL);
	buf_init(&x->method, MAX_METHOD);
	buf_init(&x->header_lines, SIZE_MAX / 2);
	buf_init(&x->body, SIZE_MAX / 2);
	buf_init(&x->answer_headers, max_headers ? max_headers : MAX_HEADERS);
	buf_init(&x->answer_body, common->config.max_response);
	buf_init(&x->names, SIZE_MAX / 2);
	return x;
}

void transfer_free(struct transfer *x)
{
	curl_easy_cleanup(x->easy);
	connection_free(x->lost);
	curl_slist_free_all(x->own_headers);
	buf_free(&x->names);
	buf_free(&x->url);
	buf_free(&x->method);
	buf_free(&x->header_lines);
	buf_free(&x->body);
	buf_free(&x->answer_headers);
	buf_free(&x->answer_body);
	free(x);
}

static bool refuse(struct transfer *x, const char *why)
{
	x->refused = true;
	strncpy(x->message, why, sizeof(x->message) - 1);
	return false;
}

/* Whether text is what the buffer holds already; if not, it holds it from now on. */
static bool unchanged(struct buf *b, const char *text)
{
	size_t len = strlen(text);

	if (b->data && b->len == len && memcmp(b->data, text, len) == 0)
		return true;
	buf_clear(b);
	buf_add(b, text, len);
	return false;
}

static bool set_url(struct transfer *x, const char *url)
{
	if (!url || !*url)
		return refuse(x, "the request has no URL");
	if (unchanged(&x->url, url))
		return true;
	if (curl_easy_setopt(x->easy, CURLOPT_URL, url) != CURLE_OK) {
		buf_clear(&x->url);
		return refuse(x, "the URL is too long");
	}
	/* Only TLS tells at connecting whether a connection can be shared. */
	x->shares = !x->common->config.http1_only && strncasecmp(url, "https:", 6) == 0;
	curl_easy_setopt(x->easy, CURLOPT_PIPEWAIT, (long)x->shares);
	return true;
}

static void set_shape(struct transfer *x, enum transfer_shape shape)
{
	if (shape == x->shape)
		return;
	x->shape = shape;
	curl_easy_setopt(x->easy,
		shape == SHAPE_HEAD   ? CURLOPT_NOBODY
		: shape == SHAPE_BODY ? CURLOPT_POST
				      : CURLOPT_HTTPGET,
		1L);
}

static bool set_method(struct transfer *x, const char *method, bool has_body)
{
	enum transfer_shape shape = SHAPE_PLAIN;
	bool native;

	if (!method || !*method || strlen(method) >= MAX_METHOD ||
		method[strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_")])
		return refuse(x, "the method is not one of HTTP");
	if (strcmp(method, "HEAD") == 0)
		shape = SHAPE_HEAD;
	else if (has_body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
		 strcmp(method, "PATCH") == 0)
		shape = SHAPE_BODY;
	set_shape(x, shape);
	native = shape == SHAPE_HEAD || strcmp(method, shape == SHAPE_BODY ? "POST" : "GET") == 0;
	if (!unchanged(&x->method, native ? "" : method))
		curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, native ? NULL : method);
	return true;
}

static void set_body(struct transfer *x, const char *body, size_t len)
{
	buf_clear(&x->body);
	if (body)
		buf_add(&x->body, body, len);
	if (x->shape != SHAPE_BODY)
		return;
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.len);
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, buf_str(&x->body));
}

/* Most requests of a batch have the same headers of their own as the one before. */
static bool set_headers(struct transfer *x, const char *lines)
{
	struct curl_slist *before = x->own_headers;
	bool ok = true;

	if (unchanged(&x->header_lines, lines ? lines : ""))
		return true;
	x->own_headers = NULL;
	x->carries_id = same_id_in_headers(lines ? lines : "");
	if (x->header_lines.len)
		ok = headers_merge(lines, x->common->headers, &x->own_headers);
	curl_easy_setopt(
		x->easy, CURLOPT_HTTPHEADER, x->own_headers ? x->own_headers : x->common->headers);
	curl_slist_free_all(before);
	if (ok)
		return true;
	buf_free(&x->header_lines);
	return refuse(x, "a header of the request is not of the form \"Name: value\"");
}

bool transfer_prepare(struct transfer *x, const struct transport_request *r, int64_t now_us)
{
	x->start_us = now_us;
	x->sent_us = x->first_us = x->last_us = x->end_us = x->whole_us = 0;
	x->uploaded = 0;
	x->bytes_in = x->headers_in = 0;
	x->result = NET_STATUS;
	x->code = CURLE_OK;
	x->open_errno = 0;
	x->refused = x->headers_full = x->released = false;
	if (!x->easy)
		x->easy = easy_new(x);
	transfer_reset_connection(x, r);
	x->message[0] = '\0';
	x->sink = r->sink;
	x->body_began = x->sinks = false;
	buf_clear(&x->answer_headers);
	buf_clear(&x->answer_body);
	if (!x->easy)
		return refuse(x, "libcurl has no memory for another request");
	if (!set_url(x, r->url) || !set_method(x, r->method, r->body != NULL))
		return false;
	set_body(x, r->body, r->body_len);
	return set_headers(x, r->headers);
}

/* A server may answer over HTTP/2 before it has read the request, as those who limit rates do, and
 * close the stream. libcurl 7.88 then hands out the answer, wants to send the rest all the same and
 * ends with this code. Only this way out of it leaves no message. */
static bool answered_early(const struct transfer *x, CURLcode code)
{
	return code == CURLE_HTTP2_STREAM && !x->message[0];
}

void transfer_conclude(struct transfer *x, CURLcode code, int64_t now_us)
{
	transfer_leave_connection(x, code, now_us);
	/* what ended it is that nothing came, not that it may not leave again */
	x->code = x->spent ? CURLE_GOT_NOTHING : code;
	x->end_us = x->whole_us ? x->whole_us : now_us;
	if (x->result != NET_STATUS)
		return;
	if (x->first_us && (code == CURLE_OK || answered_early(x, code)))
		return;
	if (code == CURLE_OPERATION_TIMEDOUT)
		x->result = x->sent_us ? NET_TIMEOUT_TOTAL : NET_TIMEOUT_CONNECT;
	else if (code == CURLE_OUT_OF_MEMORY && x->sent_us) {
		x->result = NET_TOO_LARGE; /* curl's word for one header line above 100 KiB */
		x->headers_full = true;
	} else
		x->result = NET_ERROR;
}

static bool passed(int64_t since_us, int64_t limit_us, int64_t now_us)
{
	return limit_us > 0 && now_us - since_us >= limit_us;
}

/* The wait for the first byte starts when the request has gone out whole. */
static void note_upload(struct transfer *x, int64_t now_us)
{
	curl_off_t sent = 0;

	if (x->uploaded >= (curl_off_t)x->body.len || x->shape != SHAPE_BODY)
		return;
	curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	if (sent > x->uploaded && sent > CURL_BUFFER)
		x->sent_us = now_us;
	x->uploaded = sent;
}

enum net_result transfer_overdue(struct transfer *x, int64_t now_us)
{
	const struct transport_config *c = &x->common->config;

	if (passed(x->start_us, c->timeout_us, now_us))
		return NET_TIMEOUT_TOTAL;
	switch (transfer_phase(x)) {
	case PHASE_CONNECT:
	case PHASE_RESOLVE:
	case PHASE_TLS:
		if (passed(x->start_us, c->connect_timeout_us, now_us))
			return NET_TIMEOUT_CONNECT;
		break;
	case PHASE_SENT:
		if (c->first_byte_timeout_us)
			note_upload(x, now_us);
		if (passed(x->sent_us, c->first_byte_timeout_us, now_us))
			return NET_TIMEOUT_FIRST_BYTE;
		break;
	case PHASE_RECEIVING:
		if (passed(x->last_us, c->idle_timeout_us, now_us))
			return NET_TIMEOUT_IDLE;
		break;
	}
	return NET_STATUS;
}

bool transfer_lingers(const struct transfer *x, int64_t now_us)
{
	return x->whole_us && now_us - x->whole_us >= LINGER_US;
}

enum transfer_phase transfer_phase(const struct transfer *x)
{
	return x->first_us ? PHASE_RECEIVING : x->sent_us ? PHASE_SENT : PHASE_CONNECT;
}

enum transfer_phase transfer_step(const struct transfer *x)
{
	curl_off_t resolved = 0, connected = 0;

	if (x->sent_us || x->first_us || !x->easy || !x->running || x->is_waiting)
		return transfer_phase(x);
	curl_easy_getinfo(x->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
	curl_easy_getinfo(x->easy, CURLINFO_CONNECT_TIME_T, &connected);
	return connected ? PHASE_TLS : resolved ? PHASE_CONNECT : PHASE_RESOLVE;
}

void transfer_answer(struct transfer *x, struct answer *out, struct error *text)
{
	long status = 0, connects = 0, head_in = 0, request = 0;
	curl_off_t body_in = 0, uploaded = 0;

	if (x->easy && !x->refused) {
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connects);
		curl_easy_getinfo(x->easy, CURLINFO_HEADER_SIZE, &head_in);
		curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &body_in);
		curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &request);
		if (x->body.len > SENT_WITH_HEAD)
			curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	}
	*out = (struct answer){
		.result = x->result,
		.status = (int)status,
		.headers = buf_str(&x->answer_headers),
		.headers_len = x->answer_headers.len,
		.body = buf_str(&x->answer_body),
		.body_len = x->answer_body.len,
		.latency_us = x->end_us - x->start_us,
		.first_byte_us = x->first_us ? x->first_us - x->start_us : -1,
		.connect_us = connects && x->sent_us ? x->sent_us - x->start_us : 0,
		.bytes_in = (uint64_t)head_in + (uint64_t)body_in,
		.bytes_out = (uint64_t)request + (uint64_t)uploaded,
		.resent = x->left > 1 ? x->left - 1 : 0,
		.resent_charged = x->charged,
	};
	if (x->result == NET_STATUS)
		return;
	transfer_explain(x, text);
	out->error = text->text;
}

void transfer_rest(struct transfer *x)
{
	buf_trim(&x->body, KEEP_BUFFER);
	buf_trim(&x->answer_headers, KEEP_BUFFER);
	buf_trim(&x->answer_body, KEEP_BUFFER);
}
