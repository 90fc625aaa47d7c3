#include "config.h"

#include "ledger/record.h"

#include <string.h>

#include "api/outcome.h"

enum { DECIMALS = 9, NANO = 1000 * 1000 * 1000 };

/* The "sluice" object's numbers and their members. Times are milliseconds in the file and kept in
 * thousandths, costs are dollars and kept in units of 1e-9. */
static const struct {
	const char *name;
	size_t len;
	size_t offset;
	int64_t units; /* in which it is kept, to one in the file: 1, 1000 or 1e9 */
} numbers[] = {
#define NUMBER(name, member, units)                                                                \
	{                                                                                          \
		name, sizeof(name) - 1, offsetof(struct result_record, member), units              \
	}
	NUMBER("line", line, 1),
	NUMBER("attempts", attempts, 1),
	NUMBER("session", session, 1),
	NUMBER("latency_ms", latency_us, 1000),
	NUMBER("first_byte_ms", first_byte_us, 1000),
	NUMBER("first_token_ms", first_token_us, 1000),
	NUMBER("gap_ms", gap_us, 1000),
	NUMBER("tokens_per_s", tokens_per_1000_s, 1000),
	NUMBER("ended_ms", ended_ms, 1),
	NUMBER("tokens_in", cost.in, 1), /* FIRST_COST */
	NUMBER("tokens_out", cost.out, 1),
	NUMBER("tokens_cached", cost.cached, 1),
	NUMBER("tokens_cache_write", cost.cache_write, 1),
	NUMBER("estimated_in", cost.estimated_in, 1),
	NUMBER("estimated_out", cost.estimated_out, 1),
	NUMBER("cost_usd", cost.nano_usd, NANO),
	NUMBER("same_as_line", same_as_line, 1),
	NUMBER("packed", packed, 1),
	NUMBER("retries", retries, 1),
	NUMBER("status", status, 1),
#undef NUMBER
};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]), FIRST_COST = 9 };

static int64_t *number_at(struct result_record *r, size_t i)
{
	return (int64_t *)(void *)((char *)r + numbers[i].offset);
}

static void clear_numbers(struct result_record *r)
{
	for (size_t i = 0; i < NUMBERS; i++)
		*number_at(r, i) = -1;
	r->line_hash = (struct hash128){0, 0};
	r->form = RESULT_OPENAI;
	r->outcome = OUTCOME_OK;
	r->cached = false;
	r->model = (struct json_span){NULL, 0};
	r->response = (struct json_span){NULL, 0};
	r->cost.model = NULL;
	r->cost.model_len = 0;
}

static bool outcome_from(const char *at, size_t len, enum outcome *out)
{
	char name[32];

	if (len >= sizeof(name))
		return false;
	memcpy(name, at, len);
	name[len] = '\0';
	return outcome_by_name(name, out);
}

static bool starts_with(const char *at, const char *end, const char *what, size_t n)
{
	return (size_t)(end - at) >= n && !memcmp(at, what, n);
}
#define STARTS_WITH(at, end, what) starts_with(at, end, what, sizeof(what) - 1)

/* A number without a sign. */
struct decimal {
	int64_t whole, nano;
};

/* Digits with up to nine decimals. */
static const char *scan_decimal(const char *at, const char *end, struct decimal *out)
{
	const char *start = at;
	int decimals = 0;

	*out = (struct decimal){0, 0};
	for (; at < end && at - start < 15 && *at >= '0' && *at <= '9'; at++)
		out->whole = out->whole * 10 + (*at - '0');
	if (at == start)
		return NULL;
	if (at == end || *at != '.')
		return at;
	for (at++; at < end && decimals < DECIMALS && *at >= '0' && *at <= '9'; at++, decimals++)
		out->nano = out->nano * 10 + (*at - '0');
	if (!out->nano)
		return at;
	for (; decimals < DECIMALS; decimals++)
		out->nano *= 10;
	return at;
}

static bool key_is(const char *key, size_t len, const char *name)
{
	return len == strlen(name) && !memcmp(key, name, len);
}

/* The content of a member that is a string. One with escapes is read with care, by read_members().
 */
static bool text_member(
	const char *key, size_t key_len, const char *text, size_t len, struct result_record *out)
{
	if (key_is(key, key_len, "line_hash"))
		return line_hash_read(text, len, &out->line_hash);
	if (key_is(key, key_len, "outcome"))
		return outcome_from(text, len, &out->outcome);
	if (memchr(text, '\\', len))
		return false;
	if (key_is(key, key_len, "model"))
		out->model = (struct json_span){text - 1, len + 2};
	return true;
}

/* Members mostly stand in the table's order, so it is searched from *next on. */
static void set_number(const char *key, size_t len, const struct decimal *n, size_t *next,
	struct result_record *out)
{
	for (size_t tried = 0, i = *next; tried < NUMBERS; tried++, i++) {
		if (i == NUMBERS)
			i = 0;
		if (len == numbers[i].len && !memcmp(key, numbers[i].name, len)) {
			*number_at(out, i) = n->whole > INT64_MAX / NANO / 2
						     ? -1
						     : n->whole * numbers[i].units +
							       n->nano / (NANO / numbers[i].units);
			*next = i + 1;
			return;
		}
	}
}

/* The value of one member; returns the text after it, NULL when sluice would not write it so. */
static const char *scan_member(const char *key, size_t key_len, const char *at, const char *end,
	size_t *next, struct result_record *out)
{
	struct decimal n;

	if (at < end && *at == '"') {
		const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));

		if (!close || !text_member(key, key_len, at + 1, (size_t)(close - at - 1), out))
			return NULL;
		return close + 1;
	}
	if (STARTS_WITH(at, end, "true")) {
		out->cached = out->cached || key_is(key, key_len, "cached");
		return at + 4;
	}
	at = scan_decimal(at, end, &n);
	if (at)
		set_number(key, key_len, &n, next, out);
	return at;
}

/* The flat object as sluice writes it, from a member, which is probably the next of the table, to
 * its closing brace at the very end. */
static bool scan_members(const char *at, const char *end, size_t next, struct result_record *out)
{
	while (at < end && *at == '"') {
		const char *key = at + 1, *close = memchr(key, '"', (size_t)(end - key));

		if (!close || end - close < 3 || close[1] != ':')
			return false;
		at = scan_member(key, (size_t)(close - key), close + 2, end, &next, out);
		if (!at || at == end)
			return false;
		if (*at == '}')
			return at + 1 == end;
		if (*at++ != ',')
			return false;
	}
	return false;
}

static bool scan_sluice(const char *at, const char *end, struct result_record *out)
{
	return scan_members(at, end, 0, out);
}

/* Where the members of the cost begin; NULL: there are none. A name with its quotes is no part of a
 * text, whose quotes have backslashes before them. Few other names have a k. */
static const char *find_cost(const char *at, const char *end)
{
	static const char cost[] = ",\"tokens_in\":";
	enum { K = 4 /* its place */ };

	for (at += K; at < end; at++) {
		at = memchr(at, 'k', (size_t)(end - at));
		if (!at || STARTS_WITH(at - K, end, cost))
			return at ? at - K + 1 : NULL;
	}
	return NULL;
}

/* The same of its line and of its cost alone, which ends it: the numbers between are not read. */
static bool scan_brief(const char *at, const char *end, struct result_record *out)
{
	static const char line[] = "\"line\":";
	struct decimal n;

	if (!STARTS_WITH(at, end, line))
		return false;
	at = scan_decimal(at + sizeof(line) - 1, end, &n);
	if (!at)
		return false;
	out->line = n.whole;
	at = find_cost(at, end);
	return !at || scan_members(at, end, FIRST_COST, out);
}

/* The end of a string, after its closing quote; `at` is after the opening one. */
static const char *string_end(const char *at, const char *end)
{
	for (;;) {
		const char *quote = memchr(at, '"', (size_t)(end - at)), *back = quote;

		if (!quote)
			return NULL;
		while (back > at && back[-1] == '\\')
			back--;
		if ((quote - back) % 2 == 0)
			return quote + 1;
		at = quote + 1;
	}
}

/* The place after the brace of the "sluice" member. It is the last member of a line, flat and
 * without text from outside. Within a string its quotes would be escaped, so a match is the member.
 */
static const char *find_sluice(const char *text, const char *end)
{
	static const char mark[] = ",\"sluice\":{";
	enum { MARK = sizeof(mark) - 1 };
	const char *brace = memrchr(text, '{', (size_t)(end - text));

	if (!brace || brace + 1 - text < MARK || memcmp(brace + 1 - MARK, mark, MARK))
		return NULL;
	return brace + 1;
}

/* Reads the response of a line, which it has behind its two ids, as sluice writes it; end is behind
 * the opening of the "sluice" member. Returns its HTTP status; 0: there is none. A line in
 * Anthropic's form has it in the "sluice" member. */
static int response_behind(const char *id_end, const char *end, struct result_record *out)
{
	static const char id[] = ",\"id\":\"",
			  member[] = ",\"response\":", status[] = "{\"status_code\":",
			  tail[] = ",\"error\":null,\"metadata\":null,\"sluice\":{";
	const char *at, *response, *behind = end - (sizeof(tail) - 1);
	int n = 0;

	if (!STARTS_WITH(id_end, end, id))
		return 0;
	at = string_end(id_end + sizeof(id) - 1, end);
	if (!at || !STARTS_WITH(at, end, member))
		return 0;
	response = at + sizeof(member) - 1;
	if (!STARTS_WITH(response, end, status))
		return 0;
	if (behind > response && !memcmp(behind, tail, sizeof(tail) - 1))
		out->response = (struct json_span){response, (size_t)(behind - response)};
	for (at = response + sizeof(status) - 1; at < end && *at >= '0' && *at <= '9' && n < 1000;
		at++)
		n = n * 10 + (*at - '0');
	return n < 1000 ? n : 0;
}

/* Is a string, which ends at its first quote without a backslash before it, valid as it is? Most
 * ids are. */
static bool is_plain(struct json_span id)
{
	for (size_t i = 1; i + 1 < id.len; i++) {
		unsigned char c = (unsigned char)id.at[i];

		if (c < ' ' || c > '~' || c == '\\')
			return false;
	}
	return true;
}

typedef bool scan_marks(const char *at, const char *end, struct result_record *out);

static bool parse_own(const char *text, size_t len, scan_marks *scan, struct result_record *out)
{
	static const char head[] = "{\"custom_id\":\"", result[] = ",\"result\":{";
	const char *end = text + len, *id_end, *sluice;
	int status;

	if (!STARTS_WITH(text, end, head) || end[-1] != '}')
		return false;
	out->id.at = text + sizeof(head) - 2;
	id_end = string_end(text + sizeof(head) - 1, end);
	sluice = find_sluice(text, end - 1);
	if (!id_end || !sluice || sluice < id_end)
		return false;
	out->id.len = (size_t)(id_end - out->id.at);
	if (STARTS_WITH(id_end, end, result))
		out->form = RESULT_ANTHROPIC;
	status = response_behind(id_end, sluice, out);
	/* Its escapes are going to be decoded. */
	if ((!is_plain(out->id) &&
		    json_pick(out->id.at, out->id.len, NULL, 0, NULL) != JSON_VALUE_STRING) ||
		!scan(sluice, end - 1, out))
		return false;
	if (out->status < 0)
		out->status = status;
	return true;
}

static void read_members(struct json_span sluice, struct result_record *out)
{
	enum { OUTCOME = NUMBERS, LINE_HASH, CACHED, MODEL, WANTED };
	struct json_want want[WANTED];
	const struct json_span *text;

	for (size_t i = 0; i < NUMBERS; i++)
		want[i].name = numbers[i].name;
	want[OUTCOME].name = "outcome";
	want[LINE_HASH].name = "line_hash";
	want[CACHED].name = "cached";
	want[MODEL].name = "model";
	json_pick(sluice.at, sluice.len, want, WANTED, NULL);
	for (size_t i = 0; i < NUMBERS; i++) {
		double d;

		if (json_span_double(want[i].value, &d) && d >= 0 &&
			d < 1e12 / numbers[i].units * 1000)
			*number_at(out, i) =
				(int64_t)(numbers[i].units > 1 ? d * numbers[i].units + 0.5 : d);
	}
	text = &want[OUTCOME].value;
	if (json_span_is(*text, JSON_VALUE_STRING) &&
		!outcome_from(text->at + 1, text->len - 2, &out->outcome))
		out->outcome = OUTCOME_CLIENT_ERROR;
	out->cached = json_span_is(want[CACHED].value, JSON_VALUE_TRUE);
	if (json_span_is(want[MODEL].value, JSON_VALUE_STRING))
		out->model = want[MODEL].value;
	text = &want[LINE_HASH].value;
	if (json_span_is(*text, JSON_VALUE_STRING))
		line_hash_read(text->at + 1, text->len - 2, &out->line_hash);
}

/* Reads, by error and response, whether the item succeeded. */
static void read_response(
	struct json_span response, struct json_span error, struct result_record *out)
{
	struct json_want status = {.name = "status_code"};
	int64_t code = 0;

	out->outcome = OUTCOME_CLIENT_ERROR;
	if (!json_span_is(response, JSON_VALUE_OBJECT))
		return;
	json_pick(response.at, response.len, &status, 1, NULL);
	if (json_span_int(status.value, &code) && code > 0 && code < 1000)
		out->status = code;
	if ((!error.at || json_span_is(error, JSON_VALUE_NULL)) && code >= 200 && code < 300)
		out->outcome = OUTCOME_OK;
}

/* Reads it of a result of Anthropic's.
 * https://docs.anthropic.com/en/api/retrieving-message-batch-results */
static bool read_result(struct json_span result, struct result_record *out)
{
	static const struct {
		const char *type;
		enum outcome outcome;
	} types[] = {{"succeeded", OUTCOME_OK}, {"errored", OUTCOME_CLIENT_ERROR},
		{"canceled", OUTCOME_CANCELLED}, {"expired", OUTCOME_TIMEOUT}};
	struct json_want type = {.name = "type"};

	out->form = RESULT_ANTHROPIC;
	if (json_pick(result.at, result.len, &type, 1, NULL) != JSON_VALUE_OBJECT)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (json_span_equals(type.value, types[i].type)) {
			out->outcome = types[i].outcome;
			return true;
		}
	}
	return false;
}

static bool parse_any(const char *text, size_t len, struct result_record *out)
{
	enum { ID, RESPONSE, ERROR, RESULT, SLUICE, WANTED };
	struct json_want want[WANTED] = {[ID] = {.name = "custom_id"},
		[RESPONSE] = {.name = "response"},
		[ERROR] = {.name = "error"},
		[RESULT] = {.name = "result"},
		[SLUICE] = {.name = "sluice"}};

	if (json_pick(text, len, want, WANTED, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(want[ID].value, JSON_VALUE_STRING))
		return false;
	out->id = want[ID].value;
	if (json_span_is(want[RESULT].value, JSON_VALUE_OBJECT)) {
		if (!read_result(want[RESULT].value, out))
			return false;
	} else if (want[RESPONSE].value.at) {
		read_response(want[RESPONSE].value, want[ERROR].value, out);
	} else {
		return false;
	}
	if (json_span_is(want[SLUICE].value, JSON_VALUE_OBJECT))
		read_members(want[SLUICE].value, out);
	if (out->status < 0 || out->status > 999)
		out->status = 0;
	return true;
}

static bool parse(const char *text, size_t len, scan_marks *scan, struct result_record *out)
{
	clear_numbers(out);
	/* A crash left a block of zeros: whatever its ends are, this is not a line. */
	if (!len || memchr(text, '\0', len))
		return false;
	if (parse_own(text, len, scan, out))
		return true;
	clear_numbers(out);
	return parse_any(text, len, out);
}

bool result_record_parse(const char *text, size_t len, struct result_record *out)
{
	return parse(text, len, scan_sluice, out);
}

bool result_record_answer(const char *text, size_t len, struct result_record *out)
{
	return parse(text, len, scan_brief, out);
}

void result_record_members(const char *text, size_t len, struct result_record *out)
{
	clear_numbers(out);
	out->id = (struct json_span){NULL, 0};
	read_members((struct json_span){text, len}, out);
}

static bool state_from(struct json_span v, enum item_state *out)
{
	static const struct {
		const char *name;
		enum item_state state;
	} states[] = {{"\"failed\"", ITEM_FAILED}, {"\"cancelled\"", ITEM_CANCELLED}};

	for (size_t i = 0; i < 2; i++) {
		if (v.len == strlen(states[i].name) && !memcmp(v.at, states[i].name, v.len)) {
			*out = states[i].state;
			return true;
		}
	}
	return false;
}

/* A final as sluice writes it: its line runs to the last brace. */
static bool parse_own_final(const char *at, const char *end, struct journal_record *out)
{
	const char *close;

	if (!STARTS_WITH(at, end, ",\"state\":\""))
		return false;
	at += sizeof(",\"state\":") - 1;
	close = string_end(at + 1, end);
	if (!close || !state_from((struct json_span){at, (size_t)(close - at)}, &out->state) ||
		!STARTS_WITH(close, end, ",\"line\":{") || end[-1] != '}' || end[-2] != '}')
		return false;
	out->line.at = close + sizeof(",\"line\":") - 1;
	out->line.len = (size_t)(end - 1 - out->line.at);
	return true;
}

/* The head as sluice writes it; only events that end an item are read further. */
static bool parse_own_event(const char *text, const char *end, struct journal_record *out)
{
	static const char head[] = "{\"time\":\"", middle[] = ",\"event\":\"";
	struct json_span event;
	const char *close;

	if (!STARTS_WITH(text, end, head) || end[-1] != '}')
		return false;
	out->time.at = text + sizeof(head) - 2;
	close = string_end(text + sizeof(head) - 1, end);
	if (!close || !STARTS_WITH(close, end, middle))
		return false;
	out->time.len = (size_t)(close - out->time.at);
	event.at = close + sizeof(middle) - 2;
	close = string_end(close + sizeof(middle) - 1, end);
	if (!close)
		return false;
	event.len = (size_t)(close - event.at);
	out->kind = journal_kind_of(event);
	if (out->kind == JOURNAL_FINAL)
		return parse_own_final(close, end, out);
	return out->kind != JOURNAL_REQUEUED;
}

bool journal_record_parse(const char *text, size_t len, struct journal_record *out)
{
	struct json_want want[] = {{.name = "time"}, {.name = "event"}, {.name = "state"},
		{.name = "line"}, {.name = "id"}};

	*out = (struct journal_record){0};
	if (!len || memchr(text, '\0', len))
		return false;
	if (parse_own_event(text, text + len, out))
		return true;
	if (json_pick(text, len, want, 5, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(want[0].value, JSON_VALUE_STRING) ||
		!json_span_is(want[1].value, JSON_VALUE_STRING))
		return false;
	*out = (struct journal_record){.kind = journal_kind_of(want[1].value),
		.time = want[0].value,
		.state = ITEM_FAILED,
		.line = want[3].value,
		.id = want[4].value};
	if (out->kind == JOURNAL_FINAL)
		return json_span_is(out->line, JSON_VALUE_OBJECT) &&
		       json_span_is(want[2].value, JSON_VALUE_STRING) &&
		       state_from(want[2].value, &out->state);
	return out->kind != JOURNAL_REQUEUED || json_span_is(out->id, JSON_VALUE_STRING);
}

void record_id_text(struct json_span id, struct buf *scratch, const char **at, size_t *len)
{
	if (!memchr(id.at, '\\', id.len)) {
		*at = id.at + 1;
		*len = id.len - 2;
		return;
	}
	buf_clear(scratch);
	json_string_decode(id, scratch);
	*at = buf_str(scratch);
	*len = scratch->len;
}

struct record_keys record_keys_of(const struct hash_key *key)
{
	return (struct record_keys){hash_key_for(key, "ids"), hash_key_for(key, "bad lines")};
}

uint64_t record_id_key(const struct record_keys *keys, const char *id, size_t len)
{
	return hash_keyed(&keys->ids, id, len);
}

uint64_t record_bad_line_key(const struct record_keys *keys, uint64_t line)
{
	return hash_keyed(&keys->numbers, &line, sizeof(line));
}
