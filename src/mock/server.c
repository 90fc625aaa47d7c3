/* The mock API's thread: it polls libmicrohttpd and keeps one heap of due times for all waiting
 * answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "mock/server.h"

enum {
	BACKLOG = 4096,
	MAX_FILES = 65536,
	SPARE_FILES = 64,     /* descriptors that are not connections */
	POOL_SIZE = 16 << 10, /* memory of a connection, zeroed for each request */
};

/* libmicrohttpd walks all suspended connections at each resume, so they are resumed in batches. */
static const int64_t BATCH_US = US_PER_MS;

static int listen_on(int64_t port, struct error *err)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd, on = 1;

	if (port < 0 || port > UINT16_MAX) {
		error_set(err, "mock: port %lld does not lie between 0 and 65535", (long long)port);
		return -1;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		error_set(err, "mock: cannot create a socket: %s", strerror(errno));
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* connections inherit it */
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, BACKLOG) != 0) {
		error_set(err, "mock: cannot listen on 127.0.0.1:%lld: %s", (long long)port,
			strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static void name_url(struct mock *m, int fd)
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);

	getsockname(fd, (struct sockaddr *)&a, &len);
	snprintf(m->url, sizeof(m->url), "http://127.0.0.1:%u", ntohs(a.sin_port));
}

/* The most connections that the system allows this process. */
static unsigned raise_file_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return FD_SETSIZE - SPARE_FILES;
	if (r.rlim_cur < MAX_FILES && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < MAX_FILES ? r.rlim_max : MAX_FILES;
		setrlimit(RLIMIT_NOFILE, &r);
		getrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_cur > MAX_FILES)
		r.rlim_cur = MAX_FILES;
	return r.rlim_cur > 2 * SPARE_FILES ? (unsigned)r.rlim_cur - SPARE_FILES : SPARE_FILES;
}

static void count_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	struct mock *m = cls;

	(void)connection;
	(void)socket_context;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		m->stats.connections++;
		m->stats.open_connections++;
	} else {
		m->stats.open_connections--;
	}
}

static bool start_daemon(struct mock *m, int fd, struct error *err)
{
	m->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME, 0,
		NULL, NULL, exchange_handle, m, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, raise_file_limit(), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)POOL_SIZE, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, m,
		MHD_OPTION_NOTIFY_CONNECTION, count_connection, m, MHD_OPTION_END);
	if (!m->daemon)
		return error_set(err, "mock: cannot start the HTTP server: %s", strerror(errno));
	return true;
}

static void resume_due(struct mock *m, int64_t now_us)
{
	const struct stable_entry *first;
	struct exchange *e;

	while ((first = stable_heap_top(&m->due)) && (m->stopping || first->key <= (double)now_us))
		exchange_resume(stable_heap_pop(&m->due));
	while ((e = model_finish(m->model, m->stopping ? NEVER_US - 1 : now_us)))
		exchange_resume(e);
}

int server_wait_ms(int64_t at_us, int64_t now_us)
{
	int64_t wait_ms;

	if (at_us == NEVER_US)
		return -1;
	if (at_us <= now_us)
		return 0;
	wait_ms = (at_us - now_us - 1) / US_PER_MS + 1;
	return wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms;
}

/* How long in ms poll() may wait for socket events; -1: without limit. */
static int next_timeout_ms(const struct mock *m, int64_t now_us, int64_t batch_us)
{
	const struct stable_entry *first = stable_heap_top(&m->due);
	int64_t at_us = model_next_us(m->model);
	MHD_UNSIGNED_LONG_LONG mhd_ms;
	int wait_ms;

	if (first && first->key < (double)at_us)
		at_us = (int64_t)first->key;
	if (at_us < batch_us)
		at_us = batch_us;
	wait_ms = server_wait_ms(at_us, now_us);
	if (MHD_get_timeout(m->daemon, &mhd_ms) == MHD_YES &&
		(wait_ms < 0 || mhd_ms < (unsigned)wait_ms))
		wait_ms = (int)mhd_ms;
	return wait_ms;
}

static void *serve(void *cls)
{
	struct mock *m = cls;
	struct pollfd fds[2] = {{.fd = m->wake_fd, .events = POLLIN},
		{.fd = MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
			.events = POLLIN}};
	int64_t now_us, batch_us = 0;

	while (!(fds[0].revents & POLLIN)) {
		now_us = clock_mono_us();
		if (now_us >= batch_us) {
			resume_due(m, now_us);
			batch_us = now_us + BATCH_US;
		}
		MHD_run(m->daemon);
		poll(fds, 2, next_timeout_ms(m, clock_mono_us(), batch_us));
	}
	m->stopping = true;
	resume_due(m, clock_mono_us());
	MHD_run(m->daemon);
	return NULL;
}

/* The thread takes no signals: they belong to whoever started it. */
static bool start_thread(struct mock *m, struct error *err)
{
	sigset_t all, old;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(&m->thread, NULL, serve, m);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed)
		return error_set(err, "mock: cannot start a thread: %s", strerror(failed));
	m->running = true;
	return true;
}

struct mock *mock_start(const struct mock_settings *settings, struct error *err)
{
	struct model_config config;
	struct mock *m;
	int fd;

	struct answers answers = {.n = 0};

	if (!model_config_from(settings, &config, err))
		return NULL;
	fd = !settings->answers || answers_load(settings->answers, &answers, err)
		     ? listen_on(settings->port, err)
		     : -1;
	if (fd < 0) {
		answers_free(&answers);
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->answers = answers;
	m->headers = settings->headers;
	m->retry_after = settings->retry_after;
	m->key = settings->key;
	m->models = settings->models;
	m->tokens_out = settings->tokens_out;
	m->stream_rate = settings->stream_rate;
	m->stream_cut = settings->stream_cut;
	m->embed_max = settings->embed_max;
	m->embed_bad = settings->embed_bad ? xstrdup(settings->embed_bad) : NULL;
	m->seed = settings->seed;
	m->model = model_new(&config, clock_mono_us());
	stats_reset(&m->stats, clock_mono_us());
	idmap_init(&m->keys);
	name_url(m, fd);
	m->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->wake_fd < 0) {
		error_set(err, "mock: cannot create an event: %s", strerror(errno));
		close(fd);
		mock_stop(m);
		return NULL;
	}
	if (!start_daemon(m, fd, err)) {
		close(fd);
		mock_stop(m);
		return NULL;
	}
	if (!start_thread(m, err)) {
		mock_stop(m);
		return NULL;
	}
	return m;
}

const char *mock_url(const struct mock *m)
{
	return m->url;
}

void mock_halt(struct mock *m)
{
	uint64_t one = 1;

	if (m->running) {
		while (write(m->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
		pthread_join(m->thread, NULL);
		m->running = false;
	}
	if (m->daemon)
		MHD_stop_daemon(m->daemon); /* closes the listening socket too */
	m->daemon = NULL;
}

void mock_stats(const struct mock *m, struct buf *out)
{
	stats_write(&m->stats, clock_mono_us(), out);
}

void mock_stop(struct mock *m)
{
	if (!m)
		return;
	mock_halt(m);
	exchange_free_spare(m);
	answers_free(&m->answers);
	stable_heap_free(&m->due);
	idmap_free(&m->keys);
	model_free(m->model);
	if (m->wake_fd >= 0)
		close(m->wake_fd);
	free(m->embed_bad);
	free(m);
}
