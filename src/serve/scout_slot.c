/* The questions to one endpoint, and what its answers say. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "api/request.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "plan/origin_headers.h"
#include "serve/scout_impl.h"
#include "session/process.h"

enum {
	ANSWER_MAX = 16 << 20,
	PATH_MAX_BYTES = 2048,
	LIST_LIMIT = 1000, /* of a page, the most that Anthropic's API gives */
	LIMITED = 429,
	SERVER_ERROR = 500
};

#define CONNECT_US (5 * US_PER_S)
#define ANSWER_US  (15 * US_PER_S)

static void on_answer(void *run, void *item, const struct answer *a);

/* ---- sending ---- */

/* A key file may hold another key by now. */
static void read_key(struct key_source *source)
{
	struct error ignored;
	char *key = NULL;

	if (source && source->kind == KEY_FILE && source->key)
		key = key_source_read_again(source, &ignored);
	if (key)
		key_source_take(source, key);
}

static bool open_slot(struct slot *s, struct error *err)
{
	const struct scout_config *config = scout_configured(s->scout);
	const struct request_settings *request = &config->run->request;
	struct transport_config t = {.timeout_us = ANSWER_US,
		.connect_timeout_us = CONNECT_US,
		.max_response = ANSWER_MAX,
		.max_kept = 1};

	if (s->transport)
		return true;
	s->endpoint = (struct session_endpoint){
		.source = key_sources_add(process_keys(config->process), &s->target)};
	read_key(s->endpoint.source);
	if (!session_endpoint_open(&s->endpoint, &s->target, request, s->one_of_many,
		    upstream_samples[s->side], strlen(upstream_samples[s->side]), err))
		return false;
	/* a plain HTTP API has no models, and Azure's list is not that of its deployments */
	if (!strcmp(s->endpoint.endpoint.provider->name, "raw") ||
		!strcmp(s->endpoint.endpoint.provider->name, "azure"))
		return error_set(err, "its provider has no model list");
	for (char **text = request->headers_for; text && *text; text++)
		if (!origin_headers_add(&s->headers_for, *text, request->allow_http, err))
			return false;
	s->endpoint.common = &s->headers_for;
	t.headers = (const char *const *)s->endpoint.headers;
	s->transport =
		transport_new(config->loop, process_clock(config->process), &t, on_answer, err);
	return s->transport != NULL;
}

void slot_rest(struct slot *s)
{
	struct question *q;

	if (s->transport)
		transport_free(s->transport);
	while ((q = LIST_FIRST(&s->questions))) {
		LIST_REMOVE(q, next);
		free(q);
	}
	s->n_questions = 0;
	s->transport = NULL;
	session_endpoint_close(&s->endpoint);
	origin_headers_free(&s->headers_for);
	s->headers_for = (struct origin_headers){.at = NULL};
}

static void close_slot(struct slot *s)
{
	if (LIST_EMPTY(&s->questions))
		slot_rest(s);
}

/* Fills in URL and headers of GET path. */
static bool build(const struct slot *s, const char *path, struct request *out, struct error *err)
{
	struct request_line line;
	struct buf text;
	struct json_writer w = json_writer_to(&text);
	bool ok;

	buf_init(&text, 2 * PATH_MAX_BYTES);
	json_open_object(&w);
	json_member_text(&w, "method", "GET");
	json_member_text(&w, "url", path);
	json_close_object(&w);
	ok = request_parse(buf_str(&text), text.len, FORMAT_HTTP, &line, err) &&
	     request_build(&s->endpoint.endpoint, &line, out, err);
	buf_free(&text);
	return ok;
}

/* Takes the question. */
static bool send_question(
	struct slot *s, const char *path, struct question *q_take, struct error *err)
{
	struct request r;
	bool ok;

	request_init(&r, PATH_MAX_BYTES * 4);
	ok = open_slot(s, err) && build(s, path, &r, err);
	if (ok) {
		session_endpoint_adapt(
			&s->endpoint, buf_str(&r.url), buf_str(&r.headers), &r.headers);
		LIST_INSERT_HEAD(&s->questions, q_take, next);
		s->n_questions++;
		transport_start(s->transport,
			&(struct transport_request){.method = r.method,
				.url = buf_str(&r.url),
				.headers = buf_str(&r.headers),
				.run = s->scout},
			q_take);
	} else {
		free(q_take);
		close_slot(s);
	}
	request_free(&r);
	return ok;
}

static void add_escaped(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr("-_.~", *text))
			buf_addc(out, *text);
		else
			buf_addf(out, "%%%02X", (unsigned char)*text);
}

/* ---- the list ---- */

/* Says what has become of the list, once for each change. */
static void tell(struct slot *s, const char *text)
{
	const struct scout_config *config = scout_configured(s->scout);

	if (!strcmp(text, s->said))
		return;
	snprintf(s->said, sizeof(s->said), "%s", text);
	config->told(config->ctx, s->name, text);
}

static void end_list(struct slot *s, const char *why)
{
	const char *api = s->side == UPSTREAM_ANTHROPIC ? " for messages" : "";
	char text[SLOT_TEXT_MAX];

	s->listing = false;
	s->listed = true;
	s->listed_us = clock_mono_us();
	s->sure = !why && s->coming.n;
	if (s->sure) {
		model_list_free(&s->list);
		s->list = s->coming;
		s->coming = (struct model_list){.n = 0};
		model_list_sort(&s->list);
		snprintf(text, sizeof(text), "it has %zu models%s", s->list.n, api);
	} else {
		model_list_free(&s->coming);
		snprintf(text, sizeof(text),
			"it may have any model%s: cannot read its list (%.60s)", api,
			why ? why : "it is empty");
	}
	tell(s, text);
	scout_listed(s);
}

static void ask_page(struct slot *s, const char *after)
{
	struct question *q = xcalloc(1, sizeof(*q));
	bool messages = s->side == UPSTREAM_ANTHROPIC;
	struct error err = {""};
	struct buf path;

	q->slot = s;
	buf_init(&path, PATH_MAX_BYTES);
	buf_adds(&path, "/v1/models");
	if (messages)
		buf_addf(&path, "?limit=%d", LIST_LIMIT);
	if (*after) {
		buf_adds(&path, messages ? "&after_id=" : "?after=");
		add_escaped(&path, after);
	}
	s->pages++;
	if (!send_question(s, buf_str(&path), q, &err))
		end_list(s, err.text);
	buf_free(&path);
}

void slot_list(struct slot *s)
{
	s->listing = true;
	s->pages = 0;
	ask_page(s, "");
}

static void describe(const struct answer *a, char *out, size_t size)
{
	if (a->result != NET_STATUS)
		snprintf(out, size, "%.100s", a->error ? a->error : "no answer");
	else
		snprintf(out, size, "%d", a->status);
}

static void take_page(struct slot *s, const struct answer *a)
{
	char why[SLOT_TEXT_MAX], next[MODEL_TEXT_MAX];
	size_t before = s->coming.n;

	s->away = a->result != NET_STATUS || a->status == LIMITED || a->status >= SERVER_ERROR;
	if (a->result != NET_STATUS || a->status != 200) {
		describe(a, why, sizeof(why));
		end_list(s, why);
	} else if (!model_list_add_page(&s->coming, a->body, a->body_len, next)) {
		end_list(s, "the answer is not a model list");
	} else if (*next && s->coming.n > before && s->pages < SLOT_PAGES) {
		ask_page(s, next);
	} else {
		end_list(s, NULL);
	}
}

/* ---- one name ---- */

bool slot_asks(const struct slot *s, const char *name)
{
	const struct question *q;

	LIST_FOREACH (q, &s->questions, next)
		if (!strcmp(q->name, name))
			return true;
	return false;
}

bool slot_name(struct slot *s, const char *name)
{
	struct question *q;
	struct error err = {""};
	struct buf path;

	if (slot_asks(s, name))
		return true;
	if (s->n_questions >= SLOT_QUESTIONS)
		return false;
	q = xcalloc(1, sizeof(*q));
	q->slot = s;
	memcpy(q->name, name, strlen(name) + 1);
	buf_init(&path, PATH_MAX_BYTES);
	buf_adds(&path, "/v1/models/");
	add_escaped(&path, name);
	if (!send_question(s, buf_str(&path), q, &err))
		s->sure = false;
	buf_free(&path);
	return true;
}

/* A server that has no such path may answer a page for people. */
static bool is_model(const struct answer *a)
{
	struct json_want id = {.name = "id"};

	return a->status == 200 &&
	       json_pick(a->body, a->body_len, &id, 1, NULL) == JSON_VALUE_OBJECT &&
	       json_span_is(id.value, JSON_VALUE_STRING);
}

/* Only a server that answers knows that it has no such model. */
static bool is_no(const struct answer *a)
{
	return a->result == NET_STATUS &&
	       (a->status == 200 || a->status == 400 || a->status == 404 || a->status == 405);
}

static void take_name(struct slot *s, const struct question *q, const struct answer *a)
{
	if (a->result == NET_STATUS && is_model(a)) {
		if (s->alias.n == SLOT_ALIASES)
			model_list_free(&s->alias);
		model_list_add(&s->alias, q->name, strlen(q->name));
		model_list_sort(&s->alias);
	} else if (!is_no(a)) {
		s->sure = false;
	}
}

static void on_answer(void *run, void *item, const struct answer *a)
{
	struct question *q = item;
	struct slot *s = q->slot;

	LIST_REMOVE(q, next);
	s->n_questions--;
	if (*q->name)
		take_name(s, q, a);
	else
		take_page(s, a);
	free(q);
	scout_answered(run);
}

void slot_free(struct slot *s)
{
	slot_rest(s);
	model_list_free(&s->list);
	model_list_free(&s->coming);
	model_list_free(&s->alias);
}
