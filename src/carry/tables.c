#include "carry/tables.h"

#include "port.h"

#define SIZE(record, member)  sizeof(((struct record *)0)->member)
#define COUNT(record, member) (SIZE(record, member) / SIZE(record, member[0]))

/* A member; one up to a number or of an enum with so many words; an array of numbers, and one of
 * such up to a number; a record; an array of records. */
#define ONE(kind, record, member)                                                                  \
	{                                                                                          \
#member, kind, offsetof(struct record, member), SIZE(record, member), 0, 0, NULL   \
	}
#define UPTO(kind, record, member, most)                                                           \
	{                                                                                          \
#member, kind, offsetof(struct record, member), SIZE(record, member), 0, most,     \
			NULL                                                                       \
	}
#define MANY(kind, record, member)                                                                 \
	{                                                                                          \
#member, kind, offsetof(struct record, member), SIZE(record, member[0]),           \
			COUNT(record, member), 0, NULL                                             \
	}
#define MANY_UPTO(kind, record, member, most)                                                      \
	{                                                                                          \
#member, kind, offsetof(struct record, member), SIZE(record, member[0]),           \
			COUNT(record, member), most, NULL                                          \
	}
#define RECORD(record, member, fields)                                                             \
	{                                                                                          \
#member, CARRY_RECORD, offsetof(struct record, member), SIZE(record, member), 0,   \
			0, fields                                                                  \
	}
#define RECORDS(kind, record, member, fields)                                                      \
	{                                                                                          \
#member, kind, offsetof(struct record, member), SIZE(record, member[0]),           \
			COUNT(record, member), 0, fields                                           \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, CARRY_BOOL, 0, 0, 0, 0, NULL                                                 \
	}

enum {
	LINKS = RUN_LINK_OVER + 1,
	MARKS = MARK_OPERATOR + 1,
	LEVELS = EVENT_NOTE + 1,
	STANDSTILLS = STANDSTILL_PAUSED + 1,
	QUESTIONS = QUESTION_BUDGET_USD + 1
};

static const struct carry_field model_cost_fields[] = {
	ONE(CARRY_TEXT, model_cost_view, name),
	ONE(CARRY_UINT64, model_cost_view, answers),
	ONE(CARRY_UINT64, model_cost_view, unpriced),
	ONE(CARRY_REAL, model_cost_view, tokens_in),
	ONE(CARRY_REAL, model_cost_view, tokens_out),
	ONE(CARRY_REAL, model_cost_view, tokens_cached),
	ONE(CARRY_REAL, model_cost_view, tokens_cache_write),
	ONE(CARRY_REAL, model_cost_view, usd),
	END,
};

static const struct carry_field cost_fields[] = {
	ONE(CARRY_REAL, cost_view, tokens),
	ONE(CARRY_REAL, cost_view, usd),
	ONE(CARRY_REAL, cost_view, projected_tokens),
	ONE(CARRY_REAL, cost_view, projected_usd),
	ONE(CARRY_REAL, cost_view, budget_tokens),
	ONE(CARRY_REAL, cost_view, budget_usd),
	ONE(CARRY_UINT64, cost_view, ends_at_item),
	ONE(CARRY_BOOL, cost_view, earlier),
	ONE(CARRY_BOOL, cost_view, expected),
	ONE(CARRY_UINT64, cost_view, unpriced),
	ONE(CARRY_UINT64, cost_view, asked),
	ONE(CARRY_UINT64, cost_view, tokens_cached),
	ONE(CARRY_UINT64, cost_view, tokens_cache_write),
	UPTO(CARRY_INT, cost_view, n_models, MODEL_COSTS_SHOWN),
	RECORDS(CARRY_RECORD, cost_view, model, model_cost_fields),
	END,
};

static const struct carry_field stream_fields[] = {
	ONE(CARRY_BOOL, stream_summary, any),
	ONE(CARRY_INT64, stream_summary, first_token_p50_us),
	ONE(CARRY_INT64, stream_summary, first_token_p99_us),
	ONE(CARRY_INT64, stream_summary, gap_p50_us),
	ONE(CARRY_INT64, stream_summary, gap_p99_us),
	ONE(CARRY_REAL, stream_summary, tokens_per_s),
	END,
};

static const struct carry_field session_fields[] = {
	ONE(CARRY_INT64, session_view, avg_us),
	ONE(CARRY_INT64, session_view, p50_us),
	ONE(CARRY_INT64, session_view, p90_us),
	ONE(CARRY_INT64, session_view, p99_us),
	ONE(CARRY_INT64, session_view, max_us),
	RECORD(session_view, streams, stream_fields),
	ONE(CARRY_REAL, session_view, speed_up),
	MANY(CARRY_REAL, session_view, bound_share),
	END,
};

static const struct carry_field lane_fields[] = {
	ONE(CARRY_BOOL, lane_figures, breaker_open),
	ONE(CARRY_INT, lane_figures, concurrency),
	ONE(CARRY_BOOL, lane_figures, concurrency_auto),
	ONE(CARRY_UINT32, lane_figures, in_flight),
	ONE(CARRY_REAL, lane_figures, answers_now),
	ONE(CARRY_REAL, lane_figures, rate_limited_per_min),
	ONE(CARRY_INT64, lane_figures, hold_until_us),
	ONE(CARRY_UINT64, lane_figures, answered),
	ONE(CARRY_UINT64, lane_figures, ok),
	END,
};

static const struct carry_field stage_fields[] = {
	ONE(CARRY_UINT32, stage_view, after),
	ONE(CARRY_UINT32, stage_view, ready),
	ONE(CARRY_UINT32, stage_view, waiting),
	ONE(CARRY_UINT32, stage_view, held),
	ONE(CARRY_UINT64, stage_view, done),
	ONE(CARRY_UINT64, stage_view, failed),
	ONE(CARRY_UINT64, stage_view, skipped),
	END,
};

static const struct carry_field endpoint_fields[] = {
	ONE(CARRY_TEXT, endpoint_view, name),
	ONE(CARRY_BOOL, endpoint_view, chosen),
	ONE(CARRY_BOOL, endpoint_view, paused),
	ONE(CARRY_REAL, endpoint_view, weight),
	ONE(CARRY_TEXT, endpoint_view, hold_source),
	RECORD(endpoint_view, lane, lane_fields),
	RECORD(endpoint_view, stage, stage_fields),
	END,
};

static const struct carry_field model_fields[] = {
	UPTO(CARRY_INT, model_view, endpoint, ENDPOINTS_MAX - 1),
	ONE(CARRY_TEXT, model_view, name),
	ONE(CARRY_REAL, model_view, rpm),
	ONE(CARRY_TEXT, model_view, hold_source),
	RECORD(model_view, lane, lane_fields),
	END,
};

static const struct carry_field count_fields[] = {
	ONE(CARRY_UINT64, item_counts, queued),
	ONE(CARRY_UINT64, item_counts, waiting),
	ONE(CARRY_UINT64, item_counts, in_flight),
	ONE(CARRY_UINT64, item_counts, held),
	ONE(CARRY_UINT64, item_counts, ok),
	ONE(CARRY_UINT64, item_counts, failed),
	ONE(CARRY_UINT64, item_counts, cancelled),
	ONE(CARRY_UINT64, item_counts, total),
	END,
};

static const struct carry_field part_fields[] = {
	ONE(CARRY_UINT64, input_part, first),
	ONE(CARRY_UINT64, input_part, sample),
	ONE(CARRY_UINT64, input_part, seed),
	ONE(CARRY_UINT64, input_part, of),
	ONE(CARRY_BOOL, input_part, of_estimated),
	END,
};

static const struct carry_field limit_fields[] = {
	ONE(CARRY_REAL, limit_view, configured),
	ONE(CARRY_REAL, limit_view, server),
	ONE(CARRY_REAL, limit_view, used),
	ONE(CARRY_BOOL, limit_view, manual),
	END,
};

static const struct carry_field latency_fields[] = {
	ONE(CARRY_INT64, latency_summary, p50_us),
	ONE(CARRY_INT64, latency_summary, p90_us),
	ONE(CARRY_INT64, latency_summary, p99_us),
	ONE(CARRY_INT64, latency_summary, max_us),
	ONE(CARRY_INT64, latency_summary, first_byte_p50_us),
	ONE(CARRY_INT64, latency_summary, first_byte_p99_us),
	END,
};

static const struct carry_field second_fields[] = {
	ONE(CARRY_UINT32, history_second, answered),
	ONE(CARRY_UINT32, history_second, ok),
	ONE(CARRY_UINT32, history_second, rate_limited),
	ONE(CARRY_UINT32, history_second, in_flight),
	ONE(CARRY_UINT32, history_second, concurrency),
	ONE(CARRY_INT, history_second, latency_p50_ms),
	ONE(CARRY_UINT32, history_second, tokens),
	UPTO(CARRY_BYTE, history_second, mark, MARKS),
	END,
};

static const struct carry_field replay_fields[] = {
	ONE(CARRY_BOOL, replay_view, on),
	ONE(CARRY_BOOL, replay_view, playing),
	ONE(CARRY_BOOL, replay_view, reading),
	ONE(CARRY_INT, replay_view, speed),
	ONE(CARRY_INT64, replay_view, at_us),
	ONE(CARRY_INT64, replay_view, length_us),
	ONE(CARRY_INT, replay_view, session),
	ONE(CARRY_INT, replay_view, sessions),
	ONE(CARRY_UINT32, replay_view, here),
	MANY_UPTO(CARRY_BYTE, replay_view, mark, 1 << REPLAY_MARKS),
	END,
};

const struct carry_field carry_snapshot_fields[] = {
	ONE(CARRY_TEXT, snapshot, run_name),
	ONE(CARRY_TEXT, snapshot, endpoint),
	UPTO(CARRY_ENUM, snapshot, state, RUN_STATE_COUNT),
	ONE(CARRY_TEXT, snapshot, state_note),
	ONE(CARRY_INT64, snapshot, now_us),
	ONE(CARRY_INT64, snapshot, wall_us),
	ONE(CARRY_INT64, snapshot, elapsed_us),
	ONE(CARRY_BOOL, snapshot, read_only),
	ONE(CARRY_BOOL, snapshot, past),
	RECORD(snapshot, replay, replay_fields),
	UPTO(CARRY_ENUM, snapshot, link, LINKS),
	ONE(CARRY_INT64, snapshot, unheard_us),
	ONE(CARRY_BOOL, snapshot, retries_go_on),
	ONE(CARRY_BOOL, snapshot, paused_itself),
	UPTO(CARRY_ENUM, snapshot, question, QUESTIONS),
	ONE(CARRY_INT64, snapshot, answer_by_us),
	ONE(CARRY_TEXT, snapshot, results),
	ONE(CARRY_TEXT, snapshot, errors),
	ONE(CARRY_TEXT, snapshot, journal),
	RECORD(snapshot, items, count_fields),
	ONE(CARRY_BOOL, snapshot, total_known),
	ONE(CARRY_UINT64, snapshot, total_estimate),
	RECORD(snapshot, part, part_fields),
	ONE(CARRY_UINT64, snapshot, resumed),
	UPTO(CARRY_ENUM, snapshot, standstill, STANDSTILLS),
	ONE(CARRY_INT64, snapshot, eta_low_us),
	ONE(CARRY_INT64, snapshot, eta_high_us),
	ONE(CARRY_INT64, snapshot, held_until_us),
	ONE(CARRY_UINT64, snapshot, left_out),
	ONE(CARRY_UINT64, snapshot, tagged),
	UPTO(CARRY_INT, snapshot, n_endpoints, ENDPOINTS_MAX),
	RECORDS(CARRY_RECORD, snapshot, endpoints, endpoint_fields),
	UPTO(CARRY_INT, snapshot, n_models, MODELS_SHOWN),
	RECORDS(CARRY_RECORD, snapshot, models, model_fields),
	ONE(CARRY_BOOL, snapshot, pipeline),
	ONE(CARRY_UINT32, snapshot, open_rows),
	ONE(CARRY_INT, snapshot, concurrency),
	ONE(CARRY_UINT32, snapshot, requests),
	ONE(CARRY_BOOL, snapshot, concurrency_auto),
	ONE(CARRY_BOOL, snapshot, concurrency_manual),
	ONE(CARRY_INT, snapshot, concurrency_cap),
	RECORD(snapshot, rpm, limit_fields),
	RECORD(snapshot, tpm, limit_fields),
	RECORD(snapshot, rate, limit_fields),
	ONE(CARRY_REAL, snapshot, answers_now),
	ONE(CARRY_REAL, snapshot, answers_avg),
	ONE(CARRY_REAL, snapshot, tokens_now),
	ONE(CARRY_REAL, snapshot, rate_limited_per_min),
	UPTO(CARRY_ENUM, snapshot, bound_now, BOUND_COUNT),
	MANY(CARRY_REAL, snapshot, bound_share),
	ONE(CARRY_INT64, snapshot, hold_until_us),
	ONE(CARRY_TEXT, snapshot, hold_source),
	ONE(CARRY_TEXT, snapshot, hold_words),
	ONE(CARRY_TEXT, snapshot, belief),
	UPTO(CARRY_ENUM, snapshot, belief_of, BOUND_COUNT),
	RECORD(snapshot, session, session_fields),
	RECORD(snapshot, latency, latency_fields),
	RECORD(snapshot, streams, stream_fields),
	MANY(CARRY_UINT32, snapshot, latency_bins),
	ONE(CARRY_UINT64, snapshot, attempts),
	ONE(CARRY_UINT64, snapshot, retries),
	ONE(CARRY_UINT64, snapshot, resent),
	ONE(CARRY_UINT64, snapshot, doubtful),
	ONE(CARRY_UINT64, snapshot, cached),
	ONE(CARRY_UINT64, snapshot, shared),
	ONE(CARRY_UINT64, snapshot, packed_items),
	ONE(CARRY_UINT64, snapshot, packed_requests),
	MANY(CARRY_UINT64, snapshot, outcomes),
	MANY(CARRY_UINT64, snapshot, final_failures),
	ONE(CARRY_UINT64, snapshot, tokens_in),
	ONE(CARRY_UINT64, snapshot, tokens_out),
	ONE(CARRY_UINT64, snapshot, estimated_in),
	ONE(CARRY_UINT64, snapshot, estimated_out),
	ONE(CARRY_UINT64, snapshot, bytes_in),
	ONE(CARRY_UINT64, snapshot, bytes_out),
	RECORD(snapshot, cost, cost_fields),
	ONE(CARRY_UINT64, snapshot, tagged),
	ONE(CARRY_UINT64, snapshot, last_event),
	UPTO(CARRY_INT, snapshot, history_len, HISTORY_SECONDS),
	RECORDS(CARRY_ROW, snapshot, history, second_fields),
	END,
};

static const struct carry_field facts_fields[] = {
	ONE(CARRY_BOOL, item_facts, known),
	ONE(CARRY_INT64, item_facts, latency_us),
	ONE(CARRY_INT64, item_facts, first_token_us),
	ONE(CARRY_INT64, item_facts, tokens_in),
	ONE(CARRY_INT64, item_facts, tokens_out),
	ONE(CARRY_REAL, item_facts, usd),
	ONE(CARRY_INT64, item_facts, ended_wall_us),
	ONE(CARRY_TEXT, item_facts, finish),
	ONE(CARRY_TEXT, item_facts, endpoint),
	ONE(CARRY_TEXT, item_facts, stage),
	ONE(CARRY_TEXT, item_facts, answer),
	END,
};

const struct carry_field carry_item_row_fields[] = {
	ONE(CARRY_UINT64, item_row, line),
	ONE(CARRY_TEXT, item_row, id),
	UPTO(CARRY_ENUM, item_row, state, ITEM_STATE_COUNT),
	UPTO(CARRY_ENUM, item_row, outcome, OUTCOME_COUNT),
	ONE(CARRY_INT, item_row, attempt),
	ONE(CARRY_INT, item_row, max_attempts),
	ONE(CARRY_INT64, item_row, age_us),
	ONE(CARRY_INT64, item_row, due_us),
	ONE(CARRY_INT, item_row, status),
	ONE(CARRY_TEXT, item_row, phase),
	ONE(CARRY_TEXT, item_row, model),
	ONE(CARRY_UINT64, item_row, bytes_in),
	ONE(CARRY_UINT64, item_row, tokens_out),
	ONE(CARRY_INT64, item_row, idle_us),
	ONE(CARRY_TEXT, item_row, host),
	ONE(CARRY_TEXT, item_row, request_id),
	ONE(CARRY_TEXT, item_row, stage),
	ONE(CARRY_BOOL, item_row, tagged),
	RECORD(item_row, facts, facts_fields),
	END,
};

const struct carry_field carry_rows_info_fields[] = {
	ONE(CARRY_UINT64, rows_info, total),
	ONE(CARRY_BOOL, rows_info, complete),
	ONE(CARRY_REAL, rows_info, progress),
	ONE(CARRY_BOOL, rows_info, busy),
	ONE(CARRY_TEXT, rows_info, error),
	END,
};

const struct carry_field carry_group_fields[] = {
	ONE(CARRY_UINT32, error_group, id),
	UPTO(CARRY_ENUM, error_group, outcome, OUTCOME_COUNT),
	ONE(CARRY_INT, error_group, status),
	ONE(CARRY_TEXT, error_group, code),
	ONE(CARRY_TEXT, error_group, message),
	ONE(CARRY_TEXT, error_group, sample_id),
	ONE(CARRY_UINT64, error_group, attempts),
	ONE(CARRY_UINT64, error_group, items),
	ONE(CARRY_UINT64, error_group, final),
	ONE(CARRY_INT64, error_group, first_wall_us),
	ONE(CARRY_INT64, error_group, last_wall_us),
	MANY(CARRY_UINT32, error_group, per_minute),
	END,
};

const struct carry_field carry_event_fields[] = {
	ONE(CARRY_UINT64, event, seq),
	ONE(CARRY_INT64, event, wall_us),
	UPTO(CARRY_ENUM, event, level, LEVELS),
	UPTO(CARRY_ENUM, event, outcome, OUTCOME_COUNT),
	ONE(CARRY_UINT64, event, line),
	ONE(CARRY_UINT32, event, group),
	ONE(CARRY_TEXT, event, endpoint),
	ONE(CARRY_TEXT, event, text),
	END,
};

const struct carry_field carry_attempt_fields[] = {
	ONE(CARRY_INT, attempt_view, number),
	ONE(CARRY_INT64, attempt_view, started_wall_us),
	ONE(CARRY_INT64, attempt_view, latency_us),
	ONE(CARRY_INT64, attempt_view, first_byte_us),
	ONE(CARRY_INT64, attempt_view, connect_us),
	ONE(CARRY_INT64, attempt_view, wait_us),
	ONE(CARRY_INT64, attempt_view, first_token_us),
	ONE(CARRY_FLOAT, attempt_view, tokens_per_s),
	ONE(CARRY_INT64, attempt_view, tokens_in),
	ONE(CARRY_INT64, attempt_view, tokens_out),
	ONE(CARRY_REAL, attempt_view, usd),
	UPTO(CARRY_ENUM, attempt_view, outcome, OUTCOME_COUNT),
	ONE(CARRY_INT, attempt_view, status),
	ONE(CARRY_TEXT, attempt_view, request_id),
	ONE(CARRY_TEXT, attempt_view, message),
	ONE(CARRY_TEXT, attempt_view, queue),
	ONE(CARRY_TEXT, attempt_view, endpoint),
	END,
};

static const struct carry_field hit_fields[] = {
	ONE(CARRY_TEXT, error_hit, name),
	ONE(CARRY_UINT64, error_hit, attempts),
	END,
};

static const struct carry_field sample_fields[] = {
	{"id", CARRY_TEXT, 0, SIZE(error_hits, sample[0]), 0, 0, NULL},
	END,
};

const struct carry_field carry_hits_fields[] = {
	RECORDS(CARRY_RECORD, error_hits, sample, sample_fields),
	RECORDS(CARRY_RECORD, error_hits, model, hit_fields),
	RECORDS(CARRY_RECORD, error_hits, place, hit_fields),
	END,
};

const struct carry_field carry_usage_fields[] = {
	UPTO(CARRY_ENUM, usage_row, kind, USAGE_KINDS),
	ONE(CARRY_TEXT, usage_row, name),
	ONE(CARRY_UINT64, usage_row, requests),
	ONE(CARRY_UINT64, usage_row, ok),
	ONE(CARRY_UINT64, usage_row, rate_limited),
	ONE(CARRY_UINT64, usage_row, cancelled),
	ONE(CARRY_INT64, usage_row, p50_us),
	ONE(CARRY_INT64, usage_row, p99_us),
	ONE(CARRY_UINT64, usage_row, tokens_in),
	ONE(CARRY_UINT64, usage_row, tokens_out),
	ONE(CARRY_REAL, usage_row, usd),
	ONE(CARRY_REAL, usage_row, usd_per_min),
	END,
};

const struct carry_field carry_slot_fields[] = {
	ONE(CARRY_UINT32, chart_slot, seconds),
	ONE(CARRY_UINT32, chart_slot, answered),
	ONE(CARRY_UINT32, chart_slot, ok),
	ONE(CARRY_UINT32, chart_slot, rate_limited),
	ONE(CARRY_UINT32, chart_slot, concurrency),
	ONE(CARRY_UINT32, chart_slot, medians),
	ONE(CARRY_FLOAT, chart_slot, medians_ms),
	ONE(CARRY_UINT32, chart_slot, marks),
	ONE(CARRY_UINT64, chart_slot, tokens),
	ONE(CARRY_UINT64, chart_slot, in_flight),
	MANY(CARRY_UINT32, chart_slot, latency),
	END,
};
