#include "serve/token_call.h"

#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/run_clock.h"
#include "live/live.h"
#include "plan/prices.h"
#include "session/process.h"

enum { CHARS_PER_TOKEN = 4, MODEL_SIZE = 128 };

enum { WANT_MODEL, WANT_MAX, WANT_MAX_COMPLETION, WANT_MAX_OUTPUT, WANTS };

static int64_t now_of(const struct token_call *t)
{
	return run_clock_now_us(process_clock(t->service->process));
}

static const struct price *price_of(const struct service *s, const char *model)
{
	const struct price *price = prices_of(s->prices, model);

	return price ? price : prices_rest(s->prices);
}

/* Dollars for so many tokens; 0: the model has no price. */
static double usd_of(const struct token_call *t, double in, double out)
{
	return t->price ? price_usd(t->price, &(struct priced_tokens){.in = in, .out = out}) : 0;
}

/* By the length of the body, and the most tokens that the answer may have, where it says so. */
static void estimate(struct token_call *t, const struct buf *body)
{
	struct json_want want[WANTS] = {[WANT_MODEL] = {.name = "model"},
		[WANT_MAX] = {.name = "max_tokens"},
		[WANT_MAX_COMPLETION] = {.name = "max_completion_tokens"},
		[WANT_MAX_OUTPUT] = {.name = "max_output_tokens"}};
	char model[MODEL_SIZE];
	int64_t n;

	json_pick(body->data, body->len, want, WANTS, NULL);
	json_string_text(want[WANT_MODEL].value, model, sizeof(model));
	t->price = price_of(t->service, model);
	t->in = (double)body->len / CHARS_PER_TOKEN;
	for (int i = WANT_MAX; i < WANTS; i++)
		if (json_span_int(want[i].value, &n) && n > 0)
			t->out = (double)n;
	t->ask = (struct token_ask){
		.live = true, .tokens = t->in + t->out, .usd = usd_of(t, t->in, t->out)};
}

bool token_call_begin(struct token_call *t, struct service *s, const char *owner,
	const struct buf *body, struct token_refusal *refusal)
{
	int64_t wall_us = clock_wall_us();
	struct token_client *client;
	struct token_verdict v;

	*t = (struct token_call){.service = s};
	if (!s->book)
		return true;
	client = token_book_client(s->book, owner);
	estimate(t, body);
	t->started_us = now_of(t);
	v = token_meter_ask(&client->meter, &t->ask, t->started_us, wall_us);
	if (v.bound != TOKEN_FREE) {
		token_refusal(client, &t->ask, &v, t->started_us, wall_us, refusal);
		return false;
	}
	t->client = client;
	token_book_take(s->book, client, &t->ask, t->started_us, wall_us);
	return true;
}

static void settle(struct token_call *t, double in, double out)
{
	token_book_settle(t->service->book, t->client, &t->ask, t->started_us, in + out,
		usd_of(t, in, out), now_of(t), clock_wall_us());
	t->client = NULL;
}

void token_call_end(struct token_call *t, const struct live_end *end)
{
	bool known = end->tokens_in >= 0 || end->tokens_out >= 0;
	double in = end->tokens_in >= 0 ? (double)end->tokens_in : t->in;
	double pieces = (double)end->pieces, out = pieces > 0 ? pieces : t->out;

	if (!t->client)
		return;
	if (known)
		out = end->tokens_out >= 0 ? (double)end->tokens_out : pieces;
	/* of a stream that breaks, the usage is that of its beginning */
	if (!end->whole)
		out = fmax(out, pieces);
	if (known || (end->headed && (end->whole || end->attempts)))
		settle(t, in, out);
	else
		settle(t, 0, 0);
}

void token_call_left(struct token_call *t, const struct live_call *live)
{
	if (t->client)
		settle(t, t->in, fmax(t->out, (double)live_pieces(live)));
}
