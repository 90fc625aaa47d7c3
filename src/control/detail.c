#include "control/detail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/assembly.h"
#include "base/alloc.h"
#include "control/control_impl.h"
#include "control/view.h"
#include "core/answer_scrub.h"
#include "core/binding.h"
#include "core/attempt.h"
#include "plan/redact.h"
#include "ledger/result_view.h"
#include "work/stages.h"
#include "core/streaming.h"
#include "ledger/read_back.h"

enum {
	TEXT_MAX = 1 << 30,
	RECEIVED_MAX = 1 << 20, /* shown of an answer that is still coming */
};

/* The text without the key, as a new string; NULL when there is none. Empties b. */
static char *take_text(struct engine *e, struct buf *b, size_t *len)
{
	char *out = NULL;
	struct buf clean;

	buf_init(&clean, TEXT_MAX);
	if (e->ops.redact(e->ctx, buf_str(b), b->len, &clean)) {
		buf_free(b);
		*b = clean;
	}
	if (b->len)
		out = xstrndup(buf_str(b), b->len);
	if (len)
		*len = b->len;
	buf_free(b);
	return out;
}

/* ---- the request ---- */

/* Is there a header line of this one's name? */
static bool has_header(const char *lines, const char *name, size_t len)
{
	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (!strncasecmp(lines, name, len) && lines[len] == ':')
			return true;
	return false;
}

/* The common headers that the request's own ones leave in force. */
static void add_common(struct engine *e, int route, struct request *r, struct buf *head)
{
	const char *own = buf_str(&r->headers);
	struct buf common;

	buf_init(&common, TEXT_MAX);
	e->ops.headers(e->ctx, route, buf_str(&r->url), &common);
	for (const char *line = buf_str(&common); *line;) {
		size_t len = strcspn(line, "\n") + 1;

		if (!has_header(own, line, strcspn(line, ":\n")))
			buf_add(head, line, len);
		line += len;
	}
	buf_free(&common);
}

static void fill_sent(struct engine *e, int route, struct request *r, struct item_detail *out)
{
	struct buf head, body;

	buf_init(&head, TEXT_MAX);
	buf_init(&body, TEXT_MAX);
	buf_addf(&head, "%s ", r->method);
	redact_url(buf_str(&r->url), &head);
	buf_addc(&head, '\n');
	redact_headers(buf_str(&r->headers), r->headers.len, &head);
	add_common(e, route, r, &head);
	if (r->has_body)
		buf_add(&body, r->body.data, r->body.len);
	out->request_head = take_text(e, &head, NULL);
	out->request_body = take_text(e, &body, &out->request_body_len);
}

/* The request of the stage that is in flight in place of the row. */
static void read_stage(struct control *c, const struct attempt *a)
{
	if (!stages_request_of(stages_of(c->engine->sources.work), a, &c->text.made, &c->text.line))
		c->text.line = (struct request_line){0};
}

/* The endpoint that the line goes to, or the first of several. */
static int first_route(const struct engine *e, const struct request_line *line)
{
	uint32_t set;

	return e->sources.tasks_are_items && routes_for(&e->routes, line, &set, NULL)
		       ? __builtin_ctz(set)
		       : 0;
}

static void fill_metadata(struct control *c, struct item_detail *out)
{
	struct buf text;

	if (!c->text.line.metadata.at)
		return;
	buf_init(&text, TEXT_MAX);
	json_add_one_line(&text, c->text.line.metadata);
	out->metadata = take_text(c->engine, &text, NULL);
}

/* The request as sent or to be sent, built from the line; for a line that is not a request, the
 * line itself. */
static void fill_request(struct control *c, const struct attempt *a, struct item_detail *out)
{
	struct engine *e = c->engine;
	int route = a ? a->route : first_route(e, &c->text.line);
	const struct endpoint *endpoint = e->routes.at[route].endpoint;
	const struct item_text *read = &c->text;
	struct request r;
	struct buf text;

	if (!e->sources.tasks_are_items && a)
		read_stage(c, a);
	request_init(&r, SOURCE_MAX_LINE);
	if (endpoint && read->line.format && (e->sources.tasks_are_items || a) &&
		request_build(endpoint, &read->line, &r, NULL)) {
		fill_sent(e, route, &r, out);
	} else {
		buf_init(&text, TEXT_MAX);
		buf_add(&text, read->text.data, read->text.len);
		out->request_body = take_text(e, &text, &out->request_body_len);
	}
	request_free(&r);
}

/* ---- the response ---- */

static void fill_received(struct engine *e, const struct attempt *a, struct item_detail *out)
{
	struct buf raw, head, body;
	int status;

	buf_init(&raw, TEXT_MAX);
	buf_init(&head, TEXT_MAX);
	buf_init(&body, TEXT_MAX);
	status = e->ops.received(e->ctx, a->transfer, RECEIVED_MAX, &raw, &body);
	if (status)
		buf_addf(&head, "HTTP %d\n", status);
	redact_headers(buf_str(&raw), raw.len, &head);
	buf_free(&raw);
	if (streaming_is_on(a))
		assembly_text(a->assembly, &body);
	scrub_text(e, a, &head);
	scrub_text(e, a, &body);
	out->response_head = take_text(e, &head, NULL);
	out->response_body = take_text(e, &body, &out->response_body_len);
}

/* Whom the answer was for. */
static void add_sharing(const struct result_view *view, struct buf *head)
{
	if (view->cached)
		buf_adds(head, "requested by an earlier run (--cache)\n");
	if (view->same_as_line > 0)
		buf_addf(head, "requested by line %" PRId64 " (--dedupe)\n", view->same_as_line);
	if (view->packed > 1)
		buf_addf(head, "asked: with %" PRId64 " others (--pack)\n", view->packed - 1);
}

static void fill_answer(struct engine *e, const struct result_view *view, struct item_detail *out)
{
	struct buf head, body;

	if (!view->answered)
		return;
	buf_init(&head, TEXT_MAX);
	buf_init(&body, TEXT_MAX);
	buf_addf(&head, "HTTP %d\n", view->status);
	if (view->request_id.at) {
		buf_adds(&head, "request-id: ");
		result_view_text(view->request_id, &head);
		buf_addc(&head, '\n');
	}
	add_sharing(view, &head);
	result_view_body(view, &body);
	out->row.status = view->status;
	out->response_head = take_text(e, &head, NULL);
	out->response_body = take_text(e, &body, &out->response_body_len);
}

/* For a pipeline: the known state of each stage. */
static void fill_stages(
	struct engine *e, uint32_t i, const struct result_view *view, struct item_detail *out)
{
	const struct stages *stages = stages_of(e->sources.work);
	struct buf text;

	buf_init(&text, TEXT_MAX);
	if ((!stages || !stages_describe_item(stages, i, &text)) && view && view->stages.at)
		buf_add(&text, view->stages.at, view->stages.len);
	out->stages = take_text(e, &text, NULL);
}

/* ---- attempts and error ---- */

static void copy_text(struct json_span from, char *out, size_t size)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	result_view_text(from, &text);
	snprintf(out, size, "%s", buf_str(&text));
	buf_free(&text);
}

/* The last attempt by its record, when the attempt history lacks it. */
static void add_recorded(struct engine *e, const struct item *item, const struct result_view *view,
	struct item_detail *out)
{
	const struct cost_record *cost = &view->cost;
	bool priced = cost->in >= 0 || cost->out >= 0 || cost->nano_usd >= 0;
	struct attempt_view *last;

	if (view->attempts <= 0 ||
		(out->attempts && out->attempt[out->attempts - 1].number >= view->attempts))
		return;
	if (out->attempts == DETAIL_ATTEMPTS)
		memmove(out->attempt, out->attempt + 1, --out->attempts * sizeof(*out->attempt));
	last = &out->attempt[out->attempts++];
	*last = (struct attempt_view){.number = (int)view->attempts,
		.started_wall_us = -1,
		.latency_us = view->latency_us,
		.first_byte_us = view->first_byte_us,
		.connect_us = -1,
		.wait_us = -1,
		.outcome = item->outcome,
		.status = view->status,
		.first_token_us = view->first_token_us,
		.tokens_per_s = (float)view->tokens_per_1000_s / 1000,
		.tokens_in = cost->in,
		.tokens_out = cost->out,
		.usd = priced ? cost_of_record(e, cost) : -1};
	copy_text(view->request_id, last->request_id, sizeof(last->request_id));
	copy_text(view->endpoint, last->endpoint, sizeof(last->endpoint));
}

static void fill_error(struct control *c, uint32_t i, struct item_detail *out)
{
	const struct attempt_view *last = out->attempts ? &out->attempt[out->attempts - 1] : NULL;
	struct buf text;
	struct verdict v;

	if (out->row.state == ITEM_OK)
		return;
	control_item_error(c, i, &v);
	/* for an item that may still succeed, the group has only the first message of its kind */
	if (last && last->message[0] && out->row.state != ITEM_FAILED &&
		out->row.state != ITEM_CANCELLED)
		snprintf(v.message, sizeof(v.message), "%s", last->message);
	buf_init(&text, TEXT_MAX);
	if (v.message[0])
		buf_addf(&text, "%s%s%s", v.code, v.code[0] ? ": " : "", v.message);
	out->error = take_text(c->engine, &text, NULL);
}

void detail_fill(struct control *c, uint32_t i, bool content, struct item_detail *out)
{
	struct engine *e = c->engine;
	const struct item *item = items_at(&e->items, i);
	const struct attempt *a = attempt_of(e, i);
	struct result_view view;
	bool recorded;

	control_row(c, i, &out->row);
	out->priority = item->priority;
	item_text_read(&c->text, e, i);
	fill_metadata(c, out);
	if (content)
		fill_request(c, a, out);
	out->attempts = past_attempts_of(&e->observer.past, i, out->attempt);
	recorded = !a && control_item_record(c, i) &&
		   result_view_parse(c->record.data, c->record.len, &view);
	if (a && content)
		fill_received(e, a, out);
	if (recorded && content)
		fill_answer(e, &view, out);
	if (recorded)
		add_recorded(e, item, &view, out);
	if (content && (!e->sources.tasks_are_items || (recorded && view.stages.at)))
		fill_stages(e, i, recorded ? &view : NULL, out);
	fill_error(c, i, out);
	if (content)
		detail_say(e, out);
}
