/* The input of a run, as the start record of a session tells it, and where it is now. */
#ifndef SLUICE_LEDGER_RUN_INPUT_H
#define SLUICE_LEDGER_RUN_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "api/request.h"

/* What the record does not tell is NULL, or FORMAT_AUTO. */
struct run_input {
	char *name; /* as it was given; "-": a pipe */
	char *path; /* absolute; earlier releases did not write it */
	enum input_format format;
	char form[200]; /* its form in words, see input_form_as(); "": unknown */
};

/* Reads a start record in place of an earlier one's. run_input_free() in any case. */
void run_input_read(struct run_input *in, const char *record, size_t len);
void run_input_free(struct run_input *in);
bool run_input_is_pipe(const struct run_input *in);
/* The path of the input: its absolute one, else beside the results, since a folder that was moved
 * has both; if it is in neither place, as the record has it. NULL: it was a pipe, or is not known.
 * Owned by the caller. */
char *run_input_place(const struct run_input *in, const char *results);

#endif
