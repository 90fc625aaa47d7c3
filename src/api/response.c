#include "api/response.h"

#include <stdio.h>
#include <string.h>

#include "api/answer_body.h"
#include "api/error_outcome.h"
#include "api/error_text.h"
#include "api/headers.h"
#include "api/provider.h"
#include "api/rate_headers.h"
#include "api/refusal.h"
#include "api/usable.h"
#include "api/usage.h"
#include "base/clock.h"
#include "base/text.h"

/* The outcome of an attempt without a whole HTTP answer, and the text when the transport has none.
 */
static const struct {
	enum outcome outcome;
	const char *message;
} unanswered[NET_RESULT_COUNT] = {
	[NET_TIMEOUT_CONNECT] = {OUTCOME_TIMEOUT, "no connection within the time limit"},
	[NET_TIMEOUT_FIRST_BYTE] = {OUTCOME_TIMEOUT, "no first byte of the answer within the time "
						     "limit"},
	[NET_TIMEOUT_IDLE] = {OUTCOME_TIMEOUT, "the answer stalled"},
	[NET_TIMEOUT_TOTAL] = {OUTCOME_TIMEOUT, "no complete answer within the time limit"},
	[NET_ERROR] = {OUTCOME_NETWORK, "the connection failed"},
	[NET_TOO_LARGE] = {OUTCOME_TOO_LARGE, "the answer is larger than --max-response"},
	[NET_CANCELLED] = {OUTCOME_CANCELLED, "cancelled"},
};

static void note(struct verdict *out, const char *text)
{
	snprintf(out->message, sizeof(out->message), "%s", text);
}

enum { FRONT_SIZE = 120 };

/* The title of a page, or the front of a body that names no error; "" of an empty one. */
static const char *front_of_body(const struct answer *a, char out[FRONT_SIZE])
{
	error_text_page(a->body, a->body_len, out, FRONT_SIZE);
	if (!*out)
		text_one_line(out, FRONT_SIZE, a->body, a->body_len);
	return out;
}

/* "an error in a 2xx answer: Bad gateway" */
static void note_front(const struct answer *a, const char *what, struct verdict *out)
{
	char front[FRONT_SIZE];

	front_of_body(a, front);
	snprintf(out->message, sizeof(out->message), "%s%s%s", what, *front ? ": " : "", front);
}

/* The text without the status in front of it, as titles of proxies' pages have it. */
static const char *without_status(const char *text, int status)
{
	char number[16];
	size_t len = (size_t)snprintf(number, sizeof(number), "%d", status);

	if (strncmp(text, number, len) != 0 || (text[len] && !strchr(" :", text[len])))
		return text;
	return text + len + strspn(text + len, " :");
}

/* "HTTP 502: Bad Gateway" */
static void note_refusal(const struct answer *a, struct verdict *out)
{
	char text[FRONT_SIZE];
	const char *front = without_status(front_of_body(a, text), a->status);

	snprintf(out->message, sizeof(out->message), "HTTP %d%s%s%s", a->status,
		a->status < 400 ? ": sluice does not follow redirects; give the final URL" : "",
		*front ? ": " : "", front);
}

/* The outcome says "429" wherever it is shown: its message does not say it again. */
static void drop_429(struct verdict *out)
{
	const char *text = out->message;
	char rest[sizeof(out->message)];

	if (!strncmp(text, "HTTP 429", 8))
		text += 5;
	text = without_status(text, 429);
	snprintf(rest, sizeof(rest), "%s", *text ? text : "Too Many Requests");
	memcpy(out->message, rest, strlen(rest) + 1);
}

/* Judges a failure behind a 2xx by the error that the body names. text: the whole error, which may
 * tell of a limit per day. */
static void judge_error(const struct provider *p, const struct answer_members *m,
	struct json_span text, struct verdict *out)
{
	p->error(m, out);
	out->outcome = error_outcome(m->error);
	if (out->outcome == OUTCOME_BAD_RESPONSE)
		out->outcome = error_outcome(m->whole);
	if (answer_is_unpaid(out) ||
		(out->outcome == OUTCOME_RATE_LIMITED && answer_is_daily(text.at, text.len)))
		out->outcome = OUTCOME_QUOTA;
	if ((out->outcome == OUTCOME_RATE_LIMITED || out->outcome == OUTCOME_QUOTA) &&
		refusal_is_too_large(text.at, text.len, true))
		out->outcome = OUTCOME_TOO_LARGE;
}

/* Judges a body without what was asked for: by the error that it has elsewhere, if any. */
static void judge_unusable(const struct provider *p, const struct answer *a,
	struct answer_members *m, const struct unusable *u, struct verdict *out)
{
	static const char *const places[] = {"errors.0", "base_resp"};

	m->error = u->error;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !m->error.at; i++)
		m->error = json_find(m->whole, places[i]);
	judge_error(p, m, out->json, out);
	if (u->code.at) {
		out->outcome = outcome_of_word(u->code);
		text_one_line(out->code, sizeof(out->code), u->code.at + 1, u->code.len - 2);
	}
	if (out->message[0])
		return;
	/* an object's "type" or "status" was taken for a code: the answer names no error */
	if (out->outcome == OUTCOME_BAD_RESPONSE && !u->code.at)
		out->code[0] = '\0';
	note_front(a, u->why, out);
}

/* A 2xx answer of an API that always answers in JSON. */
static void judge_success(const struct provider *p, const struct answer *a,
	struct answer_members *m, struct verdict *out)
{
	struct unusable u;

	if (!out->json.at) {
		out->outcome = OUTCOME_BAD_RESPONSE;
		note_front(a, a->body_len ? "the answer is not JSON" : "the answer is empty", out);
		return;
	}
	if (answer_is_error(m->error)) {
		judge_error(p, m, out->json, out);
		if (!out->message[0])
			note_front(a, "an error in a 2xx answer", out);
		return;
	}
	u = answer_unusable(a->asked, m);
	if (u.why)
		judge_unusable(p, a, m, &u, out);
}

/* The bodies of plain calls stay as they come, with what some servers put around them. */
static void read_within(const struct answer *a, struct answer_members *m)
{
	struct json_span core;

	if (m->whole.at || !a->body_len)
		return;
	core = answer_core(a->body, a->body_len);
	if (core.len)
		answer_members(a->asked, core.at, core.len, m);
}

static void judge_refusal(const struct provider *p, const struct answer *a,
	struct answer_members *m, struct verdict *out)
{
	read_within(a, m);
	p->error(m, out);
	if (a->status == 407) {
		note(out, "HTTP 407: the proxy requires credentials, as in "
			  "http_proxy=http://user:password@host:port");
		return;
	}
	if (out->message[0] == '\0')
		note_refusal(a, out);
	if ((a->status == 429 || a->status == 400) && answer_is_unpaid(out))
		out->outcome = OUTCOME_QUOTA;
	if (a->status == 429 && a->body_len && answer_is_daily(a->body, a->body_len))
		out->outcome = OUTCOME_QUOTA;
	refusal_judge(a->body, a->body_len, m, out);
	if (out->outcome == OUTCOME_RATE_LIMITED && a->status == 429)
		drop_429(out);
}

/* May the failure name the wait in its text? */
static bool names_wait(const struct verdict *v)
{
	return v->outcome == OUTCOME_RATE_LIMITED || v->outcome == OUTCOME_SERVER_ERROR;
}

/* Judges an error event; one of a limit may name the wait, as a refusal does. */
static void judge_error_event(
	const struct provider *p, const struct stream_end *end, struct verdict *out)
{
	struct json_span text = {end->error, end->error_len};
	struct answer_members m;

	answer_members(ASKED_OTHER, end->error, end->error_len, &m);
	judge_error(p, &m, text, out);
	if (!out->message[0])
		text_one_line(out->message, sizeof(out->message), m.error.at, m.error.len);
	if (names_wait(out))
		out->wait_us = answer_wait_us(end->error, end->error_len);
	if (out->wait_us >= 0)
		snprintf(out->wait_source, sizeof(out->wait_source), "body");
}

/* Judges a stream behind a 2xx by its end. */
static void judge_stream(const struct provider *p, const struct answer *a, struct answer_members *m,
	struct verdict *out)
{
	const struct stream_end *end = a->stream;
	char why[120] = "";

	if (end->error) {
		judge_error_event(p, end, out);
	} else if (end->garbled) {
		out->outcome = OUTCOME_BAD_RESPONSE;
		note(out, "an event of the stream is not JSON");
	} else if (!end->whole) {
		out->outcome = OUTCOME_BAD_RESPONSE;
		if (a->error && *a->error)
			text_one_line(why, sizeof(why), a->error, strlen(a->error));
		snprintf(out->message, sizeof(out->message),
			"the stream was cut off: it has no end mark%s%s", *why ? ": " : "", why);
	} else if (!out->json.at) {
		out->outcome = OUTCOME_BAD_RESPONSE;
		note(out, "the stream ended without an answer");
	} else {
		judge_success(p, a, m, out);
	}
}

double response_tokens_per_s(const struct answer *a, const struct verdict *v)
{
	double tokens, pieces;

	if (!a->stream || a->stream->writing_us <= 0)
		return -1;
	/* Tokens after the first piece, which started the clock. */
	pieces = (double)a->stream->pieces;
	tokens = v->tokens_out > 0 ? (double)v->tokens_out : pieces;
	return tokens * (pieces - 1) / pieces * US_PER_S / (double)a->stream->writing_us;
}

/* The reset of the last used-up limit, by the headers that the body quotes. */
static int64_t quoted_wait_us(const struct answer *a, int64_t wall_us)
{
	struct reported_limits reported;
	int64_t us = -1;

	if (!rate_headers_read_body(a->body, a->body_len, wall_us, &reported))
		return -1;
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		if (reported.at[i].remaining == 0 && reported.at[i].reset_us > us)
			us = reported.at[i].reset_us;
	}
	return us;
}

/* The wait that the server asked for: in a header, else in the error's text. */
static void read_wait(
	const struct answer *a, const struct header_values *h, int64_t wall_us, struct verdict *out)
{
	const char *source;

	if (out->wait_us >= 0)
		return;
	out->wait_us = header_wait_us(h, wall_us, &source);
	if (out->wait_us < 0 && a->body &&
		(a->status == 429 || a->status >= 500 || names_wait(out))) {
		out->wait_us = answer_wait_us(a->body, a->body_len);
		if (out->wait_us < 0 && (a->status == 429 || out->outcome == OUTCOME_RATE_LIMITED))
			out->wait_us = quoted_wait_us(a, wall_us);
		source = out->wait_us < 0 ? "" : "body";
	}
	snprintf(out->wait_source, sizeof(out->wait_source), "%s", source);
}

static void read_headers(const struct header_values *h, struct verdict *out)
{
	const struct header_value *id = h->x_request_id.at ? &h->x_request_id
					: h->request_id.at ? &h->request_id
							   : &h->apim_request_id;

	text_one_line(out->request_id, sizeof(out->request_id), id->at, id->len);
	if (header_value_is(h->should_retry, "true"))
		out->should_retry = 1;
	else if (header_value_is(h->should_retry, "false"))
		out->should_retry = 0;
}

void response_judge(
	const struct provider *p, const struct answer *a, int64_t wall_us, struct verdict *out)
{
	struct header_values h;
	struct answer_members members = {.whole = {NULL, 0}};

	*out = (struct verdict){.status = a->status,
		.wait_us = -1,
		.tokens_in = -1,
		.tokens_out = -1,
		.should_retry = -1};
	header_scan(a->headers, a->headers_len, &h);
	read_headers(&h, out);
	if (a->result != NET_STATUS) {
		const char *text = a->error && *a->error ? a->error : unanswered[a->result].message;

		out->outcome = unanswered[a->result].outcome;
		text_one_line(out->message, sizeof(out->message), text, strlen(text));
		return;
	}
	out->outcome = outcome_of_status(a->status);
	if (a->body_len && answer_members(a->asked, a->body, a->body_len, &members))
		out->json = json_trim(a->body, a->body_len);
	usage_read(members.usage, a, &h, out);
	if (out->outcome == OUTCOME_BAD_RESPONSE)
		snprintf(out->message, sizeof(out->message), "unexpected HTTP %d", a->status);
	else if (out->outcome != OUTCOME_OK)
		judge_refusal(p, a, &members, out);
	else if (a->stream)
		judge_stream(p, a, &members, out);
	else if (p->answers_json)
		judge_success(p, a, &members, out);
	if (out->outcome != OUTCOME_OK)
		read_wait(a, &h, wall_us, out);
}
