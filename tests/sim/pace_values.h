/* The values of pace_sim's options. Each function reads one kind of value into the scenario and
 * returns false when the text is not such a value. at: the offset of the member, for a function
 * that serves several. */
#ifndef SLUICE_TESTS_SIM_PACE_VALUES_H
#define SLUICE_TESTS_SIM_PACE_VALUES_H

#include <stddef.h>

#include "sim/scenario.h"

/* The scenario so far, and values that depend on other options. */
struct reading {
	struct scenario sc;
	const char *steps;
};

/* Reads "A<separator>B" as two numbers. */
bool parse_pair(const char *text, char separator, double *a, double *b);
/* Calls take for each part between commas until one returns false. */
bool parse_list(struct reading *r, const char *text,
	bool (*take)(struct reading *r, const char *part, size_t at), size_t at);

bool read_number(struct reading *r, const char *value, size_t at);
bool read_count(struct reading *r, const char *value, size_t at);
bool read_yes(struct reading *r, const char *value, size_t at);
bool read_spans(struct reading *r, const char *value, size_t at);
bool read_tpm(struct reading *r, const char *value, size_t at);
bool read_window(struct reading *r, const char *value, size_t at);
bool read_sliding(struct reading *r, const char *value, size_t at);
bool read_steps(struct reading *r, const char *value, size_t at);
bool read_refusal_latency(struct reading *r, const char *value, size_t at);
bool read_status(struct reading *r, const char *value, size_t at);
bool read_retry_after(struct reading *r, const char *value, size_t at);
bool read_headers(struct reading *r, const char *value, size_t at);
bool read_headers_at(struct reading *r, const char *value, size_t at);
bool read_neighbour(struct reading *r, const char *value, size_t at);
bool read_noise(struct reading *r, const char *value, size_t at);
bool read_tokens(struct reading *r, const char *value, size_t at);
bool read_learned(struct reading *r, const char *value, size_t at);
bool read_free(struct reading *r, const char *value, size_t at);
bool read_pace(struct reading *r, const char *value, size_t at);
bool read_seed(struct reading *r, const char *value, size_t at);

#endif
