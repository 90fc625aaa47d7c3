/* Usages, one a line: each comes with an answer, for every kind of API: as its usage, as its body,
 * as a line of a stream and as a header. None is taken for more than it can be, none blinds or
 * overflows the budget or the costs by model, and none stops a lane with a limit. */
#include <math.h>

#include "api/provider.h"
#include "api/response.h"
#include "base/clock.h"
#include "fuzz.h"
#include "pace/estimate.h"
#include "pace/lane.h"
#include "core/budget.h"
#include "core/model_costs.h"

#define TPM 60000.0
enum { ESTIMATED = 300, LINES_MOST = 50 };

struct world {
	const struct provider *provider;
	struct lane *lane;
	struct budget budget;
	struct model_costs models;
	struct estimate estimate;
	int64_t now_us;
};

/* Where a usage stands. */
enum place { PLACE_USAGE, PLACE_BODY, PLACE_LINE, PLACE_HEADER, PLACES };

static void write_answer(
	enum place place, const char *usage, size_t len, struct buf *headers, struct buf *body)
{
	switch (place) {
	case PLACE_USAGE:
		buf_adds(body, "{\"usage\":");
		buf_add(body, usage, len);
		buf_addc(body, '}');
		break;
	case PLACE_LINE:
		buf_adds(body, "data: {\"a\":1}\n\ndata:");
		buf_add(body, usage, len);
		buf_adds(body, "\n\n");
		break;
	case PLACE_HEADER:
		buf_adds(headers, "x-litellm-response-cost: ");
		buf_add(headers, usage, len);
		buf_adds(headers, "\r\nx-amzn-bedrock-input-token-count: ");
		buf_add(headers, usage, len);
		buf_adds(headers, "\r\n");
		/* fall through */
	default:
		buf_add(body, usage, len);
	}
}

static void judge(
	const struct world *w, enum place place, const char *usage, size_t len, struct verdict *v)
{
	struct answer a = {.result = NET_STATUS, .status = 200};
	struct buf headers, body;

	buf_init(&headers, 1 << 22);
	buf_init(&body, 1 << 20);
	write_answer(place, usage, len, &headers, &body);
	a.headers = buf_str(&headers);
	a.headers_len = headers.len;
	a.body = buf_str(&body);
	a.body_len = body.len;
	response_judge(w->provider, &a, 0, v);
	buf_free(&headers);
	buf_free(&body);
	must(v->tokens_in >= -1 && v->tokens_in <= TOKENS_MAX);
	must(v->tokens_out >= -1 && v->tokens_out <= TOKENS_MAX);
	must(v->tokens_cached >= 0 && v->tokens_cache_write >= 0);
	must(v->tokens_cached + v->tokens_cache_write <= (v->tokens_in > 0 ? v->tokens_in : 0));
	must(v->cost_usd >= 0 && v->cost_usd <= 1e6 && (v->has_cost || v->cost_usd == 0));
}

/* Sends when the lane says so: that is within a good minute of the last answer. */
static void send(struct world *w, struct lane_ticket *ticket)
{
	int64_t since_us = w->now_us;
	struct lane_verdict when = lane_ask(w->lane, w->now_us, ESTIMATED);

	for (int i = 0; when.at_us > w->now_us; i++) {
		must(i < 100 && when.at_us != NEVER_US);
		w->now_us = when.at_us;
		when = lane_ask(w->lane, w->now_us, ESTIMATED);
	}
	must(w->now_us - since_us <= 62 * US_PER_S);
	lane_sent(w->lane, w->now_us, ESTIMATED, ticket);
}

static void settle(struct world *w, const struct lane_ticket *ticket, const struct verdict *v)
{
	struct spending estimate = {ESTIMATED, 0, 0},
			real = {v->tokens_in < 0 ? ESTIMATED : (double)v->tokens_in,
				v->tokens_out < 0 ? 0 : (double)v->tokens_out, 0};
	const struct paid paid = {.tokens = {.in = real.in,
					  .out = real.out,
					  .cached = (double)v->tokens_cached,
					  .cache_write = (double)v->tokens_cache_write},
		.stated = v->has_cost,
		.usd = v->cost_usd};
	const struct lane_answer answer = {.outcome = OUTCOME_OK,
		.status = 200,
		.latency_us = US_PER_MS,
		.wait_us = -1,
		.tokens =
			v->tokens_in < 0 && v->tokens_out < 0 ? -1 : (int64_t)(real.in + real.out)};
	double in, before = w->budget.spent.in + w->budget.spent.out;

	real.usd = model_costs_add(&w->models, model_costs_row(&w->models, "m"), &paid);
	must(isfinite(real.usd) && real.usd >= 0);
	must(isfinite(model_costs_estimate(&w->models, 0, 1, 1)));
	budget_reserve(&w->budget, estimate);
	budget_settle(&w->budget, estimate, real);
	must(w->budget.spent.in + w->budget.spent.out >= before);
	must(isfinite(w->budget.spent.in) && fabs(w->budget.reserved.in) < 1);
	estimate_learn(&w->estimate, "m", 4 * ESTIMATED, v->tokens_in, v->tokens_out);
	must(isfinite(estimate_tokens(&w->estimate, "m", 4 * ESTIMATED, 0, &in)) && isfinite(in));
	lane_answered(w->lane, w->now_us, ticket, &answer);
}

static void play(struct world *w, const char *at, const char *end)
{
	struct lane_ticket ticket;
	struct verdict v;
	const char *line;
	size_t len;

	for (int i = 0; i < LINES_MOST && next_line(&at, end, &line, &len); i++) {
		judge(w, (enum place)(i % PLACES), line, len, &v);
		send(w, &ticket);
		settle(w, &ticket, &v);
	}
	send(w, &ticket);
	settle(w, &ticket, &v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct lane_config config = {.mode = PACE_FIXED, .concurrency = 1, .tpm = TPM};
	char all[] = "*";
	struct model_price price = {all, {2.5, 10, 1.25, 3.75}};
	const struct prices prices = {&price, 1};
	const struct provider *const *p;
	size_t n;

	if (!size)
		return 0;
	p = provider_table(&n);
	for (size_t i = 0; i < n; i++) {
		struct world w = {.provider = p[i], .now_us = 1000 * US_PER_S};

		model_costs_init(&w.models, &prices);
		w.lane = lane_new(&config, w.now_us);
		play(&w, (const char *)data, (const char *)data + size);
		lane_free(w.lane);
	}
	return 0;
}
