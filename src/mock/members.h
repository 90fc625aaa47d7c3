/* The members of a request to an LLM endpoint: where they are, and what is wrong with them. Pure.
 */
#ifndef SLUICE_MOCK_MEMBERS_H
#define SLUICE_MOCK_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "mock/paths.h"

/* The members that the mock reads. */
enum member {
	MEMBER_MODEL,
	MEMBER_MESSAGES,
	MEMBER_INPUT,
	MEMBER_PROMPT,
	MEMBER_MOCK, /* see script.h */
	MEMBER_STREAM,
	MEMBER_STREAM_OPTIONS,
	MEMBER_RESPONSE_FORMAT,
	MEMBER_TEXT,          /* Responses: its format */
	MEMBER_OUTPUT_CONFIG, /* Anthropic: its format */
	MEMBER_MAX_TOKENS,
	MEMBER_MAX_COMPLETION_TOKENS,
	MEMBER_MAX_OUTPUT_TOKENS,
	MEMBER_N,
	MEMBER_TEMPERATURE,
	MEMBER_TOP_P,
	MEMBER_DIMENSIONS,
	MEMBER_ENCODING_FORMAT,
	MEMBER_TOOLS,
	MEMBER_TOOL_CHOICE,
	MEMBER_INSTRUCTIONS,
	MEMBER_METADATA,
	MEMBER_PREVIOUS_RESPONSE,
	MEMBER_PARALLEL_TOOL_CALLS,
	MEMBERS
};

/* A refusal of the request in the words of its API. */
struct call_fault {
	int status;       /* 0: nothing is wrong */
	bool unreadable;  /* the body is no JSON object at all */
	const char *code; /* of OpenAI's; static; NULL: none */
	char param[64];   /* of OpenAI's; "": none */
	char text[256];
};

/* Finds the members of a body. False and a fault when it is not a JSON object. */
bool members_find(const char *body, size_t len, bool anthropic, struct json_span out[MEMBERS],
	struct call_fault *fault);
/* Sets the fault of the first member that is missing, or has a bad type or value. has_model: the
 * path names the model. */
void members_check(enum call_kind kind, const struct json_span member[MEMBERS], bool has_model,
	struct call_fault *fault);

/* Set the fault that a member is missing, or is of a bad type; name: with dots and indexes in
 * brackets, "messages[0].role", as OpenAI writes it (Anthropic: "messages.0.role"). */
void fault_missing(struct call_fault *fault, enum call_kind kind, const char *name);
/* Sets a fault with status 400. param, code: of OpenAI's; NULL: none. */
void fault_set(struct call_fault *fault, const char *param, const char *code, const char *format,
	...) __attribute__((format(printf, 4, 5)));
/* Is the endpoint one of Anthropic's? */
static inline bool kind_is_anthropic(enum call_kind kind)
{
	return kind == CALL_MESSAGES || kind == CALL_COUNT_TOKENS;
}

#endif
