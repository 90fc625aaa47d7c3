/* Answers: "STATUS" on the first line, header lines up to an empty one, then the body. Each is
 * judged for every kind of API and call, written as a result line, and that read back. */
#include <jansson.h>

#include "api/answer_text.h"
#include "api/error_text.h"
#include "api/headers.h"
#include "api/provider.h"
#include "api/rate_headers.h"
#include "api/refusal.h"
#include "api/response.h"
#include "base/clock.h"
#include "fuzz.h"
#include "ledger/record.h"
#include "ledger/result_line.h"
#include "ledger/result_view.h"

#define WALL_US     (INT64_C(1700000000) * US_PER_S)
#define WAIT_MAX_US (INT64_C(366) * 86400 * US_PER_S)

static void check_verdict(const struct verdict *v)
{
	must(v->outcome < OUTCOME_COUNT);
	must(v->wait_us >= -1 && v->wait_us <= WAIT_MAX_US);
	must(v->tokens_in >= -1 && v->tokens_out >= -1);
	must_be_harmless(v->request_id);
	must_be_harmless(v->code);
	must_be_harmless(v->message);
	must(v->outcome == OUTCOME_OK || v->message[0]);
}

/* The result line is one line that any parser takes, and says what was judged. */
static void check_line(const struct answer *a, const struct verdict *v, enum result_form form)
{
	const struct result_item item = {.form = form,
		.id = "a\"1\\",
		.id_len = 4,
		.line = 7,
		.line_hash = {9, 1},
		.attempts = 2};
	struct result_record record;
	struct result_view view;
	struct buf line, body;
	struct verdict again;
	json_t *tree;

	buf_init(&line, 1 << 24);
	buf_init(&body, 1 << 24);
	must(result_line_add(&line, &item, a, v));
	must(memchr(line.data, '\n', line.len) == line.data + line.len - 1);
	must(json_pick(line.data, line.len, NULL, 0, NULL) == JSON_VALUE_OBJECT || v->json.at);
	tree = json_loadb(line.data, line.len, JSON_ALLOW_NUL, NULL);
	must(tree || v->json.at);
	json_decref(tree);
	must(result_record_parse(line.data, line.len - 1, &record));
	must(record.form == form && record.status == a->status);
	must(record.outcome == v->outcome && record.line == 7 && record.line_hash.low == 9 &&
		record.line_hash.high == 1);
	must(record.attempts == 2 && record.cost.in == v->tokens_in);
	if (result_view_parse(line.data, line.len - 1, &view)) {
		must(view.answered && view.status == a->status);
		result_view_body(&view, &body);
		result_view_judge(&view, &again);
		check_verdict(&again);
	} else {
		must(v->json.at); /* it was nested as deep as it may be */
	}
	buf_free(&body);
	buf_free(&line);
}

static void check_text(const struct provider *p, const struct answer *a)
{
	struct json_span json;
	struct buf text;

	buf_init(&text, 1 << 24);
	must(p->text(json_whole(a->body, a->body_len), &text) || !text.len);
	must(text.len <= a->body_len);
	buf_clear(&text);
	if (answer_content_find(json_whole(a->body, a->body_len), &text, &json) == CONTENT_JSON)
		must(json.at >= a->body && json.at + json.len <= a->body + a->body_len);
	must(text.len <= a->body_len);
	buf_free(&text);
}

/* What is left without what is around it is a part of the body, and nothing more can be taken off.
 */
static void check_core(const struct answer *a)
{
	struct json_span core = answer_core(a->body, a->body_len), again;

	must(core.at >= a->body && core.at + core.len <= a->body + a->body_len);
	again = answer_core(core.at, core.len);
	must(again.at == core.at && again.len == core.len);
	if (json_whole(a->body, a->body_len).at)
		must(json_whole(core.at, core.len).at);
}

/* A figure is plausible, or not reported. */
static void check_reported(const struct reported_limits *limits)
{
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		const struct reported_limit *t = &limits->at[i];

		must(t->limit == -1 || (t->limit > 0 && t->limit < 1e15));
		must(t->remaining == -1 || (t->remaining >= 0 && t->remaining < 1e15));
		must(t->reset_us >= -1 && t->reset_us <= WAIT_MAX_US);
		must(t->window_us >= -1 && t->window_us <= WAIT_MAX_US);
		must(t->precision_us >= 0 && t->precision_us <= US_PER_S);
	}
}

static void check_limits(const struct answer *a)
{
	struct reported_limits limits;
	const char *source;
	int64_t wait_us = header_retry_after_us(a->headers, a->headers_len, WALL_US, &source);

	must(wait_us >= -1 && wait_us <= WAIT_MAX_US);
	rate_headers_read(a->headers, a->headers_len, WALL_US, &limits);
	check_reported(&limits);
	rate_headers_read_body(a->body, a->body_len, WALL_US, &limits);
	check_reported(&limits);
}

/* What is read of a refusal is harmless, and found only where it is. */
static void check_refusal(const struct answer *a)
{
	struct json_span whole = json_whole(a->body, a->body_len);
	char text[64];

	must(!refusal_names(a, "stream_options") ||
		memmem(a->body, a->body_len, "stream_options", 14));
	must(!refusal_is_too_large(a->body, a->body_len, true) || a->body_len);
	error_text_read(whole, text, sizeof(text));
	must_be_harmless(text);
	error_text_code(whole, text, sizeof(text));
	must_be_harmless(text);
	error_text_page(a->body, a->body_len, text, sizeof(text));
	must_be_harmless(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line;
	struct answer a = {.result = NET_STATUS, .latency_us = 1, .first_byte_us = 1};
	const struct provider *const *p;
	struct verdict v;
	size_t len, n;

	if (!next_line(&at, end, &line, &len))
		return 0;
	for (size_t i = 0; i < len && i < 3 && line[i] >= '0' && line[i] <= '9'; i++)
		a.status = a.status * 10 + (line[i] - '0');
	a.headers = at;
	while (next_line(&at, end, &line, &len) && len > (line[0] == '\r'))
		;
	a.headers_len = (size_t)(at - a.headers);
	a.body = at;
	a.body_len = (size_t)(end - at);
	check_limits(&a);
	check_refusal(&a);
	p = provider_table(&n);
	check_core(&a);
	for (size_t i = 0; i < n; i++) {
		for (a.asked = ASKED_OTHER; a.asked <= ASKED_EMBEDDINGS; a.asked++) {
			response_judge(p[i], &a, WALL_US, &v);
			check_verdict(&v);
			must(v.outcome != OUTCOME_OK || !p[i]->answers_json || v.json.at);
		}
		check_line(&a, &v, RESULT_OPENAI);
		check_line(&a, &v, RESULT_ANTHROPIC);
		check_text(p[i], &a);
	}
	return 0;
}
