#include "config.h"

#include "core/lane_report.h"

#include <string.h>

#include "api/rate_headers.h"
#include "core/refusals.h"

/* Reads the limits that an answer reports: in its headers, or, after a refusal by rate limits, in
 * its body. */
static bool read_limits(const struct answer *answer, const struct verdict *v, int64_t wall_us,
	struct reported_limits *out)
{
	return (answer->headers_len &&
		       rate_headers_read(answer->headers, answer->headers_len, wall_us, out)) ||
	       (v->outcome == OUTCOME_RATE_LIMITED &&
		       rate_headers_read_body(answer->body, answer->body_len, wall_us, out));
}

/* The key is the same for all models, and so is a number of requests at once that the server names.
 * A 403 may be for one model alone. */
static bool concerns_all_models(const struct verdict *v)
{
	return (v->outcome == OUTCOME_AUTH && v->status != 403) ||
	       (v->outcome == OUTCOME_RATE_LIMITED &&
		       (strcasestr(v->message, "concurren") || strcasestr(v->code, "concurren")));
}

/* Is it a refusal of this task, and nothing that the lane should know of? */
static bool is_own(const struct lane_report *r)
{
	const struct verdict *v = r->verdict;

	return verdict_blames_input(v) || (r->own && v->status != 401 && v->status != 402 &&
						  refusal_may_be_alone(r->provider, v));
}

bool lane_report(const struct lane_report *r, int64_t now_us, int64_t wall_us)
{
	const struct verdict *v = r->verdict;
	struct lane *lane = r->lane->lane;
	struct reported_limits limits;
	bool own = is_own(r);
	bool reported =
		lane_reads_headers(lane, now_us) && read_limits(r->answer, v, wall_us, &limits);
	const struct lane_answer la = {
		.outcome = own && !verdict_blames_input(v) ? OUTCOME_CLIENT_ERROR : v->outcome,
		/* a refusal of the input is no trouble of the server, whatever its status and wait
		 */
		.status = own ? 400 : v->status,
		.latency_us = r->answer->latency_us,
		.wait_us = own ? -1 : v->wait_us,
		.wait_source = v->wait_source,
		.cut_off = r->answer->result == NET_ERROR && r->answer->first_byte_us < 0,
		.tokens = v->tokens_in >= 0 || v->tokens_out >= 0 ? (int64_t)r->tokens : -1,
		.limits = reported ? &limits : NULL,
		.one_task = !(own && r->own) && refusal_may_be_alone(r->provider, v),
		.of_all_models = concerns_all_models(v),
	};
	bool limited = lane_answered(lane, now_us, r->ticket, &la);

	traffic_answered(&r->lane->traffic, now_us, v->outcome);
	return limited;
}
