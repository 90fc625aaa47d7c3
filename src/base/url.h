/* URLs: the places of their parts by the text alone, and libcurl's judgement of them. Pure. */
#ifndef SLUICE_BASE_URL_H
#define SLUICE_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Places in a URL, well formed or not. */
struct url_parts {
	const char *authority; /* after "://"; the text itself when there is none */
	const char *host; /* after user and password, by the last '@' of the authority, so that no
			     part of a password counts as the host */
	const char *end;  /* end of the authority: path, query or fragment begin here */
};

/* Finds the places; never fails, allocates nothing. They borrow from the text. */
struct url_parts url_split(const char *url);
/* Does the URL hold a user or a password? */
bool url_has_user(const char *url);

/* The reason why libcurl would reject the host and port of an absolute URL, static text; NULL: it
 * accepts them. Path and query are not checked. */
const char *url_fault(const char *url, size_t len);
/* The host that libcurl would connect to, an IPv6 address in brackets; the caller frees it. NULL
 * when libcurl rejects the URL. */
char *url_host(const char *url);

/* Appends text percent-encoded except for the unreserved characters of RFC 3986, 2.3. False when it
 * does not fit. */
bool url_escape(struct buf *out, const char *text, size_t len);

#endif
