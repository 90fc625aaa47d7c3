/* Usages, one a line: each comes with an answer, for every kind of API. None is taken for more than
 * it can be, none blinds or overflows the budget, and none stops a lane with a limit. */
#include <math.h>

#include "api/provider.h"
#include "api/response.h"
#include "base/clock.h"
#include "fuzz.h"
#include "pace/estimate.h"
#include "pace/lane.h"
#include "core/budget.h"

#define TPM 60000.0
enum { ESTIMATED = 300, LINES_MOST = 50 };

struct world {
	const struct provider *provider;
	struct lane *lane;
	struct budget budget;
	struct estimate estimate;
	int64_t now_us;
};

static void judge(const struct world *w, const char *usage, size_t len, struct verdict *v)
{
	struct answer a = {.result = NET_STATUS, .status = 200};
	struct buf body;

	buf_init(&body, 1 << 20);
	buf_adds(&body, "{\"usage\":");
	buf_add(&body, usage, len);
	buf_addc(&body, '}');
	a.body = buf_str(&body);
	a.body_len = body.len;
	response_judge(w->provider, &a, 0, v);
	buf_free(&body);
	must(v->tokens_in >= -1 && v->tokens_in <= TOKENS_MAX);
	must(v->tokens_out >= -1 && v->tokens_out <= TOKENS_MAX);
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
	struct spending estimate = {ESTIMATED, 0},
			real = {v->tokens_in < 0 ? ESTIMATED : (double)v->tokens_in,
				v->tokens_out < 0 ? 0 : (double)v->tokens_out};
	const struct lane_answer answer = {.outcome = OUTCOME_OK,
		.status = 200,
		.latency_us = US_PER_MS,
		.wait_us = -1,
		.tokens =
			v->tokens_in < 0 && v->tokens_out < 0 ? -1 : (int64_t)(real.in + real.out)};
	double before = w->budget.spent.in + w->budget.spent.out;

	budget_reserve(&w->budget, estimate);
	budget_settle(&w->budget, estimate, real);
	must(w->budget.spent.in + w->budget.spent.out >= before);
	must(isfinite(w->budget.spent.in) && fabs(w->budget.reserved.in) < 1);
	estimate_learn(&w->estimate, "m", 4 * ESTIMATED, v->tokens_in, v->tokens_out);
	must(isfinite(estimate_tokens(&w->estimate, "m", 4 * ESTIMATED, 0)));
	lane_answered(w->lane, w->now_us, ticket, &answer);
}

static void play(struct world *w, const char *at, const char *end)
{
	struct lane_ticket ticket;
	struct verdict v;
	const char *line;
	size_t len;

	for (int i = 0; i < LINES_MOST && next_line(&at, end, &line, &len); i++) {
		judge(w, line, len, &v);
		send(w, &ticket);
		settle(w, &ticket, &v);
	}
	send(w, &ticket);
	settle(w, &ticket, &v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct lane_config config = {.mode = PACE_FIXED, .concurrency = 1, .tpm = TPM};
	const struct provider *const *p;
	size_t n;

	if (!size)
		return 0;
	p = provider_table(&n);
	for (size_t i = 0; i < n; i++) {
		struct world w = {.provider = p[i], .now_us = 1000 * US_PER_S};

		w.lane = lane_new(&config, w.now_us);
		play(&w, (const char *)data, (const char *)data + size);
		lane_free(w.lane);
	}
	return 0;
}
