#include "api/answer_text.h"

#include "api/provider_parts.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- texts that are not in the forms of OpenAI and Anthropic ---- */

/* Where other APIs have the text: a string, or parts with texts. The first is OpenAI's, in place of
 * the content. Then Bedrock's Converse; Ollama's chat and Cohere's v2; DashScope (two); Replicate;
 * Ollama's generate; by Bedrock's InvokeModel Cohere, Titan, Mistral, Llama and Claude; TGI, also
 * as a list; transcriptions and Cohere's chat v1. */
static const char *const text_paths[] = {"choices.0.message.refusal", "output.message.content",
	"message.content", "output.choices.0.message.content", "output.text", "output", "response",
	"generations.0.text", "results.0.outputText", "outputs.0.text", "generation", "completion",
	"generated_text", "0.generated_text", "text"};

/* Collects texts. */
struct texts {
	struct buf *out;
	bool found;
};

static bool add_string(struct json_span v, struct texts *t)
{
	return json_string_decode(v, t->out) && (t->found = true);
}

/* Gemini marks its thoughts: https://ai.google.dev/gemini-api/docs/thinking */
static bool add_gemini_part(void *texts, struct json_span part)
{
	if (!json_span_is(json_find(part, "thought"), JSON_VALUE_TRUE))
		add_string(json_find(part, "text"), texts);
	return true;
}

static bool add_gemini(void *texts, struct json_span answer)
{
	json_each_element(json_find(answer, "candidates.0.content.parts"), add_gemini_part, texts);
	return true;
}

static bool add_refusal_part(void *texts, struct json_span part)
{
	add_string(json_find(part, "refusal"), texts);
	return true;
}

/* Of a response: its messages may refuse. */
static bool add_refusals(void *texts, struct json_span item)
{
	json_each_element(json_find(item, "content"), add_refusal_part, texts);
	return true;
}

static bool add_other_text(struct json_span body, struct buf *out)
{
	struct texts t = {out, false};

	if (json_span_is(body, JSON_VALUE_ARRAY)) /* a stream of Gemini's as one list */
		json_each_element(body, add_gemini, &t);
	else
		add_gemini(&t, body);
	for (size_t i = 0; !t.found && i < N_OF(text_paths); i++)
		t.found = answer_content(json_find(body, text_paths[i]), out);
	if (!t.found)
		json_each_element(json_find(body, "output"), add_refusals, &t);
	return t.found;
}

/* ---- vectors ---- */

static bool count_element(void *n, struct json_span v)
{
	(void)v;
	++*(size_t *)n;
	return *(size_t *)n < 2;
}

/* A list of one stands for its element. */
static struct json_span without_list(struct json_span list, const char *path)
{
	size_t n = 0;

	json_each_element(list, count_element, &n);
	return n == 1 ? json_find(list, path) : list;
}

static struct json_span vectors_of(struct json_span body)
{
	struct json_span data = json_find(body, "data"), list = json_find(body, "embeddings"), v;

	if (json_find(data, "0.embedding").at)
		return without_list(data, "0.embedding");
	/* Ollama and Cohere v1 have lists of numbers, Gemini objects with values, Cohere v2 lists
	 * by their type */
	if (json_find(list, "0.values").at)
		return without_list(list, "0.values");
	if (list.at)
		return json_span_is(list, JSON_VALUE_ARRAY) ? without_list(list, "0") : list;
	v = json_find(body, "embedding.values");
	return v.at ? v : json_find(body, "embedding");
}

/* ---- both ---- */

/* Has the body a form in which a model answers, though it has no text now? */
static bool is_of_model(struct json_span body)
{
	static const char *const members[] = {"choices", "content", "candidates", "output"};

	for (size_t i = 0; i < N_OF(members); i++)
		if (json_span_is(json_find(body, members[i]), JSON_VALUE_ARRAY))
			return true;
	return false;
}

enum answer_content_kind answer_content_find(
	struct json_span body, struct buf *text, struct json_span *json)
{
	if (!body.at)
		return CONTENT_NONE;
	if (provider_raw.text(body, text))
		return CONTENT_TEXT;
	*json = vectors_of(body);
	if (json->at)
		return CONTENT_JSON;
	if (add_other_text(body, text))
		return CONTENT_TEXT;
	if (is_of_model(body))
		return CONTENT_NONE;
	*json = body;
	return CONTENT_JSON;
}

struct json_span answer_finish(struct json_span body)
{
	static const char *const paths[] = {"choices.0.finish_reason", "stop_reason",
		"incomplete_details.reason", "candidates.0.finishReason", "finish_reason",
		"stopReason", "done_reason", "status"};
	struct json_span v = {NULL, 0};

	for (size_t i = 0; i < N_OF(paths) && !json_span_is(v, JSON_VALUE_STRING); i++)
		v = json_find(body, paths[i]);
	return json_span_is(v, JSON_VALUE_STRING) ? v : (struct json_span){NULL, 0};
}
