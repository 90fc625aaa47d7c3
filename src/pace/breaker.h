/* The circuit breaker of a lane. It opens while sending makes no sense: a rejected key, a used-up
 * quota, a model that is refused, a Retry-After above two minutes, or everything failing. While it
 * is open nothing is sent but one probe at a time, at doubling intervals; with a probe in flight it
 * is half-open. The first probe that passes closes it. Tasks that wait for an open breaker spend no
 * attempt.
 *
 * Where others passed before, a refusal may concern its task alone. The breaker then opens softly:
 * probes go one after the other without a wait, and any answer that passes closes it. It is open in
 * earnest after BREAKER_SOFT_MOST refusals in a row.
 *
 * Everything fails when the failures in a row exceed a retry budget: 10 plus a fifth of the answers
 * of the last 10 s, at most 500. Pure. */
#ifndef SLUICE_PACE_BREAKER_H
#define SLUICE_PACE_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

/* Why it is open. */
enum breaker_reason {
	BREAKER_CLOSED, /* it is not: attempts pass */
	BREAKER_AUTH,
	BREAKER_QUOTA,
	BREAKER_REFUSED,   /* the model is refused */
	BREAKER_LONG_WAIT, /* Retry-After above BREAKER_WAIT_US */
	BREAKER_FAILING,
	BREAKER_REASONS
};

enum { BREAKER_SECONDS = 10, BREAKER_SOFT_MOST = 8 };
#define BREAKER_WAIT_US (INT64_C(120) * 1000000)

struct breaker {
	enum breaker_reason reason;
	int64_t since_us; /* of the last change between closed and open */
	int64_t next_probe_us;
	int64_t gap_us;     /* from that probe to the one after it */
	uint64_t probe_seq; /* the probe in flight (half-open); 0: none */
	bool soft;          /* the refusal may concern its task alone */
	bool passed;        /* an answer was ok, ever */
	int refused_in_row; /* refusals that may concern their task alone, since one was ok */
	/* The retry budget: answers of each of the last seconds; second is the newest. */
	uint32_t failures_in_row;
	uint32_t answers[BREAKER_SECONDS];
	int64_t second;
};

/* When an attempt may start; <= now means now. While the breaker is open that attempt is a probe.
 * NEVER_US: half-open, not before the probe's answer. */
int64_t breaker_ready_us(const struct breaker *b, int64_t now_us);
/* Attempt seq started; while the breaker is open it is the probe. */
void breaker_sent(struct breaker *b, uint64_t seq);
/* An ended attempt. */
struct breaker_answer {
	uint64_t seq;
	int64_t sent_us;
	enum outcome outcome;
	bool one_task;   /* it was refused for a cause that may be its task's alone */
	int64_t wait_us; /* that the server asked for; -1: none */
};
/* True when the breaker opened in earnest or closed after that, or when a probe was in vain. */
bool breaker_answered(struct breaker *b, int64_t now_us, const struct breaker_answer *a);
/* Opens in earnest: every task is refused for good. */
void breaker_refuse(struct breaker *b, int64_t now_us);
/* Is a probe in flight while the breaker is open for this reason? */
bool breaker_probes(const struct breaker *b, enum breaker_reason reason);
/* Another lane of the same key opened or closed its breaker for a rejected key, or probed in vain:
 * the same counts here. A breaker that is open for another reason stays as it is. */
void breaker_follow(struct breaker *b, const struct breaker *other, int64_t now_us);
/* The operator skips the wait: the next probe may start now. */
void breaker_probe_now(struct breaker *b, int64_t now_us);
/* The reason for people: "key rejected (401/403)", "" when closed. Static. */
const char *breaker_reason_text(enum breaker_reason reason);

#endif
