#include "serve/token_turn.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

/* A batch that waits asks again so often, as limits may change. */
#define ASK_AGAIN_US US_PER_S

static struct token_ask ask_of(const struct spending *estimate, bool joins)
{
	return (struct token_ask){
		.joins = joins, .tokens = estimate->in + estimate->out, .usd = estimate->usd};
}

/* Gives the batch whose turn it is now a turn of its run, if that is another. */
static void wake_next(struct token_client *c, const struct token_turn *self)
{
	struct token_turn *next = (struct token_turn *)fair_next(&c->turns);

	if (next && next != self)
		next->wake(next->ctx);
}

/* Only the batch whose turn is next needs to know the time; but limits may be lifted for all. */
static struct lane_verdict refuse(struct token_turn *t, int64_t now_us, int64_t wait_us)
{
	struct fair *turns = &t->client->turns;

	t->refused = true;
	fair_wait(turns, &t->user);
	if (wait_us > ASK_AGAIN_US || !fair_is_next(turns, &t->user))
		wait_us = ASK_AGAIN_US;
	return (struct lane_verdict){now_us + wait_us, BOUND_CLIENT};
}

static struct lane_verdict ask(
	void *ctx, int64_t now_us, int64_t wall_us, const struct spending *estimate)
{
	struct token_turn *t = ctx;
	struct token_ask ask = ask_of(estimate, false);
	struct token_verdict v = token_meter_ask(&t->client->meter, &ask, now_us, wall_us);

	t->refused = false;
	t->verdict = v;
	if (v.bound != TOKEN_FREE)
		return refuse(t, now_us, v.wait_us);
	if (!fair_may_start(&t->client->turns, &t->user))
		return refuse(t, now_us, ASK_AGAIN_US);
	return (struct lane_verdict){now_us, BOUND_NONE};
}

static void started(
	void *ctx, int64_t now_us, int64_t wall_us, const struct spending *estimate, bool joins)
{
	struct token_turn *t = ctx;
	struct token_ask ask = ask_of(estimate, joins);

	token_book_take(t->book, t->client, &ask, now_us, wall_us);
	t->usd += ask.usd;
	/* others are woken once it has asked for more: until then it would lose its credit */
	if (!joins)
		fair_started(&t->client->turns, &t->user);
}

static void ended(void *ctx, int64_t now_us, int64_t wall_us, int64_t started_us,
	const struct spending *estimate, const struct spending *real)
{
	struct token_turn *t = ctx;
	struct token_ask ask = ask_of(estimate, false);

	token_book_settle(t->book, t->client, &ask, started_us, real->in + real->out, real->usd,
		now_us, wall_us);
	t->usd = fmax(0, t->usd - ask.usd);
	/* it may have cost less than was reserved */
	if (!t->client->turns.waiting)
		return;
	fair_changed(&t->client->turns);
	wake_next(t->client, t);
}

static void asked(void *ctx)
{
	struct token_turn *t = ctx;

	if (!t->refused) {
		fair_rest(&t->client->turns, &t->user);
		t->verdict = (struct token_verdict){TOKEN_FREE, 0};
	}
	t->refused = false;
	wake_next(t->client, t);
}

const struct allowance_ops token_turn_ops = {ask, started, ended, asked};

void token_turn_join(struct token_turn *t, struct token_book *book, struct token_client *client,
	double weight, void (*wake)(void *ctx), void *ctx)
{
	*t = (struct token_turn){.book = book, .client = client, .wake = wake, .ctx = ctx};
	fair_join(&client->turns, &t->user, &(struct fair_share){.weight = weight});
}

void token_turn_leave(struct token_turn *t)
{
	struct token_client *c = t->client;

	if (!c)
		return;
	fair_leave(&c->turns, &t->user);
	c->meter.reserved_usd = fmax(0, c->meter.reserved_usd - t->usd);
	wake_next(c, t);
	t->client = NULL;
}

void token_turn_weigh(struct token_turn *t, double weight)
{
	if (t->client)
		fair_change(&t->client->turns, &t->user, &(struct fair_share){.weight = weight});
}

bool token_turn_says(const struct token_turn *t, int64_t wall_us, char *out, size_t size)
{
	const struct token_limits *l;
	char usd[16], day[32];

	if (!t->client)
		return false;
	l = &t->client->meter.limits;
	switch (t->verdict.bound) {
	case TOKEN_RPM:
		snprintf(out, size, "%s may send %.0f requests a minute", t->client->name, l->rpm);
		return true;
	case TOKEN_TPM:
		snprintf(out, size, "%s may use %.0f tokens a minute", t->client->name, l->tpm);
		return true;
	case TOKEN_USD:
		clock_rfc3339(token_next_day_us(wall_us), day, sizeof(day));
		snprintf(out, size,
			"the budget of %s, %s a day, is used up: it continues at %.10s 00:00 UTC",
			t->client->name, text_usd(l->usd, usd, sizeof(usd)), day);
		return true;
	default:
		return false;
	}
}
