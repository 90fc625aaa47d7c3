/* Bytes pending on a connection, and the answers in doubt after an extra one. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/connection.h"
#include "net/correlation_id.h"
#include "unit.h"

static struct connections *all;
static const struct connection_ends ends = {"127.0.0.1", "127.0.0.1", 80, 40000};

START_TEST(a_408_that_closes_is_an_end_and_else_an_answer_is_one)
{
	static const struct {
		const char *bytes;
		enum pending what;
	} cases[] = {
		{"HTTP/1.1 200 OK\r\n\r\n", PENDING_ANSWER},
		{"HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n", PENDING_END},
		{"HTTP/1.1 408 x\r\nX: y\r\nCONNECTION:  Close\r\n\r\n", PENDING_END},
		{"HTTP/1.1 408 x\nConnection: close\n\n", PENDING_END},
		{"HTTP/1.1 408 x\r\n\r\nConnection: close\r\n", PENDING_ANSWER},
		{"HTTP/1.1 408 x\r\nConnection: keep-alive\r\n\r\n", PENDING_ANSWER},
		{"HTTP/1.1 4080 x\r\nConnection: close\r\n\r\n", PENDING_ANSWER},
		{"HTTP/1.1 408 x\r\nConnection: clos", PENDING_ANSWER},
		{"HTTP/1.1 408 ", PENDING_ANSWER},
		{"HT", PENDING_ANSWER},
		{"x", PENDING_JUNK},
		{"\n", PENDING_JUNK},
		{"HTTP/2 200\r\n", PENDING_ANSWER},
		{"http/1.1  200\r\n", PENDING_ANSWER},
		{"HTTP/1.1 x\r\n", PENDING_JUNK},
		{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", PENDING_JUNK},
		{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n", PENDING_JUNK},
		{"HTTP/1.1 100 a\r\n\r\nHTTP/1.1 102 b\n\nHTTP/1.1 200 c\r\n", PENDING_ANSWER},
		{"HTTP/1.1 100 a\r\n\r\nHTTP/1.1 408 b\r\nConnection: close\r\n\r\n", PENDING_END},
		{"HTTP/1.1 100 a\r\n\r\njunk", PENDING_JUNK},
		{"{\"a\":1}", PENDING_JUNK},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(
			pending_judge(cases[i].bytes, strlen(cases[i].bytes)) == cases[i].what,
			"%s", cases[i].bytes);
}
END_TEST

START_TEST(a_peek_takes_nothing_and_waits_for_nothing)
{
	char read_back[4];
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(pending_peek(pair[0], NULL), PENDING_NOTHING);
	ck_assert_int_eq(write(pair[1], "junk", 4), 4);
	ck_assert_int_eq(pending_peek(pair[0], NULL), PENDING_JUNK);
	ck_assert_int_eq(pending_peek(pair[0], NULL), PENDING_JUNK);
	close(pair[1]);
	ck_assert_int_eq(pending_peek(pair[0], NULL), PENDING_JUNK);
	ck_assert_int_eq(read(pair[0], read_back, 4), 4);
	ck_assert_int_eq(pending_peek(pair[0], NULL), PENDING_END);
	close(pair[0]);
	ck_assert_int_eq(pending_peek(pair[0], NULL), PENDING_END);
}
END_TEST

/* A request and its answer. */
static void exchange(struct connection *c, uint32_t item, int64_t sent_us, int64_t ended_us)
{
	struct answer_name name = {.item = item, .attempt = 1};
	struct buf names, body;

	buf_init(&names, sizeof(name));
	buf_init(&body, 0);
	buf_add(&names, &name, sizeof(name));
	connection_begin(c, (struct transfer *)all, &names, sent_us);
	if (ended_us)
		connection_end(c, &body, ended_us - sent_us, ended_us);
	buf_free(&names);
}

static struct connection *open_one(void)
{
	all = connections_new();
	return connections_add(all, &ends, 5, NULL);
}

/* The items in doubt must be these, up to a 0. */
static void doubted(const uint32_t *items)
{
	struct doubt *d = connections_next_doubt(all);
	const struct answer_name *name;
	size_t n = 0;

	if (!*items) {
		ck_assert_ptr_null(d);
		return;
	}
	ck_assert_ptr_nonnull(d);
	name = (const struct answer_name *)(const void *)d->names.data;
	for (; items[n]; n++)
		ck_assert_uint_eq(name[n].item, items[n]);
	ck_assert_uint_eq(d->names.len, n * sizeof(*name));
	doubt_free(d);
}

START_TEST(of_a_single_answer_nothing_is_in_doubt)
{
	struct connection *c = open_one();

	exchange(c, 1, 1000, 2000);
	connections_doubt(all, c, 0);
	doubted((const uint32_t[]){0});
	connections_free(all);
}
END_TEST

START_TEST(answers_in_close_order_are_in_doubt_back_to_the_last_pause)
{
	struct connection *c = open_one();

	exchange(c, 1, 1000, 2000);
	exchange(c, 2, 2000, 3000);
	/* long enough for everything that was owed */
	exchange(c, 3, 3000 + US_PER_S, 4000 + US_PER_S);
	exchange(c, 4, 4100 + US_PER_S, 5000 + US_PER_S);
	exchange(c, 5, 5000 + US_PER_S, 6000 + US_PER_S);
	connections_doubt(all, c, 0);
	doubted((const uint32_t[]){3, 4, 5, 0});
	/* reported once */
	connections_doubt(all, c, 0);
	doubted((const uint32_t[]){0});
	connections_free(all);
}
END_TEST

START_TEST(a_rest_shorter_than_slow_answers_shows_nothing)
{
	struct connection *c = open_one();

	exchange(c, 1, 1000, 1000 + 10 * US_PER_S);
	exchange(c, 2, 1000 + 12 * US_PER_S, 2000 + 12 * US_PER_S);
	connections_doubt(all, c, 0);
	doubted((const uint32_t[]){1, 2, 0});
	connections_free(all);
}
END_TEST

START_TEST(a_request_without_an_answer_is_in_no_doubt)
{
	struct connection *c = open_one();

	exchange(c, 1, 1000, 2000);
	exchange(c, 2, 2000, 3000);
	exchange(c, 3, 3000, 0);
	connections_doubt(all, c, sizeof(struct answer_name));
	doubted((const uint32_t[]){1, 2, 0});
	connections_free(all);
}
END_TEST

START_TEST(thousands_in_close_order_are_cut_and_say_so)
{
	struct connection *c = open_one();
	struct doubt *d;

	for (uint32_t i = 1; i <= 100000; i++)
		exchange(c, i, i * 10, i * 10 + 5);
	connections_doubt(all, c, 0);
	d = connections_next_doubt(all);
	ck_assert_uint_le(d->names.cap, 64 << 10);
	ck_assert(d->cut);
	ck_assert_uint_ge(d->names.len / sizeof(struct answer_name), 512);
	doubt_free(d);
	connections_free(all);
}
END_TEST

START_TEST(connections_are_distinguished_by_both_ends)
{
	struct connection_ends others[] = {ends, ends, ends, ends};
	struct connection *c, *twin;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	all = connections_new();
	c = connections_add(all, &ends, pair[0], NULL);
	others[0].remote = "127.0.0.2";
	others[1].local = "127.0.0.2";
	others[2].remote_port = 81;
	others[3].local_port = 40002;
	for (int i = 0; i < 4; i++)
		ck_assert_ptr_null(connections_find(all, &others[i]));
	for (int i = 0; i < 4; i++)
		connections_add(all, &others[i], 100 + i, NULL);
	ck_assert_ptr_eq(connections_find(all, &ends), c);
	ck_assert(connections_fit(all, c));
	/* of two with the same ends neither is used */
	twin = connections_add(all, &ends, pair[1], NULL);
	ck_assert(!connections_fit(all, twin));
	ck_assert(!connections_fit(all, c));
	connection_free(connections_close(all, pair[1]));
	ck_assert_ptr_eq(connections_find(all, &ends), c);
	connection_free(connections_close(all, pair[0]));
	ck_assert_ptr_null(connections_close(all, pair[0]));
	ck_assert_ptr_null(connections_find(all, &ends));
	connections_free(all);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(a_socket_knows_its_own_end)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct connection_ends own = {"127.0.0.1", "127.0.0.1", 80, 0};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(a);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	ck_assert(!connection_has_ends(fd, &own));
	own.local_port = ntohs(a.sin_port);
	ck_assert(connection_has_ends(fd, &own));
	own.local = "127.0.0.9";
	ck_assert(!connection_has_ends(fd, &own));
	ck_assert(!connection_has_ends(-1, &own));
	close(fd);
}
END_TEST

START_TEST(repeated_ids_reveal_anothers_answer)
{
	static const struct {
		const char *headers, *body, *answer_headers, *answer_body;
		bool differs;
	} cases[] = {
		/* not repeated so far: it may be the server's own name for it */
		{"X-Request-Id: 1\n", "{}", "X-Request-ID: abc\r\n", "{}", false},
		{"X-Request-Id: 2\n", "{}", "x-request-id: 2\r\n", "{}", false},
		{"X-Request-Id: 3\n", "{}", "x-request-id: 2\r\n", "{}", true},
		{"X-Request-Id: 3\n", "{}", "Y: 1\r\n", "{}", false},
		{"X-Correlation-Id: 3\n", "{}", "x-correlation-id: 2\r\n", "{}", false},
		{"", "{\"jsonrpc\":\"2.0\",\"id\":7}", "", "{\"jsonrpc\":\"2.0\",\"id\":7}", false},
		{"", "{\"jsonrpc\":\"2.0\",\"id\":7}", "", "{\"id\":6,\"jsonrpc\":\"2.0\"}", true},
		{"", "{\"jsonrpc\":\"2.0\",\"id\":7}", "", "{\"jsonrpc\":\"2.0\",\"id\":null}",
			false},
		{"", "{\"jsonrpc\":\"2.0\",\"id\":7}", "", "{\"id\":6}", false},
		{"", "{\"jsonrpc\":\"2.0\"}", "", "{\"jsonrpc\":\"2.0\",\"id\":7}", false},
		{"", "{\"id\":7}", "", "{\"id\":6}", false},
		{"", "{\"jsonrpc\":", "", "{", false},
	};
	unsigned repeats = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct answer a = {.headers = cases[i].answer_headers,
			.headers_len = strlen(cases[i].answer_headers),
			.body = cases[i].answer_body,
			.body_len = strlen(cases[i].answer_body)};

		ck_assert_msg(correlation_id_differs(cases[i].headers, cases[i].body,
				      strlen(cases[i].body), &a, &repeats) == cases[i].differs,
			"case %zu", i);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_408_that_closes_is_an_end_and_else_an_answer_is_one,
		a_peek_takes_nothing_and_waits_for_nothing,
		of_a_single_answer_nothing_is_in_doubt,
		answers_in_close_order_are_in_doubt_back_to_the_last_pause,
		a_rest_shorter_than_slow_answers_shows_nothing,
		a_request_without_an_answer_is_in_no_doubt,
		thousands_in_close_order_are_cut_and_say_so,
		connections_are_distinguished_by_both_ends,
		a_socket_knows_its_own_end,
		repeated_ids_reveal_anothers_answer,
		NULL,
	};

	return unit_run("connection", tests);
}
