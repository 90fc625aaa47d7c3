/* What an attempt will cost in tokens, before the answer tells it: a quarter of the prompt's
 * characters plus the output expected of the model, times what such estimates turned out to be off
 * by. Pure. */
#ifndef SLUICE_PACE_ESTIMATE_H
#define SLUICE_PACE_ESTIMATE_H

#include <stdint.h>

enum { ESTIMATE_MODELS = 8 };

/* What was learned of one model. */
struct estimate_model {
	uint64_t name; /* hash; 0: unused */
	double output; /* mean of real output tokens */
	double ratio;  /* of real to estimated prompt tokens */
	uint32_t answers;
	uint64_t used; /* when last, for replacing */
};

/* A table of the models in use; the one not used for longest gives way. Zeroed: empty. */
struct estimate {
	struct estimate_model model[ESTIMATE_MODELS];
	uint64_t clock;
};

/* The model may be NULL or ""; max_tokens <= 0: not given. At least 1. */
double estimate_tokens(
	struct estimate *e, const char *model, uint64_t prompt_chars, int64_t max_tokens);
/* An answer reported its usage; negative: not reported. */
void estimate_learn(struct estimate *e, const char *model, uint64_t prompt_chars, int64_t tokens_in,
	int64_t tokens_out);

#endif
