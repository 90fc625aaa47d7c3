/* Items and errors, as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "control/api_impl.h"

static void member_seconds(struct json_writer *w, const char *name, int64_t us)
{
	json_key(w, name);
	if (us < 0)
		json_put_null(w);
	else
		json_put_double(w, (double)us / US_PER_S, 3);
}

static void member_time(struct json_writer *w, const char *name, int64_t wall_us)
{
	char time[32] = "";

	if (wall_us >= 0)
		clock_rfc3339(wall_us, time, sizeof(time));
	json_member_text_or_null(w, name, time);
}

static void member_count(struct json_writer *w, const char *name, int64_t n)
{
	json_key(w, name);
	if (n < 0)
		json_put_null(w);
	else
		json_put_int(w, n);
}

/* null: they are not read yet. */
static void put_facts(struct json_writer *w, const struct item_facts *f)
{
	if (!f->known) {
		json_put_null(w);
		return;
	}
	json_open_object(w);
	member_seconds(w, "latency_s", f->latency_us);
	member_seconds(w, "first_token_s", f->first_token_us);
	member_count(w, "tokens_in", f->tokens_in);
	member_count(w, "tokens_out", f->tokens_out);
	json_key(w, "cost_usd");
	if (f->usd < 0)
		json_put_null(w);
	else
		json_put_double(w, f->usd, 9);
	member_time(w, "ended", f->ended_wall_us);
	json_member_text(w, "finish", f->finish);
	json_member_text(w, "endpoint", f->endpoint);
	json_member_text(w, "stage", f->stage);
	json_member_text(w, "answer", f->answer);
	json_close_object(w);
}

static void put_row(struct json_writer *w, const struct item_row *row, int64_t now_us, bool facts)
{
	json_open_object(w);
	json_member_uint(w, "line", row->line);
	json_member_text(w, "id", row->id);
	json_member_text(w, "state", item_state_name(row->state));
	json_member_text_or_null(w, "outcome",
		row->outcome || row->state == ITEM_OK ? outcome_name(row->outcome) : NULL);
	json_member_int(w, "attempt", row->attempt);
	json_member_int(w, "max_attempts", row->max_attempts);
	member_seconds(w, "age_s", row->age_us);
	member_seconds(w, "wait_s",
		!row->due_us           ? -1
		: row->due_us > now_us ? row->due_us - now_us
				       : 0);
	json_member_int(w, "status", row->status);
	json_member_text(w, "phase", row->phase);
	json_member_text(w, "model", row->model);
	json_member_uint(w, "bytes_in", row->bytes_in);
	json_member_uint(w, "tokens_out", row->tokens_out);
	member_seconds(w, "idle_s", row->idle_us);
	json_member_text(w, "host", row->host);
	json_member_text(w, "request_id", row->request_id);
	json_member_text(w, "stage", row->stage);
	json_member_bool(w, "tagged", row->tagged);
	if (facts) {
		json_key(w, "facts");
		put_facts(w, &row->facts);
	}
	json_close_object(w);
}

static bool read_sort(const struct api_request *r, struct item_query *q, struct api_answer *a)
{
	const char *value = api_value(r, "sort");
	char names[200] = "";

	if (!value)
		return true;
	q->sort = item_field_named(value, strlen(value));
	if (q->sort < FIELD_COUNT && item_field(q->sort)->sorts)
		return true;
	for (int f = 0; f < FIELD_COUNT; f++)
		if (item_field((enum item_field)f)->sorts)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
				*names ? ", " : "", item_field((enum item_field)f)->name);
	return api_refuse(a, 400, "sort: \"%s\" is not one of %s", value, names);
}

static bool read_filter(const struct api_request *r, struct item_query *q, struct api_answer *a)
{
	const char *value = api_value(r, "filter");

	if (!value)
		return true;
	if (strlen(value) >= sizeof(q->filter))
		return api_refuse(
			a, 400, "the filter is longer than %zu bytes", sizeof(q->filter) - 1);
	memcpy(q->filter, value, strlen(value) + 1);
	return true;
}

bool api_read_list(const struct api_request *r, struct api_list *out, struct api_answer *a)
{
	struct item_query *q = &out->query;

	*out = (struct api_list){.query = {.sort = FIELD_LINE}, .limit = 100};
	if (!read_filter(r, q, a) || !read_sort(r, q, a) ||
		!api_flag(r, "descending", &q->descending, a) ||
		!api_flag(r, "facts", &q->facts, a) || !api_flag(r, "active", &out->active, a) ||
		!api_number(r, "offset", 0, INT64_MAX, &out->offset, a) ||
		!api_number(r, "limit", 1, ROWS_AT_ONCE, &out->limit, a))
		return false;
	if (out->active && (q->filter[0] || api_value(r, "sort") || q->descending))
		return api_refuse(a, 400, "active=1 accepts no filter and no sort");
	return true;
}

void api_get_items(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct item_row row[ROWS_AT_ONCE];
	struct rows_info info;
	struct api_list list;
	struct snapshot s;
	size_t n;

	if (!api_read_list(r, &list, a))
		return;
	n = port_rows(&api->port, list.active ? QUERY_ACTIVE : &list.query, (uint64_t)list.offset,
		row, (size_t)list.limit, &info);
	if (info.error[0] || info.busy) {
		api_refuse(a, info.busy ? 429 : 400, "%s",
			info.busy ? "other clients are reading lists; try again in a few seconds"
				  : info.error);
		return;
	}
	port_snapshot(&api->port, &s);
	json_open_object(&w);
	member_time(&w, "as_of", s.wall_us);
	json_member_uint(&w, "total", info.total);
	json_member_bool(&w, "complete", info.complete);
	json_member_double(&w, "progress", info.progress, 3);
	json_member_array(&w, "rows");
	for (size_t i = 0; i < n; i++)
		put_row(&w, &row[i], s.now_us, list.query.facts && !list.active);
	json_close_array(&w);
	json_key(&w, "next");
	if (n && (uint64_t)list.offset + n < info.total)
		json_put_uint(&w, (uint64_t)list.offset + n);
	else
		json_put_null(&w);
	json_close_object(&w);
}

/* ---- one item ---- */

/* The member of a head and a body, of which the end may be missing. */
static void member_content(
	struct json_writer *w, const char *name, const char *head, const char *body, size_t len)
{
	size_t shown = len > CONTENT_MAX ? CONTENT_MAX : len;

	json_key(w, name);
	if (!head && !body) {
		json_put_null(w);
		return;
	}
	/* not in the middle of a character */
	while (shown < len && shown && ((unsigned char)body[shown] & 0xc0) == 0x80)
		shown--;
	json_open_object(w);
	json_member_text(w, "head", head ? head : "");
	json_member_string(w, "body", body ? body : "", shown);
	json_member_uint(w, "bytes", len);
	json_member_bool(w, "truncated", shown < len);
	json_close_object(w);
}

static void put_attempt(struct json_writer *w, const struct attempt_view *v)
{
	json_open_object(w);
	json_member_int(w, "attempt", v->number);
	member_time(w, "started", v->started_wall_us);
	json_member_text(w, "outcome", outcome_name(v->outcome));
	json_member_int(w, "status", v->status);
	member_seconds(w, "latency_s", v->latency_us);
	member_seconds(w, "first_byte_s", v->first_byte_us);
	member_seconds(w, "connect_s", v->connect_us);
	member_seconds(w, "wait_s", v->wait_us);
	json_member_text(w, "request_id", v->request_id);
	json_member_text(w, "message", v->message);
	json_member_text(w, "stage", v->queue);
	json_close_object(w);
}

static void member_json(struct json_writer *w, const char *name, const char *json)
{
	struct json_span span = json ? json_whole(json, strlen(json)) : (struct json_span){NULL, 0};

	json_key(w, name);
	json_put_span(w, span);
}

static void put_detail(
	struct json_writer *w, const struct item_detail *d, int64_t now_us, bool content)
{
	json_open_object(w);
	json_key(w, "row");
	put_row(w, &d->row, now_us, false);
	json_member_int(w, "priority", d->priority);
	json_member_text_or_null(w, "error", d->error);
	member_json(w, "metadata", d->metadata);
	json_member_array(w, "attempts");
	for (int i = 0; i < d->attempts; i++)
		put_attempt(w, &d->attempt[i]);
	json_close_array(w);
	if (content) {
		member_content(w, "request", d->request_head, d->request_body, d->request_body_len);
		member_content(
			w, "response", d->response_head, d->response_body, d->response_body_len);
		member_json(w, "stages", d->stages);
	}
	json_close_object(w);
}

bool api_read_line(const struct api_request *r, int64_t *line, struct api_answer *a)
{
	const char *name = strrchr(r->path, '/') + 1;

	return parse_count(name, 1, INT64_MAX, line) ||
	       api_refuse(a, 400,
		       "\"%s\" is not a line number; find the line of an id with "
		       "/v1/items?filter=id:%s",
		       name, name);
}

void api_get_item(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	bool content = false, there;
	struct item_detail d;
	struct snapshot s;
	int64_t line;

	if (!api_flag(r, "content", &content, a) || !api_read_line(r, &line, a))
		return;
	there = content ? port_detail(&api->port, (uint64_t)line, &d)
			: port_summary(&api->port, (uint64_t)line, &d);
	if (!there) {
		api_refuse(a, 404, "no item on line %" PRId64, line);
		return;
	}
	port_snapshot(&api->port, &s);
	put_detail(&w, &d, s.now_us, content);
	port_detail_free(&d);
}

/* ---- errors ---- */

static void put_group(struct json_writer *w, const struct error_group *g)
{
	json_open_object(w);
	json_member_uint(w, "group", g->id);
	json_member_text(w, "outcome", outcome_name(g->outcome));
	json_member_int(w, "status", g->status);
	json_member_text(w, "code", g->code);
	json_member_text(w, "message", g->message);
	json_member_uint(w, "attempts", g->attempts);
	json_member_uint(w, "items", g->items);
	json_member_uint(w, "failed", g->final);
	json_member_text(w, "sample", g->sample_id);
	member_time(w, "first", g->first_wall_us);
	member_time(w, "last", g->last_wall_us);
	json_close_object(w);
}

void api_get_errors(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct error_group group[ROWS_AT_ONCE];
	int64_t limit = 50;
	size_t n, total;

	if (!api_number(r, "limit", 1, ROWS_AT_ONCE, &limit, a))
		return;
	n = port_errors(&api->port, group, (size_t)limit, &total);
	json_open_object(&w);
	json_member_uint(&w, "total", total);
	json_member_array(&w, "errors");
	for (size_t i = 0; i < n; i++)
		put_group(&w, &group[i]);
	json_close_array(&w);
	json_close_object(&w);
}
