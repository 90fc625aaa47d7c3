#include "config.h"

#include "core/ticks.h"
#include "rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "base/clock.h"
#include "folder.h"
#include "journal_described.h"
#include "source_tree.h"
#include "work/chain.h"
#include "work/stages.h"

enum { PIPELINE_SIZE = 4096 };

/* The one that is open: whose end is the fixture's. */
static struct rig *open_rig;

static int64_t virtual_now_us(void *ctx)
{
	return ((struct rig *)ctx)->now_us;
}

static int64_t virtual_wall_us(void *ctx)
{
	return rig_wall_us(ctx);
}

struct control_config rig_control_config(bool read_only)
{
	return (struct control_config){.read_only = read_only,
		.now_us = virtual_now_us,
		.wall_us = virtual_wall_us,
		.ctx = open_rig};
}

/* ---- its life ---- */

/* One for each stage or endpoint, or one. */
static int routes(const struct rig *r)
{
	const struct rig_endpoint *endpoints = r->options.endpoints;
	int n = 0;

	while (endpoints && endpoints[n].name)
		n++;
	return r->rows ? r->pipeline.n : n ? n : 1;
}

static struct route_config route_of(const struct rig *r, int i)
{
	const struct rig_endpoint *endpoints = r->options.endpoints;

	if (endpoints)
		return (struct route_config){.name = endpoints[i].name,
			.weight = endpoints[i].weight,
			.models = endpoints[i].models};
	return (struct route_config){
		.name = r->rows ? r->pipeline.stage[i].name : "default", .weight = 1};
}

static char *read_file(const char *name)
{
	char path[1024], *text = calloc(1, PIPELINE_SIZE);
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/data/pipelines/%s.json", source_tree(), name);
	f = fopen(path, "r");
	ck_assert_msg(f && text && fread(text, 1, PIPELINE_SIZE - 1, f) > 0, "%s", path);
	fclose(f);
	return text;
}

static void read_pipeline(struct rig *r)
{
	char *text = read_file(r->options.pipeline);
	struct error err = {""};

	ck_assert_msg(pipeline_parse(text, strlen(text), &r->pipeline, &err), "%s", err.text);
	ck_assert_msg(stage_requests_init(&r->pipeline, r->request, &err), "%s", err.text);
	r->rows = stage_rows(&r->pipeline, r->request);
	free(text);
}

static struct engine_config config_of(const struct rig *r, bool retry_failed)
{
	const struct rig_options *o = &r->options;

	return (struct engine_config){.run_name = "rig.jsonl",
		.rows = r->rows,
		.max_attempts = o->max_attempts ? o->max_attempts : 3,
		.per_request = o->pack,
		.retry_failed = retry_failed,
		.retry_doubtful = o->retry_doubtful,
		.seed = 1};
}

static struct work *work_of(const struct rig *r)
{
	const struct rig_options *o = &r->options;
	const struct chain_config config = {.pipeline = r->rows ? &r->pipeline : NULL,
		.requests = r->request,
		.pack = o->pack,
		.pack_tokens = o->pack_tokens > 0 ? o->pack_tokens : 1e6,
		.cache = o->cache ? &r->store : NULL,
		.dedupe = o->dedupe};

	return o->source ? o->source() : chain_new(&config, r->ledger);
}

static void add_routes(struct rig *r)
{
	const struct lane_config lane = {.mode = r->options.concurrency ? PACE_FIXED : PACE_AUTO,
		.concurrency = r->options.concurrency,
		.rpm = r->options.rpm,
		.max_concurrency = 64};
	const struct rig *beside = r->options.beside;

	for (int i = 0; i < routes(r); i++) {
		struct route_config route = route_of(r, i);

		route.lanes = r->lanes[i] =
			beside ? beside->lanes[i] : lanes_new(&lane, NULL, 0, r->now_us);
		r->lane[i] = lanes_at(r->lanes[i], 0);
		route.run = r;
		engine_add_route(r->engine, &route);
	}
	for (int i = 0; r->options.endpoints && i < routes(r); i++)
		if (r->options.endpoints[i].fallback)
			engine_link_route(r->engine, i, r->options.endpoints[i].fallback);
}

static void replay(struct rig *r)
{
	struct error err = {""};
	uint64_t bad;

	ledger_visit_records(r->ledger, engine_replay_record, r->engine);
	ck_assert_msg(
		ledger_replay(r->ledger, engine_replay, r->engine, &bad, &err), "%s", err.text);
	if (r->rows)
		ck_assert_msg(
			ledger_replay_stages(r->ledger, stages_replay, stages_of(r->work), &err),
			"%s", err.text);
}

static void open_engine(struct rig *r, bool retry_failed)
{
	const struct control_config control = rig_control_config(false);
	struct engine_config config;
	struct error err = {""};
	struct buf fields;

	if (r->options.pipeline)
		read_pipeline(r);
	if (r->options.cache)
		r->store = rig_store_ops(r->options.cache);
	config = config_of(r, retry_failed);
	if (r->options.adjust)
		r->options.adjust(&config);
	r->ledger = ledger_open(r->results, &err);
	ck_assert_msg(r->ledger != NULL, "%s", err.text);
	r->work = work_of(r);
	r->engine = engine_new(&config, &rig_ops, r, r->ledger, r->work, r->now_us, rig_wall_us(r));
	add_routes(r);
	r->control = control_new(r->engine, &control);
	r->port = control_port(r->control);
	replay(r);
	for (int i = 0; i < routes(r); i++)
		engine_set_endpoint(r->engine, i, &r->endpoint, r->lanes[i]);
	buf_init(&fields, 80);
	buf_adds(&fields, "\"pid\":1");
	engine_write_start(r->engine, &fields);
	buf_free(&fields);
}

void rig_open(struct rig *r, const struct rig_options *options)
{
	struct rig_options o = *options;

	if (open_rig && !o.beside)
		rig_tear_down();
	memset(r, 0, sizeof(*r));
	r->options = o;
	r->now_us = o.beside ? o.beside->now_us : 1000 * US_PER_S;
	r->endpoint = (struct endpoint){
		.provider = provider_by_name("openai"), .base_url = (char *)"http://127.0.0.1:1"};
	buf_init(&r->input, 1 << 24);
	ck_assert(folder_make(r->folder, sizeof(r->folder)));
	snprintf(r->results, sizeof(r->results), "%s/out.jsonl", r->folder);
	if (o.beside)
		open_rig->other = r;
	else
		open_rig = r;
	open_engine(r, false);
}

void rig_close(struct rig *r)
{
	if (!r->engine)
		return;
	control_free(r->control);
	engine_free(r->engine);
	r->engine = NULL;
	for (int i = 0; !r->options.beside && i < routes(r); i++)
		lanes_free(r->lanes[i]);
	ledger_close(r->ledger, NULL);
	if (!r->rows)
		return;
	stage_requests_free(r->request, r->pipeline.n);
	pipeline_free(&r->pipeline);
	rows_free(r->rows);
	r->rows = NULL;
}

void rig_reopen(struct rig *r, bool retry_failed)
{
	rig_close(r);
	buf_clear(&r->input);
	r->in_flight = r->started = 0;
	r->lines = 0;
	open_engine(r, retry_failed);
}

void rig_open_rows(struct rig *r, const char *pipeline, int rows)
{
	rig_open(r, RIG(.concurrency = 4, .pipeline = pipeline));
	rig_feed_rows(r, rows);
}

void rig_reopen_rows(struct rig *r, int rows, bool retry_failed)
{
	rig_reopen(r, retry_failed);
	rig_feed_rows(r, rows);
}

static void tear_down(struct rig *r)
{
	char journal[RIG_FOLDER + 16];

	if (r->other)
		tear_down(r->other);
	if (r->engine)
		rig_check(r);
	rig_close(r);
	buf_free(&r->input);
	snprintf(journal, sizeof(journal), "%s/out.journal", r->folder);
	journal_is_described(journal);
	ck_assert(folder_remove(r->folder));
}

void rig_tear_down(void)
{
	struct rig *r = open_rig;

	open_rig = NULL;
	if (r)
		tear_down(r);
}

/* ---- lines and time ---- */

void rig_feed(struct rig *r, const char *line)
{
	uint64_t offset = r->input.len;

	buf_adds(&r->input, line);
	buf_addc(&r->input, '\n');
	engine_feed(r->engine, r->input.data + offset, strlen(line), offset, ++r->lines);
}

void rig_feed_too_long(struct rig *r, size_t len)
{
	buf_addc(&r->input, '\n');
	engine_feed(r->engine, NULL, len, r->input.len - 1, ++r->lines);
}

void rig_feed_chat(struct rig *r, const char *id, const char *members, const char *body)
{
	char line[512];

	ck_assert_int_lt(snprintf(line, sizeof(line),
				 "{\"custom_id\":\"%s\",\"method\":\"POST\","
				 "\"url\":\"/v1/chat/completions\"%s,\"body\":%s}",
				 id, members, body),
		(int)sizeof(line));
	rig_feed(r, line);
}

void rig_feed_many(struct rig *r, const char *prefix, int n)
{
	char id[32];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%s%d", prefix, i);
		rig_feed_chat(r, id, "", "{\"model\":\"m\"}");
	}
}

void rig_feed_same(struct rig *r, const char *prefix, int n, int different)
{
	char id[32], body[64];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%s%d", prefix, i);
		snprintf(body, sizeof(body), "{\"model\":\"m\",\"n\":%d}", i % different);
		rig_feed_chat(r, id, "", body);
	}
}

void rig_feed_embedding(struct rig *r, const char *id, const char *model, const char *text)
{
	char line[400];

	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":"
		"{\"model\":\"%s\",\"input\":\"%s\"}}",
		id, model, text);
	rig_feed(r, line);
}

void rig_feed_numbers(struct rig *r, int from, int to)
{
	char id[16], text[16];

	for (int i = from; i < to; i++) {
		snprintf(id, sizeof(id), "e%d", i);
		snprintf(text, sizeof(text), "%d", i);
		rig_feed_embedding(r, id, "m", text);
	}
}

void rig_feed_row(struct rig *r, const char *id)
{
	char line[120];

	snprintf(line, sizeof(line), "{\"custom_id\":\"%s\",\"title\":\"T%s\",\"id\":\"%s\"}", id,
		id, id);
	rig_feed(r, line);
}

void rig_feed_rows(struct rig *r, int n)
{
	char id[12];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "i%d", i);
		rig_feed_row(r, id);
	}
	rig_feed_end(r);
	rig_turn(r);
}

void rig_feed_end(struct rig *r)
{
	engine_input_end(r->engine);
}

char *rig_line(struct rig *r, uint64_t line, const char *text)
{
	char *at = r->input.data;

	while (--line)
		at = strchr(at, '\n') + 1;
	return memmem(at, strcspn(at, "\n"), text, strlen(text));
}

int64_t rig_turn(struct rig *r)
{
	struct error err = {""};
	int64_t step_us = control_turn(r->control, r->now_us, rig_wall_us(r));
	int64_t wake_us = engine_turn(r->engine, r->now_us, rig_wall_us(r));

	engine_flushed(r->engine, ledger_flush(r->ledger, &err), rig_wall_us(r));
	return step_us < wake_us ? step_us : wake_us;
}

bool rig_await(struct rig *r)
{
	while (!r->in_flight) {
		int64_t wake_us = rig_turn(r);

		if (r->in_flight)
			break;
		if (wake_us == NEVER_US)
			return false;
		if (wake_us > r->now_us)
			r->now_us = wake_us;
	}
	return true;
}

void rig_run_out(struct rig *r)
{
	for (rig_turn(r); rig_await(r); rig_turn(r))
		rig_answer_ok(r);
}

struct command_reply rig_command(struct rig *r, const char *text)
{
	struct command_reply reply;

	port_command(&r->port, text, &reply);
	return reply;
}
