/* The target of a run's requests: provider, base URL and API version. No secrets, no network. */
#ifndef SLUICE_PLAN_BASE_URL_H
#define SLUICE_PLAN_BASE_URL_H

#include "api/request.h"
#include "base/error.h"
#include "plan/settings.h"

/* Determines them from the options, the environment and the defaults; `auto` uses the URL, else the
 * input's first line. *given: the user gave the base URL. False and err for an invalid variable or
 * provider; free with session_address_free() in either case. */
bool session_address_find(const struct target_settings *target, const char *first_line, size_t len,
	struct endpoint *out, bool *given, struct error *err);
void session_address_free(struct endpoint *endpoint);

#endif
