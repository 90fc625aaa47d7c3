/* The secrets of a run, or of one request: what no answer, file, message or screen may show. Pure.
 */
#ifndef SLUICE_PLAN_SECRETS_H
#define SLUICE_PLAN_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct secrets {
	char **text;
	size_t n, cap;
};

/* Adds one; those that are too short to be looked for (REDACT_MIN) and doubles are left out. */
void secrets_add(struct secrets *s, const char *text, size_t len);
/* Adds what the header lines ("Name: value", line breaks between them) with secret names hold: the
 * value, behind the scheme of an Authorization, of cookies each. */
void secrets_add_headers(struct secrets *s, const char *lines, size_t len);
/* Adds the password of a URL, also as Basic authentication sends it, and the values of its query
 * that are keys or tokens. */
void secrets_add_url(struct secrets *s, const char *url);
/* Replaces what out holds by text with all of them redacted; false, and out as it was, when text
 * holds none. */
bool secrets_scrub(const struct secrets *s, const char *text, size_t len, struct buf *out);
/* Forgets them, and wipes their memory; usable again. */
void secrets_clear(struct secrets *s);
/* The same, and gives the list back. */
void secrets_free(struct secrets *s);

#endif
