/* What differs between APIs. A provider is one file, provider_NAME.c: where its key and its
 * requests go, what of a body it changes, and how its answers tell what they cost, what went wrong
 * and what the model said. What is alike, or told apart by its own name, stays with readers for
 * all: answers' waits and ids (headers.h), outcomes (response.c), limit headers (rate_headers.h).
 */
#ifndef SLUICE_API_PROVIDER_H
#define SLUICE_API_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "api/answer_body.h"
#include "api/request.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

struct provider {
	const char *name;        /* "openai", "azure", "anthropic", "raw" */
	const char *default_url; /* base URL; NULL: --url is needed for relative urls */
	const char *url_env;     /* variable that overrides it; NULL */
	const char *key_env;     /* variable of the key; NULL: none */
	const char *key_header; /* "Authorization: Bearer " or "x-api-key: "; the key is appended */
	const char *api_version;    /* sent unless another is given; NULL: the API has none */
	const char *version_env;    /* variable that overrides it */
	const char *const *headers; /* further fixed "Name: value" headers, NULL-terminated */
	bool answers_json; /* a 2xx answer that is not JSON, or holds an error, is a failure */

	/* Building a request. */

	/* Where a line without a url goes, as a path; "" is the base URL itself. Static text. */
	const char *(*path)(const struct request_line *line);
	/* Appends the URL of a path, which is not absolute, below the endpoint's base URL. */
	bool (*url)(const struct endpoint *e, const struct request_line *line, const char *path,
		size_t len, struct buf *out, struct error *err);
	/* Makes a built request one for a stream when it, or ask, says so; false when its body grew
	 * too large. NULL: bodies go as they are. */
	bool (*shape)(struct request *r, bool ask);

	/* Reading an answer. */

	/* Tokens in and out of a usage object into the verdict. */
	void (*usage)(struct json_span usage, struct verdict *out);
	/* Code and message of an error answer; message stays "" when the body has none. */
	void (*error)(const struct answer_members *m, struct verdict *out);
	/* Appends the text a model answered with, of a valid body; false when it has none. */
	bool (*text)(struct json_span body, struct buf *out);
};

/* By name; NULL when unknown. */
const struct provider *provider_by_name(const char *name);
/* The list, for help and checks. */
const struct provider *const *provider_table(size_t *n);
/* Whose address it is; NULL when it does not show. */
const struct provider *provider_of_url(const char *url);
/* Is it one that may stand in a URL, as "2024-10-21" or "preview"? */
bool provider_version_valid(const char *version);
/* Guess for `auto`: an Anthropic batch line means anthropic, a plain HTTP call (FORMAT_HTTP) raw,
 * else openai. */
const struct provider *provider_guess(const char *first_line, size_t len);
/* Whose request a line is at an endpoint of p: a plain HTTP call may be anybody's; messages are
 * Anthropic's and OpenAI's calls OpenAI's also where gateways take both; all else is p's. */
const struct provider *provider_of(const struct provider *p, const struct request_line *line);

#endif
