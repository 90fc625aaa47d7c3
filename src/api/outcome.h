/* The one table of outcomes: classification, retry policy and the errors panel read it. */
#ifndef SLUICE_API_OUTCOME_H
#define SLUICE_API_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

/* Whose attempts a failure spends. */
enum retry_budget {
	RETRY_NEVER,    /* final at once */
	RETRY_ATTEMPTS, /* --max-attempts */
	RETRY_RATE,     /* a limit's: it spends none, and goes on for ever */
	RETRY_HOLD,     /* spends none: the endpoint is held, one probe at a time */
};

struct outcome_info {
	const char *name;  /* "rate_limited": files, metrics */
	const char *label; /* "429 rate limit": screens */
	enum retry_budget budget;
};

/* The row of an outcome; never NULL. */
const struct outcome_info *outcome_info(enum outcome o);
/* By name; false when there is none of that name. */
bool outcome_by_name(const char *name, enum outcome *out);

#endif
