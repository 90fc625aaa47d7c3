#include "config.h"

#include "control/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "snapshot_fields.h"

/* Room for the labels of a sample, their end included. */
enum { LABELS = 5 };

static const struct metric_label no_labels[] = {{NULL}};

/* A metric, and what writes its samples; NULL: fields of the snapshot whose `metric` names it. */
struct metric {
	struct metric_family family;
	void (*put)(struct metrics_text *t, const struct metrics_source *m);
};

/* ---- the run ---- */

static void put_build(struct metrics_text *t, const struct metrics_source *m)
{
	const struct metric_label labels[] = {{"version", m->version}, {NULL}};

	metrics_uint(t, labels, 1);
}

/* "DISK FULL" becomes "disk_full". */
static void put_run(struct metrics_text *t, const struct metrics_source *m)
{
	const char *name = run_state_name(m->snapshot->state);
	char state[32];
	const struct metric_label labels[] = {
		{"run", m->snapshot->run_name}, {"state", state}, {NULL}};
	size_t n = 0;

	for (; n < sizeof(state) - 1 && name[n]; n++)
		state[n] = name[n] == ' ' ? '_' : (char)(name[n] | 0x20);
	state[n] = '\0';
	metrics_uint(t, labels, 1);
}

static void put_failed_items(struct metrics_text *t, const struct metrics_source *m)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		const struct metric_label labels[] = {
			{"outcome", outcome_name((enum outcome)i)}, {NULL}};

		if (i != OUTCOME_OK)
			metrics_uint(t, labels, m->snapshot->final_failures[i]);
	}
}

static void put_bounds(
	struct metrics_text *t, const char *endpoint, const int64_t bound_us[BOUND_COUNT])
{
	for (int i = 0; i < BOUND_COUNT; i++) {
		const struct metric_label labels[] = {
			{"endpoint", endpoint}, {"bound", bound_name((enum bound)i)}, {NULL}};

		metrics_seconds(t, labels, bound_us[i]);
	}
}

static void put_run_bounds(struct metrics_text *t, const struct metrics_source *m)
{
	put_bounds(t, "", m->totals->bound_us);
}

static void put_stages(struct metrics_text *t, const struct metrics_source *m)
{
	for (int i = 0; m->snapshot->pipeline && i < m->snapshot->n_endpoints; i++) {
		const struct endpoint_view *e = &m->snapshot->endpoints[i];
		const struct {
			const char *state;
			uint64_t n;
		} counts[] = {{"ready", e->stage.ready}, {"waiting", e->stage.waiting},
			{"held", e->stage.held}, {"done", e->stage.done},
			{"failed", e->stage.failed}, {"skipped", e->stage.skipped}};

		for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
			const struct metric_label labels[] = {
				{"stage", e->name}, {"state", counts[k].state}, {NULL}};

			metrics_uint(t, labels, counts[k].n);
		}
	}
}

/* ---- endpoints ---- */

static void put_endpoint_bounds(struct metrics_text *t, const struct metrics_source *m)
{
	for (int i = 0; i < m->totals->n_endpoints; i++)
		put_bounds(t, m->totals->endpoint[i].name, m->totals->endpoint[i].bound_us);
}

static void put_paused(struct metrics_text *t, const struct metrics_source *m)
{
	for (int i = 0; i < m->totals->n_endpoints; i++) {
		const struct metric_label labels[] = {
			{"endpoint", m->totals->endpoint[i].name}, {NULL}};

		metrics_uint(t, labels, m->totals->endpoint[i].paused);
	}
}

/* ---- lanes ---- */

/* The labels of a lane, and behind them room for others; returns the first of these. */
static struct metric_label *label_lane(struct metric_label labels[LABELS],
	const struct metrics_source *m, const struct lane_totals *l)
{
	memset(labels, 0, LABELS * sizeof(*labels));
	labels[0] = (struct metric_label){"endpoint", m->totals->endpoint[l->endpoint].name};
	labels[1] = (struct metric_label){"model", l->model};
	return labels + 2;
}

static void put_attempts(struct metrics_text *t, const struct metrics_source *m)
{
	struct metric_label labels[LABELS], *more;

	for (int i = 0; i < m->totals->n_lanes; i++) {
		more = label_lane(labels, m, &m->totals->lane[i]);
		for (int o = 0; o < OUTCOME_COUNT; o++) {
			more[0] = (struct metric_label){"outcome", outcome_name((enum outcome)o)};
			/* an item of bad input has no attempt */
			if (o != OUTCOME_BAD_INPUT)
				metrics_uint(t, labels, m->totals->lane[i].outcomes[o]);
		}
	}
}

static void put_tokens(struct metrics_text *t, const struct metrics_source *m)
{
	struct metric_label labels[LABELS], *more;

	for (int i = 0; i < m->totals->n_lanes; i++) {
		more = label_lane(labels, m, &m->totals->lane[i]);
		more[0] = (struct metric_label){"direction", "in"};
		metrics_uint(t, labels, m->totals->lane[i].tokens_in);
		more[0].value = "out";
		metrics_uint(t, labels, m->totals->lane[i].tokens_out);
	}
}

static void put_in_flight(struct metrics_text *t, const struct metrics_source *m)
{
	struct metric_label labels[LABELS];

	for (int i = 0; i < m->totals->n_lanes; i++) {
		label_lane(labels, m, &m->totals->lane[i]);
		metrics_uint(t, labels, m->totals->lane[i].in_flight);
	}
}

static void put_latencies(struct metrics_text *t, const struct metrics_source *m)
{
	struct metric_label labels[LABELS];

	for (int i = 0; i < m->totals->n_lanes; i++) {
		label_lane(labels, m, &m->totals->lane[i]);
		metrics_durations(t, labels, &m->totals->lane[i].latency);
	}
}

static void put_first_tokens(struct metrics_text *t, const struct metrics_source *m)
{
	struct metric_label labels[LABELS];

	for (int i = 0; i < m->totals->n_lanes; i++) {
		if (!durations_count(&m->totals->lane[i].first_token))
			continue;
		label_lane(labels, m, &m->totals->lane[i]);
		metrics_durations(t, labels, &m->totals->lane[i].first_token);
	}
}

/* One limit from one source; there is none if it is negative. */
static void put_limit(struct metrics_text *t, struct metric_label *labels,
	struct metric_label *more, const char *source, double n)
{
	more[1] = (struct metric_label){"source", source};
	if (n >= 0)
		metrics_real(t, labels, n);
}

static void put_lane_limits(struct metrics_text *t, struct metric_label *labels,
	struct metric_label *more, const struct lane_totals *l)
{
	const struct {
		const char *name;
		const struct limit_view *limit;
	} limits[] = {{"rpm", &l->rpm}, {"tpm", &l->tpm}, {"rate", &l->rate}};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		more[0] = (struct metric_label){"limit", limits[i].name};
		put_limit(t, labels, more, "configured", limits[i].limit->configured);
		put_limit(t, labels, more, "server", limits[i].limit->server);
		put_limit(t, labels, more, "used", limits[i].limit->used);
	}
	more[0] = (struct metric_label){"limit", "model_rpm"};
	put_limit(t, labels, more, "configured", l->model_rpm);
	more[0] = (struct metric_label){"limit", "concurrency"};
	if (l->concurrency_manual)
		put_limit(t, labels, more, "configured", l->concurrency);
	put_limit(t, labels, more, "used", l->concurrency);
}

static void put_limits(struct metrics_text *t, const struct metrics_source *m)
{
	struct metric_label labels[LABELS], *more;

	for (int i = 0; i < m->totals->n_lanes; i++) {
		more = label_lane(labels, m, &m->totals->lane[i]);
		if (m->totals->lane[i].single)
			put_lane_limits(t, labels, more, &m->totals->lane[i]);
	}
}

static void put_holds(struct metrics_text *t, const struct metrics_source *m)
{
	struct metric_label labels[LABELS];

	for (int i = 0; i < m->totals->n_lanes; i++) {
		label_lane(labels, m, &m->totals->lane[i]);
		if (m->totals->lane[i].single)
			metrics_seconds(t, labels, m->totals->lane[i].hold_until_wall_us);
	}
}

static void put_breakers(struct metrics_text *t, const struct metrics_source *m)
{
	struct metric_label labels[LABELS];

	for (int i = 0; i < m->totals->n_lanes; i++) {
		label_lane(labels, m, &m->totals->lane[i]);
		if (m->totals->lane[i].single)
			metrics_uint(t, labels, m->totals->lane[i].breaker_open);
	}
}

/* ---- the process ---- */

static void put_process(struct metrics_text *t, double n)
{
	if (n >= 0)
		metrics_real(t, no_labels, n);
}

static void put_cpu(struct metrics_text *t, const struct metrics_source *m)
{
	put_process(t, m->process ? m->process->cpu_s : -1);
}

static void put_resident(struct metrics_text *t, const struct metrics_source *m)
{
	put_process(t, m->process ? m->process->resident_bytes : -1);
}

static void put_virtual(struct metrics_text *t, const struct metrics_source *m)
{
	put_process(t, m->process ? m->process->virtual_bytes : -1);
}

static void put_open_fds(struct metrics_text *t, const struct metrics_source *m)
{
	put_process(t, m->process ? m->process->open_fds : -1);
}

static void put_max_fds(struct metrics_text *t, const struct metrics_source *m)
{
	put_process(t, m->process ? m->process->max_fds : -1);
}

static void put_start(struct metrics_text *t, const struct metrics_source *m)
{
	put_process(t, m->process ? m->process->start_wall_s : -1);
}

/* ---- all of them ---- */

static const struct metric metrics[] = {
	{{"sluice_build_info", METRIC_INFO, "The version of sluice."}, put_build},
	{{"sluice_run_info", METRIC_INFO, "The name of the run and its state."}, put_run},
	{{"sluice_elapsed_seconds", METRIC_GAUGE, "Time during which the session had work."}, NULL},
	{{"sluice_eta_seconds", METRIC_GAUGE,
		 "Time to the end of the run, at the earliest and at the latest; absent while it "
		 "is unknown."},
		NULL},
	{{"sluice_items", METRIC_GAUGE, "Items read so far by state, earlier sessions included."},
		NULL},
	{{"sluice_items_estimate", METRIC_GAUGE,
		 "Items of the whole input, estimated until it was read; absent for a pipe until "
		 "then."},
		NULL},
	{{"sluice_failed_items", METRIC_GAUGE,
		 "Items that failed in this session by the outcome of their last attempt."},
		put_failed_items},
	{{"sluice_doubtful_items", METRIC_GAUGE, "Items whose answer may belong to another."},
		NULL},
	{{"sluice_reused_items_total", METRIC_COUNTER,
		 "Items answered without a request: from an earlier run (cached) or an equal item "
		 "(shared)."},
		NULL},
	{{"sluice_stage_tasks", METRIC_GAUGE, "Tasks of each stage of a pipeline by state."},
		put_stages},
	{{"sluice_attempts_total", METRIC_COUNTER, "Attempts that ended, by outcome."},
		put_attempts},
	{{"sluice_retries_total", METRIC_COUNTER, "Attempts after an item's first."}, NULL},
	{{"sluice_resent_total", METRIC_COUNTER,
		 "Retries because a connection ended without an answer."},
		NULL},
	{{"sluice_in_flight", METRIC_GAUGE, "Requests that are being sent or answered."},
		put_in_flight},
	{{"sluice_request_duration_seconds", METRIC_HISTOGRAM,
		 "Time from the start of a request to the end of its ok answer."},
		put_latencies},
	{{"sluice_time_to_first_token_seconds", METRIC_HISTOGRAM,
		 "Time from the start of a request to the first token of its streamed answer."},
		put_first_tokens},
	{{"sluice_tokens_total", METRIC_COUNTER,
		 "Tokens in (prompts) and out (answers), as answers report them."},
		put_tokens},
	{{"sluice_cached_tokens_total", METRIC_COUNTER,
		 "Input tokens that were read from the provider's cache, or written to it."},
		NULL},
	{{"sluice_estimated_tokens_total", METRIC_COUNTER,
		 "Tokens of answers that reported none, estimated."},
		NULL},
	{{"sluice_cost_dollars_total", METRIC_COUNTER,
		 "Known cost of the run, earlier sessions included; absent without prices."},
		NULL},
	{{"sluice_budget_dollars", METRIC_GAUGE, "Budget in dollars, if set."}, NULL},
	{{"sluice_budget_tokens", METRIC_GAUGE, "Budget in tokens, if set."}, NULL},
	{{"sluice_bytes_total", METRIC_COUNTER, "Bytes received (in) and sent (out)."}, NULL},
	{{"sluice_limit", METRIC_GAUGE,
		 "Limits: rpm, tpm and model_rpm a minute, rate in requests a second, concurrency "
		 "in requests; as configured, as reported by the server, and as used now."},
		put_limits},
	{{"sluice_bound_seconds_total", METRIC_COUNTER,
		 "Time during which each limit held back the sending to an endpoint; its rate is "
		 "the limit's share."},
		put_endpoint_bounds},
	{{"sluice_run_bound_seconds_total", METRIC_COUNTER,
		 "Time during which each limit held back the sending of the run; its rate is the "
		 "limit's share."},
		put_run_bounds},
	{{"sluice_hold_until_timestamp_seconds", METRIC_GAUGE,
		 "Unix time of the end of the hold; 0 without a hold."},
		put_holds},
	{{"sluice_breaker_open", METRIC_GAUGE,
		 "1 while the circuit breaker allows only single probes."},
		put_breakers},
	{{"sluice_endpoint_paused", METRIC_GAUGE, "1 while the operator has paused an endpoint."},
		put_paused},
	{{"process_cpu_seconds_total", METRIC_COUNTER, "Processor time of the process."}, put_cpu},
	{{"process_resident_memory_bytes", METRIC_GAUGE, "Resident memory of the process."},
		put_resident},
	{{"process_virtual_memory_bytes", METRIC_GAUGE, "Virtual memory of the process."},
		put_virtual},
	{{"process_open_fds", METRIC_GAUGE, "Open file descriptors of the process."}, put_open_fds},
	{{"process_max_fds", METRIC_GAUGE, "The limit of open file descriptors."}, put_max_fds},
	{{"process_start_time_seconds", METRIC_GAUGE, "Unix time of the start of the process."},
		put_start},
};

/* Writes the samples of the open family that are fields of the record. */
static void put_fields(struct metrics_text *t, const struct report *r, const struct field *fields,
	const void *record)
{
	size_t len = strlen(t->family->name);

	for (const struct field *f = fields; f->name; f++) {
		char labels[64] = "";

		if (f->kind == FIELD_OBJECT || f->kind == FIELD_PART)
			put_fields(t, r, f->fields, (const char *)record + f->offset);
		if (!f->metric || strncmp(f->metric, t->family->name, len) != 0 ||
			(f->metric[len] && f->metric[len] != '{'))
			continue;
		if (f->metric[len])
			snprintf(labels, sizeof(labels), "%.*s", (int)strlen(f->metric + len) - 2,
				f->metric + len + 1);
		metrics_real_of(t, labels, field_number(r, f, record));
	}
}

void metrics_write(struct buf *out, const struct metrics_source *m, enum metrics_format format)
{
	struct metrics_text t = metrics_text_to(out, format);
	const struct report r = {.snapshot = m->snapshot};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		metrics_open(&t, &metrics[i].family);
		if (metrics[i].put)
			metrics[i].put(&t, m);
		else
			put_fields(&t, &r, snapshot_fields, m->snapshot);
	}
	if (m->more)
		m->more->put(&t, m->more->ctx);
	metrics_end(&t);
}

void metrics_of_port(struct buf *out, const struct port *port, enum metrics_format format,
	const struct metrics_more *more)
{
	struct process_figures process;
	struct snapshot snapshot;
	struct totals *totals = xmalloc(sizeof(*totals));
	const struct metrics_source m = {.version = PACKAGE_VERSION,
		.snapshot = &snapshot,
		.totals = totals,
		.process = &process,
		.more = more};

	process_figures_read(&process);
	port_snapshot(port, &snapshot);
	port_totals(port, totals);
	metrics_write(out, &m, format);
	free(totals);
}
