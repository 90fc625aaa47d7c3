#include "api/response.h"

#include <stdio.h>
#include <string.h>

#include "api/answer_body.h"
#include "api/headers.h"
#include "api/provider.h"

/* What an attempt without a whole HTTP answer ended as, and the text when the transport has none.
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

/* By status alone. Pacing tells 503 and 529 (overloaded) from a plain 500 by the status. */
static enum outcome outcome_of_status(int status)
{
	switch (status) {
	case 401:
	case 403:
	case 407:
		return OUTCOME_AUTH;
	case 402: /* DeepSeek and others: the balance is used up */
		return OUTCOME_QUOTA;
	case 408:
		return OUTCOME_TIMEOUT;
	case 409: /* OpenAI's "try again": a lock on their side */
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

/* A 2xx answer of an API that always answers in JSON or in events. */
static void judge_success(
	const struct answer *a, const struct answer_members *m, bool is_stream, struct verdict *out)
{
	if (is_stream) {
		bool whole = answer_stream(a->body, a->body_len, out);

		if (!whole || out->message[0])
			out->outcome = OUTCOME_BAD_RESPONSE;
		if (!whole && !out->message[0])
			note(out, "the stream was cut: it has no end mark");
		return;
	}
	if (!out->body_is_json) {
		out->outcome = OUTCOME_BAD_RESPONSE;
		front_of_body(
			a, a->body_len ? "the answer is not JSON" : "the answer is empty", out);
		return;
	}
	if (!answer_has_error(m))
		return;
	out->outcome = OUTCOME_BAD_RESPONSE;
	answer_error(m, out);
	if (!out->message[0])
		front_of_body(a, "an error in a 2xx answer", out);
}

static void judge_refusal(
	const struct answer *a, const struct answer_members *m, struct verdict *out)
{
	char what[80];

	answer_error(m, out);
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

/* What the server asked for: in a header, else in the error's text. */
static void read_wait(
	const struct answer *a, const struct header_values *h, int64_t wall_us, struct verdict *out)
{
	const char *source;

	out->wait_us = header_wait_us(h, wall_us, &source);
	if (out->wait_us < 0 && a->body && (a->status == 429 || a->status >= 500)) {
		out->wait_us = answer_wait_us(a->body, a->body_len);
		source = out->wait_us < 0 ? "" : "body";
	}
	snprintf(out->wait_source, sizeof(out->wait_source), "%s", source);
}

static void read_headers(const struct header_values *h, struct verdict *out)
{
	const struct header_value *id = h->x_request_id.at ? &h->x_request_id : &h->request_id;

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
	if (a->body_len)
		out->body_is_json = answer_members(a->body, a->body_len, &members);
	answer_usage(members.usage, out);
	if (out->outcome == OUTCOME_BAD_RESPONSE)
		snprintf(out->message, sizeof(out->message), "HTTP %d is no final answer",
			a->status);
	else if (out->outcome != OUTCOME_OK)
		judge_refusal(a, &members, out);
	else if (p->answers_json)
		judge_success(
			a, &members, header_value_is(h.content_type, "text/event-stream"), out);
	if (out->outcome != OUTCOME_OK)
		read_wait(a, &h, wall_us, out);
}
