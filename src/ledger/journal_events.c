#include "ledger/journal_events.h"

#define MEMBERS (const struct journal_member[])

static const struct journal_row events[JOURNAL_KINDS] = {
	[JOURNAL_FINAL] = {"final", "An item failed or was cancelled.",
		MEMBERS{{"state", "failed or cancelled"},
			{"line", "the item's line of the errors "
				 "file"},
			{NULL, NULL}}},
	[JOURNAL_ATTEMPT] = {"attempt", "An attempt failed.",
		MEMBERS{{"id", "of the item"}, {"line", "of the input"}, {"stage", "of a pipeline"},
			{"endpoint", "if the run has several"},
			{"model", "if the endpoint serves several"}, {"attempt", "its number"},
			{"outcome", "as in results"},
			{"status", "HTTP status, 0 without an answer"},
			{"wait_ms", "until the next attempt"}, {"latency_ms", "time in flight"},
			{"message", "the error"}, {NULL, NULL}}},
	[JOURNAL_STAGE] = {"stage", "A stage of a pipeline was answered.",
		MEMBERS{{"id", "of the item"}, {"stage", "its name"},
			{"line_hash", "of the input line"}, {"request", "a hash of the request"},
			{"forget", "true: the answer is void; sluice requests it again"},
			{"status", "HTTP status"}, {"tokens_in", "as in results"},
			{"tokens_out", "as in results"}, {"estimated_in", "as in results"},
			{"estimated_out", "as in results"}, {"tokens_cached", "as in results"},
			{"tokens_cache_write", "as in results"}, {"cost_usd", "as in results"},
			{"model", "as in results"}, {"body_is_text", "true: the body is not JSON"},
			{"body", "the answer"}, {NULL, NULL}}},
	[JOURNAL_REQUEUED] = {"requeued", "A failed or cancelled item was queued again.",
		MEMBERS{{"id", "of the item"}, {NULL, NULL}}},
	[JOURNAL_EDITED] = {"edited",
		"The operator edited a request and sends it again in this session.",
		MEMBERS{{"id", "of the item"}, {"line", "of the input"},
			{"body", "the edited body, sent instead of the line's"}, {NULL, NULL}}},
	[JOURNAL_RESENT] = {"resent",
		"A connection ended without an answer; its request was sent again.",
		MEMBERS{{"id", "of the item"}, {"line", "of the input"},
			{"times", "number of times"},
			{"charged", "number of them that count as attempts"}, {NULL, NULL}}},
	[JOURNAL_DOUBT] = {"doubt", "Answers are in doubt: they may belong to other requests.",
		MEMBERS{{"ids", "of the items"},
			{"cut", "true: the order of the requests is unknown"}, {NULL, NULL}}},
	[JOURNAL_VOID] = {"void", "A result line is void; sluice requests its item again.",
		MEMBERS{{"id", "of the item"}, {"offset", "of the line"}, {"hash", "of the line"},
			{"tokens_in", "as in results"}, {"tokens_out", "as in results"},
			{"estimated_in", "as in results"}, {"estimated_out", "as in results"},
			{"tokens_cached", "as in results"}, {"tokens_cache_write", "as in results"},
			{"cost_usd", "as in results"}, {"model", "as in results"}, {NULL, NULL}}},
	[JOURNAL_SPLIT] = {"split",
		"The server refused a packed request; sluice sends its items again in smaller "
		"packs.",
		MEMBERS{{"stage", "of a pipeline"}, {"line", "of the first item"},
			{"items", "number of its items"},
			{"next", "number of items of the next packs"}, {"status", "HTTP status"},
			{"message", "the error"}, {NULL, NULL}}},
	[JOURNAL_PRIORITY] = {"priority", "The operator changed priorities.",
		MEMBERS{{"bumps", "ranges of lines: first, last, change, a hash of the first "
				  "item's id"},
			{NULL, NULL}}},
	[JOURNAL_COMMAND] = {"command", "The operator gave a command.",
		MEMBERS{{"text", "the command"},
			{"by", "the process that sent it over the control socket, with its pid"},
			{"reply", "its result"}, {NULL, NULL}}},
	[JOURNAL_CHANGE] = {"change", "A limit changed.",
		MEMBERS{{"endpoint", "its name, if the run has several"},
			{"model", "if the endpoint serves several"}, {"what", "which limit"},
			{"old", "before"}, {"new", "now"}, {"by", "operator or controller"},
			{"reason", "in words"}, {NULL, NULL}}},
	[JOURNAL_LEARNED] = {"learnt",
		"The learned limits of the server; the next session starts from them.",
		MEMBERS{{"lanes", "by a hash of each endpoint's address, and of the model if it "
				  "serves several"},
			{NULL, NULL}}},
	[JOURNAL_WARNING] = {"warning", "A warning to the operator.",
		MEMBERS{{"text", "the warning"}, {"detail", "details"}, {NULL, NULL}}},
	[JOURNAL_TICK] = {"tick",
		"State of the run in a second with changes. Every tenth tick is whole; the others "
		"hold only the changes since the previous tick. Lists of counts omit trailing "
		"zeros.",
		MEMBERS{{"ms", "since the session's start"},
			{"whole", "true: counts are totals; else they are increments"},
			{"items", "ok, in flight, waiting, failed, held, cancelled, read so far; "
				  "the others are queued"},
			{"ok", "ok attempts of the session, if their number differs from the ok "
			       "items"},
			{"not_ok", "the other attempts: rate_limited, server_error, timeout, "
				   "network, client_error, auth, quota, bad_response, too_large, "
				   "cancelled, bad_input"},
			{"tokens", "of the session: in, out"},
			{"in_flight", "requests in flight, if their number differs from the items"},
			{"p50", "the median latency of the second's answers, in ms"},
			{"latency", "ok answers by latency: the index of the first bucket, then "
				    "the counts; bucket N begins at 2^(N/2) ms, bucket 0 at 0"},
			{"bound", "what limited the rate of sending"},
			{"lanes", "by endpoint, and model if it serves several: concurrency, rpm, "
				  "tpm, rate (requests a second, if below rpm and changed by 10 %) "
				  "in force, held; 0: no limit"},
			{"usd_of_run", "dollars spent so far; only in whole ticks"}, {NULL, NULL}}},
	[JOURNAL_USAGE] = {"usage",
		"Totals by model, endpoint and stage, each minute and at the end. The last record "
		"has the totals of the whole run.",
		MEMBERS{{"rows", "each with the name of a model, endpoint or stage; outcomes: ok "
				 "requests, then the other outcomes as in ticks; tokens: in, out; "
				 "usd: the known cost; latency: ok answers, as in ticks"},
			{NULL, NULL}}},
	[JOURNAL_START] = {"start", "A session began.",
		MEMBERS{{"pid", "of its process"}, {"version", "of sluice"},
			{"input", "its path on the command line"}, {"path", "its absolute path"},
			{"form", "its format: \"gzip, JSON lines\"; absent for a pipe"},
			{"command", "the words of the command line, without secrets"},
			{"provider", "of the API"}, {"api-version", "of Azure's API"},
			{"origin", "scheme, host and port"}, {"url", "a hash of the base URL"},
			{"endpoints", "a hash of all endpoints"},
			{"keys", "a hash of the sources of the keys"},
			{"headers", "a hash of the headers of -H"},
			{"answer_headers", "a hash of the headers that may change an answer"},
			{"template", "a hash of the template"},
			{"pipeline", "a hash of the pipeline's requests"},
			{"pace", "a hash of the limits"},
			{"retries", "a hash of the settings of retries and timeouts"},
			{"stream", "true: answers are streamed"},
			{"pack", "maximum items in a request"},
			{"settings", "format, max_attempts, timeout_ms, concurrency"},
			{"part", "with --first or --sample: first, or sample and seed"},
			{"mixed", "true: earlier results have other settings"},
			{"results", "size of the results"}, {"good", "number of ok results"},
			{"seed", "the run's secret"}, {NULL, NULL}}},
	[JOURNAL_STOP] = {"stop", "A session ended.",
		MEMBERS{{"reason", "why"}, {"exit_code", "of the process"},
			{"lost", "true: another program changed the files during the run"},
			{"elapsed_ms", "duration of the session"},
			{"part", "with --first or --sample: first, or sample and seed; of: items "
				 "of the whole input, of_estimated: true if that is an estimate"},
			{"good", "number of ok results"}, {"items", "number in each state"},
			{"session", "requests, tokens, latencies and cost"},
			{"why", "what limited the rate of sending, as shares of the time"},
			{NULL, NULL}}},
};

const struct journal_row *journal_row_of(enum journal_kind kind)
{
	return &events[kind];
}

enum journal_kind journal_kind_of(struct json_span event)
{
	for (int k = JOURNAL_OTHER + 1; k < JOURNAL_KINDS; k++)
		if (json_span_equals(event, events[k].name))
			return (enum journal_kind)k;
	return JOURNAL_OTHER;
}
