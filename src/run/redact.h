/* Secrets taken out of what is shown or saved of a request. Pure. */
#ifndef SLUICE_RUN_REDACT_H
#define SLUICE_RUN_REDACT_H

#include <stdbool.h>

#include "base/buf.h"

#define REDACTED "[redacted]"

/* Does a header of this name carry a secret by custom ("Authorization", "X-Api-Key", "Cookie", …)?
 */
bool redact_is_secret_header(const char *name, size_t len);
/* Appends header lines ("Name: value", LF or CRLF behind each) with LF, values of secret ones
 * redacted. */
void redact_headers(const char *lines, size_t len, struct buf *out);
/* Where a URL's host begins: behind the scheme, and behind the user and password it may hold. */
const char *redact_host(const char *url);
/* Appends a URL without the user and password it may hold, and without the values of query
 * parameters that are keys or tokens. */
void redact_url(const char *url, struct buf *out);
/* Replaces what out holds by text with every occurrence of the secret redacted, also where single
 * characters of it are escaped (\/, \u002f, %2f). False, and out as it was, when text does not hold
 * it; one of less than eight characters is never looked for: it would be found in innocent text. */
bool redact_copy(const char *text, size_t len, const char *secret, struct buf *out);
/* Replaces every occurrence of the secret in b; one of less than eight characters is left: it would
 * be found in innocent text, too. */
void redact_text(struct buf *b, const char *secret);

#endif
