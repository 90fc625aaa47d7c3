#include "serve/service_metrics.h"

#include <string.h>

#include "base/clock.h"
#include "control/metrics.h"
#include "ledger/cost_record.h"
#include "live/live.h"
#include "serve/runner_view.h"
#include "serve/service_port.h"
#include "serve/token_book.h"
#include "session/process.h"

/* Clients with series of their own; the others share one. The token file is the operator's, but a
 * monitoring system has its limits. */
enum { CLIENTS_MAX = 256 };

static const char others[] = "other clients";

/* What is asked for. */
struct scope {
	const struct service *service;
	const char *owner; /* NULL: all */
	int64_t now_us, wall_us;
};

static bool is_in(const struct scope *p, const char *owner)
{
	return !p->owner || !strcmp(p->owner, owner);
}

/* ---- batches ---- */

static void put_statuses(struct metrics_text *t, const struct scope *p)
{
	uint64_t n[BATCH_STATES] = {0};
	const struct batch_record *b;

	TAILQ_FOREACH (b, store_batches(p->service->store), next)
		if (is_in(p, b->owner))
			n[batch_record_state(b)]++;
	for (int i = 0; i < BATCH_STATES; i++) {
		const struct metric_label labels[] = {
			{"status", batch_state_name((enum batch_state)i)}, {NULL}};

		metrics_uint(t, labels, n[i]);
	}
}

static void put_phases(struct metrics_text *t, const struct scope *p)
{
	uint64_t n[BATCH_PHASES] = {0};
	const struct batch_record *b;
	struct batch_view v;

	TAILQ_FOREACH (b, store_batches(p->service->store), next) {
		if (batch_record_ended(b) || !is_in(p, b->owner))
			continue;
		runner_view(b, &v);
		n[v.phase]++;
	}
	for (int i = 0; i < BATCH_ENDED; i++) {
		const struct metric_label labels[] = {
			{"phase", batch_phase_name((enum batch_phase)i)}, {NULL}};

		metrics_uint(t, labels, n[i]);
	}
}

/* ---- live calls, of the whole service ---- */

static void put_live(struct metrics_text *t, const struct scope *p)
{
	struct live_figures f;

	if (p->owner)
		return;
	live_figures(p->service->live, &f);
	metrics_real_of(t, "state=\"waiting\"", f.waiting);
	metrics_real_of(t, "state=\"in_flight\"", f.in_flight);
}

static void put_live_ends(struct metrics_text *t, const struct scope *p)
{
	struct live_figures f;

	if (p->owner)
		return;
	live_figures(p->service->live, &f);
	metrics_real_of(t, "end=\"ended\"", (double)f.ended);
	metrics_real_of(t, "end=\"refused\"", (double)f.refused);
}

/* ---- clients ---- */

static double requests_of(const struct token_client *c, const struct scope *p)
{
	(void)p;
	return (double)c->requests;
}

static double tokens_of(const struct token_client *c, const struct scope *p)
{
	(void)p;
	return (double)c->tokens;
}

static double usd_of(const struct token_client *c, const struct scope *p)
{
	(void)p;
	return (double)c->nanos / NANO_PER_USD;
}

static double open_of(const struct token_client *c, const struct scope *p)
{
	const struct batch_record *b;
	double n = 0;

	TAILQ_FOREACH (b, store_batches(p->service->store), next)
		n += !batch_record_ended(b) && !strcmp(b->owner, c->name);
	return n;
}

static void put_clients(struct metrics_text *t, const struct scope *p,
	double (*of)(const struct token_client *c, const struct scope *p))
{
	const struct token_client *c;
	double rest = 0;
	int n = 0;

	if (!p->service->book)
		return;
	TAILQ_FOREACH (c, token_book_clients(p->service->book), next) {
		const struct metric_label labels[] = {{"client", c->name}, {NULL}};

		if (!is_in(p, c->name))
			continue;
		if (n++ < CLIENTS_MAX)
			metrics_real(t, labels, of(c, p));
		else
			rest += of(c, p);
	}
	if (n > CLIENTS_MAX)
		metrics_real(t, (const struct metric_label[]){{"client", others}, {NULL}}, rest);
}

static void put_requests(struct metrics_text *t, const struct scope *p)
{
	put_clients(t, p, requests_of);
}

static void put_tokens(struct metrics_text *t, const struct scope *p)
{
	put_clients(t, p, tokens_of);
}

static void put_costs(struct metrics_text *t, const struct scope *p)
{
	put_clients(t, p, usd_of);
}

static void put_open(struct metrics_text *t, const struct scope *p)
{
	put_clients(t, p, open_of);
}

/* Limits, or what is used of them, of clients with series of their own. */
static void put_limits_or_use(struct metrics_text *t, const struct scope *p, bool use)
{
	const struct token_client *c;
	int n = 0;

	if (!p->service->book)
		return;
	TAILQ_FOREACH (c, token_book_clients(p->service->book), next) {
		const struct token_limits *l = &c->meter.limits;
		const struct {
			const char *name;
			double limit, used;
		} limits[] = {
			{"rpm", l->rpm, token_meter_used(&c->meter, TOKEN_RPM, p->now_us)},
			{"tpm", l->tpm, token_meter_used(&c->meter, TOKEN_TPM, p->now_us)},
			{"usd_a_day", l->usd, token_meter_usd(&c->meter, p->wall_us)},
		};

		if (!is_in(p, c->name) || n++ >= CLIENTS_MAX)
			continue;
		for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
			const struct metric_label labels[] = {
				{"client", c->name}, {"limit", limits[i].name}, {NULL}};

			if (limits[i].limit > 0)
				metrics_real(t, labels, use ? limits[i].used : limits[i].limit);
		}
	}
}

static void put_limits(struct metrics_text *t, const struct scope *p)
{
	put_limits_or_use(t, p, false);
}

static void put_used(struct metrics_text *t, const struct scope *p)
{
	put_limits_or_use(t, p, true);
}

/* ---- all of them ---- */

static const struct {
	struct metric_family family;
	void (*put)(struct metrics_text *t, const struct scope *p);
} metrics[] = {
	{{"sluice_batches", METRIC_GAUGE, "Stored batches by status."}, put_statuses},
	{{"sluice_open_batches", METRIC_GAUGE, "Open batches by state."}, put_phases},
	{{"sluice_live_calls", METRIC_GAUGE, "Live calls in progress."}, put_live},
	{{"sluice_live_calls_total", METRIC_COUNTER,
		 "Live calls that ended, including calls refused for lack of room."},
		put_live_ends},
	{{"sluice_client_open_batches", METRIC_GAUGE, "Open batches of each client."}, put_open},
	{{"sluice_client_requests_total", METRIC_COUNTER, "Requests sent for each client."},
		put_requests},
	{{"sluice_client_tokens_total", METRIC_COUNTER, "Tokens in and out used by each client."},
		put_tokens},
	{{"sluice_client_cost_dollars_total", METRIC_COUNTER,
		 "Known cost of each client's requests."},
		put_costs},
	{{"sluice_client_limit", METRIC_GAUGE,
		 "Limits of each client: rpm and tpm in any minute, usd_a_day in UTC."},
		put_limits},
	{{"sluice_client_limit_used", METRIC_GAUGE,
		 "Current use of each client's limits, requests in flight included."},
		put_used},
};

static void put_all(struct metrics_text *t, const void *ctx)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		metrics_open(t, &metrics[i].family);
		metrics[i].put(t, ctx);
	}
}

static struct scope scope_of(const struct service *s, const char *owner)
{
	return (struct scope){.service = s,
		.owner = owner,
		.now_us = run_clock_now_us(process_clock(s->process)),
		.wall_us = clock_wall_us()};
}

void service_metrics(const struct service *s, enum metrics_format format, struct buf *out)
{
	const struct scope scope = scope_of(s, NULL);
	const struct metrics_more more = {put_all, &scope};
	const struct port port = service_watch_port(s->watch);

	metrics_of_port(out, &port, format, &more);
}

void service_metrics_of(
	const struct service *s, const char *owner, enum metrics_format format, struct buf *out)
{
	const struct scope scope = scope_of(s, owner);
	struct metrics_text t = metrics_text_to(out, format);

	put_all(&t, &scope);
	metrics_end(&t);
}
