/* Which endpoint a method and a path are. Pure. */
#ifndef SLUICE_MOCK_PATHS_H
#define SLUICE_MOCK_PATHS_H

#include <stdbool.h>

enum call_kind {
	CALL_RAW, /* any path outside the APIs */
	CALL_CHAT,
	CALL_COMPLETION,
	CALL_RESPONSES,
	CALL_EMBEDDINGS,
	CALL_MESSAGES,     /* Anthropic */
	CALL_COUNT_TOKENS, /* Anthropic */
	CALL_MODELS,       /* the list of models, or one of them */
	CALL_UNKNOWN,      /* a path of an API that has no such endpoint: 404 */
	CALL_BAD_METHOD,   /* an endpoint that is not called this way: 405 */
	CALL_KINDS
};

/* The endpoint by the end of the path, so a prefix before "/v1" does no harm. Only a path that
 * begins with /v1, or is one of Azure OpenAI's, can be unknown: any other one is raw, because the
 * mock also stands for HTTP APIs that it does not know. */
enum call_kind call_kind_of(const char *method, const char *path);
/* The name of the model in the path of CALL_MODELS, borrowed from it; NULL: it is the list. */
const char *path_model(const char *path);

#endif
