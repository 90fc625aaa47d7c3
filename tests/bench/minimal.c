/* The least that libev and libcurl can do for a batch: sends each line of a file as a POST body and
 * stores the answers' bodies in another. No headers read, no retries, no timeouts, no accounting;
 * what `make bench` measures sluice against. It shares no code with src/.
 *
 *   minimal URL INPUT OUTPUT CONCURRENCY [TRANSFERS_PER_MULTI [CERTIFICATES]]
 *
 * Without TRANSFERS_PER_MULTI there is one multi handle for all. CERTIFICATES is a file of those to
 * trust, for an https URL; the transfers of a multi handle then share HTTP/2 connections. */
#include <curl/curl.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct multi {
	CURLM *curl;
	struct ev_timer timer;
};

struct sock {
	struct ev_io io;
	struct multi *multi;
};

struct slot {
	CURL *easy;
	struct multi *multi;
	char *body;
	size_t len, cap;
};

static struct ev_loop *loop;
static const char *next_line, *end;
static struct curl_slist *headers;
static const char *certificates; /* NULL: no TLS */
static FILE *out;
static unsigned long answered, failed;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct slot *s = ctx;
	size_t len = size * n;

	if (s->len + len > s->cap) {
		s->cap = (s->len + len) * 2;
		s->body = realloc(s->body, s->cap);
		if (!s->body)
			die("realloc");
	}
	memcpy(s->body + s->len, data, len);
	s->len += len;
	return len;
}

static void start_next(struct slot *s)
{
	const char *line = next_line, *newline;

	if (line == end)
		return;
	newline = memchr(line, '\n', (size_t)(end - line));
	next_line = newline ? newline + 1 : end;
	s->len = 0;
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, line);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		(curl_off_t)((newline ? newline : end) - line));
	curl_multi_add_handle(s->multi->curl, s->easy);
}

static void act(struct multi *m, curl_socket_t fd, int mask)
{
	int count;
	CURLMsg *msg;

	curl_multi_socket_action(m->curl, fd, mask, &count);
	while ((msg = curl_multi_info_read(m->curl, &count))) {
		struct slot *s;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &s);
		if (msg->data.result == CURLE_OK)
			answered++;
		else
			failed++;
		curl_multi_remove_handle(m->curl, s->easy);
		fwrite(s->body, 1, s->len, out);
		fputc('\n', out);
		start_next(s);
	}
}

static void on_io(struct ev_loop *l, struct ev_io *w, int revents)
{
	(void)l;
	act(((struct sock *)w)->multi, w->fd,
		(revents & EV_READ ? CURL_CSELECT_IN : 0) |
			(revents & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(struct ev_loop *l, struct ev_timer *w, int revents)
{
	(void)l, (void)revents;
	act(w->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
	struct multi *m = ctx;
	struct sock *k = assigned;

	(void)easy;
	if (k)
		ev_io_stop(loop, &k->io);
	if (what == CURL_POLL_REMOVE) {
		free(k);
		return 0;
	}
	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k)
			die("calloc");
		k->multi = m;
		ev_init(&k->io, on_io);
		curl_multi_assign(m->curl, fd, k);
	}
	ev_io_set(&k->io, fd,
		(what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
	ev_io_start(loop, &k->io);
	return 0;
}

static int on_timeout(CURLM *curl, long ms, void *ctx)
{
	struct multi *m = ctx;

	(void)curl;
	ev_timer_stop(loop, &m->timer);
	if (ms >= 0) {
		ev_timer_set(&m->timer, (double)ms / 1000., 0.);
		ev_timer_start(loop, &m->timer);
	}
	return 0;
}

static struct multi *multi_new(long transfers)
{
	struct multi *m = calloc(1, sizeof(*m));

	if (!m || !(m->curl = curl_multi_init()))
		die("multi");
	ev_timer_init(&m->timer, on_timer, 0., 0.);
	m->timer.data = m;
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, transfers);
	return m;
}

static void slot_start(struct multi *m, const char *url)
{
	struct slot *s = calloc(1, sizeof(*s));

	if (!s || !(s->easy = curl_easy_init()))
		die("easy");
	s->multi = m;
	curl_easy_setopt(s->easy, CURLOPT_URL, url);
	curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
	if (certificates) {
		curl_easy_setopt(s->easy, CURLOPT_CAINFO, certificates);
		curl_easy_setopt(s->easy, CURLOPT_PIPEWAIT, 1L);
	}
	start_next(s);
}

static void map_input(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	next_line = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (next_line == MAP_FAILED)
		die("mmap");
	end = next_line + st.st_size;
}

int main(int argc, char **argv)
{
	long concurrency, per_multi;
	struct multi *m = NULL;

	if (argc < 5) {
		fprintf(stderr,
			"usage: %s URL INPUT OUTPUT CONCURRENCY [TRANSFERS_PER_MULTI "
			"[CERTIFICATES]]\n",
			argv[0]);
		return 2;
	}
	concurrency = atol(argv[4]);
	per_multi = argc > 5 ? atol(argv[5]) : concurrency;
	certificates = argc > 6 ? argv[6] : NULL;
	map_input(argv[2]);
	out = fopen(argv[3], "w");
	if (!out)
		die(argv[3]);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	headers = curl_slist_append(NULL, "Content-Type: application/json");
	loop = ev_default_loop(0);
	for (long i = 0; i < concurrency; i++) {
		if (i % per_multi == 0)
			m = multi_new(per_multi);
		slot_start(m, argv[1]);
	}
	ev_run(loop, 0);
	if (fclose(out))
		die("write");
	printf("%lu answered, %lu failed\n", answered, failed);
	return failed ? 1 : 0;
}
