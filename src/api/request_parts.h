/* Shared by the checking and the building of requests and the providers. Private to src/api. */
#ifndef SLUICE_API_REQUEST_PARTS_H
#define SLUICE_API_REQUEST_PARTS_H

#include "api/request.h"

/* Ceilings in bytes of a line's URL and headers. */
enum { REQUEST_MAX_URL = 64 << 10, REQUEST_MAX_HEADERS = 64 << 10 };

/* The decoded text of a string span: borrowed from it when it has no escapes, else from scratch
 * (emptied first). False when scratch is full. */
bool request_text(struct json_span v, struct buf *scratch, const char **text, size_t *len);

/* Does the text begin with a URL scheme ("https:")? *len: its length without the colon. */
bool request_url_scheme(const char *url, size_t url_len, size_t *len);

/* Can a request go to this URL, absolute or relative? Its userinfo may be a secret, so messages
 * show only its scheme. */
bool request_url_valid(const char *url, size_t len, struct error *err);

/* Checks the members of a headers object and, when out is not NULL, appends them as lines.
 * *content_type: whether it names one. */
bool request_headers(
	struct json_span headers, struct buf *out, bool *content_type, struct error *err);

/* Writes the method in upper case; the default when the line has none. False and err when it is
 * invalid. */
bool request_method(const struct request_line *line, char out[16], struct error *err);

/* Says what a JSON object is that is no request, and what to do with it. Always false. */
bool request_refuse_other(struct json_span object, struct error *err);

#endif
