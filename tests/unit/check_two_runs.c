/* Two runs of one process over real sockets: they share lanes and connections. */
#include <ev.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/options.h"
#include "folder.h"
#include "mock/mock.h"
#include "session/process.h"
#include "session/session.h"
#include "unit.h"

enum { RUNS = 2, CONCURRENCY = 4 };

static struct {
	char folder[256];
	struct settings mock_settings;
	struct mock *mock;
	struct ev_loop *loop;
	struct process *process;
	struct settings settings[RUNS];
	struct session *session[RUNS];
	struct ev_timer timer;
} w;

static void set_up(void)
{
	char *argv[] = {(char *)"sluice", (char *)"mock", (char *)"--latency", (char *)"5ms",
		(char *)"--port", (char *)"0", NULL};
	enum command_id command;
	struct error err = {""};

	memset(&w, 0, sizeof(w));
	ck_assert(folder_make(w.folder, sizeof(w.folder)));
	setenv("XDG_CONFIG_HOME", w.folder, 1);
	unsetenv("http_proxy");
	ck_assert(options_parse(6, argv, &command, &w.mock_settings, &err) == OPTIONS_GO);
	w.mock = mock_start(&w.mock_settings.mock, &err);
	ck_assert_msg(w.mock != NULL, "%s", err.text);
	w.loop = ev_loop_new(EVFLAG_AUTO);
	w.process = process_new(w.loop);
}

static void tear_down(void)
{
	for (int i = 0; i < RUNS; i++) {
		session_free(w.session[i]);
		settings_free(&w.settings[i]);
	}
	process_free(w.process);
	ev_loop_destroy(w.loop);
	mock_stop(w.mock);
	settings_free(&w.mock_settings);
	ck_assert(folder_remove(w.folder));
}

/* A run of so many items, with this key in its Authorization header. */
static void begin(int run, int items, const char *key)
{
	char path[300], header[80];
	char *argv[] = {(char *)"sluice", (char *)"run", path, (char *)"--url",
		(char *)mock_url(w.mock), (char *)"-c", (char *)"4", (char *)"--ui", (char *)"none",
		(char *)"-H", header, NULL};
	enum command_id command;
	struct error err = {""};
	FILE *f;

	snprintf(path, sizeof(path), "%s/in%d.jsonl", w.folder, run);
	snprintf(header, sizeof(header), "Authorization: Bearer %s", key);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < items; i++)
		fprintf(f,
			"{\"custom_id\":\"r%d-%d\",\"url\":\"/v1/chat/completions\",\"body\":"
			"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}}\n",
			run, i);
	fclose(f);
	ck_assert_msg(options_parse(11, argv, &command, &w.settings[run], &err) == OPTIONS_GO, "%s",
		err.text);
	w.session[run] = session_new(w.process, &w.settings[run].run, &err);
	ck_assert_msg(w.session[run] != NULL, "%s", err.text);
	session_start(w.session[run], false, false);
}

static int stat_of(const char *name)
{
	struct buf text;
	json_t *o;
	int n;

	mock_halt(w.mock);
	buf_init(&text, 1 << 16);
	mock_stats(w.mock, &text);
	o = json_loads(buf_str(&text), 0, NULL);
	ck_assert_ptr_nonnull(o);
	n = (int)json_integer_value(json_object_get(o, name));
	json_decref(o);
	buf_free(&text);
	return n;
}

static const struct snapshot *view(int run)
{
	static struct snapshot s;
	struct port port = session_port(w.session[run]);

	port_snapshot(&port, &s);
	return &s;
}

START_TEST(they_share_the_limit_and_the_connections)
{
	begin(0, 300, "k1");
	begin(1, 300, "k1");
	ev_run(w.loop, 0);
	for (int i = 0; i < RUNS; i++) {
		ck_assert_int_eq(session_exit_code(w.session[i]), 0);
		ck_assert_uint_eq(view(i)->items.ok, 300);
	}
	ck_assert_int_le(stat_of("peak_in_flight"), CONCURRENCY);
	ck_assert_int_le(stat_of("connections"), CONCURRENCY);
}
END_TEST

START_TEST(another_key_has_lanes_and_connections_of_its_own)
{
	begin(0, 300, "k1");
	begin(1, 300, "k2");
	ev_run(w.loop, 0);
	for (int i = 0; i < RUNS; i++)
		ck_assert_uint_eq(view(i)->items.ok, 300);
	ck_assert_int_gt(stat_of("peak_in_flight"), CONCURRENCY);
}
END_TEST

static void drop_first(struct ev_loop *loop, struct ev_timer *t, int events)
{
	(void)loop, (void)t, (void)events;
	session_free(w.session[0]);
	w.session[0] = NULL;
}

/* Its requests in flight end with it; the other one goes on. */
START_TEST(a_run_may_be_dropped_in_the_middle)
{
	begin(0, 5000, "k1");
	begin(1, 300, "k1");
	ev_timer_init(&w.timer, drop_first, 0.1, 0.);
	ev_timer_start(w.loop, &w.timer);
	ev_run(w.loop, 0);
	ck_assert_ptr_null(w.session[0]);
	ck_assert_uint_eq(view(1)->items.ok, 300);
	ck_assert_int_eq(session_exit_code(w.session[1]), 0);
}
END_TEST

/* Its last items are over long before the other run is. */
START_TEST(a_short_run_ends_early)
{
	uint64_t done;

	begin(0, 3000, "k1");
	begin(1, 10, "k1");
	while (view(1)->items.ok < 10)
		ev_run(w.loop, EVRUN_ONCE);
	done = view(0)->items.ok;
	ck_assert_uint_lt(done, 200);
	ev_run(w.loop, 0);
	ck_assert_uint_eq(view(0)->items.ok, 3000);
}
END_TEST

static void break_loop(void *ctx)
{
	ev_break(ctx, EVBREAK_ALL);
}

/* One run after the other, and none between them. */
START_TEST(a_service_keeps_the_connections_for_the_next_run)
{
	process_remain(w.process);
	for (int i = 0; i < RUNS; i++) {
		begin(i, 50, "k1");
		session_on_end(w.session[i], break_loop, w.loop);
		ev_run(w.loop, 0);
		ck_assert_uint_eq(view(i)->items.ok, 50);
		ck_assert_int_eq(session_exit_code(w.session[i]), 0);
		session_free(w.session[i]);
		w.session[i] = NULL;
	}
	ck_assert_int_le(stat_of("connections"), CONCURRENCY);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {they_share_the_limit_and_the_connections,
		another_key_has_lanes_and_connections_of_its_own,
		a_run_may_be_dropped_in_the_middle, a_short_run_ends_early,
		a_service_keeps_the_connections_for_the_next_run, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "two runs", .tests = tests, .set_up = set_up, .tear_down = tear_down});
}
