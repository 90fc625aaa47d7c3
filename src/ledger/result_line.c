#include "ledger/result_line.h"

#include <string.h>

#include "api/outcome.h"

static bool add_member(struct buf *out, const char *head, uint64_t n)
{
	return buf_adds(out, head) && buf_addu(out, n);
}

/* Milliseconds with one decimal. */
static bool add_ms(struct buf *out, const char *head, int64_t us)
{
	uint64_t tenths = (uint64_t)(us + 50) / 100;

	return add_member(out, head, tenths / 10) && buf_addc(out, '.') &&
	       buf_addc(out, (char)('0' + tenths % 10));
}

static bool add_text(struct buf *out, const char *head, const char *text)
{
	return buf_adds(out, head) && json_add_string(out, text, strlen(text));
}

static bool add_response(
	struct buf *out, const struct answer *answer, const struct verdict *verdict)
{
	bool fits = add_member(out, ",\"response\":{\"status_code\":", (uint64_t)answer->status) &&
		    (*verdict->request_id ? add_text(out, ",\"request_id\":", verdict->request_id)
					  : buf_adds(out, ",\"request_id\":null")) &&
		    buf_adds(out, ",\"body\":");

	if (!fits)
		return false;
	if (verdict->json.at)
		fits = json_add_one_line(out, (struct json_span){answer->body, answer->body_len});
	else
		fits = json_add_string(out, answer->body, answer->body_len);
	return fits && buf_addc(out, '}');
}

static bool add_error(struct buf *out, const struct verdict *verdict)
{
	const char *code = *verdict->code ? verdict->code : outcome_name(verdict->outcome);

	return add_text(out, ",\"error\":{\"code\":", code) &&
	       add_text(out, ",\"message\":", verdict->message) && buf_addc(out, '}');
}

/* How a streamed answer came. */
static bool add_stream(struct buf *out, const struct answer *answer, const struct verdict *verdict)
{
	double per_s = response_tokens_per_s(answer, verdict);
	uint64_t gaps = answer->stream->pieces > 1 ? answer->stream->pieces - 1 : 0;
	int64_t gap = gaps ? answer->stream->writing_us / (int64_t)gaps : -1;

	return (answer->stream->first_token_us < 0 ||
		       add_ms(out, ",\"first_token_ms\":", answer->stream->first_token_us)) &&
	       (gap < 0 || add_ms(out, ",\"gap_ms\":", gap)) &&
	       (per_s < 0 || buf_addf(out, ",\"tokens_per_s\":%.1f", per_s));
}

static bool add_sluice(struct buf *out, const struct result_item *item, const struct answer *answer,
	const struct verdict *verdict, bool body_is_text)
{
	bool ok = verdict->outcome == OUTCOME_OK;

	return add_member(out, ",\"sluice\":{\"line\":", item->line) &&
	       line_hash_add(out, item->line_hash) &&
	       add_member(out, ",\"attempts\":", (uint64_t)item->attempts) &&
	       (!item->stages.at || add_member(out, ",\"retries\":", (uint64_t)item->retries)) &&
	       (!answer || !answer->resent ||
		       add_member(out, ",\"resent\":", (uint64_t)answer->resent)) &&
	       (ok || add_text(out, ",\"outcome\":", outcome_name(verdict->outcome))) &&
	       (!item->cached || buf_adds(out, ",\"cached\":true")) &&
	       (!item->same_as_line || add_member(out, ",\"same_as_line\":", item->same_as_line)) &&
	       (!answer || answer->latency_us < 0 ||
		       add_ms(out, ",\"latency_ms\":", answer->latency_us)) &&
	       (!answer || answer->first_byte_us < 0 ||
		       add_ms(out, ",\"first_byte_ms\":", answer->first_byte_us)) &&
	       (!answer || !answer->stream || add_stream(out, answer, verdict)) &&
	       (verdict->tokens_in < 0 ||
		       add_member(out, ",\"tokens_in\":", (uint64_t)verdict->tokens_in)) &&
	       (verdict->tokens_out < 0 ||
		       add_member(out, ",\"tokens_out\":", (uint64_t)verdict->tokens_out)) &&
	       (verdict->estimated_in <= 0 ||
		       add_member(out, ",\"estimated_in\":", (uint64_t)verdict->estimated_in)) &&
	       (verdict->estimated_out <= 0 ||
		       add_member(out, ",\"estimated_out\":", (uint64_t)verdict->estimated_out)) &&
	       (item->packed < 2 || add_member(out, ",\"packed\":", (uint64_t)item->packed)) &&
	       (!item->endpoint || add_text(out, ",\"endpoint\":", item->endpoint)) &&
	       (!body_is_text || buf_adds(out, ",\"body_is_text\":true")) && buf_adds(out, "}}\n");
}

static bool add_line(struct buf *out, const struct result_item *item, const struct answer *answer,
	const struct verdict *verdict)
{
	bool answered = answer && answer->result == NET_STATUS;
	/* A success by its status that is none by its content says so. A pipeline that had nothing
	 * to send is a success without an answer. */
	bool plain = verdict->outcome == OUTCOME_OK || (answered && answer->status >= 300);

	return buf_adds(out, "{\"custom_id\":") && json_add_string(out, item->id, item->id_len) &&
	       add_member(out, ",\"id\":\"sluice-", item->line) && buf_addc(out, '"') &&
	       (answered ? add_response(out, answer, verdict)
			 : buf_adds(out, ",\"response\":null")) &&
	       (plain ? buf_adds(out, ",\"error\":null") : add_error(out, verdict)) &&
	       buf_adds(out, ",\"metadata\":") &&
	       (item->metadata.at ? json_add_one_line(out, item->metadata)
				  : buf_adds(out, "null")) &&
	       (!item->stages.at || (buf_adds(out, ",\"stages\":") &&
					    buf_add(out, item->stages.at, item->stages.len))) &&
	       add_sluice(out, item, answer, verdict, answered && !verdict->json.at);
}

bool result_line_add(struct buf *out, const struct result_item *item, const struct answer *answer,
	const struct verdict *verdict)
{
	size_t before = out->len;

	if (add_line(out, item, answer, verdict))
		return true;
	out->len = before;
	return false;
}
