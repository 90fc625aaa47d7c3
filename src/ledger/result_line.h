/* One line of RESULTS or the errors file, in the form of OpenAI's batch output or of Anthropic's
 * batch results. Pure. */
#ifndef SLUICE_LEDGER_RESULT_LINE_H
#define SLUICE_LEDGER_RESULT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"
#include "base/buf.h"
#include "base/json.h"
#include "ledger/cost_record.h"
#include "ledger/line_hash.h"
#include "ledger/record.h"

struct result_item {
	enum result_form form;
	const char *id; /* custom_id as text */
	size_t id_len;
	struct json_span metadata; /* at NULL: null */
	uint64_t line;
	struct hash128 line_hash; /* of the input line; omitted when unknown */
	int attempts;
	int packed;            /* items that shared its request; at most 1: none */
	bool cached;           /* the answer of an earlier run's request */
	bool edited;           /* its request was edited by the operator */
	uint64_t same_as_line; /* line whose item had the same request and gave the answer; 0: none
				*/
	const char *endpoint;  /* the endpoint that answered, if there are several; NULL */
	const char *model;     /* whose prices apply; NULL: none or several */
	struct json_span stages; /* of a pipeline, an object on one line; at NULL: none */
	int retries;             /* of a pipeline: attempts after the first of each stage */
	uint32_t session;        /* that made it; 0: not named, see changed.h */
	int64_t ended_us;        /* since the start of the session; 0: not known */
};

/* Was the item's answer there already, so that it took no request of its own? */
static inline bool result_item_is_reused(const struct result_item *item)
{
	return item->cached || item->same_as_line;
}

/* The item without the outputs that make its line long. */
static inline struct result_item result_item_bare(const struct result_item *item)
{
	struct result_item bare = *item;

	bare.stages = (struct json_span){NULL, 0};
	return bare;
}

/* Appends the line with its newline. Usage that was paid for but not reported is in "sluice" as
 * "estimated_in" and "estimated_out", a cost that the answer stated as "cost_usd", so that a
 * resumed run counts them against its budget, too. The body is written unchanged when it is valid
 * JSON (line breaks between tokens become spaces), else as a string, marked by "body_is_text":true
 * in "sluice". answer may be NULL when no attempt was made (bad input, cancelled): response is then
 * null and error is {"code":…,"message":…}. An HTTP answer that failed has error null and its
 * status in response, as in OpenAI's errors files; one with a 2xx status that failed for its
 * content has both, so that it does not look like a success; network failures and timeouts have
 * response null and error set. The last member, "sluice", of a line that is not ok also has
 * "outcome".
 *
 * In Anthropic's form "result" stands in the place of all that, with the body as its "message" when
 * the item is ok; the status and the request's id are in "sluice" then. A line that is not ok has
 * "response" and "error" as well: no body is lost, and one reader serves both forms. metadata is
 * left out when there is none, as Anthropic's own lines have no such member.
 *
 * False, with out unchanged, when the line exceeds the ceiling of out. */
bool result_line_add(struct buf *out, const struct result_item *item, const struct answer *answer,
	const struct verdict *verdict);

#endif
