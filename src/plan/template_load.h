/* The file of --template, read before anything is sent. */
#ifndef SLUICE_PLAN_TEMPLATE_LOAD_H
#define SLUICE_PLAN_TEMPLATE_LOAD_H

#include "api/rows.h"
#include "input/source.h"
#include "plan/settings.h"

/* *out are rows for the template of the file, owned by the caller, and stays NULL when path is.
 * False and err when it cannot be read or is none. */
bool session_read_template(const char *path, struct rows **out, struct error *err);

/* Is the input a CSV file, by --format or its name? */
bool session_input_is_csv(const struct input_settings *input);
/* Has the source read CSV records when it is one. False and err when there is neither
 * template nor pipeline. */
bool session_prepare_csv(
	const struct input_settings *input, struct source *source, bool *csv, struct error *err);

#endif
