/* The stand-in port's items: those that ended, those that are active, those that are queued. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "fake_port.h"

enum { LINE_STEP = 13, LINE_ACTIVE = 4102 };

struct item_row *fake_items_at(struct fake_port *f, size_t i)
{
	bool active = i >= FAKE_ENDED && i - FAKE_ENDED < f->rows;

	return active ? &f->row[i - FAKE_ENDED] : &f->other[i];
}

static void set_ended(struct item_row *r, size_t i)
{
	r->state = i % 17 == 5 ? ITEM_FAILED : i % 31 == 7 ? ITEM_CANCELLED : ITEM_OK;
	r->outcome = r->state == ITEM_OK          ? OUTCOME_OK
		     : r->state == ITEM_CANCELLED ? OUTCOME_CANCELLED
		     : i % 2                      ? OUTCOME_TIMEOUT
						  : OUTCOME_CLIENT_ERROR;
	r->status = r->state == ITEM_OK ? 200 : r->outcome == OUTCOME_CLIENT_ERROR ? 400 : 0;
	r->attempt = r->outcome == OUTCOME_TIMEOUT ? 5 : 1;
	r->age_us = 70 * US_PER_S + (int64_t)i * US_PER_S;
	r->bytes_in = 1200 + i * 7;
}

/* What the files have of an item that ended. */
static void set_facts(struct item_row *r, size_t i, int64_t wall_us)
{
	static const char *const answers[] = {"The sluice is open; a long sentence follows that "
					      "does not fit into eighty columns, to be cut.",
		"# Answer 1. First: \"quoted\", café", "Second: 世界 🚀", "{\"open\":true}"};
	bool ok = r->state == ITEM_OK;

	r->facts = (struct item_facts){.known = true,
		.latency_us = r->state == ITEM_CANCELLED ? -1 : 312000 + (int64_t)(i * i) * 917,
		.first_token_us = -1,
		.tokens_in = ok ? 420 + (int64_t)i : -1,
		.tokens_out = ok ? (int64_t)(i * 37 % 911) : -1,
		.usd = ok ? 0.000063 + (double)(i * 37 % 911) * 6e-7 : -1,
		.ended_wall_us = wall_us - (int64_t)(260 - i) * US_PER_S};
	if (!ok)
		return;
	snprintf(r->facts.finish, sizeof(r->facts.finish), i % 9 == 4 ? "length" : "stop");
	snprintf(r->facts.endpoint, sizeof(r->facts.endpoint), i % 3 ? "east" : "west");
	snprintf(r->facts.answer, sizeof(r->facts.answer), "%s", answers[i % 4]);
}

static void set_groups(struct fake_port *f)
{
	static const struct error_group groups[] = {
		{.id = 1,
			.outcome = OUTCOME_RATE_LIMITED,
			.status = 429,
			.code = "rate_limit_exceeded",
			.message = "Rate limit reached for m-large",
			.attempts = 104,
			.items = 12,
			.per_minute = {0, 2, 5, 9, 14, 20, 22, 15, 10, 7}},
		{.id = 2,
			.outcome = OUTCOME_TIMEOUT,
			.message = "no answer within 600 s",
			.attempts = 40,
			.items = 6,
			.final = 6,
			.per_minute = {1, 1, 1, 1, 1}},
		{.id = 3,
			.outcome = OUTCOME_SERVER_ERROR,
			.status = 503,
			.message = "upstream connect error",
			.attempts = 36,
			.items = 2,
			.per_minute = {0, 0, 0, 0, 0, 0, 0, 0, 30, 6}},
		{.id = 4,
			.outcome = OUTCOME_CLIENT_ERROR,
			.status = 400,
			.code = "context_length_exceeded",
			.message = "This model's maximum context length is # tokens",
			.attempts = 9,
			.items = 6,
			.final = 6},
	};
	static const char bad[] = "\x1b]52;c;aGk=\x07 \xe2\x80\xae reversed \xc2\x9b"
				  "31m\r\nline";

	f->groups = f->rows || f->snap.state == RUN_DONE ? sizeof(groups) / sizeof(groups[0]) : 0;
	memcpy(f->group, groups, f->groups * sizeof(*groups));
	for (size_t i = 0; i < f->groups; i++) {
		struct error_group *g = &f->group[i];

		snprintf(g->sample_id, sizeof(g->sample_id), "request-%06" PRIu64,
			LINE_ACTIVE - LINE_STEP * (uint64_t)(i + 3));
		g->first_wall_us = f->snap.wall_us - (int64_t)(700 - i * 100) * US_PER_S;
		g->last_wall_us = f->snap.wall_us - (int64_t)i * 37 * US_PER_S;
		if (f->hostile)
			text_sanitise(g->message, sizeof(g->message), bad, strlen(bad));
	}
}

void fake_items_set(struct fake_port *f)
{
	f->items = f->rows ? FAKE_ITEMS : 0;
	for (size_t i = 0; i < f->items; i++) {
		struct item_row *r = &f->other[i];

		*r = (struct item_row){.line = LINE_ACTIVE - FAKE_ENDED * LINE_STEP + i * LINE_STEP,
			.state = ITEM_QUEUED,
			.max_attempts = 5,
			.age_us = -1,
			.idle_us = -1};
		snprintf(r->id, sizeof(r->id), "request-%06" PRIu64, r->line);
		snprintf(r->model, sizeof(r->model), "m-%s", i % 3 ? "large" : "small");
		r->facts = (struct item_facts){.known = true,
			.latency_us = -1,
			.first_token_us = -1,
			.tokens_in = -1,
			.tokens_out = -1,
			.usd = -1,
			.ended_wall_us = -1};
		if (i < FAKE_ENDED) {
			set_ended(r, i);
			set_facts(r, i, f->snap.wall_us);
		}
	}
	for (size_t i = 0; i < f->rows; i++)
		f->row[i].facts = f->other[f->items - 1].facts;
	f->searched = 1;
	f->facts_read = FAKE_ITEMS;
	set_groups(f);
}

/* Does one word of a filter hold? -1: there is no such word. */
static int word_holds(const struct fake_port *f, const struct item_row *r, const char *word)
{
	const char *colon = strchr(word, ':'), *value = colon ? colon + 1 : word;
	const struct error_group *g;

	if (!colon)
		return !strcasecmp(word, item_state_name(r->state)) || strstr(r->id, word) != NULL;
	if (!strncmp(word, "state:", 6))
		return !strcasecmp(value, item_state_name(r->state));
	if (!strncmp(word, "outcome:", 8))
		return !strcasecmp(value, outcome_name(r->outcome));
	if (!strncmp(word, "code:", 5))
		return r->status == atoi(value);
	if (!strncmp(word, "id:", 3) || !strncmp(word, "error:", 6))
		return strstr(r->id, value) != NULL;
	if (!strncmp(word, "tag:", 4))
		return r->tagged == !strcmp(value, "yes");
	if (!strncmp(word, "latency:>", 9))
		return r->facts.latency_us > atoi(word + 9) * US_PER_S;
	if (!strncmp(word, "answer:", 7))
		return strstr(r->facts.answer, value) != NULL;
	if (!strncmp(word, "group:", 6)) {
		g = &f->group[(size_t)atoi(value) % FAKE_GROUPS
				      ? (size_t)atoi(value) % FAKE_GROUPS - 1
				      : 0];
		return r->outcome == g->outcome && r->state != ITEM_OK && r->state != ITEM_QUEUED;
	}
	return -1;
}

static bool holds(
	const struct fake_port *f, const struct item_row *r, const char *filter, char *error)
{
	char words[200], *rest = NULL;
	bool all = true;

	snprintf(words, sizeof(words), "%s", filter);
	for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		int is = word_holds(f, r, w + (*w == '!'));

		if (is < 0)
			snprintf(error, sizeof(((struct rows_info *)0)->error),
				"there is no filter \"%.40s\"", w);
		all = all && is == (*w != '!');
	}
	return all && !error[0];
}

static int key_of(const struct item_row *r, enum item_field sort)
{
	return sort == FIELD_STATE      ? (int)r->state
	       : sort == FIELD_ATTEMPTS ? r->attempt
	       : sort == FIELD_OUTCOME  ? (int)r->outcome
	       : sort == FIELD_LATENCY  ? (int)r->facts.latency_us
					: 0;
}

/* Was everything read that the query needs? */
static bool is_whole(const struct fake_port *f, const struct item_query *q)
{
	return f->searched >= 1 || !q ||
	       (!strstr(q->filter, "error:") && !strstr(q->filter, "answer:") &&
		       q->sort != FIELD_LATENCY);
}

/* The matching items in order; returns how many. */
static size_t select_rows(
	struct fake_port *f, const struct item_query *q, size_t out[FAKE_ITEMS], char *error)
{
	size_t n = 0, most = !is_whole(f, q) ? (size_t)(f->searched * (double)f->items) : f->items;

	for (size_t i = 0; q == QUERY_ACTIVE && i < f->rows; i++)
		out[n++] = FAKE_ENDED + i;
	for (size_t i = 0; q != QUERY_ACTIVE && i < most; i++) {
		struct item_row *r = fake_items_at(f, i);
		size_t at = n;

		if (!holds(f, r, q->filter, error))
			continue;
		while (at > 0 &&
			key_of(fake_items_at(f, out[at - 1]), q->sort) > key_of(r, q->sort)) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = i;
		n++;
	}
	for (size_t i = 0; q && q->descending && i < n / 2; i++) {
		size_t other = out[n - 1 - i];

		out[n - 1 - i] = out[i];
		out[i] = other;
	}
	return n;
}

size_t fake_items_rows(void *ctx, const struct item_query *q, uint64_t offset, struct item_row *out,
	size_t n, struct rows_info *info)
{
	struct fake_port *f = ctx;
	size_t found[FAKE_ITEMS], got = 0;
	bool whole = is_whole(f, q);

	*info = (struct rows_info){.complete = whole, .progress = whole ? 1 : f->searched};
	info->total = select_rows(f, q, found, info->error);
	f->page_most = n > f->page_most ? n : f->page_most;
	while (got < n && offset + got < info->total) {
		out[got] = *fake_items_at(f, found[offset + got]);
		out[got].facts.known = out[got].facts.known && q && q->facts && got < f->facts_read;
		got++;
	}
	return got;
}

bool fake_items_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	struct fake_port *f = ctx;
	size_t found[FAKE_ITEMS], n;
	char error[sizeof(((struct rows_info *)0)->error)] = "";

	n = select_rows(f, q, found, error);
	for (size_t i = 0; i < n; i++) {
		*offset = i;
		if (fake_items_at(f, found[i])->line == line)
			return true;
	}
	return false;
}

static struct item_row *row_of(struct fake_port *f, uint64_t line)
{
	for (size_t i = 0; i < f->items; i++)
		if (fake_items_at(f, i)->line == line)
			return fake_items_at(f, i);
	return NULL;
}

bool fake_items_row(void *ctx, uint64_t line, struct item_row *out)
{
	struct item_row *r = row_of(ctx, line);

	if (r)
		*out = *r;
	return r != NULL;
}

static void set_bodies(struct fake_port *f, struct item_detail *d)
{
	static const char hostile[] = "{\"text\":\"\x1b]52;c;aGk=\x07 \x1b[2J \xe2\x80\xae \xc2\x9b"
				      "31m \xe2\x80\x8d\",\r\"bad\":\"\xff\xc3\"";
	const char *answer =
		"{\"id\":\"r-1\",\"model\":\"m-large\",\"choices\":[{\"index\":0,\"message\":"
		"{\"role\":\"assistant\",\"content\":\"The sluice is open; a long sentence follows "
		"that "
		"does not fit into eighty columns, to be wrapped.\"}}],\"empty\":{},\"none\":[],"
		"\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":19,\"ratio\":1.0e+3}}";

	d->request_body =
		xstrdup("{\"model\":\"m-large\",\"messages\":[{\"role\":\"user\","
			"\"content\":\"Say something about sluices.\"}],\"max_tokens\":256}");
	d->request_body_len = strlen(d->request_body);
	if (!strcmp(d->row.phase, "streaming")) {
		d->response_head =
			xstrdup("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
		d->response_body = xstrdup("The sluice is open:\n\n1. the water rises\n2. the boa");
		d->response_body_len = strlen(d->response_body);
	}
	if (!d->row.status)
		return;
	d->response_head = xstrdup(d->row.state == ITEM_OK
					   ? "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
					   : "HTTP/1.1 400 Bad Request\r\nRetry-After: 2\r\n");
	if (f->hostile)
		answer = hostile;
	d->response_body = xstrdup(answer);
	d->response_body_len = strlen(answer);
}

static void say(struct item_detail *d, const char *role, const char *text, bool answer)
{
	struct said *s;

	d->said = xrealloc(d->said, d->n_said + 1, sizeof(*d->said));
	s = &d->said[d->n_said++];
	*s = (struct said){.answer = answer, .text = xstrdup(text), .len = strlen(text)};
	snprintf(s->role, sizeof(s->role), "%s", role);
}

static void set_said(const struct fake_port *f, struct item_detail *d)
{
	static const char hostile[] = "\x1b]52;c;aGk=\x07 \x1b[2J \xe2\x80\xae \xc2\x9b"
				      "31m \xe2\x80\x8d\xff\xc3\ttab\rend";
	static const char *const stages[] = {"embed", "cache", "answer"};

	if (!strcmp(d->row.phase, "streaming")) {
		say(d, "assistant", d->response_body, true);
	} else if (d->row.status && d->row.state != ITEM_OK) {
		say(d, "error", "This model's maximum context length is 8192 tokens.", true);
	} else if (d->row.status) {
		say(d, "assistant",
			f->hostile
				? hostile
				: "# Answer\n\nThe sluice is open; a long sentence follows that "
				  "does not fit into eighty columns, to be wrapped.\n\n1. First: "
				  "\"quoted\", café\n2. Second: 世界 🚀\n\n```\nif "
				  "open:\n\tflow()\n```",
			true);
		say(d, "assistant calls close_gate", "{\"gate\":2}", true);
		snprintf(d->finish, sizeof(d->finish), "tool_calls");
	}
	for (size_t i = 0; f->snap.pipeline && i < 3; i++) {
		say(d, i == 1 ? "state" : "assistant", i == 1 ? "skipped" : "What it says.", true);
		snprintf(d->said[d->n_said - 1].stage, sizeof(d->said->stage), "%s", stages[i]);
	}
	say(d, "system", "Answer in Markdown.", false);
	say(d, "user",
		f->hostile
			? hostile
			: "Say something about sluices.\n[image: image/png, 4213 bytes of base64]",
		false);
}

static void set_attempts(const struct fake_port *f, struct item_detail *d)
{
	d->attempts = d->row.attempt < DETAIL_ATTEMPTS ? d->row.attempt : DETAIL_ATTEMPTS;
	for (int i = 0; i < d->attempts; i++) {
		struct attempt_view *a = &d->attempt[i];
		bool last = i + 1 == d->attempts;

		*a = (struct attempt_view){.number = i + 1,
			.started_wall_us = f->snap.wall_us - (int64_t)(90 - i * 20) * US_PER_S,
			.latency_us = 812400 + i * 1000,
			.first_byte_us = last && d->row.status ? 640000 : -1,
			.connect_us = i ? 0 : 3100,
			.wait_us = last ? -1 : (2 << i) * US_PER_S,
			.outcome = last ? d->row.outcome : OUTCOME_RATE_LIMITED,
			.status = last ? d->row.status : 429,
			.first_token_us = -1,
			.tokens_per_s = -1,
			.tokens_in = -1,
			.tokens_out = -1,
			.usd = -1};
		if (a->outcome == OUTCOME_OK) {
			a->tokens_in = 420;
			a->tokens_out = 57;
			a->usd = 0.000097;
		}
		snprintf(a->request_id, sizeof(a->request_id), "req-%08d", 1000 + i);
		if (a->outcome != OUTCOME_OK)
			snprintf(a->message, sizeof(a->message), "%s",
				f->hostile ? "\x1b[2J\x07 bad" : "Rate limit reached for m-large");
	}
}

bool fake_items_detail(void *ctx, uint64_t line, bool content, struct item_detail *out)
{
	struct fake_port *f = ctx;

	(void)content;
	memset(out, 0, sizeof(*out));
	if (!fake_items_row(ctx, line, &out->row))
		return false;
	out->request_head =
		xstrdup("POST https://api.example.com/v1/chat/completions\r\n"
			"Content-Type: application/json\r\nAuthorization: [redacted]\r\n");
	out->metadata = xstrdup("{\"user\":17}");
	set_bodies(f, out);
	set_said(f, out);
	set_attempts(f, out);
	if (f->snap.pipeline)
		out->stages =
			xstrdup("{\"embed\":{\"status_code\":200,\"body\":{\"data\":[]}},"
				"\"cache\":{\"skipped\":true},\"metadata\":{\"waiting\":true},"
				"\"search\":null}");
	if (out->row.state == ITEM_FAILED)
		out->error = xstrdup("gave up after 5 attempts");
	return true;
}

size_t fake_items_errors(void *ctx, struct error_group *out, size_t n, size_t *total)
{
	const struct fake_port *f = ctx;
	size_t got = n < f->groups ? n : f->groups;

	*total = f->groups;
	memcpy(out, f->group, got * sizeof(*out));
	return got;
}

/* "tag #LINE", "untag #LINE", "untag all" */
static bool tag(struct fake_port *f, const char *text, struct command_reply *out)
{
	bool on = !strncmp(text, "tag ", 4), all = !strcmp(text, "untag all");

	if (!on && strncmp(text, "untag ", 6) != 0)
		return false;
	f->snap.tagged = 0;
	for (size_t k = 0; k < f->items; k++) {
		struct item_row *r = fake_items_at(f, k);

		if (all || r->line == strtoull(text + strcspn(text, "#") + !all, NULL, 10))
			r->tagged = on;
		f->snap.tagged += r->tagged;
	}
	out->ok = true;
	snprintf(out->text, sizeof(out->text), "%s", all ? "2 tags removed" : "tagged");
	return true;
}

bool fake_items_command(struct fake_port *f, const char *text, struct command_reply *out)
{
	static const struct {
		const char *verb;
		enum item_state state;
	} verbs[] = {{"retry", ITEM_QUEUED}, {"cancel", ITEM_CANCELLED}, {"hold", ITEM_HELD},
		{"release", ITEM_QUEUED}};
	char error[sizeof(((struct rows_info *)0)->error)] = "";
	int n = 0;

	if (tag(f, text, out))
		return true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t len = strlen(verbs[i].verb);
		const char *what = text + len + 1;

		if (strncmp(text, verbs[i].verb, len) != 0 || text[len] != ' ')
			continue;
		if (*what != '#' && strncmp(what, "where ", 6) != 0)
			return false;
		for (size_t k = 0; k < f->items; k++) {
			struct item_row *r = fake_items_at(f, k);

			if (*what == '#' ? r->line == strtoull(what + 1, NULL, 10)
					 : holds(f, r, what + 6, error)) {
				r->state = verbs[i].state;
				n++;
			}
		}
		out->ok = n > 0;
		snprintf(out->text, sizeof(out->text), "%s: %d items", verbs[i].verb, n);
		return true;
	}
	return false;
}
