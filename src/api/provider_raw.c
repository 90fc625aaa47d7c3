/* Any HTTP service: requests go unchanged, and answers are read in any of the known forms. */
#include "api/provider_parts.h"

static const char *raw_path(const struct request_line *line)
{
	(void)line;
	return "";
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
	.error = answer_error,
	.text = raw_text,
};
