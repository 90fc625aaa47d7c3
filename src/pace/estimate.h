/* Estimates the cost of an attempt in tokens before the answer reports it: a quarter of the
 * prompt's characters, corrected by how far earlier estimates for the model were off, plus the
 * model's mean output. Pure. */
#ifndef SLUICE_PACE_ESTIMATE_H
#define SLUICE_PACE_ESTIMATE_H

#include <stdint.h>

enum { ESTIMATE_MODELS = 8 };

/* What was learned about one model. */
struct estimate_model {
	uint64_t name; /* hash; 0: unused */
	double output; /* mean output tokens */
	double ratio;  /* mean of real over estimated prompt tokens */
	uint32_t answers;
	uint64_t used; /* clock of the last use, for replacement */
};

/* A table of the models in use; a new one replaces the least recently used. Zeroed: empty. */
struct estimate {
	struct estimate_model model[ESTIMATE_MODELS];
	uint64_t clock;
};

/* The estimate in tokens, at least 1; *in: of these, the input. model may be NULL or "";
 * max_tokens <= 0: not given. */
double estimate_tokens(struct estimate *e, const char *model, uint64_t prompt_chars,
	int64_t max_tokens, double *in);
/* Learns from the usage that an answer reported; a negative count was not reported. */
void estimate_learn(struct estimate *e, const char *model, uint64_t prompt_chars, int64_t tokens_in,
	int64_t tokens_out);

#endif
