#include "pace/breaker.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

/* At thousands of answers a second a fifth of ten seconds would cost too many attempts, so the
 * budget has a ceiling. */
#define BUDGET_BASE  10
#define BUDGET_SHARE 0.2
#define BUDGET_MOST  500

/* The time until the first probe, and the longest between two. A probe is cheap: where somebody may
 * repair the cause at any moment, the run resumes within 5 s. */
static const struct {
	const char *text;
	int64_t first_us, most_us;
} reasons[BREAKER_REASONS] = {
	[BREAKER_CLOSED] = {"", 0, 0},
	[BREAKER_AUTH] = {"key rejected (401/403)", US_PER_S, 4 * US_PER_S},
	[BREAKER_QUOTA] = {"quota used up", 60 * US_PER_S, 600 * US_PER_S},
	[BREAKER_REFUSED] = {"every item is refused", US_PER_S, 4 * US_PER_S},
	[BREAKER_LONG_WAIT] = {"server asks for a long wait", 120 * US_PER_S, 600 * US_PER_S},
	[BREAKER_FAILING] = {"everything fails", US_PER_S, 4 * US_PER_S},
};

const char *breaker_reason_text(enum breaker_reason reason)
{
	return reasons[reason].text;
}

int64_t breaker_ready_us(const struct breaker *b, int64_t now_us)
{
	if (b->reason == BREAKER_CLOSED)
		return now_us;
	return b->probe_seq ? NEVER_US : b->next_probe_us;
}

void breaker_sent(struct breaker *b, uint64_t seq)
{
	if (b->reason != BREAKER_CLOSED)
		b->probe_seq = seq;
}

/* Counts an answer in this second; returns the answers of the last ten. */
static uint32_t count_answer(struct breaker *b, int64_t now_us)
{
	int64_t second = now_us / US_PER_S;
	uint32_t sum = 0;

	if (second - b->second >= BREAKER_SECONDS) {
		memset(b->answers, 0, sizeof(b->answers));
		b->second = second;
	}
	while (b->second < second) {
		b->second++;
		b->answers[b->second % BREAKER_SECONDS] = 0;
	}
	b->answers[b->second % BREAKER_SECONDS]++;
	for (int i = 0; i < BREAKER_SECONDS; i++)
		sum += b->answers[i];
	return sum;
}

static bool is_failure(enum outcome o)
{
	return o == OUTCOME_SERVER_ERROR || o == OUTCOME_TIMEOUT || o == OUTCOME_NETWORK ||
	       o == OUTCOME_BAD_RESPONSE;
}

/* The reason that this answer gives to open the breaker. */
static enum breaker_reason judge(struct breaker *b, int64_t now_us, const struct breaker_answer *a)
{
	uint32_t answers = count_answer(b, now_us);

	b->failures_in_row = is_failure(a->outcome) ? b->failures_in_row + 1 : 0;
	b->refused_in_row = a->one_task                ? b->refused_in_row + 1
			    : a->outcome == OUTCOME_OK ? 0
						       : b->refused_in_row;
	b->passed = b->passed || a->outcome == OUTCOME_OK;
	if (a->outcome == OUTCOME_AUTH)
		return BREAKER_AUTH;
	if (a->outcome == OUTCOME_QUOTA)
		return BREAKER_QUOTA;
	if (a->one_task || (a->outcome == OUTCOME_CLIENT_ERROR && b->reason == BREAKER_REFUSED))
		return BREAKER_REFUSED;
	if (a->wait_us > BREAKER_WAIT_US && a->outcome != OUTCOME_OK)
		return BREAKER_LONG_WAIT;
	if (b->failures_in_row > fmin(BUDGET_MOST, BUDGET_BASE + BUDGET_SHARE * answers))
		return BREAKER_FAILING;
	return BREAKER_CLOSED;
}

static void open_breaker(
	struct breaker *b, int64_t now_us, enum breaker_reason reason, int64_t wait_us)
{
	b->reason = reason;
	b->since_us = now_us;
	b->probe_seq = 0;
	b->soft = false;
	b->gap_us = reasons[reason].first_us;
	if (wait_us > b->gap_us)
		b->gap_us = wait_us;
	b->next_probe_us = now_us + b->gap_us;
}

static void close_breaker(struct breaker *b, int64_t now_us)
{
	b->reason = BREAKER_CLOSED;
	b->since_us = now_us; /* failures of attempts sent earlier are ignored */
	b->probe_seq = 0;
	b->soft = false;
	b->failures_in_row = 0;
}

static void probe_again(struct breaker *b, int64_t now_us, int64_t wait_us)
{
	int64_t most_us = reasons[b->reason].most_us;

	b->probe_seq = 0;
	b->gap_us = b->gap_us * 2 < most_us ? b->gap_us * 2 : most_us;
	b->next_probe_us = now_us + (wait_us > b->gap_us ? wait_us : b->gap_us);
}

/* May it open softly? Not when the server asked for a wait. */
static bool is_soft(const struct breaker *b, const struct breaker_answer *a)
{
	return a->one_task && b->passed && a->wait_us <= 0 && b->refused_in_row < BREAKER_SOFT_MOST;
}

static bool open_by(struct breaker *b, int64_t now_us, enum breaker_reason reason,
	const struct breaker_answer *a)
{
	open_breaker(b, now_us, reason, a->wait_us);
	b->soft = is_soft(b, a);
	if (b->soft)
		b->next_probe_us = now_us;
	return !b->soft;
}

/* An answer while it is open softly. */
static bool answered_softly(struct breaker *b, int64_t now_us, enum breaker_reason found,
	const struct breaker_answer *a)
{
	if (b->probe_seq == a->seq)
		b->probe_seq = 0;
	if (found != BREAKER_CLOSED && !is_soft(b, a))
		return open_by(b, now_us, found, a);
	if (found == BREAKER_CLOSED && a->outcome != OUTCOME_CANCELLED && !is_failure(a->outcome))
		close_breaker(b, now_us);
	return false;
}

bool breaker_answered(struct breaker *b, int64_t now_us, const struct breaker_answer *a)
{
	enum breaker_reason found = judge(b, now_us, a);
	bool probe = b->probe_seq && a->seq == b->probe_seq;

	if (b->reason == BREAKER_CLOSED)
		return found != BREAKER_CLOSED && a->sent_us >= b->since_us &&
		       open_by(b, now_us, found, a);
	if (b->soft)
		return answered_softly(b, now_us, found, a);
	if (!probe && !(b->reason == BREAKER_FAILING && a->outcome == OUTCOME_OK))
		return false; /* sent before it opened: nothing new */
	if (a->outcome == OUTCOME_CANCELLED) {
		b->probe_seq = 0;
		return false;
	}
	if (found != BREAKER_CLOSED || is_failure(a->outcome)) {
		if (found != BREAKER_CLOSED && found != b->reason)
			open_breaker(b, now_us, found, a->wait_us);
		else
			probe_again(b, now_us, a->wait_us);
		return true;
	}
	close_breaker(b, now_us);
	return true;
}

void breaker_refuse(struct breaker *b, int64_t now_us)
{
	open_breaker(b, now_us, BREAKER_REFUSED, 0);
}

bool breaker_probes(const struct breaker *b, enum breaker_reason reason)
{
	return b->reason == reason && b->probe_seq;
}

void breaker_follow(struct breaker *b, const struct breaker *other, int64_t now_us)
{
	if (other->reason == BREAKER_AUTH && (b->reason == BREAKER_CLOSED || b->soft))
		open_breaker(b, now_us, BREAKER_AUTH, 0);
	if (other->reason == BREAKER_AUTH && b->reason == BREAKER_AUTH) {
		b->gap_us = other->gap_us;
		b->next_probe_us = other->next_probe_us;
	} else if (other->reason == BREAKER_CLOSED && b->reason == BREAKER_AUTH) {
		close_breaker(b, now_us);
	}
}

void breaker_probe_now(struct breaker *b, int64_t now_us)
{
	if (b->next_probe_us > now_us)
		b->next_probe_us = now_us;
}
