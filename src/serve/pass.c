#include "serve/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "live/live.h"
#include "serve/call.h"
#include "serve/catalog.h"
#include "serve/kind.h"
#include "serve/live_models.h"
#include "serve/pass_headers.h"
#include "serve/routes.h"
#include "serve/scout.h"
#include "serve/service.h"
#include "serve/token_call.h"

enum {
	PAUSE_BYTES = 256 << 10, /* unsent: the endpoint is not read meanwhile, */
	GO_ON_BYTES = 64 << 10,  /* until no more than this is */
	HEADER_MAX = 1 << 10,
	HEADERS_MOST = 18, /* an answer has no room for more */
	ERROR_MAX = 8 << 10,
	BAD_REQUEST = 400,
	NOT_FOUND = 404,
	UNAVAILABLE = 503,
};

/* A call on its way. */
struct pass {
	const struct pass_form *form;
	struct call *call;       /* held */
	struct live_call *live;  /* NULL: it has ended */
	struct token_call place; /* in its client's limits */
	bool streams;
	int status;
	struct buf lines; /* the answer's headers, each text ended by a NUL */
	struct buf body;  /* of an answer that is no stream */
};

/* ---- the answer ---- */

static bool is_name(const char *name, size_t len, const char *of)
{
	return strlen(of) == len && !strncasecmp(name, of, len);
}

/* The client and the log name the call as the endpoint does. */
static void take_request_id(struct call *c, const char *value, size_t len)
{
	if (!len || len >= sizeof(c->request_id))
		return;
	memcpy(c->request_id, value, len);
	c->request_id[len] = '\0';
}

/* Keeps a header line of the answer for the client. */
static void take_line(struct pass *p, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *value = colon + 1, *end = line + len;
	size_t name = colon ? (size_t)(colon - line) : 0;

	if (!name || len > HEADER_MAX || !pass_answer_header(line, name))
		return;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (unsigned char)end[-1] <= ' ')
		end--;
	for (const char *at = value; at < end; at++)
		if ((unsigned char)*at < ' ' && *at != '\t')
			return;
	if (is_name(line, name, "x-request-id") || is_name(line, name, "request-id")) {
		take_request_id(p->call, value, (size_t)(end - value));
		return;
	}
	buf_add(&p->lines, line, name);
	buf_addc(&p->lines, '\0');
	buf_add(&p->lines, value, (size_t)(end - value));
	buf_addc(&p->lines, '\0');
}

static void take_lines(struct pass *p, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);

		take_line(p, text, n);
		text += n + 1;
	}
}

/* Adds them to the answer; returns its content type. */
static const char *add_lines(const struct pass *p)
{
	const char *at = p->lines.data, *type = "application/json";
	const char *end = at + p->lines.len;
	int n = 0;

	while (at && at < end) {
		const char *value = at + strlen(at) + 1;

		if (!strcasecmp(at, "content-type"))
			type = value;
		else if (n++ < HEADERS_MOST)
			http_add_header(p->call->x, at, value);
		at = value + strlen(value) + 1;
	}
	return type;
}

static void on_head(void *ctx, const struct live_head *head)
{
	struct pass *p = ctx;

	p->status = head->status;
	/* a form of its own takes a text */
	p->streams = head->streams && !p->form->answer;
	take_lines(p, head->headers, head->headers_len);
	if (!p->streams || !p->call->x)
		return;
	/* a proxy in front passes it on at once, too */
	http_add_header(p->call->x, "Cache-Control", "no-cache");
	http_add_header(p->call->x, "X-Accel-Buffering", "no");
	call_begin_stream(p->call, add_lines(p));
	buf_free(&p->lines);
}

static void on_body(void *ctx, const char *data, size_t len)
{
	struct pass *p = ctx;
	struct http_exchange *x = p->call->x;

	if (!p->streams) {
		buf_add(&p->body, data, len);
		return;
	}
	p->call->bytes += len;
	/* a client that leaves too much unread is dropped, and pass_left() follows */
	if (!x || !http_stream_write(x, data, len) || http_unsent(x) <= PAUSE_BYTES)
		return;
	live_pause(p->live, true);
	http_await_room(x, GO_ON_BYTES);
}

/* ---- the end ---- */

static void refuse(struct call *c, const struct live_problem *problem)
{
	if (problem->code && !strcmp(problem->code, "upstream_auth") && c->x)
		http_add_header(c->x, "x-should-retry", "false");
	if (problem->retry_after_s)
		call_refuse_for(c, problem->status, problem->code, problem->retry_after_s, "%s",
			problem->message);
	else
		call_refuse(c, problem->status, problem->code, NULL, "%s", problem->message);
}

/* The stream ends before its end: an event says so, in the words of the API. */
static void cut(const struct pass *p, const struct live_problem *problem)
{
	const struct call *c = p->call;
	struct buf event;

	if (!c->x)
		return;
	buf_init(&event, ERROR_MAX);
	c->form->event(&event, c->route->path,
		&(struct problem){.status = problem->status,
			.code = problem->code,
			.message = problem->message},
		c->request_id);
	http_stream_write(c->x, event.data, event.len);
	buf_free(&event);
}

static void answer(struct pass *p)
{
	struct call *c = p->call;

	const char *type;

	if (!c->x)
		return;
	type = add_lines(p);
	if (p->form->answer)
		p->form->answer(c, p->status, &p->body);
	else
		call_answer_as(c, p->status, type, &p->body);
}

static void on_end(void *ctx, const struct live_end *end)
{
	struct pass *p = ctx;
	struct call *c = p->call;

	p->live = NULL;
	token_call_end(&p->place, end);
	if (end->headed && p->streams) {
		if (!end->whole && !end->told)
			cut(p, &end->problem);
		if (c->x)
			http_end_stream(c->x);
	} else if (end->whole) {
		answer(p);
	} else {
		refuse(c, &end->problem);
	}
	call_release(c);
}

static void end_pass(struct call *c)
{
	struct pass *p = c->data;

	buf_free(&p->lines);
	buf_free(&p->body);
	free(p);
}

static void left(struct call *c)
{
	struct pass *p = c->data;

	if (!p->live)
		return;
	token_call_left(&p->place, p->live);
	live_cancel(p->live);
	p->live = NULL;
	call_release(c);
}

static void go_on(struct call *c)
{
	struct pass *p = c->data;

	if (p->live)
		live_pause(p->live, false);
}

/* ---- the beginning ---- */

static const struct batch_kind *kind_of(const struct call *c)
{
	return c->form == &error_form_anthropic ? &batch_kind_anthropic : &batch_kind_openai;
}

static void add_request_headers(const struct call *c, struct buf *out)
{
	for (const char *const *name = pass_request_headers; *name; name++) {
		const char *value = http_header(c->x, *name);

		if (value && strlen(value) <= HEADER_MAX && !strpbrk(value, "\r\n"))
			buf_addf(out, "%s: %s\n", *name, value);
	}
}

static bool own_body(const struct call *c, struct buf *scratch, struct json_span *out,
	struct json_span *model, struct line_fault *fault)
{
	struct json_want want = {.name = "model"};
	size_t len;
	const char *body = http_body(c->x, &len);

	(void)scratch;
	if (json_pick(body, len, &want, 1, NULL) != JSON_VALUE_OBJECT)
		return line_fault_set(fault, "invalid_json", NULL,
			"We could not parse the JSON body of your request: it must be a JSON "
			"object.");
	*out = json_trim(body, len);
	*model = want.value;
	return true;
}

/* The body as it goes out: with the default model where it names none. False and fault. */
static bool read_body(const struct call *c, const struct catalog *catalog, struct buf *out,
	struct line_fault *fault)
{
	const struct pass *p = c->data;
	const struct kind_rules rules = {
		.default_model = c->service->settings->default_model, .catalog = catalog};
	struct json_span body, model;
	struct buf scratch;
	bool ok;

	buf_init(&scratch, SIZE_MAX / 2);
	ok = p->form->body(c, &scratch, &body, &model, fault) &&
	     kind_add_body(&rules, body, model, "model", out, fault);
	buf_free(&scratch);
	return ok;
}

static void start(struct call *c, struct buf *body)
{
	static const struct live_handlers handlers = {on_head, on_body, on_end};
	struct pass *p = c->data;
	struct live_problem problem;
	struct token_refusal refusal;
	struct buf headers;

	if (!token_call_begin(&p->place, c->service, c->owner, body, &refusal)) {
		token_refuse(c, &refusal);
		return;
	}
	buf_init(&headers, SIZE_MAX / 2);
	add_request_headers(c, &headers);
	/* a stream may be open for long */
	http_forget_body(c->x);
	p->live = live_start(c->service->live,
		&(struct live_request){.api = (enum live_api)upstream_index(kind_of(c)),
			.path = p->form->path ? p->form->path : c->route->path,
			.headers = buf_str(&headers),
			.owner = c->owner,
			.body_take = body},
		&handlers, p, &problem);
	buf_free(&headers);
	if (!p->live) {
		token_call_end(&p->place, &(struct live_end){.tokens_in = -1, .tokens_out = -1});
		refuse(c, &problem);
		return;
	}
	call_hold(c);
	c->left = left;
	c->room = go_on;
}

static void go_on_asked(void *ctx, enum scout_end how);

/* Asks the endpoints for a model that none of them has told. */
static void ask_for_model(struct call *c, const char *model)
{
	struct scout_names names = {.n = 1};
	enum scout_end how;

	snprintf(names.name[0], sizeof(names.name[0]), "%s", model);
	call_hold(c);
	how = scout_ask(c->service->scout, kind_of(c), &names, go_on_asked, c);
	if (how != SCOUT_ASKED)
		go_on_asked(c, how);
}

/* asked: the endpoints were, for the model; unsure: that could not be, and it may be there. */
static void try_to_start(struct call *c, bool asked, bool unsure)
{
	struct line_fault fault = {.code = NULL};
	struct catalog *catalog = scout_catalog(c->service->scout, kind_of(c));
	struct buf body;

	live_models_follow(c->service, kind_of(c));
	buf_init(&body, SIZE_MAX / 2);
	if (read_body(c, unsure ? NULL : catalog, &body, &fault))
		start(c, &body);
	else if (fault.code != line_fault_no_model)
		call_refuse(c, BAD_REQUEST, fault.code, fault.param, "%s", fault.message);
	else if (!asked && *fault.model && catalog_may_grow(catalog))
		ask_for_model(c, fault.model);
	else
		call_refuse(c, NOT_FOUND, fault.code, fault.param, "%s", fault.message);
	buf_free(&body);
}

static void go_on_asked(void *ctx, enum scout_end how)
{
	struct call *c = ctx;

	if (c->x && how == SCOUT_ENDED)
		call_refuse_for(c, UNAVAILABLE, NULL, 1, "The service is stopping.");
	else if (c->x)
		try_to_start(c, true, how == SCOUT_UNSURE);
	call_release(c);
}

void pass_begin(struct call *c)
{
	http_set_body_max(c->x, (size_t)c->service->settings->request_max);
}

void pass_start(struct call *c, const struct pass_form *form)
{
	struct pass *p = xcalloc(1, sizeof(*p));

	p->form = form;
	p->call = c;
	buf_init(&p->lines, SIZE_MAX / 2);
	buf_init(&p->body, SIZE_MAX / 2);
	c->data = p;
	c->end = end_pass;
	try_to_start(c, false, false);
}

void pass_call(struct call *c)
{
	static const struct pass_form as_it_is = {.body = own_body};

	pass_start(c, &as_it_is);
}
