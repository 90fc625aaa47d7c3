/* The file of --template, read before anything is sent. */
#ifndef SLUICE_PLAN_TEMPLATE_LOAD_H
#define SLUICE_PLAN_TEMPLATE_LOAD_H

#include "api/rows.h"
#include "plan/settings.h"

/* *out are rows for the template of the file, owned by the caller, and stays NULL when path is.
 * False and err when it cannot be read or is none. */
bool session_read_template(const char *path, struct rows **out, struct error *err);

#endif
