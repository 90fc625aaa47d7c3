/* A service in another process: its batches, its live calls, and a batch as a run, whose port is
 * another connection's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "remote/remote_impl.h"

/* A service may have many batches, and nobody reads a row more often. */
#define BATCHES_EVERY_US US_PER_S
/* How long a batch may take to become a run that is heard. */
#define OPEN_US (5 * US_PER_S)
/* A service that was started again opens the socket of a batch only when it is asked. */
#define SOCKET_EVERY_US (US_PER_S / 2)

/* ---- reading ---- */

static uint64_t count_of(struct json_span v)
{
	int64_t n;

	return json_span_int(v, &n) && n > 0 ? (uint64_t)n : 0;
}

static double number_of(struct json_span v)
{
	double n;

	return json_span_double(v, &n) ? n : -1;
}

static int64_t time_of(struct json_span v)
{
	int64_t n;

	return json_span_int(v, &n) ? n : -1;
}

enum {
	BATCH_ID,
	BATCH_API,
	BATCH_OWNER,
	BATCH_ENDPOINT,
	BATCH_STATUS,
	BATCH_PHASE,
	BATCH_NOTE,
	BATCH_RESULTS,
	BATCH_BOUND,
	BATCH_ITEMS,
	BATCH_DONE,
	BATCH_TOTAL,
	BATCH_RATE,
	BATCH_ETA_LOW,
	BATCH_ETA_HIGH,
	BATCH_USD,
	BATCH_IN,
	BATCH_OUT,
	BATCH_WEIGHT,
	BATCH_PAUSED,
	BATCH_RAISED,
	BATCH_CREATED,
	BATCH_EXPIRES,
	BATCH_MEMBERS
};

static const char *const batch_members[BATCH_MEMBERS] = {"id", "api", "owner", "endpoint", "status",
	"phase", "note", "results", "bound", "items", "done", "total", "answers_per_s", "eta_low_s",
	"eta_high_s", "cost_usd", "tokens_in", "tokens_out", "weight", "paused", "raised",
	"created", "expires"};

struct texts {
	int member;
	size_t offset, size;
};

#define TEXT(member, record, name)                                                                 \
	{                                                                                          \
		member, offsetof(struct record, name), sizeof(((struct record *)0)->name)          \
	}

static void read_texts(const struct texts *t, size_t n, const struct json_want *want, void *record)
{
	for (size_t i = 0; i < n; i++)
		json_string_text(want[t[i].member].value, (char *)record + t[i].offset, t[i].size);
}

static void read_batch(struct json_span v, struct batch_row *out)
{
	static const struct texts texts[] = {TEXT(BATCH_ID, batch_row, id),
		TEXT(BATCH_API, batch_row, api), TEXT(BATCH_OWNER, batch_row, owner),
		TEXT(BATCH_ENDPOINT, batch_row, endpoint), TEXT(BATCH_STATUS, batch_row, status),
		TEXT(BATCH_PHASE, batch_row, phase), TEXT(BATCH_NOTE, batch_row, note),
		TEXT(BATCH_RESULTS, batch_row, results), TEXT(BATCH_BOUND, batch_row, bound)};
	struct json_want want[BATCH_MEMBERS] = {{.name = NULL}},
			 item[4] = {{.name = "ok"}, {.name = "failed"}, {.name = "held"},
				 {.name = "in_flight"}};

	for (int i = 0; i < BATCH_MEMBERS; i++)
		want[i].name = batch_members[i];
	json_pick(v.at, v.len, want, BATCH_MEMBERS, NULL);
	read_texts(texts, sizeof(texts) / sizeof(texts[0]), want, out);
	if (json_span_is(want[BATCH_ITEMS].value, JSON_VALUE_OBJECT))
		json_pick(want[BATCH_ITEMS].value.at, want[BATCH_ITEMS].value.len, item, 4, NULL);
	out->ok = count_of(item[0].value);
	out->failed = count_of(item[1].value);
	out->held = count_of(item[2].value);
	out->in_flight = count_of(item[3].value);
	out->done = count_of(want[BATCH_DONE].value);
	out->total = count_of(want[BATCH_TOTAL].value);
	out->answers_now = number_of(want[BATCH_RATE].value);
	out->eta_low_s = number_of(want[BATCH_ETA_LOW].value);
	out->eta_high_s = number_of(want[BATCH_ETA_HIGH].value);
	out->usd = number_of(want[BATCH_USD].value);
	out->tokens_in = number_of(want[BATCH_IN].value);
	out->tokens_out = number_of(want[BATCH_OUT].value);
	out->weight = number_of(want[BATCH_WEIGHT].value);
	out->paused = json_span_is(want[BATCH_PAUSED].value, JSON_VALUE_TRUE);
	out->raised = json_span_is(want[BATCH_RAISED].value, JSON_VALUE_TRUE);
	out->created_s = time_of(want[BATCH_CREATED].value);
	out->expires_s = time_of(want[BATCH_EXPIRES].value);
}

struct batches {
	struct batches_info info;
	struct batch_row row[]; /* BATCHES_SHOWN of them */
};

static bool on_batch(void *ctx, struct json_span v)
{
	struct batches *b = ctx;

	if (b->info.n == BATCHES_SHOWN)
		return false;
	if (json_span_is(v, JSON_VALUE_OBJECT))
		read_batch(v, &b->row[b->info.n++]);
	return true;
}

static void *read_batches(struct json_span v)
{
	struct batches *b = xcalloc(1, sizeof(*b) + BATCHES_SHOWN * sizeof(b->row[0]));

	json_each_element(json_find(v, "batches"), on_batch, b);
	b->info.more = count_of(json_find(v, "more"));
	return b;
}

static const struct fetch_kind batches_kind = {read_batches, free};

enum {
	CALL_OWNER,
	CALL_PATH,
	CALL_MODEL,
	CALL_ENDPOINT,
	CALL_STATE,
	CALL_ATTEMPTS,
	CALL_AGE,
	CALL_OUT,
	CALL_MEMBERS
};

struct calls {
	struct calls_info info;
	struct call_row row[CALLS_SHOWN];
};

static bool on_call(void *ctx, struct json_span v)
{
	static const char *const names[CALL_MEMBERS] = {
		"owner", "path", "model", "endpoint", "state", "attempts", "age_s", "tokens_out"};
	static const struct texts texts[] = {TEXT(CALL_OWNER, call_row, owner),
		TEXT(CALL_PATH, call_row, path), TEXT(CALL_MODEL, call_row, model),
		TEXT(CALL_ENDPOINT, call_row, endpoint), TEXT(CALL_STATE, call_row, state)};
	struct json_want want[CALL_MEMBERS] = {{.name = NULL}};
	struct calls *c = ctx;
	struct call_row *row = &c->row[c->info.n];

	if (c->info.n == CALLS_SHOWN)
		return false;
	if (!json_span_is(v, JSON_VALUE_OBJECT))
		return true;
	for (int i = 0; i < CALL_MEMBERS; i++)
		want[i].name = names[i];
	json_pick(v.at, v.len, want, CALL_MEMBERS, NULL);
	read_texts(texts, sizeof(texts) / sizeof(texts[0]), want, row);
	row->attempts = (int)(count_of(want[CALL_ATTEMPTS].value) & 0xffff);
	row->age_s = number_of(want[CALL_AGE].value);
	row->tokens_out = number_of(want[CALL_OUT].value);
	c->info.n++;
	return true;
}

static void *read_calls(struct json_span v)
{
	struct calls *c = xcalloc(1, sizeof(*c));

	json_each_element(json_find(v, "calls"), on_call, c);
	c->info.waiting = count_of(json_find(v, "waiting"));
	c->info.in_flight = count_of(json_find(v, "in_flight"));
	c->info.started = count_of(json_find(v, "started"));
	c->info.ended = count_of(json_find(v, "ended"));
	c->info.refused = count_of(json_find(v, "refused"));
	return c;
}

static const struct fetch_kind calls_kind = {read_calls, free};

/* ---- the lists ---- */

static void service_batches(
	void *ctx, bool all, struct batch_row *out, size_t n, struct batches_info *info)
{
	struct remote *r = ctx;
	bool hurries = clock_mono_us() < r->hurry_us;
	char path[64];
	struct fetch *x;
	const struct batches *b;

	snprintf(path, sizeof(path), "/v1/batches?limit=%d%s", BATCHES_SHOWN, all ? "&all=1" : "");
	x = fetches_ask_every(
		&r->fetches, path, &batches_kind, hurries ? FETCH_FRESH_US : BATCHES_EVERY_US);
	remote_wait_for(r, x);
	b = x->value;
	*info = b ? b->info : (struct batches_info){.n = 0};
	info->n = info->n < n ? info->n : n;
	if (info->n)
		memcpy(out, b->row, info->n * sizeof(*out));
}

static void service_calls(void *ctx, struct call_row *out, size_t n, struct calls_info *info)
{
	struct remote *r = ctx;
	char path[32];
	struct fetch *x;
	const struct calls *c;

	snprintf(path, sizeof(path), "/v1/calls?limit=%d", CALLS_SHOWN);
	x = fetches_ask(&r->fetches, path, &calls_kind);
	remote_wait_for(r, x);
	c = x->value;
	*info = c ? c->info : (struct calls_info){.n = 0};
	info->n = info->n < n ? info->n : n;
	if (info->n)
		memcpy(out, c->row, info->n * sizeof(*out));
}

/* ---- a batch as a run ---- */

static void ask_socket(struct remote *r);

static void on_batch_news(void *ctx)
{
	remote_news(ctx);
}

/* ^C there leaves all. */
static void on_batch_leave(void *ctx)
{
	struct remote *r = ctx;

	r->config.leave(r->config.ctx);
}

static void begin_batch(struct remote *r, const char *socket)
{
	char title[sizeof(r->snap.run_name) + BATCH_ID_SIZE];
	const struct remote_config to = {.fd = -1,
		.socket = socket,
		.title = title,
		.read_only = r->config.read_only,
		.of_service = true,
		.news = on_batch_news,
		.leave = on_batch_leave,
		.ctx = r};

	snprintf(title, sizeof(title), "%s/%s", r->snap.run_name, r->batch.id);
	r->batch.run = remote_open(r->loop, &to);
	/* from here on it finds the way back itself */
	ev_timer_start(r->loop, &r->batch.run->look);
}

static void on_socket(void *ctx, int status, const char *body, size_t len)
{
	struct remote *r = ctx;
	struct json_span v = status ? json_whole(body, len) : (struct json_span){NULL, 0};
	struct remote_batch *b = &r->batch;
	char socket[256] = "";

	b->call = NULL;
	if (status == 200)
		json_string_text(json_find(v, "socket"), socket, sizeof(socket));
	if (b->run)
		return; /* it was opened before, and connects again */
	if (socket[0]) {
		begin_batch(r, socket);
		return;
	}
	json_string_text(json_find(v, "error.message"), b->why.text, sizeof(b->why.text));
	if (!b->why.text[0])
		error_set(&b->why, "the service did not answer");
	remote_news(r);
}

static void ask_socket(struct remote *r)
{
	char path[BATCH_ID_SIZE + 32];

	snprintf(path, sizeof(path), "/v1/batches/%s/socket", r->batch.id);
	r->batch.asked_us = clock_mono_us();
	r->batch.call = link_ask(r->link, path, NULL, 10, on_socket, r);
}

static void service_close(void *ctx)
{
	struct remote *r = ctx;
	struct remote_batch *b = &r->batch;

	if (b->call)
		link_cancel(r->link, b->call);
	if (b->run)
		remote_close(b->run);
	*b = (struct remote_batch){.run = NULL};
}

static void look_for_run(struct remote *r)
{
	const struct remote_batch *b = &r->batch;

	if (b->run && !b->call && remote_is_lost(b->run) && remote_is_live(r) &&
		clock_mono_us() - b->asked_us > SOCKET_EVERY_US)
		ask_socket(r);
}

static const struct remote_batch_calls calls = {look_for_run, service_close};

static void service_open(void *ctx, const char *id)
{
	struct remote *r = ctx;
	struct remote_batch *b = &r->batch;

	service_close(r);
	b->calls = &calls;
	snprintf(b->id, sizeof(b->id), "%s", id);
	b->begun_us = clock_mono_us();
	if (strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
		strlen(id))
		error_set(&b->why, "\"%.40s\" is no batch", id);
	else if (!remote_is_live(r))
		error_set(&b->why, "no connection to the service");
	else
		ask_socket(r);
}

static enum batch_open service_opened(void *ctx, struct port *out, struct error *err)
{
	struct remote *r = ctx;
	struct remote_batch *b = &r->batch;

	if (b->run && remote_is_ready(b->run)) {
		*out = remote_port(b->run);
		return BATCH_OPEN_READY;
	}
	if (!b->why.text[0] && b->run)
		remote_failed(b->run, &b->why);
	if (!b->why.text[0] && clock_mono_us() - b->begun_us > OPEN_US)
		error_set(&b->why, "its run has not answered for 5 s");
	if (!b->why.text[0])
		return BATCH_OPEN_LATER;
	*err = b->why;
	service_close(r);
	return BATCH_OPEN_FAILED;
}

const struct service_ops remote_service_ops = {
	service_batches, service_calls, service_open, service_opened, service_close};
