/* The shapes: https://learn.microsoft.com/azure/ai-services/openai/reference and
 * https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter */
#include "mock/azure.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

#define SAFE                                                                                       \
	"{\"hate\":{\"filtered\":false,\"severity\":\"safe\"},"                                    \
	"\"self_harm\":{\"filtered\":false,\"severity\":\"safe\"},"                                \
	"\"sexual\":{\"filtered\":false,\"severity\":\"safe\"},"                                   \
	"\"violence\":{\"filtered\":false,\"severity\":\"safe\"}}"

#define PROMPT_FILTERS                                                                             \
	"\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":" SAFE "}]"

bool azure_is_deployment(const char *path)
{
	return strstr(path, "/openai/deployments/") != NULL;
}

bool azure_is_path(const char *path)
{
	return azure_is_deployment(path) || strstr(path, "/openai/v1/");
}

static void add_refusal(
	const struct call *c, const struct model_decision *d, bool hint, struct buf *out)
{
	static const char *const calls[] = {
		[CALL_CHAT] = "ChatCompletions_Create",
		[CALL_COMPLETION] = "Completions_Create",
		[CALL_EMBEDDINGS] = "Embeddings_Create",
		[CALL_RESPONSES] = "Responses_Create",
		[CALL_MESSAGES] = NULL,
	};

	buf_addf(out,
		"Requests to the %s Operation under Azure OpenAI API have exceeded %s rate "
		"limit of your current OpenAI S0 pricing tier.",
		calls[c->kind] ? calls[c->kind] : "called",
		d && d->limit == MODEL_LIMIT_TOKENS ? "token" : "call");
	if (hint && d && d->wait_us > 0)
		buf_addf(out, " Please retry after %" PRId64 " seconds.",
			(d->wait_us + US_PER_S - 1) / US_PER_S);
}

void azure_write_error(const struct call *c, int status, const struct model_decision *d,
	const char *message, bool hint, struct buf *out)
{
	static const struct {
		int status;
		const char *code, *message; /* code NULL: the status */
	} kinds[] = {
		{401, NULL,
			"Access denied due to invalid subscription key or wrong API endpoint. Make "
			"sure to provide a valid key for an active subscription and use a correct "
			"regional API endpoint for your resource."},
		{404, NULL, "Resource not found"},
		{500, "InternalServerError",
			"The server had an error while processing your request. Sorry about that!"},
		{503, "ServiceUnavailable",
			"The service is temporarily unable to process your "
			"request. Please try again later."},
		{0, NULL, "The request failed."},
	};
	size_t k = 0;
	struct buf text;

	while (kinds[k].status && kinds[k].status != status)
		k++;
	buf_init(&text, SIZE_MAX / 2);
	if (message)
		buf_adds(&text, message);
	else if (status == 429)
		add_refusal(c, d, hint, &text);
	else
		buf_adds(&text, kinds[k].message);
	if (kinds[k].code)
		buf_addf(out, "{\"error\":{\"code\":\"%s\",\"message\":", kinds[k].code);
	else
		buf_addf(out, "{\"error\":{\"code\":\"%d\",\"message\":", status);
	json_add_string(out, text.data, text.len);
	buf_adds(out, "}}");
	buf_free(&text);
}

void azure_add_prompt_filters(const struct call *c, struct buf *out)
{
	if (c->azure)
		buf_adds(out, PROMPT_FILTERS ",");
}

void azure_add_choice_filters(const struct call *c, struct buf *out)
{
	if (c->azure)
		buf_adds(out, "\"content_filter_results\":" SAFE ",");
}

void azure_add_first_chunk(const struct call *c, struct buf *out)
{
	if (c->azure)
		buf_adds(out, "data: {\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\","
			      "\"choices\":[]," PROMPT_FILTERS "}\n\n");
}
