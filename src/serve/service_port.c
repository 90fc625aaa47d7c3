#include "serve/service_port.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/run_clock.h"
#include "base/text.h"
#include "live/live_view.h"
#include "serve/runner_view.h"
#include "serve/service_commands.h"
#include "serve/service_figures.h"

enum { TEXT_SIZE = 320 };

struct service_watch {
	struct service *service;
	struct run_clock *clock;
	int64_t started_us;
	struct events events;
	struct snapshot ended; /* counters of runs that ended */
	struct totals totals;  /* the same */
	double usd;            /* the same; negative: none is known */
};

/* ---- figures ---- */

static void add_usd(double *to, double usd)
{
	if (usd < 0)
		return;
	*to = *to < 0 ? usd : *to + usd;
}

void service_watch_count(
	struct service_watch *w, const struct batch_record *b, const struct port *run)
{
	struct totals *totals = xmalloc(sizeof(*totals));
	struct batch_view v;
	struct snapshot s;

	port_snapshot(run, &s);
	port_totals(run, totals);
	service_figures_count(&w->ended, &s);
	service_totals_add(&w->totals, totals, false);
	runner_view(b, &v);
	add_usd(&w->usd, v.usd < 0 ? -1 : v.usd_since);
	free(totals);
}

static void add_items(struct item_counts *to, const struct item_counts *n)
{
	to->queued += n->queued;
	to->waiting += n->waiting;
	to->in_flight += n->in_flight;
	to->held += n->held;
	to->ok += n->ok;
	to->failed += n->failed;
	to->cancelled += n->cancelled;
	to->total += n->total;
}

/* The service ends with its last batch; as long as one of them does not tell, nobody knows. */
static void add_eta(struct snapshot *to, const struct batch_view *v, bool *known)
{
	if (v->eta_low_us < 0 || v->eta_high_us < 0)
		*known = false;
	if (v->eta_low_us > to->eta_low_us)
		to->eta_low_us = v->eta_low_us;
	if (v->eta_high_us > to->eta_high_us)
		to->eta_high_us = v->eta_high_us;
}

/* Of all batches that have not ended. */
static void add_batches(struct service_watch *w, struct snapshot *out)
{
	const struct batch_record *b;
	bool known = true;
	struct batch_view v;
	struct snapshot s;
	struct port port;

	TAILQ_FOREACH (b, store_batches(w->service->store), next) {
		if (batch_record_ended(b))
			continue;
		runner_view(b, &v);
		add_items(&out->items, &v.items);
		add_eta(out, &v, &known);
		if (!runner_port(b, &port))
			continue;
		port_snapshot(&port, &s);
		service_figures_count(out, &s);
		service_figures_now(out, &s);
		add_usd(&out->cost.usd, v.usd < 0 ? -1 : v.usd_since);
	}
	if (!known)
		out->eta_low_us = out->eta_high_us = -1;
}

static void snapshot(void *ctx, struct snapshot *out)
{
	struct service_watch *w = ctx;
	const char *folder = w->service->folder;
	const char *name = w->service->name ? w->service->name : path_base(folder);

	*out = w->ended;
	out->now_us = run_clock_now_us(w->clock);
	out->wall_us = clock_wall_us();
	out->elapsed_us = out->now_us - w->started_us;
	out->state = w->service->over     ? RUN_STOPPED
		     : w->service->ending ? RUN_DRAINING
					  : RUN_RUNNING;
	text_sanitise(out->run_name, sizeof(out->run_name), name, strlen(name));
	text_sanitise(out->results, sizeof(out->results), folder, strlen(folder));
	out->cost.usd = w->usd;
	add_batches(w, out);
	out->total_known = true;
	out->total_estimate = out->items.total;
	out->answers_avg =
		out->elapsed_us > 0 ? (double)out->attempts / s_from_us(out->elapsed_us) : 0;
	out->last_event = w->events.last;
}

static void totals(void *ctx, struct totals *out)
{
	struct service_watch *w = ctx;
	struct totals *one = xmalloc(sizeof(*one));
	const struct batch_record *b;
	struct port port;

	*out = w->totals;
	TAILQ_FOREACH (b, store_batches(w->service->store), next) {
		if (!runner_port(b, &port))
			continue;
		port_totals(&port, one);
		service_totals_add(out, one, true);
	}
	for (int i = 0; i < LIVE_APIS; i++) {
		live_totals(w->service->live, (enum live_api)i, one);
		service_totals_add(out, one, true);
	}
	free(one);
}

/* ---- items are the batches' ---- */

static size_t rows(void *ctx, const struct item_query *q, uint64_t offset, struct item_row *out,
	size_t n, struct rows_info *info)
{
	(void)ctx, (void)q, (void)offset, (void)out, (void)n;
	*info = (struct rows_info){.complete = true, .progress = 1};
	return 0;
}

static bool locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	(void)ctx, (void)q, (void)line, (void)offset;
	return false;
}

static bool row(void *ctx, uint64_t line, struct item_row *out)
{
	(void)ctx, (void)line, (void)out;
	return false;
}

static bool detail(void *ctx, uint64_t line, bool content, struct item_detail *out)
{
	(void)ctx, (void)line, (void)content, (void)out;
	return false;
}

static size_t errors(void *ctx, struct error_group *out, size_t n, size_t *total)
{
	(void)ctx, (void)out, (void)n;
	*total = 0;
	return 0;
}

static bool job(void *ctx, uint64_t number, struct job_view *out)
{
	(void)ctx, (void)number, (void)out;
	return false;
}

/* ---- events and commands ---- */

void service_watch_note(struct service_watch *w, enum event_level level, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	events_add(&w->events, clock_wall_us(), level, "%s", text);
}

static size_t since(void *ctx, uint64_t seq, struct event *out, size_t n)
{
	const struct service_watch *w = ctx;

	return events_since(&w->events, seq, out, n);
}

static void command(void *ctx, const struct command_request *r, struct command_reply *out)
{
	struct service_watch *w = ctx;

	service_command(w->service, r, out);
	if (!r->dry_run)
		service_watch_note(w, out->ok ? EVENT_INFO : EVENT_WARNING, "%s%s%s: %s",
			r->by ? r->by : "", r->by ? ": " : "", r->text, out->text);
}

static const struct command_info *commands(void *ctx, size_t *n)
{
	(void)ctx;
	return service_command_table(n);
}

static const struct port_ops ops = {.snapshot = snapshot,
	.rows = rows,
	.locate = locate,
	.row = row,
	.detail = detail,
	.errors = errors,
	.events_since = since,
	.command = command,
	.job = job,
	.commands = commands,
	.totals = totals};

struct port service_watch_port(struct service_watch *w)
{
	return (struct port){&ops, w};
}

struct service_watch *service_watch_new(struct service *s, struct run_clock *clock)
{
	struct service_watch *w = xcalloc(1, sizeof(*w));

	w->service = s;
	w->clock = clock;
	w->started_us = run_clock_now_us(clock);
	w->usd = -1;
	service_figures_init(&w->ended);
	return w;
}

void service_watch_free(struct service_watch *w)
{
	free(w);
}
