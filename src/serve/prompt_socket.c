#include "serve/prompt_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_writer.h"
#include "serve/catalog.h"
#include "serve/kind.h"
#include "serve/live_models.h"
#include "serve/prompt_impl.h"
#include "serve/scout.h"

enum { PROMPTS_MAX = 32 }; /* at once on a socket */

/* ---- whose token is gone ---- */

/* False: the socket closes. */
static bool may_stay(const struct prompt_client *client)
{
	const struct call *c = client->call;
	struct tokens *tokens = c->service->tokens;

	if (!tokens || tokens_hold(tokens, c->owner, &c->token))
		return true;
	websocket_close(client->socket, WEBSOCKET_POLICY, "the token is not valid any more");
	return false;
}

void prompt_sockets_look(const struct service *s)
{
	const struct prompt_client *client;

	LIST_FOREACH (client, &s->sockets, next)
		may_stay(client);
}

/* ---- messages of the client ---- */

/* The request, without the default model. */
static void make_request(struct buf *out, struct json_span prompt, struct json_span model)
{
	struct json_writer w = json_writer_to(out);

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
}

static void refuse(struct prompt *p, const char *code, const char *message, int retry_after_s)
{
	prompt_send_error(p->client, p->id, code, message, retry_after_s);
	prompt_end(p);
}

static void start(struct prompt *p, struct buf *body)
{
	const struct call *c = p->client->call;
	struct live_problem problem;
	struct token_refusal refusal;

	if (!live_has_room(c->service->live, LIVE_OPENAI, &problem)) {
		refuse(p, problem.code, problem.message, problem.retry_after_s);
		return;
	}
	if (!token_call_begin(&p->place, c->service, c->owner, body, &refusal)) {
		refuse(p, refusal.code, refusal.message, refusal.retry_after_s);
		return;
	}
	buf_free(&p->request);
	p->live = live_start(c->service->live,
		&(struct live_request){.api = LIVE_OPENAI,
			.path = "/v1/chat/completions",
			.owner = c->owner,
			.body_take = body},
		&prompt_handlers, p, &problem);
	if (p->live)
		return;
	token_call_end(&p->place, &(struct live_end){.tokens_in = -1, .tokens_out = -1});
	refuse(p, problem.code, problem.message, problem.retry_after_s);
}

static void go_on_asked(void *ctx, enum scout_end how);

/* Asks the endpoints for a model that none of them has told. */
static void ask_for_model(struct prompt *p, const char *model)
{
	struct scout_names names = {.n = 1};
	enum scout_end how;

	snprintf(names.name[0], sizeof(names.name[0]), "%s", model);
	p->asking = true;
	how = scout_ask(
		p->client->call->service->scout, &batch_kind_openai, &names, go_on_asked, p);
	if (how != SCOUT_ASKED)
		go_on_asked(p, how);
}

/* asked: the endpoints were, for the model; unsure: that could not be, and it may be there. */
static void try_to_start(struct prompt *p, bool asked, bool unsure)
{
	struct service *s = p->client->call->service;
	const struct catalog *known = scout_catalog(s->scout, &batch_kind_openai);
	const struct kind_rules rules = {
		.default_model = s->settings->default_model, .catalog = unsure ? NULL : known};
	const struct json_span request = {p->request.data, p->request.len};
	struct json_span model = json_find(request, "model");
	struct line_fault fault = {.code = NULL};
	struct buf body;

	if (json_span_missing(model))
		model = (struct json_span){NULL, 0};
	live_models_follow(s, &batch_kind_openai);
	buf_init(&body, SIZE_MAX / 2);
	if (kind_add_body(&rules, request, model, "model", &body, &fault))
		start(p, &body);
	else if (fault.code == line_fault_no_model && !asked && *fault.model &&
		 catalog_may_grow(known))
		ask_for_model(p, fault.model);
	else
		refuse(p, fault.code, fault.message, 0);
	buf_free(&body);
}

static void go_on_asked(void *ctx, enum scout_end how)
{
	struct prompt *p = ctx;

	p->asking = false;
	if (!p->client)
		prompt_end(p);
	else if (how == SCOUT_ENDED)
		refuse(p, "service_stopping", "The service is stopping.", 1);
	else
		try_to_start(p, true, how == SCOUT_UNSURE);
}

static void take_prompt(struct prompt_client *client, const char *id, struct json_span prompt,
	struct json_span model)
{
	struct prompt *p = prompt_new(client, id);

	make_request(&p->request, prompt,
		json_span_missing(model) ? (struct json_span){NULL, 0} : model);
	try_to_start(p, false, false);
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
static bool take_id(struct json_span v, char id[PROMPT_ID_MAX + 1])
{
	id[0] = '\0';
	if (json_span_missing(v))
		return true;
	if (v.len > PROMPT_ID_MAX ||
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
	char id[PROMPT_ID_MAX + 1] = "";

	if (!may_stay(client))
		return;
	if (object && !take_id(want[ID].value, id))
		prompt_send_error(client, "", "invalid_type",
			"'id' must be a string or a number of at most 128 bytes.", 0);
	else if (!object || !json_span_is(want[PROMPT].value, JSON_VALUE_STRING))
		prompt_send_error(client, id, "missing_required_parameter",
			"A message must be a JSON object with a string 'prompt'.", 0);
	else if (is_busy(client, id))
		prompt_send_error(client, id, "prompt_in_progress",
			*id ? "A prompt with this id is being answered."
			    : "A prompt is being answered: wait for its end, or give each an 'id'.",
			0);
	else if (client->n >= PROMPTS_MAX)
		prompt_send_error(client, id, "rate_limit_exceeded",
			"This socket has reached the limit of 32 prompts in progress.", 1);
	else
		take_prompt(client, id, want[PROMPT].value, want[MODEL].value);
}

/* ---- the socket ---- */

static void left(struct call *c)
{
	struct prompt_client *client = c->data;
	struct prompt *p;

	while ((p = LIST_FIRST(&client->prompts))) {
		if (p->asking) { /* go_on_asked() ends it */
			LIST_REMOVE(p, next);
			p->client = NULL;
			continue;
		}
		token_call_left(&p->place, p->live);
		live_cancel(p->live);
		prompt_end(p);
	}
	websocket_free(client->socket);
	client->socket = NULL;
	LIST_REMOVE(client, next);
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
	LIST_INSERT_HEAD(&c->service->sockets, client, next);
	c->status = 101;
	c->left = left;
}
