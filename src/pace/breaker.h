/* Sets a lane aside while sending makes no sense: a rejected key, a used-up quota, a Retry-After
 * above two minutes, or everything failing. Meanwhile one probe at a time goes out, at doubling
 * intervals; the first that passes resumes by itself. Nothing that is set aside spends an attempt.
 *
 * "Everything failing" is a retry budget: failures in a row above 10 plus a fifth of the answers of
 * the last 10 s, at most 500. Pure. */
#ifndef SLUICE_PACE_BREAKER_H
#define SLUICE_PACE_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

enum breaker_reason {
	BREAKER_CLOSED,
	BREAKER_AUTH,
	BREAKER_QUOTA,
	BREAKER_LONG_WAIT, /* Retry-After above BREAKER_WAIT_US */
	BREAKER_FAILING,
	BREAKER_REASONS
};

enum { BREAKER_SECONDS = 10 };
#define BREAKER_WAIT_US (INT64_C(120) * 1000000)

struct breaker {
	enum breaker_reason reason;
	int64_t since_us;
	int64_t next_probe_us;
	int64_t gap_us;     /* to the probe after that */
	uint64_t probe_seq; /* in flight; 0: none */
	/* the retry budget */
	uint32_t failures_in_row;
	uint32_t answers[BREAKER_SECONDS];
	int64_t second;
};

/* When an attempt may start: <= now means now (with the breaker open it is then a probe); NEVER_US:
 * after the probe's answer. */
int64_t breaker_ready_us(const struct breaker *b, int64_t now_us);
/* An attempt started; with the breaker open it is the probe. */
void breaker_sent(struct breaker *b, uint64_t seq);
/* An attempt ended; wait_us: asked for by the server, -1 none. True when the breaker opened, probed
 * in vain or resumed, so when `reason` is worth a look. */
bool breaker_answered(struct breaker *b, int64_t now_us, uint64_t seq, int64_t sent_us,
	enum outcome outcome, int64_t wait_us);
/* The operator wants it tried at once. */
void breaker_probe_now(struct breaker *b, int64_t now_us);
/* For people: "key rejected (401/403)". */
const char *breaker_reason_text(enum breaker_reason reason);

#endif
