/* The findings of `sluice check` (check.c), and their output (check_print.c). */
#ifndef SLUICE_CLI_CHECK_IMPL_H
#define SLUICE_CLI_CHECK_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "api/request.h"
#include "base/idmap.h"
#include "figures.h"
#include "flow/pipeline.h"
#include "plan/settings.h"

enum { CHECK_PROBLEMS = 20, CHECK_ODDITIES = 10, CHECK_MODELS = 10, CHECK_MODELS_KNOWN = 10000 };

struct check_problem {
	uint64_t line;
	char message[300];
};

/* A likely mistake in lines that can be sent. */
struct check_oddity {
	uint64_t line; /* the first one */
	uint64_t lines;
	char text[200];
};

struct check_model {
	char name[64]; /* sanitised */
	uint64_t items;
};

/* The place of an item's line, to read it again when an id seems to repeat. */
struct check_place {
	uint64_t offset;
	uint32_t len;
	uint32_t number;
};

struct check {
	struct input_part part; /* that was read, if not all */
	uint64_t bytes, items, good, bad, duplicates;
	uint64_t formats[FORMAT_HTTP + 1];
	struct check_problem problems[CHECK_PROBLEMS]; /* the first ones */
	size_t n_problems;
	struct check_oddity oddities[CHECK_ODDITIES]; /* the first ones */
	size_t n_oddities;
	char form[200];      /* how the input is read */
	uint64_t empty_rows; /* skipped */

	/* Most used first once the input has ended; the first CHECK_MODELS_KNOWN names. */
	struct check_model *models;
	size_t n_models;
	struct idmap model_index;

	char *first;        /* the first filled template, indented; NULL: none */
	char *first_target; /* "POST https://…" of the first good item, redacted; NULL: no address
			     */
	const struct pipeline *pipeline; /* the stages of the items; borrowed; NULL: none */
	double tokens_in;   /* estimate, of good items; of a pipeline of their first stages */
	double tokens_out;  /* sum of their max_tokens */
	uint64_t unlimited; /* good items without max_tokens */
	double usd_in;      /* of the input */
	double usd_most;    /* with the output */
	uint64_t unpriced;  /* requests whose model has no price */

	struct idmap ids; /* of the id's text, to the index in places */
	struct check_place *places;
	size_t n_places, cap_places;
};

/* To standard output. */
void check_print_text(const struct check *c, const struct run_settings *s);
void check_print_json(const struct check *c, const struct run_settings *s);

#endif
