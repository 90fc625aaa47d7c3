/* The differences between APIs. A provider is one file, provider_NAME.c: where its key and its
 * requests go, how it changes a body, and how its answers report errors and text. Readers for all
 * providers do the rest: usage (usage.h), waits and ids (headers.h), outcomes (response.c), limit
 * headers (rate_headers.h). */
#ifndef SLUICE_API_PROVIDER_H
#define SLUICE_API_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "api/answer_body.h"
#include "api/request.h"
#include "api/response.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

struct provider {
	const char *name;           /* "openai", "azure", "anthropic", "raw" */
	const char *default_url;    /* base URL; NULL: --url is needed for relative urls */
	const char *url_env;        /* variable that overrides it; NULL: none */
	const char *key_env;        /* variable of the key; NULL: none */
	const char *key_header;     /* "Authorization: Bearer " or "x-api-key: ", without the key */
	const char *api_version;    /* sent unless another is given; NULL: the API has none */
	const char *version_env;    /* variable that overrides it */
	const char *const *headers; /* further fixed "Name: value" headers, NULL-terminated */
	bool answers_json; /* a 2xx without JSON, with an error, or without what was asked for is a
			      failure */

	/* Building a request. */

	/* The path of a line without a url; "" is the base URL itself. Static text. */
	const char *(*path)(const struct request_line *line);
	/* Appends the URL of a relative path below the endpoint's base URL. False and err when it
	 * is invalid or does not fit. */
	bool (*url)(const struct endpoint *e, const struct request_line *line, const char *path,
		size_t len, struct buf *out, struct error *err);
	/* Makes a built request ask for a stream when its body or ask says so; false when the body
	 * grew too large. NULL: bodies stay unchanged. */
	bool (*shape)(struct request *r, bool ask);

	/* Reading an answer. */

	/* Reads code and message of an error answer; message stays "" when the body has none. */
	void (*error)(const struct answer_members *m, struct verdict *out);
	/* Appends the model's text of a valid body; false when it has none. */
	bool (*text)(struct json_span body, struct buf *out);
};

/* The provider of this name; NULL when unknown. */
const struct provider *provider_by_name(const char *name);
/* All n providers, for help and checks. Static. */
const struct provider *const *provider_table(size_t *n);
/* The provider of an address; NULL when the URL does not show it. */
const struct provider *provider_of_url(const char *url);
/* May the version stand in a URL, as "2024-10-21" and "preview" may? */
bool provider_version_valid(const char *version);
/* The guess of `auto`: anthropic for an Anthropic batch line, raw for a plain HTTP call
 * (FORMAT_HTTP), else openai. Never NULL. */
const struct provider *provider_guess(const char *first_line, size_t len);
/* The provider whose form a line has at an endpoint of p: raw for a plain HTTP call; Anthropic's
 * for messages and OpenAI's for its calls, since gateways take both; else p. */
const struct provider *provider_of(const struct provider *p, const struct request_line *line);
/* What a built request to an API of p asks for, by the end of its path. Only a POST asks. */
enum asked provider_asked(const struct provider *p, const struct request *r);

#endif
