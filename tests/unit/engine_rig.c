#include "engine_rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/provider.h"
#include "base/clock.h"
#include "journal_described.h"
#include "ledger/paths.h"
#include "plan/redact.h"

static struct rig *clock_rig; /* whose virtual clock the port reads */

static int64_t virtual_mono_us(void)
{
	return clock_rig->now_us;
}

static int64_t virtual_wall_us(void)
{
	return INT64_C(1700000000) * US_PER_S + clock_rig->now_us;
}

static struct transfer *rig_start(void *ctx, int route, const struct request *request,
	struct attempt *attempt, struct error *err)
{
	struct rig *r = ctx;

	(void)route, (void)err;
	ck_assert_int_lt(r->in_flight, RIG_IN_FLIGHT);
	r->cancelled[r->in_flight] = false;
	snprintf(r->sent[r->in_flight], RIG_SENT, "%.*s", (int)request->body.len,
		request->body.len ? request->body.data : "");
	r->attempt[r->in_flight++] = attempt;
	r->started++;
	return (struct transfer *)attempt;
}

static void rig_cancel(void *ctx, int route, struct transfer *x)
{
	struct rig *r = ctx;

	(void)route;
	for (int i = 0; i < r->in_flight; i++)
		if ((void *)r->attempt[i] == (void *)x)
			r->cancelled[i] = true;
}

static bool rig_fetch(void *ctx, uint64_t offset, size_t len, struct buf *out, struct error *err)
{
	struct rig *r = ctx;

	(void)err;
	buf_clear(out);
	return buf_add(out, r->input.data + offset, len);
}

static void rig_progress(void *ctx, struct transfer *x, struct item_row *row)
{
	(void)ctx, (void)x;
	snprintf(row->phase, sizeof(row->phase), "sent");
}

static int rig_received(
	void *ctx, struct transfer *x, size_t max, struct buf *headers, struct buf *body)
{
	(void)ctx, (void)x, (void)max;
	buf_adds(headers, "Set-Cookie: a=b\r\nContent-Type: text/plain\r\n");
	buf_adds(body, "so far");
	return 200;
}

static void rig_headers(void *ctx, int route, const char *url, struct buf *out)
{
	(void)ctx, (void)route, (void)url;
	redact_headers(RIG_HEADERS, strlen(RIG_HEADERS), out);
}

static bool rig_redact(void *ctx, const char *text, size_t len, struct buf *out)
{
	(void)ctx;
	return redact_copy(text, len, RIG_KEY, out);
}

/* One for each stage, or one. */
static int routes(const struct rig *r)
{
	return r->rows ? r->pipeline.n : 1;
}

static void open_engine(struct rig *r, int concurrency, bool retry_failed)
{
	static const struct engine_ops ops = {rig_start, rig_cancel, rig_fetch, rig_progress,
		rig_received, rig_headers, rig_redact};
	const struct engine_clock clock = {virtual_mono_us, virtual_wall_us};
	struct engine_config config = {.run_name = "rig.jsonl",
		.template = r->rows,
		.pipeline = r->rows ? &r->pipeline : NULL,
		.requests = r->request,
		.max_attempts = 3,
		.retry_failed = retry_failed,
		.seed = 1};
	const struct lane_config lane = {.mode = concurrency ? PACE_FIXED : PACE_AUTO,
		.concurrency = concurrency,
		.max_concurrency = 64};
	struct error err = {""};
	struct buf fields;
	uint64_t bad;

	if (r->adjust)
		r->adjust(&config);
	clock_rig = r;
	r->ledger = ledger_open(r->results, &err);
	ck_assert_msg(r->ledger != NULL, "%s", err.text);
	r->engine = engine_new(&config, &ops, r, r->ledger, r->now_us, virtual_wall_us());
	for (int i = 0; i < routes(r); i++) {
		r->lane[i] = lane_new(&lane, r->now_us);
		engine_add_route(
			r->engine, &(struct route_config){
					   .name = r->rows ? r->pipeline.stage[i].name : "default",
					   .lane = r->lane[i],
					   .weight = 1});
	}
	r->port = engine_port(r->engine, &clock);
	r->endpoint = (struct endpoint){
		.provider = provider_by_name("openai"), .base_url = (char *)"http://127.0.0.1:1"};
	ck_assert_msg(
		ledger_replay(r->ledger, engine_replay, r->engine, &bad, &err), "%s", err.text);
	if (r->rows)
		ck_assert_msg(ledger_replay_stages(r->ledger, engine_replay_stage, r->engine, &err),
			"%s", err.text);
	for (int i = 0; i < routes(r); i++)
		engine_set_endpoint(r->engine, i, &r->endpoint);
	buf_init(&fields, 80);
	buf_adds(&fields, "\"pid\":1");
	engine_write_start(r->engine, &fields);
	buf_free(&fields);
}

static void open_folder(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->now_us = 1000 * US_PER_S;
	buf_init(&r->input, 1 << 24);
	snprintf(r->folder, sizeof(r->folder), "/tmp/sluice-rig-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->folder));
	snprintf(r->results, sizeof(r->results), "%s/out.jsonl", r->folder);
}

void rig_open(struct rig *r, int concurrency)
{
	open_folder(r);
	open_engine(r, concurrency, false);
}

void rig_open_adjusted(struct rig *r, int concurrency, void (*adjust)(struct engine_config *config))
{
	open_folder(r);
	r->adjust = adjust;
	open_engine(r, concurrency, false);
}

static void free_pipeline(struct rig *r)
{
	if (!r->rows)
		return;
	stage_requests_free(r->request, r->pipeline.n);
	pipeline_free(&r->pipeline);
	template_free(r->rows);
	r->rows = NULL;
}

static void read_pipeline(struct rig *r, const char *text)
{
	struct error err = {""};

	ck_assert_msg(pipeline_parse(text, strlen(text), &r->pipeline, &err), "%s", err.text);
	ck_assert_msg(stage_requests_init(&r->pipeline, r->request, &err), "%s", err.text);
	r->rows = stage_rows(&r->pipeline, r->request);
}

void rig_open_pipeline(struct rig *r, int concurrency, const char *pipeline)
{
	open_folder(r);
	read_pipeline(r, pipeline);
	open_engine(r, concurrency, false);
}

static void close_engine(struct rig *r)
{
	engine_free(r->engine);
	for (int i = 0; i < routes(r); i++)
		lane_free(r->lane[i]);
	ledger_close(r->ledger, NULL);
}

void rig_set_pipeline(struct rig *r, const char *pipeline)
{
	close_engine(r);
	free_pipeline(r);
	read_pipeline(r, pipeline);
	r->engine = NULL;
}

void rig_close(struct rig *r)
{
	close_engine(r);
	free_pipeline(r);
}

void rig_reopen(struct rig *r, int concurrency, bool retry_failed)
{
	if (r->engine)
		close_engine(r);
	buf_clear(&r->input);
	r->in_flight = r->started = 0;
	open_engine(r, concurrency, retry_failed);
}

void rig_remove(struct rig *r)
{
	struct ledger_paths paths;
	char command[128];

	ledger_paths_init(&paths, r->results);
	journal_is_described(paths.journal);
	ledger_paths_free(&paths);
	buf_free(&r->input);
	snprintf(command, sizeof(command), "rm -r %s", r->folder);
	ck_assert_int_eq(system(command), 0);
}

void rig_feed(struct rig *r, const char *line)
{
	uint64_t offset = r->input.len;
	uint64_t number = rig_counts(r)->total + 1;

	buf_adds(&r->input, line);
	engine_feed(r->engine, r->input.data + offset, strlen(line), offset, number);
}

void rig_feed_many(struct rig *r, const char *prefix, int n)
{
	char line[160];

	for (int i = 0; i < n; i++) {
		snprintf(line, sizeof(line),
			"{\"custom_id\":\"%s%d\",\"method\":\"POST\",\"url\":\"/v1/chat/"
			"completions\","
			"\"body\":{\"model\":\"m\"}}",
			prefix, i);
		rig_feed(r, line);
	}
}

void rig_feed_end(struct rig *r)
{
	engine_input_end(r->engine);
}

int64_t rig_turn(struct rig *r)
{
	struct error err = {""};
	int64_t wake_us = engine_turn(r->engine, r->now_us, virtual_wall_us());

	engine_flushed(r->engine, ledger_flush(r->ledger, &err), virtual_wall_us());
	return wake_us;
}

static void answer(struct rig *r, int place, struct answer a)
{
	struct attempt *attempt = r->attempt[place];
	size_t behind = (size_t)(r->in_flight - place - 1);

	ck_assert_int_gt(r->in_flight, place);
	if (r->cancelled[place])
		a = (struct answer){.result = NET_CANCELLED, .first_byte_us = -1};
	r->in_flight--;
	memmove(r->attempt + place, r->attempt + place + 1, behind * sizeof(r->attempt[0]));
	memmove(r->cancelled + place, r->cancelled + place + 1, behind * sizeof(r->cancelled[0]));
	memmove(r->sent + place, r->sent + place + 1, behind * sizeof(r->sent[0]));
	engine_answered(r->engine, attempt, &a, r->now_us, virtual_wall_us());
}

static struct answer status_answer(int status, const char *headers, const char *body)
{
	return (struct answer){.result = NET_STATUS,
		.status = status,
		.headers = headers,
		.headers_len = strlen(headers),
		.body = body,
		.body_len = strlen(body),
		.latency_us = 1000,
		.first_byte_us = 500};
}

void rig_answer(struct rig *r, int status, const char *headers, const char *body)
{
	answer(r, 0, status_answer(status, headers, body));
}

void rig_answer_at(struct rig *r, int place, int status, const char *body)
{
	answer(r, place, status_answer(status, "", body));
}

void rig_break(struct rig *r, int place)
{
	answer(r, place,
		(struct answer){.result = NET_ERROR, .error = "reset", .first_byte_us = -1});
}

void rig_fail(struct rig *r, enum net_result how)
{
	answer(r, 0, (struct answer){.result = how, .first_byte_us = -1});
}

void rig_answer_ok(struct rig *r)
{
	rig_answer(r, 200, "x-request-id: r1\r\n",
		"{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":"
		"4}}");
}

void rig_run_out(struct rig *r)
{
	for (;;) {
		int64_t wake_us = rig_turn(r);

		if (r->in_flight)
			rig_answer_ok(r);
		else if (wake_us != NEVER_US && wake_us > r->now_us)
			r->now_us = wake_us;
		else if (wake_us == NEVER_US)
			return;
	}
}

const struct item_counts *rig_counts(const struct rig *r)
{
	return &r->engine->items.counts;
}

struct command_reply rig_command(struct rig *r, const char *text)
{
	struct command_reply reply;

	port_command(&r->port, text, &reply);
	return reply;
}

int rig_grep(const struct rig *r, const char *file, const char *text)
{
	static const char *const names[][2] = {{"results", "out.jsonl"},
		{"errors", "out.errors.jsonl"}, {"journal", "out.journal"}};
	char path[160], *line = NULL;
	size_t cap = 0;
	int n = 0;
	FILE *f;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(file, names[i][0]))
			snprintf(path, sizeof(path), "%s/%s", r->folder, names[i][1]);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (getline(&line, &cap, f) > 0)
		n += strstr(line, text) != NULL;
	free(line);
	fclose(f);
	return n;
}
