/* Finds in the body of a 2xx what an answer of its API must have. OpenAI's SDK refuses embeddings
 * without data ("No embedding data received"); its agents refuse choices that are null or empty
 * (openai/openai-agents-python#2850), as OpenRouter and proxies send them in place of a status. */
#include "api/usable.h"

#include <string.h>
#include <strings.h>

#include "api/error_outcome.h"

/* ---- chat and completions ---- */

/* Finish reasons of an answer that broke off on the server: OpenRouter's and Mistral's "error",
 * vLLM's and SGLang's "abort", Zhipu's "network_error", DeepSeek's "insufficient_system_resource".
 */
static bool is_broken(struct json_span finish)
{
	static const char *const reasons[] = {
		"\"error\"", "\"abort\"", "\"network_error\"", "\"insufficient_system_resource\""};

	if (json_span_equals(finish, "stop"))
		return false;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (finish.len == strlen(reasons[i]) &&
			!strncasecmp(finish.at, reasons[i], finish.len))
			return true;
	return false;
}

static bool is_object_or_text(struct json_span v)
{
	return json_span_is(v, JSON_VALUE_OBJECT) || json_span_is(v, JSON_VALUE_STRING);
}

static bool is_usable_choice(const struct answer_choice *c)
{
	return (is_object_or_text(c->message) || json_span_is(c->text, JSON_VALUE_STRING) ||
		       json_span_is(c->delta, JSON_VALUE_OBJECT)) &&
	       !answer_is_error(c->error) && !is_broken(c->finish);
}

/* The choices, until one is usable. */
struct choosing {
	bool usable;
	int seen;
	struct unusable first;
};

static bool look_at_choice(void *ctx, struct json_span value)
{
	struct json_want want[ANSWER_CHOICE_WANTED];
	struct choosing *c = ctx;
	struct answer_choice choice;

	answer_choice_wants(want);
	if (json_pick(value.at, value.len, want, ANSWER_CHOICE_WANTED, NULL) != JSON_VALUE_OBJECT)
		return true;
	choice = answer_choice_of(want);
	c->usable = is_usable_choice(&choice);
	if (c->usable || c->seen++)
		return !c->usable;
	if (answer_is_error(choice.error))
		c->first = (struct unusable){"an error in the choice", choice.error, {NULL, 0}};
	else if (is_broken(choice.finish))
		c->first = (struct unusable){
			"the server broke off the answer", {NULL, 0}, choice.finish};
	return true;
}

static struct unusable choices_unusable(const struct answer_members *m)
{
	struct choosing c = {.first = {.why = "the answer has no choice with a message"}};

	if (!json_span_is(m->content, JSON_VALUE_ARRAY))
		return (struct unusable){.why = "the answer has no choices"};
	if (is_usable_choice(&m->choice))
		return (struct unusable){.why = NULL};
	json_each_element(m->content, look_at_choice, &c);
	if (c.usable)
		c.first.why = NULL;
	return c.first;
}

/* ---- others ---- */

static struct unusable response_unusable(const struct answer_members *m)
{
	bool failed = json_span_equals(m->status, "failed"),
	     cancelled = json_span_equals(m->status, "cancelled");
	/* of a background response, which is asked for its output later */
	bool later =
		json_span_equals(m->status, "queued") || json_span_equals(m->status, "in_progress");

	if (failed || cancelled)
		return (struct unusable){
			.why = failed ? "the response failed" : "the response was cancelled"};
	if (json_span_is(m->content, JSON_VALUE_ARRAY) || later)
		return (struct unusable){.why = NULL};
	return (struct unusable){.why = "the answer has no output"};
}

static bool is_embedding(struct json_span v)
{
	return (json_span_is(v, JSON_VALUE_ARRAY) || json_span_is(v, JSON_VALUE_STRING)) &&
	       v.len > 2;
}

static bool look_at_element(void *ctx, struct json_span value)
{
	*(bool *)ctx = is_embedding(json_find(value, "embedding"));
	return !*(bool *)ctx;
}

/* llama.cpp and Ollama have the vectors under other names at paths of their own that end alike. */
static bool has_embeddings(const struct answer_members *m)
{
	bool found = is_embedding(m->embedding);

	if (!found)
		json_each_element(m->content, look_at_element, &found);
	return found || is_embedding(json_find(m->whole, "embedding")) ||
	       is_embedding(json_find(m->whole, "embeddings"));
}

struct unusable answer_unusable(enum asked asked, const struct answer_members *m)
{
	bool content;

	switch (asked) {
	case ASKED_CHOICES:
		return choices_unusable(m);
	case ASKED_RESPONSE:
		return response_unusable(m);
	case ASKED_MESSAGE:
		content = json_span_is(m->content, JSON_VALUE_ARRAY) ||
			  json_span_is(m->content, JSON_VALUE_STRING);
		return (struct unusable){.why = content ? NULL : "the answer has no content"};
	case ASKED_EMBEDDINGS:
		return (struct unusable){
			.why = has_embeddings(m) ? NULL : "the answer has no embedding"};
	case ASKED_OTHER:
		break;
	}
	return (struct unusable){.why = NULL};
}
