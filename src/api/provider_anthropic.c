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
	.error = answer_error,
	.text = anthropic_text,
};
