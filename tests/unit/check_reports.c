/* What is told without a dashboard: plain lines, JSON lines, the summary. */
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fake_port.h"
#include "figures_text.h"
#include "snapshot_json.h"
#include "plain.h"
#include "summary.h"
#include "unit.h"
#include "phrases.h"

static struct fake_port fake;
static int saved_stderr, reader;

/* stderr becomes a pipe of which the test reads. */
static void catch_stderr(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	reader = ends[0];
}

/* Ends that; returns what was written, NUL-terminated. */
static size_t release_stderr(char *out, size_t size)
{
	size_t len = 0;
	ssize_t n;

	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	while (len < size - 1 && (n = read(reader, out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(reader);
	return len;
}

START_TEST(plain_status_is_one_line_that_adds_up)
{
	char line[PLAIN_LINE];

	ck_assert(fake_port_scene(&fake, "running"));
	plain_status(&fake.snap, line, sizeof(line));
	ck_assert_str_eq(line,
		"RUNNING 42% of 10000: queued 5711 waiting 12 in flight 64 held 0 ok 4150 "
		"failed 63 cancelled 0; 4.9 req/s, bound by tpm, 1m: tpm 71% conc 22% hold 7%; up "
		"00:14:22, "
		"ETA 28-35m");
}
END_TEST

START_TEST(plain_lines_are_far_apart_and_harmless)
{
	struct port port = fake_port_port(&fake);
	char text[16384], *at;
	int lines = 0;

	ck_assert(fake_port_scene(&fake, "hostile"));
	strcpy(fake.event[fake.snap.last_event - 1].text, "raw \x1b[2J from a careless port");
	catch_stderr();
	struct plain p = {.port = &port, .lines = lines_new()};
	for (int i = 0; i < 12; i++) {
		plain_refresh(&p);
		fake_port_advance(&fake, US_PER_S, true);
	}
	plain_finish(&p);
	lines_free(p.lines);
	release_stderr(text, sizeof(text));
	ck_assert_ptr_null(strchr(text, 0x1b));
	for (at = text; (at = strstr(at, " of 10000: ")); at++)
		lines++;
	ck_assert_int_eq(lines, 4); /* at 0, 5 and 10 s, and the last */
	ck_assert_ptr_nonnull(strstr(text, "warning: 429 from the server"));
	/* each kind once, as none has become twice as many */
	at = strstr(text, "errors: 40 times timeout");
	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_null(strstr(at + 1, "errors: 40 times timeout"));
}
END_TEST

START_TEST(a_reader_that_sleeps_or_is_gone_stops_nothing)
{
	static char text[512 << 10];
	size_t len;
	struct lines *l;

	signal(SIGPIPE, SIG_IGN);
	catch_stderr();
	l = lines_new();
	for (int i = 0; i < 20000; i++)
		lines_add(l, "line %d of a reader that does not read", i);
	ck_assert(lines_behind(l));
	ck_assert_int_gt(read(reader, text, sizeof(text)), 0);
	ck_assert(lines_behind(l));
	close(reader);
	reader = open("/dev/null", O_RDONLY);
	lines_free(l);
	len = release_stderr(text, sizeof(text));
	ck_assert_uint_eq(len, 0);
}
END_TEST

static const char *metrics_of(struct buf *out)
{
	struct port port = fake_port_port(&fake);
	struct json_writer w = json_writer_to(out);

	buf_clear(out);
	snapshot_json_of(&w, &port);
	return buf_str(out);
}

START_TEST(metrics_are_one_object_with_stable_names)
{
	static const char *const names[] = {"time", "run", "state", "elapsed_s", "eta_low_s",
		"eta_high_s", "total", "total_estimate", "items", "concurrency", "concurrency_auto",
		"concurrency_manual", "limits", "answers_per_s", "tokens_per_s",
		"rate_limited_per_min", "bound", "bound_now", "latency_ms", "attempts", "retries",
		"outcomes", "final_failures", "tokens_in", "tokens_out", "bytes_in", "bytes_out",
		"cost", "session", "hold_s", "hold_source", "hold_words", "belief", "note",
		"errors"};
	struct buf out;
	const char *text;
	json_t *o, *items, *n;
	json_int_t sum = 0;
	const char *name;

	buf_init(&out, 1 << 20);
	ck_assert(fake_port_scene(&fake, "running"));
	text = metrics_of(&out);
	ck_assert_ptr_null(strchr(text, '\n'));
	o = json_loads(text, 0, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_msg(json_object_get(o, names[i]), "no \"%s\"", names[i]);
	ck_assert_uint_eq(json_object_size(o), sizeof(names) / sizeof(names[0]));
	items = json_object_get(o, "items");
	json_object_foreach(items, name, n) sum += json_integer_value(n);
	ck_assert_int_eq(sum, json_integer_value(json_object_get(o, "total")));
	json_decref(o);
	ck_assert(fake_port_scene(&fake, "pipeline"));
	text = metrics_of(&out);
	o = json_loads(text, 0, NULL);
	n = json_array_get(json_object_get(o, "stages"), 4);
	ck_assert_str_eq(json_string_value(json_object_get(n, "name")), "translate");
	ck_assert_int_eq(json_integer_value(json_object_get(n, "skipped")), 2600);
	ck_assert_ptr_null(json_object_get(o, "endpoints"));
	json_decref(o);
	ck_assert(fake_port_scene(&fake, "endpoints"));
	text = metrics_of(&out);
	ck_assert_ptr_nonnull(strstr(text, "\"endpoints\":[{\"name\":"));
	ck_assert(fake_port_scene(&fake, "empty"));
	fake.snap.total_known = false;
	text = metrics_of(&out);
	ck_assert_ptr_nonnull(strstr(text, "\"total\":null"));
	ck_assert_ptr_nonnull(strstr(text, "\"p50\":null"));
	buf_free(&out);
}
END_TEST

static void expect_summary(const char *scene, const char *const *parts, size_t n)
{
	struct port port = fake_port_port(&fake);
	char text[8192];
	struct lines *l;

	ck_assert(fake_port_scene(&fake, scene));
	catch_stderr();
	l = lines_new();
	summary_print(&port, l);
	lines_free(l);
	release_stderr(text, sizeof(text));
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strstr(text, parts[i]), "no \"%s\" in:\n%s", parts[i], text);
}

/* As when every answer was in the cache. */
START_TEST(summary_of_no_attempts_tells_no_share_of_them)
{
	struct port port = fake_port_port(&fake);
	char text[8192];
	struct lines *l;

	ck_assert(fake_port_scene(&fake, "done"));
	fake.snap.attempts = 0;
	catch_stderr();
	l = lines_new();
	summary_print(&port, l);
	lines_free(l);
	release_stderr(text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "attempts   0\n"));
	ck_assert_ptr_null(strstr(text, "% ok"));
}
END_TEST

START_TEST(summary_says_what_it_came_to)
{
	static const char *const parts[] = {"prompts.jsonl: DONE after 00:48:20",
		"items      10000: ok 9874  failed 120  cancelled 6  not finished 0",
		"54 by timeout", "9 by 4xx client", "95.6% ok, 126 retries", "avg 3.6s  p50 3.1s",
		"speed-up   41.5 times", "success    98.7%", "12.6M in, 1.9M out", "tpm 71%"};
	static const char *const streams[] = {
		"streams    first token p50 700ms  p99 3.1s, gap p50 21ms  p99 120ms",
		"writing    58 tokens/s an answer"};
	static const char *const stages[] = {
		"stage      translate: done 212  failed 0  skipped 2600  requests 225"};

	static const char *const errors[] = {"error      104 times 429 rate limit, last item ",
		": Rate limit reached for m-large\n", "error      36 times 5xx server (503), "};

	expect_summary("running", errors, sizeof(errors) / sizeof(errors[0]));
	expect_summary("done", parts, sizeof(parts) / sizeof(parts[0]));
	expect_summary("streaming", streams, sizeof(streams) / sizeof(streams[0]));
	expect_summary("pipeline", stages, sizeof(stages) / sizeof(stages[0]));
}
END_TEST

START_TEST(eta_is_an_honest_range)
{
	static const struct {
		int64_t low_s, high_s;
		const char *text;
	} cases[] = {{-1, -1, "-"}, {9, 9, "9s"}, {28, 35, "28-35s"}, {1690, 2090, "28-35m"},
		{99, 100, "1-2m"}, {25, 110, "25s-2m"}, {200, 7000, "3m-2.0h"},
		{5400, 7500, "1.5-2.1h"}, {36000, 43000, "10-12h"}, {400000, 500000, "4-6d"},
		{0, 99999999999, ">999d"}};
	char out[PHRASE_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t unit = cases[i].low_s < 0 ? 1 : US_PER_S;

		ck_assert_str_eq(figures_eta(cases[i].low_s * unit, cases[i].high_s * unit, out),
			cases[i].text);
	}
}
END_TEST

START_TEST(total_says_what_is_known_of_it)
{
	struct snapshot s = {.items = {.queued = 6, .total = 6}};
	char out[PHRASE_SIZE];

	ck_assert_str_eq(phrase_total(&s, out), "6+");
	s.total_estimate = 9;
	ck_assert_str_eq(phrase_total(&s, out), "~9");
	s.total_known = true;
	ck_assert_str_eq(phrase_total(&s, out), "6");
}
END_TEST

START_TEST(percent_is_100_only_at_the_end)
{
	struct snapshot s = {.items = {.ok = 999, .queued = 1, .total = 1000}, .total_known = true};

	ck_assert_int_eq(phrase_percent(&s), 99);
	s.items.ok = 1000;
	s.items.queued = 0;
	ck_assert_int_eq(phrase_percent(&s), 100);
	s.total_known = false;
	s.total_estimate = 1000;
	ck_assert_int_eq(phrase_percent(&s), 99);
	s.total_estimate = 4000;
	ck_assert_int_eq(phrase_percent(&s), 25);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {plain_status_is_one_line_that_adds_up,
		plain_lines_are_far_apart_and_harmless,
		a_reader_that_sleeps_or_is_gone_stops_nothing,
		metrics_are_one_object_with_stable_names, summary_says_what_it_came_to,
		summary_of_no_attempts_tells_no_share_of_them, eta_is_an_honest_range,
		total_says_what_is_known_of_it, percent_is_100_only_at_the_end, NULL};

	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("reports", tests);
}
