#include "sim/sim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/rate_headers.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "run/retry.h"
#include "sim/server.h"

#define TICK_US (100 * US_PER_MS)

enum { MAX_ATTEMPTS = 5 };

enum { EVENT_ANSWER, EVENT_SLOTS, EVENT_WAKE, EVENT_TICK, EVENT_STEP, EVENT_NEIGHBOUR };

struct item {
	double cost, estimate;
	int failures, refusals;
};

struct request {
	struct item item;
	struct lane_ticket ticket;
	int64_t sent_us;
	int status;
	double retry_after_s;
	char headers[400];
	size_t headers_len;
	uint32_t next_free;
};

enum { NO_REQUEST = UINT32_MAX };

struct sim {
	const struct scenario *sc;
	enum sim_pacing pacing;
	struct server server;
	struct lane *lane;
	struct rng rng, neighbour_rng; /* apart: lane and oracle get the same neighbour */
	int64_t now_us, end_us;
	struct events events, retries; /* retries: index into waiting */
	struct item *waiting;
	uint32_t waiting_n, waiting_size, *waiting_free, waiting_free_n;
	struct request *request;
	uint32_t requests, free_request;
	int in_flight;
	bool have_next;
	struct item next;
	uint64_t items_left;
	int64_t wake_us;
	uint64_t wake_version, slots_version;
	bool neighbour_on;
	struct histogram latency;
	struct sim_result result;
};

/* --- items --- */

static struct item draw_item(struct sim *s)
{
	const struct scenario *sc = s->sc;
	double cost = sc->tokens;

	if (sc->tokens_sigma > 0)
		cost = exp(log(sc->tokens) - sc->tokens_sigma * sc->tokens_sigma / 2 +
			   sc->tokens_sigma * rng_normal(&s->rng));
	if (sc->token_burst > 0)
		cost = fmin(cost, 0.5 * sc->token_burst);
	return (struct item){cost, cost * (0.85 + 0.3 * rng_uniform(&s->rng)), 0, 0};
}

static void put_back(struct sim *s, struct item item, int64_t due_us)
{
	uint32_t i;

	if (s->waiting_free_n > 0) {
		i = s->waiting_free[--s->waiting_free_n];
	} else {
		i = s->waiting_n++;
		if (s->waiting_n > s->waiting_size) {
			s->waiting_size = 2 * s->waiting_size + 256;
			s->waiting = xrealloc(s->waiting, s->waiting_size, sizeof(*s->waiting));
			s->waiting_free = xrealloc(
				s->waiting_free, s->waiting_size, sizeof(*s->waiting_free));
		}
	}
	s->waiting[i] = item;
	events_add(&s->retries, due_us, 0, i, 0);
}

/* What becomes of a refused or failed item, by the rules and the default budgets of a real run; the
 * lane knows of the answer already. */
static void retry(struct sim *s, struct item item, enum outcome outcome, int64_t wait_us)
{
	const struct retry_policy policy = {MAX_ATTEMPTS, RETRY_RATE_BUDGET};
	const struct verdict v = {.outcome = outcome, .wait_us = wait_us, .should_retry = -1};
	bool probing = s->lane && lane_probing(s->lane); /* says nothing of the item */
	struct item spent = item;
	struct retry_decision d;

	if (!probing && outcome == OUTCOME_RATE_LIMITED)
		spent.refusals++;
	else if (!probing)
		spent.failures++;
	d = retry_decide(&policy, &v, spent.failures, spent.refusals, &s->rng, s->now_us);
	if (s->lane && lane_parked(s->lane)) /* held items spend nothing and go first afterwards */
		put_back(s, item, s->now_us);
	else if (d.action == RETRY_FINAL)
		s->result.given_up++;
	else
		put_back(s, spent, d.due_us);
}

/* The next item to send; false when there is none now. */
static bool next_item(struct sim *s)
{
	struct sim_event due;

	if (s->have_next)
		return true;
	if (events_next_us(&s->retries) <= s->now_us) {
		events_pop(&s->retries, &due);
		s->next = s->waiting[due.index];
		s->waiting_free[s->waiting_free_n++] = due.index;
	} else if (s->items_left > 0) {
		s->items_left--;
		s->next = draw_item(s);
	} else {
		return false;
	}
	return s->have_next = true;
}

/* --- sending --- */

static uint32_t take_request(struct sim *s)
{
	uint32_t i = s->free_request;

	if (i != NO_REQUEST) {
		s->free_request = s->request[i].next_free;
		return i;
	}
	if ((s->requests & (s->requests - 1)) == 0)
		s->request = xrealloc(
			s->request, s->requests ? 2 * s->requests : 1, sizeof(*s->request));
	return s->requests++;
}

static struct lane_verdict ask_oracle(struct sim *s)
{
	const struct scenario *sc = s->sc;
	struct lane_verdict v = {s->now_us, BOUND_NONE};
	double wait_s;

	if (server_is_out(&s->server, s->now_us))
		return (struct lane_verdict){(int64_t)(sc->outage_to_s * US_PER_S), BOUND_HOLD};
	if ((sc->slots > 0 && s->in_flight >= sc->slots) || s->in_flight >= sc->max_concurrency ||
		(sc->concurrency > 0 && s->server.in_flight >= sc->concurrency))
		return (struct lane_verdict){NEVER_US, BOUND_CONCURRENCY};
	wait_s = server_wait_s(&s->server, s->now_us, s->next.cost);
	if (wait_s > 0)
		v = (struct lane_verdict){
			s->now_us + 1 + (int64_t)ceil(wait_s * US_PER_S), BOUND_RPM};
	return v;
}

static struct sim_second *second_now(struct sim *s)
{
	return &s->result.second[s->now_us / US_PER_S];
}

static void schedule_slots(struct sim *s)
{
	int64_t next_us = server_next_us(&s->server, s->now_us);

	s->slots_version++;
	if (next_us != NEVER_US)
		events_add(&s->events, next_us, EVENT_SLOTS, 0, s->slots_version);
}

static void send_next(struct sim *s)
{
	uint32_t i = take_request(s);
	struct request *r = &s->request[i];
	struct server_verdict v;

	r->item = s->next;
	s->have_next = false;
	r->sent_us = s->now_us;
	r->headers_len = 0;
	s->in_flight++;
	second_now(s)->sent++;
	if (s->lane)
		lane_sent(s->lane, s->now_us, r->item.estimate, &r->ticket);
	v = server_send(&s->server, s->now_us, i, r->item.cost);
	r->status = v.status;
	r->retry_after_s = v.retry_after_s;
	if (s->sc->headers == SIM_HEADERS_STALE || v.status == 429)
		r->headers_len =
			server_headers(&s->server, s->now_us, r->headers, sizeof(r->headers));
	if (v.queued)
		schedule_slots(s);
	else
		events_add(&s->events, s->now_us + (int64_t)(v.delay_s * US_PER_S), EVENT_ANSWER, i,
			0);
}

static void wake_at(struct sim *s, int64_t at_us)
{
	if (at_us >= s->wake_us)
		return;
	s->wake_us = at_us;
	events_add(&s->events, at_us, EVENT_WAKE, 0, ++s->wake_version);
}

static void pump(struct sim *s)
{
	while (next_item(s)) {
		struct lane_verdict v =
			s->lane ? lane_ask(s->lane, s->now_us, s->next.estimate) : ask_oracle(s);

		if (v.at_us > s->now_us) {
			if (v.at_us != NEVER_US)
				wake_at(s, v.at_us);
			return;
		}
		send_next(s);
	}
	if (events_next_us(&s->retries) != NEVER_US)
		wake_at(s, events_next_us(&s->retries));
}

/* --- answers --- */

static enum outcome outcome_of(int status, bool timeout)
{
	if (timeout)
		return OUTCOME_TIMEOUT;
	if (status == 200)
		return OUTCOME_OK;
	return status == 429 ? OUTCOME_RATE_LIMITED : OUTCOME_SERVER_ERROR;
}

static void count(struct sim *s, const struct request *r, enum outcome outcome)
{
	struct sim_second *now = second_now(s);
	int64_t latency_us = s->now_us - r->sent_us;

	if (outcome == OUTCOME_OK) {
		now->ok++;
		now->ok_cost += r->item.cost;
		s->result.last_ok_us = s->now_us;
		if (s->now_us > s->end_us / 2)
			histogram_add(&s->latency, latency_us);
	} else if (outcome == OUTCOME_RATE_LIMITED) {
		now->refused++;
	} else {
		now->failed++;
		s->result.timeouts += outcome == OUTCOME_TIMEOUT;
	}
}

static void answer(struct sim *s, uint32_t i)
{
	struct request *r = &s->request[i];
	int64_t latency_us = s->now_us - r->sent_us;
	bool timeout = r->status == 200 && latency_us > (int64_t)(s->sc->timeout_s * US_PER_S);
	enum outcome outcome = outcome_of(r->status, timeout);
	struct limits_told limits;
	struct lane_answer a = {.outcome = outcome,
		.status = timeout ? 0 : r->status,
		.latency_us = latency_us,
		.wait_us = r->retry_after_s >= 0 ? (int64_t)(r->retry_after_s * US_PER_S) : -1,
		.tokens = outcome == OUTCOME_OK ? (int64_t)r->item.cost : -1};

	s->in_flight--;
	if (r->headers_len == 0 && r->status != 503)
		r->headers_len =
			server_headers(&s->server, s->now_us, r->headers, sizeof(r->headers));
	if (rate_headers_read(r->headers, r->headers_len, s->now_us, &limits))
		a.limits = &limits;
	count(s, r, outcome);
	if (s->lane)
		lane_answered(s->lane, s->now_us, &r->ticket, &a);
	if (outcome != OUTCOME_OK)
		retry(s, r->item, outcome, a.wait_us);
	r->next_free = s->free_request;
	s->free_request = i;
	pump(s);
}

static void finish_slots(struct sim *s)
{
	uint32_t i;

	while (server_finished(&s->server, s->now_us, &i))
		answer(s, i);
	schedule_slots(s);
}

/* --- the run --- */

static void toggle_neighbour(struct sim *s)
{
	const struct scenario *sc = s->sc;
	double next_s = -log(1 - rng_uniform(&s->neighbour_rng)) * sc->neighbour_s;

	s->neighbour_on = !s->neighbour_on;
	server_scale(&s->server, s->now_us, s->server.factor,
		s->neighbour_on ? 1 - sc->neighbour_share : 1);
	events_add(&s->events, s->now_us + (int64_t)(fmax(5, next_s) * US_PER_S), EVENT_NEIGHBOUR,
		0, 0);
}

static void handle(struct sim *s, const struct sim_event *e)
{
	switch (e->kind) {
	case EVENT_ANSWER:
		if (s->request[e->index].status == 200 || s->request[e->index].status == 500)
			server_done(&s->server);
		answer(s, e->index);
		break;
	case EVENT_SLOTS:
		if (e->version == s->slots_version)
			finish_slots(s);
		break;
	case EVENT_WAKE:
		if (e->version == s->wake_version) {
			s->wake_us = NEVER_US;
			pump(s);
		}
		break;
	case EVENT_TICK:
		if (s->lane)
			lane_tick(s->lane, s->now_us);
		pump(s);
		events_add(&s->events, s->now_us + TICK_US, EVENT_TICK, 0, 0);
		break;
	case EVENT_STEP:
		server_scale(
			&s->server, s->now_us, s->sc->step[e->index].factor, s->server.neighbour);
		break;
	default:
		toggle_neighbour(s);
	}
}

static void start(struct sim *s)
{
	const struct scenario *sc = s->sc;
	struct lane_config config = {.mode = sc->pace,
		.concurrency = 0,
		.max_concurrency = sc->max_concurrency,
		.timeout_us = (int64_t)(sc->timeout_s * US_PER_S)};

	server_init(&s->server, sc);
	rng_seed(&s->rng, sc->seed * 104729 + 3);
	rng_seed(&s->neighbour_rng, sc->seed * 31 + 5);
	s->free_request = NO_REQUEST;
	s->wake_us = NEVER_US;
	s->end_us = (int64_t)(sc->seconds * US_PER_S);
	s->result.seconds = (int)sc->seconds;
	s->result.second = xcalloc((size_t)sc->seconds + 2, sizeof(*s->result.second));
	if (s->pacing == SIM_LANE)
		s->lane = lane_new(&config, 0);
	events_add(&s->events, 0, EVENT_TICK, 0, 0);
	for (uint32_t i = 0; i < SIM_STEPS && sc->step[i].at_s > 0; i++)
		events_add(&s->events, (int64_t)(sc->step[i].at_s * US_PER_S), EVENT_STEP, i, 0);
	if (sc->neighbour_s > 0)
		events_add(&s->events, 30 * US_PER_S, EVENT_NEIGHBOUR, 0, 0);
}

static void finish(struct sim *s)
{
	struct sim_result *r = &s->result;

	for (int i = 0; i < r->seconds; i++) {
		r->ok += r->second[i].ok;
		r->refused += r->second[i].refused;
		r->failed += r->second[i].failed;
		r->ok_cost += r->second[i].ok_cost;
	}
	r->p50_s = (double)histogram_quantile(&s->latency, 0.5) / US_PER_S;
	r->p99_s = (double)histogram_quantile(&s->latency, 0.99) / US_PER_S;
	lane_free(s->lane);
	server_free(&s->server);
	events_free(&s->events);
	events_free(&s->retries);
	free(s->waiting);
	free(s->waiting_free);
	free(s->request);
}

struct sim_result sim_run(const struct scenario *sc, enum sim_pacing pacing, uint64_t items)
{
	struct sim *s = xcalloc(1, sizeof(*s));
	struct sim_event e;
	struct sim_result result;

	s->sc = sc;
	s->pacing = pacing;
	s->items_left = items ? items : UINT64_MAX;
	start(s);
	while (events_pop(&s->events, &e) && e.at_us <= s->end_us) {
		s->now_us = e.at_us;
		handle(s, &e);
		if (items && s->items_left == 0 && s->in_flight == 0 && !s->have_next &&
			s->retries.n == 0)
			break;
	}
	finish(s);
	result = s->result;
	free(s);
	return result;
}

void sim_result_free(struct sim_result *r)
{
	free(r->second);
	*r = (struct sim_result){0};
}
