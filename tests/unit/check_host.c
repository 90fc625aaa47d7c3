/* How requests get to connections that may be shared: a model of libcurl and of a server that takes
 * so many requests on a connection at once. */
#include <string.h>

#include "net/transfer.h"
#include "unit.h"

enum { REQUESTS = 64, BELIEVED = 100 };

struct line {
	unsigned users;
	bool proven;
};

static struct transfer all[REQUESTS];
static struct transfer *opening[REQUESTS];
static struct line lines[2 * REQUESTS];
static unsigned n_opening, n_lines, served, most_opening;

static void line_up(struct host *h)
{
	memset(all, 0, sizeof(all));
	memset(lines, 0, sizeof(lines));
	n_opening = n_lines = served = most_opening = 0;
	for (int i = 0; i < REQUESTS; i++)
		host_holds(h, &all[i]);
}

/* As libcurl does: the first connection with room, or a new one. */
static void take(struct host *h, struct transfer *x, unsigned streams)
{
	host_releases(x);
	host_gives(h, &x->gate, true);
	for (unsigned i = 0; i < n_lines; i++) {
		unsigned most = lines[i].proven ? streams : BELIEVED;

		if (lines[i].users >= most)
			continue;
		lines[i].users++;
		ck_assert_uint_le(lines[i].users, streams); /* or the server refuses it */
		host_serves(&x->gate, true);
		served++;
		return;
	}
	opening[n_opening++] = x;
}

static void admit(struct host *h, unsigned streams)
{
	unsigned n;

	host_learn(h);
	while ((n = host_admits(h))) {
		ck_assert_uint_le(n, h->n_held);
		while (n--)
			take(h, TAILQ_FIRST(&h->held), streams);
		host_learn(h);
		if (n_opening > most_opening)
			most_opening = n_opening;
	}
}

/* The connections that are being opened are ready, and the servers' settings come. */
static void connect_all(struct host *h, unsigned streams)
{
	while (n_opening) {
		lines[n_lines++].users = 1;
		host_connected(h);
		host_serves(&opening[--n_opening]->gate, true);
		served++;
		admit(h, streams);
	}
	for (unsigned i = 0; i < n_lines; i++) {
		if (lines[i].proven || lines[i].users == BELIEVED)
			continue;
		lines[i].proven = true;
		host_proven(h);
		admit(h, streams);
	}
}

START_TEST(no_more_connections_than_needed)
{
	static const unsigned streams[] = {1, 2, 10, 63, 64, 128};

	for (unsigned i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct host *h = host_new("https://example.org:8443/v1?x");
		unsigned needed = (REQUESTS + streams[i] - 1) / streams[i], rounds = 0;

		line_up(h);
		for (admit(h, streams[i]); served < REQUESTS; rounds++)
			connect_all(h, streams[i]);
		ck_assert_uint_eq(n_lines, needed);
		/* what the first connection showed is used at once */
		ck_assert_uint_le(rounds, 2);
		ck_assert(needed == 1 || most_opening == needed - 1);
		for (int n = 0; n < REQUESTS; n++)
			host_leaves(&all[n].gate);
		ck_assert(!h->users && !h->busy && !host_is_idle(h));
		for (; n_lines; n_lines--)
			host_closed(h, true);
		ck_assert(host_is_idle(h));
		host_free(h);
	}
}
END_TEST

START_TEST(a_place_that_is_free_is_used_while_others_open)
{
	struct host *h = host_new("https://example.org");

	line_up(h);
	admit(h, 10);
	connect_all(h, 10);
	ck_assert_uint_eq(served, 10);
	ck_assert_uint_eq(n_opening, 6);
	host_leaves(&all[3].gate);
	lines[0].users--;
	admit(h, 10);
	ck_assert_uint_eq(served, 11);
	ck_assert_uint_eq(n_opening, 6);
	host_free(h);
}
END_TEST

START_TEST(one_connection_replaces_one_that_takes_no_more)
{
	struct host *h = host_new("https://example.org");

	line_up(h);
	admit(h, 128);
	connect_all(h, 128);
	ck_assert_uint_eq(served, REQUESTS);
	ck_assert_uint_eq(n_lines, 1);
	/* the server lets its requests end and takes no others */
	lines[0].users = BELIEVED;
	lines[0].proven = false;
	for (int i = 0; i < 20; i++) {
		host_leaves(&all[i].gate);
		host_holds(h, &all[i]);
		admit(h, 128);
		ck_assert_uint_eq(n_opening, 1);
	}
	connect_all(h, 128);
	ck_assert_uint_eq(n_lines, 2);
	ck_assert_uint_eq(lines[1].users, 20);
	host_free(h);
}
END_TEST

START_TEST(nothing_is_held_back_from_http1)
{
	struct host *h = host_new("https://example.org");

	line_up(h);
	ck_assert_uint_eq(host_admits(h), 1);
	host_releases(&all[0]);
	host_gives(h, &all[0].gate, true);
	ck_assert_uint_eq(host_admits(h), 0);
	host_serves(&all[0].gate, false);
	ck_assert_uint_eq(host_admits(h), REQUESTS - 1);
	host_free(h);
}
END_TEST

START_TEST(the_next_tries_when_the_first_fails)
{
	struct host *h = host_new("https://example.org");

	line_up(h);
	host_releases(&all[0]);
	host_gives(h, &all[0].gate, true);
	host_leaves(&all[0].gate);
	ck_assert_uint_eq(host_admits(h), 1);
	/* a connection that closes before its settings come is not waited for */
	host_releases(&all[1]);
	host_gives(h, &all[1].gate, true);
	host_connected(h);
	host_serves(&all[1].gate, true);
	ck_assert_uint_eq(host_admits(h), 0);
	host_closed(h, false);
	host_leaves(&all[1].gate);
	ck_assert_uint_eq(host_admits(h), 1);
	host_free(h);
}
END_TEST

START_TEST(a_host_is_scheme_name_and_port)
{
	struct host *h = host_new("https://a.org:1/v1/x?y=://z");

	ck_assert_str_eq(h->origin, "https://a.org:1");
	ck_assert(host_is_of(h, "https://a.org:1") && host_is_of(h, "https://a.org:1?q"));
	ck_assert(!host_is_of(h, "https://a.org:12/v1") && !host_is_of(h, "https://a.org"));
	host_free(h);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {no_more_connections_than_needed,
		a_place_that_is_free_is_used_while_others_open,
		one_connection_replaces_one_that_takes_no_more, nothing_is_held_back_from_http1,
		the_next_tries_when_the_first_fails, a_host_is_scheme_name_and_port, NULL};

	return unit_run("host", tests);
}
