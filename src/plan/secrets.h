/* The secrets of a run, or of one request, which no answer, file, message or screen may show. Pure.
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

/* Adds a secret; short ones (REDACT_MIN) and duplicates are ignored. */
void secrets_add(struct secrets *s, const char *text, size_t len);
/* Adds the values of header lines ("Name: value", separated by line breaks) with secret names:
 * without the scheme of an Authorization, and each cookie separately. */
void secrets_add_headers(struct secrets *s, const char *lines, size_t len);
/* Adds the password of a URL, also as Basic authentication sends it, and the values of its query
 * that are keys or tokens. */
void secrets_add_url(struct secrets *s, const char *url);
/* Replaces out by the text with all secrets redacted; false, and out unchanged, when the text
 * contains none. */
bool secrets_scrub(const struct secrets *s, const char *text, size_t len, struct buf *out);
/* Forgets them, and wipes their memory; usable again. */
void secrets_clear(struct secrets *s);
/* The same, and gives the list back. */
void secrets_free(struct secrets *s);

#endif
