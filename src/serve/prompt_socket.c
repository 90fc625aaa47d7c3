#include "serve/prompt_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "api/sse.h"
#include "base/alloc.h"
#include "base/json_writer.h"
#include "http/websocket.h"
#include "live/live.h"
#include "serve/call.h"
#include "serve/catalog.h"
#include "serve/kind.h"
#include "serve/scout.h"
#include "serve/service.h"
#include "serve/token_call.h"
#include "serve/live_models.h"

enum {
	PROMPTS_MAX = 32, /* at once on a socket */
	ID_MAX = 128,     /* bytes of an id, quotes included */
	EVENT_MAX = 8 << 20,
	ANSWER_MAX = 64 << 20,
	SUCCESS = 200,
};

struct prompt {
	LIST_ENTRY(prompt) next;
	struct prompt_client *client;
	struct live_call *live;
	struct token_call place; /* in its client's limits */
	char id[ID_MAX + 1];     /* as it was given, JSON; "": none */
	struct sse events;
	struct buf body; /* of an answer that is no stream */
	bool streams;
	int status;
};

struct prompt_client {
	struct call *call;
	struct websocket *socket;
	LIST_HEAD(, prompt) prompts;
	int n;
};

/* ---- messages of the server ---- */

static struct json_writer open_message(struct buf *out, const char *id)
{
	struct json_writer w;

	buf_init(out, SIZE_MAX / 2);
	w = json_writer_to(out);
	json_open_object(&w);
	if (*id)
		json_member_span(&w, "id", json_whole(id, strlen(id)));
	return w;
}

static void send_message(struct prompt_client *client, struct json_writer *w, struct buf *out)
{
	json_close_object(w);
	websocket_send(client->socket, out->data, out->len);
	buf_free(out);
}

static void send_token(struct prompt *p, struct json_span text)
{
	struct buf out;
	struct json_writer w;

	if (!json_span_is(text, JSON_VALUE_STRING) || text.len <= strlen("\"\""))
		return;
	w = open_message(&out, p->id);
	json_member_span(&w, "token", text);
	send_message(p->client, &w, &out);
}

static void send_done(struct prompt *p)
{
	struct buf out;
	struct json_writer w = open_message(&out, p->id);

	json_member_bool(&w, "done", true);
	send_message(p->client, &w, &out);
}

static void send_error(struct prompt_client *client, const char *id, const char *code,
	const char *message, int retry_after_s)
{
	struct buf out;
	struct json_writer w = open_message(&out, id);

	json_member_object(&w, "error");
	json_member_text(&w, "message", message);
	json_member_text(&w, "code", code);
	if (retry_after_s)
		json_member_uint(&w, "retry_after", (uint64_t)retry_after_s);
	json_close_object(&w);
	send_message(client, &w, &out);
}

/* The words of the API's own error, else those for its status. */
static void send_api_error(struct prompt *p, struct json_span body)
{
	struct json_span error = json_find(body, "error");
	char message[600], code[60], status[40];

	json_string_text(json_find(error, "message"), message, sizeof(message));
	json_string_text(json_find(error, "code"), code, sizeof(code));
	snprintf(status, sizeof(status), "The endpoint answered %d.", p->status);
	send_error(
		p->client, p->id, *code ? code : "upstream_error", *message ? message : status, 0);
}

/* ---- an answer ---- */

static void end_prompt(struct prompt *p)
{
	LIST_REMOVE(p, next);
	p->client->n--;
	sse_free(&p->events);
	buf_free(&p->body);
	free(p);
}

static void on_event(void *ctx, const struct sse_event *e)
{
	struct json_span event = json_whole(e->data, e->data_len);
	struct prompt *p = ctx;

	if (!json_span_is(event, JSON_VALUE_OBJECT))
		return; /* [DONE] */
	if (json_span_is(json_find(event, "error"), JSON_VALUE_OBJECT))
		send_api_error(p, event);
	else
		send_token(p, json_find(event, "choices.0.delta.content"));
}

static void on_head(void *ctx, const struct live_head *head)
{
	struct prompt *p = ctx;

	p->streams = head->streams;
	p->status = head->status;
}

static void on_body(void *ctx, const char *data, size_t len)
{
	struct prompt *p = ctx;

	if (p->streams)
		sse_feed(&p->events, data, len);
	else
		buf_add(&p->body, data, len);
}

/* An answer that came whole. */
static void send_body(struct prompt *p)
{
	struct json_span body = json_whole(buf_str(&p->body), p->body.len);

	if (p->status != SUCCESS) {
		send_api_error(p, body);
		return;
	}
	send_token(p, json_find(body, "choices.0.message.content"));
	send_done(p);
}

static void on_end(void *ctx, const struct live_end *end)
{
	const struct live_problem *problem = &end->problem;
	struct prompt *p = ctx;

	token_call_end(&p->place, end);
	if (p->streams)
		sse_end(&p->events);
	if (!end->whole) {
		if (!end->headed || !end->told)
			send_error(p->client, p->id, problem->code, problem->message,
				problem->retry_after_s);
	} else if (p->streams) {
		send_done(p);
	} else {
		send_body(p);
	}
	end_prompt(p);
}

/* ---- messages of the client ---- */

/* The body of the request. False: the client was told why there is none. */
static bool make_body(struct prompt_client *client, const char *id, struct json_span prompt,
	struct json_span model, struct buf *out)
{
	const struct service *s = client->call->service;
	const struct catalog *known = scout_catalog(s->scout, &batch_kind_openai);
	const struct kind_rules rules = {.default_model = s->settings->default_model,
		.catalog = catalog_may_grow(known) ? NULL : known};
	struct line_fault fault = {.code = NULL};
	struct json_writer w;
	struct buf body;
	bool ok;

	buf_init(&body, SIZE_MAX / 2);
	w = json_writer_to(&body);
	json_open_object(&w);
	if (model.at)
		json_member_span(&w, "model", model);
	json_member_array(&w, "messages");
	json_open_object(&w);
	json_member_text(&w, "role", "user");
	json_member_span(&w, "content", prompt);
	json_close_object(&w);
	json_close_array(&w);
	json_member_bool(&w, "stream", true);
	json_close_object(&w);
	ok = kind_add_body(&rules, (struct json_span){body.data, body.len},
		model.at ? json_find((struct json_span){body.data, body.len}, "model") : model,
		"model", out, &fault);
	if (!ok)
		send_error(client, id, fault.code, fault.message, 0);
	buf_free(&body);
	return ok;
}

static void start(struct prompt_client *client, const char *id, struct json_span prompt,
	struct json_span model)
{
	static const struct live_handlers handlers = {on_head, on_body, on_end};
	const struct call *c = client->call;
	struct live_problem problem;
	struct token_refusal refusal;
	struct token_call place;
	struct prompt *p;
	struct buf body;

	live_models_follow(c->service, &batch_kind_openai);
	buf_init(&body, SIZE_MAX / 2);
	if (!make_body(client, id, prompt, model, &body)) {
		buf_free(&body);
		return;
	}
	if (!token_call_begin(&place, c->service, c->owner, &body, &refusal)) {
		send_error(client, id, refusal.code, refusal.message, refusal.retry_after_s);
		buf_free(&body);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->client = client;
	p->place = place;
	strcpy(p->id, id);
	sse_init(&p->events, EVENT_MAX, on_event, p);
	buf_init(&p->body, ANSWER_MAX);
	LIST_INSERT_HEAD(&client->prompts, p, next);
	client->n++;
	p->live = live_start(c->service->live,
		&(struct live_request){.api = LIVE_OPENAI,
			.path = "/v1/chat/completions",
			.owner = c->owner,
			.body_take = &body},
		&handlers, p, &problem);
	if (!p->live) {
		token_call_end(&p->place, &(struct live_end){.tokens_in = -1, .tokens_out = -1});
		send_error(client, id, problem.code, problem.message, problem.retry_after_s);
		end_prompt(p);
	}
	buf_free(&body);
}

static bool is_busy(const struct prompt_client *client, const char *id)
{
	const struct prompt *p;

	LIST_FOREACH (p, &client->prompts, next)
		if (!strcmp(p->id, id))
			return true;
	return false;
}

/* An id that is a text or a number, as it was given; "" when there is none. False: it is neither,
 * or too long. */
static bool take_id(struct json_span v, char id[ID_MAX + 1])
{
	id[0] = '\0';
	if (json_span_missing(v))
		return true;
	if (v.len > ID_MAX ||
		(!json_span_is(v, JSON_VALUE_STRING) && !json_span_is(v, JSON_VALUE_NUMBER)))
		return false;
	memcpy(id, v.at, v.len);
	id[v.len] = '\0';
	return true;
}

static void on_message(void *ctx, const char *text, size_t len)
{
	enum { PROMPT, MODEL, ID, WANTED };
	struct json_want want[WANTED] = {{.name = "prompt"}, {.name = "model"}, {.name = "id"}};
	struct prompt_client *client = ctx;
	bool object = json_pick(text, len, want, WANTED, NULL) == JSON_VALUE_OBJECT;
	char id[ID_MAX + 1] = "";

	if (object && !take_id(want[ID].value, id))
		send_error(client, "", "invalid_type",
			"'id' must be a string or a number of at most 128 bytes.", 0);
	else if (!object || !json_span_is(want[PROMPT].value, JSON_VALUE_STRING))
		send_error(client, id, "missing_required_parameter",
			"A message must be a JSON object with a string 'prompt'.", 0);
	else if (is_busy(client, id))
		send_error(client, id, "prompt_in_progress",
			*id ? "A prompt with this id is being answered."
			    : "A prompt is being answered: wait for its end, or give each an 'id'.",
			0);
	else if (client->n >= PROMPTS_MAX)
		send_error(client, id, "rate_limit_exceeded",
			"This socket has reached the limit of 32 prompts in progress.", 1);
	else
		start(client, id, want[PROMPT].value,
			json_span_missing(want[MODEL].value) ? (struct json_span){NULL, 0}
							     : want[MODEL].value);
}

/* ---- the socket ---- */

static void left(struct call *c)
{
	struct prompt_client *client = c->data;
	struct prompt *p;

	while ((p = LIST_FIRST(&client->prompts))) {
		token_call_left(&p->place);
		live_cancel(p->live);
		end_prompt(p);
	}
	websocket_free(client->socket);
	client->socket = NULL;
}

static void end(struct call *c)
{
	free(c->data);
}

/* A token that came as a subprotocol is not said again: another one must be there to choose. */
static bool choose_protocol(struct call *c, const char **protocol)
{
	const char *value;
	size_t len;

	*protocol = websocket_offers(c->x, "sluice", NULL, NULL) ? "sluice" : NULL;
	if (*protocol || !websocket_offers(c->x, "bearer", &value, &len))
		return true;
	call_refuse(c, 400, "missing_subprotocol", NULL,
		"Offer the subprotocol 'sluice' beside 'bearer.TOKEN': the token is not repeated.");
	return false;
}

void prompt_socket(struct call *c)
{
	struct websocket_refusal why;
	struct prompt_client *client;
	const char *protocol;

	if (!choose_protocol(c, &protocol))
		return;
	client = xcalloc(1, sizeof(*client));
	client->call = c;
	LIST_INIT(&client->prompts);
	c->data = client;
	c->end = end;
	client->socket = websocket_accept(c->x,
		&(struct websocket_config){c->service->loop, protocol, on_message, client}, &why);
	if (!client->socket) {
		call_refuse(c, why.status, "websocket_required", NULL, "%s", why.words);
		return;
	}
	c->status = 101;
	c->left = left;
}
