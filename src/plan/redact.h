/* Secrets taken out of what is shown or saved of a request. Pure. */
#ifndef SLUICE_PLAN_REDACT_H
#define SLUICE_PLAN_REDACT_H

#include <stdbool.h>

#include "base/buf.h"

#define REDACTED "[redacted]"

/* Shorter secrets are not looked for: they would make holes all over a text that has nothing to do
 * with them. */
enum { REDACT_MIN = 8 };

/* Does a header of this name carry a secret by custom ("Authorization", "X-Api-Key", "Cookie", …)?
 */
bool redact_is_secret_header(const char *name, size_t len);
/* Appends header lines ("Name: value", LF or CRLF behind each) with LF, values of secret ones
 * redacted. */
void redact_headers(const char *lines, size_t len, struct buf *out);
/* Appends a URL without the user and password it may hold, and without the values of query
 * parameters that are keys or tokens. */
void redact_url(const char *url, struct buf *out);
/* Replaces what out holds by text without the users and passwords of the addresses in it, that is,
 * of what stands in front of an '@' behind a blank, a quote or "://". False, and out as it was,
 * when there are none. */
bool redact_users(const char *text, size_t len, struct buf *out);
/* Replaces what out holds by text with every occurrence of the secret redacted, also where any of
 * its characters are escaped (\/, \u002f, %2f, &#47;), and of a long one with what stands there of
 * it from its front, if that is half of it. False, and out as it was, when text does not hold it or
 * it is shorter than REDACT_MIN. */
bool redact_copy(const char *text, size_t len, const char *secret, struct buf *out);
/* Replaces every occurrence of the secret in b. */
void redact_text(struct buf *b, const char *secret);

#endif
