/* The time left, while limits, holds and pauses change: right within 15 % three seconds after each,
 * and 20 s after a change that nobody announces. In virtual time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "unit.h"

enum { CHANGES = 6, ASKED = 4096, LOOKS = 600 };

#define ROWS_PER_S 16.0
#define STEP_US    (100 * US_PER_MS)
#define RIGHT      0.15

/* At this second of the run: a command, or another server. */
struct change {
	double at_s;
	const char *command;   /* NULL: none */
	double latency_s;      /* 0: as before */
	double serves_s;       /* requests a second that the server gets done; 0: as before */
	double refill, silent; /* of the server's bucket, requests a second, told in headers; 0: as
				  before. silent: seconds until an estimate must be right; 0: 3 */
};

struct world {
	const char *name;
	struct rig_options options;
	int items;
	const char *held_model; /* refused from the 10th second on; NULL: none */
	double held_s;          /* for so long, which the server says; 0: its quota is used up */
	struct change change[CHANGES];
};

static const struct rig_endpoint two[] = {{"east", 1, NULL, NULL}, {"west", 1, NULL, NULL}, {0}};

static struct rig rig;

/* The server at present. */
static struct {
	double latency_s, serves_s, refill, level;
	int64_t free_us;
	int64_t asked_us[ASKED];    /* of the requests, in the order of their coming; a ring */
	int seen, answered, others; /* others: answered well, of the models that are not held */
} server;

/* The server refuses the model for a time that it says, or says that its quota is used up. */
static void refuse(const struct world *w, double at_s, struct answer *a, char *headers, size_t size)
{
	a->status = 429;
	a->body = "{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"q\"}}";
	if (w->held_s > 0) {
		a->body = "{}";
		snprintf(headers, size, "retry-after: %.0f\n", ceil(10 + w->held_s - at_s));
		a->headers = headers;
		a->headers_len = strlen(headers);
	}
	a->body_len = strlen(a->body);
}

static void serve(const struct world *w, int64_t begin_us)
{
	double at_s = s_from_us(rig.now_us - begin_us);

	while (server.seen < rig.started)
		server.asked_us[server.seen++ % ASKED] = rig.now_us;
	server.level = fmin(60, server.level + server.refill * STEP_US / US_PER_S);
	while (rig.in_flight) {
		int64_t asked_us = server.asked_us[server.answered % ASKED];
		struct answer a = {.result = NET_STATUS,
			.status = 200,
			.body = RIG_ANSWER,
			.body_len = strlen(RIG_ANSWER),
			.first_byte_us = 1000};
		char headers[200] = "";
		bool held = w->held_model && strstr(rig.call[0].sent, w->held_model) && at_s > 10 &&
			    (w->held_s <= 0 || at_s < 10 + w->held_s);

		if (rig.now_us - asked_us < us_from_s(server.latency_s) ||
			(server.serves_s > 0 && rig.now_us < server.free_us))
			return;
		if (server.serves_s > 0)
			server.free_us = (server.free_us > rig.now_us - STEP_US ? server.free_us
										: rig.now_us) +
					 us_from_s(1 / server.serves_s);
		if (server.refill > 0) {
			server.level -= 1;
			snprintf(headers, sizeof(headers),
				"x-ratelimit-limit-requests: %.0f\nx-ratelimit-remaining-requests: "
				"%.0f\nx-ratelimit-reset-requests: %.3fs\n",
				server.refill * 60, fmax(0, server.level),
				(server.refill * 60 - fmax(0, server.level)) / server.refill);
			a.headers = headers;
			a.headers_len = strlen(headers);
		}
		if (held)
			refuse(w, at_s, &a, headers, sizeof(headers));
		server.others += w->held_model && !strstr(rig.call[0].sent, w->held_model);
		a.latency_us = rig.now_us - asked_us;
		server.answered++;
		rig_answer_with(&rig, 0, &a);
	}
}

static void apply(const struct change *c)
{
	if (c->command)
		ck_assert_msg(rig_command(&rig, c->command).ok, "%s", c->command);
	server.latency_s = c->latency_s > 0 ? c->latency_s : server.latency_s;
	server.serves_s = c->serves_s > 0 ? c->serves_s : server.serves_s;
	server.refill = c->refill > 0 ? c->refill : server.refill;
}

static void open_world(const struct world *w)
{
	char id[16];

	rig_open(&rig, &w->options);
	memset(&server, 0, sizeof(server));
	server.latency_s = 0.5;
	for (int i = 0; i < w->items; i++) {
		snprintf(id, sizeof(id), "i%d", i);
		rig_feed_chat(&rig, id, "", i % 2 ? "{\"model\":\"a\"}" : "{\"model\":\"b\"}");
	}
	rig_feed_end(&rig);
}

/* A look at the screen. */
struct look {
	double at_s, low_s, high_s;
	uint64_t left_out;
	enum run_state state;
};

static bool over(const struct world *w)
{
	const struct item_counts *c = rig_counts(&rig);

	return c->ok + c->failed == c->total ||
	       (w->held_model && w->held_s <= 0 && server.others * 2 >= w->items);
}

/* Runs with the first changes alone; the seconds until the end. looks: one a second. */
static double play(const struct world *w, int changes, struct look looks[LOOKS], int *n)
{
	int64_t begin_us, next_us;
	int done = 0;

	open_world(w);
	begin_us = next_us = rig.now_us;
	for (*n = 0; !over(w); rig.now_us += STEP_US) {
		double at_s = s_from_us(rig.now_us - begin_us);

		ck_assert_msg(at_s < 20000, "%s: no end", w->name);
		for (; done < changes && w->change[done].at_s <= at_s; done++)
			apply(&w->change[done]);
		serve(w, begin_us);
		lanes_tick(rig.lanes[0], rig.now_us);
		rig_turn(&rig);
		if (rig.now_us < next_us || *n == LOOKS)
			continue;
		next_us += US_PER_S;
		rig_view(&rig);
		looks[(*n)++] = (struct look){at_s, s_from_us(rig.view.eta_low_us),
			s_from_us(rig.view.eta_high_us), rig.view.left_out, rig.view.state};
	}
	return s_from_us(rig.now_us - begin_us);
}

static void is_right(const struct world *w, const struct look *l, double since_s, double end_s)
{
	/* the end comes with a whole round of answers */
	double left_s = end_s - l->at_s, off_s = RIGHT * left_s + server.latency_s;

	if (left_s < 5 || l->state == RUN_PAUSED)
		return;
	ck_assert_msg(l->low_s >= 0, "%s, %g s after a change: no ETA", w->name, since_s);
	ck_assert_msg(l->low_s <= left_s + off_s && l->high_s >= left_s - off_s,
		"%s, at %g s, %g s after a change: ETA %g-%g s, truly %g s", w->name, l->at_s,
		since_s, l->low_s, l->high_s, left_s);
	/* a model that comes back may have its pace of before, or all of it */
	if (since_s > 40 && w->held_s <= 0)
		ck_assert_msg(l->high_s <= 1.6 * l->low_s + 5,
			"%s, %g s after a change: ETA %g-%g s says nothing", w->name, since_s,
			l->low_s, l->high_s);
}

/* The adaptive pace comes back step by step, as it began. */
static bool comes_back(const struct world *w, double at_s)
{
	double since_s = at_s - 10 - w->held_s;

	return w->held_s > 0 && !w->options.concurrency && since_s >= 0 && since_s < 20;
}

static const struct world worlds[] = {
	{"rpm", {.concurrency = 64}, 6000, NULL, 0,
		{{0, "set rpm 1200", 0, 0, 0, 0}, {45, "set rpm 60", 0, 0, 0, 0},
			{120, "set rpm 1800", 0, 0, 0, 0}}},
	{"a little rpm", {.concurrency = 16}, 3000, NULL, 0,
		{{0, "set rpm 600", 0, 0, 0, 0}, {60, "set rpm 420", 0, 0, 0, 0},
			{100, "set rpm 540", 0, 0, 0, 0}}},
	{"a limit that does not bind", {.concurrency = 8}, 3000, NULL, 0,
		{{0, "set rpm 1200", 0, 0, 0, 0}, {30, "set rpm 60000", 0, 0, 0, 0}}},
	{"tpm", {.concurrency = 64}, 4000, NULL, 0,
		{{0, "set tpm 8400", 0, 0, 0, 0}, {30, "set tpm 700", 0, 0, 0, 0},
			{90, "set tpm 9000", 0, 0, 0, 0}}},
	{"concurrency", {.concurrency = 20}, 6000, NULL, 0,
		{{20, "set concurrency 4", 0, 0, 0, 0}, {60, "set concurrency 32", 0, 0, 0, 0}}},
	{"slow answers", {.concurrency = 20}, 1500, NULL, 0,
		{{0, NULL, 4, 0, 0, 0}, {50, "set concurrency 8", 0, 0, 0, 0},
			{100, "set concurrency 30", 0, 0, 0, 0}}},
	{"rate", {.concurrency = 64}, 4000, NULL, 0,
		{{0, "set rate 10", 0, 0, 0, 0}, {40, "set rate 2", 0, 0, 0, 0},
			{80, "set rate 16", 0, 0, 0, 0}}},
	{"pause", {.concurrency = 10}, 2000, NULL, 0,
		{{20, "pause all", 0, 0, 0, 0}, {50, "resume", 0, 0, 0, 0}}},
	{"a long pause", {.concurrency = 10}, 3000, NULL, 0,
		{{20, "pause all", 0, 0, 0, 0}, {500, "resume", 0, 0, 0, 0}}},
	{"slower in silence", {.concurrency = 10}, 3000, NULL, 0,
		{{0, NULL, 0, 18, 0, 0}, {60, NULL, 0, 5, 0, 20}, {120, NULL, 0, 15, 0, 20}}},
	{"announced", {.concurrency = 0}, 3000, NULL, 0,
		{{0, NULL, 0, 0, 10, 10}, {90, NULL, 0, 0, 3, 0}, {150, NULL, 0, 0, 8, 0}}},
	{"packs", {.concurrency = 8, .pack = 8}, 4000, NULL, 0,
		{{0, "set rpm 120", 0, 0, 0, 0}, {40, "set rpm 30", 0, 0, 0, 0},
			{100, "set rpm 180", 0, 0, 0, 0}}},
	{"one endpoint pauses", {.concurrency = 5, .endpoints = two}, 2000, NULL, 0,
		{{20, "endpoint east pause", 0, 0, 0, 0},
			{50, "endpoint east resume", 0, 0, 0, 0}}},
	{"two endpoints", {.concurrency = 40, .endpoints = two}, 6000, NULL, 0,
		{{0, "endpoint east set rpm 600", 0, 0, 0, 0},
			{1, "endpoint west set rpm 300", 0, 0, 0, 0},
			{40, "endpoint west set rpm 60", 0, 0, 0, 0},
			{80, "endpoint west set rpm 1200", 0, 0, 0, 0}}},
	{"adaptive, then rpm", {.concurrency = 0}, 6000, NULL, 0,
		{{30, "set rpm 300", 0, 0, 0, 0}, {70, "set rpm 60", 0, 0, 0, 0}}},
	{"adaptive, then conc", {.concurrency = 0}, 9000, NULL, 0,
		{{30, "set concurrency 6", 0, 0, 0, 0}, {70, "set concurrency 20", 0, 0, 0, 0}}},
	{"one model held", {.concurrency = 10}, 2000, "\"b\"", 0, {{10, NULL, 0, 0, 0, 10}}},
	{"one model held for 20 s", {.concurrency = 10}, 2000, "\"b\"", 20,
		{{10, NULL, 0, 0, 0, 10}}},
	{"one model held for 70 s", {.concurrency = 10}, 2000, "\"b\"", 70,
		{{10, NULL, 0, 0, 0, 10}}},
	{"one model held for 2 s", {.concurrency = 10}, 2000, "\"b\"", 2,
		{{10, NULL, 0, 0, 0, 10}}},
	{"one model held, adaptive", {.concurrency = 0}, 3000, "\"b\"", 30,
		{{10, NULL, 0, 0, 0, 20}}},
};

START_TEST(the_time_left_is_right)
{
	static struct look looks[LOOKS];
	const struct world *w = &worlds[_i];

	for (int k = 0; k <= CHANGES; k++) {
		const struct change *last = k ? &w->change[k - 1] : NULL;
		double from_s = last ? last->at_s : 0, end_s;
		double quiet_s = last && last->silent > 0 ? last->silent : k ? 3 : 12;
		int n;

		if (last && !last->command && !last->latency_s && !last->serves_s &&
			!last->refill && !last->silent)
			break;
		if (last && last->command && !strncmp(last->command, "pause", 5))
			continue;
		if (last && last->at_s == 0)
			quiet_s = 12;
		end_s = play(w, k, looks, &n);
		for (int s = 0; s < n; s++)
			if (looks[s].at_s >= from_s + quiet_s && !comes_back(w, looks[s].at_s))
				is_right(w, &looks[s], looks[s].at_s - from_s, end_s);
	}
}
END_TEST

/* The answers of a second, all of them good. */
static void serve_rows(void)
{
	for (int k = 0; k < 4; k++) {
		rig.now_us += US_PER_S / 4;
		for (int i = rig.in_flight; i > 0; i--)
			rig_answer(&rig, 200, "", RIG_CHAT("yes"));
		rig_turn(&rig);
	}
}

/* A pipeline is as fast as its slowest stage. */
START_TEST(the_time_left_of_a_pipeline_follows_its_slowest_stage)
{
	static const char *const commands[] = {"endpoint a set rpm 240", "endpoint b set rpm 60"};
	static const double rows_per_s[] = {4, 1};

	rig_open_rows(&rig, "chain", 900);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(rig_command(&rig, commands[i]).ok);
		for (int s = 0; s < 40; s++) {
			const struct snapshot *v;
			double left_s;

			serve_rows();
			v = rig_view(&rig);
			left_s = (double)(v->items.total - v->items.ok) / rows_per_s[i];
			if (s < (i ? 3 : 12))
				continue;
			ck_assert_msg(s_from_us(v->eta_low_us) <= left_s * (1 + RIGHT) &&
					      s_from_us(v->eta_high_us) >= left_s * (1 - RIGHT),
				"%s, after %d s: ETA %g-%g s, truly %g s", commands[i], s,
				s_from_us(v->eta_low_us), s_from_us(v->eta_high_us), left_s);
		}
	}
}
END_TEST

/* A hold with an end: the rest follows it, at the pace from before. */
START_TEST(a_hold_with_an_end_delays_the_rest)
{
	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 600);
	rig_feed_end(&rig);
	for (int s = 0; s < 120; s++) {
		const struct snapshot *v;
		double left_s;

		rig_turn(&rig);
		rig.now_us += US_PER_S;
		for (int i = rig.in_flight; i > 0; i--) {
			if (s == 30)
				rig_answer(&rig, 429, "retry-after: 50\n", "{}");
			else
				rig_answer_ok(&rig);
		}
		rig_turn(&rig);
		v = rig_view(&rig);
		left_s = (double)(v->items.total - v->items.ok) / 4;
		if (v->state == RUN_HELD)
			left_s += s_from_us(v->held_until_us - v->now_us);
		ck_assert(s != 35 || v->state == RUN_HELD);
		if (s >= 12 && v->eta_high_us >= 0)
			ck_assert_msg(s_from_us(v->eta_low_us) <= left_s * (1 + RIGHT) &&
					      s_from_us(v->eta_high_us) >= left_s * (1 - RIGHT),
				"at %d s: ETA %g-%g s, truly %g s", s, s_from_us(v->eta_low_us),
				s_from_us(v->eta_high_us), left_s);
		ck_assert(s < 12 || v->eta_high_us >= 0);
	}
}
END_TEST

/* Rows need each stage: one that is held until a known time delays them all. */
START_TEST(a_held_stage_delays_the_rows)
{
	bool was_held = false;

	rig_open_rows(&rig, "chain", 900);
	for (int s = 0; rig_counts(&rig)->ok < 900 && s < 400; s++) {
		const struct snapshot *v;
		double left_s;

		for (int k = 0; k < 4; k++) {
			rig.now_us += US_PER_S / 4;
			for (int i = rig.in_flight; i > 0; i--) {
				if (s == 30 && rig.call[0].route == 1)
					rig_answer(&rig, 429, "retry-after: 50\n", "{}");
				else
					rig_answer(&rig, 200, "", RIG_CHAT("yes"));
			}
			rig_turn(&rig);
		}
		v = rig_view(&rig);
		was_held = was_held || v->endpoints[1].lane.hold_until_us > 0;
		left_s = (double)(v->items.total - v->items.ok) / ROWS_PER_S;
		if (v->endpoints[1].lane.hold_until_us)
			left_s += s_from_us(v->endpoints[1].lane.hold_until_us - v->now_us);
		if (s < 12 || (s >= 30 && s < 33) || left_s < 5)
			continue;
		ck_assert_msg(v->eta_low_us >= 0 &&
				      s_from_us(v->eta_low_us) <= left_s * (1 + RIGHT) + 1 &&
				      s_from_us(v->eta_high_us) >= left_s * (1 - RIGHT) - 1,
			"at %d s: ETA %g-%g s, truly %g s", s, s_from_us(v->eta_low_us),
			s_from_us(v->eta_high_us), left_s);
	}
	ck_assert(was_held);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_time_left_of_a_pipeline_follows_its_slowest_stage,
		a_hold_with_an_end_delays_the_rest, a_held_stage_delays_the_rows, NULL};

	return unit_run_suite(&(struct unit_suite){.name = "forecast",
		.tests = tests,
		.loop = the_time_left_is_right,
		.loops = sizeof(worlds) / sizeof(worlds[0]),
		.tear_down = rig_tear_down});
}
