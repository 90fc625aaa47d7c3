/* What differs between APIs: where the key goes, default addresses, usage fields. One row each. */
#ifndef SLUICE_API_PROVIDER_H
#define SLUICE_API_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/json.h"

struct provider {
	const char *name;        /* "openai", "anthropic", "raw" */
	const char *default_url; /* base URL; NULL: --url is needed for relative urls */
	const char *url_env;     /* variable that overrides it; NULL */
	const char *key_env;     /* variable of the key; NULL: none */
	const char *body_path;   /* where bare bodies go when nothing else tells:
				    "/v1/chat/completions"; "" is the base URL itself */
	const char *key_header; /* "Authorization: Bearer " or "x-api-key: "; the key is appended */
	const char *const *headers; /* further fixed "Name: value" headers, NULL-terminated */
	bool key_required;          /* its default URL answers nothing without a key */
	bool answers_json; /* a 2xx answer that is not JSON, or holds an error, is a failure */
};

/* By name; NULL when unknown. */
const struct provider *provider_by_name(const char *name);
/* The list, for help and checks. */
const struct provider *provider_table(size_t *n);
/* Guess for `auto`: an Anthropic batch line means anthropic, a plain HTTP call (FORMAT_HTTP) raw,
 * else openai. */
const struct provider *provider_guess(const char *first_line, size_t len);
/* The path a bare body is sent to, by its members: "messages" chat, "prompt" completions, "input"
 * embeddings, or responses when another member or the model's name tells. Static text. */
const char *provider_body_path(const struct provider *p, struct json_span body);

#endif
