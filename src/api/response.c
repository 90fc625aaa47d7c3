#include "api/response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/answer_body.h"
#include "api/headers.h"
#include "api/provider.h"
#include "api/rate_headers.h"
#include "api/usage.h"
#include "base/clock.h"

/* The outcome of an attempt without a whole HTTP answer, and the text when the transport has none.
 */
static const struct {
	enum outcome outcome;
	const char *message;
} unanswered[NET_RESULT_COUNT] = {
	[NET_TIMEOUT_CONNECT] = {OUTCOME_TIMEOUT, "no connection in time"},
	[NET_TIMEOUT_FIRST_BYTE] = {OUTCOME_TIMEOUT, "no first byte of the answer in time"},
	[NET_TIMEOUT_IDLE] = {OUTCOME_TIMEOUT, "the answer stalled"},
	[NET_TIMEOUT_TOTAL] = {OUTCOME_TIMEOUT, "no whole answer in time"},
	[NET_ERROR] = {OUTCOME_NETWORK, "the connection failed"},
	[NET_TOO_LARGE] = {OUTCOME_TOO_LARGE, "the answer is larger than --max-response"},
	[NET_CANCELLED] = {OUTCOME_CANCELLED, "cancelled"},
};

/* The outcome by status alone. Pacing reads the status itself to treat 503 and 529 (overloaded)
 * apart. */
static enum outcome outcome_of_status(int status)
{
	switch (status) {
	case 401:
	case 403:
	case 407:
		return OUTCOME_AUTH;
	case 402: /* DeepSeek and others: no balance left */
		return OUTCOME_QUOTA;
	case 408:
		return OUTCOME_TIMEOUT;
	case 409: /* OpenAI's "try again", for a lock on its side */
		return OUTCOME_SERVER_ERROR;
	case 429:
		return OUTCOME_RATE_LIMITED;
	}
	if (status >= 500)
		return OUTCOME_SERVER_ERROR;
	if (status >= 300)
		return OUTCOME_CLIENT_ERROR;
	return status >= 200 ? OUTCOME_OK : OUTCOME_BAD_RESPONSE;
}

static void note(struct verdict *out, const char *text)
{
	snprintf(out->message, sizeof(out->message), "%s", text);
}

/* "HTTP 502: <html>…": the front of a body that names no error. */
static void front_of_body(const struct answer *a, const char *what, struct verdict *out)
{
	char front[120];

	answer_text(front, sizeof(front), a->body, a->body_len);
	snprintf(out->message, sizeof(out->message), "%s%s%s", what, *front ? ": " : "", front);
}

/* A 2xx answer of an API that always answers in JSON. */
static void judge_success(const struct provider *p, const struct answer *a,
	const struct answer_members *m, struct verdict *out)
{
	if (!out->json.at) {
		out->outcome = OUTCOME_BAD_RESPONSE;
		front_of_body(
			a, a->body_len ? "the answer is not JSON" : "the answer is empty", out);
		return;
	}
	if (!answer_has_error(m))
		return;
	out->outcome = OUTCOME_BAD_RESPONSE;
	p->error(m, out);
	if (!out->message[0])
		front_of_body(a, "an error in a 2xx answer", out);
}

static void judge_refusal(const struct provider *p, const struct answer *a,
	const struct answer_members *m, struct verdict *out)
{
	char what[80];

	p->error(m, out);
	if (a->status == 407) {
		note(out, "HTTP 407: the proxy wants credentials, as in "
			  "http_proxy=http://user:password@host:port");
		return;
	}
	if (out->message[0] == '\0') {
		snprintf(what, sizeof(what),
			a->status < 400 ? "HTTP %d: redirects are not followed, give the final URL"
					: "HTTP %d",
			a->status);
		front_of_body(a, what, out);
	}
	if ((a->status == 429 || a->status == 400) && answer_is_unpaid(out))
		out->outcome = OUTCOME_QUOTA;
	if (a->status == 429 && a->body_len && answer_is_daily(a->body, a->body_len))
		out->outcome = OUTCOME_QUOTA;
}

/* An error event follows a 200, so only its name shows the outcome. */
static enum outcome outcome_of_code(const struct verdict *v)
{
	static const struct {
		const char *code;
		enum outcome outcome;
	} codes[] = {
		/* https://docs.anthropic.com/en/api/errors */
		{"overloaded_error", OUTCOME_SERVER_ERROR},
		{"api_error", OUTCOME_SERVER_ERROR},
		{"timeout_error", OUTCOME_TIMEOUT},
		{"rate_limit_error", OUTCOME_RATE_LIMITED},
		{"authentication_error", OUTCOME_AUTH},
		{"permission_error", OUTCOME_AUTH},
		{"billing_error", OUTCOME_QUOTA},
		{"invalid_request_error", OUTCOME_CLIENT_ERROR},
		{"not_found_error", OUTCOME_CLIENT_ERROR},
		{"request_too_large", OUTCOME_CLIENT_ERROR},
		/* https://platform.openai.com/docs/guides/error-codes and the Responses API's */
		{"server_error", OUTCOME_SERVER_ERROR},
		{"internal_error", OUTCOME_SERVER_ERROR},
		{"internal_server_error", OUTCOME_SERVER_ERROR},
		{"service_unavailable", OUTCOME_SERVER_ERROR},
		{"engine_overloaded", OUTCOME_SERVER_ERROR},
		{"rate_limit_exceeded", OUTCOME_RATE_LIMITED},
		{"requests", OUTCOME_RATE_LIMITED},
		{"tokens", OUTCOME_RATE_LIMITED},
		{"invalid_api_key", OUTCOME_AUTH},
		{"context_length_exceeded", OUTCOME_CLIENT_ERROR},
		{"invalid_prompt", OUTCOME_CLIENT_ERROR},
		/* Azure's content filter, in the middle of an answer */
		{"content_filter", OUTCOME_CLIENT_ERROR},
	};

	if (answer_is_unpaid(v))
		return OUTCOME_QUOTA;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcasecmp(v->code, codes[i].code))
			return codes[i].outcome;
	/* Gateways pass on the status of the server behind them. */
	if (strlen(v->code) == 3 && strspn(v->code, "0123456789") == 3)
		return outcome_of_status(atoi(v->code));
	return OUTCOME_BAD_RESPONSE;
}

/* vLLM sends the status beside its own type: {"type":"BadRequestError","code":400}. */
static enum outcome outcome_of_error(struct json_span error, const struct verdict *v)
{
	struct json_want code = {.name = "code"};
	enum outcome outcome = outcome_of_code(v);
	int64_t status;

	if (outcome != OUTCOME_BAD_RESPONSE || !json_span_is(error, JSON_VALUE_OBJECT))
		return outcome;
	json_pick(error.at, error.len, &code, 1, NULL);
	return json_span_int(code.value, &status) && status >= 400 && status < 600
		       ? outcome_of_status((int)status)
		       : outcome;
}

/* Judges an error event; one of a limit may name the wait, as a refusal does. */
static void judge_error_event(
	const struct provider *p, const struct stream_end *end, struct verdict *out)
{
	struct answer_members m;

	answer_members(end->error, end->error_len, &m);
	p->error(&m, out);
	out->outcome = outcome_of_error(m.error, out);
	if (out->outcome == OUTCOME_OK)
		out->outcome = OUTCOME_BAD_RESPONSE;
	if (!out->message[0])
		answer_text(out->message, sizeof(out->message), m.error.at, m.error.len);
	if (out->outcome == OUTCOME_RATE_LIMITED && answer_is_daily(end->error, end->error_len))
		out->outcome = OUTCOME_QUOTA;
	if (out->outcome != OUTCOME_RATE_LIMITED && out->outcome != OUTCOME_SERVER_ERROR)
		return;
	out->wait_us = answer_wait_us(end->error, end->error_len);
	if (out->wait_us >= 0)
		snprintf(out->wait_source, sizeof(out->wait_source), "body");
}

/* Judges a stream behind a 2xx by its end. */
static void judge_stream(const struct provider *p, const struct answer *a, struct verdict *out)
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
			answer_text(why, sizeof(why), a->error, strlen(a->error));
		snprintf(out->message, sizeof(out->message),
			"the stream was cut: it has no end mark%s%s", *why ? ": " : "", why);
	} else if (!out->json.at) {
		out->outcome = OUTCOME_BAD_RESPONSE;
		note(out, "the stream has an end mark and no answer before it");
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
	if (out->wait_us < 0 && a->body && (a->status == 429 || a->status >= 500)) {
		out->wait_us = answer_wait_us(a->body, a->body_len);
		if (out->wait_us < 0 && a->status == 429)
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

	answer_text(out->request_id, sizeof(out->request_id), id->at, id->len);
	if (header_value_is(h->should_retry, "true"))
		out->should_retry = 1;
	else if (header_value_is(h->should_retry, "false"))
		out->should_retry = 0;
}

void response_judge(
	const struct provider *p, const struct answer *a, int64_t wall_us, struct verdict *out)
{
	struct header_values h;
	struct answer_members members = {.usage = {NULL, 0}};

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
		answer_text(out->message, sizeof(out->message), text, strlen(text));
		return;
	}
	out->outcome = outcome_of_status(a->status);
	if (a->body_len && answer_members(a->body, a->body_len, &members))
		out->json = json_trim(a->body, a->body_len);
	usage_read(members.usage, a, &h, out);
	if (out->outcome == OUTCOME_BAD_RESPONSE)
		snprintf(out->message, sizeof(out->message), "unexpected HTTP %d", a->status);
	else if (out->outcome != OUTCOME_OK)
		judge_refusal(p, a, &members, out);
	else if (a->stream)
		judge_stream(p, a, out);
	else if (p->answers_json)
		judge_success(p, a, &members, out);
	if (out->outcome != OUTCOME_OK)
		read_wait(a, &h, wall_us, out);
}
