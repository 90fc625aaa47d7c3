/* The shapes: https://learn.microsoft.com/azure/ai-services/openai/reference and
 * https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter */
#include "mock/azure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define SAFE                                                                                       \
	"{\"hate\":{\"filtered\":false,\"severity\":\"safe\"},"                                    \
	"\"self_harm\":{\"filtered\":false,\"severity\":\"safe\"},"                                \
	"\"sexual\":{\"filtered\":false,\"severity\":\"safe\"},"                                   \
	"\"violence\":{\"filtered\":false,\"severity\":\"safe\"}}"

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
	static const char *const calls[CALL_KINDS] = {
		[CALL_CHAT] = "ChatCompletions_Create",
		[CALL_COMPLETION] = "Completions_Create",
		[CALL_EMBEDDINGS] = "Embeddings_Create",
		[CALL_RESPONSES] = "Responses_Create",
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
	const struct call_fault *fault, bool hint, struct buf *out)
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
	struct json_writer w = json_writer_to(out);
	char number[12];
	size_t k = 0;
	struct buf text;

	while (kinds[k].status && kinds[k].status != status)
		k++;
	buf_init(&text, SIZE_MAX / 2);
	/* a fault of the path has Azure's own words */
	if (fault && status != 404)
		buf_adds(&text, fault->text);
	else if (status == 429)
		add_refusal(c, d, hint, &text);
	else
		buf_adds(&text, kinds[k].message);
	snprintf(number, sizeof(number), "%d", status);
	json_open_object(&w);
	json_member_object(&w, "error");
	json_member_text(&w, "code", kinds[k].code ? kinds[k].code : number);
	json_member_string(&w, "message", buf_str(&text), text.len);
	json_close_object(&w);
	json_close_object(&w);
	buf_free(&text);
}

static void put_filters(struct json_writer *w)
{
	json_key(w, "content_filter_results");
	json_put_raw(w, SAFE, sizeof(SAFE) - 1);
}

void azure_put_prompt_filters(const struct call *c, struct json_writer *w)
{
	if (!c->azure)
		return;
	json_member_array(w, "prompt_filter_results");
	json_open_object(w);
	json_member_int(w, "prompt_index", 0);
	put_filters(w);
	json_close_object(w);
	json_close_array(w);
}

void azure_put_choice_filters(const struct call *c, struct json_writer *w)
{
	if (c->azure)
		put_filters(w);
}

void azure_put_first_chunk(const struct call *c, struct json_writer *w)
{
	json_member_text(w, "id", "");
	json_member_text(w, "object", "");
	json_member_int(w, "created", 0);
	json_member_text(w, "model", "");
	json_member_array(w, "choices");
	json_close_array(w);
	azure_put_prompt_filters(c, w);
}
