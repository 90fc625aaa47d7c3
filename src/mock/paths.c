#include "mock/paths.h"

#include <string.h>

#include "mock/azure.h"

#define MODELS "/models"

static bool is_models(const char *path)
{
	size_t len = strlen(path), end = strlen(MODELS);

	return len >= end && memcmp(path + len - end, MODELS, end) == 0;
}

static bool is_of_an_api(const char *path)
{
	return strcmp(path, "/v1") == 0 || strncmp(path, "/v1/", 4) == 0 || azure_is_path(path);
}

const char *path_model(const char *path)
{
	const char *models = strstr(path, MODELS "/");

	return models && models[sizeof(MODELS)] ? models + sizeof(MODELS) : NULL;
}

static const struct post {
	const char *end;
	enum call_kind kind;
} posts[] = {
	{"/chat/completions", CALL_CHAT}, /* before the shorter end */
	{"/completions", CALL_COMPLETION},
	{"/responses", CALL_RESPONSES},
	{"/embeddings", CALL_EMBEDDINGS},
	{"/messages", CALL_MESSAGES},
	{"/messages/count_tokens", CALL_COUNT_TOKENS},
};

/* The endpoint that a text of this length ends with; NULL: none. */
static const struct post *find_post(const char *path, size_t len)
{
	for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++) {
		size_t end = strlen(posts[i].end);

		if (len >= end && memcmp(path + len - end, posts[i].end, end) == 0)
			return &posts[i];
	}
	return NULL;
}

enum call_kind call_kind_of(const char *method, const char *path)
{
	const struct post *post = find_post(path, strlen(path));
	bool of_api = is_of_an_api(path);

	/* what a base URL makes of a path that repeats its end */
	if (strncmp(path, "/v1/v1/", 7) == 0 ||
		(post && find_post(path, strlen(path) - strlen(post->end))))
		return CALL_UNKNOWN;
	if (post && strcmp(method, "POST") == 0)
		return post->kind;
	if (!of_api)
		return CALL_RAW;
	if (post)
		return CALL_BAD_METHOD;
	if (!is_models(path) && !path_model(path))
		return CALL_UNKNOWN;
	return strcmp(method, "GET") == 0 ? CALL_MODELS : CALL_BAD_METHOD;
}
