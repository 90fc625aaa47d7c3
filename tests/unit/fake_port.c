#include "fake_port.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "fake_history.h"
#include "control/command.h"
#include "past/past_impl.h"
#include "past/replay.h"

static void fake_snapshot(void *ctx, struct snapshot *out)
{
	*out = ((struct fake_port *)ctx)->snap;
}

static size_t fake_events(void *ctx, uint64_t since, struct event *out, size_t n)
{
	const struct fake_port *f = ctx;
	size_t got = 0;

	while (got < n && since + got < f->snap.last_event) {
		out[got] = f->event[since + got];
		got++;
	}
	return got;
}

static void fake_command(void *ctx, const struct command_request *r, struct command_reply *out)
{
	struct fake_port *f = ctx;
	const char *text = r->text;

	if (r->dry_run) {
		out->ok = true;
		snprintf(out->text, sizeof(out->text),
			"cd /srv/batch && sluice run prompts.jsonl --url "
			"https://api.example.com --stop-on-errors 5%%");
		return;
	}
	snprintf(f->last_command, sizeof(f->last_command), "%s", text);
	f->commands++;
	if (fake_items_command(f, text, out))
		return;
	if (!strcmp(text, "pause"))
		f->snap.state = RUN_PAUSED;
	else if (!strcmp(text, "resume"))
		f->snap.state = RUN_RUNNING;
	else if (!strcmp(text, "drain"))
		f->snap.state = RUN_DRAINING;
	else if (!strcmp(text, "stop"))
		f->snap.state = RUN_STOPPED;
	out->ok = strncmp(text, "bad", 3) != 0;
	snprintf(out->text, sizeof(out->text),
		out->ok ? "%.100s: done"
			: "unknown command "
			  "\"%.100s\"",
		text);
}

static bool fake_job(void *ctx, uint64_t number, struct job_view *out)
{
	(void)ctx, (void)number;
	*out = (struct job_view){.active = false};
	return false;
}

static const struct command_info *fake_commands(void *ctx, size_t *n)
{
	const struct fake_port *f = ctx;

	if (f->snap.replay.on) {
		*n = replay_commands_n;
		return replay_commands;
	}
	if (f->snap.past) {
		*n = past_commands_n;
		return past_commands;
	}
	return command_table(n); /* the engine's own: keys and help are checked against it */
}

struct port fake_port_port(struct fake_port *f)
{
	static const struct port_ops ops = {fake_snapshot, fake_items_rows, fake_items_locate,
		fake_items_row, fake_items_detail, fake_items_errors, fake_events, fake_command,
		fake_job, fake_commands, fake_totals, NULL, fake_chart, fake_usage, fake_error_hits,
		NULL, NULL};

	return (struct port){&ops, f};
}

static void set_items(struct fake_port *f, struct item_counts c)
{
	c.total = c.queued + c.waiting + c.in_flight + c.held + c.ok + c.failed + c.cancelled;
	f->snap.items = c;
	f->snap.total_known = true;
	f->snap.total_estimate = c.total;
	f->snap.cost.asked = c.ok + c.failed;
}

static void add_event(struct fake_port *f, int64_t ago_s, enum event_level level, const char *text)
{
	struct event *e = &f->event[f->snap.last_event % FAKE_EVENTS];

	e->seq = ++f->snap.last_event;
	e->wall_us = f->snap.wall_us - ago_s * US_PER_S;
	e->level = level;
	text_sanitise(e->text, sizeof(e->text), text, strlen(text));
}

static void set_rows(struct fake_port *f)
{
	static const char *const phases[] = {"receiving", "receiving", "sent", "connect"};
	const struct item_counts *c = &f->snap.items;

	f->rows = c->in_flight + c->waiting < FAKE_ROWS ? c->in_flight + c->waiting : FAKE_ROWS;
	for (size_t i = 0; i < f->rows; i++) {
		struct item_row *r = &f->row[i];
		bool waits = i >= c->in_flight || i % 7 == 3;

		*r = (struct item_row){.line = 4102 + i * 13,
			.state = waits ? ITEM_WAITING : ITEM_IN_FLIGHT,
			.outcome = waits ? (i % 2 ? OUTCOME_RATE_LIMITED : OUTCOME_NETWORK)
					 : OUTCOME_OK,
			.attempt = i % 7 != 3 ? 1
				   : i == 10  ? 7
					      : 3, /* more than count */
			.max_attempts = 5,
			.age_us = (int64_t)(41 - (int)i / 2) * US_PER_S,
			.due_us = waits ? f->snap.now_us + (9 + (int64_t)i) * US_PER_S : 0,
			.status = waits && i % 2 ? 429 : 0,
			.bytes_in = waits ? 0 : 812 * (i + 1)};
		if (r->age_us < 0)
			r->age_us = 0;
		snprintf(r->id, sizeof(r->id), "request-%06" PRIu64, r->line);
		snprintf(r->phase, sizeof(r->phase), "%s", waits ? "" : phases[i % 4]);
		snprintf(r->model, sizeof(r->model), "m-%s", i % 3 ? "large" : "small");
		snprintf(r->host, sizeof(r->host), "%s", waits ? "" : "api.example.com");
		if (waits || i % 4 < 2)
			snprintf(r->request_id, sizeof(r->request_id), "req_%08" PRIx64,
				r->line * 2654435761U % 0xffffffffU);
		r->idle_us = waits ? -1 : (int64_t)(i % 5) * 700 * US_PER_MS;
	}
	fake_items_set(f);
}

static void set_common(struct fake_port *f)
{
	struct snapshot *s = &f->snap;

	memset(f, 0, sizeof(*f));
	s->cost = (struct cost_view){.usd = -1,
		.projected_tokens = -1,
		.projected_usd = -1,
		.budget_tokens = -1,
		.budget_usd = -1};
	snprintf(s->run_name, sizeof(s->run_name), "prompts.jsonl");
	snprintf(s->endpoint, sizeof(s->endpoint), "https://api.example.com/v1");
	s->now_us = 5000 * US_PER_S;
	s->wall_us = INT64_C(1700000000) * US_PER_S;
	s->eta_low_us = s->eta_high_us = -1;
	s->concurrency = 64;
	s->concurrency_cap = 128;
	s->rpm = s->tpm = s->rate = (struct limit_view){-1, -1, -1, false};
	s->latency = (struct latency_summary){-1, -1, -1, -1, -1, -1};
}

static void scene_running(struct fake_port *f)
{
	struct snapshot *s = &f->snap;

	set_common(f);
	s->session = (struct session_view){.avg_us = 3600 * US_PER_MS,
		.p50_us = 3100 * US_PER_MS,
		.p90_us = 9800 * US_PER_MS,
		.p99_us = 22 * US_PER_S,
		.max_us = 41 * US_PER_S,
		.speed_up = 41.5,
		.bound_share = {[BOUND_TPM] = 0.71, [BOUND_CONCURRENCY] = 0.29}};
	set_items(f, (struct item_counts){5711, 12, 64, 0, 4150, 63, 0, 0});
	s->elapsed_us = 862 * US_PER_S;
	s->eta_low_us = 1690 * US_PER_S;
	s->eta_high_us = 2090 * US_PER_S;
	s->concurrency_auto = true;
	s->rpm = (struct limit_view){-1, 300, 300, false};
	s->tpm = (struct limit_view){500000, 400000, 500000, true};
	s->answers_now = 4.9;
	s->answers_avg = 5.1;
	s->tokens_now = 8200;
	s->rate_limited_per_min = 7;
	s->bound_now = BOUND_TPM;
	s->bound_share[BOUND_TPM] = 0.71;
	s->bound_share[BOUND_CONCURRENCY] = 0.22;
	s->bound_share[BOUND_HOLD] = 0.07;
	s->latency =
		(struct latency_summary){3100000, 9800000, 22000000, 41000000, 640000, 2400000};
	s->attempts = 4339;
	s->retries = 126;
	s->outcomes[OUTCOME_OK] = 4150;
	s->outcomes[OUTCOME_RATE_LIMITED] = 104;
	s->outcomes[OUTCOME_SERVER_ERROR] = 36;
	s->outcomes[OUTCOME_TIMEOUT] = 40;
	s->outcomes[OUTCOME_CLIENT_ERROR] = 9;
	s->final_failures[OUTCOME_TIMEOUT] = 54;
	s->final_failures[OUTCOME_CLIENT_ERROR] = 9;
	s->tokens_in = 12600000;
	s->tokens_out = 1900000;
	s->bytes_in = 34u << 20;
	s->bytes_out = 61u << 20;
	s->cost.tokens = 14500000;
	s->cost.projected_tokens = 34000000;
	fake_history(s, HISTORY_SECONDS, 1);
	add_event(f, 862, EVENT_INFO, "run started: 10000 items");
	for (int i = 0; i < 12; i++)
		add_event(f, 700 - i * 20, EVENT_INFO, "auto: concurrency up, no 429 for 60 s");
	add_event(f, 120, EVENT_WARNING, "429 from the server: concurrency 96 to 48");
	add_event(f, 31, EVENT_ERROR, "item request-000911 failed: 400 context length exceeded");
	add_event(f, 9, EVENT_INFO, "auto: concurrency 48 to 64, no 429 for 60 s");
	set_rows(f);
}

/* Several endpoints: one that holds, one set aside, one paused by hand. */
static void scene_endpoints(struct fake_port *f)
{
	static const char *const names[] = {"azure-east", "azure-west", "openai", "spare"};
	struct snapshot *s = &f->snap;

	scene_running(f);
	s->n_endpoints = 4;
	for (int i = 0; i < s->n_endpoints; i++) {
		struct endpoint_view *e = &s->endpoints[i];

		*e = (struct endpoint_view){.chosen = i == 1,
			.weight = i < 3 ? 1 : 0,
			.lane.concurrency = 24 - 6 * i,
			.lane.concurrency_auto = i < 2,
			.lane.in_flight = 20 - 6 * (uint32_t)i,
			.lane.answers_now = 2.4 / (i + 1),
			.lane.rate_limited_per_min = i == 1 ? 7 : 0,
			.lane.answered = 1400 / ((uint64_t)i + 1),
			.lane.ok = 1300 / ((uint64_t)i + 1),
			.lane.breaker_open = i == 2,
			.paused = i == 3,
			.lane.hold_until_us = i == 1 ? s->now_us + 8500 * US_PER_MS : 0};
		if (i == 1)
			snprintf(e->hold_source, sizeof(e->hold_source), "retry-after-ms");
		snprintf(e->name, sizeof(e->name), "%s", names[i]);
	}
	s->hold_until_us = s->endpoints[1].lane.hold_until_us;
}

/* One endpoint that is asked for three models: the quota of one is used up. */
static void scene_models(struct fake_port *f)
{
	static const struct {
		const char *name, *hold_source;
		int concurrency;
		uint32_t in_flight;
		int64_t hold_s;
	} models[] = {{"gpt-4.1", "quota used up", 1, 0, 432}, {"gpt-4.1-mini", "", 24, 22, 0},
		{"a-model-with-a-long-name", "retry-after", 8, 3, 4}};
	struct snapshot *s = &f->snap;

	scene_running(f);
	s->n_endpoints = 1;
	s->endpoints[0] = (struct endpoint_view){.name = "default",
		.chosen = true,
		.weight = 1,
		.lane = {.concurrency = 33,
			.concurrency_auto = true,
			.in_flight = 25,
			.answers_now = 31,
			.rate_limited_per_min = 6,
			.answered = 5200,
			.ok = 5100}};
	s->n_models = 3;
	for (int i = 0; i < s->n_models; i++) {
		struct model_view *m = &s->models[i];

		*m = (struct model_view){.rpm = -1,
			.lane = {.concurrency = models[i].concurrency,
				.concurrency_auto = true,
				.in_flight = models[i].in_flight,
				.answers_now = models[i].in_flight / 0.8,
				.rate_limited_per_min = i == 2 ? 6 : 0,
				.answered = 2600 - 800 * (uint64_t)i,
				.ok = 2550 - 800 * (uint64_t)i,
				.breaker_open = !i,
				.hold_until_us = models[i].hold_s
							 ? s->now_us + models[i].hold_s * US_PER_S
							 : 0}};
		snprintf(m->name, sizeof(m->name), "%s", models[i].name);
		snprintf(m->hold_source, sizeof(m->hold_source), "%s", models[i].hold_source);
	}
}

/* A pipeline in the middle of its work: three first stages at once, one of them refused, one that
 * many skip, and the last. */
static void scene_pipeline(struct fake_port *f)
{
	static const struct {
		const char *name;
		struct stage_view stage;
		uint32_t in_flight;
		int concurrency;
	} stages[] = {{"embed", {0, 0, 3, 0, 4231, 2, 0}, 12, 16},
		{"cache", {0, 0, 0, 0, 4240, 0, 0}, 4, 32},
		{"metadata", {0, 14, 0, 2, 4190, 11, 0}, 1, 8},
		{"search", {7, 3, 0, 0, 2920, 0, 0}, 6, 12},
		{"translate", {8, 0, 0, 0, 212, 0, 2600}, 0, 4},
		{"answer", {24, 41, 9, 0, 2790, 29, 0}, 24, 24}};
	struct snapshot *s = &f->snap;

	scene_running(f);
	s->pipeline = true;
	s->open_rows = 163;
	s->n_endpoints = 6;
	for (int i = 0; i < s->n_endpoints; i++) {
		struct endpoint_view *e = &s->endpoints[i];

		*e = (struct endpoint_view){.chosen = i == 5,
			.weight = 1,
			.lane.concurrency = stages[i].concurrency,
			.lane.in_flight = stages[i].in_flight,
			.lane.answers_now = 4.1 - 0.3 * i,
			.lane.ok = stages[i].stage.done,
			.lane.answered = stages[i].stage.done + stages[i].stage.failed +
					 13 * (uint64_t)(5 - i),
			.lane.rate_limited_per_min = i == 2 ? 7 : 0,
			.lane.breaker_open = i == 2,
			.lane.hold_until_us = i == 5 ? s->now_us + 9 * US_PER_S : 0,
			.stage = stages[i].stage};
		snprintf(e->name, sizeof(e->name), "%s", stages[i].name);
	}
	s->hold_until_us = s->endpoints[5].lane.hold_until_us;
	for (size_t i = 0; i < f->rows; i++)
		if (f->row[i].state == ITEM_IN_FLIGHT || f->row[i].state == ITEM_WAITING)
			snprintf(
				f->row[i].stage, sizeof(f->row[i].stage), "%s", stages[i % 6].name);
	fake_items_set(f);
}

/* Answers that are written while one looks on. */
static void scene_streaming(struct fake_port *f)
{
	scene_running(f);
	f->snap.streams = (struct stream_summary){true, 640000, 2400000, 18000, 95000, 62};
	f->snap.session.streams = (struct stream_summary){true, 700000, 3100000, 21000, 120000, 58};
	for (size_t i = 0; i < f->rows; i++) {
		struct item_row *r = &f->row[i];

		if (strcmp(r->phase, "receiving") != 0)
			continue;
		snprintf(r->phase, sizeof(r->phase), "streaming");
		r->tokens_out = 7 + 31 * i;
	}
	fake_items_set(f);
}

/* Answers that are not what --expect wants. */
static void scene_expect(struct fake_port *f)
{
	static const struct error_group groups[] = {
		{.id = 1,
			.outcome = OUTCOME_BAD_RESPONSE,
			.status = 200,
			.code = "expect_json",
			.message =
				"expected JSON, got \"Sure! Here is the list you asked for: ...\"",
			.attempts = 57,
			.items = 19,
			.final = 17,
			.per_minute = {6, 9, 3, 0, 6, 9, 12, 3, 3, 6}},
		{.id = 2,
			.outcome = OUTCOME_BAD_RESPONSE,
			.status = 200,
			.code = "expect_finish_reason",
			.message = "expected finish_reason=stop, got \"length\"",
			.attempts = 24,
			.items = 8,
			.final = 8,
			.per_minute = {3, 0, 3, 0, 3, 6, 3, 0, 3, 3}},
		{.id = 3,
			.outcome = OUTCOME_BAD_RESPONSE,
			.status = 200,
			.message = "the stream was cut off: it has no end mark",
			.attempts = 3,
			.items = 3,
			.per_minute = {0, 0, 2, 1}},
	};

	scene_running(f);
	f->groups = sizeof(groups) / sizeof(groups[0]);
	for (size_t i = 0; i < f->groups; i++) {
		struct error_group *g = &f->group[i];
		const struct error_group like = *g;

		*g = groups[i];
		g->first_wall_us = like.first_wall_us;
		g->last_wall_us = like.last_wall_us;
		memcpy(g->sample_id, like.sample_id, sizeof(g->sample_id));
	}
}

/* Many of its answers were there already. */
static void scene_reused(struct fake_port *f)
{
	scene_running(f);
	f->snap.cached = 2310;
	f->snap.shared = 45;
}

/* Many of them shared their requests. */
static void scene_packed(struct fake_port *f)
{
	scene_running(f);
	f->snap.items.queued -= 1024 - f->snap.items.in_flight;
	f->snap.items.in_flight = 1024;
	f->snap.requests = 32;
	f->snap.concurrency = 32;
	f->snap.packed_items = 4150;
	f->snap.packed_requests = 133;
}

/* A trial whose key has expired. */
static void scene_trial(struct fake_port *f)
{
	scene_running(f);
	f->snap.part = (struct input_part){
		.sample = f->snap.items.total, .seed = 1, .of = 2600000, .of_estimated = true};
	snprintf(f->snap.state_note, sizeof(f->snap.state_note),
		"waiting for a key: --key-command runs each minute, or now with `key reload`: it "
		"printed the refused key");
}

static void scene_paused(struct fake_port *f)
{
	scene_running(f);
	f->snap.state = RUN_PAUSED;
	f->snap.items.queued += f->snap.items.in_flight;
	f->snap.items.in_flight = 0;
	f->snap.answers_now = f->snap.tokens_now = 0;
	f->snap.eta_low_us = f->snap.eta_high_us = -1;
	memset(f->snap.bound_share, 0, sizeof(f->snap.bound_share));
	f->snap.bound_share[BOUND_PAUSE] = 1;
	f->snap.bound_now = BOUND_PAUSE;
	snprintf(f->snap.state_note, sizeof(f->snap.state_note),
		"paused by the operator: p resumes");
	set_rows(f);
}

static void scene_draining(struct fake_port *f)
{
	scene_running(f);
	f->snap.state = RUN_DRAINING;
	f->snap.items.queued += 57;
	f->snap.items.in_flight = 7;
	f->snap.rate = (struct limit_view){-1, -1, 2.5, true};
	memset(f->snap.bound_share, 0, sizeof(f->snap.bound_share));
	f->snap.bound_share[BOUND_RPM] = 0.51;
	f->snap.bound_now = BOUND_DONE;
	f->snap.bound_share[BOUND_PAUSE] = 0.34;
	f->snap.bound_share[BOUND_ADAPTIVE] = 0.15;
	f->snap.eta_low_us = 4 * US_PER_S;
	f->snap.eta_high_us = 4 * US_PER_S;
	set_rows(f);
}

static void scene_done(struct fake_port *f)
{
	scene_running(f);
	f->snap.state = RUN_DONE;
	set_items(f, (struct item_counts){0, 0, 0, 0, 9874, 120, 6, 0});
	f->snap.elapsed_us = 2900 * US_PER_S;
	snprintf(f->snap.results, sizeof(f->snap.results), "/srv/batches/prompts.results.jsonl");
	snprintf(f->snap.errors, sizeof(f->snap.errors),
		"/srv/batches/prompts.results.errors.jsonl");
	snprintf(f->snap.journal, sizeof(f->snap.journal), "/srv/batches/prompts.results.journal");
	set_rows(f);
}

/* A finished run, seen by its files later. */
static void scene_past(struct fake_port *f)
{
	scene_done(f);
	f->snap.past = true;
	f->snap.eta_low_us = f->snap.eta_high_us = -1;
	f->snap.answers_now = f->snap.tokens_now = f->snap.rate_limited_per_min = 0;
	/* what its files do not tell */
	f->snap.bytes_in = f->snap.bytes_out = 0;
	f->snap.concurrency_auto = false;
	f->snap.rpm = f->snap.tpm = f->snap.rate = (struct limit_view){-1, -1, -1, false};
	f->snap.cost.usd = 31.27;
	f->snap.cost.expected = true;
	f->snap.cost.projected_usd = f->snap.cost.projected_tokens = -1;
	snprintf(f->snap.state_note, sizeof(f->snap.state_note),
		"finished 2026-01-31 23:59:59; :retry failed requests them again, q leaves");
}

/* A moment of that run, in its second session. */
static void scene_replay(struct fake_port *f)
{
	struct replay_view *r = &f->snap.replay;

	scene_running(f);
	f->snap.past = f->snap.read_only = true;
	f->snap.eta_low_us = f->snap.eta_high_us = -1;
	r->on = true;
	r->playing = true;
	r->speed = 60;
	r->at_us = 1382 * US_PER_S;
	r->length_us = 2900 * US_PER_S;
	r->session = r->sessions = 2;
	r->session = 1;
	r->mark[3] = 1U << REPLAY_ERROR;
	r->mark[20] = r->mark[21] = r->mark[22] = 1U << REPLAY_REFUSED | 1U << REPLAY_LIMIT;
	r->mark[24] = 1U << REPLAY_HOLD | 1U << REPLAY_REFUSED;
	r->mark[90] = 1U << REPLAY_LIMIT;
	r->mark[110] = 1U << REPLAY_REFUSED;
	r->mark[114] = 1U << REPLAY_OPERATOR | 1U << REPLAY_LIMIT;
	r->mark[REPLAY_PARTS - 1] = 1U << REPLAY_LIMIT;
}

/* It stands still at a mark, while the run is held. */
static void scene_replay_mark(struct fake_port *f)
{
	scene_replay(f);
	f->snap.replay.playing = false;
	f->snap.replay.here = 1U << REPLAY_HOLD | 1U << REPLAY_REFUSED;
	f->snap.replay.at_us = 24 * f->snap.replay.length_us / REPLAY_PARTS;
	f->snap.state = RUN_HELD;
}

/* All of its items are ok, and a price is known. */
static void scene_done_ok(struct fake_port *f)
{
	scene_done(f);
	set_items(f, (struct item_counts){0, 0, 0, 0, 10000, 0, 0, 0});
	memset(f->snap.final_failures, 0, sizeof(f->snap.final_failures));
	f->snap.cost.usd = 31.27;
	f->snap.cost.expected = true;
}

/* A budget is used up, and the operator is asked. */
static void scene_budget(struct fake_port *f)
{
	scene_running(f);
	f->snap.state = RUN_PAUSED;
	f->snap.paused_itself = true;
	f->snap.cost.usd = 19.98;
	f->snap.cost.budget_usd = 20;
	f->snap.question = QUESTION_BUDGET_USD;
	f->snap.answer_by_us = f->snap.now_us + 42 * US_PER_S;
	snprintf(f->snap.state_note, sizeof(f->snap.state_note),
		"budget reached; `set budget` raises it, `drain` stops: 14500000 tokens, $19.98 "
		"spent");
}

static void scene_empty(struct fake_port *f)
{
	set_common(f);
	add_event(f, 0, EVENT_INFO, "run started");
}

static void scene_hostile(struct fake_port *f)
{
	static const char *const ids[] = {"\x1b[2J\x1b]52;c;aGk=\x07", "cr\rlf\ntab\t",
		"rtl\u202eabc",
		"c1\xc2\x9b"
		"31m",
		"zwj\u200dx", "日本語の識別子はとても長いので切られます",
		"e\u0301\u0301\u0301\u0301 marks", "bad utf8 \xff\xc3", "%s%n%d", "a\x7f b"};

	scene_running(f);
	for (size_t i = 0; i < f->rows; i++) {
		const char *id = ids[i % (sizeof(ids) / sizeof(ids[0]))];

		text_sanitise(f->row[i].id, sizeof(f->row[i].id), id, strlen(id));
		text_sanitise(f->row[i].model, sizeof(f->row[i].model), id, strlen(id));
		f->row[i].bytes_in = UINT64_MAX >> (i % 60);
		f->row[i].age_us = (int64_t)1 << (i % 62);
	}
	f->hostile = true;
	fake_items_set(f);
	text_sanitise(f->snap.run_name, sizeof(f->snap.run_name), "run\x1b[31m\u202e.jsonl", 15);
	add_event(f, 1, EVENT_ERROR,
		"server said \x1b]0;owned\x07 and \xe2\x80\xae"
		"reversed");
}

/* The pace binds, and says what it believes. */
static void scene_adaptive(struct fake_port *f)
{
	scene_running(f);
	memset(f->snap.bound_share, 0, sizeof(f->snap.bound_share));
	f->snap.bound_share[BOUND_ADAPTIVE] = 0.93;
	f->snap.bound_share[BOUND_CONCURRENCY] = 0.07;
	f->snap.belief_of = f->snap.bound_now = BOUND_ADAPTIVE;
	snprintf(f->snap.belief, sizeof(f->snap.belief), "window 300 per 10 s, 12 left, 4 s");
}

/* Several models, one of them without a price. */
static void scene_costs(struct fake_port *f)
{
	struct cost_view *c = &f->snap.cost;

	scene_running(f);
	c->usd = 31.27;
	c->unpriced = 310;
	c->projected_usd = 74.4;
	c->budget_usd = 100;
	c->n_models = 3;
	c->model[0] = (struct model_cost_view){
		"claude-sonnet-4-5", 2100, 0, 8100000, 1200000, 5.1e6, 0, 31.27};
	c->model[1] =
		(struct model_cost_view){"gpt-4o-mini", 1740, 0, 4100000, 600000, 0, 0, 0.0031};
	c->model[2] = (struct model_cost_view){"other", 310, 310, 400000, 100000, 0, 0, -1};
}

/* Limits by hand above the pace that binds, a number in flight by hand, a server's limit that is
 * nobody's else, a model that is held, and a budget that ends before the items do. */
static void scene_manual(struct fake_port *f)
{
	struct snapshot *s = &f->snap;

	scene_running(f);
	s->rpm = (struct limit_view){-1, -1, 5000, true};
	s->rate = (struct limit_view){-1, -1, 5.4, false};
	s->tpm = (struct limit_view){-1, 60000, -1, false};
	s->concurrency_auto = false;
	s->concurrency_manual = true;
	s->left_out = 1200;
	s->bound_now = BOUND_HOLD;
	s->belief_of = BOUND_ADAPTIVE;
	snprintf(s->belief, sizeof(s->belief), "m-small: finding the limit");
	s->cost.usd = 31.27;
	s->cost.projected_usd = 74.4;
	s->cost.budget_usd = 50;
	s->cost.ends_at_item = 6740;
}

static void scene_large(struct fake_port *f)
{
	scene_running(f);
	set_items(f, (struct item_counts){9711000, 12000, 4096, 350, 4150000, 63000, 12, 0});
	f->snap.total_known = false;
	f->snap.total_estimate = 14000000;
	f->snap.elapsed_us = 200000 * US_PER_S;
	f->snap.eta_low_us = 30000 * US_PER_S;
	f->snap.eta_high_us = 35500 * US_PER_S;
	fake_history(&f->snap, HISTORY_SECONDS, 6000);
	f->snap.answers_now = 31234;
	f->snap.answers_avg = 29876;
	f->snap.tokens_now = 98765432;
	f->snap.latency =
		(struct latency_summary){310, 599000000, 599000000, 11220000000, 640000, 599000000};
	f->snap.state = RUN_HELD;
	f->snap.hold_until_us = f->snap.held_until_us = f->snap.now_us + 125 * US_PER_S;
	f->snap.bound_now = BOUND_HOLD;
	snprintf(f->snap.hold_source, sizeof(f->snap.hold_source), "retry-after of a 429");
	snprintf(f->snap.hold_words, sizeof(f->snap.hold_words), "slow down");
	for (int i = 1; i < OUTCOME_COUNT; i++) {
		f->snap.outcomes[i] = 1234567 * (uint64_t)i;
		f->snap.final_failures[i] = 123456 * (uint64_t)i;
	}
	set_rows(f);
}

bool fake_port_scene(struct fake_port *f, const char *name)
{
	static const struct {
		const char *name;
		void (*set)(struct fake_port *);
	} scenes[] = {{"endpoints", scene_endpoints}, {"models", scene_models},
		{"pipeline", scene_pipeline}, {"running", scene_running}, {"reused", scene_reused},
		{"packed", scene_packed}, {"trial", scene_trial}, {"expect", scene_expect},
		{"streaming", scene_streaming}, {"paused", scene_paused},
		{"draining", scene_draining}, {"done", scene_done}, {"done-ok", scene_done_ok},
		{"past", scene_past}, {"replay", scene_replay}, {"replay-mark", scene_replay_mark},
		{"budget", scene_budget}, {"empty", scene_empty}, {"hostile", scene_hostile},
		{"large", scene_large}, {"adaptive", scene_adaptive}, {"costs", scene_costs},
		{"manual", scene_manual}};

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		if (!strcmp(scenes[i].name, name)) {
			scenes[i].set(f);
			return true;
		}
	}
	return false;
}

void fake_port_advance(struct fake_port *f, int64_t us, bool moving)
{
	struct snapshot *s = &f->snap;
	uint64_t step = s->items.queued < 3 ? s->items.queued : 3;

	s->now_us += us;
	s->wall_us += us;
	s->elapsed_us += us;
	if (s->history_len && s->elapsed_us / US_PER_S != (s->elapsed_us - us) / US_PER_S)
		fake_history_add(s, 1);
	if (!moving || s->state != RUN_RUNNING)
		return;
	s->items.queued -= step;
	s->items.ok += step;
	s->attempts += step;
	s->outcomes[OUTCOME_OK] += step;
	s->tokens_in += step * 312;
	s->tokens_out += step * 54;
	s->answers_now = 4 + (double)(s->now_us / 250000 % 30) / 10;
	s->latency.p50_us = 3100000 + s->now_us % 7 * 100000;
	for (size_t i = 0; i < f->rows; i++)
		f->row[i].age_us = (f->row[i].age_us + us) % (60 * US_PER_S);
	if (step == 0)
		s->state = RUN_DONE;
}
