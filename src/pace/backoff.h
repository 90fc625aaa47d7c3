/* The wait of a task before its next attempt. Pure but for the generator. All waits in us. */
#ifndef SLUICE_PACE_BACKOFF_H
#define SLUICE_PACE_BACKOFF_H

#include <stdint.h>

#include "base/clock.h"
#include "base/rng.h"

#define BACKOFF_BASE_US (US_PER_S / 2)
#define BACKOFF_CAP_US  (60 * US_PER_S)

/* The wait after so many real failures (1: the first): exponential backoff with full jitter (AWS
 * Architecture Blog, "Exponential Backoff And Jitter", 2015), uniform between 0 and the base
 * doubled for every further failure, at most the cap. */
int64_t backoff_us(struct rng *rng, int failures);
/* The wait after a refusal by a limit: 0.5 to 1.5 s. Never zero, because the server has just
 * refused; never longer, because the lane decides when the server takes more. */
int64_t backoff_refused_us(struct rng *rng);

#endif
