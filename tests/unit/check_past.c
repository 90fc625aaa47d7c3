/* A run by its files: figures of ticks, items with and without the input, files that lack something
 * or hold anything. */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "box.h"
#include "past/past.h"
#include "past/past_figures.h"
#include "unit.h"

static struct box box;

#define START      RECORD("start", ",\"pid\":7,\"version\":\"0.1.0\",\"input\":\"in.jsonl\"") "\n"
#define TICK(rest) RECORD("tick", "," rest) "\n"
#define STOP(code)                                                                                 \
	RECORD("stop", ",\"reason\":\"\",\"exit_code\":" code                                      \
		       ",\"elapsed_ms\":9000,\"session\":{\"requests\":12,\"retries\":3},"         \
		       "\"why\":{\"conc\":0.75,\"rpm\":0.25}")                                     \
	"\n"

static void put(const char *path, const char *text)
{
	file_put(path, text, strlen(text));
}

/* The run of the box with these files (NULL: none), wholly read. */
static struct past *open_past(const char *journal, const char *results, const char *errors)
{
	struct error err = {""};
	struct past *p;
	bool missing;

	box_make(&box);
	if (journal)
		put(box.paths.journal, journal);
	put(box.paths.results, results);
	if (errors)
		put(box.paths.errors, errors);
	p = past_open(ev_default_loop(0), box.paths.results, NULL, &missing, &err);
	ck_assert_msg(p != NULL, "%s", err.text);
	past_read(p);
	return p;
}

static struct snapshot *look(struct past *p)
{
	static struct snapshot s;
	const struct port port = past_port(p);

	port_snapshot(&port, &s);
	return &s;
}

static void take(struct past_figures *f, const char *text)
{
	struct ledger_line line = {.text = text, .len = strlen(text), .whole = true};
	struct journal_record record;

	ck_assert(journal_record_parse(line.text, line.len, &record));
	past_figures_take(f, &record, &line);
}

/* ---- figures ---- */

START_TEST(ticks_add_up_and_a_whole_one_starts_anew)
{
	struct history_second second[HISTORY_SECONDS];
	static struct past_figures f;

	f = (struct past_figures){.sessions = 0};
	take(&f, RECORD("start", ""));
	take(&f, RECORD("tick", ",\"ms\":1000,\"whole\":true,\"items\":[5,2,0,1,0,0,20],"
				"\"not_ok\":[3],\"tokens\":[50,10],\"p50\":100,\"bound\":\"rpm\","
				"\"lanes\":{\"a\":{\"concurrency\":4},\"b\":{\"concurrency\":3}}"));
	take(&f, RECORD("tick", ",\"ms\":4000,\"items\":[2,-1],\"not_ok\":[0,1],\"p50\":90"));
	ck_assert_int_eq(f.now.items[0], 7);
	ck_assert_int_eq(f.now.items[1], 1);
	ck_assert_int_eq(f.now.ok, 7);
	ck_assert_int_eq(f.now.not_ok[0], 3);
	ck_assert_int_eq(f.now.not_ok[1], 1);
	ck_assert_int_eq(f.elapsed_us, 4 * US_PER_S);
	/* seconds without a tick changed nothing */
	ck_assert_int_eq(past_figures_history(&f, second), 4);
	ck_assert_uint_eq(second[0].answered, 8);
	ck_assert_uint_eq(second[0].rate_limited, 3);
	ck_assert_uint_eq(second[0].concurrency, 7);
	ck_assert_uint_eq(second[1].answered, 0);
	ck_assert_uint_eq(second[1].in_flight, 2);
	ck_assert_int_eq(second[1].latency_p50_ms, -1);
	ck_assert_uint_eq(second[3].ok, 2);
	ck_assert_int_eq(second[3].latency_p50_ms, 90);
	take(&f, RECORD("tick", ",\"ms\":5000,\"whole\":true,\"items\":[9],\"ok\":4"));
	ck_assert_int_eq(f.now.items[6], 0);
	ck_assert_int_eq(f.now.ok, 4);
	ck_assert_int_eq(f.lanes.n, 0);
	take(&f, RECORD("start", ""));
	ck_assert_int_eq(f.sessions, 2);
	ck_assert_int_eq(f.now.ok, 0);
	ck_assert_int_eq(past_figures_history(&f, second), 0);
}
END_TEST

/* Whatever a journal says, nothing overflows, hangs or is drawn as a negative count. */
START_TEST(figures_of_hostile_ticks_stay_in_bounds)
{
	static const char *const ticks[] = {
		RECORD("tick", ",\"ms\":9223372036854775807,\"items\":[9223372036854775807]"),
		RECORD("tick", ",\"ms\":-1,\"items\":[1,2]"),
		RECORD("tick",
			",\"ms\":4503599627370495,\"items\":[-9223372036854775808,1e300,\"x\"]"),
		RECORD("tick",
			",\"ms\":4503599627370496,\"not_ok\":[1e18,1e18,1e18,1e18,1e18,1,1,1,"
			"1,1,1,1,1,1,1],\"tokens\":[1e18,1e18],\"p50\":1e18,"
			"\"lanes\":{\"\\u001b[2J\":{\"concurrency\":1e300}}"),
		RECORD("tick", ",\"ms\":4503599627370496,\"items\":{},\"lanes\":[],\"bound\":7"),
		RECORD("tick", ",\"whole\":true"),
		RECORD("stop", ",\"elapsed_ms\":1e300,\"why\":{"
			       "\"conc\":-5},\"session\":7")};
	struct history_second second[HISTORY_SECONDS];
	static struct past_figures f;

	f = (struct past_figures){.sessions = 0};
	for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
		take(&f, ticks[i]);
		for (int k = 0; k < TICK_ITEMS; k++)
			ck_assert_int_ge(f.now.items[k], 0);
	}
	ck_assert_int_le(past_figures_history(&f, second), HISTORY_SECONDS);
	ck_assert(f.stop.why[BOUND_CONCURRENCY] == 0);
}
END_TEST

/* Prices are those of the run: the last record that tells dollars is right. */
START_TEST(dollars_are_those_that_the_journal_told_last)
{
	static struct past_figures f;
	struct cost_view cost = {.usd = -1, .unpriced = 5};
	char many[2000] = RECORD("stop", ",\"session\":{\"usd_of_run\":9,\"models_of_run\":[7");
	size_t len = strlen(many) - 1; /* without its end */

	f = (struct past_figures){.sessions = 0};
	past_cost_show(&f.cost, &cost);
	ck_assert(cost.usd == -1 && cost.unpriced == 5);
	take(&f, RECORD("start", ""));
	take(&f, RECORD("tick", ",\"ms\":1000,\"whole\":true,\"usd_of_run\":0.5"));
	take(&f, RECORD("tick", ",\"ms\":2000,\"items\":[2]"));
	past_cost_show(&f.cost, &cost);
	ck_assert(cost.usd == 0.5 && cost.unpriced == 0 && cost.n_models == 0);
	take(&f, RECORD("stop", ",\"session\":{\"usd_of_run\":1.25,\"models_of_run\":["
				"{\"model\":\"m\",\"answers\":4,\"tokens_in\":9,\"usd\":1.25},"
				"{\"model\":\"\",\"answers\":3,\"usd\":-1,\"unpriced\":3}]}"));
	take(&f, RECORD("start", ""));
	past_cost_show(&f.cost, &cost);
	ck_assert(cost.usd == 1.25 && cost.unpriced == 3 && cost.n_models == 2);
	ck_assert_str_eq(cost.model[0].name, "m");
	ck_assert_str_eq(cost.model[1].name, "other");
	ck_assert(cost.model[0].usd == 1.25 && cost.model[1].usd < 0);
	for (int i = 0; i < 40; i++)
		len += (size_t)snprintf(
			many + len, sizeof(many) - len, ",{\"unpriced\":1e300,\"answers\":-4}");
	snprintf(many + len, sizeof(many) - len, "]}}");
	take(&f, many);
	past_cost_show(&f.cost, &cost);
	ck_assert(cost.usd == 9 && cost.unpriced == 0 && cost.n_models == MODEL_COSTS_SHOWN);
}
END_TEST

/* ---- runs ---- */

START_TEST(a_finished_run_has_its_items_and_figures)
{
	struct past *p = open_past(
		START TICK("\"ms\":1000,\"whole\":true,\"items\":[1,0,0,1,0,0,3],\"not_ok\":[0,2]")
			FINAL("failed", FAILED_LINE("b", "2")) "\n" STOP("1"),
		OK_LINE("a", "1") "\n", NULL);
	const struct snapshot *s = look(p);

	ck_assert(s->past);
	ck_assert_int_eq(s->state, RUN_DONE);
	ck_assert_uint_eq(s->items.ok, 1);
	ck_assert_uint_eq(s->items.failed, 1);
	ck_assert_uint_eq(s->items.total, 3); /* one had not ended by the tick */
	ck_assert_uint_eq(s->attempts, 12);
	ck_assert_uint_eq(s->retries, 3);
	ck_assert_uint_eq(s->final_failures[OUTCOME_TIMEOUT], 1);
	ck_assert_int_eq(s->elapsed_us, 9 * US_PER_S);
	ck_assert(s->session.bound_share[BOUND_CONCURRENCY] == 0.75);
	ck_assert_ptr_nonnull(strstr(s->state_note, "input missing"));
	past_free(p);
}
END_TEST

/* A trial does a part of the input: the stop record knows how many items there are. */
START_TEST(a_trial_leaves_the_items_of_no_part_queued)
{
	struct past *p = open_past(RECORD("start", ",\"part\":{\"sample\":2,\"seed\":1}") "\n" TICK(
					   "\"ms\":1000,\"whole\":true,\"items\":[2,0,0,0,0,0,2]")
					   RECORD("stop", ",\"exit_code\":0,\"part\":{\"sample\":2,"
							  "\"seed\":1,\"of\":7}") "\n",
		OK_LINE("a", "1") "\n" OK_LINE("b", "5") "\n", NULL);
	const struct snapshot *s = look(p);

	ck_assert_int_eq(s->state, RUN_DONE);
	ck_assert_uint_eq(s->items.ok, 2);
	ck_assert_uint_eq(s->items.queued, 5);
	ck_assert_ptr_nonnull(strstr(s->state_note, "a sample of 2 of 7 items (seed 1)"));
	past_free(p);
}
END_TEST

START_TEST(lists_and_details_need_no_input)
{
	struct past *p = open_past(START FINAL("failed", FAILED_LINE("b", "2")) "\n" STOP("1"),
		OK_LINE("caf\\u00e9", "1") "\n" OK_LINE("c", "5") "\n", NULL);
	const struct port port = past_port(p);
	struct item_query q = {.filter = "id:caf", .sort = FIELD_LINE};
	struct item_row row[4];
	struct item_detail d;
	struct rows_info info;

	ck_assert_uint_eq(port_rows(&port, &q, 0, row, 4, &info), 1);
	ck_assert_uint_eq(row[0].line, 1);
	ck_assert_int_eq(row[0].state, ITEM_OK);
	snprintf(q.filter, sizeof(q.filter), "state:failed");
	ck_assert_uint_eq(port_rows(&port, &q, 0, row, 4, &info), 1);
	ck_assert_str_eq(row[0].id, "b");
	ck_assert(port_detail(&port, 5, &d));
	ck_assert_ptr_nonnull(d.response_body);
	ck_assert_ptr_null(d.request_body);
	port_detail_free(&d);
	past_free(p);
}
END_TEST

START_TEST(a_killed_run_is_stopped_and_its_torn_line_is_no_item)
{
	struct past *p =
		open_past(START, OK_LINE("a", "1") "\n{\"custom_id\":\"b\",\"id\":\"slu", NULL);
	const struct snapshot *s = look(p);
	const struct port port = past_port(p);
	struct event event[4];
	struct buf file;

	ck_assert_uint_eq(s->items.total, 1);
	ck_assert_ptr_nonnull(strstr(s->state_note, "killed"));
	ck_assert(port_events_since(&port, 0, event, 4) == 2);
	ck_assert_ptr_nonnull(strstr(event[1].text, "incomplete"));
	past_free(p);
	/* nothing was repaired */
	buf_init(&file, 1 << 16);
	file_get(box.paths.results, &file);
	ck_assert_int_eq(file.data[file.len - 1], 'u');
	buf_free(&file);
}
END_TEST

/* The log and the axis of plots say what they said while the run went on. */
START_TEST(the_past_is_told_in_the_words_of_the_run)
{
	struct past *p = open_past(START RECORD("attempt", ",\"id\":\"a\",\"line\":1,\"attempt\":1,"
							   "\"outcome\":"
							   "\"rate_limited\",\"status\":429,\"wait_"
							   "ms\":90") "\n" RECORD("change",
					   ",\"what\":\"hold\",\"old\":-1,\"new\":7,\"by\":"
					   "\"auto\","
					   "\"reason\":\"4 refused\"") "\n" RECORD("change",
					   ",\"what\":\"rate\",\"old\":-1,\"new\":5,\"by\":"
					   "\"auto\"") "\n" TICK("\"ms\":1000,\"whole\":true,\"not_"
								 "ok\":[1,0]")
					   TICK("\"ms\":2000,\"whole\":true,\"not_ok\":[2,0]"),
		OK_LINE("a", "1") "\n", NULL);
	const struct port port = past_port(p);
	struct event event[8];
	const struct snapshot *s = look(p);

	ck_assert(port_events_since(&port, 0, event, 8) >= 4);
	ck_assert_str_eq(event[1].text, "a will retry: 429 rate limit");
	ck_assert_int_eq(event[1].level, EVENT_INFO);
	ck_assert_str_eq(event[2].text, "hold for 7 s, 4 refused");
	ck_assert_str_eq(event[3].text, "rate none to 5");
	ck_assert_int_ge(s->history_len, 2);
	ck_assert_int_eq(
		s->history[s->history_len - 1].mark, MARK_NONE); /* a 429 changed no limit */
	ck_assert_int_eq(s->history[s->history_len - 2].mark, MARK_HELD);
	past_free(p);
}
END_TEST

START_TEST(without_a_journal_the_errors_file_has_the_failures)
{
	struct past *p = open_past(NULL, OK_LINE("a", "1") "\n", FAILED_LINE("b", "2") "\n");
	const struct snapshot *s = look(p);
	const struct port port = past_port(p);
	struct item_detail d;

	ck_assert_uint_eq(s->items.ok, 1);
	ck_assert_uint_eq(s->items.failed, 1);
	ck_assert_ptr_nonnull(strstr(s->state_note, "input unknown"));
	ck_assert_ptr_nonnull(strstr(s->state_note, "journal is missing"));
	ck_assert(port_detail(&port, 2, &d));
	ck_assert_int_eq(d.row.outcome, OUTCOME_TIMEOUT);
	ck_assert_int_eq(d.attempts, 1);
	port_detail_free(&d);
	past_free(p);
}
END_TEST

/* OpenAI's batch API has its errors in another file, or among its results. */
START_TEST(results_of_another_tool_have_their_failures)
{
	struct past *p = open_past(NULL,
		"{\"id\":\"batch_req_1\",\"custom_id\":\"a\",\"response\":{\"status_code\":200,"
		"\"request_id\":\"r\",\"body\":{}},\"error\":null}\n"
		"{\"id\":\"batch_req_2\",\"custom_id\":\"b\",\"response\":{\"status_code\":400,"
		"\"request_id\":\"r\",\"body\":{\"error\":{\"message\":\"too long\"}}},"
		"\"error\":null}\n",
		NULL);
	const struct snapshot *s = look(p);
	const struct port port = past_port(p);
	struct error_group group;
	struct item_detail d;
	size_t total;

	ck_assert_uint_eq(s->items.ok, 1);
	ck_assert_uint_eq(s->items.failed, 1);
	ck_assert(port_detail(&port, 2, &d));
	ck_assert_str_eq(d.row.id, "b");
	ck_assert_ptr_nonnull(strstr(d.response_body, "too long"));
	port_detail_free(&d);
	ck_assert_uint_eq(port_errors(&port, &group, 1, &total), 1);
	ck_assert_ptr_nonnull(strstr(group.message, "too long"));
	past_free(p);
}
END_TEST

/* Bytes of any kind in results and journal. */
START_TEST(hostile_files_are_survived)
{
	static const char *const journals[] = {"", START "\n\n{", START "null\n[]\n7\n\"x\"\n",
		START RECORD("attempt",
			",\"id\":{},\"line\":-1,\"outcome\":\"timeout\"") "\n" RECORD("atte"
										      "mpt",
			",\"id\":\"\\u001b[2J\\u0000\",\"line\":1e300,"
			"\"outcome\":\"network\",\"message\":\"\\ud800\"") "\n",
		RECORD("start", ",\"path\":7,\"command\":{},\"settings\":[],\"input\":"
				"\"\\u0000\"") "\n" RECORD("command",
			",\"text\":[]") "\n" RECORD("change", "") "\n",
		START TICK("\"ms\":1000,\"whole\":true,\"items\":[0,0,0,0,0,0,"
			   "4503599627370495]")};
	static const char *const results[] = {"", OK_LINE("a", "4294967295") "\n",
		OK_LINE("a", "1") "\n" OK_LINE("a", "2") "\n" OK_LINE("b", "1") "\n",
		OK_LINE("\\u001b]52;c;\\u0007\\u0000\\ud800", "-3") "\n\xff\xfe\n{}\n"};

	for (size_t i = 0; i < sizeof(journals) / sizeof(journals[0]); i++)
		for (size_t k = 0; k < sizeof(results) / sizeof(results[0]); k++) {
			struct past *p = open_past(journals[i], results[k], NULL);
			const struct snapshot *s = look(p);
			const struct item_counts *c = &s->items;

			ck_assert_uint_eq(c->queued + c->waiting + c->in_flight + c->held + c->ok +
						  c->failed + c->cancelled,
				c->total);
			ck_assert_uint_lt(c->total, 2000000);
			past_free(p);
		}
}
END_TEST

/* ---- commands ---- */

static void ask(struct past *p, const char *text, bool dry_run, struct command_reply *out)
{
	const struct port port = past_port(p);

	port_ask(&port, &(struct command_request){.text = text, .dry_run = dry_run}, out);
}

START_TEST(going_on_runs_the_command_again)
{
	static const char start[] = RECORD("start",
		",\"input\":\"in.jsonl\",\"path\":\"/srv/it's/in.jsonl\",\"command\":[\"./sluice\","
		"\"run\",\"in.jsonl\",\"--retry-failed\",\"-H\",\"a: b\"]") "\n";
	struct past *p = open_past(start, OK_LINE("a", "1") "\n", NULL);
	struct command_reply reply;
	const char *folder;
	char **next;

	ask(p, "go on", true, &reply);
	ck_assert(reply.ok);
	ck_assert_str_eq(reply.text, "cd '/srv/it'\\''s' && sluice run in.jsonl -H 'a: b'");
	ck_assert_ptr_null(past_next(p, &folder));
	ask(p, "retry #1", false, &reply);
	ck_assert(reply.ok);
	next = past_next(p, &folder);
	ck_assert_str_eq(folder, "/srv/it's");
	ck_assert_str_eq(next[2], "--retry-failed");
	ck_assert_str_eq(next[5], "a: b");
	ck_assert_ptr_null(next[6]);
	past_free(p);
}
END_TEST

START_TEST(what_cannot_be_run_again_says_why)
{
	static const struct {
		const char *start, *why;
	} cases[] = {{START, "earlier release"},
		{RECORD("start",
			 ",\"command\":[\"sluice\",\"run\",\"in\",\"-H\",\"K: [redacted]\"]") "\n",
			"secret"},
		{RECORD("start", ",\"input\":\"-\",\"command\":[\"sluice\",\"run\",\"-\"]") "\n",
			"pipe"}};
	struct command_reply reply;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct past *p = open_past(cases[i].start, OK_LINE("a", "1") "\n", NULL);

		ask(p, "go on", true, &reply);
		ck_assert(!reply.ok);
		ck_assert_msg(strstr(reply.text, cases[i].why) != NULL, "%s", reply.text);
		ask(p, "set rpm 7", false, &reply);
		ck_assert(!reply.ok);
		past_free(p);
	}
}
END_TEST

START_TEST(no_such_results_are_told_apart_from_files_of_others)
{
	struct error err = {""};
	bool missing;

	box_make(&box);
	ck_assert_ptr_null(past_open(ev_default_loop(0), box.paths.results, NULL, &missing, &err));
	ck_assert(missing);
	put(box.paths.results, "something else\n");
	ck_assert_ptr_null(past_open(ev_default_loop(0), box.paths.results, NULL, &missing, &err));
	ck_assert(!missing);
	ck_assert_str_ne(err.text, "");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {ticks_add_up_and_a_whole_one_starts_anew,
		figures_of_hostile_ticks_stay_in_bounds,
		dollars_are_those_that_the_journal_told_last,
		a_finished_run_has_its_items_and_figures,
		a_trial_leaves_the_items_of_no_part_queued, lists_and_details_need_no_input,
		a_killed_run_is_stopped_and_its_torn_line_is_no_item,
		the_past_is_told_in_the_words_of_the_run,
		without_a_journal_the_errors_file_has_the_failures,
		results_of_another_tool_have_their_failures, hostile_files_are_survived,
		going_on_runs_the_command_again, what_cannot_be_run_again_says_why,
		no_such_results_are_told_apart_from_files_of_others, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "past", .tests = tests, .tear_down = box_tear_down});
}
