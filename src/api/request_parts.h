/* What the checking and the building of requests share, providers included; not for others. */
#ifndef SLUICE_API_REQUEST_PARTS_H
#define SLUICE_API_REQUEST_PARTS_H

#include "api/request.h"

/* Ceilings of what a line may hold besides its body. */
enum { REQUEST_MAX_URL = 64 << 10, REQUEST_MAX_HEADERS = 64 << 10 };

/* The decoded text of a string span: a part of it when it has no escapes, else in scratch (emptied
 * first). False when that is full. */
bool request_text(struct json_span v, struct buf *scratch, const char **text, size_t *len);

/* Does the text begin with a URL scheme ("https:")? *len gets its length without the colon. */
bool request_url_scheme(const char *url, size_t url_len, size_t *len);

/* Can a request go to this URL, absolute or relative? Userinfo in it may be a secret: messages
 * never show more of it than its scheme. */
bool request_url_valid(const char *url, size_t len, struct error *err);

/* Checks the members of a headers object and, when out is not NULL, appends them as lines.
 * *content_type: whether it names one. */
bool request_headers(
	struct json_span headers, struct buf *out, bool *content_type, struct error *err);

/* The method in upper case; the default when the line has none. */
bool request_method(const struct request_line *line, char out[16], struct error *err);

#endif
