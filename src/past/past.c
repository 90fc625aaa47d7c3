#include "past/past.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "ledger/open_to_read.h"
#include "past/past_impl.h"
#include "past/past_replay.h"
#include "work/chain.h"

enum {
	IDLE_READ = 256 << 10, /* input bytes in one idle moment: about 1 ms */
	READ_STEP = 4 << 20,
	UNENDED_MOST = 1000000, /* items of a run that has ended none */
};

/* The first screen should be whole; a long input should not delay it longer than this. */
#define READ_FIRST_US (700 * US_PER_MS)

static const double tick_s = 0.1;

/* ---- the engine's calls ---- */

static bool op_fetch(void *ctx, uint64_t offset, size_t len, struct buf *out, struct error *err)
{
	struct past *p = ctx;

	return p->source && !(offset & PAST_RECORD)
		       ? source_fetch(p->source, offset, len, out, err)
		       : past_records_fetch(&p->records, offset, len, out);
}

/* Headers were not kept. */
static void op_headers(void *ctx, int route, const char *url, struct buf *out)
{
	(void)ctx, (void)route, (void)url, (void)out;
}

/* Results are written without secrets. */
static bool op_redact(void *ctx, const char *text, size_t len, struct buf *out)
{
	(void)ctx, (void)text, (void)len, (void)out;
	return false;
}

/* Nothing is ever in flight: the other calls do not happen. */
static const struct engine_ops engine_ops = {
	.fetch = op_fetch, .headers = op_headers, .redact = op_redact};

/* ---- reading the files ---- */

static void on_record(
	void *ctx, const struct journal_record *record, const struct ledger_line *line)
{
	struct past *p = ctx;
	struct past_try tried;
	bool is_try;

	if (record->kind == JOURNAL_START)
		past_start_read(&p->start, line);
	past_figures_take(&p->figures, record, line);
	is_try = past_log_take(&p->log, p->engine, record, p->figures.last_wall_us, line, &tried);
	engine_replay_record(p->engine, record, line);
	if (p->replay)
		past_replay_record(p, record, line, is_try ? &tried : NULL);
}

/* Looks for the input that the last session names. */
static void settle_input(struct past *p)
{
	const struct run_input *in = &p->start.input;
	const char *name = path_base(in->path ? in->path : in->name ? in->name : "-");

	past_input_open(p);
	if (p->source) {
		past_records_free(&p->records);
		past_records_init(&p->records);
		p->engine->config.format = p->start.input.format;
	}
	if (strcmp(name, "-") != 0)
		text_sanitise(p->engine->run_name, sizeof(p->engine->run_name), name, strlen(name));
}

static void on_item(void *ctx, const struct ledger_entry *entry)
{
	struct past *p = ctx;

	if (entry->state == ITEM_OK && !p->settled)
		settle_input(p); /* the journal was read */
	engine_replay(p->engine, entry);
	if (p->replay)
		past_replay_item(p, entry);
	if (!p->source)
		past_records_add(&p->records, entry);
	if (entry->state != ITEM_OK)
		return;
	if (entry->latency_us >= 0)
		histogram_add(&p->latency, entry->latency_us);
	if (entry->first_byte_us >= 0)
		histogram_add(&p->first_byte, entry->first_byte_us);
}

/* The items of the whole input, as far as the journal tells; 0: it does not. */
static uint64_t total_told(const struct past_figures *f)
{
	int64_t total = f->now.items[TICK_ITEMS - 1];

	if (input_part_is(&f->part) && f->part.of)
		return f->part.of;
	return total > 0 ? (uint64_t)total : 0;
}

/* The items that ended, by their last records, and the others by the count of all. */
static void count_known(struct past *p)
{
	uint64_t total = total_told(&p->figures);
	struct intake *in = &p->engine->intake;
	struct item_counts *c = &p->known;

	ended_settle(&in->ended, &in->by_id);
	for (uint32_t i = 0; i < in->ended.n; i++) {
		uint8_t state = ended_at(&in->ended, ITEM_NONE - 1 - i)->state;

		c->ok += state == ITEM_OK;
		c->failed += state == ITEM_FAILED;
		c->cancelled += state == ITEM_CANCELLED;
	}
	c->total = c->ok + c->failed + c->cancelled;
	/* what a file counts is believed as far as it may be */
	if (total > c->total && total < 100 * c->total + UNENDED_MOST) {
		c->queued = total - c->total;
		c->total = total;
	}
}

/* The run's clocks stand at its last record: what is "now" for its screens. */
static int64_t wall_now(void *ctx)
{
	const struct past *p = ctx;

	if (p->replay)
		return past_replay_wall_us(p);
	return p->figures.last_wall_us && !p->holder ? p->figures.last_wall_us : clock_wall_us();
}

static int64_t mono_now(void *ctx)
{
	(void)ctx;
	return clock_mono_us();
}

static void open_engine(struct past *p)
{
	const struct lane_config lane = {.mode = PACE_FIXED, .concurrency = 1};
	const struct chain_config chain = {.pack = 0};
	const struct engine_config config = {.run_name = path_base(p->results), .looks_only = true};

	p->lanes = lanes_new(&lane, NULL, 0, clock_mono_us());
	p->engine = engine_new(&config, &engine_ops, p, p->ledger, chain_new(&chain, p->ledger),
		clock_mono_us(), clock_wall_us());
	engine_add_route(p->engine,
		&(struct route_config){.name = "default", .lanes = p->lanes, .weight = 1});
	p->control = control_new(p->engine,
		&(struct control_config){
			.now_us = mono_now, .wall_us = wall_now, .ctx = p, .results = p->results});
	p->run = control_port(p->control);
}

static bool open_run(
	struct past *p, const char *input, const char *at, bool *missing, struct error *err)
{
	int64_t began_us = clock_mono_us();

	if (input && !past_input_check(input, err))
		return false;
	p->ledger = ledger_open_to_read(p->results, missing, &p->holder, err);
	if (!p->ledger)
		return false;
	p->goes_on = p->holder > 0;
	p->input_at = input ? xstrdup(input) : NULL;
	open_engine(p);
	ledger_visit_records(p->ledger, on_record, p);
	if (!ledger_replay(p->ledger, on_item, p, &p->bad_lines, err))
		return false;
	if (!p->settled)
		settle_input(p);
	past_start_prices(&p->start, &p->prices);
	model_costs_reprice(&p->engine->costs.models, &p->prices);
	count_known(p);
	if (p->replay && !past_replay_begin(p, at, err))
		return false;
	if (!p->replay) {
		past_log_events(&p->log, p->engine);
		past_warn(p, p->figures.last_wall_us);
	}
	while (!p->complete && clock_mono_us() - began_us < READ_FIRST_US)
		past_input_read(p, READ_STEP);
	return true;
}

static struct past *open_past(struct ev_loop *loop, const char *results, const char *input,
	bool replay, const char *at, bool *missing, struct error *err)
{
	struct past *p = xcalloc(1, sizeof(*p));

	*missing = false;
	p->loop = loop;
	p->results = xstrdup(results);
	p->replay = replay ? replay_new() : NULL;
	past_records_init(&p->records);
	if (open_run(p, input, at, missing, err))
		return p;
	past_free(p);
	return NULL;
}

struct past *past_open(struct ev_loop *loop, const char *results, const char *input, bool *missing,
	struct error *err)
{
	return open_past(loop, results, input, false, NULL, missing, err);
}

struct past *past_open_replay(struct ev_loop *loop, const char *results, const char *input,
	const char *at, bool *missing, struct error *err)
{
	return open_past(loop, results, input, true, at, missing, err);
}

void past_free(struct past *p)
{
	if (!p)
		return;
	if (ev_is_active(&p->tick))
		ev_timer_stop(p->loop, &p->tick);
	if (ev_is_active(&p->idle))
		ev_idle_stop(p->loop, &p->idle);
	control_free(p->control);
	engine_free(p->engine);
	lanes_free(p->lanes);
	source_close(p->source);
	if (p->ledger)
		ledger_close(p->ledger, NULL);
	past_records_free(&p->records);
	past_start_free(&p->start);
	replay_free(p->replay);
	prices_free(&p->prices);
	free(p->lost.at);
	free(p->next);
	free(p->results);
	free(p->input_at);
	free(p);
}

/* ---- the loop ---- */

static bool has_work(const struct past *p)
{
	return !p->complete || control_has_background(p->control);
}

static void on_idle(struct ev_loop *loop, ev_idle *w, int events)
{
	struct past *p = w->data;

	(void)events;
	if (!p->complete)
		past_input_read(p, IDLE_READ);
	else if (control_has_background(p->control))
		control_background(p->control);
	else
		ev_idle_stop(loop, w);
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	struct past *p = w->data;

	(void)events;
	if (p->replay)
		past_replay_turn(p);
	control_turn(p->control, clock_mono_us(), wall_now(p));
	control_tick(p->control, clock_mono_us());
	if (has_work(p))
		ev_idle_start(loop, &p->idle);
}

void past_read(struct past *p)
{
	while (!p->complete)
		past_input_read(p, READ_STEP);
	while (control_has_background(p->control))
		control_background(p->control);
}

void past_goes_on(struct past *p)
{
	p->goes_on = p->here = true;
}

void past_watch(struct past *p)
{
	ev_idle_init(&p->idle, on_idle);
	ev_timer_init(&p->tick, on_tick, tick_s, tick_s);
	p->idle.data = p->tick.data = p;
	ev_idle_start(p->loop, &p->idle);
	ev_timer_start(p->loop, &p->tick);
}

char **past_next(const struct past *p, const char **folder)
{
	*folder = p->start.folder;
	return p->next;
}

/* ---- the port ---- */

static void port_op_snapshot(void *ctx, struct snapshot *out)
{
	past_snapshot(ctx, out);
}

static size_t port_op_rows(void *ctx, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	struct past *p = ctx;

	return p->replay ? past_moment_rows(p, q, offset, out, n, info)
			 : port_rows(&p->run, q, offset, out, n, info);
}

static bool port_op_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	struct past *p = ctx;

	return p->replay ? past_moment_locate(p, q, line, offset)
			 : port_locate(&p->run, q, line, offset);
}

static bool port_op_row(void *ctx, uint64_t line, struct item_row *out)
{
	struct past *p = ctx;

	return p->replay ? past_moment_row(p, line, out) : port_row(&p->run, line, out);
}

/* Is the item of a line of the input? */
static bool has_request(const struct past *p, uint64_t line)
{
	uint32_t i = engine_item_of_line(p->engine, line);

	return p->source && i != ITEM_NONE &&
	       !(items_at(&p->engine->items, i)->offset & PAST_RECORD);
}

/* Puts the words in place of what the request says. */
static void say_instead(struct item_detail *out, const char *words)
{
	size_t n = 0;

	for (size_t i = 0; i < out->n_said; i++)
		if (out->said[i].answer)
			out->said[n++] = out->said[i];
		else
			free(out->said[i].text);
	out->said = xrealloc(out->said, n + 1, sizeof(*out->said));
	out->said[n] = (struct said){
		.role = "request", .text = xstrndup(words, strlen(words)), .len = strlen(words)};
	out->n_said = n + 1;
}

/* Without its line there is no request. */
static void drop_request(const struct past *p, struct item_detail *out)
{
	const char *why = p->reads == PAST_INPUT_ROWS
				  ? "not shown: a template or a pipeline made it from the row\n"
			  : p->reads == PAST_INPUT_PIPE
				  ? "not known: the input came through a pipe\n"
			  : p->reads == PAST_INPUT_READ
				  ? "not known: the input no longer has this item\n"
				  : "not known: the input is missing; give --input FILE\n";

	say_instead(out, why);
	free(out->request_head);
	free(out->request_body);
	out->request_body = NULL;
	out->request_body_len = 0;
	out->request_head = xstrdup(why);
}

static bool port_op_detail(void *ctx, uint64_t line, bool content, struct item_detail *out)
{
	struct past *p = ctx;

	memset(out, 0, sizeof(*out));
	if (p->replay && !past_moment_attempts(p, line))
		return false;
	if (!p->run.ops->detail(p->run.ctx, line, content, out))
		return false;
	if (p->replay)
		past_moment_row(p, line, &out->row);
	if (content && !has_request(p, line))
		drop_request(p, out);
	return true;
}

static size_t port_op_errors(void *ctx, struct error_group *out, size_t n, size_t *total)
{
	struct past *p = ctx;

	return p->replay ? past_moment_errors(p, out, n, total)
			 : port_errors(&p->run, out, n, total);
}

static size_t port_op_events(void *ctx, uint64_t since, struct event *out, size_t n)
{
	return port_events_since(&((struct past *)ctx)->run, since, out, n);
}

static void port_op_command(void *ctx, const struct command_request *r, struct command_reply *out)
{
	past_command(ctx, r, out);
}

static bool port_op_job(void *ctx, uint64_t number, struct job_view *out)
{
	return port_job(&((struct past *)ctx)->run, number, out);
}

static const struct command_info *port_op_commands(void *ctx, size_t *n)
{
	const struct past *p = ctx;

	*n = p->replay ? replay_commands_n : past_commands_n;
	return p->replay ? replay_commands : past_commands;
}

static size_t port_op_chart(void *ctx, const struct chart_query *q, struct chart_slot *out,
	size_t n, struct chart_info *info)
{
	struct past *p = ctx;

	return p->replay ? past_moment_chart(p, q, out, n, info)
			 : port_chart(&p->run, q, out, n, info);
}

static bool port_op_error_hits(void *ctx, uint32_t id, struct error_hits *out)
{
	struct past *p = ctx;

	return (!p->replay || past_moment_is_end(p)) && port_error_hits(&p->run, id, out);
}

/* Of the whole run: nothing is spent any more. */
static size_t port_op_usage(void *ctx, struct usage_row *out, size_t n)
{
	const struct past *p = ctx;
	double minutes = (double)p->engine->observer.chart.seconds / 60;

	if (p->replay && !past_moment_is_end(p))
		return 0;
	n = port_usage(&p->run, out, n);
	for (size_t i = 0; i < n; i++)
		out[i].usd_per_min = out[i].usd >= 0 && minutes > 0 ? out[i].usd / minutes : -1;
	return n;
}

static void port_op_totals(void *ctx, struct totals *out)
{
	port_totals(&((struct past *)ctx)->run, out);
}

static const struct port_ops ops = {port_op_snapshot, port_op_rows, port_op_locate, port_op_row,
	port_op_detail, port_op_errors, port_op_events, port_op_command, port_op_job,
	port_op_commands, port_op_totals, NULL, port_op_chart, port_op_usage, port_op_error_hits,
	NULL, NULL};

struct port past_port(struct past *p)
{
	return (struct port){&ops, p};
}
