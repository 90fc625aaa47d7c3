/* Metrics as one JSON object a line, once a second, on stderr. The names are stable; new ones may
 * join.
 *
 * time             RFC 3339, UTC
 * run, state       text; state as run_state_name() has it
 * elapsed_s        number; eta_low_s, eta_high_s: null when unknown
 * total            the number of items, null until the input was read to its end
 * total_estimate   number, null when unknown
 * items            {queued, waiting, in_flight, held, ok, failed, cancelled}: they add up
 * concurrency      number; concurrency_auto: true when it is found by itself
 * limits           {rpm, tpm, rate}: each {configured, server, used}, null where there is none
 * answers_per_s    {now, avg}
 * tokens_per_s     number
 * rate_limited_per_min
 * bound            shares of the last minute, by bound_name()
 * latency_ms       {p50, p90, p99, max, first_byte_p50, first_byte_p99}, null when none
 * attempts, retries
 * outcomes         attempts by outcome_name()
 * final_failures   failed items by the outcome of their last attempt
 * errors           the commonest kinds of failed attempts: {outcome, status, code, message,
 * attempts, items, failed, sample}, with the server's words of the first and the id of an item
 * tokens_in, tokens_out, bytes_in, bytes_out
 * tokens_cached, tokens_cache_write: parts of tokens_in, absent when 0
 * estimated_in, estimated_out: tokens that answers did not report, when there are any
 *
 * cost: {tokens, usd, projected_tokens, projected_usd, budget_tokens, budget_usd, unpriced,
 * models}, of all sessions, null when there is no price or no budget. unpriced: answers whose cost
 * is not known, absent when 0. models: for each {model, answers, tokens_in, tokens_out,
 * tokens_cached, tokens_cache_write, usd, unpriced}, the most expensive first.
 *
 * hold_s: seconds until a hold ends, 0 without one. hold_source: who asked for it. hold_words: the
 * server's words of its last refusal.
 *
 * belief: what the adaptive pace takes the limit for; "" for other paces
 *
 * note: what the operator should know; "" for nothing */
#ifndef SLUICE_UI_JSON_H
#define SLUICE_UI_JSON_H

#include "base/buf.h"
#include "port.h"

/* Appends the object on one line, without its newline. */
void json_metrics(const struct port *port, struct buf *out);

#endif
