/* Batches. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/parse.h"
#include "serve/cancel.h"
#include "serve/create.h"
#include "serve/kind.h"
#include "serve/openai.h"
#include "serve/page.h"
#include "serve/room.h"
#include "serve/service.h"

enum {
	LIST_USUAL = 20,
	LIST_MAX = 100,
	PAIRS_MAX = 16,
	PAIR_KEY_MAX = 64,
	PAIR_VALUE_MAX = 512,
	LASTS_MIN_S = 3600,
	LASTS_MAX_S = 2592000,
};

#define WINDOW_MAX_US (30 * 24 * 60 * US_PER_MIN)
/* An SDK gives up waiting for an answer after so long, and asks again. */
#define SDK_TIMEOUT_US (10 * US_PER_MIN)

/* What a batch may ask of one endpoint. */
static const char *const endpoints[] = {"/v1/chat/completions", "/v1/responses", "/v1/embeddings",
	"/v1/completions", "/v1/moderations", "/v1/images/generations", "/v1/images/edits",
	"/v1/videos", "/v1/rerank", "/v1/score"};

enum { ENDPOINTS = sizeof(endpoints) / sizeof(endpoints[0]) };

/* ---- the members of a new one ---- */

enum { INPUT, ENDPOINT, WINDOW, METADATA, OUTPUT_EXPIRES, WANTED };

static bool take_text(struct call *c, const struct json_want *want, char *out, size_t size)
{
	if (json_span_missing(want->value)) {
		call_refuse(c, 400, "missing_required_parameter", want->name,
			"Missing required parameter: '%s'.", want->name);
		return false;
	}
	if (!json_span_is(want->value, JSON_VALUE_STRING)) {
		call_refuse(c, 400, "invalid_type", want->name,
			"Invalid type for '%s': expected a string.", want->name);
		return false;
	}
	json_string_text(want->value, out, size);
	return true;
}

static void refuse_input(struct call *c, const char *file)
{
	call_refuse(c, 400, NULL, "input_file_id", "No such File object: %s", file);
}

static bool take_input(struct call *c, const struct json_want *want, struct batch_record *b)
{
	const struct file_record *f;

	if (!take_text(c, want, b->input_file, sizeof(b->input_file)))
		return false;
	f = store_file(c->service->store, b->input_file);
	if (!f || strcmp(f->owner, c->owner) != 0) {
		refuse_input(c, b->input_file);
		return false;
	}
	if (strcmp(f->purpose, "batch") != 0) {
		call_refuse(c, 400, "invalid_file_purpose", want->name,
			"The file's purpose is '%s', and must be 'batch'.", f->purpose);
		return false;
	}
	return true;
}

static bool take_endpoint(struct call *c, const struct json_want *want, struct batch_record *b)
{
	if (!take_text(c, want, b->endpoint, sizeof(b->endpoint)))
		return false;
	for (int i = 0; i < ENDPOINTS; i++)
		if (!strcmp(b->endpoint, endpoints[i]))
			return true;
	call_refuse(c, 400, "invalid_value", want->name,
		"Invalid value: '%s'. Supported values are: '/v1/chat/completions', "
		"'/v1/responses', '/v1/embeddings', '/v1/completions', '/v1/moderations', "
		"'/v1/images/generations', '/v1/images/edits', '/v1/videos', '/v1/rerank' and "
		"'/v1/score'.",
		b->endpoint);
	return false;
}

/* "24h", "7d"; the API has only the first. */
static bool read_window(const char *text, int64_t *us)
{
	char hours[WINDOW_SIZE + 4];
	int64_t days;
	size_t len = strlen(text);

	if (len > 1 && text[len - 1] == 'd') {
		snprintf(hours, sizeof(hours), "%.*s", (int)len - 1, text);
		if (!parse_count(hours, 1, WINDOW_MAX_US / (24 * 60 * US_PER_MIN), &days))
			return false;
		*us = days * 24 * 60 * US_PER_MIN;
		return true;
	}
	return len && strchr("hms", text[len - 1]) && parse_duration_us(text, us) &&
	       *us >= US_PER_S && *us <= WINDOW_MAX_US;
}

static bool take_window(struct call *c, const struct json_want *want, struct batch_record *b)
{
	int64_t us;

	if (!take_text(c, want, b->window, sizeof(b->window)))
		return false;
	if (!read_window(b->window, &us)) {
		call_refuse(c, 400, "invalid_value", want->name,
			"Invalid value: '%s'. Supported values are: '24h', or another time from 1s "
			"to "
			"30d.",
			b->window);
		return false;
	}
	if (c->service->settings->window_us)
		us = c->service->settings->window_us;
	b->expires_us = b->created_us + us;
	return true;
}

struct pairs {
	int n;
	bool good;
};

static bool count_pair(void *ctx, struct json_span key, struct json_span value)
{
	struct pairs *p = ctx;

	/* a character takes six bytes at most, and two quotes are none of them */
	p->good = ++p->n <= PAIRS_MAX && json_span_is(value, JSON_VALUE_STRING) &&
		  key.len <= 6 * PAIR_KEY_MAX + 2 && value.len <= 6 * PAIR_VALUE_MAX + 2;
	return p->good;
}

static bool take_metadata(struct call *c, const struct json_want *want, struct batch_record *b)
{
	struct pairs pairs = {.good = true};
	struct buf line;

	if (json_span_missing(want->value))
		return true;
	if (!json_span_is(want->value, JSON_VALUE_OBJECT) ||
		(!json_each(want->value, count_pair, &pairs) && !pairs.good)) {
		call_refuse(c, 400, "invalid_value", want->name,
			"Invalid 'metadata': expected an object of at most %d pairs, with keys of "
			"at "
			"most %d and text values of at most %d characters.",
			PAIRS_MAX, PAIR_KEY_MAX, PAIR_VALUE_MAX);
		return false;
	}
	buf_init(&line, want->value.len + 1);
	json_add_one_line(&line, want->value);
	b->metadata = xstrndup(buf_str(&line), line.len);
	buf_free(&line);
	return true;
}

static bool take_output_expires(
	struct call *c, const struct json_want *want, struct batch_record *b)
{
	struct json_want in[] = {{.name = "anchor"}, {.name = "seconds"}};
	int64_t seconds = 0;

	if (json_span_missing(want->value))
		return true;
	if (json_span_is(want->value, JSON_VALUE_OBJECT))
		json_pick(want->value.at, want->value.len, in, 2, NULL);
	if (!json_span_equals(in[0].value, "created_at") || !json_span_int(in[1].value, &seconds) ||
		seconds < LASTS_MIN_S || seconds > LASTS_MAX_S) {
		call_refuse(c, 400, "invalid_value", want->name,
			"Invalid 'output_expires_after': the anchor must be 'created_at' and the "
			"seconds a number from %d to %d.",
			LASTS_MIN_S, LASTS_MAX_S);
		return false;
	}
	b->output_lasts_us = seconds * US_PER_S;
	return true;
}

static bool take_members(struct call *c, struct batch_record *b)
{
	struct json_want want[WANTED] = {[INPUT] = {.name = "input_file_id"},
		[ENDPOINT] = {.name = "endpoint"},
		[WINDOW] = {.name = "completion_window"},
		[METADATA] = {.name = "metadata"},
		[OUTPUT_EXPIRES] = {.name = "output_expires_after"}};
	size_t len;
	const char *body = http_body(c->x, &len);

	if (json_pick(body, len, want, WANTED, NULL) != JSON_VALUE_OBJECT) {
		call_refuse(c, 400, NULL, NULL,
			"We could not parse the JSON body of your request: expected an object.");
		return false;
	}
	return take_endpoint(c, &want[ENDPOINT], b) && take_window(c, &want[WINDOW], b) &&
	       take_metadata(c, &want[METADATA], b) &&
	       take_output_expires(c, &want[OUTPUT_EXPIRES], b) && take_input(c, &want[INPUT], b);
}

/* ---- creating ---- */

static bool is_same(const struct batch_record *a, const struct batch_record *b)
{
	return !strcmp(a->input_file, b->input_file) && !strcmp(a->endpoint, b->endpoint) &&
	       !strcmp(a->window, b->window) && a->output_lasts_us == b->output_lasts_us &&
	       !strcmp(a->metadata ? a->metadata : "", b->metadata ? b->metadata : "");
}

/* The batch that the same request without a key made, whose answer was lost; NULL. */
static struct batch_record *find_twin(const struct create *n, const struct batch_record *b)
{
	struct batch_list *all = store_batches(n->call->service->store);
	struct batch_record *other;

	if (n->key || !create_is_repeated(n->call))
		return NULL;
	TAILQ_FOREACH_REVERSE(other, all, batch_list, next)
	{
		if (b->created_us - other->created_us >= SDK_TIMEOUT_US)
			break;
		if (other->kind == b->kind && !strcmp(other->owner, b->owner) && is_same(other, b))
			return other;
	}
	return NULL;
}

struct creating {
	struct create create;
	struct room room; /* for the lines that the check makes of its file */
	char input_file[SERVE_ID_SIZE];
};

static void end(struct call *c)
{
	struct creating *n = c->data;

	create_end(&n->create);
	room_give_back(&n->room);
	free(n);
}

static void created(void *ctx, const struct error *err)
{
	struct call *c = ctx;
	struct creating *n = c->data;
	struct batch_record *b = err ? NULL : store_batch(c->service->store, c->id);

	if (b) {
		runner_add(c->service->runner, b);
		openai_answer_batch(c, b);
	} else if (!store_file(c->service->store, n->input_file)) {
		/* it was deleted meanwhile */
		refuse_input(c, n->input_file);
	} else {
		call_fail(c, err);
	}
	create_end(&n->create);
	room_give_back(&n->room);
	call_release(c);
}

void openai_create_batch(struct call *c)
{
	struct creating *n = xcalloc(1, sizeof(*n));
	struct batch_record *b, *twin;
	size_t len;
	const char *body = http_body(c->x, &len);

	c->data = n;
	c->end = end;
	if (!create_begin(&n->create, c, &batch_kind_openai))
		return;
	create_body(&n->create, body, len);
	if (create_repeats(&n->create, c, openai_answer_batch))
		return; /* whatever has become of its file */
	b = xcalloc(1, sizeof(*b));
	b->kind = &batch_kind_openai;
	b->created_us = clock_wall_us();
	create_remember(&n->create, b);
	memcpy(b->owner, c->owner, sizeof(b->owner));
	twin = take_members(c, b) ? find_twin(&n->create, b) : NULL;
	n->room.service = c->service;
	if (twin)
		openai_answer_batch(c, twin);
	else if (!c->status &&
		 !room_take(&n->room, store_file(c->service->store, b->input_file)->bytes))
		room_refuse(c, "input_file_id");
	if (twin || c->status) {
		create_end(&n->create);
		batch_record_free(b);
		return;
	}
	serve_id_make(b->id, "batch_");
	serve_id_make(b->output_file, "file-");
	serve_id_make(b->error_file, "file-");
	memcpy(c->id, b->id, sizeof(c->id));
	memcpy(n->input_file, b->input_file, sizeof(n->input_file));
	call_hold(c);
	store_add_batch(c->service->store, b, b->input_file, created, c);
}

/* ---- those that are there ---- */

struct batch_record *openai_find_batch(struct call *c)
{
	struct batch_record *b = store_batch(c->service->store, c->id);

	if (b && b->kind == &batch_kind_openai && !strcmp(b->owner, c->owner))
		return b;
	call_refuse(c, 404, NULL, NULL, "No batch found with id '%s'.", c->id);
	return NULL;
}

void openai_get_batch(struct call *c)
{
	const struct batch_record *b = openai_find_batch(c);

	if (b)
		openai_answer_batch(c, b);
}

void openai_cancel_batch(struct call *c)
{
	struct batch_record *b = openai_find_batch(c);

	if (!b)
		return;
	if (!batch_record_ended(b)) {
		cancel_batch(c, b, openai_answer_batch);
		return;
	}
	/* not 409, which SDKs try again */
	call_refuse(c, 400, "invalid_request", NULL, "Cannot cancel a batch with status '%s'.",
		batch_state_name(batch_record_state(b)));
}

void openai_list_batches(struct call *c)
{
	const char *after = call_parameter(c, "after");
	struct batch_list *all = store_batches(c->service->store);
	int64_t limit = LIST_USUAL;
	struct batch_record *b;
	struct page page;

	if (!call_number(c, "limit", 1, LIST_MAX, &limit))
		return;
	b = after ? store_batch(c->service->store, after) : TAILQ_LAST(all, batch_list);
	if (after && (!b || strcmp(b->owner, c->owner) != 0)) {
		call_refuse(c, 400, NULL, "after", "No batch found with id '%s'.", after);
		return;
	}
	page_begin(&page, limit);
	for (b = after ? TAILQ_PREV(b, batch_list, next) : b; b && !page.more;
		b = TAILQ_PREV(b, batch_list, next))
		if (b->kind == &batch_kind_openai && !strcmp(b->owner, c->owner) &&
			page_takes(&page, b->id))
			openai_put_batch(&page.w, b);
	page_answer(&page, c, true);
}
