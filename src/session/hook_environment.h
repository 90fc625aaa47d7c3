/* The environment of a hook: that of the process without the run's keys. */
#ifndef SLUICE_SESSION_HOOK_ENVIRONMENT_H
#define SLUICE_SESSION_HOOK_ENVIRONMENT_H

#include "plan/secrets.h"

/* A NULL-terminated list. Left out are: the variables named by `keys` (NULL-terminated; NULL: none)
 * and by the providers' table, and those whose value holds a secret. Those of a proxy stay: the
 * command may need them. `more` are "NAME=VALUE" to add, NULL-terminated. Free with
 * hook_environment_free(). */
char **hook_environment(const struct secrets *secrets, char *const *keys, const char *const *more);
void hook_environment_free(char **environment);

#endif
