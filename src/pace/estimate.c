#include "pace/estimate.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/hash.h"

#define CHARS_PER_TOKEN 4.0
/* The expected output tokens of an unknown model without max_tokens. */
#define OUTPUT_START 256.0
/* The means run over about so many answers, to follow drifts. */
#define MEMORY 50.0
/* Bounds of the ratio: no tokenizer differs more for text of any language. */
#define RATIO_LEAST 0.25
#define RATIO_MOST  8.0

static struct estimate_model *model_of(struct estimate *e, const char *name)
{
	uint64_t hash = hash_bytes(name ? name : "", name ? strlen(name) : 0);
	struct estimate_model *m = &e->model[0];

	for (int i = 0; i < ESTIMATE_MODELS; i++) {
		if (e->model[i].name == hash) {
			m = &e->model[i];
			break;
		}
		if (e->model[i].used < m->used)
			m = &e->model[i];
	}
	if (m->name != hash)
		*m = (struct estimate_model){.name = hash, .output = OUTPUT_START, .ratio = 1};
	m->used = ++e->clock;
	return m;
}

double estimate_tokens(struct estimate *e, const char *model, uint64_t prompt_chars,
	int64_t max_tokens, double *in)
{
	const struct estimate_model *m = model_of(e, model);
	double output = m->output;

	/* a max_tokens below the mean output is the better guess */
	if (max_tokens > 0)
		output = fmin(output, (double)max_tokens);
	*in = (double)prompt_chars / CHARS_PER_TOKEN * m->ratio;
	return *in + output > 1 ? *in + output : 1;
}

void estimate_learn(struct estimate *e, const char *model, uint64_t prompt_chars, int64_t tokens_in,
	int64_t tokens_out)
{
	struct estimate_model *m = model_of(e, model);
	double share, guessed = (double)prompt_chars / CHARS_PER_TOKEN;

	m->answers++;
	share = fmax(1.0 / m->answers, 1 / MEMORY);
	if (tokens_out >= 0)
		m->output += share * ((double)tokens_out - m->output);
	if (tokens_in >= 0 && guessed >= 1) {
		m->ratio += share * ((double)tokens_in / guessed - m->ratio);
		m->ratio = fmin(RATIO_MOST, fmax(RATIO_LEAST, m->ratio));
	}
}
