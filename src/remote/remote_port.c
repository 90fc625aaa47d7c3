/* The port itself. Each call answers from what is here; while a key is handled it waits for what is
 * not, at most as long as a key may take. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "carry/detail.h"
#include "carry/tables.h"
#include "remote/pages.h"
#include "remote/remote_impl.h"

/* A key is answered within 400 ms, also over 100 ms to the run and back. Texts may be long: the
 * list beside them does not wait for them. */
#define KEY_US  (330 * US_PER_MS)
#define TEXT_US (60 * US_PER_MS)

enum { PATH_SIZE = 4096, ROWS_ASKED = 200, COMMAND_PATIENCE_S = 0 };

static bool has_time(const struct remote *r)
{
	return remote_is_live(r) && clock_mono_us() < r->until_us;
}

/* Waits for an answer that is not usable, unless there is no time; it is late then. */
static void wait_for(struct remote *r, struct fetch *x, int64_t until_us)
{
	if (fetch_is_usable(x, clock_mono_us()))
		return;
	if (has_time(r))
		fetches_wait(&r->fetches, x, until_us);
	if (!fetch_is_usable(x, clock_mono_us()))
		r->late = true;
}

/* ---- the figures ---- */

/* The last figures are no news, and a question of the run is nobody's any more. */
static void say_over(const struct remote *r, struct snapshot *s)
{
	bool ended = s->state == RUN_DONE || s->state == RUN_STOPPED;

	s->question = QUESTION_NONE;
	if (!ended)
		s->state = RUN_STOPPED;
	if (r->exit_code >= 0)
		snprintf(s->state_note, sizeof(s->state_note),
			"the run has ended with exit code %d; q leaves, sluice view has its items",
			r->exit_code);
	else
		snprintf(s->state_note, sizeof(s->state_note),
			"the run's process is gone%s; q leaves, sluice view has its items",
			ended ? "" : ": killed, or lost. The same command resumes it");
}

static void say_lost(struct snapshot *s)
{
	char age[16];

	text_age(s->unheard_us, age, sizeof(age));
	snprintf(s->state_note, sizeof(s->state_note),
		"nothing heard from the run for %s, trying again: these are its figures of then",
		age);
}

static void set_link(const struct remote *r, struct snapshot *s)
{
	int64_t unheard_us = clock_mono_us() - r->heard_us;

	s->read_only = s->read_only || r->config.read_only;
	if (r->over) {
		s->link = RUN_LINK_OVER;
		say_over(r, s);
	} else if (!remote_is_live(r)) {
		s->link = RUN_LINK_LOST;
		s->unheard_us = unheard_us;
		say_lost(s);
	}
}

static void port_op_snapshot(void *ctx, struct snapshot *out)
{
	struct remote *r = ctx;

	*out = r->snap;
	set_link(r, out);
	/* the log may still be on its way */
	out->last_event = r->earlier + r->last_event;
	r->late = false;
}

static size_t port_op_events(void *ctx, uint64_t since, struct event *out, size_t n)
{
	const struct remote *r = ctx;
	uint64_t last = r->last_event, seq = since > r->earlier ? since - r->earlier : 0;
	size_t got = 0;

	if (seq + REMOTE_EVENTS < last)
		seq = last - REMOTE_EVENTS;
	for (seq++; seq <= last && got < n; seq++) {
		const struct event *e = &r->event[(seq - 1) % REMOTE_EVENTS];

		if (e->seq != seq) /* before the first one that the run kept */
			continue;
		out[got] = *e;
		out[got++].seq += r->earlier;
	}
	return got;
}

/* ---- rows ---- */

static struct fetch *ask_page(
	struct remote *r, const char *list, uint64_t offset, size_t n, uint64_t at)
{
	struct fetch *x;
	struct buf path;

	buf_init(&path, PATH_SIZE);
	page_path(&path, list, offset, n < ROWS_ASKED ? n : ROWS_ASKED, at);
	x = fetches_ask(&r->fetches, buf_str(&path), &page_kind);
	buf_free(&path);
	return x;
}

/* Asks for rows that are not here, and waits. A single row is asked for with its page on both
 * sides, which is read next. */
static struct fetch *fetch_rows(struct remote *r, const char *list, uint64_t offset, size_t n)
{
	uint64_t first = offset;
	struct fetch *x;

	if (n == 1) {
		first = offset > r->page_rows ? offset - r->page_rows : 0;
		n = 2 * r->page_rows + 1;
	}
	x = ask_page(r, list, first, n, 0);
	wait_for(r, x, r->until_us);
	return x;
}

/* Fills rows from the pages that are here; returns how many without a gap. */
static size_t gather(
	const struct remote *r, const char *list, uint64_t offset, struct item_row *out, size_t n)
{
	size_t got = 0;

	while (got < n) {
		const struct page *p = pages_at(&r->fetches, list, offset + got);
		size_t from, some;

		if (!p)
			break;
		from = (size_t)(offset + got - p->offset);
		some = p->n - from < n - got ? p->n - from : n - got;
		memcpy(out + got, p->row + from, some * sizeof(*out));
		got += some;
	}
	return got;
}

/* What is known of the list: of its newest page, else of the refusal. */
static void fill_info(
	struct remote *r, const char *list, const struct fetch *x, struct rows_info *info)
{
	const struct page *p = pages_newest(&r->fetches, list);

	if (p) {
		*info = p->info;
		return;
	}
	*info = (struct rows_info){.busy = x && x->busy};
	if (x && x->refused[0] && !x->busy)
		snprintf(info->error, sizeof(info->error), "%s", x->refused);
	else if (!remote_is_live(r))
		snprintf(info->error, sizeof(info->error), "not read before the %s",
			r->over ? "run ended: sluice view has the items" : "connection was lost");
	else if (pages_last(&r->fetches, list)) /* how long it was is better than nothing */
		info->total = pages_last(&r->fetches, list)->info.total;
}

/* How many rows of the place on the list has, as far as it is known. */
static size_t rows_there(const struct remote *r, const char *list, uint64_t offset, size_t n)
{
	const struct page *p = pages_newest(&r->fetches, list);
	uint64_t left;

	if (!p)
		return n;
	left = p->info.total > offset ? p->info.total - offset : 0;
	return left < n ? (size_t)left : n;
}

static size_t port_op_rows(void *ctx, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	struct remote *r = ctx;
	struct fetch *x = NULL;
	struct buf list;
	size_t got, tries = 0;

	buf_init(&list, PATH_SIZE);
	page_list_path(&list, q);
	if (n > 1) {
		/* kept up to date as long as it is shown */
		r->page_rows = n < ROWS_ASKED / 3 ? n : ROWS_ASKED / 3;
		x = ask_page(r, buf_str(&list), offset, n, 0);
	}
	got = gather(r, buf_str(&list), offset, out, n);
	if (got < rows_there(r, buf_str(&list), offset, n) || (!got && n)) {
		/* a page may be shorter than it was asked for */
		do {
			x = n > 1 && !got ? x : NULL;
			if (x)
				wait_for(r, x, r->until_us);
			else
				x = fetch_rows(r, buf_str(&list), offset + got, n - got);
			got = gather(r, buf_str(&list), offset, out, n);
		} while (got < rows_there(r, buf_str(&list), offset, n) && x->value && tries++ < 4);
	}
	fill_info(r, buf_str(&list), x, info);
	buf_free(&list);
	return got;
}

static bool port_op_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	struct remote *r = ctx;
	const struct page *p;
	struct fetch *x;
	struct buf list;
	bool found;

	buf_init(&list, PATH_SIZE);
	page_list_path(&list, q);
	found = pages_locate(&r->fetches, buf_str(&list), line, offset);
	if (!found) {
		x = ask_page(r, buf_str(&list), 0, r->page_rows + 1, line);
		wait_for(r, x, r->until_us);
		p = x->value;
		found = p && p->has_place;
		if (found)
			*offset = p->place;
	}
	buf_free(&list);
	return found;
}

/* ---- one item ---- */

static void *read_row(struct json_span v)
{
	struct json_span at = json_find(v, "row");
	struct item_row *row;

	if (!json_span_is(at, JSON_VALUE_OBJECT))
		return NULL;
	row = xcalloc(1, sizeof(*row));
	carry_read(at, carry_item_row_fields, row);
	return row;
}

static const struct fetch_kind row_kind = {read_row, free};

/* The newest row that is here, or soon; false: there is none. */
static bool find_row(struct remote *r, uint64_t line, struct item_row *out, int64_t *got_us)
{
	int64_t now_us = clock_mono_us();
	const struct item_row *row = pages_row(&r->fetches, line, got_us);
	struct fetch *x;
	char path[80];

	/* one that is on a page is asked for with it */
	if (!row || (now_us - *got_us > 3 * FETCH_FRESH_US && r->link)) {
		snprintf(path, sizeof(path), "/v1/watch/row/%" PRIu64, line);
		x = fetches_ask(&r->fetches, path, &row_kind);
		if (!row)
			wait_for(r, x, r->until_us);
		if (x->value && (!row || x->got_us > *got_us)) {
			row = x->value;
			*got_us = x->got_us;
		}
	}
	if (row)
		*out = *row;
	return row;
}

static bool port_op_row(void *ctx, uint64_t line, struct item_row *out)
{
	int64_t got_us;

	return find_row(ctx, line, out, &got_us);
}

static void *read_detail(struct json_span v)
{
	struct item_detail *d = xcalloc(1, sizeof(*d));

	if (carry_detail_read(json_find(v, "item"), d))
		return d;
	free(d);
	return NULL;
}

static void free_detail(void *value)
{
	port_detail_free(value);
	free(value);
}

static const struct fetch_kind detail_kind = {read_detail, free_detail};

/* Is the detail of the item as its row says it is? */
static bool is_current(const struct item_detail *d, const struct item_row *row)
{
	return d && d->row.state == row->state && d->row.attempt == row->attempt &&
	       d->row.bytes_in >= row->bytes_in;
}

static char *copy_bytes(const char *text, size_t len)
{
	char *copy;

	if (!text)
		return NULL;
	copy = xmalloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static char *copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void copy_detail(const struct item_detail *d, struct item_detail *out)
{
	*out = *d;
	out->request_head = copy_text(d->request_head);
	out->request_body = copy_bytes(d->request_body, d->request_body_len);
	out->response_head = copy_text(d->response_head);
	out->response_body = copy_bytes(d->response_body, d->response_body_len);
	out->stages = copy_text(d->stages);
	out->metadata = copy_text(d->metadata);
	out->error = copy_text(d->error);
	if (!d->said)
		return;
	out->said = xcalloc(d->n_said + 1, sizeof(*out->said));
	for (size_t i = 0; i < d->n_said; i++) {
		out->said[i] = d->said[i];
		out->said[i].text = copy_bytes(d->said[i].text, d->said[i].len);
	}
}

/* Is it as new as the row of the item? */
static bool is_good(
	const struct remote *r, const struct fetch *x, const struct item_row *row, int64_t row_us)
{
	return x->value && (!r->link || x->got_us > row_us || is_current(x->value, row));
}

static bool port_op_detail(void *ctx, uint64_t line, bool content, struct item_detail *out)
{
	struct remote *r = ctx;
	int64_t row_us, most_us;
	struct item_row row;
	struct fetch *x;
	char path[80];

	memset(out, 0, sizeof(*out));
	if (!find_row(r, line, &row, &row_us))
		return false;
	snprintf(path, sizeof(path), "/v1/watch/items/%" PRIu64 "?content=%d", line, content);
	x = fetches_find(&r->fetches, path, &detail_kind);
	if (!is_good(r, x, &row, row_us)) {
		x = fetches_ask(&r->fetches, path, &detail_kind);
		most_us = clock_mono_us() + TEXT_US;
		if (has_time(r))
			fetches_wait(&r->fetches, x, most_us < r->until_us ? most_us : r->until_us);
	}
	if (!is_good(r, x, &row, row_us)) {
		r->late = r->late || !x->refused[0];
		return false;
	}
	copy_detail(x->value, out);
	return true;
}

/* ---- errors ---- */

enum { GROUPS_MAX = 256 };

struct groups {
	size_t n, total;
	struct error_group group[GROUPS_MAX];
};

static bool on_group(void *ctx, struct json_span v)
{
	struct groups *g = ctx;

	carry_read(v, carry_group_fields, &g->group[g->n++]);
	return g->n < GROUPS_MAX;
}

static void *read_groups(struct json_span v)
{
	struct groups *g = xcalloc(1, sizeof(*g));
	int64_t total;

	json_each_element(json_find(v, "errors"), on_group, g);
	g->total = json_span_int(json_find(v, "total"), &total) && total > (int64_t)g->n
			   ? (size_t)total
			   : g->n;
	return g;
}

static const struct fetch_kind groups_kind = {read_groups, free};

static size_t port_op_errors(void *ctx, struct error_group *out, size_t n, size_t *total)
{
	struct remote *r = ctx;
	struct fetch *x = fetches_ask(&r->fetches, "/v1/watch/errors", &groups_kind);
	const struct groups *g;

	wait_for(r, x, r->until_us);
	g = x->value;
	*total = g ? g->total : 0;
	n = g && g->n < n ? g->n : g ? n : 0;
	if (n)
		memcpy(out, g->group, n * sizeof(*out));
	return n;
}

static void *read_hits(struct json_span v)
{
	struct json_span at = json_find(v, "hits");
	struct error_hits *hits;

	if (!json_span_is(at, JSON_VALUE_OBJECT))
		return NULL;
	hits = xcalloc(1, sizeof(*hits));
	carry_read(at, carry_hits_fields, hits);
	return hits;
}

static const struct fetch_kind hits_kind = {read_hits, free};

static bool port_op_error_hits(void *ctx, uint32_t id, struct error_hits *out)
{
	struct remote *r = ctx;
	struct fetch *x;
	char path[64];

	if (!id)
		return false;
	snprintf(path, sizeof(path), "/v1/watch/hits/%" PRIu32, id);
	x = fetches_ask(&r->fetches, path, &hits_kind);
	wait_for(r, x, r->until_us);
	if (x->value)
		*out = *(const struct error_hits *)x->value;
	return x->value;
}

/* ---- usage and chart ---- */

struct usage {
	size_t n;
	struct usage_row row[USAGE_ROWS_SHOWN];
};

static bool on_usage(void *ctx, struct json_span v)
{
	struct usage *u = ctx;

	carry_read(v, carry_usage_fields, &u->row[u->n++]);
	return u->n < USAGE_ROWS_SHOWN;
}

static void *read_usage(struct json_span v)
{
	struct usage *u = xcalloc(1, sizeof(*u));

	json_each_element(json_find(v, "usage"), on_usage, u);
	return u;
}

static const struct fetch_kind usage_kind = {read_usage, free};

static size_t port_op_usage(void *ctx, struct usage_row *out, size_t n)
{
	struct remote *r = ctx;
	struct fetch *x = fetches_ask(&r->fetches, "/v1/watch/usage", &usage_kind);
	const struct usage *u;

	wait_for(r, x, r->until_us);
	u = x->value;
	n = u && u->n < n ? u->n : u ? n : 0;
	if (n)
		memcpy(out, u->row, n * sizeof(*out));
	return n;
}

static size_t port_op_chart(void *ctx, const struct chart_query *q, struct chart_slot *out,
	size_t n, struct chart_info *info)
{
	struct remote *r = ctx;
	struct remote_chart *c = &r->chart[q->recent];
	struct fetch *x;
	char path[120];

	remote_chart_path(c, q->recent, path, sizeof(path));
	x = fetches_ask(&r->fetches, path, &remote_chart_kind);
	if (!c->n)
		wait_for(r, x, r->until_us);
	if (x->value)
		remote_chart_add(c, q->recent, x->value);
	return remote_chart_slots(c, q->from, out, n, info);
}

/* ---- commands ---- */

/* Reads the answer to a command, or the error in its place. */
static void on_ordered(void *ctx, int status, const char *body, size_t len)
{
	struct remote_order *o = ctx;
	struct json_span v = status ? json_whole(body, len) : (struct json_span){NULL, 0};
	struct json_span text = json_find(v, "text");
	struct job_view *out = &o->view;
	int64_t items;

	o->call = NULL;
	o->remote->hurries = true;
	out->active = false;
	out->ok = json_span_is(json_find(v, "ok"), JSON_VALUE_TRUE);
	out->items =
		json_span_int(json_find(v, "items"), &items) && items > 0 ? (uint64_t)items : 0;
	if (!text.at)
		text = json_find(v, "error.message");
	if (text.at)
		json_string_text(text, out->text, sizeof(out->text));
	else
		snprintf(out->text, sizeof(out->text),
			"the connection broke: it is not known whether the run did it");
	remote_news(o->remote);
}

static void put_order(struct buf *body, const struct command_request *request)
{
	struct json_writer w = json_writer_to(body);
	char folder[PATH_MAX];

	json_open_object(&w);
	json_member_text(&w, "command", request->text);
	json_member_bool(&w, "dry_run", request->dry_run);
	if (request->folder)
		json_member_text(&w, "folder", request->folder);
	else if (getcwd(folder, sizeof(folder)) && folder[0] == '/')
		json_member_text(&w, "folder", folder);
	json_close_object(&w);
}

static bool is_ordered(void *ctx)
{
	const struct remote_order *o = ctx;

	return !o->view.active;
}

/* Sends a command and waits for its answer as long as a key may take; later the job has it. */
static void order(
	struct remote *r, const struct command_request *request, struct command_reply *out)
{
	struct remote_order *o = &r->order;
	struct buf body;

	if (o->view.active) {
		snprintf(out->text, sizeof(out->text),
			"the run has not answered the last command yet: wait for it");
		return;
	}
	memset(&o->view, 0, sizeof(o->view));
	o->view.active = true;
	o->job++;
	buf_init(&body, 64 << 10);
	put_order(&body, request);
	o->call = link_ask(
		r->link, "/v1/commands", buf_str(&body), COMMAND_PATIENCE_S, on_ordered, o);
	buf_free(&body);
	link_wait(r->link, clock_mono_us() + KEY_US, is_ordered, o);
	out->ok = o->view.active || o->view.ok;
	out->items = o->view.items;
	out->job = o->view.active ? o->job : 0;
	snprintf(out->text, sizeof(out->text), "%s",
		o->view.active ? "sent; the run has not answered yet" : o->view.text);
}

static bool leaves(const struct remote *r, const char *text)
{
	bool is_end = !strcmp(text, "quit") || !strcmp(text, "interrupt");

	return !strcmp(text, "leave") || (is_end && (!r->config.started_here || r->over));
}

static void port_op_command(
	void *ctx, const struct command_request *request, struct command_reply *out)
{
	struct remote *r = ctx;

	memset(out, 0, sizeof(*out));
	if (leaves(r, request->text)) {
		out->ok = true;
		r->config.leave(r->config.ctx);
	} else if (r->over) {
		snprintf(out->text, sizeof(out->text), "the run has ended: nothing was sent");
	} else if (!remote_is_live(r)) {
		snprintf(
			out->text, sizeof(out->text), "no connection to the run: nothing was sent");
	} else if (r->config.read_only && !request->dry_run &&
		   strcmp(request->text, "interrupt") != 0) {
		snprintf(out->text, sizeof(out->text), "read-only: commands are off");
	} else {
		order(r, request, out);
	}
}

static bool port_op_job(void *ctx, uint64_t number, struct job_view *out)
{
	const struct remote *r = ctx;

	if (!number || number != r->order.job)
		return false;
	*out = r->order.view;
	return true;
}

static const struct command_info *port_op_commands(void *ctx, size_t *n)
{
	const struct remote *r = ctx;

	*n = r->n_commands;
	return r->command;
}

void remote_tell(struct remote *r, const char *command)
{
	struct command_reply ignored;

	port_op_command(r, &(struct command_request){.text = command}, &ignored);
}

/* ---- the rest ---- */

/* For monitoring, which asks the run itself. */
static void port_op_totals(void *ctx, struct totals *out)
{
	(void)ctx;
	memset(out, 0, sizeof(*out));
}

static void on_attended(void *ctx, int status, const char *body, size_t len)
{
	(void)ctx, (void)status, (void)body, (void)len;
}

static void port_op_attended(void *ctx)
{
	struct remote *r = ctx;
	int64_t now_us = clock_mono_us();

	r->until_us = now_us + KEY_US;
	if (!remote_is_live(r) || r->config.read_only || now_us - r->attended_us < US_PER_S)
		return;
	r->attended_us = now_us;
	link_ask(r->link, "/v1/watch/attended", "{}", 10, on_attended, r);
}

static bool port_op_late(void *ctx)
{
	const struct remote *r = ctx;

	return r->late && remote_is_live(r);
}

const struct port_ops remote_port_ops = {port_op_snapshot, port_op_rows, port_op_locate,
	port_op_row, port_op_detail, port_op_errors, port_op_events, port_op_command, port_op_job,
	port_op_commands, port_op_totals, port_op_attended, port_op_chart, port_op_usage,
	port_op_error_hits, port_op_late};
