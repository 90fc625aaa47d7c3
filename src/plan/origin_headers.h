/* Headers and their permitted origins: --header-for, and the origins that may get the run's own
 * secrets. */
#ifndef SLUICE_PLAN_ORIGIN_HEADERS_H
#define SLUICE_PLAN_ORIGIN_HEADERS_H

#include "base/buf.h"
#include "base/error.h"
#include "plan/origin.h"
#include "plan/secrets.h"

struct origin_header {
	char *origin; /* owned */
	char *line;   /* "Name: value"; owned */
	bool secret;  /* by its name */
};

struct origin_headers {
	struct origins home; /* of the run's endpoints */
	struct origin_header *at;
	size_t n;
};

/* Is it an origin (an absolute URL without user, path and query), blanks, and a header line? */
bool origin_header_valid(const char *text);
/* Adds a header of --header-for. False and err, which shows no value, when it is malformed, or when
 * its secret would go over the network unencrypted without allow_http. */
bool origin_headers_add(
	struct origin_headers *h, const char *text, bool allow_http, struct error *err);
/* Appends the lines for a URL, except names that `own` ("Name: value" lines) has. */
void origin_headers_for(
	const struct origin_headers *h, const char *url, const char *own, struct buf *out);
/* Appends the lines for a URL as they may be shown; url NULL: all of them that are no secrets, with
 * the origin in front. */
void origin_headers_show(const struct origin_headers *h, const char *url, struct buf *out);
void origin_headers_secrets(const struct origin_headers *h, struct secrets *out);
void origin_headers_free(struct origin_headers *h);

#endif
