/* The table of outcomes that classification, retry policy and the errors panel share. */
#ifndef SLUICE_API_OUTCOME_H
#define SLUICE_API_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

/* The budget that a failure spends. */
enum retry_budget {
	RETRY_NEVER,    /* final at once */
	RETRY_ATTEMPTS, /* --max-attempts */
	RETRY_RATE,     /* refused by a limit: spends nothing, is retried for ever */
	RETRY_HOLD,     /* spends nothing: the lane holds and probes */
};

struct outcome_info {
	const char *name;  /* "rate_limited": files, metrics */
	const char *label; /* "429 rate limit": screens */
	enum retry_budget budget;
};

/* The row of an outcome; never NULL. */
const struct outcome_info *outcome_info(enum outcome o);
/* The outcome of this name; false when there is none. */
bool outcome_by_name(const char *name, enum outcome *out);

#endif
