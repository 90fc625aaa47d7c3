#include "serve/routes.h"

#include <stdio.h>
#include <string.h>

#include "serve/anthropic.h"
#include "serve/info.h"
#include "serve/models.h"
#include "serve/openai.h"
#include "serve/pass.h"
#include "serve/prompt_socket.h"
#include "serve/simple.h"

static const char json[] = "application/json", form[] = "multipart/form-data";

static const struct route routes[] = {
	{"POST", "/v1/files", &error_form_openai, form, false, openai_upload_begin, openai_upload,
		"Upload a file"},
	{"GET", "/v1/files", &error_form_openai, NULL, false, NULL, openai_list_files,
		"List files"},
	{"GET", "/v1/files/{id}", &error_form_openai, NULL, false, NULL, openai_get_file,
		"Retrieve a file"},
	{"GET", "/v1/files/{id}/content", &error_form_openai, NULL, false, NULL, openai_get_content,
		"Retrieve a file's content"},
	{"DELETE", "/v1/files/{id}", &error_form_openai, NULL, false, NULL, openai_delete_file,
		"Delete a file"},
	{"POST", "/v1/batches", &error_form_openai, json, false, NULL, openai_create_batch,
		"Create a batch"},
	{"GET", "/v1/batches", &error_form_openai, NULL, false, NULL, openai_list_batches,
		"List batches"},
	{"GET", "/v1/batches/{id}", &error_form_openai, NULL, false, NULL, openai_get_batch,
		"Retrieve a batch"},
	{"POST", "/v1/batches/{id}/cancel", &error_form_openai, NULL, false, NULL,
		openai_cancel_batch, "Cancel a batch"},
	{"POST", "/v1/messages/batches", &error_form_anthropic, json, false, anthropic_create_begin,
		anthropic_create, "Create a message batch"},
	{"GET", "/v1/messages/batches", &error_form_anthropic, NULL, false, NULL, anthropic_list,
		"List message batches"},
	{"GET", "/v1/messages/batches/{id}", &error_form_anthropic, NULL, false, NULL,
		anthropic_get, "Retrieve a message batch"},
	{"DELETE", "/v1/messages/batches/{id}", &error_form_anthropic, NULL, false, NULL,
		anthropic_delete, "Delete a message batch"},
	{"POST", "/v1/messages/batches/{id}/cancel", &error_form_anthropic, NULL, false, NULL,
		anthropic_cancel, "Cancel a message batch"},
	{"GET", "/v1/messages/batches/{id}/results", &error_form_anthropic, NULL, false, NULL,
		anthropic_results, "Retrieve the results of a message batch"},
	{"GET", "/v1/models", &error_form_openai, NULL, false, NULL, models_list, "List models"},
	{"GET", "/v1/models/{model}", &error_form_openai, NULL, false, NULL, models_get,
		"Retrieve a model"},
	{"POST", "/complete", &error_form_openai, json, false, pass_begin, simple_complete,
		"Answer a prompt"},
	{"POST", "/batch", &error_form_openai, json, false, simple_create_begin, simple_create,
		"Answer many prompts"},
	{"GET", "/batch/{id}", &error_form_openai, NULL, false, NULL, simple_get,
		"Progress and answers of many prompts"},
	{"POST", "/batch/{id}/cancel", &error_form_openai, NULL, false, NULL, simple_cancel,
		"Cancel unanswered prompts"},
	{"GET", "/stream", &error_form_openai, NULL, false, NULL, prompt_socket,
		"Answer prompts on a WebSocket"},
	{"POST", "/v1/chat/completions", &error_form_openai, json, false, pass_begin, pass_call,
		"Answer a chat"},
	{"POST", "/v1/completions", &error_form_openai, json, false, pass_begin, pass_call,
		"Complete a text"},
	{"POST", "/v1/responses", &error_form_openai, json, false, pass_begin, pass_call,
		"Answer an input"},
	{"POST", "/v1/embeddings", &error_form_openai, json, false, pass_begin, pass_call,
		"Embed texts"},
	{"POST", "/v1/moderations", &error_form_openai, json, false, pass_begin, pass_call,
		"Judge an input"},
	{"POST", "/v1/images/generations", &error_form_openai, json, false, pass_begin, pass_call,
		"Make images"},
	{"POST", "/v1/messages", &error_form_anthropic, json, false, pass_begin, pass_call,
		"Answer messages"},
	{"POST", "/v1/messages/count_tokens", &error_form_anthropic, json, false, pass_begin,
		pass_call, "Count the tokens of messages"},
	{"GET", "/healthz", &error_form_openai, NULL, true, NULL, info_health,
		"Health of the service"},
	{"GET", "/readyz", &error_form_openai, NULL, true, NULL, info_ready,
		"Readiness of the service"},
	{"GET", "/metrics", &error_form_openai, NULL, false, NULL, info_metrics,
		"Prometheus metrics of the caller"},
	{"GET", "/openapi.json", &error_form_openai, NULL, true, NULL, info_openapi,
		"This description"},
};

enum {
	ROUTES = sizeof(routes) / sizeof(routes[0]),
	FRONT = 6, /* no route has a hole before, and few have the same */
};

const struct route *route_table(size_t *n)
{
	*n = ROUTES;
	return routes;
}

/* An id of another form is some id that is not there. */
static bool take_id(const char *text, size_t len, char id[SERVE_ID_SIZE])
{
	if (!len)
		return false;
	snprintf(id, SERVE_ID_SIZE, "%.*s", (int)(len < SERVE_ID_SIZE ? len : SERVE_ID_SIZE - 1),
		text);
	if (len >= SERVE_ID_SIZE || !serve_id_valid(id))
		strcpy(id, "?");
	return true;
}

static bool matches(const char *pattern, const char *path, char id[SERVE_ID_SIZE])
{
	static const char hole[] = "{id}", rest[] = "{model}";

	while (*pattern) {
		/* a name with any characters, which the route reads from the path itself */
		if (!strcmp(pattern, rest)) {
			strcpy(id, "?");
			return *path != '\0';
		}
		if (!strncmp(pattern, hole, strlen(hole))) {
			size_t len = strcspn(path, "/");

			if (!take_id(path, len, id))
				return false;
			pattern += strlen(hole);
			path += len;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*path;
}

static bool takes(const struct route *route, const char *method)
{
	return !strcmp(route->method, method) ||
	       (!strcmp(route->method, "GET") && !strcmp(method, "HEAD"));
}

/* "GET, POST" */
static const char *join_methods(unsigned set)
{
	static const char *const joined[] = {NULL, "GET", "POST", "GET, POST", "DELETE",
		"GET, DELETE", "POST, DELETE", "GET, POST, DELETE"};

	return joined[set];
}

const struct route *route_find(
	const char *method, const char *path, char id[SERVE_ID_SIZE], const char **allow)
{
	unsigned set = 0;

	for (int i = 0; i < ROUTES; i++) {
		const struct route *route = &routes[i];

		id[0] = '\0';
		if (strncmp(route->path, path, FRONT) != 0 || !matches(route->path, path, id))
			continue;
		if (takes(route, method))
			return route;
		set |= !strcmp(route->method, "GET") ? 1 : !strcmp(route->method, "POST") ? 2 : 4;
	}
	*allow = join_methods(set);
	return NULL;
}

const struct error_form *route_form(const char *path)
{
	static const char messages[] = "/v1/messages";

	return strncmp(path, messages, strlen(messages)) != 0 ? &error_form_openai
							      : &error_form_anthropic;
}
