#include "serve/list_create.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/lines.h"
#include "serve/batch_check.h"
#include "serve/create.h"
#include "serve/request_list.h"
#include "serve/room.h"
#include "serve/service.h"

enum { PIECE = 256 << 10, BAD_REQUEST = 400, NOT_FOUND = 404, TOO_LARGE = 413, NO_SPACE = 507 };

#define WINDOW_US (24 * 60 * US_PER_MIN)

struct creating {
	struct call *call;
	const struct list_api *api;
	struct request_list list;
	char model[REQUEST_LIST_MODEL]; /* of all requests; "": none */
	struct buf lines;
	char id[SERVE_ID_SIZE];
	int fd; /* of the source; -1: closed */
	uint64_t bytes;
	bool too_large, full, no_room;
	struct room room; /* that its lines take */
	struct create create;
	bool given; /* the folder is a batch's */
	struct error err;
	struct batch_check check;
};

static void close_source(struct creating *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

static void end(struct call *c)
{
	struct creating *n = c->data;

	create_end(&n->create);
	room_give_back(&n->room);
	close_source(n);
	if (!n->given)
		store_drop_input(c->service->store, n->id);
	buf_free(&n->lines);
	free(n);
}

static void write_lines(struct creating *n)
{
	if (n->full || n->no_room || n->fd < 0)
		return;
	n->no_room = !room_take(&n->room, n->lines.len);
	n->full = !n->no_room && !io_write_all(n->fd, buf_str(&n->lines), n->lines.len);
	if (n->full)
		error_set(&n->err, "a new batch: %s", strerror(errno));
	buf_clear(&n->lines);
}

static bool on_piece(void *ctx, struct http_exchange *x, const char *data, size_t len)
{
	struct creating *n = ((struct call *)http_data(x))->data;
	const struct serve_settings *settings = n->call->service->settings;

	(void)ctx;
	create_body(&n->create, data, len);
	n->bytes += len;
	n->too_large = n->bytes > (uint64_t)settings->upload_max;
	/* of a body that is refused, the rest is read, so that its client sees why */
	if (n->too_large || n->full || n->no_room || !request_list_feed(&n->list, data, len))
		return http_spill(x, len, (uint64_t)settings->upload_max);
	if (n->lines.len >= PIECE)
		write_lines(n);
	return true;
}

static struct creating *begin(struct call *c, const struct list_api *api)
{
	struct creating *n;
	char path[DISK_PATH_MAX];

	n = xcalloc(1, sizeof(*n));
	if (!create_begin(&n->create, c, api->kind)) {
		create_end(&n->create);
		free(n);
		return NULL;
	}
	n->call = c;
	n->room.service = c->service;
	n->api = api;
	serve_id_make(n->id, api->prefix);
	buf_init(&n->lines, SIZE_MAX / 2);
	request_list_init(&n->list, api->list, &n->lines);
	n->list.element_max = (uint64_t)c->service->settings->request_max;
	store_batch_path(c->service->store, n->id, NULL, path);
	n->fd = disk_begin(path, STORE_SOURCE, &n->err);
	n->full = n->fd < 0;
	c->data = n;
	c->end = end;
	return n;
}

void list_create_begin(struct call *c, const struct list_api *api)
{
	if (begin(c, api))
		http_set_sink(c->x, on_piece);
}

/* ---- the whole body ---- */

static void created(void *ctx, const struct error *err)
{
	struct call *c = ctx;
	struct creating *n = c->data;
	struct batch_record *b = err ? NULL : store_batch(c->service->store, c->id);

	if (b) {
		runner_add(c->service->runner, b);
		n->api->made(c, b);
	} else {
		call_fail(c, err);
	}
	create_end(&n->create);
	room_give_back(&n->room);
	call_release(c);
}

static struct batch_record *new_batch(const struct creating *n)
{
	const struct call *c = n->call;
	struct batch_record *b = xcalloc(1, sizeof(*b));
	int64_t window_us = c->service->settings->window_us;

	b->kind = n->api->kind;
	memcpy(b->id, n->id, sizeof(b->id));
	memcpy(b->owner, c->owner, sizeof(b->owner));
	b->created_us = b->at_us[FACT_IN_PROGRESS] = clock_wall_us();
	b->expires_us = b->created_us + (window_us ? window_us : WINDOW_US);
	b->counts.total = n->check.lines;
	create_remember(&n->create, b);
	return b;
}

/* "requests.7.custom_id: …", as Anthropic's API numbers them. */
static void refuse_first(struct creating *n, struct json_span faults)
{
	struct json_span first = json_find(faults, "0"), param = json_find(first, "param");
	bool no_model = json_span_equals(json_find(first, "code"), line_fault_no_model);
	const char *code = no_model ? line_fault_no_model : NULL;
	int status = no_model ? NOT_FOUND : BAD_REQUEST;
	char message[300], name[40];
	int64_t line = 0;

	json_string_text(json_find(first, "message"), message, sizeof(message));
	json_string_text(param, name, sizeof(name));
	if (no_model && n->api->takes_model)
		call_refuse(n->call, status, code, "model", "%s", message);
	else if (json_span_int(json_find(first, "line"), &line))
		call_refuse(n->call, status, code, no_model ? "model" : NULL, "%s.%lld%s%s: %s",
			n->api->list, (long long)line - 1, *name ? "." : "", name, message);
	else
		call_refuse(n->call, status, code, NULL, "%s: %s", n->api->list, message);
}

static void checked(struct job *job)
{
	struct batch_check *check = (struct batch_check *)job;
	struct call *c = check->ctx;
	struct creating *n = c->data;
	struct batch_record *b;

	if (check->ended) {
		create_refuse_end(c);
	} else if (check->failed) {
		call_fail(c, &check->err);
	} else if (check->n_faults) {
		refuse_first(n, (struct json_span){buf_str(&check->faults), check->faults.len});
	} else {
		b = new_batch(n);
		n->given = true;
		memcpy(c->id, b->id, sizeof(c->id));
		call_hold(c);
		store_add_batch(c->service->store, b, NULL, created, c);
	}
	batch_check_clear(check);
	call_release(c);
}

static void start_check(struct creating *n)
{
	struct store *store = n->call->service->store;

	n->check.job.done = checked;
	n->check.ctx = n->call;
	n->check.kind = n->api->kind;
	n->check.rules.endpoint = "";
	if (*n->model)
		n->check.rules.default_model = n->model;
	store_batch_path(store, n->id, STORE_SOURCE, n->check.source);
	store_batch_path(store, n->id, "input.jsonl", n->check.input);
	call_hold(n->call);
	runner_check_input(n->call->service->runner, &n->check);
}

/* The body is not of its form. */
static void refuse_list(const struct creating *n)
{
	const struct request_list *l = &n->list;

	if (l->large)
		call_refuse(n->call, TOO_LARGE, NULL, l->name, "%s.%" PRIu64 ": %s", l->name, l->n,
			l->fault);
	else
		call_refuse(n->call, BAD_REQUEST, NULL, NULL, "%s%s%s", l->in_list ? l->name : "",
			l->in_list ? ": " : "", l->fault);
}

static void judge(struct creating *n)
{
	struct call *c = n->call;

	write_lines(n);
	close_source(n);
	if (n->too_large) {
		call_refuse(c, TOO_LARGE, NULL, NULL, "Request exceeds the maximum size");
	} else if (n->no_room) {
		room_refuse(c, n->api->list);
	} else if (n->full) {
		say_warning("%s: %s", c->request_id, n->err.text);
		call_refuse(c, NO_SPACE, NULL, NULL, "The server cannot store the batch now.");
	} else if (!request_list_end(&n->list)) {
		refuse_list(n);
	} else if (n->api->takes_model && !request_list_model(&n->list, n->model)) {
		call_refuse(c, 400, "invalid_type", "model",
			"Invalid type for 'model': expected a string of at most %d bytes.",
			REQUEST_LIST_MODEL - 1);
	} else {
		start_check(n);
	}
}

void list_create(struct call *c)
{
	struct creating *n = c->data;

	if (!create_repeats(&n->create, c, n->api->made))
		judge(n);
}

void list_create_of(struct call *c, const struct list_api *api, const char *body, size_t len)
{
	struct creating *n = begin(c, api);

	if (!n)
		return;
	request_list_feed(&n->list, body, len);
	judge(n);
}
