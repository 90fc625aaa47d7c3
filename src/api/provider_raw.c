/* Any HTTP service: requests go unchanged, and answers are read in any of the known forms. */
#include "api/provider_parts.h"

static const char *raw_path(const struct request_line *line)
{
	(void)line;
	return "";
}

static void raw_usage(struct json_span usage, struct verdict *out)
{
	struct json_want prompt = {.name = "prompt_tokens"};

	json_pick(usage.at, usage.len, &prompt, 1, NULL);
	if (prompt.value.at)
		openai_usage(usage, out);
	else
		anthropic_usage(usage, out);
}

static bool raw_text(struct json_span body, struct buf *out)
{
	return openai_text(body, out) || anthropic_text(body, out);
}

const struct provider provider_raw = {
	.name = "raw",
	.key_env = "SLUICE_API_KEY",
	.key_header = "Authorization: Bearer ",
	.path = raw_path,
	.url = provider_join,
	.usage = raw_usage,
	.error = answer_error,
	.text = raw_text,
};
