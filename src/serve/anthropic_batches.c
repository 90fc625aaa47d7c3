/* Message batches that are there. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "serve/anthropic.h"
#include "serve/cancel.h"
#include "serve/kind.h"
#include "serve/list_create.h"
#include "serve/page.h"
#include "serve/service.h"

enum { LIST_USUAL = 20, LIST_MAX = 1000, OBJECT_MAX = 64 << 10, TIME_SIZE = 32 };

static const char results_type[] = "application/x-jsonl";

/* ---- the object ---- */

static void put_time(struct json_writer *w, const char *name, int64_t us)
{
	char text[TIME_SIZE];

	json_key(w, name);
	if (!us) {
		json_put_null(w);
		return;
	}
	clock_rfc3339(us, text, sizeof(text));
	json_put_text(w, text);
}

static int64_t ended_us(const struct batch_record *b)
{
	static const enum batch_fact ends[] = {FACT_COMPLETED, FACT_EXPIRED, FACT_CANCELLED};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (b->at_us[ends[i]])
			return b->at_us[ends[i]];
	return 0;
}

static void put_counts(struct json_writer *w, const struct batch_record *b)
{
	bool ended = batch_record_ended(b), cancelled = b->at_us[FACT_CANCELLED];
	struct batch_counts n;

	runner_counts(b, &n);
	json_member_object(w, "request_counts");
	json_member_uint(w, "processing", ended ? 0 : n.total - n.ok - n.failed);
	json_member_uint(w, "succeeded", n.ok);
	json_member_uint(w, "errored", n.failed);
	json_member_uint(w, "canceled", cancelled ? n.unfinished : 0);
	json_member_uint(w, "expired", cancelled ? 0 : n.unfinished);
	json_close_object(w);
}

static void put_results_url(
	struct json_writer *w, const struct call *c, const struct batch_record *b)
{
	const struct serve_settings *settings = c->service->settings;
	const char *host = c->x ? http_header(c->x, "Host") : NULL;
	const char *scheme = settings->tls_cert ? "https://" : "http://";
	char url[600];

	json_key(w, "results_url");
	if (!batch_record_ended(b)) {
		json_put_null(w);
		return;
	}
	/* a relative one is joined by SDKs with their base URL */
	if (settings->public_url)
		snprintf(url, sizeof(url), "%.400s/v1/messages/batches/%s/results",
			settings->public_url, b->id);
	else
		snprintf(url, sizeof(url), "%s%.200s/v1/messages/batches/%s/results",
			host ? scheme : "", host ? host : "", b->id);
	json_put_text(w, url);
}

void anthropic_put_batch(struct json_writer *w, const struct call *c, const struct batch_record *b)
{
	bool ended = batch_record_ended(b);

	json_open_object(w);
	json_member_text(w, "id", b->id);
	json_member_text(w, "type", "message_batch");
	json_member_text(w, "processing_status",
		ended                       ? "ended"
		: b->at_us[FACT_CANCELLING] ? "canceling"
					    : "in_progress");
	put_counts(w, b);
	put_time(w, "ended_at", ended_us(b));
	put_time(w, "created_at", b->created_us);
	put_time(w, "expires_at", b->expires_us);
	put_time(w, "archived_at", 0);
	put_time(w, "cancel_initiated_at", b->at_us[FACT_CANCELLING]);
	put_results_url(w, c, b);
	json_close_object(w);
}

void anthropic_answer_batch(struct call *c, const struct batch_record *b)
{
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	buf_init(&body, OBJECT_MAX);
	anthropic_put_batch(&w, c, b);
	call_answer(c, 200, &body);
	buf_free(&body);
}

/* ---- a new one ---- */

void anthropic_create_begin(struct call *c)
{
	static const struct list_api api = {.prefix = "msgbatch_",
		.list = "requests",
		.kind = &batch_kind_anthropic,
		.made = anthropic_answer_batch};

	list_create_begin(c, &api);
}

void anthropic_create(struct call *c)
{
	list_create(c);
}

/* ---- one ---- */

static bool is_mine(const struct call *c, const struct batch_record *b)
{
	return b && b->kind == &batch_kind_anthropic && !strcmp(b->owner, c->owner);
}

static struct batch_record *find(struct call *c)
{
	struct batch_record *b = store_batch(c->service->store, c->id);

	if (is_mine(c, b))
		return b;
	call_refuse(c, 404, NULL, NULL, "Message batch not found: %s", c->id);
	return NULL;
}

void anthropic_get(struct call *c)
{
	const struct batch_record *b = find(c);

	if (b)
		anthropic_answer_batch(c, b);
}

void anthropic_cancel(struct call *c)
{
	struct batch_record *b = find(c);

	if (b)
		cancel_batch(c, b, anthropic_answer_batch);
}

static void deleted(void *ctx, const struct error *err)
{
	struct call *c = ctx;
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	buf_init(&body, OBJECT_MAX);
	json_open_object(&w);
	json_member_text(&w, "id", c->id);
	json_member_text(&w, "type", "message_batch_deleted");
	json_close_object(&w);
	if (err)
		call_fail(c, err);
	else
		call_answer(c, 200, &body);
	buf_free(&body);
	call_release(c);
}

void anthropic_delete(struct call *c)
{
	struct batch_record *b = find(c);

	if (!b)
		return;
	if (!batch_record_ended(b) || b->run) {
		call_refuse(c, 400, NULL, NULL,
			"Message batch %s has not ended: cancel it first, and delete it then.",
			b->id);
		return;
	}
	call_hold(c);
	store_remove_batch(c->service->store, b, deleted, c);
}

void anthropic_results(struct call *c)
{
	const struct batch_record *b = find(c);
	char path[DISK_PATH_MAX];

	if (!b)
		return;
	if (!batch_record_ended(b)) {
		call_refuse(c, 400, NULL, NULL,
			"Message batch %s has no available results: it has not ended.", b->id);
		return;
	}
	store_batch_path(c->service->store, b->id, "answers.jsonl", path);
	call_answer_file(c, results_type, path);
}

/* ---- the list, the newest first ---- */

static struct batch_record *older(struct call *c, struct batch_record *b)
{
	do
		b = TAILQ_PREV(b, batch_list, next);
	while (b && !is_mine(c, b));
	return b;
}

static struct batch_record *newer(struct call *c, struct batch_record *b)
{
	do
		b = TAILQ_NEXT(b, next);
	while (b && !is_mine(c, b));
	return b;
}

static struct batch_record *newest(struct call *c)
{
	struct batch_record *b = TAILQ_LAST(store_batches(c->service->store), batch_list);

	return !b || is_mine(c, b) ? b : older(c, b);
}

/* The batch that a parameter names; false: it was refused. */
static bool take_id(struct call *c, const char *name, struct batch_record **out)
{
	const char *id = call_parameter(c, name);

	*out = id ? store_batch(c->service->store, id) : NULL;
	if (!id || is_mine(c, *out))
		return true;
	call_refuse(c, 400, NULL, NULL, "%s: no message batch has this id", name);
	return false;
}

void anthropic_list(struct call *c)
{
	struct batch_record *before, *after, *b;
	int64_t limit = LIST_USUAL, n = 0;
	struct page page;

	if (!call_number(c, "limit", 1, LIST_MAX, &limit) || !take_id(c, "before_id", &before) ||
		!take_id(c, "after_id", &after))
		return;
	page_begin(&page, limit);
	b = after ? older(c, after) : newest(c);
	if (before) {
		/* the page that ends before it */
		for (b = before; n < limit && newer(c, b); n++)
			b = newer(c, b);
		page.more = newer(c, b) != NULL;
		b = n ? b : NULL;
	}
	for (; b && b != before; b = older(c, b)) {
		if (!page_takes(&page, b->id))
			break;
		anthropic_put_batch(&page.w, c, b);
	}
	page_answer(&page, c, false);
}
