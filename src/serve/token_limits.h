/* What a client of a service may use, by its token: requests and tokens in any minute, dollars in a
 * day (UTC), and its share beside other clients. Live calls and the lines of batches ask the same
 * meter. Pure: now_us is monotonic, wall_us since 1970.
 *
 * A live call that may not go is refused, so it may use the whole minute's worth at once. The lines
 * of batches wait, so they go at an even pace after a quarter of a minute's worth, and leave an
 * eighth to live calls while there are any. */
#ifndef SLUICE_SERVE_TOKEN_LIMITS_H
#define SLUICE_SERVE_TOKEN_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "pace/bucket.h"

struct token_limits {
	double weight;        /* of its share; above 0 */
	double rpm, tpm, usd; /* 0: no limit */
};

/* The limits of a token that names none. */
extern const struct token_limits token_unlimited;

/* Reads one word of the token file, such as "rpm=60", "tpm=100k", "usd=2.50", "weight=2", into the
 * limits. False and err when it is none. */
bool token_limits_read(struct token_limits *limits, const char *word, struct error *err);

enum { MINUTE_SLOTS = 64 };

/* What was used in the last minute, in slots of a second. */
struct minute {
	double slot[MINUTE_SLOTS];
	double used;    /* sum of the slots */
	int64_t newest; /* the number of the newest slot: seconds */
};

struct token_meter {
	struct token_limits limits;
	struct minute requests, tokens;
	struct bucket even_requests, even_tokens; /* of batches */
	int64_t live_us;                          /* the last live call; 0: there was none */
	int64_t day;                              /* days since 1970 */
	double spent_usd, reserved_usd;           /* of this day; of requests in flight */
	double noted_usd;                         /* see token_meter_take() */
};

enum token_bound { TOKEN_FREE, TOKEN_RPM, TOKEN_TPM, TOKEN_USD };

/* A request that would start: its estimated cost. */
struct token_ask {
	bool live;     /* else: a line of a batch */
	bool joins;    /* it is a part of the request before it */
	double tokens; /* of prompt and answer */
	double usd;    /* 0: not known */
};

struct token_verdict {
	enum token_bound bound; /* TOKEN_FREE: it may start now */
	int64_t wait_us; /* ask again then; NEVER_US: when a request in flight has been settled */
};

/* Nothing was used yet. */
void token_meter_init(
	struct token_meter *m, const struct token_limits *limits, int64_t now_us, int64_t wall_us);
/* Other limits; what was used counts. */
void token_meter_set(struct token_meter *m, const struct token_limits *limits, int64_t now_us);
/* Restores what was noted for a day (days since 1970), if it is today. */
void token_meter_restore(struct token_meter *m, int64_t wall_us, int64_t day, double noted_usd);

/* May it start? A request above the whole limit may when nothing else was used. */
struct token_verdict token_meter_ask(
	struct token_meter *m, const struct token_ask *ask, int64_t now_us, int64_t wall_us);
/* Notes less again, where requests have cost less than was estimated. True: noted_usd has changed.
 */
bool token_meter_lower(struct token_meter *m);
/* It starts. True: noted_usd has changed, and is to be written down before the request goes out. It
 * is ahead of what is spent by a 128th of the budget, so that this is rare, and a process that is
 * killed forgets nothing. */
bool token_meter_take(
	struct token_meter *m, const struct token_ask *ask, int64_t now_us, int64_t wall_us);
/* It has ended: its real cost replaces the estimate. started_us: the now_us of its start. True: as
 * above; the answer waits for nothing. */
bool token_meter_settle(struct token_meter *m, const struct token_ask *ask, int64_t started_us,
	double tokens, double usd, int64_t now_us, int64_t wall_us);

/* Dollars of today that are spent or reserved. */
double token_meter_usd(const struct token_meter *m, int64_t wall_us);
/* Requests, or tokens, of the last minute. */
double token_meter_used(const struct token_meter *m, enum token_bound of, int64_t now_us);
/* The start of the next day in UTC, in us since 1970. */
int64_t token_next_day_us(int64_t wall_us);

#endif
