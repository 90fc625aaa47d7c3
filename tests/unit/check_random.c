/* Whatever the server answers and the operator does, in any order, with crashes in between: the
 * books balance, and each item ends once. In virtual time, by numbers that are drawn. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "rig.h"
#include "unit.h"

enum { STEPS = 500, ROUNDS = 60 /* of resuming what is left */ };

static struct rig rig;
static struct rig_store store;
static struct rng rng;
static int lines;

static int draw(int below)
{
	return (int)(rng_next(&rng) % (uint64_t)below);
}

/* west has a fallback, and takes chats of one model alone. */
static const struct rig_endpoint endpoints[] = {{"east", 2, NULL, NULL}, {"west", 1, "n", "spare"},
	{"spare", 0, NULL, NULL}, {"other", 1, NULL, NULL}, {0}};

static void feed_embedding(const char *id, const char *member, const char *model, const char *text)
{
	char line[200];

	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\"%s,\"url\":\"/v1/embeddings\","
		"\"body\":{\"model\":\"%s\",\"input\":\"%s\"}}",
		id, member, model, text);
	rig_feed(&rig, line);
}

/* Each request goes where its line may: of the four kinds by number. */
static void check_routes(void)
{
	for (int i = 0; i < rig.in_flight; i++) {
		int route = rig.call[i].route, number = atoi(rig_id(&rig, i) + 1);

		switch (number % 4) {
		case 1:
			ck_assert_int_eq(route, 0);
			break;
		case 2:
			ck_assert(route == 1 || route == 2);
			break;
		default:
			ck_assert_msg(number * 7 % 11 == 0 || route != 1, "item %d", number);
			break;
		}
	}
}

/* One of a kind of line that is much like others. */
static void feed_line(int i)
{
	static const char *const members[] = {
		"", ",\"endpoint\":\"east\"", ",\"endpoint\":\"west\"", ""};
	const char *member = rig.options.endpoints ? members[i % 4] : "";
	char line[200], id[16], text[16];
	int kind = i * 7 % 11;

	snprintf(id, sizeof(id), "i%d", i);
	snprintf(text, sizeof(text), "%d", kind % 5);
	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\",\"id\":\"%s\",\"title\":\"T%s\",\"text\":\"%s\","
		"\"model\":\"m%d\"}",
		id, text, text, text, i % 2);
	if (rig.options.pipeline)
		rig_feed(&rig, line);
	else if (kind == 10)
		rig_feed(&rig, "{bad");
	else if (kind % 3)
		feed_embedding(id, member, i % 2 ? "odd" : "even", text);
	else
		rig_feed_chat(&rig, id, member, kind ? "{\"model\":\"m\"}" : "{\"model\":\"n\"}");
}

static void begin(void)
{
	engine_set_interactive(rig.engine, true);
	for (int i = 0; i < lines; i++)
		feed_line(i);
	rig_feed_end(&rig);
}

/* ---- what happens ---- */

static void answer_ok(void)
{
	if (rig.call[0].embeddings)
		rig_answer_ok(&rig);
	else
		rig_answer(&rig, 200, "", RIG_CHAT("yes"));
}

static void answer(void)
{
	static const int status[] = {500, 429, 400, 413, 401, 503, 200 /* cut */};
	int place = draw(rig.in_flight), what = draw(18);

	if (what < 7)
		rig_answer_at(&rig, place, status[what], what == 6 ? "{\"data\":[" : "{}");
	else if (what == 7)
		rig_break(&rig, place);
	else
		answer_ok();
}

static void doubt(void)
{
	struct answer_name names[4];
	size_t n = engine_attempt_names(rig.engine, rig.call[0].attempt, names, 4);

	answer_ok();
	engine_doubted(rig.engine, names, n, true, rig.now_us, rig_wall_us(&rig));
}

static void command(void)
{
	static const char *const words[] = {"cancel #", "hold #", "hold #", "release #", "retry #",
		"raise 5 #", "lower 7 #", "pause", "pause all", "resume", "resume", "resume hold",
		"cancel where state:waiting", "hold where state:in_flight",
		"release where state:held", "retry all", "retry where state:failed",
		"set concurrency 2", "auto", "endpoint east pause", "endpoint east resume",
		"endpoint west pause", "endpoint west resume", "endpoint east weight 0"};
	const char *word = words[draw(sizeof(words) / sizeof(*words))];
	char text[80], line[16] = "";

	if (strchr(word, '#'))
		snprintf(line, sizeof(line), "%d", 1 + draw(lines));
	snprintf(text, sizeof(text), "%s%s", word, line);
	rig_command(&rig, text);
}

static void turn(void)
{
	int64_t wake_us = rig_turn(&rig);

	if (!rig.in_flight && wake_us != NEVER_US && wake_us > rig.now_us)
		rig.now_us = wake_us;
}

static void crash(void)
{
	rig_turn(&rig);
	rig_reopen(&rig, draw(2));
	begin();
}

static void step(void)
{
	int what = draw(100);

	if (what < 40)
		turn();
	else if (what < 80 && rig.in_flight)
		answer();
	else if (what < 95)
		command();
	else if (what < 97)
		rig.now_us += draw(200) * (US_PER_S / 10);
	else if (what < 99 && rig.in_flight)
		doubt();
	else if (!draw(3))
		crash();
	rig_check(&rig);
	if (rig.options.endpoints)
		check_routes();
}

/* The operator sees to it that everything goes on, and the server answers well. */
static void run_out(void)
{
	for (int i = 0; i < ROUNDS && !engine_complete(rig.engine); i++) {
		rig_command(&rig, "resume");
		rig_command(&rig, "resume hold");
		rig_command(&rig, "endpoint east resume");
		rig_command(&rig, "endpoint west resume");
		rig_command(&rig, "release where state:held");
		for (int k = 0; k < lines * 10 && rig_await(&rig); k++) {
			answer_ok();
			rig_check(&rig);
		}
		rig_turn(&rig);
	}
}

static void play(int seed, const char *pipeline, bool several)
{
	const struct item_counts *c;

	rng_seed(&rng, (uint64_t)seed);
	store = (struct rig_store){.n = 0};
	lines = 5 + draw(30);
	rig_open(&rig, RIG(.concurrency = draw(4), .pipeline = pipeline, .pack = draw(2) * 4,
			       .endpoints = several ? endpoints : NULL, .dedupe = draw(2),
			       .retry_doubtful = draw(2), .cache = draw(2) ? &store : NULL,
			       .max_attempts = 2 + draw(3)));
	begin();
	for (int i = 0; i < STEPS; i++)
		step();
	run_out();
	c = rig_counts(&rig);
	ck_assert_msg(engine_complete(rig.engine), "seed %d is not complete", seed);
	ck_assert_uint_eq(c->ok + c->failed + c->cancelled, (uint64_t)lines);
	ck_assert_int_ge(rig_grep(&rig, "results", "custom_id"), (int)c->ok);
	for (int i = 0; i < lines; i++) {
		struct item_row row = rig_row(&rig, (uint64_t)i + 1);
		char id[32];

		snprintf(id, sizeof(id), "custom_id\":\"i%d\"", i);
		if (row.state == ITEM_OK)
			ck_assert_msg(rig_grep(&rig, "results", id) >= 1, "seed %d: %s", seed, id);
	}
}

static const char *const pipelines[] = {NULL, NULL, NULL, "chain", "diamond", "early-end", "embed",
	"embed-beside", "embed-models", "when"};

START_TEST(whatever_happens_the_books_balance)
{
	for (size_t i = 0; i < sizeof(pipelines) / sizeof(*pipelines); i++)
		play(_i * 100 + (int)i, pipelines[i], false);
	for (int i = 50; i < 55; i++)
		play(_i * 100 + i, NULL, true);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {NULL};

	return unit_run_suite(&(struct unit_suite){.name = "random",
		.tests = tests,
		.loop = whatever_happens_the_books_balance,
		.loops = 12,
		.tear_down = rig_tear_down});
}
