/* Redacts secrets in shown or saved parts of a request. Pure. */
#ifndef SLUICE_PLAN_REDACT_H
#define SLUICE_PLAN_REDACT_H

#include <stdbool.h>

#include "base/buf.h"

#define REDACTED "[redacted]"

/* Shorter secrets are not redacted: they would leave holes in unrelated text. */
enum { REDACT_MIN = 8 };

/* Does a header of this name carry a secret by custom ("Authorization", "X-Api-Key", "Cookie", …)?
 */
bool redact_is_secret_header(const char *name, size_t len);
/* Appends header lines ("Name: value", each ended by LF or CRLF) with LF, the values of secret ones
 * redacted. */
void redact_headers(const char *lines, size_t len, struct buf *out);
/* Appends a URL without the user and password it may hold, and without the values of query
 * parameters that are keys or tokens. */
void redact_url(const char *url, struct buf *out);
/* Replaces out by the text without the users and passwords of its addresses, that is, the part
 * between a blank, a quote or "://" and an '@'. False, and out unchanged, when there are none. */
bool redact_users(const char *text, size_t len, struct buf *out);
/* Replaces out by the text with every occurrence of the secret redacted, also with escaped
 * characters (\/, \u002f, %2f, &#47;); of a long secret also its first part, from half its length
 * on. False, and out unchanged, when the text does not contain it or it is shorter than REDACT_MIN.
 */
bool redact_copy(const char *text, size_t len, const char *secret, struct buf *out);
/* Replaces every occurrence of the secret in b. */
void redact_text(struct buf *b, const char *secret);

#endif
