#include "sim/sim.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sim/random.h"
#include "sim/sim_impl.h"

#define NEIGHBOUR_FIRST_US (30 * US_PER_S)
#define NEIGHBOUR_LEAST_S  5
#define LATE_AFTER_S       60 /* time after the last start from which the instances' shares count */

static int64_t us(double s)
{
	return (int64_t)(s * US_PER_S);
}

/* --- requests --- */

uint32_t sim_take_request(struct sim *s)
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

static void schedule_slots(struct sim *s)
{
	int64_t next_us = slots_next_us(&s->server.slots, s->now_us);

	s->slots_version++;
	if (next_us != NEVER_US)
		events_add(&s->events, next_us, EVENT_SLOTS, 0, s->slots_version);
}

static void write_headers(struct sim *s, struct request *r)
{
	r->headers_len = server_headers(&s->server, s->now_us, r->headers, sizeof(r->headers));
}

static void arrive(struct sim *s, uint32_t i)
{
	struct request *r = &s->request[i];

	r->verdict = server_arrive(&s->server, s->now_us, i, r->item.cost);
	if (r->verdict.status && (r->verdict.refused || s->sc->headers_at_admission))
		write_headers(s, r);
	if (r->verdict.queued)
		schedule_slots(s);
	else
		events_add(&s->events, s->now_us + us(r->verdict.delay_s), EVENT_ANSWER, i, 0);
}

void sim_send(struct sim *s, uint32_t request)
{
	double most_s = s->sc->jitter_s;

	if (most_s <= 0)
		arrive(s, request);
	else
		events_add(&s->events, s->now_us + us(random_between(&s->server.rng, 0, most_s)),
			EVENT_ARRIVE, request, 0);
}

/* Gives the client its answer and frees the request; more may go. */
static void answer(struct sim *s, uint32_t i)
{
	struct client *c = &s->client[s->request[i].client];

	client_answered(s, i);
	s->request[i].next_free = s->free_request;
	s->free_request = i;
	client_pump(s, c);
}

static void answer_ready(struct sim *s, uint32_t i)
{
	struct request *r = &s->request[i];

	if (!r->verdict.refused) {
		server_done(&s->server, s->now_us);
		if (!s->sc->headers_at_admission)
			write_headers(s, r);
	}
	answer(s, i);
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
	double next_s = random_exponential(&s->neighbour_rng, sc->neighbour_s);

	s->neighbour_on = !s->neighbour_on;
	server_scale(&s->server, s->now_us, s->server.admission.factor,
		s->neighbour_on ? 1 - sc->neighbour_share : 1);
	events_add(
		&s->events, s->now_us + us(fmax(NEIGHBOUR_LEAST_S, next_s)), EVENT_NEIGHBOUR, 0, 0);
}

static void handle(struct sim *s, const struct sim_event *e)
{
	switch ((enum sim_event_kind)e->kind) {
	case EVENT_ARRIVE:
		arrive(s, e->index);
		break;
	case EVENT_ANSWER:
		answer_ready(s, e->index);
		break;
	case EVENT_SLOTS:
		if (e->version == s->slots_version)
			finish_slots(s);
		break;
	case EVENT_WAKE:
		client_wake(s, &s->client[e->index], e->version);
		break;
	case EVENT_TICK:
		client_tick(s, &s->client[e->index]);
		break;
	case EVENT_STEP:
		server_scale(&s->server, s->now_us, s->sc->step[e->index].factor,
			s->server.admission.neighbour);
		break;
	case EVENT_NEIGHBOUR:
		toggle_neighbour(s);
		break;
	case EVENT_HOG_ENDS:
		server_refill(&s->server, s->now_us);
	}
}

static void start(struct sim *s, uint64_t items)
{
	const struct scenario *sc = s->sc;

	server_init(&s->server, sc);
	rng_seed(&s->neighbour_rng, sc->seed * 31 + 5);
	s->free_request = NO_REQUEST;
	s->end_us = us(sc->seconds);
	s->result.seconds = (int)sc->seconds;
	s->result.second = xcalloc((size_t)sc->seconds + 2, sizeof(*s->result.second));
	if (sc->series)
		series_start(s);
	for (uint32_t i = 0; i < SIM_STEPS && sc->step[i].at_s > 0; i++)
		events_add(&s->events, us(sc->step[i].at_s), EVENT_STEP, i, 0);
	for (int i = 0; i < SIM_SPANS && sc->hog[i].to_s > 0; i++)
		events_add(&s->events, us(sc->hog[i].to_s) - 1, EVENT_HOG_ENDS, 0, 0);
	if (sc->neighbour_s > 0)
		events_add(&s->events, NEIGHBOUR_FIRST_US, EVENT_NEIGHBOUR, 0, 0);
	s->clients = sc->instances > 1 ? (uint32_t)sc->instances : 1;
	s->late_us = us(s->clients * sc->stagger_s + LATE_AFTER_S);
	for (uint32_t i = 0; i < s->clients; i++)
		client_init(s, i, items);
}

static bool is_done(const struct sim *s)
{
	for (uint32_t i = 0; i < s->clients; i++) {
		if (!client_is_done(&s->client[i]))
			return false;
	}
	return true;
}

static void finish(struct sim *s)
{
	struct sim_result *r = &s->result;
	double late_s = (double)(s->end_us - s->late_us) / US_PER_S;

	for (int i = 0; i < r->seconds; i++) {
		r->ok += r->second[i].ok;
		r->refused += r->second[i].refused;
		r->failed += r->second[i].failed;
		r->ok_cost += r->second[i].ok_cost;
	}
	r->p50_s = (double)histogram_quantile(&s->latency, 0.5) / US_PER_S;
	r->p99_s = (double)histogram_quantile(&s->latency, 0.99) / US_PER_S;
	for (uint32_t i = 0; i < s->clients; i++) {
		r->instance_ok[i] = late_s > 0 ? s->client[i].ok_late / late_s : 0;
		client_free(&s->client[i]);
	}
	server_free(&s->server);
	events_free(&s->events);
	free(s->request);
}

struct sim_result sim_run(const struct scenario *sc, enum sim_pacing pacing, uint64_t items)
{
	struct sim *s = xcalloc(1, sizeof(*s));
	struct sim_event e;
	struct sim_result result;

	s->sc = sc;
	s->pacing = pacing;
	start(s, items);
	while (events_pop(&s->events, &e) && e.at_us <= s->end_us) {
		s->now_us = e.at_us;
		handle(s, &e);
		if (items && is_done(s))
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
	free(r->sample);
	*r = (struct sim_result){0};
}
