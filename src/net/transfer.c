#include "net/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/environment.h"

enum {
	MAX_HEADERS = 64 << 10, /* of one answer, by default */
	KEEP_BUFFER = 16 << 10, /* memory for bodies that an idle transfer keeps */
};

/* Takes a raw header line. */
static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *x = ctx;
	size_t len = size * n;

	x->times.last_us = x->common->now_us;
	/* One turn of the loop may handle many requests, so the first byte reads the clock itself.
	 */
	if (!x->times.first_us)
		x->times.first_us = run_clock_now_us(x->common->clock);
	switch (received_header(&x->received, data, len)) {
	case RECEIVED_FULL:
		x->end.result = NET_TOO_LARGE;
		return 0;
	case RECEIVED_STATUS:
		transfer_note_status(x, data, len);
		break;
	case RECEIVED_FIELD:
		if (x->excess.numbered)
			excess_field(&x->excess, x->easy, data, len);
		break;
	}
	return len;
}

/* Has all of the body come that the answer's Content-Length tells? */
static bool has_whole_body(const struct transfer *x)
{
	curl_off_t length = -1, came = 0;

	curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &came);
	return length > 0 && came == length;
}

/* Has it been answered while it may still be sent? Some servers then take no more of it. */
static bool is_answered_early(const struct transfer *x)
{
	return x->request.body.len > EASY_BUFFER && has_whole_body(x);
}

/* The rest of the body is mostly here already, so the connection can be used again. */
static void note_whole(struct transfer *x)
{
	if (x->times.whole_us || !(received_is_whole(&x->received) || is_answered_early(x)))
		return;
	x->times.whole_us = x->times.last_us;
	x->common->whole = true;
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *x = ctx;
	size_t len = size * n;

	x->times.last_us = x->common->now_us;
	excess_body(&x->excess, x->easy);
	if (!received_body(&x->received, data, len, x->times.last_us)) {
		x->end.result = NET_TOO_LARGE;
		return 0;
	}
	note_whole(x);
	return len;
}

static long whole_ms(int64_t us)
{
	int64_t ms = (us + US_PER_MS - 1) / US_PER_MS;

	return ms > INT32_MAX ? INT32_MAX : (long)ms;
}

/* Sets the options that all requests share. */
static CURL *easy_new(struct transfer *x)
{
	const struct transfer_common *c = x->common;
	CURL *e = curl_easy_init();

	if (!e)
		return NULL;
	curl_easy_setopt(e, CURLOPT_PRIVATE, x);
	curl_easy_setopt(e, CURLOPT_SHARE, c->share);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->end.message);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	transfer_set_connection(x, e);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
		(long)(c->request.http1_only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->request.headers);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, ""); /* decodes; headers.c asks for it */
	curl_easy_setopt(
		e, CURLOPT_BUFFERSIZE, (long)(c->config.buffer ? c->config.buffer : EASY_BUFFER));
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)EASY_BUFFER);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	environment_apply(e);
	/* Our timeout is exact; curl's lets it try the next address of a host in time. */
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
	easy_request_init(&x->request);
	received_init(&x->received, &common->spare, max_headers ? max_headers : MAX_HEADERS,
		common->config.max_response);
	buf_init(&x->path.names, SIZE_MAX / 2);
	return x;
}

void transfer_free(struct transfer *x)
{
	curl_easy_cleanup(x->easy);
	connection_free(x->path.lost);
	easy_request_free(&x->request);
	received_free(&x->received);
	buf_free(&x->path.names);
	free(x);
}

bool transfer_prepare(struct transfer *x, const struct transport_request *r, int64_t now_us)
{
	struct transfer_end *end = &x->end;
	const char *wrong;

	x->times = (struct times){.start_us = now_us};
	if (x->paused) {
		/* libcurl may take up what it had kept */
		curl_easy_cleanup(x->easy);
		x->easy = NULL;
		x->paused = false;
	}
	end->result = NET_STATUS;
	end->code = CURLE_OK;
	end->refused = false;
	if (!x->easy)
		x->easy = easy_new(x);
	transfer_reset_connection(x, r);
	end->message[0] = '\0';
	received_reset(&x->received, r->sink);
	wrong = x->easy ? easy_request_set(&x->request, x->easy, r, &x->common->request)
			: "libcurl has no memory for another request";
	if (!wrong)
		return true;
	end->refused = true;
	strncpy(end->message, wrong, sizeof(end->message) - 1);
	return false;
}

/* A server may answer before it has read the request, for example with a 429, and close the stream
 * or connection. libcurl 7.88 then delivers the answer and still tries to send the rest. Over
 * HTTP/2 it ends with CURLE_HTTP2_STREAM: without a message when the server closed the stream in
 * order, with one when it reset the stream behind its answer. The others end connections. */
static bool answered_early(const struct transfer *x, CURLcode code)
{
	if (code == CURLE_HTTP2_STREAM && !x->end.message[0])
		return true;
	return (code == CURLE_HTTP2_STREAM || code == CURLE_HTTP2 || code == CURLE_SEND_ERROR) &&
	       has_whole_body(x);
}

void transfer_conclude(struct transfer *x, CURLcode code, int64_t now_us)
{
	struct times *t = &x->times;

	transfer_leave_connection(x, code, now_us);
	/* it ended because no answer came, not because it may not be sent again */
	x->end.code = x->path.spent ? CURLE_GOT_NOTHING : code;
	t->end_us = t->whole_us ? t->whole_us : now_us;
	if (x->end.result != NET_STATUS)
		return;
	if (t->first_us && (code == CURLE_OK || answered_early(x, code)))
		return;
	if (code == CURLE_OPERATION_TIMEDOUT)
		x->end.result = t->sent_us ? NET_TIMEOUT_TOTAL : NET_TIMEOUT_CONNECT;
	else if (code == CURLE_OUT_OF_MEMORY && t->sent_us) {
		/* curl's code for a header line above 100 KiB */
		x->end.result = NET_TOO_LARGE;
		x->received.headers_full = true;
	} else
		x->end.result = NET_ERROR;
}

enum net_result transfer_overdue(struct transfer *x, int64_t now_us)
{
	const struct transport_config *limits = &x->common->config;

	/* The wait for the first byte starts when the whole request has gone out. */
	if (limits->first_byte_timeout_us && times_phase(&x->times) == PHASE_SENT &&
		easy_request_moved(&x->request, x->easy))
		x->times.sent_us = now_us;
	if (x->paused)
		x->times.last_us = now_us;
	return times_overdue(&x->times, limits, now_us);
}

enum transfer_phase transfer_step(const struct transfer *x)
{
	enum transfer_phase phase = times_phase(&x->times);
	curl_off_t resolved = 0, connected = 0;

	if (phase != PHASE_CONNECT || !x->easy || !x->running || x->gate.at == GATE_HELD)
		return phase;
	curl_easy_getinfo(x->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
	curl_easy_getinfo(x->easy, CURLINFO_CONNECT_TIME_T, &connected);
	return connected ? PHASE_TLS : resolved ? PHASE_CONNECT : PHASE_RESOLVE;
}

int transfer_status(const struct transfer *x)
{
	long status = 0;

	if (x->easy && !x->end.refused)
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

/* Fills the figures that curl counted. */
static void count_bytes(const struct transfer *x, struct answer *out)
{
	curl_off_t body_in = 0;
	long head_in = 0;

	curl_easy_getinfo(x->easy, CURLINFO_HEADER_SIZE, &head_in);
	curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &body_in);
	out->bytes_in = (uint64_t)head_in + (uint64_t)body_in;
	out->bytes_out = easy_request_bytes(&x->request, x->easy);
}

static int64_t connect_us(const struct transfer *x)
{
	long connects = 0;

	curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connects);
	return connects && x->times.sent_us ? x->times.sent_us - x->times.start_us : 0;
}

void transfer_answer(struct transfer *x, struct answer *out, struct error *text)
{
	const struct times *t = &x->times;

	*out = (struct answer){
		.result = x->end.result,
		.status = transfer_status(x),
		.latency_us = t->end_us - t->start_us,
		.first_byte_us = t->first_us ? t->first_us - t->start_us : -1,
		.resent = x->path.left > 1 ? x->path.left - 1 : 0,
		.resent_charged = x->path.charged,
	};
	received_show(&x->received, out);
	if (x->easy && !x->end.refused) {
		out->connect_us = connect_us(x);
		count_bytes(x, out);
	}
	if (x->end.result == NET_STATUS)
		return;
	transfer_explain(x, text);
	out->error = text->text;
}

void transfer_trim(struct transfer *x)
{
	buf_trim(&x->request.body, KEEP_BUFFER);
	received_release(&x->received, KEEP_BUFFER);
}
