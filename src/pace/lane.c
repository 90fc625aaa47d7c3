#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "pace/lane_impl.h"

_Static_assert(sizeof(struct lane) < 4096, "a lane stays small: there may be many");

struct lane *lane_new(const struct lane_config *config, int64_t now_us)
{
	struct lane *l = xcalloc(1, sizeof(*l));

	l->config = *config;
	l->manual_concurrency = config->concurrency > 0 ? config->concurrency : 0;
	l->rpm = config->rpm > 0 ? config->rpm : 0;
	l->tpm = config->tpm > 0 ? config->tpm : 0;
	bucket_set(&l->requests, now_us, l->rpm, 1);
	bucket_set(&l->tokens, now_us, l->tpm, 1);
	if (config->window_count > 0)
		window_set(&l->window, now_us, (uint32_t)config->window_count, config->window_us);
	return l;
}

void lane_free(struct lane *l)
{
	free(l);
}

int lane_concurrency(const struct lane *l)
{
	if (l->manual_concurrency > 0)
		return l->manual_concurrency;
	return LANE_FIXED_CONCURRENCY;
}

int lane_in_flight(const struct lane *l)
{
	return l->in_flight;
}

/* The later of what was found so far and another limit's time. */
static void bind(struct lane_verdict *v, int64_t now_us, int64_t ready_us, enum bound bound)
{
	if (ready_us > now_us && ready_us > v->at_us)
		*v = (struct lane_verdict){ready_us, bound};
}

struct lane_verdict lane_ask(struct lane *l, int64_t now_us, double tokens)
{
	struct lane_verdict v = {now_us, BOUND_NONE};

	bind(&v, now_us, l->hold.until_us, BOUND_HOLD);
	bind(&v, now_us, bucket_ready_us(&l->requests, now_us, 1), BOUND_RPM);
	bind(&v, now_us, bucket_ready_us(&l->tokens, now_us, tokens), BOUND_TPM);
	bind(&v, now_us, window_ready_us(&l->window, now_us), BOUND_WINDOW);
	if (v.bound == BOUND_NONE && l->in_flight >= lane_concurrency(l))
		v = (struct lane_verdict){NEVER_US, BOUND_CONCURRENCY};
	return v;
}

void lane_sent(struct lane *l, int64_t now_us, double tokens, struct lane_ticket *ticket)
{
	l->in_flight++;
	memset(ticket, 0, sizeof(*ticket));
	ticket->sent_us = now_us;
	ticket->seq = ++l->seq;
	ticket->tokens = (float)tokens;
	ticket->in_flight = (uint32_t)l->in_flight;
	bucket_take(&l->requests, now_us, 1);
	bucket_take(&l->tokens, now_us, tokens);
	window_take(&l->window, now_us);
}

/* The reserved estimate becomes the real cost: a refusal cost nothing; an answer without usage
 * leaves the estimate. */
static void settle_tokens(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a)
{
	double real = ticket->tokens;

	if (a->tokens >= 0)
		real = (double)a->tokens;
	else if (a->outcome == OUTCOME_RATE_LIMITED || a->outcome == OUTCOME_AUTH ||
		 a->outcome == OUTCOME_QUOTA || a->outcome == OUTCOME_CLIENT_ERROR)
		real = 0;
	bucket_settle(&l->tokens, now_us, ticket->tokens, real);
}

static void set_hold(struct lane *l, int64_t now_us, int64_t until_us, const char *source)
{
	if (until_us <= l->hold.until_us)
		return;
	l->hold.until_us = until_us;
	text_sanitise(l->hold.source, sizeof(l->hold.source), source, strlen(source));
	lane_note(l, now_us, "hold", -1, (double)(until_us - now_us) / US_PER_S, source);
}

void lane_answered(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a)
{
	l->in_flight--;
	settle_tokens(l, now_us, ticket, a);
	if (a->wait_us > 0 &&
		(a->outcome == OUTCOME_RATE_LIMITED || a->status == 503 || a->status == 529))
		set_hold(
			l, now_us, now_us + a->wait_us, a->wait_source ? a->wait_source : "server");
}

void lane_tick(struct lane *l, int64_t now_us)
{
	if (l->hold.until_us && l->hold.until_us <= now_us)
		l->hold = (struct hold){0};
}

void lane_shift(struct lane *l, int64_t us)
{
	bucket_shift(&l->requests, us);
	bucket_shift(&l->tokens, us);
	window_shift(&l->window, us);
	if (l->hold.until_us)
		l->hold.until_us += us;
}

void lane_note(struct lane *l, int64_t now_us, const char *what, double before, double after,
	const char *reason)
{
	struct lane_change *c = &l->change[(l->first_change + l->changes) % LANE_CHANGES];

	if (l->changes < LANE_CHANGES)
		l->changes++;
	else
		l->first_change = (l->first_change + 1) % LANE_CHANGES;
	*c = (struct lane_change){.at_us = now_us, .what = what, .before = before, .after = after};
	text_sanitise(c->reason, sizeof(c->reason), reason, strlen(reason));
}

size_t lane_take_changes(struct lane *l, struct lane_change *out, size_t n)
{
	size_t i;

	for (i = 0; i < n && l->changes > 0; i++, l->changes--) {
		out[i] = l->change[l->first_change];
		l->first_change = (l->first_change + 1) % LANE_CHANGES;
	}
	return i;
}
