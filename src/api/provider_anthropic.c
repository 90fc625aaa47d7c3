/* Anthropic's messages. https://docs.anthropic.com/en/api/messages */
#include "api/provider_parts.h"

static const char *anthropic_path(const struct request_line *line)
{
	(void)line;
	return "/v1/messages";
}

/* Its streams always report their usage. */
static bool anthropic_shape(struct request *r, bool ask)
{
	return !request_goes_to(r, "/messages") || request_stream(r, ask, false);
}

/* input_tokens lacks the tokens that the cache wrote or read. */
void anthropic_usage(struct json_span usage, struct verdict *out)
{
	enum { INPUT, CACHE_WRITE, CACHE_READ, OUTPUT, WANTED };
	struct json_want want[WANTED] = {
		[INPUT] = {.name = "input_tokens"},
		[CACHE_WRITE] = {.name = "cache_creation_input_tokens"},
		[CACHE_READ] = {.name = "cache_read_input_tokens"},
		[OUTPUT] = {.name = "output_tokens"},
	};
	int64_t cached;

	json_pick(usage.at, usage.len, want, WANTED, NULL);
	if (answer_count(want[INPUT].value, &out->tokens_in))
		for (int i = CACHE_WRITE; i <= CACHE_READ; i++)
			if (answer_count(want[i].value, &cached))
				out->tokens_in += cached;
	if (out->tokens_in > TOKENS_MAX)
		out->tokens_in = TOKENS_MAX;
	answer_count(want[OUTPUT].value, &out->tokens_out);
}

bool anthropic_text(struct json_span body, struct buf *out)
{
	return answer_content(json_find(body, "content"), out);
}

/* https://docs.anthropic.com/en/api/versioning */
static const char *const headers[] = {"anthropic-version: 2023-06-01", NULL};

const struct provider provider_anthropic = {
	.name = "anthropic",
	.default_url = "https://api.anthropic.com",
	.url_env = "ANTHROPIC_BASE_URL",
	.key_env = "ANTHROPIC_API_KEY",
	.key_header = "x-api-key: ",
	.headers = headers,
	.answers_json = true,
	.path = anthropic_path,
	.url = provider_join,
	.shape = anthropic_shape,
	.usage = anthropic_usage,
	.error = answer_error,
	.text = anthropic_text,
};
