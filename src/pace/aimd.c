#include "pace/aimd.h"

#include <math.h>

double aimd_next(double rate, enum outcome outcome)
{
	double factor = 0.9;

	if (outcome == OUTCOME_CANCELLED)
		return rate;
	if (outcome == OUTCOME_OK)
		factor = 1.1;
	else if (outcome == OUTCOME_RATE_LIMITED)
		factor = 0.5;
	return fmin(AIMD_CEIL, fmax(AIMD_FLOOR, rate * factor));
}
