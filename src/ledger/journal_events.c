#include "ledger/journal_events.h"

#define MEMBERS (const struct journal_member[])

static const struct journal_row events[JOURNAL_KINDS] = {
	[JOURNAL_FINAL] = {"final", "An item failed or was cancelled.",
		MEMBERS{{"state", "failed or cancelled"}, {"line", "its line in the errors file"},
			{NULL, NULL}}},
	[JOURNAL_ATTEMPT] = {"attempt", "An attempt failed.",
		MEMBERS{{"id", "of the item"}, {"line", "of the input"}, {"stage", "of a pipeline"},
			{"endpoint", "if there are several"},
			{"model", "if the endpoint is asked for several"},
			{"attempt", "its number"}, {"outcome", "as in results"},
			{"status", "HTTP status, 0 without an answer"},
			{"wait_ms", "until the next one"},
			{"latency_ms", "how long it was in flight"}, {"message", "the error"}, {NULL, NULL}}},
	[JOURNAL_STAGE] = {"stage", "A stage of a pipeline was answered.",
		MEMBERS{{"id", "of the item"}, {"stage", "its name"},
			{"line_hash", "of the input line"}, {"request", "a hash of the request"},
			{"forget", "true: the answer is void and is requested again"},
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
			{"body", "of the request, in place of that of the line"}, {NULL, NULL}}},
	[JOURNAL_RESENT] = {"resent",
		"A request was sent again after its connection ended without an answer.",
		MEMBERS{{"id", "of the item"}, {"line", "of the input"}, {"times", "how often"},
			{"charged", "how many of them count as attempts"}, {NULL, NULL}}},
	[JOURNAL_DOUBT] = {"doubt", "Answers may belong to other requests.",
		MEMBERS{{"ids", "of the items"},
			{"cut", "true: the order of the requests is unknown"}, {NULL, NULL}}},
	[JOURNAL_VOID] = {"void", "A line of the results is void: its item is requested again.",
		MEMBERS{{"id", "of the item"}, {"offset", "of the line"}, {"hash", "of the line"},
			{"tokens_in", "as in results"}, {"tokens_out", "as in results"},
			{"estimated_in", "as in results"}, {"estimated_out", "as in results"},
			{"tokens_cached", "as in results"}, {"tokens_cache_write", "as in results"},
			{"cost_usd", "as in results"}, {"model", "as in results"}, {NULL, NULL}}},
	[JOURNAL_SPLIT] = {"split",
		"A packed request was refused; its items are sent again in smaller packs.",
		MEMBERS{{"stage", "of a pipeline"}, {"line", "of the first item"},
			{"items", "how many it had"}, {"next", "how many the next packs have"},
			{"status", "HTTP status"}, {"message", "the error"}, {NULL, NULL}}},
	[JOURNAL_PRIORITY] = {"priority", "The operator changed priorities.",
		MEMBERS{{"bumps", "ranges of lines: first, last, change, a hash mark of the first "
				  "item's id"},
			{NULL, NULL}}},
	[JOURNAL_COMMAND] = {"command", "The operator gave a command.",
		MEMBERS{{"text", "the command"},
			{"by", "the process that gave it over the control socket, with its pid"},
			{"reply", "its result"}, {NULL, NULL}}},
	[JOURNAL_CHANGE] = {"change", "A limit changed.",
		MEMBERS{{"endpoint", "its name, if there are several"},
			{"model", "if the endpoint is asked for several"}, {"what", "which limit"},
			{"old", "before"}, {"new", "now"}, {"by", "operator or controller"},
			{"reason", "in words"}, {NULL, NULL}}},
	[JOURNAL_LEARNED] = {"learnt",
		"The learned limits of the server; the next session starts from them.",
		MEMBERS{{"lanes", "by a hash of each endpoint's address, and of the model if there "
				  "are several"},
			{NULL, NULL}}},
	[JOURNAL_WARNING] = {"warning", "A warning to the operator.",
		MEMBERS{{"text", "the warning"}, {"detail", "details"}, {NULL, NULL}}},
	[JOURNAL_TICK] = {"tick",
		"A second in which something changed. Every tenth one is whole; those between have "
		"what changed since the one before. Counts end with the last that is not 0.",
		MEMBERS{{"ms", "since the session's start"},
			{"whole", "true: counts are totals, else what they have grown by"},
			{"items", "ok, in flight, waiting, failed, held, cancelled, all that were "
				  "read; the others are queued"},
			{"ok", "attempts of the session that were ok, if they are not as many as "
			       "the items"},
			{"not_ok", "the other attempts: rate_limited, server_error, timeout, "
				   "network, client_error, auth, quota, bad_response, too_large, "
				   "cancelled, bad_input"},
			{"tokens", "of the session: in, out"},
			{"in_flight", "requests, if they are not as many as the items in flight"},
			{"p50", "the median latency of the second's answers, in ms"},
			{"latency", "answers that were ok, by latency: the place of the first "
				    "count, then counts; place N begins at 2^(N/2) ms, place 0 "
				    "at 0"},
			{"bound", "what bound the rate of sending"},
			{"lanes", "by endpoint, and model if it is asked for several: concurrency, "
				  "rpm, tpm, rate (requests a second, while it is below rpm and "
				  "when it has changed by 10 %) in force, held; 0: no limit"},
			{"usd_of_run", "spent so far, in whole ones"}, {NULL, NULL}}},
	[JOURNAL_USAGE] = {"usage",
		"What requests came to by model, endpoint and stage, each minute and at the end. "
		"The last such record has all of the run.",
		MEMBERS{{"rows",
				"each with model, endpoint or stage: its name; outcomes: requests "
				"that were ok, then those by the other outcomes, as in ticks; "
				"tokens: in, out; usd, as far as known; latency of ok answers, as "
				"in ticks"},
			{NULL, NULL}}},
	[JOURNAL_START] = {"start", "A session began.",
		MEMBERS{{"pid", "of its process"}, {"version", "of sluice"},
			{"input", "its name on the command line"}, {"path", "its absolute path"},
			{"form", "how it was read: \"gzip, JSON lines\"; absent of a pipe"},
			{"command", "the words of the command line, without secrets"},
			{"provider", "of the API"}, {"api-version", "of Azure's API"},
			{"origin", "scheme, host and port"}, {"url", "a mark of the base URL"},
			{"endpoints", "a mark of all endpoints"},
			{"keys", "a mark of the places where the keys are from"},
			{"headers", "a mark of headers given with -H"},
			{"answer_headers", "the same of those that may change an answer"},
			{"template", "a mark of the template"},
			{"pipeline", "a mark of the pipeline's requests"},
			{"pace", "a mark of the limits"},
			{"retries", "a mark of the settings of retries, and of timeouts"},
			{"stream", "true: answers are streamed"},
			{"pack", "how many items may share a request"},
			{"settings", "format, max_attempts, timeout_ms, concurrency"},
			{"part", "of the input, if not all of it: first, or sample and seed"},
			{"mixed", "true: earlier results were made with other settings"},
			{"results", "size of the results"}, {"good", "results that are ok"},
			{"seed", "the run's secret"}, {NULL, NULL}}},
	[JOURNAL_STOP] = {"stop", "A session ended.",
		MEMBERS{{"reason", "why"}, {"exit_code", "of the process"},
			{"lost", "true: the files were changed during the run"},
			{"elapsed_ms", "how long it took"},
			{"part", "of the input, if not all of it: first, or sample and seed; of: "
				 "items of the input, of_estimated: true if these are not counted"},
			{"good", "results that are ok"}, {"items", "how many in each state"},
			{"session", "requests, tokens, latencies and cost"},
			{"why", "what bound the rate of sending, as shares of the time"},
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
