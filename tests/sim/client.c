#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/rate_headers.h"
#include "base/alloc.h"
#include "core/retry.h"
#include "sim/random.h"
#include "sim/sim_impl.h"

#define TICK_US        (100 * US_PER_MS)
#define TIMER_JITTER_S 0.001

enum { MAX_ATTEMPTS = 5 };

static int64_t us(double s)
{
	return (int64_t)(s * US_PER_S);
}

static uint32_t index_of(const struct sim *s, const struct client *c)
{
	return (uint32_t)(c - s->client);
}

/* --- items --- */

static double mean_tokens(const struct sim *s)
{
	const struct scenario *sc = s->sc;
	double now_s = (double)s->now_us / US_PER_S;

	if (sc->tokens_drift_s <= 0)
		return sc->tokens;
	return sc->tokens * (0.5 + 1.5 * fmod(now_s, sc->tokens_drift_s) / sc->tokens_drift_s);
}

static struct item draw_item(const struct sim *s, struct client *c)
{
	const struct scenario *sc = s->sc;
	double cost = mean_tokens(s);

	if (sc->tokens_sigma > 0)
		cost = random_lognormal(&c->rng, cost, sc->tokens_sigma);
	if (sc->token_burst > 0)
		cost = fmin(cost, 0.5 * sc->token_burst);
	return (struct item){cost, cost * random_between(&c->rng, 0.85, 1.15), 0};
}

static void put_back(struct client *c, struct item item, int64_t due_us)
{
	uint32_t i;

	if (c->waiting_free_n > 0) {
		i = c->waiting_free[--c->waiting_free_n];
	} else {
		i = c->waiting_n++;
		if (c->waiting_n > c->waiting_size) {
			c->waiting_size = 2 * c->waiting_size + 256;
			c->waiting = xrealloc(c->waiting, c->waiting_size, sizeof(*c->waiting));
			c->waiting_free = xrealloc(
				c->waiting_free, c->waiting_size, sizeof(*c->waiting_free));
		}
	}
	c->waiting[i] = item;
	events_add(&c->retries, due_us, 0, i, 0);
}

/* A refusal by a limit spends nothing: the item comes back after a while, without limit. */
static void come_back(struct sim *s, struct client *c, struct item item, int64_t wait_us)
{
	const struct verdict v = {.outcome = OUTCOME_RATE_LIMITED, .wait_us = wait_us};

	put_back(c, item, retry_refused(&v, &c->rng, s->now_us).due_us);
}

/* Retries or drops a failed item by the rules and the default budget of a real run. The lane got
 * the answer before. */
static void retry(struct sim *s, struct client *c, struct item item, enum outcome outcome)
{
	const struct verdict v = {.outcome = outcome, .wait_us = -1, .should_retry = -1};
	struct item spent = item;
	struct retry_decision d;

	if (!c->lane ||
		!lane_probing(c->lane)) /* the failure of a probe does not count for the item */
		spent.failures++;
	d = retry_decide(&v, spent.failures, MAX_ATTEMPTS, &c->rng, s->now_us);
	if (c->lane && lane_breaker_is_open(
			       c->lane)) /* held items spend nothing and go first afterwards */
		put_back(c, item, s->now_us);
	else if (d.action == RETRY_FINAL)
		s->result.given_up++;
	else
		put_back(c, spent, d.due_us);
}

/* Takes the next item to send, retries first; false when there is none now. */
static bool next_item(const struct sim *s, struct client *c)
{
	struct sim_event due;

	if (c->have_next)
		return true;
	if (events_next_us(&c->retries) <= s->now_us) {
		events_pop(&c->retries, &due);
		c->next = c->waiting[due.index];
		c->waiting_free[c->waiting_free_n++] = due.index;
	} else if (c->items_left > 0) {
		c->items_left--;
		c->next = draw_item(s, c);
	} else {
		return false;
	}
	return c->have_next = true;
}

/* --- life --- */

void client_init(struct sim *s, uint32_t client, uint64_t items)
{
	const struct scenario *sc = s->sc;
	struct client *c = &s->client[client];
	struct lane_config config = {.mode = sc->pace,
		.concurrency = 0,
		.max_concurrency = sc->max_concurrency,
		.timeout_us = us(sc->timeout_s)};
	struct lane_learned learned = {
		.kind = sc->learned_window >= 1 ? LEARNED_CONCURRENCY : LEARNED_RATE,
		.rate = sc->learned_rate,
		.count = sc->learned_window};

	rng_seed(&c->rng, sc->seed * 104729 + 3 + 17 * client);
	c->start_us = us(client * sc->stagger_s);
	c->items_left = items ? items : UINT64_MAX;
	c->wake_us = NEVER_US;
	if (s->pacing == SIM_LANE)
		c->lane = lane_new(&config, c->start_us);
	if (c->lane && sc->learned_rate > 0)
		lane_warm_start(c->lane, c->start_us, &learned);
	events_add(&s->events, c->start_us, EVENT_TICK, client, 0);
}

void client_free(struct client *c)
{
	lane_free(c->lane);
	events_free(&c->retries);
	free(c->waiting);
	free(c->waiting_free);
}

bool client_is_done(const struct client *c)
{
	return c->items_left == 0 && c->in_flight == 0 && !c->have_next && c->retries.heap.len == 0;
}

/* --- sending --- */

static struct sim_second *second_now(struct sim *s)
{
	return &s->result.second[s->now_us / US_PER_S];
}

static void send_next(struct sim *s, struct client *c)
{
	uint32_t i = sim_take_request(s);
	struct request *r = &s->request[i];

	r->item = c->next;
	c->have_next = false;
	r->client = index_of(s, c);
	r->sent_us = s->now_us;
	r->headers_len = 0;
	c->in_flight++;
	second_now(s)->sent++;
	if (c->lane)
		lane_sent(c->lane, s->now_us, r->item.estimate, &r->ticket);
	else
		oracle_sent(s, c);
	sim_send(s, i);
}

static void wake_at(struct sim *s, struct client *c, int64_t at_us)
{
	if (s->sc->jitter_s > 0)
		at_us += us(random_between(&c->rng, 0, TIMER_JITTER_S));
	if (at_us >= c->wake_us)
		return;
	c->wake_us = at_us;
	events_add(&s->events, at_us, EVENT_WAKE, index_of(s, c), ++c->wake_version);
}

void client_pump(struct sim *s, struct client *c)
{
	if (s->now_us < c->start_us)
		return;
	while (next_item(s, c)) {
		struct lane_verdict v =
			c->lane ? lane_ask(c->lane, s->now_us, c->next.estimate) : oracle_ask(s, c);

		if (v.at_us > s->now_us) {
			if (v.at_us != NEVER_US)
				wake_at(s, c, v.at_us);
			return;
		}
		send_next(s, c);
	}
	if (events_next_us(&c->retries) != NEVER_US)
		wake_at(s, c, events_next_us(&c->retries));
}

void client_wake(struct sim *s, struct client *c, uint64_t version)
{
	if (version != c->wake_version)
		return;
	c->wake_us = NEVER_US;
	client_pump(s, c);
}

/* Prints the lane's decisions since the last tick, as `sluice run --explain-pace` does. */
static void explain(const struct sim *s, struct client *c)
{
	struct lane_change change[16];
	size_t n = lane_take_changes(c->lane, &c->changes_seen, change, 16);

	for (size_t i = 0; i < n && s->sc->explain; i++)
		fprintf(stderr, "%9.2f s  %-11s %8.4g to %-8.4g %s%s%s\n",
			s_from_us(change[i].at_us), change[i].what, change[i].before,
			change[i].after, change[i].evidence, change[i].hypothesis[0] ? ": " : "",
			change[i].hypothesis);
}

void client_tick(struct sim *s, struct client *c)
{
	if (c->lane) {
		lane_tick(c->lane, s->now_us);
		explain(s, c);
	}
	if (c == &s->client[0])
		series_sample(s);
	client_pump(s, c);
	events_add(&s->events, s->now_us + TICK_US, EVENT_TICK, index_of(s, c), 0);
}

/* --- answers --- */

static enum outcome outcome_of(int status, bool timeout)
{
	if (timeout)
		return OUTCOME_TIMEOUT;
	switch (status) {
	case 0:
		return OUTCOME_NETWORK;
	case 200:
		return OUTCOME_OK;
	case 429:
		return OUTCOME_RATE_LIMITED;
	default:
		return status >= 500 ? OUTCOME_SERVER_ERROR : OUTCOME_CLIENT_ERROR;
	}
}

static void count(struct sim *s, struct client *c, const struct request *r, enum outcome outcome)
{
	struct sim_second *now = second_now(s);

	if (r->verdict.refused) {
		now->refused++;
	} else if (outcome != OUTCOME_OK) {
		now->failed++;
		s->result.timeouts += outcome == OUTCOME_TIMEOUT;
	} else {
		now->ok++;
		now->ok_cost += r->item.cost;
		s->result.last_ok_us = s->now_us;
		if (s->now_us > s->end_us / 2)
			histogram_add(&s->latency, s->now_us - r->sent_us);
		c->ok_late += s->now_us >= s->late_us;
	}
}

/* Reports the answer to the lane; true when it takes it for a refusal by a limit, as the oracle
 * takes every failure. */
static bool report_to_lane(
	struct sim *s, struct client *c, const struct request *r, struct lane_answer *a)
{
	struct reported_limits limits;

	if (!c->lane)
		return true;
	if (rate_headers_read(r->headers, r->headers_len, SIM_WALL_US + s->now_us, &limits))
		a->limits = &limits;
	return lane_answered(c->lane, s->now_us, &r->ticket, a);
}

void client_answered(struct sim *s, uint32_t request)
{
	const struct request *r = &s->request[request];
	struct client *c = &s->client[r->client];
	int status = r->verdict.status;
	int64_t latency_us = s->now_us - r->sent_us;
	bool timeout = status == 200 && latency_us > us(s->sc->timeout_s);
	enum outcome outcome = outcome_of(status, timeout);
	struct lane_answer a = {.outcome = outcome,
		.status = timeout ? 0 : status,
		.latency_us = latency_us,
		.wait_us = r->verdict.retry_after_s >= 0 ? us(r->verdict.retry_after_s) : -1,
		.cut_off = status == 0,
		.tokens = outcome == OUTCOME_OK ? (int64_t)r->item.cost : -1};
	bool refused;

	c->in_flight--;
	count(s, c, r, outcome);
	refused = report_to_lane(s, c, r, &a);
	if (outcome != OUTCOME_OK && refused)
		come_back(s, c, r->item, a.wait_us);
	else if (outcome != OUTCOME_OK)
		retry(s, c, r->item, outcome);
}
