/* Attempts of live calls. */
#include <stdio.h>
#include <string.h>

#include "api/answer_body.h"
#include "api/provider.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/lane_report.h"
#include "live/live_impl.h"

/* ---- sending ---- */

/* The line cannot be a request at this endpoint. */
static void refuse_request(struct live_call *c, const char *why)
{
	struct verdict v = {.outcome = OUTCOME_BAD_INPUT, .wait_us = -1};

	snprintf(v.message, sizeof(v.message), "%s", why);
	c->outcome = v.outcome;
	live_tell(&v, &c->problem);
	snprintf(c->problem.message, sizeof(c->problem.message), "%s", why);
	live_refuse_call(c);
}

static void start(struct live_call *c, const struct live_route *to, const struct request *r)
{
	const struct answer_name name = {.attempt = (uint32_t)c->attempts};
	struct transport_request t = {
		.method = r->method,
		.url = r->url.data,
		.body = r->body.data,
		.body_len = r->body.len,
		.run = (void *)to,
		.sink = r->sink,
		.names = &name,
		.n_names = 1,
		.resends_most = 1,
	};
	struct buf headers;

	buf_init(&headers, SIZE_MAX / 2);
	session_endpoint_adapt(&to->endpoint, r->url.data, buf_str(&c->headers), &headers);
	buf_add(&headers, r->headers.data, r->headers.len);
	buf_add(&headers, c->headers.data, c->headers.len);
	t.headers = buf_str(&headers);
	c->transfer = transport_start(to->transport, &t, c);
	buf_free(&headers);
}

void live_send(struct live_call *c, int route, int64_t now_us)
{
	struct live_side *side = c->side;
	struct live *l = side->live;
	struct route *to = &side->routes.at[route];
	struct error err = {""};

	live_queue_take(c);
	l->figures.waiting--;
	c->state = LIVE_IN_FLIGHT;
	l->figures.in_flight++;
	if (!request_build(to->endpoint, &c->line, &l->request, &err)) {
		refuse_request(c, err.text);
		return;
	}
	c->route = route;
	c->lane = c->queue->to.lane[route];
	c->provider = provider_of(to->endpoint->provider, &c->line);
	c->attempts++;
	share_sent(to->share, c->lane->index, now_us, c->tokens, &c->ticket);
	traffic_started(&c->lane->traffic);
	live_stream_prepare(c, &l->request, now_us);
	start(c, &side->route[route], &l->request);
}

/* ---- the answer ---- */

/* Texts without secrets in place of those of an answer. */
struct clean {
	struct buf headers, body, error, stream_error;
	struct stream_end end;
};

static void scrub(const struct live *l, const char **text, size_t *len, struct buf *out)
{
	buf_init(out, SIZE_MAX / 2);
	if (!*len || !secrets_scrub(&l->secrets, *text, *len, out))
		return;
	*text = buf_str(out);
	*len = out->len;
}

static void scrub_answer(const struct live *l, struct answer *a, struct clean *clean)
{
	size_t len = a->error ? strlen(a->error) : 0;

	scrub(l, &a->headers, &a->headers_len, &clean->headers);
	scrub(l, &a->body, &a->body_len, &clean->body);
	scrub(l, &a->error, &len, &clean->error);
	buf_init(&clean->stream_error, SIZE_MAX / 2);
	if (!a->stream)
		return;
	clean->end = *a->stream;
	scrub(l, &clean->end.error, &clean->end.error_len, &clean->stream_error);
	a->stream = &clean->end;
}

static void scrub_field(const struct live *l, char *field, size_t size)
{
	const char *text = field;
	size_t len = strlen(field);
	struct buf clean;

	scrub(l, &text, &len, &clean);
	if (text != field)
		snprintf(field, size, "%s", text);
	buf_free(&clean);
}

/* Its texts are decoded: secrets may be spelt differently in the answer. */
static void scrub_verdict(const struct live *l, struct verdict *v)
{
	scrub_field(l, v->message, sizeof(v->message));
	scrub_field(l, v->code, sizeof(v->code));
	scrub_field(l, v->request_id, sizeof(v->request_id));
}

static void clean_free(struct clean *clean)
{
	buf_free(&clean->headers);
	buf_free(&clean->body);
	buf_free(&clean->error);
	buf_free(&clean->stream_error);
}

/* Judges the answer, without what is around its JSON. */
static void judge(const struct live_call *c, const struct answer *answer, struct verdict *v)
{
	struct answer core = *answer;
	struct json_span inner;

	if (!answer->stream && answer->body_len && c->provider->answers_json) {
		inner = answer_core(answer->body, answer->body_len);
		if (inner.len && (*inner.at == '{' || *inner.at == '[')) {
			core.body = inner.at;
			core.body_len = inner.len;
		}
	}
	response_judge(c->provider, &core, clock_wall_us(), v);
}

static double tokens_of(const struct live_call *c, const struct verdict *v)
{
	bool paid = v->outcome == OUTCOME_OK;
	double out = c->stream.assembly && assembly_is_active(c->stream.assembly)
			     ? (double)assembly_tokens(c->stream.assembly)
			     : c->tokens - c->tokens_in;

	return (v->tokens_in >= 0 ? (double)v->tokens_in
		       : paid     ? c->tokens_in
				  : 0) +
	       (v->tokens_out >= 0 ? (double)v->tokens_out
		       : paid      ? out
				   : 0);
}

/* True: the lane takes it for a limit's refusal. */
static bool report(struct live_call *c, const struct answer *answer, const struct verdict *v)
{
	struct live *l = c->side->live;
	struct route *route = &c->side->routes.at[c->route];
	const struct lane_report r = {.lane = c->lane,
		.ticket = &c->ticket,
		.provider = c->provider,
		.answer = answer,
		.verdict = v,
		.tokens = tokens_of(c, v),
		.own = true};

	tally_answered(&c->lane->tally, answer, v);
	if (v->outcome == OUTCOME_OK) {
		route->passed = true;
		estimate_learn(&l->estimate, c->queue->to.model, c->line.prompt_bytes, v->tokens_in,
			v->tokens_out);
	} else if (v->outcome != OUTCOME_CANCELLED && !verdict_blames_input(v)) {
		text_sanitise(
			c->lane->refusal, sizeof(c->lane->refusal), v->message, strlen(v->message));
	}
	return lane_report(&r, live_now_us(l), clock_wall_us());
}

/* Gives the client the whole answer. */
static void give(struct live_call *c, const struct answer *answer)
{
	const struct live_head head = {.status = answer->status,
		.headers = answer->headers,
		.headers_len = answer->headers_len};

	live_give_head(c, &head);
	live_give_body(c, answer->body, answer->body_len);
}

/* When to try again; negative: never. */
static int64_t next_try(
	struct live_call *c, const struct verdict *v, bool limited, int64_t latency_us)
{
	struct live *l = c->side->live;
	const struct routes *routes = &c->side->routes;
	int64_t now_us = live_now_us(l), patience_us = l->config.most_wait_us;
	const struct live_failure f = {
		.verdict = v,
		.limited = limited,
		.alone = refusal_may_be_alone(c->provider, v),
		.fallback = routes->at[c->route].fallback != ROUTE_NONE &&
			    routes->at[c->route].fallback + 1 != c->tries.avoid &&
			    routes_fallback(routes, &c->queue->to, c->route, now_us) != ROUTE_NONE,
		.renews =
			v->status == 401 && live_key_refused(&c->side->route[c->route], latency_us),
		.headed = c->headed || !c->handlers || l->drains > 1,
		.max_attempts = (int)c->side->run->retry.max_attempts,
		.until_us = patience_us ? c->start_us + patience_us : NEVER_US,
	};
	int64_t due_us = live_decide(&c->tries, &f, &l->rng, now_us);

	if (routes->at[c->route].fallback != ROUTE_NONE && (!limited || due_us <= now_us))
		c->tries.avoid = c->route + 1;
	return due_us;
}

static void fail(
	struct live_call *c, const struct answer *answer, const struct verdict *v, bool limited)
{
	int64_t due_us = next_try(c, v, limited, answer->latency_us);

	live_tell(v, &c->problem);
	if (due_us >= 0) {
		live_back_off(c, due_us);
		return;
	}
	if (!c->headed && live_answer_is_fit(v)) {
		give(c, answer);
		live_end_call(c, true, v);
	} else {
		live_end_call(c, false, v);
	}
}

void live_answered(void *route, void *call, const struct answer *received)
{
	struct live_call *c = call;
	struct live *l = c->side->live;
	struct answer answer = *received;
	struct clean clean;
	struct verdict v;
	bool limited;

	(void)route;
	c->transfer = NULL;
	c->paused = false;
	if (!c->handlers)
		answer.result = NET_CANCELLED;
	live_stream_answer(c, &answer);
	scrub_answer(l, &answer, &clean);
	judge(c, &answer, &v);
	scrub_verdict(l, &v);
	if (received->first_byte_us >= 0 && !c->first_us)
		c->first_us = live_now_us(l) - received->latency_us + received->first_byte_us;
	limited = report(c, &answer, &v);
	c->outcome = v.outcome;
	if (c->headed)
		live_stream_flush(c);
	if (v.outcome != OUTCOME_OK) {
		fail(c, &answer, &v, limited);
	} else {
		if (!c->headed)
			give(c, &answer);
		live_end_call(c, true, &v);
	}
	clean_free(&clean);
}
