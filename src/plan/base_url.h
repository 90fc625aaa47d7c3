/* Where a run's requests go: whose API it is, its base URL and version. No secrets, no network. */
#ifndef SLUICE_PLAN_BASE_URL_H
#define SLUICE_PLAN_BASE_URL_H

#include "api/request.h"
#include "base/error.h"
#include "plan/settings.h"

/* Settles them from the options, the environment and what is usual; `auto` goes by the URL, else by
 * the input's first line. *given: the base URL is one of the user's. False and err when a variable
 * or a provider makes no sense; free with session_address_free() in either case. */
bool session_address_find(const struct target_settings *target, const char *first_line, size_t len,
	struct endpoint *out, bool *given, struct error *err);
void session_address_free(struct endpoint *endpoint);

#endif
