/* The answer to a prompt, as messages of its socket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_writer.h"
#include "serve/prompt_impl.h"

enum {
	EVENT_MAX = 8 << 20,
	ANSWER_MAX = 64 << 20,
	SUCCESS = 200,
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

void prompt_send_error(struct prompt_client *client, const char *id, const char *code,
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
	prompt_send_error(
		p->client, p->id, *code ? code : "upstream_error", *message ? message : status, 0);
}

/* ---- an answer ---- */

void prompt_end(struct prompt *p)
{
	if (p->client) {
		LIST_REMOVE(p, next);
		p->client->n--;
	}
	sse_free(&p->events);
	buf_free(&p->request);
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
			prompt_send_error(p->client, p->id, problem->code, problem->message,
				problem->retry_after_s);
	} else if (p->streams) {
		send_done(p);
	} else {
		send_body(p);
	}
	prompt_end(p);
}

const struct live_handlers prompt_handlers = {on_head, on_body, on_end};

struct prompt *prompt_new(struct prompt_client *client, const char *id)
{
	struct prompt *p = xcalloc(1, sizeof(*p));

	p->client = client;
	strcpy(p->id, id);
	sse_init(&p->events, EVENT_MAX, on_event, p);
	buf_init(&p->request, SIZE_MAX / 2);
	buf_init(&p->body, ANSWER_MAX);
	LIST_INSERT_HEAD(&client->prompts, p, next);
	client->n++;
	return p;
}
