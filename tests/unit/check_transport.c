/* The transport against a server in this process: answers, faults, timeouts, cancelling. */
#include <arpa/inet.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/response.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "fault_server.h"
#include "net/transport.h"
#include "unit.h"

enum { MAX_ITEMS = 512, MAX_BODY = 64 << 10 };

/* The end of one request. */
struct item {
	struct rig *rig;
	bool done;
	enum net_result result;
	int status;
	char headers[512], body[4096], error[512];
	size_t body_len;
	int64_t latency_us, first_byte_us, connect_us;
	uint64_t bytes_in, bytes_out;
	struct transfer *victim; /* cancelled when this one is done */
	const char *then;        /* path to start when this one is done */
};

struct rig {
	struct ev_loop *loop;
	struct run_clock clock;
	struct ev_timer guard;
	struct fault_server *server;
	struct transport *transport;
	int started, ended;
	struct item items[MAX_ITEMS];
};

static struct rig rig;
static struct transfer *start(const char *path);

static void copy(char *out, size_t size, const char *data, size_t len)
{
	if (len >= size)
		len = size - 1;
	if (len)
		memcpy(out, data, len);
	out[len] = '\0';
}

static void on_done(void *ctx, void *item, const struct answer *a)
{
	struct rig *r = ctx;
	struct item *i = item;

	ck_assert_ptr_eq(r, &rig);
	ck_assert(!i->done);
	i->done = true;
	i->result = a->result;
	i->status = a->status;
	copy(i->headers, sizeof(i->headers), a->headers, a->headers_len);
	copy(i->body, sizeof(i->body), a->body, a->body_len);
	i->body_len = a->body_len;
	copy(i->error, sizeof(i->error), a->error, a->error ? strlen(a->error) : 0);
	i->latency_us = a->latency_us;
	i->first_byte_us = a->first_byte_us;
	i->connect_us = a->connect_us;
	i->bytes_in = a->bytes_in;
	i->bytes_out = a->bytes_out;
	r->ended++;
	if (i->victim)
		transport_cancel(r->transport, i->victim);
	if (i->then)
		start(i->then);
	if (r->ended == r->started)
		ev_break(r->loop, EVBREAK_ALL);
}

static void on_guard(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop, (void)w, (void)revents;
	ck_abort_msg("%d of %d requests never ended", rig.started - rig.ended, rig.started);
}

static void set_up(struct transport_config config)
{
	struct error err;

	unsetenv("http_proxy");
	memset(&rig, 0, sizeof(rig));
	rig.loop = ev_loop_new(EVFLAG_AUTO);
	rig.server = fault_server_new();
	if (!config.max_response)
		config.max_response = MAX_BODY;
	rig.transport = transport_new(rig.loop, &rig.clock, &config, on_done, &err);
	ck_assert_msg(rig.transport != NULL, "%s", err.text);
	ev_timer_init(&rig.guard, on_guard, 20., 0.);
	ev_timer_start(rig.loop, &rig.guard);
}

static void tear_down(void)
{
	transport_free(rig.transport);
	fault_server_free(rig.server);
	ev_timer_stop(rig.loop, &rig.guard);
	ev_loop_destroy(rig.loop);
}

static struct transfer *start_request(struct transport_request r)
{
	char url[256];

	ck_assert_int_lt(rig.started, MAX_ITEMS);
	if (r.url[0] == '/') {
		snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", fault_server_port(rig.server),
			r.url);
		r.url = url;
	}
	r.run = &rig;
	return transport_start(rig.transport, &r, &rig.items[rig.started++]);
}

static struct transfer *start(const char *path)
{
	return start_request((struct transport_request){.method = "GET", .url = path});
}

static struct item *wait_all(void)
{
	while (rig.ended < rig.started)
		ev_run(rig.loop, 0);
	return &rig.items[0];
}

START_TEST(answers_as_the_server_gave_them)
{
	static const struct {
		const char *method, *path, *body;
		enum net_result result;
		int status;
		const char *answer, *error;
	} cases[] = {
		{"GET", "/ok", NULL, NET_STATUS, 200, "ok", ""},
		{"HEAD", "/ok", NULL, NET_STATUS, 200, "", ""},
		{"POST", "/echo", "{\"a\":1}", NET_STATUS, 200, "{\"a\":1}", ""},
		{"POST", "/echo", "", NET_STATUS, 200, "", ""},
		{"POST", "/echo", NULL, NET_STATUS, 200, "", ""},
		{"PUT", "/echo", "put", NET_STATUS, 200, "put", ""},
		{"PATCH", "/echo", "patch", NET_STATUS, 200, "patch", ""},
		{"DELETE", "/echo", NULL, NET_STATUS, 200, "", ""},
		{"DELETE", "/echo", "gone", NET_STATUS, 200, "gone", ""},
		{"GET", "/echo", "query", NET_STATUS, 200, "query", ""},
		{"GET", "/chunked", NULL, NET_STATUS, 200, "hello world", ""},
		{"GET", "/gzip", NULL, NET_STATUS, 200, "hello, compressed world", ""},
		{"GET", "/empty", NULL, NET_STATUS, 204, "", ""},
		{"GET", "/redirect", NULL, NET_STATUS, 302, "", ""},
		{"GET", "/hints", NULL, NET_STATUS, 200, "ok", ""},
		{"GET", "/big", NULL, NET_TOO_LARGE, 200, NULL, "larger than 64.0 KB"},
		{"GET", "/bomb", NULL, NET_TOO_LARGE, 200, NULL, "larger than 64.0 KB"},
		{"GET", "/headers", NULL, NET_TOO_LARGE, 200, NULL, "headers"},
		{"GET", "/long", NULL, NET_TOO_LARGE, 200, NULL, "headers"},
		{"GET", "/cut", NULL, NET_ERROR, 200, "half.", "cut off"},
		{"GET", "/slam", NULL, NET_ERROR, 0, "", "without an answer"},
		{"GET", "/ok", NULL, NET_STATUS, 200, "ok", ""},
		{"GET", "ftp://127.0.0.1/", NULL, NET_ERROR, 0, "", "ftp"},
		{"GET", "http://", NULL, NET_ERROR, 0, "", "URL is not valid"},
		{"GET", "http://a\x01/", NULL, NET_ERROR, 0, "", "URL is not valid"},
		{"GET", "", NULL, NET_ERROR, 0, "", "no URL"},
		{"G T", "/ok", NULL, NET_ERROR, 0, "", "method"},
	};

	/* One after the other, so that all of them use the same easy handle. */
	set_up((struct transport_config){0});
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct item *i = &rig.items[n];

		start_request((struct transport_request){.method = cases[n].method,
			.url = cases[n].path,
			.body = cases[n].body,
			.body_len = cases[n].body ? strlen(cases[n].body) : 0});
		ck_assert_msg(!i->done, "called back from within transport_start()");
		wait_all();
		ck_assert_msg(i->result == cases[n].result && i->status == cases[n].status,
			"%s %s: result %d, status %d, %s", cases[n].method, cases[n].path,
			i->result, i->status, i->error);
		if (cases[n].answer)
			ck_assert_str_eq(i->body, cases[n].answer);
		ck_assert_msg(strstr(i->error, cases[n].error) != NULL, "%s: %s", cases[n].path,
			i->error);
	}
	tear_down();
}
END_TEST

START_TEST(headers_are_those_of_the_final_response)
{
	set_up((struct transport_config){0});
	start("/hints");
	wait_all();
	ck_assert_str_eq(rig.items[0].headers, "X-Conn: 1\r\nX-Late: 1\r\nContent-Length: 2\r\n");
	tear_down();
}
END_TEST

START_TEST(own_headers_replace_common_ones)
{
	static const char *const common[] = {"Authorization: Bearer common",
		"Content-Type: application/json", "X-Both: 1", NULL};
	const char *head;

	set_up((struct transport_config){.headers = common});
	start_request((struct transport_request){.method = "POST",
		.url = "/head",
		.headers = "authorization: Bearer own\r\nX-Empty:\nContent-Length: 99\n",
		.body = "{}",
		.body_len = 2});
	wait_all();
	head = rig.items[0].body;
	ck_assert(strstr(head, "authorization: Bearer own\r\n") != NULL);
	ck_assert(strstr(head, "Bearer common") == NULL);
	ck_assert(strstr(head, "X-Empty:\r\n") == NULL);
	ck_assert(strstr(head, "X-Both: 1\r\n") != NULL);
	ck_assert(strstr(head, "Content-Type: application/json\r\n") != NULL);
	ck_assert(strstr(head, "Content-Length: 2\r\n") != NULL);
	/* The next one has the common ones again. */
	start_request((struct transport_request){.method = "GET", .url = "/head"});
	wait_all();
	ck_assert(strstr(rig.items[1].body, "Authorization: Bearer common\r\n") != NULL);
	ck_assert(strstr(rig.items[1].body, "X-Empty") == NULL);
	tear_down();
}
END_TEST

START_TEST(headers_cannot_smuggle_lines)
{
	static const char *const bad[] = {"X: a\rY: b\n", "no colon\n", "X Y: a\n", ": a\n"};

	set_up((struct transport_config){0});
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		start_request((struct transport_request){
			.method = "GET", .url = "/ok", .headers = bad[n]});
		wait_all();
		ck_assert_msg(rig.items[n].result == NET_ERROR, "accepted: %s", bad[n]);
	}
	tear_down();
}
END_TEST

START_TEST(nothing_is_added_that_was_not_asked_for)
{
	char *body = xmalloc(2 << 20);

	memset(body, 'b', 2 << 20);
	set_up((struct transport_config){0});
	start_request((struct transport_request){
		.method = "POST", .url = "/head", .body = body, .body_len = 2 << 20});
	wait_all();
	ck_assert_int_eq(rig.items[0].status, 200);
	ck_assert(strstr(rig.items[0].body, "Expect") == NULL);
	ck_assert(strstr(rig.items[0].body, "Content-Type") == NULL);
	ck_assert(strstr(rig.items[0].body, "User-Agent: sluice/") != NULL);
	free(body);
	tear_down();
}
END_TEST

START_TEST(connection_is_reused_and_measured)
{
	char conn[16];

	set_up((struct transport_config){0});
	for (int n = 0; n < 5; n++) {
		const struct item *i = &rig.items[n];

		start("/ok");
		wait_all();
		copy(conn, sizeof(conn), i->headers, strcspn(i->headers, "\r"));
		ck_assert_str_eq(conn, "X-Conn: 1");
		ck_assert_int_eq(i->connect_us > 0, n == 0);
		ck_assert_int_ge(i->first_byte_us, i->connect_us);
		ck_assert_int_ge(i->latency_us, i->first_byte_us);
		ck_assert_uint_eq(
			i->bytes_in, strlen("HTTP/1.1 200 OK\r\n\r\n") + strlen(i->headers) + 2);
		ck_assert_uint_gt(i->bytes_out, strlen("GET /ok HTTP/1.1\r\n\r\n"));
	}
	tear_down();
}
END_TEST

START_TEST(bytes_out_count_the_body_once)
{
	char body[1000];
	uint64_t empty;

	set_up((struct transport_config){0});
	memset(body, 'b', sizeof(body));
	for (size_t len = 100; len <= sizeof(body); len += sizeof(body) - 100)
		start_request((struct transport_request){
			.method = "POST", .url = "/echo", .body = body, .body_len = len});
	wait_all();
	empty = rig.items[0].bytes_out - 100;
	/* One digit more in Content-Length. */
	ck_assert_uint_eq(rig.items[1].bytes_out, empty + 1000 + 1);
	tear_down();
}
END_TEST

/* A port that refuses connections: bound and not listening, so that nobody else gets it. */
static int deaf_port(int *fd)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);

	*fd = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(*fd, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(getsockname(*fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

START_TEST(refused_connection_says_whose)
{
	char url[128], want[128];
	int fd, port = deaf_port(&fd);

	snprintf(url, sizeof(url), "http://user:secret@127.0.0.1:%d/path", port);
	snprintf(want, sizeof(want), "could not connect to 127.0.0.1:%d: connection refused", port);
	set_up((struct transport_config){0});
	start_request((struct transport_request){.method = "GET", .url = url});
	wait_all();
	ck_assert_int_eq(rig.items[0].result, NET_ERROR);
	ck_assert_str_eq(rig.items[0].error, want);
	tear_down();
	close(fd);
}
END_TEST

START_TEST(refused_proxy_is_distinguished_from_the_server)
{
	char proxy[64], names[32];
	int fd, port = deaf_port(&fd);

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", port);
	snprintf(names, sizeof(names), "port %d ", port);
	set_up((struct transport_config){0});
	setenv("http_proxy", proxy, 1);
	start("/ok");
	wait_all();
	ck_assert_int_eq(rig.items[0].result, NET_ERROR);
	ck_assert_msg(strstr(rig.items[0].error, names) != NULL, "%s", rig.items[0].error);
	tear_down();
	unsetenv("http_proxy");
	close(fd);
}
END_TEST

START_TEST(each_timeout_is_distinguished)
{
	static const struct {
		const char *path;
		struct transport_config config;
		enum net_result result;
		const char *error;
	} cases[] = {
		{"/mute", {.first_byte_timeout_us = 40000}, NET_TIMEOUT_FIRST_BYTE, "within 40ms"},
		{"/mute", {.timeout_us = 40000}, NET_TIMEOUT_TOTAL, "within 40ms"},
		{"/stall", {.idle_timeout_us = 40000, .first_byte_timeout_us = 5000000},
			NET_TIMEOUT_IDLE, "stalled for 40ms"},
		{"/drip", {.timeout_us = 100000, .idle_timeout_us = 5000000}, NET_TIMEOUT_TOTAL,
			"within 100ms"},
	};

	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		set_up(cases[n].config);
		start(cases[n].path);
		start("/ok");
		wait_all();
		ck_assert_msg(rig.items[0].result == cases[n].result, "%s: %d, %s", cases[n].path,
			rig.items[0].result, rig.items[0].error);
		ck_assert_msg(strstr(rig.items[0].error, cases[n].error) != NULL, "%s",
			rig.items[0].error);
		ck_assert_int_eq(rig.items[1].result, NET_STATUS);
		tear_down();
	}
}
END_TEST

static bool begin_any(
	void *ctx, const char *headers, size_t headers_len, const char *bytes, size_t len)
{
	(void)ctx, (void)headers, (void)headers_len, (void)bytes, (void)len;
	return true;
}

static bool take_any(void *ctx, const char *bytes, size_t len, int64_t now_us)
{
	(void)ctx, (void)bytes, (void)now_us;
	return len > 0;
}

static bool is_whole(void *ctx)
{
	return ctx != NULL;
}

START_TEST(a_whole_answer_does_not_wait_for_the_end_of_its_body)
{
	static const char *const paths[] = {"/stall", "/drip"};
	struct body_sink whole = {begin_any, take_any, is_whole, &rig};

	for (size_t i = 0; i < 2; i++) {
		set_up((struct transport_config){.idle_timeout_us = 19 * US_PER_S});
		start_request((struct transport_request){
			.method = "GET", .url = paths[i], .sink = &whole});
		wait_all();
		ck_assert_int_eq(rig.items[0].result, NET_STATUS);
		ck_assert_int_eq(rig.items[0].status, 200);
		ck_assert_int_lt(rig.items[0].latency_us, 10 * US_PER_S);
		start("/ok"); /* over a connection of its own */
		wait_all();
		ck_assert_ptr_nonnull(strstr(rig.items[1].headers, "X-Conn: 2"));
		tear_down();
	}
}
END_TEST

START_TEST(a_whole_answer_that_ends_leaves_its_connection)
{
	struct body_sink whole = {begin_any, take_any, is_whole, &rig};

	set_up((struct transport_config){.idle_timeout_us = 19 * US_PER_S});
	for (int i = 0; i < 3; i++) {
		start_request((struct transport_request){
			.method = "GET", .url = "/chunked", .sink = &whole});
		wait_all();
		ck_assert_int_eq(rig.items[i].result, NET_STATUS);
	}
	start("/ok");
	wait_all();
	ck_assert_ptr_nonnull(strstr(rig.items[3].headers, "X-Conn: 1"));
	tear_down();
}
END_TEST

START_TEST(an_answer_that_is_not_whole_waits)
{
	struct body_sink partial = {begin_any, take_any, is_whole, NULL};

	set_up((struct transport_config){.idle_timeout_us = 60 * US_PER_MS});
	start_request(
		(struct transport_request){.method = "GET", .url = "/stall", .sink = &partial});
	wait_all();
	ck_assert_int_eq(rig.items[0].result, NET_TIMEOUT_IDLE);
	tear_down();
}
END_TEST

/* A socket that listens and whose queue is full: a connection to it is never established. */
START_TEST(connect_timeout)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), filler[4];
	char url[64];

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	for (size_t i = 0; i < 4; i++) {
		filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(filler[i], (struct sockaddr *)&a, len);
	}
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(a.sin_port));
	set_up((struct transport_config){.connect_timeout_us = 60000});
	start_request((struct transport_request){.method = "GET", .url = url});
	wait_all();
	ck_assert_msg(rig.items[0].result == NET_TIMEOUT_CONNECT, "%d, %s", rig.items[0].result,
		rig.items[0].error);
	tear_down();
	for (size_t i = 0; i < 4; i++)
		close(filler[i]);
	close(fd);
}
END_TEST

START_TEST(time_suspended_is_not_counted)
{
	int64_t begin_us = clock_mono_us();

	set_up((struct transport_config){.timeout_us = 60000});
	start("/mute");
	rig.clock.suspended_us += 100000;
	wait_all();
	ck_assert_int_eq(rig.items[0].result, NET_TIMEOUT_TOTAL);
	ck_assert_int_ge(clock_mono_us() - begin_us, 160000);
	tear_down();
}
END_TEST

START_TEST(cancel_calls_back_later)
{
	struct transfer *x;

	set_up((struct transport_config){0});
	x = start("/mute");
	transport_cancel(rig.transport, x);
	ck_assert_int_eq(rig.ended, 0);
	wait_all();
	ck_assert_int_eq(rig.items[0].result, NET_CANCELLED);
	x = start("/stall");
	for (struct transfer_progress p = {0}; p.phase != PHASE_RECEIVING || p.bytes_in < 40;) {
		ev_run(rig.loop, EVRUN_ONCE);
		transport_progress(x, &p);
	}
	transport_cancel(rig.transport, x);
	transport_cancel(rig.transport, x);
	wait_all();
	ck_assert_int_eq(rig.items[1].result, NET_CANCELLED);
	ck_assert_int_eq(rig.items[1].status, 200);
	tear_down();
}
END_TEST

START_TEST(callback_may_cancel_and_start)
{
	set_up((struct transport_config){0});
	rig.items[1].victim = start("/mute");
	rig.items[1].then = "/echo";
	start("/ok");
	wait_all();
	ck_assert_int_eq(rig.started, 3);
	ck_assert_int_eq(rig.items[0].result, NET_CANCELLED);
	ck_assert_int_eq(rig.items[1].result, NET_STATUS);
	ck_assert_int_eq(rig.items[2].result, NET_STATUS);
	/* A callback may cancel transfers that have ended but are not reported yet, and its own. */
	rig.items[3].victim = start("/ok");
	rig.items[3].then = "http://";
	wait_all();
	ck_assert_int_eq(rig.items[3].result, NET_STATUS);
	ck_assert_int_eq(rig.items[4].result, NET_ERROR);
	tear_down();
}
END_TEST

START_TEST(all_are_under_way_at_once)
{
	set_up((struct transport_config){0});
	for (int n = 0; n < 300; n++)
		start("/together/300");
	wait_all();
	for (int n = 0; n < 300; n++)
		ck_assert_msg(rig.items[n].status == 200, "%d: %s", n, rig.items[n].error);
	tear_down();
}
END_TEST

START_TEST(free_aborts_silently)
{
	set_up((struct transport_config){0});
	for (int n = 0; n < 100; n++)
		start(n % 2 ? "/mute" : "http://");
	ev_run(rig.loop, EVRUN_NOWAIT);
	transport_cancel(rig.transport, start("/mute"));
	start("http://");
	rig.ended = rig.started;
	tear_down();
}
END_TEST

START_TEST(bad_common_header_is_refused)
{
	static const char *const headers[] = {"Good: 1", "secret without colon", NULL};
	const struct transport_config config = {.headers = headers};
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct run_clock clock = {0};
	struct error err = {""};

	ck_assert_ptr_null(transport_new(loop, &clock, &config, on_done, &err));
	ck_assert(strstr(err.text, "Name: value") != NULL);
	ck_assert(strstr(err.text, "secret") == NULL);
	ev_loop_destroy(loop);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {answers_as_the_server_gave_them,
		headers_are_those_of_the_final_response, own_headers_replace_common_ones,
		headers_cannot_smuggle_lines, nothing_is_added_that_was_not_asked_for,
		connection_is_reused_and_measured, bytes_out_count_the_body_once,
		refused_connection_says_whose, refused_proxy_is_distinguished_from_the_server,
		each_timeout_is_distinguished, a_whole_answer_does_not_wait_for_the_end_of_its_body,
		a_whole_answer_that_ends_leaves_its_connection, an_answer_that_is_not_whole_waits,
		connect_timeout, time_suspended_is_not_counted, cancel_calls_back_later,
		callback_may_cancel_and_start, all_are_under_way_at_once, free_aborts_silently,
		bad_common_header_is_refused, NULL};

	return unit_run("transport", tests);
}
