/* Parses a request to the mock API: its endpoint, its model, its tokens. Pure. */
#ifndef SLUICE_MOCK_CALL_H
#define SLUICE_MOCK_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

enum call_kind {
	CALL_RAW, /* any other path */
	CALL_CHAT,
	CALL_COMPLETION,
	CALL_RESPONSES,
	CALL_EMBEDDINGS,
	CALL_MESSAGES, /* Anthropic */
};

/* Spans and text borrow from the request. */
struct call {
	enum call_kind kind;
	const char *method, *path;
	size_t bytes; /* of the body */
	struct json_span model, input;
	struct json_span script; /* a string member "mock": see script.h */
	bool azure;              /* a path of Azure OpenAI's */
	bool stream, include_usage;
	bool json;       /* response_format asks for JSON */
	uint64_t hash;   /* hash of path and body, so that the same request gets the same text */
	uint64_t serial; /* number of the answer, for unique ids */
	int64_t tokens_in, tokens_out;
	const char *text; /* text to answer, escaped as within a JSON string; NULL: small talk */
	bool cut;         /* tokens_out is the request's max_tokens */
};

/* The endpoint by the end of the path, so a prefix before "/v1" does no harm; anything but POST is
 * raw. */
enum call_kind call_kind_of(const char *method, const char *path);
/* Fills c from a request; completions have mean_tokens_out tokens on average. NULL, or static text
 * saying what is wrong: an LLM endpoint needs a JSON object. */
const char *call_read(struct call *c, const char *method, const char *path, const char *body,
	size_t len, double mean_tokens_out);

#endif
