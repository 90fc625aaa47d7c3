#include "rig.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "plan/redact.h"

int64_t rig_wall_us(const struct rig *r)
{
	return INT64_C(1700000000) * US_PER_S + r->now_us;
}

/* ---- what the engine does over it ---- */

static struct transfer *start(void *ctx, int route, const struct request *request,
	struct attempt *attempt, struct error *err)
{
	struct rig *r = ctx;
	struct rig_call *call = &r->call[r->in_flight];

	(void)err;
	ck_assert_int_lt(r->in_flight, RIG_IN_FLIGHT);
	call->attempt = attempt;
	call->route = route;
	call->sink = request->sink;
	call->cancelled = false;
	call->embeddings = request->url.len && strstr(request->url.data, "/embeddings");
	snprintf(call->sent, RIG_SENT, "%.*s", (int)request->body.len,
		request->body.len ? request->body.data : "");
	r->in_flight++;
	r->started++;
	return (struct transfer *)attempt;
}

static void cancel(void *ctx, int route, struct transfer *x)
{
	struct rig *r = ctx;

	(void)route;
	for (int i = 0; i < r->in_flight; i++)
		if ((void *)r->call[i].attempt == (void *)x)
			r->call[i].cancelled = true;
}

static bool fetch(void *ctx, uint64_t offset, size_t len, struct buf *out, struct error *err)
{
	struct rig *r = ctx;

	(void)err;
	buf_clear(out);
	return buf_add(out, r->input.data + offset, len);
}

static void progress(void *ctx, struct transfer *x, struct attempt_progress *out)
{
	(void)ctx, (void)x;
	out->phase = "sent";
}

static int received(
	void *ctx, struct transfer *x, size_t max, struct buf *headers, struct buf *body)
{
	(void)ctx, (void)x, (void)max;
	buf_adds(headers, "Set-Cookie: a=b\r\nContent-Type: text/plain\r\n");
	buf_adds(body, "so far");
	return 200;
}

static void headers(void *ctx, int route, const char *url, struct buf *out)
{
	(void)ctx, (void)route, (void)url;
	redact_headers(RIG_HEADERS, strlen(RIG_HEADERS), out);
}

static bool redact(void *ctx, const char *text, size_t len, struct buf *out)
{
	(void)ctx;
	return redact_copy(text, len, RIG_KEY, out);
}

const struct engine_ops rig_ops = {start, cancel, fetch, progress, received, headers, redact, NULL};

/* ---- its answers ---- */

static void answer(struct rig *r, int place, struct answer a)
{
	struct rig_call *call = &r->call[place];
	struct attempt *attempt = call->attempt;

	ck_assert_int_gt(r->in_flight, place);
	if (call->cancelled)
		a = (struct answer){.result = NET_CANCELLED, .first_byte_us = -1};
	r->in_flight--;
	memmove(call, call + 1, (size_t)(r->in_flight - place) * sizeof(*call));
	engine_answered(r->engine, attempt, &a, r->now_us, rig_wall_us(r));
}

static struct answer status_answer(int status, const char *headers, const char *body)
{
	return (struct answer){.result = NET_STATUS,
		.status = status,
		.headers = headers,
		.headers_len = strlen(headers),
		.body = body,
		.body_len = strlen(body),
		.latency_us = 1000,
		.first_byte_us = 500};
}

void rig_answer(struct rig *r, int status, const char *headers, const char *body)
{
	answer(r, 0, status_answer(status, headers, body));
}

void rig_answer_at(struct rig *r, int place, int status, const char *body)
{
	answer(r, place, status_answer(status, "", body));
}

void rig_break(struct rig *r, int place)
{
	answer(r, place,
		(struct answer){.result = NET_ERROR, .error = "reset", .first_byte_us = -1});
}

void rig_fail(struct rig *r, enum net_result how)
{
	answer(r, 0, (struct answer){.result = how, .first_byte_us = -1});
}

void rig_answer_with(struct rig *r, int place, const struct answer *a)
{
	answer(r, place, *a);
}

/* What the oldest request asks for, as a list. */
static json_t *inputs(struct rig *r)
{
	json_t *body = json_loads(r->call[0].sent, 0, NULL), *input;

	ck_assert_int_gt(r->in_flight, 0);
	ck_assert_msg(body != NULL, "%s", r->call[0].sent);
	input = json_incref(json_object_get(body, "input"));
	json_decref(body);
	return json_is_array(input) ? input : json_pack("[o]", input);
}

int rig_together(struct rig *r)
{
	json_t *input = inputs(r);
	int n = (int)json_array_size(input);

	json_decref(input);
	return n;
}

static void answer_embeddings(struct rig *r)
{
	json_t *input = inputs(r), *data = json_array(), *all, *text;
	size_t i, n = json_array_size(input);
	char *body;

	json_array_foreach(input, i, text) json_array_append_new(
		data, json_pack("{s:s, s:i, s:[i]}", "object", "embedding", "index", (int)i,
			      "embedding", atoi(json_string_value(text))));
	all = json_pack("{s:s, s:o, s:s, s:{s:i, s:i}}", "object", "list", "data", data, "model",
		"m", "usage", "prompt_tokens", (int)n * 10, "total_tokens", (int)n * 10);
	body = json_dumps(all, JSON_COMPACT);
	rig_answer(r, 200, "x-request-id: r1\r\n", body);
	free(body);
	json_decref(all);
	json_decref(input);
}

void rig_answer_ok(struct rig *r)
{
	if (r->in_flight && r->call[0].embeddings)
		answer_embeddings(r);
	else
		rig_answer(r, 200, "x-request-id: r1\r\n", RIG_ANSWER);
}

void rig_step(struct rig *r, const char *sent, const char *body)
{
	ck_assert_int_gt(r->in_flight, 0);
	ck_assert_msg(
		strstr(r->call[0].sent, sent) != NULL, "%s instead of %s", r->call[0].sent, sent);
	rig_answer(r, 200, "", body);
	rig_turn(r);
	rig_turn(r);
}
