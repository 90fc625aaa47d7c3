#include "control/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "control/command.h"
#include "control/control_impl.h"
#include "control/detail.h"
#include "control/view.h"
#include "core/question.h"

enum { RECORD_MAX = 1 << 30 };

struct control *control_new(struct engine *e, const struct control_config *config)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->engine = e;
	c->config = *config;
	watcher_init_near(&c->near, c);
	watcher_init_far(&c->far, c);
	item_text_init(&c->text);
	buf_init(&c->record, RECORD_MAX);
	buf_init(&c->decoded, RECORD_MAX);
	return c;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	watcher_free(&c->near);
	watcher_free(&c->far);
	undo_free(&c->undo);
	write_drop(c);
	item_text_free(&c->text);
	buf_free(&c->record);
	buf_free(&c->decoded);
	facts_cache_free(&c->facts);
	item_tags_free(&c->tags);
	free(c);
}

/* ---- background work ---- */

int64_t control_turn(struct control *c, int64_t now_us, int64_t wall_us)
{
	engine_set_time(c->engine, now_us, wall_us);
	bulk_step(c, QUERY_STEP_COST);
	write_step(c, QUERY_STEP_COST);
	return bulk_has_work(c) || write_has_work(c) ? now_us : NEVER_US;
}

void control_end(struct control *c)
{
	while (write_has_work(c))
		write_step(c, INT64_MAX);
}

bool control_has_background(const struct control *c)
{
	return control_facts_wanted(c) || watcher_has_background(&c->near) ||
	       watcher_has_background(&c->far) || engine_has_to_regroup(c->engine);
}

void control_background(struct control *c)
{
	if (control_facts_wanted(c))
		control_facts_step(c, QUERY_STEP_COST);
	else if (watcher_has_background(&c->near))
		watcher_step(&c->near);
	else if (watcher_has_background(&c->far))
		watcher_step(&c->far);
	else
		engine_regroup(c->engine, QUERY_STEP_COST);
}

void control_items_moved(struct control *c)
{
	watcher_free(&c->near);
	watcher_free(&c->far);
}

void control_tick(struct control *c, int64_t now_us)
{
	watcher_tick(&c->near, now_us);
	watcher_tick(&c->far, now_us);
	/* a busy loop has no idle moments */
	if (control_has_background(c))
		control_background(c);
}

/* ---- the port ---- */

/* Views and commands use the current time, not that of the last turn. */
static struct control *up_to_now(struct control *c)
{
	const struct control_config *clock = &c->config;

	engine_set_time(c->engine, clock->now_us(clock->ctx), clock->wall_us(clock->ctx));
	return c;
}

static struct control *of_watcher(void *ctx)
{
	struct watcher *w = ctx;

	return up_to_now(w->control);
}

static void port_op_snapshot(void *ctx, struct snapshot *out)
{
	control_snapshot(of_watcher(ctx), out);
}

static size_t port_op_rows(void *ctx, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	of_watcher(ctx);
	return watcher_rows(ctx, q, offset, out, n, info);
}

static bool port_op_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	uint32_t i = engine_item_of_line(of_watcher(ctx)->engine, line);

	return i != ITEM_NONE && watcher_locate(ctx, q, i, offset);
}

static bool port_op_row(void *ctx, uint64_t line, struct item_row *out)
{
	struct control *c = of_watcher(ctx);
	uint32_t i = engine_item_of_line(c->engine, line);

	if (i == ITEM_NONE)
		return false;
	control_row(c, i, out);
	return true;
}

static bool port_op_detail(void *ctx, uint64_t line, bool content, struct item_detail *out)
{
	struct control *c = of_watcher(ctx);
	uint32_t i = engine_item_of_line(c->engine, line);

	memset(out, 0, sizeof(*out));
	if (i == ITEM_NONE)
		return false;
	detail_fill(c, i, content, out);
	return true;
}

static size_t port_op_errors(void *ctx, struct error_group *out, size_t n, size_t *total)
{
	struct engine *e = of_watcher(ctx)->engine;

	return error_groups_list(&e->observer.groups, e->wall_us, out, n, total);
}

static size_t port_op_events(void *ctx, uint64_t since, struct event *out, size_t n)
{
	const struct watcher *w = ctx;

	return events_since(&w->control->engine->observer.events, since, out, n);
}

/* A read-only run that has finished may be left, ^C does what the signal does, and tags change
 * nothing. */
static bool may_command(const struct control *c, const char *text)
{
	return !c->config.read_only || !strcmp(text, "interrupt") || !strncmp(text, "tag ", 4) ||
	       !strncmp(text, "untag ", 6) || (engine_complete(c->engine) && !strcmp(text, "quit"));
}

static void port_op_command(void *ctx, const struct command_request *r, struct command_reply *out)
{
	struct watcher *w = ctx;

	of_watcher(ctx);
	memset(out, 0, sizeof(*out));
	if (r->dry_run || may_command(w->control, r->text))
		command_run(w, r, out);
	else
		snprintf(out->text, sizeof(out->text), "read-only: commands are off");
}

static bool port_op_job(void *ctx, uint64_t number, struct job_view *out)
{
	const struct watcher *w = ctx;

	return bulk_view(w->control, number, out) || write_view(w->control, number, out);
}

static const struct command_info *port_op_commands(void *ctx, size_t *n)
{
	(void)ctx;
	return command_table(n);
}

static void port_op_totals(void *ctx, struct totals *out)
{
	control_totals(of_watcher(ctx), out);
}

static size_t port_op_chart(void *ctx, const struct chart_query *q, struct chart_slot *out,
	size_t n, struct chart_info *info)
{
	const struct observer *o = &of_watcher(ctx)->engine->observer;

	return chart_slots(&o->chart, q->recent, q->from, out, n, info);
}

static size_t port_op_usage(void *ctx, struct usage_row *out, size_t n)
{
	const struct engine *e = of_watcher(ctx)->engine;

	return usage_table_rows(&e->observer.usage, e->now_us / US_PER_S, out, n);
}

static bool port_op_error_hits(void *ctx, uint32_t id, struct error_hits *out)
{
	const struct observer *o = &of_watcher(ctx)->engine->observer;
	const struct error_hits *hits = error_groups_hits(&o->groups, id);

	if (hits)
		*out = *hits;
	return hits;
}

static void port_op_attended(void *ctx)
{
	engine_attended(of_watcher(ctx)->engine);
}

static const struct port_ops ops = {port_op_snapshot, port_op_rows, port_op_locate, port_op_row,
	port_op_detail, port_op_errors, port_op_events, port_op_command, port_op_job,
	port_op_commands, port_op_totals, port_op_attended, port_op_chart, port_op_usage,
	port_op_error_hits, NULL, NULL};

struct port control_port(struct control *c)
{
	return (struct port){&ops, &c->near};
}

struct port control_far_port(struct control *c)
{
	return (struct port){&ops, &c->far};
}

/* A command whose result nobody reads. */
static void command(struct control *c, const char *text)
{
	struct command_reply reply = {.ok = false};

	up_to_now(c);
	command_run(&c->near, &(struct command_request){.text = text}, &reply);
}

void control_interrupt(struct control *c)
{
	command(c, "interrupt");
}

void control_drain(struct control *c)
{
	command(c, "drain");
}
