/* Errors in the form of each provider. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "mock/azure.h"
#include "mock/bodies.h"

enum { MAX_ERROR_TEXT = 1000 };

/* Each provider's name of an error with this status. */
struct error_kind {
	int status;
	const char *openai_type, *openai_code, *anthropic_type, *message;
};

static const struct error_kind *error_kind_of(int status)
{
	static const struct error_kind kinds[] = {
		{400, "invalid_request_error", NULL, "invalid_request_error",
			"We could not parse the JSON body of your request."},
		{401, "invalid_request_error", "invalid_api_key", "authentication_error",
			"Incorrect API key provided."},
		{403, "invalid_request_error", "forbidden", "permission_error",
			"You are not allowed to use this model."},
		{404, "invalid_request_error", "model_not_found", "not_found_error",
			"The model does not exist."},
		{405, "invalid_request_error", NULL, "invalid_request_error",
			"Method not allowed."},
		{413, "invalid_request_error", NULL, "request_too_large",
			"The request is too large."},
		{429, "requests", "rate_limit_exceeded", "rate_limit_error", "Rate limit reached."},
		{500, "server_error", NULL, "api_error",
			"The server had an error while processing your request."},
		{503, "server_error", "overloaded", "overloaded_error",
			"The engine is currently overloaded, please try again later."},
		{529, "server_error", "overloaded", "overloaded_error", "Overloaded."},
		{0, "api_error", NULL, "api_error", "The request failed."},
	};
	const struct error_kind *k = kinds;

	while (k->status && k->status != status)
		k++;
	return k;
}

static void add_wait(int64_t wait_us, struct buf *out)
{
	if (wait_us < US_PER_S)
		buf_addf(out, " Please try again in %" PRId64 "ms.", (wait_us + 999) / US_PER_MS);
	else
		buf_addf(out, " Please try again in %.2fs.", (double)wait_us / (double)US_PER_S);
}

/* In the words of OpenAI. */
static void add_refusal(const struct call *c, const struct model_decision *d, struct buf *out)
{
	static const char *const what[MODEL_LIMIT_COUNT] = {
		[MODEL_LIMIT_REQUESTS] = "requests per min (RPM)",
		[MODEL_LIMIT_TOKENS] = "tokens per min (TPM)",
		[MODEL_LIMIT_WINDOW] = "requests per window",
		[MODEL_LIMIT_CONCURRENCY] = "concurrent requests",
	};
	const struct model_quota q =
		model_quota_by_minute(d->limit == MODEL_LIMIT_TOKENS ? &d->tokens : &d->requests);

	buf_addf(out, "Rate limit reached for org-mock on %s", what[d->limit]);
	if (q.on && d->limit != MODEL_LIMIT_CONCURRENCY)
		buf_addf(out, ": Limit %" PRId64 ", Used %" PRId64 ", Requested %" PRId64, q.limit,
			q.limit - q.remaining,
			d->limit == MODEL_LIMIT_TOKENS ? c->tokens_in + c->tokens_out : 1);
	buf_addc(out, '.');
}

static void add_text(const struct call *c, int status, const struct model_decision *d,
	const struct call_fault *fault, bool hint, struct buf *out)
{
	if (fault)
		buf_adds(out, fault->text);
	else if (status == 401 && c->anthropic)
		buf_adds(out, "invalid x-api-key");
	else if (status == 429 && d && d->limit != MODEL_LIMIT_NONE)
		add_refusal(c, d, out);
	else
		buf_adds(out, error_kind_of(status)->message);
	if (hint && d && d->wait_us > 0)
		add_wait(d->wait_us, out);
}

static void put_anthropic(
	const struct call *c, const struct error_kind *k, struct buf *text, struct json_writer *w)
{
	json_member_text(w, "type", "error");
	json_member_object(w, "error");
	json_member_text(w, "type", k->anthropic_type);
	json_member_string(w, "message", buf_str(text), text->len);
	json_close_object(w);
	json_key(w, "request_id");
	body_put_id(c, "req_", w);
}

void body_write_error(const struct call *c, int status, const struct model_decision *d,
	const struct call_fault *fault, bool hint, struct buf *out)
{
	const struct error_kind *k = error_kind_of(status);
	bool tokens = d && d->limit == MODEL_LIMIT_TOKENS;
	struct json_writer w = json_writer_to(out);
	struct buf text;

	/* what is wrong with a request's members Azure says as OpenAI does */
	if (c->azure && !(fault && status == 400)) {
		azure_write_error(c, status, d, fault, hint, out);
		return;
	}
	buf_init(&text, MAX_ERROR_TEXT);
	add_text(c, status, d, fault, hint, &text);
	json_open_object(&w);
	if (c->anthropic) {
		put_anthropic(c, k, &text, &w);
	} else {
		json_member_object(&w, "error");
		json_member_string(&w, "message", buf_str(&text), text.len);
		json_member_text(&w, "type", tokens ? "tokens" : k->openai_type);
		json_member_text_or_null(&w, "param", fault ? fault->param : NULL);
		json_member_text_or_null(&w, "code", fault ? fault->code : k->openai_code);
		json_close_object(&w);
	}
	json_close_object(&w);
	buf_free(&text);
}
