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

enum { RECORD_MAX = 1 << 30 };

/* A query that nobody has read for this long frees its memory. */
#define QUERY_FORGOTTEN_US US_PER_MIN

struct control *control_new(struct engine *e, const struct control_config *config)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->engine = e;
	c->config = *config;
	item_text_init(&c->text);
	buf_init(&c->record, RECORD_MAX);
	return c;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	query_close(&c->query);
	undo_free(&c->undo);
	write_drop(c);
	item_text_free(&c->text);
	buf_free(&c->record);
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
	return !query_complete(&c->query, &c->engine->items) || engine_has_to_regroup(c->engine);
}

void control_background(struct control *c)
{
	const struct query_reader reader = control_reader(c);

	if (query_complete(&c->query, &c->engine->items))
		engine_regroup(c->engine, QUERY_STEP_COST);
	else
		query_step(&c->query, &c->engine->items, &reader, QUERY_STEP_COST);
}

void control_tick(struct control *c, int64_t now_us)
{
	const struct query_reader reader = control_reader(c);
	const struct items *items = &c->engine->items;

	if (c->query.open && now_us - c->query.asked_us > QUERY_FORGOTTEN_US)
		query_close(&c->query);
	if (query_complete(&c->query, items))
		query_refresh(&c->query, items, &reader, now_us);
	/* a busy loop has no idle moments */
	if (control_has_background(c))
		control_background(c);
}

/* ---- the port ---- */

/* Views and commands use the current time, not that of the last turn. */
static struct control *up_to_now(void *ctx)
{
	struct control *c = ctx;

	const struct control_config *clock = &c->config;

	engine_set_time(c->engine, clock->now_us(clock->ctx), clock->wall_us(clock->ctx));
	return c;
}

static void port_op_snapshot(void *ctx, struct snapshot *out)
{
	control_snapshot(up_to_now(ctx), out);
}

static size_t port_op_rows(void *ctx, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	return control_rows(up_to_now(ctx), q, offset, out, n, info);
}

static bool port_op_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	struct control *c = up_to_now(ctx);
	uint32_t i = engine_item_of_line(c->engine, line);

	return i != ITEM_NONE && control_locate(c, q, i, offset);
}

static bool port_op_row(void *ctx, uint64_t line, struct item_row *out)
{
	struct control *c = up_to_now(ctx);
	uint32_t i = engine_item_of_line(c->engine, line);

	if (i == ITEM_NONE)
		return false;
	control_row(c, i, out);
	return true;
}

static bool port_op_detail(void *ctx, uint64_t line, struct item_detail *out)
{
	struct control *c = up_to_now(ctx);
	uint32_t i = engine_item_of_line(c->engine, line);

	memset(out, 0, sizeof(*out));
	if (i == ITEM_NONE)
		return false;
	detail_fill(c, i, out);
	return true;
}

static size_t port_op_errors(void *ctx, struct error_group *out, size_t n, size_t *total)
{
	struct engine *e = up_to_now(ctx)->engine;

	return error_groups_list(&e->observer.groups, e->wall_us, out, n, total);
}

static size_t port_op_events(void *ctx, uint64_t since, struct event *out, size_t n)
{
	const struct control *c = ctx;

	return events_since(&c->engine->observer.events, since, out, n);
}

/* A read-only run that has finished may be left, and ^C does what the signal does. */
static bool may_command(const struct control *c, const char *text)
{
	return !c->config.read_only || !strcmp(text, "interrupt") ||
	       (engine_complete(c->engine) && !strcmp(text, "quit"));
}

static void port_op_command(void *ctx, const char *text, struct command_reply *out)
{
	struct control *c = up_to_now(ctx);

	memset(out, 0, sizeof(*out));
	if (may_command(c, text))
		command_run(c, text, out);
	else
		snprintf(out->text, sizeof(out->text), "read-only: commands are off");
}

static const struct command_info *port_op_commands(void *ctx, size_t *n)
{
	(void)ctx;
	return command_table(n);
}

struct port control_port(struct control *c)
{
	static const struct port_ops ops = {port_op_snapshot, port_op_rows, port_op_locate,
		port_op_row, port_op_detail, port_op_errors, port_op_events, port_op_command,
		port_op_commands};

	return (struct port){&ops, c};
}

void control_interrupt(struct control *c)
{
	struct command_reply reply = {.ok = false};

	command_run(up_to_now(c), "interrupt", &reply);
}

void control_drain(struct control *c)
{
	struct command_reply reply = {.ok = false};

	command_run(up_to_now(c), "drain", &reply);
}
