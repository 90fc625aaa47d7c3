#include "ledger/result_line.h"

#include "api/outcome.h"
#include "base/clock.h"
#include "base/json_writer.h"

static bool is_answered(const struct answer *answer)
{
	return answer && answer->result == NET_STATUS;
}

static void add_body(
	struct json_writer *w, const struct answer *answer, const struct verdict *verdict)
{
	if (verdict->json.at)
		json_put_span(w, (struct json_span){answer->body, answer->body_len});
	else
		json_put_string(w, answer->body, answer->body_len);
}

static void add_response(
	struct json_writer *w, const struct answer *answer, const struct verdict *verdict)
{
	json_key(w, "response");
	if (!is_answered(answer)) {
		json_put_null(w);
		return;
	}
	json_open_object(w);
	json_member_int(w, "status_code", answer->status);
	json_key(w, "request_id");
	if (*verdict->request_id)
		json_put_text(w, verdict->request_id);
	else
		json_put_null(w);
	json_key(w, "body");
	add_body(w, answer, verdict);
	json_close_object(w);
}

/* A success by status that fails by content has an error, too. A pipeline that had nothing to send
 * is a success without an answer. */
static void add_error(
	struct json_writer *w, const struct answer *answer, const struct verdict *verdict)
{
	json_key(w, "error");
	if (verdict->outcome == OUTCOME_OK || (is_answered(answer) && answer->status >= 300)) {
		json_put_null(w);
		return;
	}
	json_open_object(w);
	json_member_text(
		w, "code", *verdict->code ? verdict->code : outcome_name(verdict->outcome));
	json_member_text(w, "message", verdict->message);
	json_close_object(w);
}

/* How a streamed answer came. */
static void add_stream(
	struct json_writer *w, const struct answer *answer, const struct verdict *verdict)
{
	double per_s = response_tokens_per_s(answer, verdict);
	uint64_t gaps = answer->stream->pieces > 1 ? answer->stream->pieces - 1 : 0;
	int64_t gap = gaps ? answer->stream->writing_us / (int64_t)gaps : -1;

	if (answer->stream->first_token_us >= 0)
		json_member_ms(w, "first_token_ms", answer->stream->first_token_us);
	if (gap >= 0)
		json_member_ms(w, "gap_ms", gap);
	if (per_s >= 0)
		json_member_double(w, "tokens_per_s", per_s, 1);
}

static void add_times(
	struct json_writer *w, const struct answer *answer, const struct verdict *verdict)
{
	if (answer->latency_us >= 0)
		json_member_ms(w, "latency_ms", answer->latency_us);
	if (answer->first_byte_us >= 0)
		json_member_ms(w, "first_byte_ms", answer->first_byte_us);
	if (answer->stream)
		add_stream(w, answer, verdict);
}

/* What OpenAI's form has beside the body. */
static void add_answer_marks(
	struct json_writer *w, const struct answer *answer, const struct verdict *verdict)
{
	json_member_int(w, "status", answer->status);
	if (*verdict->request_id)
		json_member_text(w, "request_id", verdict->request_id);
}

static void add_sluice(struct json_writer *w, const struct result_item *item,
	const struct answer *answer, const struct verdict *verdict, bool body_is_text)
{
	struct cost_record cost;

	json_member_object(w, "sluice");
	json_member_uint(w, "line", item->line);
	line_hash_add(w, item->line_hash);
	json_member_int(w, "attempts", item->attempts);
	if (item->session)
		json_member_uint(w, "session", item->session);
	if (item->stages.at)
		json_member_int(w, "retries", item->retries);
	if (answer && answer->resent)
		json_member_uint(w, "resent", answer->resent);
	if (verdict->outcome != OUTCOME_OK)
		json_member_text(w, "outcome", outcome_name(verdict->outcome));
	if (item->cached)
		json_member_bool(w, "cached", true);
	if (item->edited)
		json_member_bool(w, "edited", true);
	if (item->same_as_line)
		json_member_uint(w, "same_as_line", item->same_as_line);
	if (answer)
		add_times(w, answer, verdict);
	if (item->ended_us)
		json_member_int(w, "ended_ms", item->ended_us / US_PER_MS);
	cost = cost_record_of(verdict, item->model);
	cost_record_add(w, &cost);
	if (item->packed >= 2)
		json_member_int(w, "packed", item->packed);
	if (item->endpoint)
		json_member_text(w, "endpoint", item->endpoint);
	if (body_is_text)
		json_member_bool(w, "body_is_text", true);
	if (item->form == RESULT_ANTHROPIC && is_answered(answer))
		add_answer_marks(w, answer, verdict);
	json_close_object(w);
}

/* "sluice-7" */
static void add_id(struct json_writer *w, uint64_t line)
{
	json_key(w, "id");
	json_open_string(w);
	json_part(w, "sluice-", 7);
	json_part_uint(w, line);
	json_close_string(w);
}

/* ---- Anthropic's form ---- */

/* https://docs.anthropic.com/en/api/errors */
static const char *anthropic_error_type(const struct verdict *verdict)
{
	static const struct {
		int status;
		const char *type;
	} types[] = {{400, "invalid_request_error"}, {401, "authentication_error"},
		{402, "billing_error"}, {403, "permission_error"}, {404, "not_found_error"},
		{413, "request_too_large"}, {429, "rate_limit_error"}, {504, "timeout_error"},
		{529, "overloaded_error"}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (verdict->status == types[i].status)
			return types[i].type;
	if (verdict->outcome == OUTCOME_TIMEOUT)
		return "timeout_error";
	if (verdict->outcome == OUTCOME_BAD_INPUT || verdict->outcome == OUTCOME_CLIENT_ERROR)
		return "invalid_request_error";
	return "api_error";
}

/* Is the body an error in Anthropic's own form? */
static bool is_anthropic_error(struct json_span body)
{
	struct json_want want[] = {{.name = "type"}, {.name = "error"}};

	return json_span_is(body, JSON_VALUE_OBJECT) &&
	       json_pick(body.at, body.len, want, 2, NULL) == JSON_VALUE_OBJECT &&
	       json_span_equals(want[0].value, "error") &&
	       json_span_is(want[1].value, JSON_VALUE_OBJECT);
}

static void add_anthropic_error(
	struct json_writer *w, const struct answer *answer, const struct verdict *verdict)
{
	json_member_text(w, "type", "errored");
	json_key(w, "error");
	if (is_answered(answer) && is_anthropic_error(verdict->json)) {
		json_put_span(w, verdict->json);
		return;
	}
	json_open_object(w);
	json_member_text(w, "type", "error");
	json_member_object(w, "error");
	json_member_text(w, "type", anthropic_error_type(verdict));
	json_member_text(w, "message", verdict->message);
	json_close_object(w);
	json_key(w, "request_id");
	if (*verdict->request_id)
		json_put_text(w, verdict->request_id);
	else
		json_put_null(w);
	json_close_object(w);
}

static void add_result(
	struct json_writer *w, const struct answer *answer, const struct verdict *verdict)
{
	json_member_object(w, "result");
	if (verdict->outcome == OUTCOME_CANCELLED) {
		json_member_text(w, "type", "canceled");
	} else if (verdict->outcome != OUTCOME_OK) {
		add_anthropic_error(w, answer, verdict);
	} else {
		json_member_text(w, "type", "succeeded");
		json_key(w, "message");
		if (is_answered(answer))
			add_body(w, answer, verdict);
		else
			json_put_null(w);
	}
	json_close_object(w);
}

/* ---- the line ---- */

static void add_line(struct json_writer *w, const struct result_item *item,
	const struct answer *answer, const struct verdict *verdict)
{
	bool anthropic = item->form == RESULT_ANTHROPIC;

	json_open_object(w);
	json_member_string(w, "custom_id", item->id, item->id_len);
	if (anthropic)
		add_result(w, answer, verdict);
	else
		add_id(w, item->line);
	if (!anthropic || verdict->outcome != OUTCOME_OK) {
		add_response(w, answer, verdict);
		add_error(w, answer, verdict);
	}
	if (!anthropic || item->metadata.at)
		json_member_span(w, "metadata", item->metadata);
	if (item->stages.at) {
		json_key(w, "stages");
		json_put_raw(w, item->stages.at, item->stages.len);
	}
	add_sluice(w, item, answer, verdict, is_answered(answer) && !verdict->json.at);
	json_close_object(w);
}

bool result_line_add(struct buf *out, const struct result_item *item, const struct answer *answer,
	const struct verdict *verdict)
{
	struct json_writer w = json_writer_to(out);
	size_t before = out->len;

	add_line(&w, item, answer, verdict);
	if (json_writer_fits(&w) && buf_addc(out, '\n'))
		return true;
	out->len = before;
	return false;
}
