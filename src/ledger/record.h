/* Reads a line of RESULTS, the errors file or the journal. Pure, and fast for lines as sluice
 * writes them: their two ends suffice, and the body between is not read. */
#ifndef SLUICE_LEDGER_RECORD_H
#define SLUICE_LEDGER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "ledger/cost_record.h"
#include "ledger/journal_events.h"
#include "ledger/line_hash.h"
#include "words.h"

/* Whose batch API's result lines a file has: the choices of --result-format, in their order. */
enum result_form { RESULT_OPENAI, RESULT_ANTHROPIC };

/* A line of RESULTS or the errors file. Numbers that are not there are -1. */
struct result_record {
	enum result_form form;
	struct json_span id; /* custom_id, a string with its quotes */
	int64_t line, attempts, latency_us, first_byte_us;
	struct cost_record cost;        /* without its model */
	struct json_span model;         /* a string with its quotes; at NULL: none */
	int64_t first_token_us, gap_us; /* of a stream; the gap between two pieces on average */
	int64_t tokens_per_1000_s;
	int64_t ended_ms;         /* since the start of its session */
	int64_t packed;           /* items that shared its request */
	int64_t session;          /* that made it, from 1 */
	int64_t retries;          /* of a pipeline's item, of all its stages */
	struct hash128 line_hash; /* of the input line */
	enum outcome outcome;     /* OUTCOME_OK when the line names none */
	int64_t same_as_line;     /* of the item whose answer it shares */
	bool cached;              /* an earlier run's answer */
	int64_t status;           /* HTTP status of the answer; 0: none, or not known */
	/* The answer of a line without error and metadata; absent when sluice does not write it so.
	 */
	struct json_span response;
};

/* False when it is no such line. One that another tool wrote has no "sluice" member; if it is no
 * success by its error, its status or its result, it gets OUTCOME_CLIENT_ERROR, or of Anthropic's
 * results OUTCOME_CANCELLED when it was canceled and OUTCOME_TIMEOUT when it expired. */
bool result_record_parse(const char *text, size_t len, struct result_record *out);

/* The same for who only wants the answer: besides id, line, response, tokens and dollars,
 * members may be absent. */
bool result_record_answer(const char *text, size_t len, struct result_record *out);

/* Reads the members that another record has in common with the "sluice" object; its id is not read.
 */
void result_record_members(const char *text, size_t len, struct result_record *out);

struct journal_record {
	enum journal_kind kind;
	struct json_span time; /* a string with its quotes */
	enum item_state state; /* of a final: ITEM_FAILED or ITEM_CANCELLED */
	struct json_span line; /* of a final: the errors-file line */
	struct json_span id;   /* of a requeued */
};

/* False when it is not a journal record. The inner line of a final is not read. */
bool journal_record_parse(const char *text, size_t len, struct journal_record *out);

/* The text of an id span: in place when nothing is escaped, else decoded into scratch (emptied
 * first). */
void record_id_text(struct json_span id, struct buf *scratch, const char **at, size_t *len);

/* Keys that distinguish records while they are read: hashed under a secret, so that nobody can make
 * two ids collide. */
struct record_keys {
	struct hash_key ids, numbers;
};
struct record_keys record_keys_of(const struct hash_key *key);
uint64_t record_id_key(const struct record_keys *keys, const char *id, size_t len);
/* The identity of a bad line, which has no id or the id of another line: equal whenever the same
 * line is bad again. One of the hashes of ids. */
uint64_t record_bad_line_key(const struct record_keys *keys, uint64_t line);

#endif
