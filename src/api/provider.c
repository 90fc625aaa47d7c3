#include "config.h"

#include "api/provider.h"

#include <string.h>
#include <strings.h>

#include "api/request.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* https://docs.anthropic.com/en/api/versioning */
static const char *const anthropic_headers[] = {"anthropic-version: 2023-06-01", NULL};
static const char *const no_headers[] = {NULL};

static const struct provider providers[] = {
	{
		.name = "openai",
		.default_url = "https://api.openai.com",
		.url_env = "OPENAI_BASE_URL",
		.key_env = "OPENAI_API_KEY",
		.body_path = "/v1/chat/completions",
		.key_header = "Authorization: Bearer ",
		.headers = no_headers,
		.key_required = true,
		.answers_json = true,
	},
	{
		.name = "anthropic",
		.default_url = "https://api.anthropic.com",
		.url_env = "ANTHROPIC_BASE_URL",
		.key_env = "ANTHROPIC_API_KEY",
		.body_path = "/v1/messages",
		.key_header = "x-api-key: ",
		.headers = anthropic_headers,
		.key_required = true,
		.answers_json = true,
	},
	{
		.name = "raw",
		.key_env = "SLUICE_API_KEY",
		.body_path = "",
		.key_header = "Authorization: Bearer ",
		.headers = no_headers,
	},
};

const struct provider *provider_table(size_t *n)
{
	*n = N_OF(providers);
	return providers;
}

const struct provider *provider_by_name(const char *name)
{
	for (size_t i = 0; i < N_OF(providers); i++)
		if (!strcasecmp(name, providers[i].name))
			return &providers[i];
	return NULL;
}

const struct provider *provider_guess(const char *first_line, size_t len)
{
	struct request_line line;

	if (request_parse(first_line, len, FORMAT_AUTO, &line, NULL)) {
		if (line.format == FORMAT_ANTHROPIC)
			return provider_by_name("anthropic");
		if (line.format == FORMAT_HTTP)
			return provider_by_name("raw");
	}
	return provider_by_name("openai");
}

/* Does a string span hold the text? Escapes are not looked through: model names have none. */
static bool mentions(struct json_span v, const char *text)
{
	return v.at && memmem(v.at, v.len, text, strlen(text));
}

const char *provider_body_path(const struct provider *p, struct json_span body)
{
	enum { MESSAGES, PROMPT, INPUT, MODEL, RESPONSES };
	struct json_want want[] = {
		[MESSAGES] = {.name = "messages"},
		[PROMPT] = {.name = "prompt"},
		[INPUT] = {.name = "input"},
		[MODEL] = {.name = "model"},
		/* What /v1/responses takes and /v1/embeddings does not. */
		[RESPONSES] = {.name = "instructions"},
		{.name = "max_output_tokens"},
		{.name = "previous_response_id"},
		{.name = "tools"},
		{.name = "text"},
		{.name = "reasoning"},
		{.name = "store"},
		{.name = "stream"},
		{.name = "temperature"},
	};

	if (strcmp(p->name, "openai") != 0)
		return p->body_path;
	json_pick(body.at, body.len, want, N_OF(want), NULL);
	if (want[MESSAGES].value.at)
		return p->body_path;
	if (want[PROMPT].value.at)
		return "/v1/completions";
	if (!want[INPUT].value.at)
		return p->body_path;
	if (mentions(want[MODEL].value, "embed"))
		return "/v1/embeddings";
	if (mentions(want[MODEL].value, "moderation"))
		return "/v1/moderations";
	if (mentions(want[MODEL].value, "gpt-"))
		return "/v1/responses";
	for (size_t i = RESPONSES; i < N_OF(want); i++)
		if (want[i].value.at)
			return "/v1/responses";
	return "/v1/embeddings";
}
