#include "serve/requests.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "http/websocket.h"
#include "serve/call.h"
#include "serve/log.h"
#include "serve/models.h"
#include "serve/routes.h"
#include "serve/service.h"
#include "serve/tokens.h"

enum { NO_CONTENT = 204, UNAUTHORIZED = 401, FORBIDDEN = 403, NOT_FOUND = 404, BAD_METHOD = 405 };

static void add_parameter(
	void *ctx, const char *name, size_t name_len, const char *value, size_t len)
{
	struct call *c = ctx;
	struct call_parameter *p = &c->parameter[c->n_parameters];

	/* what no route can know is ignored */
	if (c->n_parameters == CALL_PARAMETERS || name_len >= sizeof(p->name) ||
		len >= sizeof(p->value) || memchr(name, '\0', name_len) || memchr(value, '\0', len))
		return;
	memcpy(p->name, name, name_len);
	memcpy(p->value, value, len);
	c->n_parameters++;
}

static struct call *new_call(struct service *s, struct http_exchange *x)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->service = s;
	c->x = x;
	c->form = models_are_anthropic(x) ? &error_form_anthropic : route_form(http_path(x));
	c->start_us = clock_mono_us();
	serve_id_make(c->request_id, c->form->request_prefix);
	http_each_parameter(x, add_parameter, c);
	call_hold(c);
	http_set_data(x, c);
	return c;
}

static void refuse_path(struct call *c, const char *allow)
{
	const char *method = http_method(c->x), *path = http_path(c->x);

	if (!allow) {
		call_refuse(c, NOT_FOUND, "unknown_url", NULL,
			"Unknown request URL: %.20s %.200s. Please check the URL for typos.",
			method, path);
		return;
	}
	http_add_header(c->x, "Allow", allow);
	call_refuse(c, BAD_METHOD, "method_not_supported", NULL,
		"Not allowed to %.20s on %.200s; it takes %s.", method, path, allow);
}

/* The bearer's, or as Anthropic's clients send it. */
static const char *token_of(const struct call *c)
{
	static const char scheme[] = "Bearer ";
	const char *line = http_header(c->x, "Authorization");

	if (line && !strncasecmp(line, scheme, strlen(scheme)))
		return line + strlen(scheme);
	return http_header(c->x, "x-api-key");
}

/* A page cannot set headers of its WebSocket: the token is a subprotocol, "bearer.TOKEN". */
static bool token_offered(const struct call *c, char out[CALL_VALUE_SIZE])
{
	const char *value;
	size_t len;

	if (!websocket_offers(c->x, "bearer", &value, &len) || len >= CALL_VALUE_SIZE)
		return false;
	memcpy(out, value, len);
	out[len] = '\0';
	return true;
}

static bool is_allowed(struct call *c)
{
	struct tokens *tokens = c->service->tokens;
	char offered[CALL_VALUE_SIZE];
	const char *token;

	if (!tokens || c->route->open)
		return true;
	token = token_of(c);
	if (!token && token_offered(c, offered))
		token = offered;
	if (token && tokens_owner(tokens, token, c->owner, &c->token))
		return true;
	call_refuse(c, UNAUTHORIZED, "invalid_api_key", NULL,
		token ? "Incorrect API key provided."
		      : "You didn't provide an API key: send it as Authorization: Bearer KEY.");
	return false;
}

/* ---- web pages ---- */

/* May the page that asks, if one does, have the answer? */
static bool take_origin(struct call *c)
{
	const char *asks = http_header(c->x, "Origin");

	if (!asks)
		return true;
	for (char *const *o = c->service->settings->cors; o && *o && !c->origin; o++)
		if (!strcasecmp(*o, asks))
			c->origin = *o;
	if (!c->origin)
		call_refuse(c, FORBIDDEN, "origin_not_allowed", NULL,
			"Web pages of this origin may not use the service.");
	return c->origin != NULL;
}

/* A browser asks before it sends a request of a page. */
static bool answer_preflight(struct call *c)
{
	const char *headers = http_header(c->x, "Access-Control-Request-Headers");
	struct buf none;

	if (!c->origin || strcmp(http_method(c->x), "OPTIONS") != 0)
		return false;
	http_add_header(c->x, "Access-Control-Allow-Methods", "GET, POST, DELETE");
	/* SDKs send many of their own */
	if (headers)
		http_add_header(c->x, "Access-Control-Allow-Headers", headers);
	buf_init(&none, 1);
	call_answer(c, NO_CONTENT, &none);
	return true;
}

static void on_begin(void *ctx, struct http_exchange *x)
{
	struct call *c = new_call(ctx, x);
	const char *allow = NULL;

	if (!take_origin(c) || answer_preflight(c))
		return;
	c->route = route_find(http_method(x), http_path(x), c->id, &allow);
	if (!c->route)
		refuse_path(c, allow);
	else if (is_allowed(c) && c->route->begin)
		c->route->begin(c);
}

static void on_request(void *ctx, struct http_exchange *x)
{
	struct call *c = http_data(x);

	(void)ctx;
	c->route->answer(c);
}

static void on_over(void *ctx, struct http_exchange *x)
{
	const struct service *s = ctx;
	struct call *c = http_data(x);

	log_call((enum log_format)s->settings->log_format, c, http_method(x), http_path(x));
	c->x = NULL;
	if (c->left)
		c->left(c);
	call_release(c);
}

static void on_room(void *ctx, struct http_exchange *x)
{
	struct call *c = http_data(x);

	(void)ctx;
	if (c->room)
		c->room(c);
}

/* It knows no path. */
void requests_error(int status, const char *words, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	error_form_openai.error(&w, &(struct problem){.status = status, .message = words}, "");
}

const struct http_handlers requests_handlers = {on_begin, on_request, on_over, on_room};
