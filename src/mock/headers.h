/* Writes the headers of an answer, in the forms of the providers' documentation (OpenAI and
 * Anthropic, "Rate limits") and of draft-ietf-httpapi-ratelimit-headers-06 to -08. Pure. */
#ifndef SLUICE_MOCK_HEADERS_H
#define SLUICE_MOCK_HEADERS_H

#include <stdint.h>

#include "mock/call.h"
#include "mock/model.h"

enum { MAX_HEADERS = 16 };

struct header {
	const char *name; /* static */
	char value[80];
};

struct header_list {
	struct header at[MAX_HEADERS];
	int n;
};

/* Adds a header; one that does not fit is left out. */
void header_add(struct header_list *l, const char *name, const char *value);
/* Adds "x-request-id", or "request-id" for Anthropic's clients. */
void header_add_request_id(struct header_list *l, const struct call *c);
/* Adds the quotas that are on, in this form (enum mock_headers). wall_us: now. */
void header_add_quotas(
	struct header_list *l, const struct model_decision *d, int form, int64_t wall_us);
/* Adds Retry-After in this form (enum mock_retry_after) when the decision has a wait. */
void header_add_retry_after(struct header_list *l, const struct model_decision *d, int form);
/* Writes a duration as OpenAI does for resets: "12ms", "1.2s", "6m0s". */
void header_reset(int64_t us, char *out, size_t size);

#endif
