/* The pace of a client that sees the server's state: the reference for the others. */
#include <math.h>

#include "sim/disturbance.h"
#include "sim/sim_impl.h"

/* How long it waits with nothing in flight while another client has all the slots. */
#define LOOK_AGAIN_US (100 * US_PER_MS)

static int64_t us(double s)
{
	return (int64_t)ceil(s * US_PER_S);
}

static struct lane_verdict wait_until(int64_t at_us)
{
	return (struct lane_verdict){at_us, at_us == NEVER_US ? BOUND_CONCURRENCY : BOUND_HOLD};
}

struct lane_verdict oracle_ask(struct sim *s, struct client *c)
{
	const struct scenario *sc = s->sc;
	struct admission *a = &s->server.admission;
	struct admission_verdict v;
	int64_t end_us;

	if (c->in_flight >= sc->max_concurrency || (sc->slots > 0 && c->in_flight >= sc->slots))
		return wait_until(NEVER_US);
	if (span_at(sc->outage, s->now_us, &end_us) || span_at(sc->hog, s->now_us, &end_us))
		return wait_until(end_us);
	if (sc->gap_s > 0)
		return wait_until(c->oracle_next_us);
	v = admission_ask(a, s->now_us, &s->server.rng, c->next.cost);
	if (v.wait_s <= 0)
		return wait_until(s->now_us);
	if (v.concurrency)
		return wait_until(a->in_flight > 0 ? NEVER_US : s->now_us + LOOK_AGAIN_US);
	return wait_until(s->now_us + 1 + us(v.wait_s + sc->jitter_s));
}

void oracle_sent(struct sim *s, struct client *c)
{
	c->oracle_next_us =
		s->now_us + us(admission_gap_s(&s->server.admission) + 2 * s->sc->jitter_s);
}
