#include "fake_service.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static void add_batch(struct fake_service *f, const char *id, const char *owner, const char *phase,
	uint64_t ok, uint64_t failed, uint64_t total)
{
	struct batch_row *b = &f->batch[f->batches++];

	*b = (struct batch_row){.done = ok + failed,
		.total = total,
		.ok = ok,
		.failed = failed,
		.eta_low_s = -1,
		.eta_high_s = -1,
		.usd = -1,
		.weight = 1,
		.tokens_in = (double)ok * 310,
		.tokens_out = (double)ok * 120,
		.created_s = f->own.snap.wall_us / US_PER_S - 3000 - 60 * (int64_t)f->batches,
		.expires_s = f->own.snap.wall_us / US_PER_S + 79200};
	snprintf(b->id, sizeof(b->id), "%s", id);
	snprintf(b->api, sizeof(b->api), "openai");
	snprintf(b->owner, sizeof(b->owner), "%s", owner);
	snprintf(b->endpoint, sizeof(b->endpoint), "/v1/chat/completions");
	snprintf(b->status, sizeof(b->status), "in_progress");
	snprintf(b->phase, sizeof(b->phase), "%s", phase);
	snprintf(b->bound, sizeof(b->bound), "done");
	snprintf(b->results, sizeof(b->results), "/var/lib/sluice/batches/%s/output.jsonl", id);
}

static struct batch_row *last(struct fake_service *f)
{
	return &f->batch[f->batches - 1];
}

static void sends(struct batch_row *b, double rate, double low_s, double high_s, double usd)
{
	b->answers_now = rate;
	b->eta_low_s = low_s;
	b->eta_high_s = high_s;
	b->usd = usd;
	b->in_flight = 24;
	snprintf(b->bound, sizeof(b->bound), "concurrency");
}

static void add_call(struct fake_service *f, const char *owner, const char *model,
	const char *state, int attempts, double age_s, double tokens)
{
	struct call_row *c = &f->call[f->calls.n++];

	*c = (struct call_row){.attempts = attempts, .age_s = age_s, .tokens_out = tokens};
	snprintf(c->owner, sizeof(c->owner), "%s", owner);
	snprintf(c->path, sizeof(c->path), "/v1/chat/completions");
	snprintf(c->model, sizeof(c->model), "%s", model);
	snprintf(c->endpoint, sizeof(c->endpoint), attempts ? "near" : "");
	snprintf(c->state, sizeof(c->state), "%s", state);
}

static void set_batches(struct fake_service *f)
{
	add_batch(f, "batch_H7imSpwPUFmTQTDOL41vzgr1", "ann", "sending", 16940, 12, 50000);
	sends(last(f), 91.1, 340, 372, 1.23);
	add_batch(f, "batch_Qz0aVb81LfTtmGx4PNw2Yc7e", "bob", "sending", 900, 0, 1200);
	sends(last(f), 4.2, 60, 84, -1);
	last(f)->raised = true;
	add_batch(f, "batch_8mJr5KsWdE1uXoBq6yZ0iTLn", "ann", "held", 312, 41, 90000);
	sends(last(f), 0, 80000, 90000, 0.08);
	snprintf(last(f)->note, sizeof(last(f)->note), "ann has used up the 5 dollars of today");
	last(f)->held = 12;
	last(f)->weight = 2.5;
	add_batch(f, "msgbatch_01Lk2Vx9TgR4", "carol", "paused", 5, 0, 10);
	last(f)->paused = true;
	snprintf(last(f)->api, sizeof(last(f)->api), "anthropic");
	snprintf(last(f)->endpoint, sizeof(last(f)->endpoint), "/v1/messages");
	add_batch(f, "batch_new0aVb81LfTtmGx4PNw2Yc7", "", "checking", 0, 0, 0);
	snprintf(last(f)->status, sizeof(last(f)->status), "validating");
	add_batch(f, "batch_Old5KsWdE1uXoBq6yZ0iTLn3", "bob", "ended", 99, 1, 100);
	snprintf(last(f)->status, sizeof(last(f)->status), "completed");
	add_batch(f, "batch_Exp5KsWdE1uXoBq6yZ0iTLn3", "bob", "ended", 10, 0, 100);
	snprintf(last(f)->status, sizeof(last(f)->status), "expired");
	f->more = 120;
	add_call(f, "ann", "gpt-4o-mini", "waiting", 0, 0.04, -1);
	add_call(f, "bob", "gpt-4o-mini", "answering", 1, 3.2, 211);
	add_call(f, "", "claude-haiku", "in flight", 1, 0.9, -1);
	add_call(f, "ann", "gpt-4o-mini", "backing off", 2, 7.5, -1);
	f->calls.waiting = 1;
	f->calls.in_flight = 3;
	f->calls.started = 20417;
	f->calls.ended = 20413;
	f->calls.refused = 7;
}

static void set_event(
	struct fake_service *f, uint64_t seq, enum event_level level, const char *text)
{
	struct event *e = &f->own.event[(seq - 1) % FAKE_EVENTS];

	*e = (struct event){.seq = seq, .level = level};
	e->wall_us = f->own.snap.wall_us - (int64_t)(9 - seq) * US_PER_S;
	snprintf(e->text, sizeof(e->text), "%s", text);
	f->own.snap.last_event = seq;
}

void fake_service_set(struct fake_service *f, bool empty)
{
	struct snapshot *s = &f->own.snap;

	memset(f, 0, sizeof(*f));
	fake_port_scene(&f->own, "empty");
	fake_port_scene(&f->run, "running");
	snprintf(s->run_name, sizeof(s->run_name), "lab");
	snprintf(s->results, sizeof(s->results), "/var/lib/sluice");
	s->endpoint[0] = s->state_note[0] = '\0';
	s->state = RUN_RUNNING;
	f->answer = BATCH_OPEN_READY;
	if (empty)
		return;
	set_batches(f);
	for (size_t i = 0; i < f->batches; i++) {
		const struct batch_row *b = &f->batch[i];

		if (!strcmp(b->phase, "ended"))
			continue;
		s->items.ok += b->ok;
		s->items.failed += b->failed;
		s->items.in_flight += b->in_flight;
		s->items.held += b->held;
		s->items.queued += b->total - b->done - b->in_flight * (b->total > 0) - b->held;
		s->items.total += b->total;
	}
	s->total_known = true;
	s->total_estimate = s->items.total;
	set_event(f, 1, EVENT_INFO, "batch_Old5KsWdE1uXoBq6yZ0iTLn3 completed: 99 ok, 1 failed");
	set_event(f, 2, EVENT_WARNING, "sluice[4711]: raise batch_Qz0a: it is raised already");
}

static void batches(void *ctx, bool all, struct batch_row *out, size_t n, struct batches_info *info)
{
	const struct fake_service *f = ctx;

	*info = (struct batches_info){.more = all ? f->more : 0};
	for (size_t i = 0; i < f->batches && info->n < n; i++)
		if (all || strcmp(f->batch[i].phase, "ended") != 0)
			out[info->n++] = f->batch[i];
}

static void calls(void *ctx, struct call_row *out, size_t n, struct calls_info *info)
{
	const struct fake_service *f = ctx;

	*info = f->calls;
	info->n = info->n < n ? info->n : n;
	if (info->n)
		memcpy(out, f->call, info->n * sizeof(*out));
}

static void open_batch(void *ctx, const char *id)
{
	struct fake_service *f = ctx;

	snprintf(f->opened, sizeof(f->opened), "%s", id);
}

static enum batch_open opened(void *ctx, struct port *out, struct error *err)
{
	struct fake_service *f = ctx;

	if (f->answer == BATCH_OPEN_READY)
		*out = fake_port_port(&f->run);
	if (f->answer == BATCH_OPEN_FAILED)
		error_set(err, "%.30s has no run now: it is paused", f->opened);
	return f->answer;
}

static void close_batch(void *ctx)
{
	((struct fake_service *)ctx)->closed++;
}

static void command(void *ctx, const struct command_request *r, struct command_reply *out)
{
	struct fake_service *f = ctx;

	snprintf(f->own.last_command, sizeof(f->own.last_command), "%s", r->text);
	f->own.commands++;
	*out = (struct command_reply){.ok = true};
	snprintf(out->text, sizeof(out->text), "done: %.100s", r->text);
}

static const struct command_info *commands(void *ctx, size_t *n)
{
	static const struct command_info table[] = {
		{"pause", "BATCH|all", "start nothing more for the batch"},
		{"cancel", "BATCH", "cancel the batch"}};

	(void)ctx;
	*n = sizeof(table) / sizeof(table[0]);
	return table;
}

struct port fake_service_port(struct fake_service *f)
{
	static const struct service_ops service = {batches, calls, open_batch, opened, close_batch};
	static struct port_ops ops;
	struct port own = fake_port_port(&f->own);

	ops = *own.ops;
	ops.command = command;
	ops.commands = commands;
	ops.service = &service;
	return (struct port){&ops, f};
}
