#include "serve/service_api.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "control/metrics.h"
#include "ledger/cost_record.h"
#include "live/live_view.h"
#include "serve/kind.h"
#include "serve/runner_view.h"
#include "serve/service_commands.h"
#include "serve/service_metrics.h"
#include "serve/token_book.h"
#include "session/process.h"

enum {
	OK = 200,
	CONFLICT = 409,
	NOT_FOUND = 404,
	BAD_METHOD = 405,
	UNAVAILABLE = 503,
	BATCHES_MAX = 1000,
	CALLS_USUAL = 100
};

static const char batch_path[] = "/v1/batches/";

/* ---- batches ---- */

static void member_usd(struct json_writer *w, const char *name, double usd)
{
	json_key(w, name);
	if (usd < 0)
		json_put_null(w);
	else
		json_put_real(w, usd);
}

static void member_seconds(struct json_writer *w, const char *name, int64_t us)
{
	json_key(w, name);
	if (us < 0)
		json_put_null(w);
	else
		json_put_double(w, s_from_us(us), 1);
}

static void member_time(struct json_writer *w, const char *name, int64_t us)
{
	json_member_count(w, name, us ? us / US_PER_S : -1);
}

static void put_items(struct json_writer *w, const struct item_counts *n)
{
	json_member_object(w, "items");
	json_member_uint(w, "queued", n->queued);
	json_member_uint(w, "waiting", n->waiting);
	json_member_uint(w, "in_flight", n->in_flight);
	json_member_uint(w, "held", n->held);
	json_member_uint(w, "ok", n->ok);
	json_member_uint(w, "failed", n->failed);
	json_member_uint(w, "cancelled", n->cancelled);
	json_close_object(w);
	json_member_uint(w, "done", n->ok + n->failed + n->cancelled);
	json_member_uint(w, "total", n->total);
}

static void put_batch(struct json_writer *w, const struct service *s, const struct batch_record *b)
{
	char results[2 * DISK_PATH_MAX];
	struct batch_view v;

	runner_view(b, &v);
	snprintf(results, sizeof(results), "%s/batches/%s/output.jsonl", s->folder, b->id);
	json_open_object(w);
	json_member_text(w, "id", b->id);
	json_member_text(w, "api", b->kind->name);
	json_member_text_or_null(w, "owner", b->owner);
	json_member_text_or_null(w, "endpoint", b->endpoint);
	json_member_text(w, "status", batch_state_name(batch_record_state(b)));
	json_member_text(w, "phase", batch_phase_name(v.phase));
	json_member_text_or_null(w, "note", v.note);
	put_items(w, &v.items);
	json_member_uint(w, "requests", v.requests);
	json_member_double(w, "answers_per_s", v.answers_now, 1);
	json_member_text(w, "bound", bound_name(v.bound));
	member_seconds(w, "eta_low_s", v.eta_low_us);
	member_seconds(w, "eta_high_s", v.eta_high_us);
	member_usd(w, "cost_usd", v.usd);
	json_member_double(w, "tokens_in", v.tokens_in, 0);
	json_member_double(w, "tokens_out", v.tokens_out, 0);
	json_member_bool(w, "paused", b->paused);
	json_member_bool(w, "raised", b->raised);
	json_key(w, "weight");
	json_put_real(w, b->weight_milli ? (double)b->weight_milli / 1000 : 1);
	member_time(w, "created", b->created_us);
	member_time(w, "expires", b->expires_us);
	json_member_text(w, "results", results);
	json_close_object(w);
}

static void get_batches(const struct service *s, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	const char *owner = api_value(r, "owner");
	const struct batch_record *b;
	int64_t limit = BATCHES_MAX;
	uint64_t n = 0, more = 0;
	bool all = false;

	if (!api_flag(r, "all", &all, a) || !api_number(r, "limit", 1, BATCHES_MAX, &limit, a))
		return;
	json_open_object(&w);
	json_member_array(&w, "batches");
	/* the newest first: those that ended long ago are the ones to be left out */
	TAILQ_FOREACH_REVERSE(b, store_batches(s->store), batch_list, next)
	{
		if ((!all && batch_record_ended(b)) || (owner && strcmp(owner, b->owner) != 0))
			continue;
		if (n++ < (uint64_t)limit)
			put_batch(&w, s, b);
		else
			more++;
	}
	json_close_array(&w);
	json_member_uint(&w, "more", more);
	json_close_object(&w);
}

/* Where the run of the batch is reached, as any run. */
static void put_socket(const struct service *s, struct batch_record *b, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	char path[2 * DISK_PATH_MAX];
	struct error err;

	snprintf(path, sizeof(path), "%s/batches/%s/control.sock", s->folder, b->id);
	if (!runner_open_socket(b, path, &err)) {
		api_refuse(a, CONFLICT, "%s", err.text);
		return;
	}
	json_open_object(&w);
	json_member_text(&w, "id", b->id);
	json_member_text(&w, "socket", path);
	json_close_object(&w);
}

/* /v1/batches/ID, or with /socket behind it */
static void get_batch(const struct service *s, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	const char *rest = r->path + strlen(batch_path);
	size_t len = strcspn(rest, "/");
	struct command_reply reply = {.text = ""};
	struct batch_record *b = NULL;
	char id[SERVE_ID_SIZE];

	snprintf(id, sizeof(id), "%.*s", (int)len, rest);
	if (len < sizeof(id) && serve_id_valid(id))
		b = store_batch(s->store, id);
	if (b && !rest[len])
		put_batch(&w, s, b);
	else if (!strcmp(rest + len, "/socket") && (b || (b = service_open_batch(s, id, &reply))))
		put_socket(s, b, a);
	else if (*reply.text)
		api_refuse(a, NOT_FOUND, "%s", reply.text);
	else
		api_refuse(a, NOT_FOUND, "no batch %s", id);
}

/* ---- live calls ---- */

struct calls {
	struct json_writer w;
	uint64_t n, most;
};

static void put_call(void *ctx, const struct live_view *v)
{
	struct calls *c = ctx;
	struct json_writer *w = &c->w;

	if (c->n++ >= c->most)
		return;
	json_open_object(w);
	json_member_text_or_null(w, "owner", v->owner);
	json_member_text(w, "path", v->path);
	json_member_text_or_null(w, "model", v->model);
	json_member_text_or_null(w, "endpoint", v->endpoint);
	json_member_text(w, "state", v->state);
	json_member_int(w, "attempts", v->attempts);
	json_member_double(w, "age_s", s_from_us(v->age_us), 3);
	json_key(w, "tokens_out");
	if (v->tokens_out < 0)
		json_put_null(w);
	else
		json_put_double(w, v->tokens_out, 0);
	json_close_object(w);
}

static void get_calls(const struct service *s, const struct api_request *r, struct api_answer *a)
{
	struct calls c = {.w = json_writer_to(&a->body)};
	struct live_figures f;
	int64_t limit = CALLS_USUAL;

	if (!api_number(r, "limit", 1, BATCHES_MAX, &limit, a))
		return;
	c.most = (uint64_t)limit;
	live_figures(s->live, &f);
	json_open_object(&c.w);
	json_member_int(&c.w, "waiting", f.waiting);
	json_member_int(&c.w, "in_flight", f.in_flight);
	json_member_uint(&c.w, "started", f.started);
	json_member_uint(&c.w, "ended", f.ended);
	json_member_uint(&c.w, "refused", f.refused);
	json_member_array(&c.w, "calls");
	live_each(s->live, put_call, &c);
	json_close_array(&c.w);
	json_member_uint(&c.w, "more", c.n > c.most ? c.n - c.most : 0);
	json_close_object(&c.w);
}

/* ---- clients ---- */

static void member_limit(struct json_writer *w, const char *name, double limit)
{
	json_key(w, name);
	if (limit > 0)
		json_put_real(w, limit);
	else
		json_put_null(w);
}

static void put_client(struct json_writer *w, const struct token_client *c, int64_t now_us)
{
	const struct token_meter *m = &c->meter;

	json_open_object(w);
	json_member_text(w, "name", c->name);
	json_key(w, "weight");
	json_put_real(w, m->limits.weight);
	member_limit(w, "rpm", m->limits.rpm);
	member_limit(w, "tpm", m->limits.tpm);
	member_limit(w, "usd_a_day", m->limits.usd);
	json_member_double(w, "requests_last_minute", token_meter_used(m, TOKEN_RPM, now_us), 0);
	json_member_double(w, "tokens_last_minute", token_meter_used(m, TOKEN_TPM, now_us), 0);
	member_usd(w, "usd_today", token_meter_usd(m, clock_wall_us()));
	json_member_uint(w, "requests", c->requests);
	json_member_uint(w, "tokens", c->tokens);
	member_usd(w, "cost_usd", (double)c->nanos / NANO_PER_USD);
	json_close_object(w);
}

static void get_clients(const struct service *s, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	int64_t now_us = run_clock_now_us(process_clock(s->process));
	const struct token_client *c;

	(void)r;
	json_open_object(&w);
	json_member_array(&w, "clients");
	if (s->book)
		TAILQ_FOREACH (c, token_book_clients(s->book), next)
			put_client(&w, c, now_us);
	json_close_array(&w);
	json_close_object(&w);
}

/* ---- the service ---- */

bool service_is_ready(const struct service *s, const char **why)
{
	*why = s->ending ? "it is draining" : "no endpoint is available now";
	return !s->ending && process_can_ask(s->process);
}

int service_put_ready(const struct service *s, struct json_writer *w)
{
	const char *why;
	bool ready = service_is_ready(s, &why);

	json_open_object(w);
	json_member_text(w, "status", ready ? "ready" : "not ready");
	if (!ready)
		json_member_text(w, "reason", why);
	json_close_object(w);
	return ready ? OK : UNAVAILABLE;
}

static void get_ready(const struct service *s, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);

	(void)r;
	a->status = service_put_ready(s, &w);
}

static void get_metrics(const struct service *s, const struct api_request *r, struct api_answer *a)
{
	enum metrics_format format = metrics_accepted(r->accept);

	service_metrics(s, format, &a->body);
	a->type = metrics_content_type(format);
}

static void refuse_items(const struct service *s, const struct api_request *r, struct api_answer *a)
{
	(void)s;
	api_refuse(a, NOT_FOUND,
		"a service has batches, not %.30s: see /v1/batches and the results of each",
		strrchr(r->path, '/') + 1);
}

static const struct {
	const char *path; /* "…/" takes one more word */
	const char *parameters;
	void (*answer)(const struct service *s, const struct api_request *r, struct api_answer *a);
} routes[] = {
	{"/v1/batches", " all owner limit ", get_batches},
	{"/v1/batches/", " ", get_batch},
	{"/v1/calls", " limit ", get_calls},
	{"/v1/clients", " ", get_clients},
	{"/v1/items", NULL, refuse_items},
	{"/v1/errors", NULL, refuse_items},
	{"/metrics", " ", get_metrics},
	{"/readyz", " ", get_ready},
};

static bool is_path(const char *path, const char *asked)
{
	size_t len = strlen(path);

	return path[len - 1] == '/' ? !strncmp(path, asked, len) && asked[len]
				    : !strcmp(path, asked);
}

static bool takes_parameters(const char *known, const struct api_request *r, struct api_answer *a)
{
	char word[sizeof(r->parameter[0].name) + 3];

	if (r->bad)
		return api_refuse(a, 400, "%s", r->bad);
	for (int i = 0; i < r->n_parameters; i++) {
		snprintf(word, sizeof(word), " %s ", r->parameter[i].name);
		if (!strstr(known, word))
			return api_refuse(a, 400, "%s takes no parameter \"%s\"; it takes%s",
				r->path, r->parameter[i].name, known[1] ? known : " none");
	}
	return true;
}

bool service_api_respond(void *ctx, const struct api_request *r, struct api_answer *a)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!is_path(routes[i].path, r->path))
			continue;
		if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0) {
			a->allow = "GET";
			api_refuse(a, BAD_METHOD, "%s takes GET", r->path);
		} else if (!routes[i].parameters || takes_parameters(routes[i].parameters, r, a)) {
			routes[i].answer(ctx, r, a);
		}
		return true;
	}
	return false;
}
