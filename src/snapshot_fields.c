#include "snapshot_fields.h"

#include <math.h>

#include "base/clock.h"

#define AT(record, member) offsetof(struct record, member)
#define COST(member)       (AT(snapshot, cost.member) - AT(snapshot, cost))
#define FIELDS             (const struct field[])

static const char *word_of_run_state(const void *value)
{
	return run_state_name(*(const enum run_state *)value);
}

static const char *word_of_bound(const void *value)
{
	return bound_name(*(const enum bound *)value);
}

static const char *word_of_outcome(const void *value)
{
	return outcome_name(*(const enum outcome *)value);
}

static bool total_is_known(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->total_known;
}

static bool estimate_is_known(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->total_estimate > 0;
}

static bool is_part(const struct report *r, const void *record)
{
	(void)record;
	return input_part_is(&r->snapshot->part);
}

static bool whole_is_known(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->part.of > 0;
}

static bool run_is_held(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->hold_until_us > r->snapshot->now_us;
}

static bool model_is_held(const struct report *r, const void *record)
{
	const struct model_view *m = record;

	return m->lane.hold_until_us > r->snapshot->now_us;
}

static bool has_endpoints(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->n_endpoints && !r->snapshot->pipeline;
}

static bool has_stages(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->n_endpoints && r->snapshot->pipeline;
}

static bool has_models(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->n_models > 0;
}

static bool has_own_rpm(const struct report *r, const void *record)
{
	const struct model_view *m = record;

	(void)r;
	return m->rpm > 0;
}

static bool packs(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->packed_requests > 0;
}

static bool streams(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->streams.any;
}

static bool session_streams(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->session.streams.any;
}

static bool reuses(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->cached || r->snapshot->shared;
}

static bool estimates(const struct report *r, const void *record)
{
	(void)record;
	return r->snapshot->estimated_in || r->snapshot->estimated_out;
}

static double success_rate(const struct report *r, const void *record)
{
	const struct item_counts *c = &r->snapshot->items;
	uint64_t ended = c->ok + c->failed + c->cancelled;

	(void)record;
	return ended ? (double)c->ok / (double)ended : -1;
}

static const void *endpoint_rows(const struct report *r, const void *record, size_t *n)
{
	(void)record;
	*n = (size_t)r->snapshot->n_endpoints;
	return r->snapshot->endpoints;
}

/* The models of an endpoint: they stand beside each other. */
static const void *model_rows(const struct report *r, const void *record, size_t *n)
{
	const struct snapshot *s = r->snapshot;
	int endpoint = (int)((const struct endpoint_view *)record - s->endpoints);
	int first = 0, end;

	while (first < s->n_models && s->models[first].endpoint != endpoint)
		first++;
	for (end = first; end < s->n_models && s->models[end].endpoint == endpoint;)
		end++;
	*n = (size_t)(end - first);
	return s->models + first;
}

static const void *error_rows(const struct report *r, const void *record, size_t *n)
{
	(void)record;
	*n = r->n_errors;
	return r->errors;
}

static const void *cost_model_rows(const struct report *r, const void *record, size_t *n)
{
	(void)record;
	*n = (size_t)r->snapshot->cost.n_models;
	return r->snapshot->cost.model;
}

static const struct field item_fields[] = {
	{"queued", FIELD_UINT64, AT(item_counts, queued),
		.metric = "sluice_items{state=\"queued\"}", .about = "ready to send"},
	{"waiting", FIELD_UINT64, AT(item_counts, waiting),
		.metric = "sluice_items{state=\"waiting\"}", .about = "until the next attempt"},
	{"in_flight", FIELD_UINT64, AT(item_counts, in_flight),
		.metric = "sluice_items{state=\"in_flight\"}", .about = "being sent or answered"},
	{"held", FIELD_UINT64, AT(item_counts, held), .metric = "sluice_items{state=\"held\"}",
		.about = "set aside by a circuit breaker or the operator"},
	{"ok", FIELD_UINT64, AT(item_counts, ok), .metric = "sluice_items{state=\"ok\"}",
		.about = "done: the result is written"},
	{"failed", FIELD_UINT64, AT(item_counts, failed),
		.metric = "sluice_items{state=\"failed\"}", .about = "for good"},
	{"cancelled", FIELD_UINT64, AT(item_counts, cancelled),
		.metric = "sluice_items{state=\"cancelled\"}", .about = "by the operator"},
	{NULL},
};

static const struct field limit_fields[] = {
	{"configured", FIELD_REAL, AT(limit_view, configured), .about = "by option or operator"},
	{"server", FIELD_REAL, AT(limit_view, server), .about = "as the server reported it"},
	{"used", FIELD_REAL, AT(limit_view, used), .about = "in force now"},
	{NULL},
};

static const struct field lane_fields[] = {
	{"set_aside", FIELD_BOOL, AT(lane_figures, breaker_open),
		.about = "the circuit breaker is open or half-open: single probes only"},
	{"in_flight", FIELD_UINT32, AT(lane_figures, in_flight), .about = "attempts"},
	{"concurrency", FIELD_INT, AT(lane_figures, concurrency),
		.about = "attempts allowed in flight now"},
	{"attempts", FIELD_UINT64, AT(lane_figures, answered), .about = "that ended"},
	{"attempts_ok", FIELD_UINT64, AT(lane_figures, ok), .about = "of them"},
	{"answers_per_s", FIELD_REAL, AT(lane_figures, answers_now), .about = "of the last 5 s"},
	{"rate_limited_per_min", FIELD_REAL, AT(lane_figures, rate_limited_per_min),
		.about = "answers 429 of the last minute"},
	{NULL},
};

static const struct field model_fields[] = {
	{"model", FIELD_TEXT, AT(model_view, name), .about = "its name"},
	{"", FIELD_PART, AT(model_view, lane), .about = "as for an endpoint",
		.fields = lane_fields},
	{"rpm", FIELD_REAL, AT(model_view, rpm), .present = has_own_rpm,
		.about = "its own limit of requests per minute, if it has one"},
	{"hold_s", FIELD_UNTIL, AT(model_view, lane.hold_until_us), US_PER_S,
		.about = "until its hold ends; 0 without a hold"},
	{"hold_source", FIELD_TEXT, AT(model_view, hold_source), .known = model_is_held,
		.about = "the header or rule that set the hold; \"\" without a hold"},
	{NULL},
};

static const struct field endpoint_fields[] = {
	{"name", FIELD_TEXT, AT(endpoint_view, name), .about = "its name"},
	{"paused", FIELD_BOOL, AT(endpoint_view, paused), .about = "by the operator"},
	{"", FIELD_PART, AT(endpoint_view, lane), .about = "its pace", .fields = lane_fields},
	{"models", FIELD_LIST, .present = has_models,
		.about = "its models, if an endpoint serves several", .fields = model_fields,
		.row_size = sizeof(struct model_view), .rows = model_rows},
	{NULL},
};

static const struct field stage_counts[] = {
	{"ready", FIELD_UINT32, AT(stage_view, ready), .about = "tasks to send"},
	{"waiting", FIELD_UINT32, AT(stage_view, waiting), .about = "until the next attempt"},
	{"held", FIELD_UINT32, AT(stage_view, held), .about = "set aside"},
	{"done", FIELD_UINT64, AT(stage_view, done),
		.about = "answered, earlier sessions included"},
	{"failed", FIELD_UINT64, AT(stage_view, failed), .about = "for good"},
	{"skipped", FIELD_UINT64, AT(stage_view, skipped), .about = "by their condition"},
	{NULL},
};

static const struct field stage_fields[] = {
	{"", FIELD_PART, AT(endpoint_view, stage), .about = "its tasks", .fields = stage_counts},
	{"", FIELD_PART, 0, .about = "as for an endpoint", .fields = endpoint_fields},
	{NULL},
};

static const struct field latency_fields[] = {
	{"p50", FIELD_DURATION, AT(latency_summary, p50_us), US_PER_MS, .about = "the median"},
	{"p90", FIELD_DURATION, AT(latency_summary, p90_us), US_PER_MS, .about = "90 % are faster"},
	{"p99", FIELD_DURATION, AT(latency_summary, p99_us), US_PER_MS, .about = "99 % are faster"},
	{"max", FIELD_DURATION, AT(latency_summary, max_us), US_PER_MS, .about = "the slowest"},
	{"first_byte_p50", FIELD_DURATION, AT(latency_summary, first_byte_p50_us), US_PER_MS,
		.about = "until the answer began"},
	{"first_byte_p99", FIELD_DURATION, AT(latency_summary, first_byte_p99_us), US_PER_MS,
		.about = "until the answer began"},
	{NULL},
};

static const struct field stream_fields[] = {
	{"first_token_ms_p50", FIELD_DURATION, AT(stream_summary, first_token_p50_us), US_PER_MS,
		.about = "until the first token"},
	{"first_token_ms_p99", FIELD_DURATION, AT(stream_summary, first_token_p99_us), US_PER_MS,
		.about = "until the first token"},
	{"gap_ms_p50", FIELD_DURATION, AT(stream_summary, gap_p50_us), US_PER_MS,
		.about = "between two tokens"},
	{"gap_ms_p99", FIELD_DURATION, AT(stream_summary, gap_p99_us), US_PER_MS,
		.about = "between two tokens"},
	{"tokens_per_s", FIELD_REAL, AT(stream_summary, tokens_per_s),
		.about = "at which an answer is written"},
	{NULL},
};

static const struct field error_fields[] = {
	{"outcome", FIELD_WORD, AT(error_group, outcome), .word = word_of_outcome,
		.about = "of these attempts"},
	{"status", FIELD_INT, AT(error_group, status), .about = "HTTP status, 0 without an answer"},
	{"code", FIELD_TEXT, AT(error_group, code), .about = "the server's code of the first"},
	{"message", FIELD_TEXT, AT(error_group, message), .about = "message of the first one"},
	{"attempts", FIELD_UINT64, AT(error_group, attempts), .about = "with this error"},
	{"items", FIELD_UINT64, AT(error_group, items),
		.about = "not ok whose last attempt had this error"},
	{"failed", FIELD_UINT64, AT(error_group, final), .about = "failed for good"},
	{"sample", FIELD_TEXT, AT(error_group, sample_id), .about = "id of one such item"},
	{NULL},
};

static const struct field cost_model_fields[] = {
	{"model", FIELD_TEXT, AT(model_cost_view, name), .about = "\"other\" if it is not known"},
	{"answers", FIELD_UINT64, AT(model_cost_view, answers), .about = "that were billed"},
	{"tokens_in", FIELD_WHOLE, AT(model_cost_view, tokens_in), .about = "of requests"},
	{"tokens_out", FIELD_WHOLE, AT(model_cost_view, tokens_out), .about = "of answers"},
	{"tokens_cached", FIELD_WHOLE, AT(model_cost_view, tokens_cached), .about = "of tokens_in"},
	{"tokens_cache_write", FIELD_WHOLE, AT(model_cost_view, tokens_cache_write),
		.about = "of tokens_in"},
	{"usd", FIELD_REAL, AT(model_cost_view, usd), .about = "known cost"},
	{"unpriced", FIELD_UINT64, AT(model_cost_view, unpriced), .absent_if_0 = true,
		.about = "answers of unknown cost"},
	{NULL},
};

static const struct field cost_fields[] = {
	{"tokens", FIELD_REAL, COST(tokens), .about = "spent"},
	{"usd", FIELD_REAL, COST(usd), .metric = "sluice_cost_dollars_total", .about = "spent"},
	{"projected_tokens", FIELD_REAL, COST(projected_tokens), .about = "by the end"},
	{"projected_usd", FIELD_REAL, COST(projected_usd), .about = "by the end"},
	{"budget_tokens", FIELD_REAL, COST(budget_tokens), .metric = "sluice_budget_tokens",
		.about = "the budget"},
	{"budget_usd", FIELD_REAL, COST(budget_usd), .metric = "sluice_budget_dollars",
		.about = "the budget"},
	{"budget_ends_at_item", FIELD_UINT64, COST(ends_at_item), .absent_if_0 = true,
		.about = "number of the item at which a budget will be used up"},
	{"unpriced", FIELD_UINT64, COST(unpriced), .absent_if_0 = true,
		.about = "answers of unknown cost, not in usd"},
	{"models", FIELD_LIST, .about = "by model, the most expensive first",
		.fields = cost_model_fields, .row_size = sizeof(struct model_cost_view),
		.rows = cost_model_rows},
	{NULL},
};

static const struct field session_fields[] = {
	{"latency_ms", FIELD_OBJECT, .about = "of ok answers",
		.fields = FIELDS{{"avg", FIELD_DURATION, AT(session_view, avg_us), US_PER_MS,
					 .about = "the mean"},
			{"p50", FIELD_DURATION, AT(session_view, p50_us), US_PER_MS,
				.about = "the median"},
			{"p90", FIELD_DURATION, AT(session_view, p90_us), US_PER_MS,
				.about = "90 % are faster"},
			{"p99", FIELD_DURATION, AT(session_view, p99_us), US_PER_MS,
				.about = "99 % are faster"},
			{"max", FIELD_DURATION, AT(session_view, max_us), US_PER_MS,
				.about = "the slowest"},
			{NULL}}},
	{"speed_up", FIELD_REAL, AT(session_view, speed_up),
		.about = "sum of their latencies divided by the elapsed time"},
	{"success_rate", FIELD_REAL, .figure = success_rate,
		.about = "share of ok items among the ended ones"},
	{"bound", FIELD_BOUNDS, AT(session_view, bound_share),
		.about = "limits on the rate of "
			 "sending, as shares of the time"},
	{"streams", FIELD_OBJECT, AT(session_view, streams), .present = session_streams,
		.about = "streamed answers of the session", .fields = stream_fields},
	{NULL},
};

const struct field snapshot_fields[] = {
	{"time", FIELD_WALL, AT(snapshot, wall_us), .about = "RFC 3339, UTC"},
	{"run", FIELD_TEXT, AT(snapshot, run_name), .about = "the input's file name"},
	{"state", FIELD_WORD, AT(snapshot, state), .word = word_of_run_state,
		.about = "RUNNING, PAUSED, HELD, DISK FULL, DRAINING, CANCELLING, DONE or STOPPED"},
	{"elapsed_s", FIELD_DURATION, AT(snapshot, elapsed_us), US_PER_S,
		.metric = "sluice_elapsed_seconds", .about = "since the session's start"},
	{"eta_low_s", FIELD_DURATION, AT(snapshot, eta_low_us), US_PER_S,
		.metric = "sluice_eta_seconds{bound=\"low\"}",
		.about = "earliest end; null when unknown"},
	{"eta_high_s", FIELD_DURATION, AT(snapshot, eta_high_us), US_PER_S,
		.metric = "sluice_eta_seconds{bound=\"high\"}",
		.about = "latest end; null when unknown"},
	{"tagged", FIELD_UINT64, AT(snapshot, tagged), .absent_if_0 = true,
		.about = "items tagged by operators"},
	{"eta_left_out", FIELD_UINT64, AT(snapshot, left_out), .absent_if_0 = true,
		.about = "held items, which the ETA does not count"},
	{"total", FIELD_UINT64, AT(snapshot, items.total), .known = total_is_known,
		.about = "items; null until the whole input was read"},
	{"part_of", FIELD_UINT64, AT(snapshot, part.of), .present = is_part,
		.known = whole_is_known,
		.about = "items of the whole input, with --first and --sample; null when unknown"},
	{"total_estimate", FIELD_UINT64, AT(snapshot, total_estimate), .known = estimate_is_known,
		.metric = "sluice_items_estimate",
		.about = "estimated items of the input; null "
			 "when unknown"},
	{"items", FIELD_OBJECT, AT(snapshot, items),
		.about = "items read so far by state, earlier sessions included",
		.fields = item_fields},
	{"concurrency", FIELD_INT, AT(snapshot, concurrency),
		.about = "attempts allowed in flight now"},
	{"concurrency_auto", FIELD_BOOL, AT(snapshot, concurrency_auto),
		.about = "true: the adaptive pace sets it"},
	{"concurrency_manual", FIELD_BOOL, AT(snapshot, concurrency_manual),
		.about = "true: the operator set it"},
	{"limits", FIELD_OBJECT, .about = "limits in force; null without a limit",
		.fields = FIELDS{{"rpm", FIELD_OBJECT, AT(snapshot, rpm),
					 .about = "requests per minute", .fields = limit_fields},
			{"tpm", FIELD_OBJECT, AT(snapshot, tpm), .about = "tokens per minute",
				.fields = limit_fields},
			{"rate", FIELD_OBJECT, AT(snapshot, rate),
				.about = "requests per second of the adaptive pace",
				.fields = limit_fields},
			{NULL}}},
	{"answers_per_s", FIELD_OBJECT, .about = "answers a second",
		.fields = FIELDS{{"now", FIELD_REAL, AT(snapshot, answers_now),
					 .about = "of the last 5 s"},
			{"avg", FIELD_REAL, AT(snapshot, answers_avg), .about = "of the session"},
			{NULL}}},
	{"tokens_per_s", FIELD_REAL, AT(snapshot, tokens_now),
		.about = "tokens in and out of the last 5 s"},
	{"rate_limited_per_min", FIELD_REAL, AT(snapshot, rate_limited_per_min),
		.about = "answers 429 of the last minute"},
	{"bound", FIELD_BOUNDS, AT(snapshot, bound_share),
		.about = "limits on the rate of sending, as shares of the last minute"},
	{"bound_now", FIELD_WORD, AT(snapshot, bound_now), .word = word_of_bound,
		.about = "limit on the rate of sending now"},
	{"stages", FIELD_LIST, .present = has_stages, .about = "of a pipeline",
		.fields = stage_fields, .row_size = sizeof(struct endpoint_view),
		.rows = endpoint_rows},
	{"endpoints", FIELD_LIST, .present = has_endpoints,
		.about = "if the run has several endpoints or models", .fields = endpoint_fields,
		.row_size = sizeof(struct endpoint_view), .rows = endpoint_rows},
	{"packed_items", FIELD_UINT64, AT(snapshot, packed_items), .present = packs,
		.about = "items sent in packed requests"},
	{"packed_requests", FIELD_UINT64, AT(snapshot, packed_requests), .present = packs,
		.about = "packed requests"},
	{"latency_ms", FIELD_OBJECT, AT(snapshot, latency),
		.about = "ok answers of the last 60 s; null without one", .fields = latency_fields},
	{"streams", FIELD_OBJECT, AT(snapshot, streams), .present = streams,
		.about = "streamed answers of the last 60 s", .fields = stream_fields},
	{"attempts", FIELD_UINT64, AT(snapshot, attempts),
		.about = "ended attempts of this session"},
	{"retries", FIELD_UINT64, AT(snapshot, retries), .metric = "sluice_retries_total",
		.about = "attempts after an item's first"},
	{"resent", FIELD_UINT64, AT(snapshot, resent), .absent_if_0 = true,
		.metric = "sluice_resent_total",
		.about = "retries because a connection ended without an answer"},
	{"doubtful", FIELD_UINT64, AT(snapshot, doubtful), .absent_if_0 = true,
		.metric = "sluice_doubtful_items",
		.about = "items whose answer may belong to another"},
	{"cached", FIELD_UINT64, AT(snapshot, cached), .present = reuses,
		.metric = "sluice_reused_items_total{source=\"cached\"}",
		.about = "items answered from an earlier run"},
	{"shared", FIELD_UINT64, AT(snapshot, shared), .present = reuses,
		.metric = "sluice_reused_items_total{source=\"shared\"}",
		.about = "items answered from another item"},
	{"outcomes", FIELD_OUTCOMES, AT(snapshot, outcomes), .about = "attempts by outcome"},
	{"final_failures", FIELD_OUTCOMES, AT(snapshot, final_failures),
		.about = "failed items by the outcome of their last attempt"},
	{"tokens_in", FIELD_UINT64, AT(snapshot, tokens_in), .about = "as answers report them"},
	{"tokens_out", FIELD_UINT64, AT(snapshot, tokens_out), .about = "as answers report them"},
	{"tokens_cached", FIELD_UINT64, AT(snapshot, cost.tokens_cached), .absent_if_0 = true,
		.metric = "sluice_cached_tokens_total{kind=\"read\"}", .about = "of tokens_in"},
	{"tokens_cache_write", FIELD_UINT64, AT(snapshot, cost.tokens_cache_write),
		.absent_if_0 = true, .metric = "sluice_cached_tokens_total{kind=\"written\"}",
		.about = "of tokens_in"},
	{"estimated_in", FIELD_UINT64, AT(snapshot, estimated_in), .present = estimates,
		.metric = "sluice_estimated_tokens_total{direction=\"in\"}",
		.about = "tokens of answers that report none"},
	{"estimated_out", FIELD_UINT64, AT(snapshot, estimated_out), .present = estimates,
		.metric = "sluice_estimated_tokens_total{direction=\"out\"}",
		.about = "tokens of answers that report none"},
	{"bytes_in", FIELD_UINT64, AT(snapshot, bytes_in),
		.metric = "sluice_bytes_total{direction=\"in\"}", .about = "received"},
	{"bytes_out", FIELD_UINT64, AT(snapshot, bytes_out),
		.metric = "sluice_bytes_total{direction=\"out\"}", .about = "sent"},
	{"errors", FIELD_LIST, .about = "the ten most frequent kinds of failed attempts",
		.fields = error_fields, .row_size = sizeof(struct error_group), .rows = error_rows},
	{"cost", FIELD_OBJECT, AT(snapshot, cost),
		.about = "of all sessions; a cost without a price and a missing budget are null",
		.fields = cost_fields},
	{"session", FIELD_OBJECT, AT(snapshot, session), .about = "the session so far",
		.fields = session_fields},
	{"hold_s", FIELD_UNTIL, AT(snapshot, hold_until_us), US_PER_S,
		.about = "seconds until the hold ends; 0 without a hold"},
	{"hold_source", FIELD_TEXT, AT(snapshot, hold_source), .known = run_is_held,
		.about = "the header or rule that set the hold; \"\" without a hold"},
	{"hold_words", FIELD_TEXT, AT(snapshot, hold_words), .known = run_is_held,
		.about = "the server's message with its last refusal"},
	{"belief", FIELD_TEXT, AT(snapshot, belief),
		.about = "the limit that the adaptive pace assumes; \"\" for other paces"},
	{"note", FIELD_TEXT, AT(snapshot, state_note),
		.about = "notice for the operator; \"\" without one"},
	{NULL},
};

static double known(double n)
{
	return n >= 0 ? n : NAN;
}

double field_number(const struct report *r, const struct field *f, const void *record)
{
	const void *value = (const char *)record + f->offset;

	if (f->known && !f->known(r, record))
		return NAN;
	switch (f->kind) {
	case FIELD_BOOL:
		return *(const bool *)value;
	case FIELD_INT:
		return *(const int *)value;
	case FIELD_UINT32:
		return *(const uint32_t *)value;
	case FIELD_UINT64:
		return (double)*(const uint64_t *)value;
	case FIELD_WHOLE:
		return *(const double *)value;
	case FIELD_REAL:
		return known(f->figure ? f->figure(r, record) : *(const double *)value);
	case FIELD_DURATION:
		return known((double)*(const int64_t *)value / US_PER_S);
	default:
		return NAN;
	}
}
