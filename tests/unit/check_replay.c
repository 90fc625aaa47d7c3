/* The replay of a run: its time as one axis, marks, the player, moments of random runs, and files
 * of other releases or of anybody. */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/rng.h"
#include "box.h"
#include "control/command.h"
#include "past/past.h"
#include "past/replay.h"
#include "unit.h"

static struct box box;

static void put(const char *path, const struct buf *text)
{
	file_put(path, text->data, text->len);
}

/* ---- texts of a run ---- */

struct texts {
	struct buf journal, results, input;
};

static void texts_init(struct texts *t)
{
	buf_init(&t->journal, 1 << 24);
	buf_init(&t->results, 1 << 24);
	buf_init(&t->input, 1 << 24);
}

static const char *input_path(void)
{
	static char path[BOX_FOLDER + 16];

	snprintf(path, sizeof(path), "%s/in.jsonl", box.folder);
	return path;
}

static void texts_free(struct texts *t)
{
	if (t->input.len)
		remove(input_path());
	buf_free(&t->journal);
	buf_free(&t->results);
	buf_free(&t->input);
}

/* A record so many milliseconds after noon of 2026-01-31 UTC. */
static void record(struct texts *t, int64_t ms, const char *event, const char *rest)
{
	char time[32];

	clock_rfc3339(INT64_C(1769860800) * US_PER_S + ms * US_PER_MS, time, sizeof(time));
	buf_addf(&t->journal, "{\"time\":\"%s\",\"event\":\"%s\"%s%s}\n", time, event,
		*rest ? "," : "", rest);
}

static void start(struct texts *t, int64_t ms)
{
	char rest[80];

	snprintf(rest, sizeof(rest), "\"pid\":7,\"input\":\"in.jsonl\",\"results\":%zu",
		t->results.len);
	record(t, ms, "start", rest);
}

static void ok(struct texts *t, int item, int64_t ended_ms, int latency_ms, int attempts)
{
	char ended[40] = "";

	if (ended_ms >= 0)
		snprintf(ended, sizeof(ended), ",\"ended_ms\":%d", (int)ended_ms);
	buf_addf(&t->results,
		"{\"custom_id\":\"i%d\",\"id\":\"sluice-%d\"," BOX_GOOD
		"\"metadata\":null,\"sluice\":{\"line\":%d,\"attempts\":%d,\"latency_ms\":%d.0%s}}"
		"\n",
		item, item + 1, item + 1, attempts, latency_ms, ended);
}

static void failed(struct texts *t, int64_t wall_ms, int item, int64_t ended_ms, int attempts)
{
	char rest[600];

	snprintf(rest, sizeof(rest),
		"\"state\":\"failed\",\"line\":{\"custom_id\":\"i%d\",\"id\":\"sluice-%d\"," BOX_BAD
		"\"metadata\":null,\"sluice\":{\"line\":%d,\"attempts\":%d,"
		"\"outcome\":\"timeout\",\"ended_ms\":%d}}",
		item, item + 1, item + 1, attempts, (int)ended_ms);
	record(t, wall_ms, "final", rest);
}

static void attempt(
	struct texts *t, int64_t wall_ms, int item, const char *outcome, int status, int wait_ms)
{
	char rest[300];

	snprintf(rest, sizeof(rest),
		"\"id\":\"i%d\",\"line\":%d,\"attempt\":1,\"outcome\":\"%s\",\"status\":%d,"
		"\"wait_ms\":%d,\"latency_ms\":300,\"message\":\"%s\"",
		item, item + 1, outcome, status, wait_ms, outcome);
	record(t, wall_ms, "attempt", rest);
}

static struct past *open_at(const char *at, struct error *err)
{
	struct past *p;
	bool missing;

	err->text[0] = '\0';
	p = past_open_replay(ev_default_loop(0), box.paths.results, NULL, at, &missing, err);
	if (p)
		past_read(p);
	return p;
}

/* The replay of these texts. */
static struct past *open_texts(const struct texts *t, const char *at)
{
	struct error err;
	struct past *p;

	box_make(&box);
	put(box.paths.journal, &t->journal);
	put(box.paths.results, &t->results);
	if (t->input.len)
		put(input_path(), &t->input);
	p = open_at(at, &err);
	ck_assert_msg(p != NULL, "%s", err.text);
	return p;
}

static const struct snapshot *look(struct past *p)
{
	static struct snapshot s;
	const struct port port = past_port(p);

	port_snapshot(&port, &s);
	return &s;
}

static void ask(struct past *p, const char *command)
{
	const struct port port = past_port(p);
	struct command_reply reply;

	port_command(&port, command, &reply);
	ck_assert_msg(reply.ok, "%s: %s", command, reply.text);
}

static void refused(struct past *p, const char *command, const char *why)
{
	const struct port port = past_port(p);
	struct command_reply reply;

	port_command(&port, command, &reply);
	ck_assert_msg(!reply.ok && strstr(reply.text, why), "%s: %s", command, reply.text);
}

/* ---- the axis ---- */

START_TEST(sessions_stand_one_after_the_other)
{
	struct axis t = {0};
	const int64_t s = US_PER_S;
	int64_t at_ms;

	ck_assert_int_eq(axis_take(&t, JOURNAL_START, 1000 * s, -1, 0), 0);
	ck_assert_int_eq(axis_take(&t, JOURNAL_TICK, 1001 * s, 1000, 0), 1000);
	/* a guess by the clock, which the next tick corrects */
	ck_assert_int_eq(axis_take(&t, JOURNAL_ATTEMPT, 1001 * s + 300000, -1, 0), 1300);
	ck_assert_int_eq(axis_take(&t, JOURNAL_ATTEMPT, 4600 * s, -1, 0), 3600000);
	ck_assert_int_eq(axis_take(&t, JOURNAL_TICK, 4601 * s, 2000, 0), 2000);
	ck_assert_int_eq(axis_take(&t, JOURNAL_STOP, 4602 * s, 3000, 0), 3000);
	/* a night later: the gap is cut */
	ck_assert_int_eq(axis_take(&t, JOURNAL_START, 40000 * s, -1, 500), 5000);
	ck_assert_int_eq(axis_take(&t, JOURNAL_TICK, 40007 * s, 7000, 0), 12000);
	/* a clock that went back bends nothing, and is told */
	ck_assert_int_eq(axis_take(&t, JOURNAL_TICK, 39000 * s, 8000, 0), 13000);
	ck_assert_uint_eq(t.back, 1);
	ck_assert_int_eq(t.back_us, 1007 * s);
	ck_assert_int_eq(axis_length_ms(&t), 13000);
	ck_assert_uint_eq(axis_session_of(&t, 499, -1), 0);
	ck_assert_uint_eq(axis_session_of(&t, 500, -1), 1);
	ck_assert_uint_eq(axis_session_of(&t, 500, 1), 0);
	ck_assert_int_eq(axis_place(&t, 0, 2500), 2500);
	ck_assert_int_eq(axis_place(&t, 0, 999999), 5000); /* never in the next session */
	ck_assert_int_eq(axis_place(&t, 1, 8500), 13500);  /* the last one grows */
	ck_assert_int_eq(axis_wall_us(&t, 6000), 40001 * s);
	ck_assert(axis_find(&t, 40001 * s, &at_ms) && at_ms == 6000);
	ck_assert(axis_find(&t, 20000 * s, &at_ms) && at_ms == 5000);
	ck_assert(!axis_find(&t, 90000 * s, &at_ms));
	ck_assert(axis_is_inside(&t, 2999) && !axis_is_inside(&t, 3500));
	axis_free(&t);
}
END_TEST

/* ---- the player ---- */

START_TEST(the_player_takes_a_minute_and_passes_over_idle_time)
{
	struct player p = {0};

	player_note(&p, 0, 1000);
	player_note(&p, 10000, 3610000); /* an hour of nothing */
	player_begin(&p, 4000000);
	ck_assert_int_eq(player_busy_ms(&p), 402000);
	ck_assert_int_eq(p.speed, 7);
	player_play(&p, true, 0);
	ck_assert(player_turn(&p, 100000));
	ck_assert_int_eq(p.at_ms, 700);
	player_seek(&p, 9900);
	player_turn(&p, 200000);
	ck_assert_int_eq(p.at_ms, 3608000 + 600);
	/* a dashboard that was stopped plays on from where it was */
	player_seek(&p, 0);
	player_turn(&p, 3600 * US_PER_S);
	ck_assert_int_eq(p.at_ms, 7000);
	player_set_speed(&p, 5000);
	ck_assert_int_eq(p.speed, 1000);
	player_change_speed(&p, false);
	ck_assert_int_eq(p.speed, 500);
	player_seek(&p, 3999999);
	ck_assert(player_turn(&p, 3601 * US_PER_S));
	ck_assert(!p.playing && p.at_ms == 4000000);
	/* once more from the start */
	player_play(&p, true, 3602 * US_PER_S);
	ck_assert(p.playing && p.at_ms == 0);
	player_free(&p);
	/* all of a short run at its own speed, of a long one no faster than may be */
	player_begin(&p, 20000);
	ck_assert_int_eq(p.speed, 1);
	player_begin(&p, INT64_C(40) * 24 * 3600 * 1000);
	ck_assert_int_eq(p.speed, 1000);
}
END_TEST

/* ---- marks ---- */

START_TEST(each_mark_is_found_forward_and_back)
{
	static const struct {
		int64_t at_ms;
		unsigned kinds;
	} marks[] = {{1500, 1U << REPLAY_REFUSED}, {2500, 1U << REPLAY_HOLD},
		{3500, 1U << REPLAY_LIMIT}, {4500, 1U << REPLAY_OPERATOR},
		{5500, 1U << REPLAY_ERROR}, {9500, 1U << REPLAY_REFUSED}};
	enum { MARKS = sizeof(marks) / sizeof(marks[0]) };
	struct texts t;
	struct past *p;

	texts_init(&t);
	start(&t, 0);
	record(&t, 1000, "tick", "\"ms\":1000,\"whole\":true,\"items\":[0,1,0,0,0,0,9]");
	attempt(&t, 1500, 0, "rate_limited", 429, 100);
	attempt(&t, 1900, 1, "rate_limited", 429, 100); /* of the same burst */
	record(&t, 2500, "change", "\"what\":\"hold\",\"new\":2,\"by\":\"controller\"");
	record(&t, 3500, "change", "\"what\":\"rate\",\"old\":9,\"new\":5,\"by\":\"controller\"");
	record(&t, 4500, "command", "\"text\":\"set rpm 7\",\"reply\":\"rpm 7\"");
	record(&t, 4501, "change", "\"what\":\"rpm\",\"new\":7,\"by\":\"operator\"");
	attempt(&t, 5500, 0, "server_error", 500, 100);
	attempt(&t, 6500, 1, "server_error", 500, 100); /* no new kind */
	attempt(&t, 9500, 1, "rate_limited", 429, 100);
	record(&t, 12000, "stop", "\"exit_code\":3,\"elapsed_ms\":12000");
	p = open_texts(&t, "0");
	for (int i = 0; i < MARKS; i++) {
		ask(p, "replay mark next");
		ck_assert_int_eq(look(p)->replay.at_us, marks[i].at_ms * US_PER_MS);
		ck_assert_uint_eq(look(p)->replay.here, marks[i].kinds);
		ck_assert(!look(p)->replay.playing);
	}
	refused(p, "replay mark next", "no mark");
	for (int i = MARKS - 2; i >= 0; i--) {
		ask(p, "replay mark previous");
		ck_assert_int_eq(look(p)->replay.at_us, marks[i].at_ms * US_PER_MS);
	}
	refused(p, "replay mark previous", "no mark");
	past_free(p);
	texts_free(&t);
}
END_TEST

/* ---- moments ---- */

START_TEST(an_item_is_what_it_was)
{
	struct item_detail d;
	struct item_row row;
	struct texts t;
	struct port port;
	struct past *p;

	texts_init(&t);
	start(&t, 0);
	record(&t, 1000, "tick", "\"ms\":1000,\"whole\":true,\"items\":[0,2,0,0,0,0,3]");
	attempt(&t, 2000, 0, "server_error", 500, 1000);
	record(&t, 2500, "tick", "\"ms\":2500,\"items\":[0,0,1]");
	failed(&t, 3000, 1, 3000, 1);
	record(&t, 3001, "tick", "\"ms\":3001,\"items\":[0,-1,0,1]");
	ok(&t, 0, 4000, 500, 2);
	record(&t, 5000, "stop", "\"exit_code\":1,\"elapsed_ms\":5000");
	for (int i = 0; i < 3; i++)
		buf_addf(&t.input, "{\"custom_id\":\"i%d\",\"url\":\"/x\",\"body\":{}}\n", i);
	start(&t, 90000);
	record(&t, 90000, "requeued", "\"id\":\"i1\"");
	ok(&t, 1, 1000, 200, 2);
	record(&t, 92000, "stop", "\"exit_code\":0,\"elapsed_ms\":2000");
	p = open_texts(&t, "0");
	port = past_port(p);
	static const struct {
		const char *at;
		uint64_t line;
		enum item_state state;
		int attempt, status;
	} moments[] = {
		{"1699ms", 1, ITEM_QUEUED, 0, 0},
		{"1700ms", 1, ITEM_IN_FLIGHT, 1, 0},
		{"2s", 1, ITEM_WAITING, 1, 500},
		{"2999ms", 1, ITEM_WAITING, 1, 500},
		{"3s", 1, ITEM_QUEUED, 1, 500},
		{"3500ms", 1, ITEM_IN_FLIGHT, 2, 500},
		{"4s", 1, ITEM_OK, 2, 200},
		{"2999ms", 2, ITEM_QUEUED, 0, 0},
		{"3s", 2, ITEM_FAILED, 1, 0},
		{"6s", 2, ITEM_FAILED, 1, 0},
		{"7s", 2, ITEM_QUEUED, 1, 0},
		{"7900ms", 2, ITEM_IN_FLIGHT, 2, 0},
		{"8s", 2, ITEM_OK, 2, 200},
		{"100%", 3, ITEM_QUEUED, 0, 0},
	};
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		char command[40];

		snprintf(command, sizeof(command), "replay at %s", moments[i].at);
		ask(p, command);
		ck_assert(port_row(&port, moments[i].line, &row));
		ck_assert_msg(row.state == moments[i].state && row.attempt == moments[i].attempt &&
				      row.status == moments[i].status,
			"%s, line %d: %s, attempt %d, status %d", moments[i].at,
			(int)moments[i].line, item_state_name(row.state), row.attempt, row.status);
	}
	/* an answer is seen once it has come, and so are attempts */
	ask(p, "replay at 3s");
	ck_assert(port_detail(&port, 1, &d));
	ck_assert(d.attempts == 1 && d.attempt[0].latency_us == 300000 && !d.response_body);
	port_detail_free(&d);
	ask(p, "replay at 4s");
	ck_assert(port_detail(&port, 1, &d));
	ck_assert(d.attempts == 2 && d.response_body);
	port_detail_free(&d);
	ask(p, "replay at 1s");
	ck_assert(port_detail(&port, 1, &d));
	ck_assert(d.attempts == 0 && !d.response_body && d.request_body);
	port_detail_free(&d);
	ck_assert_int_eq(look(p)->replay.sessions, 2);
	ask(p, "replay at 6s");
	ck_assert_int_eq(look(p)->state, RUN_STOPPED);
	past_free(p);
	texts_free(&t);
}
END_TEST

/* ---- random runs ---- */

enum { ITEMS = 60 };

static int below(struct rng *r, int n)
{
	return (int)(rng_next(r) % (uint64_t)n);
}

/* One session after the other; what an item does is random. */
static void make_random(struct texts *t, struct rng *r)
{
	static const char *const outcomes[] = {"rate_limited", "server_error", "timeout"};
	static const int statuses[] = {429, 500, 0};
	int64_t base_ms = 0;
	int done = 0;

	for (int session = 0; session < 3; session++) {
		int64_t end_ms = 3000 + below(r, 20000), slow_ms = below(r, 3) ? 0 : -7200000;
		int ended = 0, bad = 0;

		start(t, base_ms);
		for (int64_t ms = 500; ms < end_ms; ms += below(r, 10) ? 250 : 4000) {
			int what = below(r, 12), item = below(r, ITEMS);
			int64_t wall_ms = base_ms + ms + (ms > 9000 ? slow_ms : 0);
			char rest[160];

			if (what < 4)
				attempt(t, wall_ms, item, outcomes[what % 3], statuses[what % 3],
					below(r, 3000));
			if (what == 4) {
				failed(t, wall_ms, item, ms - below(r, 200), below(r, 4));
				bad++;
			}
			if (what == 5) {
				snprintf(rest, sizeof(rest), "\"id\":\"i%d\"", item);
				record(t, wall_ms, "requeued", rest);
			}
			if (what > 7 && done < ITEMS) {
				ok(t, done++, ms - below(r, 200), below(r, 900), 1 + below(r, 3));
				ended++;
			}
			if (below(r, 4))
				continue;
			snprintf(rest, sizeof(rest),
				"\"ms\":%d,\"whole\":true,\"items\":[%d,%d,%d,%d,0,0,%d],"
				"\"not_ok\":[%d],\"tokens\":[%d,7],\"lanes\":{\"a\":{"
				"\"concurrency\":%d}}",
				(int)ms, ended, below(r, 5), below(r, 5), bad, ITEMS, below(r, 9),
				(int)ms, 1 + below(r, 9));
			record(t, wall_ms, "tick", rest);
		}
		if (below(r, 2))
			record(t, base_ms + end_ms, "stop", "\"exit_code\":3");
		base_ms += end_ms + below(r, 100000);
	}
	for (int i = 0; i < ITEMS; i++)
		buf_addf(&t->input, "{\"custom_id\":\"i%d\",\"url\":\"/x\",\"body\":{}}\n", i);
}

struct all {
	struct snapshot snap;
	struct item_row row[ITEMS], active[ITEMS];
	size_t rows, actives, filtered, groups, events;
	struct error_group group[16];
	struct event event[600];
};

static void read_all(struct past *p, struct all *out)
{
	const struct item_query every = {.filter = ""}, some = {.filter = "!state:queued code:500"};
	const struct port port = past_port(p);
	struct rows_info info;
	size_t total;

	memset(out, 0, sizeof(*out));
	port_snapshot(&port, &out->snap);
	out->rows = port_rows(&port, &every, 0, out->row, ITEMS, &info);
	out->actives = port_rows(&port, QUERY_ACTIVE, 0, out->active, ITEMS, &info);
	port_rows(&port, &some, 0, &(struct item_row){0}, 1, &info);
	out->filtered = info.total;
	out->groups = port_errors(&port, out->group, 16, &total);
	out->events = port_events_since(&port, 0, out->event, 600);
	/* what is of the clock of this process, or of the way there */
	out->snap.now_us = 0;
	out->snap.replay.playing = false;
	for (size_t i = 0; i < out->rows; i++)
		out->row[i].due_us = out->row[i].due_us != 0;
	for (size_t i = 0; i < out->actives; i++)
		out->active[i].due_us = out->active[i].due_us != 0;
}

static void check_sums(const struct all *a)
{
	const struct item_counts *c = &a->snap.items;
	uint64_t ok = 0, failures = 0;

	ck_assert_uint_eq(
		c->queued + c->waiting + c->in_flight + c->held + c->ok + c->failed + c->cancelled,
		c->total);
	for (size_t i = 0; i < a->rows; i++) {
		ok += a->row[i].state == ITEM_OK;
		failures += a->row[i].state == ITEM_FAILED;
	}
	ck_assert_uint_eq(ok, c->ok);
	ck_assert_uint_eq(failures, c->failed);
}

static void check_same(const struct all *a, const struct all *b, int64_t at_ms)
{
	const struct snapshot *s = &a->snap, *u = &b->snap;

	ck_assert_msg(!memcmp(&s->items, &u->items, sizeof(s->items)), "%d: counts", (int)at_ms);
	ck_assert_msg(
		s->state == u->state && s->wall_us == u->wall_us && s->elapsed_us == u->elapsed_us,
		"%d: time", (int)at_ms);
	ck_assert_msg(
		!memcmp(s->outcomes, u->outcomes, sizeof(s->outcomes)) &&
			!memcmp(s->final_failures, u->final_failures, sizeof(s->final_failures)) &&
			s->tokens_in == u->tokens_in && s->concurrency == u->concurrency,
		"%d: figures", (int)at_ms);
	ck_assert_msg(s->history_len == u->history_len &&
			      !memcmp(s->history, u->history, sizeof(s->history)),
		"%d: history", (int)at_ms);
	ck_assert_msg(!memcmp(&s->latency, &u->latency, sizeof(s->latency)) &&
			      !memcmp(&s->cost, &u->cost, sizeof(s->cost)) &&
			      !memcmp(&s->replay, &u->replay, sizeof(s->replay)) &&
			      !strcmp(s->state_note, u->state_note),
		"%d: the rest", (int)at_ms);
	ck_assert_uint_eq(a->rows, b->rows);
	for (size_t i = 0; i < a->rows; i++)
		ck_assert_msg(!memcmp(&a->row[i], &b->row[i], sizeof(a->row[i])),
			"%d: line %d: %s, attempt %d (%d), age %d; not %s, attempt %d (%d), age %d",
			(int)at_ms, (int)a->row[i].line, item_state_name(a->row[i].state),
			a->row[i].attempt, a->row[i].outcome, (int)a->row[i].age_us,
			item_state_name(b->row[i].state), b->row[i].attempt, b->row[i].outcome,
			(int)b->row[i].age_us);
	ck_assert_msg(a->actives == b->actives && !memcmp(a->active, b->active, sizeof(a->active)),
		"%d: under way", (int)at_ms);
	ck_assert_msg(a->filtered == b->filtered, "%d: filtered", (int)at_ms);
	ck_assert_msg(a->groups == b->groups, "%d: groups", (int)at_ms);
	for (size_t i = 0; i < a->groups; i++)
		ck_assert_msg(a->group[i].id == b->group[i].id &&
				      a->group[i].attempts == b->group[i].attempts &&
				      a->group[i].items == b->group[i].items &&
				      a->group[i].final == b->group[i].final &&
				      !strcmp(a->group[i].sample_id, b->group[i].sample_id) &&
				      !memcmp(a->group[i].per_minute, b->group[i].per_minute,
					      sizeof(a->group[i].per_minute)),
			"%d: group %zu", (int)at_ms, i);
	ck_assert_msg(a->events == b->events && !memcmp(a->event, b->event, sizeof(a->event)),
		"%d: events", (int)at_ms);
}

/* Wherever the replay was before: a moment is what a fresh replay has. */
START_TEST(a_moment_is_the_same_on_every_way_to_it)
{
	enum { RUNS = 12, MOMENTS = 25 };
	static struct all here, fresh;
	struct rng r;

	rng_seed(&r, 23);
	for (int run = 0; run < RUNS; run++) {
		struct error err;
		struct texts t;
		struct past *p, *other;
		int64_t length_ms;

		texts_init(&t);
		make_random(&t, &r);
		p = open_texts(&t, "0");
		length_ms = look(p)->replay.length_us / US_PER_MS;
		for (int i = 0; i < MOMENTS; i++) {
			int64_t at_ms = i == MOMENTS - 1 ? length_ms : below(&r, (int)length_ms);
			char command[40];

			snprintf(command, sizeof(command), "replay at %dms", (int)at_ms);
			ask(p, command);
			read_all(p, &here);
			check_sums(&here);
			other = open_at(command + strlen("replay at "), &err);
			ck_assert_msg(other != NULL, "%s", err.text);
			read_all(other, &fresh);
			check_same(&here, &fresh, at_ms);
			past_free(other);
		}
		past_free(p);
		texts_free(&t);
	}
}
END_TEST

/* ---- times in words ---- */

START_TEST(times_are_read_as_people_write_them)
{
	static const struct {
		const char *text;
		int64_t at_ms; /* -1: refused */
	} times[] = {{"0%", 0}, {"50%", 300000}, {"100%", 600000}, {"-1m", 540000}, {"-1h", 0},
		{"90", 90000}, {"+90s", 90000}, {"2h", 600000}, {"12:01", 60000},
		{"12:01:30", 90000}, {"2026-01-31 12:02", 120000}, {"2026-01-31T12:02:00", 120000},
		{"12:00", 0}, {"11:59", -1}, {"12:11", -1}, {"2026-01-30 12:02", -1},
		{"2027-01-30 12:02", -1}, {"25:00", -1}, {"12:60", -1}, {"101%", -1}, {"-1%", -1},
		{"", -1}, {"noon", -1}, {"12:01 pm", -1}, {"nan%", -1}, {"-", -1}, {"%", -1},
		{":", -1}, {"9999999999999999999s", -1}};
	struct texts t;
	struct past *p;

	setenv("TZ", "UTC", 1);
	tzset();
	texts_init(&t);
	start(&t, 0);
	record(&t, 600000, "stop", "\"exit_code\":0,\"elapsed_ms\":600000");
	p = open_texts(&t, "0");
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const struct port port = past_port(p);
		struct command_reply reply;
		char command[80];

		snprintf(command, sizeof(command), "replay at %s", times[i].text);
		port_command(&port, command, &reply);
		ck_assert_msg(
			reply.ok == (times[i].at_ms >= 0), "%s: %s", times[i].text, reply.text);
		if (reply.ok)
			ck_assert_msg(look(p)->replay.at_us == times[i].at_ms * US_PER_MS,
				"%s: %d ms", times[i].text,
				(int)(look(p)->replay.at_us / US_PER_MS));
	}
	past_free(p);
	texts_free(&t);
}
END_TEST

/* ---- other files ---- */

/* Results of a release that gave them no times count from the end of their session; it is told. */
START_TEST(an_earlier_release_is_told)
{
	const struct port_ops *ops;
	struct event event[8];
	struct texts t;
	struct port port;
	struct past *p;
	size_t n;

	texts_init(&t);
	start(&t, 0);
	ok(&t, 0, -1, 100, 1);
	attempt(&t, 3000, 1, "timeout", 0, 0);
	record(&t, 1000, "warning", "\"text\":\"the clock went back\"");
	attempt(&t, 9000, 1, "timeout", 0, 0);
	record(&t, 9500, "stop", "\"exit_code\":3,\"elapsed_ms\":9500");
	p = open_texts(&t, "5s");
	port = past_port(p);
	ops = port.ops;
	ck_assert_uint_eq(look(p)->items.ok, 0);
	ck_assert_ptr_nonnull(strstr(look(p)->state_note, "no times"));
	n = ops->events_since(port.ctx, 0, event, 8);
	ck_assert_uint_ge(n, 2);
	ck_assert_ptr_nonnull(strstr(event[0].text, "the clock of the run went back 1 time"));
	ck_assert_ptr_nonnull(strstr(event[1].text, "1 result of an earlier release"));
	ask(p, "replay at 100%");
	ck_assert_uint_eq(look(p)->items.ok, 1);
	ask(p, "replay tick previous"); /* a second, as there are no ticks */
	ck_assert_int_eq(look(p)->replay.at_us, 8500 * US_PER_MS);
	past_free(p);
	texts_free(&t);
}
END_TEST

START_TEST(without_a_journal_there_is_nothing_to_replay)
{
	struct error err;
	struct texts t;

	texts_init(&t);
	ok(&t, 0, 100, 100, 1);
	box_make(&box);
	put(box.paths.results, &t.results);
	ck_assert_ptr_null(open_at(NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "no journal"));
	texts_free(&t);
}
END_TEST

/* Whatever the files say, a replay goes from one end to the other. */
START_TEST(hostile_files_are_played)
{
	static const char *const records[] = {
		"\"ms\":9223372036854775807,\"items\":[9223372036854775807]", "\"ms\":-5",
		"\"ms\":4294967296", "\"ms\":1e300", "\"items\":{}", "\"results\":-9",
		"\"id\":7,\"outcome\":\"timeout\",\"wait_ms\":9223372036854775807",
		"\"id\":\"i1\",\"line\":2,\"outcome\":\"rate_limited\",\"wait_ms\":-1,"
		"\"latency_ms\":9223372036854775807",
		"\"results\":9223372036854775807", "\"elapsed_ms\":9223372036854775807",
		"\"state\":\"failed\",\"line\":{\"custom_id\":\"i2\",\"response\":null,\"error\":{}"
		","
		"\"sluice\":{\"line\":3,\"ended_ms\":9223372036854775807,\"outcome\":\"timeout\"}"
		"}"};
	static const char *const events[] = {"tick", "start", "attempt", "stop", "change", "final",
		"requeued", "command", "nonsense"};
	enum { RECORDS = sizeof(records) / sizeof(records[0]), EVENTS = 9, RUNS = 200 };
	static struct all here;
	struct rng r;

	rng_seed(&r, 5);
	for (int run = 0; run < RUNS; run++) {
		struct texts t;
		struct past *p;

		texts_init(&t);
		if (run % 2)
			start(&t, 0);
		else
			record(&t, 0, "tick", "\"ms\":1");
		for (int i = 0; i < 30; i++)
			record(&t, (int64_t)(rng_next(&r) % 4000000000U) * (below(&r, 9) - 4),
				events[below(&r, EVENTS)], records[below(&r, RECORDS)]);
		ok(&t, 1, INT32_MAX, INT32_MAX, 1);
		ok(&t, 1, 5, 1, 1);
		p = open_texts(&t, "0");
		for (int i = 0; i < 8; i++) {
			static const char *const commands[] = {"replay at 100%", "replay by -60s",
				"replay mark next", "replay tick previous", "replay at 30%",
				"replay mark previous", "replay tick next", "replay speed up"};
			const struct port port = past_port(p);
			struct command_reply reply;

			port_command(&port, commands[i], &reply);
			read_all(p, &here);
			check_sums(&here);
		}
		past_free(p);
		texts_free(&t);
	}
}
END_TEST

/* No command of a run reaches anything. */
START_TEST(a_replay_obeys_no_command_of_a_run)
{
	size_t n;
	const struct command_info *c = command_table(&n);
	struct texts t;
	struct past *p;

	texts_init(&t);
	start(&t, 0);
	ok(&t, 0, 100, 100, 1);
	record(&t, 1000, "stop", "\"exit_code\":0,\"elapsed_ms\":1000");
	p = open_texts(&t, "0");
	for (size_t i = 0; i < n; i++)
		if (strcmp(c[i].name, "quit") != 0 && strcmp(c[i].name, "interrupt") != 0 &&
			strcmp(c[i].name, "write") != 0 && strcmp(c[i].name, "tag") != 0 &&
			strcmp(c[i].name, "untag") != 0)
			refused(p, c[i].name, "a replay changes nothing");
	refused(p, "go on", "a replay changes nothing");
	refused(p, "retry failed", "a replay changes nothing");
	refused(p, "set concurrency 9", "a replay changes nothing");
	past_free(p);
	texts_free(&t);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {sessions_stand_one_after_the_other,
		the_player_takes_a_minute_and_passes_over_idle_time,
		each_mark_is_found_forward_and_back, an_item_is_what_it_was,
		a_moment_is_the_same_on_every_way_to_it, times_are_read_as_people_write_them,
		an_earlier_release_is_told, without_a_journal_there_is_nothing_to_replay,
		hostile_files_are_played, a_replay_obeys_no_command_of_a_run, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "replay", .tests = tests, .tear_down = box_tear_down});
}
