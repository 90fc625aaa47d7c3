#include "serve/anthropic_error.h"

#include <stddef.h>

#include "serve/error_form.h"

static const struct {
	int status;
	const char *type;
} types[] = {
	{401, "authentication_error"},
	{402, "billing_error"},
	{403, "permission_error"},
	{404, "not_found_error"},
	{413, "request_too_large"},
	{429, "rate_limit_error"},
	{503, "overloaded_error"},
	{504, "timeout_error"},
	{529, "overloaded_error"},
};

const char *anthropic_error_type(int status)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].status == status)
			return types[i].type;
	return status >= 500 ? "api_error" : "invalid_request_error";
}

static void error(struct json_writer *w, const struct problem *p, const char *request_id)
{
	json_open_object(w);
	json_member_text(w, "type", "error");
	json_member_object(w, "error");
	json_member_text(w, "type", anthropic_error_type(p->status));
	json_member_text(w, "message", p->message);
	json_close_object(w);
	json_member_text(w, "request_id", request_id);
	json_close_object(w);
}

static void event(
	struct buf *out, const char *path, const struct problem *p, const char *request_id)
{
	struct json_writer w = json_writer_to(out);

	(void)path;
	buf_adds(out, "event: error\ndata: ");
	error(&w, p, request_id);
	buf_adds(out, "\n\n");
}

const struct error_form error_form_anthropic = {
	.request_header = "request-id",
	.request_prefix = "req_",
	.error = error,
	.event = event,
};
