#include "net/transport.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/headers.h"
#include "net/memory.h"
#include "net/shard.h"
#include "net/transfer.h"

/* How often timeouts are checked: four times within the shortest, within these bounds. A walk over
 * all transfers in flight costs less than a timer for each. */
#define WALK_MIN_US (5 * US_PER_MS)
#define WALK_MAX_US (250 * US_PER_MS)
/* How often whole answers that have not ended are checked. */
#define LINGER_LOOK_S 0.05

struct transport {
	struct transfer_common common;
	struct ev_loop *loop;
	transport_done *done;

	struct shard **shards;
	unsigned n_shards;
	unsigned room; /* no earlier shard has room */

	TAILQ_HEAD(, transfer) in_flight;        /* in flight, in order of start */
	STAILQ_HEAD(ended_list, transfer) ended; /* to be reported, in order */
	TAILQ_HEAD(wanted_list, shard) wanted;   /* shards to be kicked */
	struct shard *filling;                   /* got the last transfer; NULL: none */

	/* Work waits for the next turn: the prepare watcher does it, the idle watcher keeps the
	 * loop from blocking. */
	struct ev_prepare work;
	struct ev_idle hurry;
	struct ev_timer walk, linger;
};

static void wake(struct transport *t)
{
	if (ev_is_active(&t->work))
		return;
	ev_prepare_start(t->loop, &t->work);
	ev_idle_start(t->loop, &t->hurry);
}

static void in_flight_add(struct transport *t, struct transfer *x)
{
	TAILQ_INSERT_TAIL(&t->in_flight, x, in_flight);
	if (!ev_is_active(&t->walk))
		ev_timer_again(t->loop, &t->walk);
}

/* Ends a transfer up to its callback. */
static void conclude(struct transport *t, struct transfer *x, CURLcode code)
{
	TAILQ_REMOVE(&t->in_flight, x, in_flight);
	transfer_conclude(x, code, run_clock_now_us(t->common.clock));
	STAILQ_INSERT_TAIL(&t->ended, x, next);
}

/* Ends a running transfer for our own reason. */
static void abort_transfer(struct transport *t, struct transfer *x, enum net_result result)
{
	shard_remove(x->shard, x);
	x->end.result = result;
	conclude(t, x, CURLE_ABORTED_BY_CALLBACK);
}

/* Its place is free for a transfer that a callback starts; the transfer itself only afterwards. */
static void free_place(struct transport *t, const struct transfer *x)
{
	x->shard->used--;
	if (x->shard->index < t->room)
		t->room = x->shard->index;
}

static void deliver(struct transport *t, struct transfer *x)
{
	struct answer answer;
	struct error text;

	free_place(t, x);
	transfer_answer(x, &answer, &text);
	t->done(x->run, x->item, &answer);
	transfer_trim(x);
	shard_give_back(x->shard, x);
}

/* Tells the run of the name at this place about all of its names. The first name of all is sure;
 * to another run none of its own is. */
static void report_doubt(struct transport *t, const struct doubt *d, size_t at)
{
	const struct answer_name *names = (const struct answer_name *)(const void *)d->names.data;
	size_t n = d->names.len / sizeof(*names);
	struct buf own;

	if (!names[at].run)
		return; /* it has left */
	for (size_t i = 0; i < at; i++)
		if (names[i].run == names[at].run)
			return; /* it was told */
	buf_init(&own, SIZE_MAX / 2);
	for (size_t i = at; i < n; i++)
		if (names[i].run == names[at].run)
			buf_add(&own, &names[i], sizeof(names[i]));
	t->common.config.doubt(names[at].run, (const struct answer_name *)(const void *)own.data,
		own.len / sizeof(*names), d->cut || at > 0);
	buf_free(&own);
}

static void report_doubts(struct transport *t)
{
	struct doubt *d;

	while ((d = connections_next_doubt(t->common.connections))) {
		for (size_t i = 0; i < d->names.len / sizeof(struct answer_name); i++)
			if (t->common.config.doubt)
				report_doubt(t, d, i);
		doubt_free(d);
	}
}

/* Reports the transfers that have ended; those that end meanwhile follow on the next turn. */
static void deliver_ended(struct transport *t)
{
	struct ended_list ended = STAILQ_HEAD_INITIALIZER(ended);
	struct transfer *x;

	STAILQ_CONCAT(&ended, &t->ended);
	if (t->common.whole && !ev_is_active(&t->linger))
		ev_timer_again(t->loop, &t->linger);
	t->common.whole = false;
	while ((x = STAILQ_FIRST(&ended))) {
		STAILQ_REMOVE_HEAD(&ended, next);
		deliver(t, x);
	}
	report_doubts(t);
	if (!STAILQ_EMPTY(&t->ended))
		wake(t);
}

static void on_wanted(void *ctx, struct shard *s)
{
	struct transport *t = ctx;

	if (s->wanted)
		return;
	s->wanted = true;
	TAILQ_INSERT_TAIL(&t->wanted, s, next_wanted);
	wake(t);
}

static void on_ended(void *ctx, struct transfer *x, CURLcode code)
{
	if (transfer_again(x, code) && shard_add(x->shard, x))
		return;
	conclude(ctx, x, code);
}

static void on_settled(void *ctx)
{
	deliver_ended(ctx);
}

static const struct shard_events shard_events = {on_wanted, on_ended, on_settled};

static void kick(struct wanted_list *wanted, struct shard *s)
{
	TAILQ_REMOVE(wanted, s, next_wanted);
	s->wanted = false;
	shard_kick(s);
}

static void on_work(struct ev_loop *loop, struct ev_prepare *w, int revents)
{
	struct transport *t = w->data;
	struct wanted_list wanted = TAILQ_HEAD_INITIALIZER(wanted);

	(void)revents;
	ev_prepare_stop(loop, &t->work);
	ev_idle_stop(loop, &t->hurry);
	/* Those that want another kick get it on the next turn. */
	TAILQ_CONCAT(&wanted, &t->wanted, next_wanted);
	while (!TAILQ_EMPTY(&wanted))
		kick(&wanted, TAILQ_FIRST(&wanted));
	t->filling = NULL;
	deliver_ended(t);
}

static void on_hurry(struct ev_loop *loop, struct ev_idle *w, int revents)
{
	/* It only needs to be active. */
	(void)loop, (void)w, (void)revents;
}

static void on_walk(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct transport *t = w->data;
	int64_t now_us = run_clock_now_us(t->common.clock);
	struct transfer *x, *next;

	(void)revents;
	if (TAILQ_EMPTY(&t->in_flight)) {
		ev_timer_stop(loop, w);
		return;
	}
	for (x = TAILQ_FIRST(&t->in_flight); x; x = next) {
		enum net_result result = transfer_overdue(x, now_us);

		next = TAILQ_NEXT(x, in_flight);
		if (result != NET_STATUS)
			abort_transfer(t, x, result);
	}
	deliver_ended(t);
}

/* Whole answers do not wait for the ends of their bodies; their connections are not used again. */
static void on_linger(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct transport *t = w->data;
	int64_t now_us = run_clock_now_us(t->common.clock);
	struct transfer *x, *next;
	bool more = false;

	(void)revents;
	for (x = TAILQ_FIRST(&t->in_flight); x; x = next) {
		next = TAILQ_NEXT(x, in_flight);
		more = more || x->times.whole_us;
		if (!times_linger(&x->times, now_us))
			continue;
		shard_remove(x->shard, x);
		conclude(t, x, CURLE_OK);
	}
	if (!more)
		ev_timer_stop(loop, w);
	deliver_ended(t);
}

static int64_t walk_period_us(const struct transport_config *c)
{
	const int64_t limits[] = {
		c->timeout_us, c->connect_timeout_us, c->first_byte_timeout_us, c->idle_timeout_us};
	int64_t period = WALK_MAX_US;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i] > 0 && limits[i] / 4 < period)
			period = limits[i] / 4;
	return period > WALK_MIN_US ? period : WALK_MIN_US;
}

static bool add_shard(struct transport *t)
{
	struct shard *s = shard_new(t->loop, &t->common, &shard_events, t);

	if (!s)
		return false;
	s->index = t->n_shards;
	t->shards = xrealloc(t->shards, t->n_shards + 1, sizeof(*t->shards));
	t->shards[t->n_shards++] = s;
	return true;
}

static bool share_new(struct transport *t, struct error *err)
{
	t->common.share = curl_share_init();
	if (!t->common.share || !add_shard(t))
		return error_set(err, "libcurl cannot be set up: out of memory");
	curl_share_setopt(t->common.share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl_share_setopt(t->common.share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	return true;
}

static bool speaks_openssl(void)
{
	const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;

	return tls && strncmp(tls, "OpenSSL/", sizeof("OpenSSL/") - 1) == 0;
}

static bool set_up(struct transport *t, const struct transport_config *config, struct error *err)
{
	CURLcode code = memory_curl_init();

	if (code != CURLE_OK)
		return error_set(err, "libcurl cannot be set up: %s", curl_easy_strerror(code));
	if (!speaks_openssl())
		return error_set(err, "this libcurl does not use OpenSSL, which sluice needs to "
				      "inspect connections: install the OpenSSL build (Debian: "
				      "libcurl4)");
	t->common.config = *config;
	t->common.config.headers = NULL;
	t->common.request.http1_only = config->http1_only;
	if (!headers_common(config->headers, &t->common.request.headers))
		return error_set(err, "a header for all requests does not have the form \"Name: "
				      "value\"");
	return share_new(t, err);
}

struct transport *transport_new(struct ev_loop *loop, struct run_clock *clock,
	const struct transport_config *config, transport_done *done, struct error *err)
{
	struct transport *t = xcalloc(1, sizeof(*t));

	t->loop = loop;
	t->done = done;
	TAILQ_INIT(&t->in_flight);
	STAILQ_INIT(&t->ended);
	TAILQ_INIT(&t->wanted);
	t->common.connections = connections_new();
	t->common.clock = clock;
	ev_prepare_init(&t->work, on_work);
	ev_idle_init(&t->hurry, on_hurry);
	ev_timer_init(&t->walk, on_walk, 0., s_from_us(walk_period_us(config)));
	ev_timer_init(&t->linger, on_linger, 0., LINGER_LOOK_S);
	ev_set_priority(&t->linger, EV_MINPRI);
	/* Arrived answers count before timeouts. */
	ev_set_priority(&t->walk, EV_MINPRI);
	t->work.data = t->walk.data = t->linger.data = t;
	if (set_up(t, config, err))
		return t;
	transport_free(t);
	return NULL;
}

void transport_free(struct transport *t)
{
	struct transfer *x, *next;

	for (x = TAILQ_FIRST(&t->in_flight); x; x = next) {
		next = TAILQ_NEXT(x, in_flight);
		shard_remove(x->shard, x);
		transfer_free(x);
	}
	while ((x = STAILQ_FIRST(&t->ended))) {
		STAILQ_REMOVE_HEAD(&t->ended, next);
		transfer_free(x);
	}
	for (unsigned i = 0; i < t->n_shards; i++)
		shard_free(t->shards[i]);
	free(t->shards);
	received_spare_free(&t->common.spare);
	connections_free(t->common.connections);
	curl_share_cleanup(t->common.share);
	curl_slist_free_all(t->common.request.headers);
	ev_prepare_stop(t->loop, &t->work);
	ev_idle_stop(t->loop, &t->hurry);
	ev_timer_stop(t->loop, &t->walk);
	ev_timer_stop(t->loop, &t->linger);
	memory_curl_cleanup();
	free(t);
}

void transport_leave(struct transport *t, const void *run)
{
	struct ended_list others = STAILQ_HEAD_INITIALIZER(others);
	struct transfer *x, *next;

	for (x = TAILQ_FIRST(&t->in_flight); x; x = next) {
		next = TAILQ_NEXT(x, in_flight);
		if (x->run == run)
			abort_transfer(t, x, NET_CANCELLED);
	}
	while ((x = STAILQ_FIRST(&t->ended))) {
		STAILQ_REMOVE_HEAD(&t->ended, next);
		if (x->run != run) {
			STAILQ_INSERT_TAIL(&others, x, next);
			continue;
		}
		free_place(t, x);
		transfer_trim(x);
		shard_give_back(x->shard, x);
	}
	STAILQ_CONCAT(&t->ended, &others);
	connections_forget_run(t->common.connections, run);
}

/* Takes the first shard with room, so that the connections of the first ones stay warm. */
static struct shard *shard_with_room(struct transport *t)
{
	while (t->room < t->n_shards && t->shards[t->room]->used >= TRANSPORT_SHARD)
		t->room++;
	/* When curl has no memory for one more, a fuller shard is better than none. */
	if (t->room == t->n_shards && !add_shard(t))
		return t->shards[t->n_shards - 1];
	return t->shards[t->room];
}

/* Before another shard gets transfers, the last one sends its own, while they are still in the
 * processor's cache. */
static void fill(struct transport *t, struct shard *s)
{
	if (t->filling && t->filling != s && t->filling->wanted) {
		kick(&t->wanted, t->filling);
		/* some may have ended at once */
		wake(t);
	}
	t->filling = s;
}

struct transfer *transport_start(struct transport *t, const struct transport_request *r, void *item)
{
	struct shard *s = shard_with_room(t);
	struct transfer *x = shard_take(s);

	fill(t, s);
	s->used++;
	x->run = r->run;
	x->item = item;
	if (transfer_prepare(x, r, run_clock_now_us(t->common.clock)) && shard_add(s, x)) {
		in_flight_add(t, x);
		return x;
	}
	in_flight_add(t, x);
	conclude(t, x, CURLE_FAILED_INIT);
	wake(t);
	return x;
}

void transport_cancel(struct transport *t, struct transfer *x)
{
	if (x->running) {
		abort_transfer(t, x, NET_CANCELLED);
		wake(t);
	} else {
		x->end.result = NET_CANCELLED;
	}
}

bool transport_pause(struct transport *t, struct transfer *x, bool paused)
{
	if (paused == x->paused)
		return true;
	if (!x->running || x->gate.at == GATE_HELD || (paused && !x->excess.numbered))
		return false;
	x->paused = paused;
	t->common.now_us = x->times.last_us = run_clock_now_us(t->common.clock);
	/* what libcurl has kept comes within the call */
	curl_easy_pause(x->easy, paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
	wake(t);
	return true;
}

void transport_progress(const struct transfer *x, struct transfer_progress *out)
{
	*out = (struct transfer_progress){
		.phase = transfer_step(x),
		.bytes_in = x->received.bytes,
		.idle_us = run_clock_now_us(x->common->clock) - times_idle_since(&x->times),
		.url = x->request.url.len ? x->request.url.data : "",
	};
}

void transport_received(struct transfer *x, struct transfer_received *out)
{
	struct received *in = &x->received;

	*out = (struct transfer_received){
		.status = x->times.first_us ? transfer_status(x) : 0,
		.headers = buf_str(&in->headers),
		.headers_len = in->headers.len,
		.body = buf_str(&in->body),
		.body_len = in->body.len,
	};
}

int64_t transport_settle(struct transport *t)
{
	struct run_clock *clock = t->common.clock;
	int64_t until_us;

	if (!TAILQ_EMPTY(&t->in_flight))
		return 0;
	run_clock_now_us(clock);
	until_us = connections_watch(t->common.connections, clock->mono_us);
	report_doubts(t);
	return until_us ? until_us - clock->suspended_us : 0;
}
