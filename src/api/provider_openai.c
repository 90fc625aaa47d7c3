/* OpenAI and compatible servers: vLLM, Ollama, LiteLLM, OpenRouter, Gemini's endpoint and others.
 * https://platform.openai.com/docs/api-reference */
#include "config.h"

#include <string.h>

#include "api/provider_parts.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Does a string span contain the text? Escapes are not decoded: model names have none. */
static bool mentions(struct json_span v, const char *text)
{
	return v.at && memmem(v.at, v.len, text, strlen(text));
}

/* OpenAI's reasoning models: "o3", "o4-mini". */
static bool is_reasoner(struct json_span model)
{
	return model.len > 3 && model.at[1] == 'o' && model.at[2] >= '1' && model.at[2] <= '9';
}

/* The path by the body's members: "messages" chat, "prompt" completions, "input" embeddings, or
 * responses by another member or the model's name. */
const char *openai_path(const struct request_line *line)
{
	static const char chat[] = "/v1/chat/completions";
	enum { MESSAGES, PROMPT, INPUT, RESPONSES };
	struct json_want want[] = {
		[MESSAGES] = {.name = "messages"},
		[PROMPT] = {.name = "prompt"},
		[INPUT] = {.name = "input"},
		/* Members that /v1/responses takes and /v1/embeddings does not. */
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

	json_pick(line->body.at, line->body.len, want, N_OF(want), NULL);
	if (want[MESSAGES].value.at)
		return chat;
	if (want[PROMPT].value.at)
		return "/v1/completions";
	if (!want[INPUT].value.at)
		return chat;
	if (mentions(line->model, "embed"))
		return "/v1/embeddings";
	if (mentions(line->model, "moderation"))
		return "/v1/moderations";
	if (mentions(line->model, "gpt-") || is_reasoner(line->model))
		return "/v1/responses";
	for (size_t i = RESPONSES; i < N_OF(want); i++)
		if (want[i].value.at)
			return "/v1/responses";
	return "/v1/embeddings";
}

/* Streams of chat and completions report usage on request, responses always. */
bool openai_shape(struct request *r, bool ask)
{
	if (request_goes_to(r, "/completions"))
		return request_stream(r, ask, true);
	return !request_goes_to(r, "/responses") || request_stream(r, ask, false);
}

/* Collects the texts found. */
struct outputs {
	struct buf *out;
	bool found;
};

static bool add_output(void *ctx, struct json_span item)
{
	static const char message[] = "\"message\"";
	struct outputs *o = ctx;
	struct json_span content = json_find(item, "content"), type = json_find(item, "type");

	/* Open models put their reasoning into text parts too. */
	if (type.at && (type.len != sizeof(message) - 1 || memcmp(type.at, message, type.len) != 0))
		return true;
	if (json_span_is(content, JSON_VALUE_ARRAY))
		o->found = answer_content(content, o->out) || o->found;
	return true;
}

/* The text of a response: its messages without the reasoning. */
static bool add_outputs(struct json_span output, struct buf *out)
{
	struct outputs o = {out, false};

	json_each_element(output, add_output, &o);
	return o.found;
}

/* The text of the first choice. */
bool openai_text(struct json_span body, struct buf *out)
{
	struct json_span choice = json_find(body, "choices.0"),
			 message = json_find(choice, "message");

	if (message.at)
		return answer_content(json_find(message, "content"), out);
	if (choice.at)
		return answer_content(json_find(choice, "text"), out);
	return add_outputs(json_find(body, "output"), out);
}

const struct provider provider_openai = {
	.name = "openai",
	.default_url = "https://api.openai.com",
	.url_env = "OPENAI_BASE_URL",
	.key_env = "OPENAI_API_KEY",
	.key_header = "Authorization: Bearer ",
	.answers_json = true,
	.path = openai_path,
	.url = provider_join,
	.shape = openai_shape,
	.error = answer_error,
	.text = openai_text,
};
