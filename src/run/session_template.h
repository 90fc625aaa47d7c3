/* The file of --template, read before anything is sent. */
#ifndef SLUICE_RUN_SESSION_TEMPLATE_H
#define SLUICE_RUN_SESSION_TEMPLATE_H

#include "api/template.h"

/* *out is the template of the file, owned by the caller, and stays NULL when path is. False and err
 * when it cannot be read or is none. */
bool session_read_template(const char *path, struct template **out, struct error *err);

#endif
