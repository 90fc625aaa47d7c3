#include "sim/server.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "sim/disturbance.h"
#include "sim/random.h"

#define RESET_S       0.002
#define LEAST_S       0.03
#define ERROR_LEAST_S 0.05
#define ERROR_MOST_S  0.3

void server_init(struct server *s, const struct scenario *sc)
{
	memset(s, 0, sizeof(*s));
	s->sc = sc;
	rng_seed(&s->rng, sc->seed * 7919 + 1);
	admission_init(&s->admission, sc);
	s->slots.most = sc->slots;
	s->slots.alone_s = sc->latency_s;
}

void server_free(struct server *s)
{
	admission_free(&s->admission);
	slots_free(&s->slots);
}

void server_scale(struct server *s, int64_t now_us, double factor, double neighbour)
{
	admission_scale(&s->admission, now_us, &s->rng, factor, neighbour);
}

void server_refill(struct server *s, int64_t now_us)
{
	admission_refill(&s->admission, now_us, &s->rng);
}

static struct server_verdict refuse(struct server *s, int status, double retry_after_s)
{
	const struct scenario *sc = s->sc;

	if (status == SIM_RESET)
		return (struct server_verdict){true, false, 0, RESET_S, -1};
	return (struct server_verdict){true, false, status,
		random_between(&s->rng, sc->refusal_least_s, sc->refusal_most_s), retry_after_s};
}

static int refusal_status(const struct scenario *sc, bool concurrency)
{
	if (concurrency && sc->concurrency_status)
		return sc->concurrency_status;
	return sc->refusal_status ? sc->refusal_status : 429;
}

static double retry_after_s(const struct scenario *sc, double wait_s)
{
	switch (sc->retry_after) {
	case SIM_RETRY_AFTER_SECONDS:
		return fmax(1, ceil(wait_s));
	case SIM_RETRY_AFTER_MS:
		return wait_s;
	case SIM_RETRY_AFTER_CONSTANT:
		return sc->retry_after_s;
	default:
		return -1;
	}
}

static struct server_verdict accept(struct server *s, int64_t now_us, uint32_t request, double cost)
{
	const struct scenario *sc = s->sc;
	struct server_verdict v = {.status = 200, .retry_after_s = -1};

	admission_take(&s->admission, now_us, cost);
	if (rng_uniform(&s->rng) < sc->errors) {
		v.status = 500;
		v.delay_s = random_between(&s->rng, ERROR_LEAST_S, ERROR_MOST_S);
	} else if (sc->slots > 0) {
		v.queued = true;
		slots_take(&s->slots, now_us, request, &s->rng);
	} else {
		v.delay_s = fmax(LEAST_S, random_lognormal(&s->rng, sc->latency_s, sc->sigma));
	}
	return v;
}

struct server_verdict server_arrive(struct server *s, int64_t now_us, uint32_t request, double cost)
{
	const struct scenario *sc = s->sc;
	struct admission_verdict v;

	if (span_at(sc->outage, now_us, NULL))
		return refuse(s, 503, -1);
	if (sc->noise > 0 && rng_uniform(&s->rng) < sc->noise)
		return refuse(s, refusal_status(sc, false),
			sc->noise_retry_after_s > 0 ? sc->noise_retry_after_s : -1);
	v = admission_ask(&s->admission, now_us, &s->rng, cost);
	if (v.wait_s <= 0)
		return accept(s, now_us, request, cost);
	if (sc->refusals_count)
		admission_count_refusal(&s->admission, now_us);
	return refuse(s, refusal_status(sc, v.concurrency), retry_after_s(sc, v.wait_s));
}

void server_done(struct server *s, int64_t now_us)
{
	s->admission.in_flight--;
	server_refill(s, now_us);
}

bool server_finished(struct server *s, int64_t now_us, uint32_t *request)
{
	if (!slots_finished(&s->slots, now_us, request))
		return false;
	server_done(s, now_us);
	return true;
}
