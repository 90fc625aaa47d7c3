/* The objects of OpenAI's API. */
#include <string.h>

#include "base/clock.h"
#include "serve/openai.h"
#include "serve/runner.h"
#include "serve/service.h"

enum { OBJECT_MAX = 8 << 20, SERVER_ERROR = 500, LIMITED = 429 };

/* ---- errors ---- */

static void put_error(struct json_writer *w, const struct problem *p)
{
	json_member_object(w, "error");
	json_member_text(w, "message", p->message);
	json_member_text(w, "type",
		p->type                     ? p->type
		: p->status >= SERVER_ERROR ? "server_error"
		: p->status == LIMITED      ? "rate_limit_error"
					    : "invalid_request_error");
	json_member_text_or_null(w, "param", p->param);
	json_member_text_or_null(w, "code", p->code);
	json_close_object(w);
}

static void error(struct json_writer *w, const struct problem *p, const char *request_id)
{
	(void)request_id;
	json_open_object(w);
	put_error(w, p);
	json_close_object(w);
}

/* Events of responses have a type; SDKs throw what "error" holds. */
static void event(
	struct buf *out, const char *path, const struct problem *p, const char *request_id)
{
	struct json_writer w = json_writer_to(out);
	bool typed = strstr(path, "/responses") != NULL;

	(void)request_id;
	buf_adds(out, typed ? "event: error\ndata: " : "data: ");
	json_open_object(&w);
	if (typed) {
		json_member_text(&w, "type", "error");
		json_member_text_or_null(&w, "code", p->code);
		json_member_text(&w, "message", p->message);
		json_member_null(&w, "param");
	}
	put_error(&w, p);
	json_close_object(&w);
	buf_adds(out, "\n\n");
}

const struct error_form error_form_openai = {
	.request_header = "x-request-id",
	.request_prefix = "req_",
	.error = error,
	.event = event,
};

/* ---- files ---- */

static void put_time(struct json_writer *w, const char *name, int64_t us)
{
	json_key(w, name);
	if (us)
		json_put_int(w, us / US_PER_S);
	else
		json_put_null(w);
}

void openai_put_file(struct json_writer *w, const struct file_record *f)
{
	json_open_object(w);
	json_member_text(w, "id", f->id);
	json_member_text(w, "object", "file");
	json_member_uint(w, "bytes", f->bytes);
	put_time(w, "created_at", f->created_us);
	put_time(w, "expires_at", f->expires_us);
	json_member_text(w, "filename", f->filename);
	json_member_text(w, "purpose", f->purpose);
	json_member_text(w, "status", "processed");
	json_member_null(w, "status_details");
	json_close_object(w);
}

/* ---- batches ---- */

static void put_errors(struct json_writer *w, const struct batch_record *b)
{
	json_key(w, "errors");
	if (!b->errors) {
		json_put_null(w);
		return;
	}
	json_open_object(w);
	json_member_text(w, "object", "list");
	json_key(w, "data");
	json_put_raw(w, b->errors, strlen(b->errors));
	json_close_object(w);
}

static void put_counts(struct json_writer *w, const struct batch_record *b)
{
	struct batch_counts counts;

	runner_counts(b, &counts);
	json_member_object(w, "request_counts");
	json_member_uint(w, "total", counts.total);
	json_member_uint(w, "completed", counts.ok);
	json_member_uint(w, "failed", counts.failed);
	json_close_object(w);
}

static void put_usage(struct json_writer *w, const struct batch_record *b)
{
	const struct batch_usage *u = &b->usage;

	json_key(w, "usage");
	if (!batch_record_ended(b) || b->at_us[FACT_FAILED]) {
		json_put_null(w);
		return;
	}
	json_open_object(w);
	json_member_uint(w, "input_tokens", u->in);
	json_member_object(w, "input_tokens_details");
	json_member_uint(w, "cached_tokens", u->cached);
	json_close_object(w);
	json_member_uint(w, "output_tokens", u->out);
	json_member_object(w, "output_tokens_details");
	json_member_uint(w, "reasoning_tokens", 0);
	json_close_object(w);
	json_member_uint(w, "total_tokens", u->in + u->out);
	json_close_object(w);
}

void openai_put_batch(struct json_writer *w, const struct batch_record *b)
{
	json_open_object(w);
	json_member_text(w, "id", b->id);
	json_member_text(w, "object", "batch");
	json_member_text(w, "endpoint", b->endpoint);
	put_errors(w, b);
	json_member_text(w, "input_file_id", b->input_file);
	json_member_text(w, "completion_window", b->window);
	json_member_text(w, "status", batch_state_name(batch_record_state(b)));
	json_member_text_or_null(w, "output_file_id", b->has_output ? b->output_file : NULL);
	json_member_text_or_null(w, "error_file_id", b->has_errors ? b->error_file : NULL);
	put_time(w, "created_at", b->created_us);
	put_time(w, "expires_at", b->expires_us);
	for (int i = 0; i < BATCH_FACTS; i++)
		put_time(w, batch_fact_name((enum batch_fact)i), b->at_us[i]);
	put_counts(w, b);
	put_usage(w, b);
	json_key(w, "metadata");
	if (b->metadata)
		json_put_raw(w, b->metadata, strlen(b->metadata));
	else
		json_put_null(w);
	json_close_object(w);
}

/* ---- answers ---- */

void openai_answer_file(struct call *c, const struct file_record *f)
{
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	buf_init(&body, OBJECT_MAX);
	openai_put_file(&w, f);
	call_answer(c, 200, &body);
	buf_free(&body);
}

void openai_answer_batch(struct call *c, const struct batch_record *b)
{
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	buf_init(&body, OBJECT_MAX);
	openai_put_batch(&w, b);
	call_answer(c, 200, &body);
	buf_free(&body);
}
