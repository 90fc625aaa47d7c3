/* Calls to the control socket of a run, against a server that this test plays itself. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "folder.h"
#include "remote/link.h"
#include "unit.h"

enum { WAITING = 3, PATIENCE_S = 20 };

#define PATIENCE_US (PATIENCE_S * US_PER_S)
#define STREAM      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nhello"
#define ANSWER      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

static int listener;
static struct link *run_link;
static struct link_call *waiting[WAITING];
static int accepted[WAITING + 2], n_accepted, streamed, answered;

static void listen_in(char *path, size_t size)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char folder[80];

	ck_assert(folder_make(folder, sizeof(folder)));
	snprintf(path, size, "%s/run.sock", folder);
	ck_assert_uint_lt(strlen(path), sizeof(at.sun_path));
	memcpy(at.sun_path, path, strlen(path) + 1);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
}

/* Takes the connections that have come, and answers nothing yet. */
static void accept_all(void)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0)
		accepted[n_accepted++] = fd;
}

/* Answers the connection whose request is for the path. */
static void answer(const char *path, const char *text)
{
	for (int i = 0; i < n_accepted; i++) {
		char request[500] = "";

		if (recv(accepted[i], request, sizeof(request) - 1, MSG_PEEK | MSG_DONTWAIT) <= 0 ||
			!strstr(request, path))
			continue;
		ck_assert_int_eq(send(accepted[i], text, strlen(text), 0), (ssize_t)strlen(text));
		return;
	}
	ck_abort_msg("nobody asks for %s", path);
}

static bool on_data(void *ctx, const char *bytes, size_t len)
{
	(void)ctx, (void)bytes;
	streamed += (int)len;
	for (int i = 0; i < WAITING; i++)
		link_cancel(run_link, waiting[i]);
	return true;
}

static void on_done(void *ctx, int status, const char *body, size_t len)
{
	int *count = ctx;

	ck_assert_int_eq(status, 200);
	ck_assert_uint_eq(len, 2);
	ck_assert_str_eq(body, "ok");
	(*count)++;
}

static void never_done(void *ctx, int status, const char *body, size_t len)
{
	(void)ctx, (void)len;
	ck_abort_msg("done with %d: %s", status, body);
}

static bool all_asked(void *ctx)
{
	(void)ctx;
	accept_all();
	return n_accepted == WAITING + 1;
}

static bool has_streamed(void *ctx)
{
	(void)ctx;
	return streamed > 0;
}

static bool is_answered(void *ctx)
{
	const int *before = ctx;

	accept_all();
	if (n_accepted > *before) {
		char byte;

		if (recv(accepted[*before], &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && !answered)
			answer("/after", ANSWER);
	}
	return answered > 0;
}

/* As when the stream tells of another session, whose answers are others. */
START_TEST(a_stream_cancels_other_calls)
{
	char path[120];
	int before = WAITING + 1;

	listen_in(path, sizeof(path));
	run_link = link_open(ev_default_loop(EVFLAG_AUTO), -1, path);
	for (int i = 0; i < WAITING; i++)
		waiting[i] = link_ask(run_link, "/wait", NULL, 0, never_done, NULL);
	link_stream(run_link, "/stream", on_data, never_done, NULL);
	link_wait(run_link, clock_mono_us() + PATIENCE_US, all_asked, NULL);
	ck_assert_int_eq(n_accepted, WAITING + 1);
	link_wait(run_link, clock_mono_us() + 20 * US_PER_MS, has_streamed, NULL);
	answer("/stream", STREAM);
	link_wait(run_link, clock_mono_us() + PATIENCE_US, has_streamed, NULL);
	ck_assert_int_eq(streamed, 5);
	link_ask(run_link, "/after", NULL, 0, on_done, &answered);
	link_wait(run_link, clock_mono_us() + PATIENCE_US, is_answered, &before);
	ck_assert_int_eq(answered, 1);
	link_close(run_link);
	for (int i = 0; i < n_accepted; i++)
		close(accepted[i]);
	close(listener);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_stream_cancels_other_calls, NULL};

	return unit_run("link", tests);
}
