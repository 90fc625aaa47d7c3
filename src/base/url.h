/* URLs: where their parts stand, by their text alone, and what libcurl makes of them. Pure. */
#ifndef SLUICE_BASE_URL_H
#define SLUICE_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Places in a URL of any kind, well formed or not. */
struct url_parts {
	const char *authority; /* behind "://"; the text itself when there is none */
	const char *host;      /* behind the user and password, by the last '@' of the authority:
				* should a password hold others, none of it is in the host */
	const char *end;       /* of the authority: where path, query or fragment begin */
};

/* Never fails, and allocates nothing. */
struct url_parts url_split(const char *url);
/* Does it name a user, or a password? */
bool url_has_user(const char *url);

/* Why libcurl would not try the host and port of an absolute URL; NULL: it would. Static text. Path
 * and query are not looked at. */
const char *url_fault(const char *url, size_t len);
/* The host that libcurl would connect to, an IPv6 address in brackets; owned. NULL when it takes
 * the text for no URL. */
char *url_host(const char *url);

/* Appends text percent-encoded but for the unreserved characters of RFC 3986, 2.3. False when it
 * does not fit. */
bool url_escape(struct buf *out, const char *text, size_t len);

#endif
