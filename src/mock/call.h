/* A request to the mock API: its endpoint, its model, what is asked of the model. Pure. */
#ifndef SLUICE_MOCK_CALL_H
#define SLUICE_MOCK_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mock/members.h"
#include "mock/paths.h"
#include "mock/tools.h"

/* What the mock counts as a token. */
enum { CHARS_PER_TOKEN = 4 };

/* A request as it came. */
struct call_request {
	const char *method, *path;
	bool anthropic; /* its headers are those of Anthropic's clients */
	const char *body;
	size_t len;
};

/* Spans and texts borrow from the request. */
struct call {
	enum call_kind kind;
	const char *method, *path;
	size_t bytes;                     /* of the body */
	struct json_span member[MEMBERS]; /* absent: not given */
	struct json_span model;           /* a string of usual length; absent: none */
	struct json_span script;          /* a string member "mock": see script.h */
	bool azure, anthropic;            /* whose forms the answer has; neither: OpenAI's */
	bool stream, include_usage;
	uint64_t hash;   /* hash of path and body, so that the same request gets the same text */
	uint64_t serial; /* number of the answer, for unique ids */
	int64_t tokens_in;

	/* what the model says, see reply.h */
	int choices;           /* texts in the answer; 0 means 1 */
	int64_t tokens_out;    /* of all choices */
	int64_t tokens_choice; /* of one */
	bool json;             /* small talk in the form of a JSON object */
	bool cut;              /* tokens_choice is the limit of the request */
	const char *text; /* text to answer, escaped as within a JSON string; NULL: small talk */
	bool silent;      /* the text is null */
	struct json_span tool; /* the name of the tool to be called; absent: none */
	const char *arguments; /* of the tool: a JSON object, perhaps cut */
	const char *finish;    /* reason of the end; NULL: the usual one */
};

/* Fills c from a request, as far as it goes when there is a fault. */
void call_read(struct call *c, const struct call_request *r, struct call_fault *fault);
/* The number of texts in the answer, at least 1. */
static inline int call_choices(const struct call *c)
{
	return c->choices > 0 ? c->choices : 1;
}

#endif
