#include "config.h"

#include "ledger/stage_records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/response.h"
#include "base/json.h"
#include "ledger/ledger_impl.h"
#include "ledger/record.h"

enum { REQUEST_DIGITS = 16 };

/* ---- writing ---- */

static void add_answer(struct json_writer *w, const struct ledger_stage *s)
{
	bool is_json = json_pick(s->body, s->body_len, NULL, 0, NULL) != JSON_NONE;

	json_member_int(w, "status", s->status);
	cost_record_add(w, &s->cost);
	if (is_json) {
		json_member_span(w, "body", (struct json_span){s->body, s->body_len});
	} else {
		json_member_bool(w, "body_is_text", true);
		json_member_string(w, "body", s->body, s->body_len);
	}
}

uint64_t ledger_add_stage(struct ledger *l, int64_t wall_us, const struct ledger_stage *s)
{
	struct buf fields;
	struct json_writer w = json_writer_to(&fields);
	uint64_t offset;

	buf_init(&fields, LEDGER_LINE_MAX);
	json_member_string(&w, "id", s->id, s->id_len);
	json_member_string(&w, "stage", s->stage, s->stage_len);
	line_hash_add(&w, s->line_hash);
	json_key(&w, "request");
	json_open_string(&w);
	json_part_hex(&w, s->request_hash, REQUEST_DIGITS);
	json_close_string(&w);
	if (s->forget)
		json_member_bool(&w, "forget", true);
	else
		add_answer(&w, s);
	offset = ledger_add_event(l, wall_us, JOURNAL_STAGE, fields.data, fields.len);
	buf_free(&fields);
	return offset;
}

/* ---- reading ---- */

/* Texts of a record that may have to be decoded. */
struct texts {
	struct buf id, stage, model, body;
};

static uint64_t hash_of(struct json_span v)
{
	char digits[REQUEST_DIGITS + 1] = "";

	if (json_span_is(v, JSON_VALUE_STRING) && v.len == REQUEST_DIGITS + 2)
		memcpy(digits, v.at + 1, REQUEST_DIGITS);
	return strtoull(digits, NULL, 16);
}

static struct hash128 line_hash_from(struct json_span v, uint64_t offset, uint64_t seeded_from)
{
	struct hash128 h = {0, 0};

	if (!json_span_is(v, JSON_VALUE_STRING) || !line_hash_read(v.at + 1, v.len - 2, &h))
		return (struct hash128){0, 0};
	return ledger_known_hash(h, offset, seeded_from);
}

static int64_t number_of(struct json_span v)
{
	int64_t n;

	return json_span_int(v, &n) && n >= 0 ? n : -1;
}

/* Dollars in units of 1e-9; -1: none. */
static int64_t nano_of(struct json_span v)
{
	double usd;

	return json_span_double(v, &usd) && usd >= 0 && usd < 1e9
		       ? (int64_t)(usd * NANO_PER_USD + 0.5)
		       : -1;
}

static bool is_stage(const struct ledger_line *line)
{
	struct journal_record record;

	return line->text && line->whole && journal_record_parse(line->text, line->len, &record) &&
	       record.kind == JOURNAL_STAGE;
}

static void read_body(
	struct json_span body, bool is_text, struct texts *t, struct ledger_stage *out)
{
	out->body = body.at;
	out->body_len = body.len;
	if (!is_text || !json_span_is(body, JSON_VALUE_STRING))
		return;
	buf_clear(&t->body);
	json_string_decode(body, &t->body);
	out->body = buf_str(&t->body);
	out->body_len = t->body.len;
}

enum member {
	ID,
	LINE_HASH,
	STAGE,
	REQUEST,
	STATUS,
	IN,
	OUT,
	GUESS_IN,
	GUESS_OUT,
	CACHED,
	CACHE_WRITE,
	USD,
	MODEL,
	FORGET,
	BODY,
	IS_TEXT,
	MEMBERS
};

static const char *const members[MEMBERS] = {"id", "line_hash", "stage", "request", "status",
	"tokens_in", "tokens_out", "estimated_in", "estimated_out", "tokens_cached",
	"tokens_cache_write", "cost_usd", "model", "forget", "body", "body_is_text"};

static void read_cost(
	const struct json_want want[MEMBERS], struct texts *t, struct cost_record *out)
{
	*out = (struct cost_record){.in = tokens_or_unknown(number_of(want[IN].value)),
		.out = tokens_or_unknown(number_of(want[OUT].value)),
		.estimated_in = tokens_or_unknown(number_of(want[GUESS_IN].value)),
		.estimated_out = tokens_or_unknown(number_of(want[GUESS_OUT].value)),
		.cached = tokens_or_unknown(number_of(want[CACHED].value)),
		.cache_write = tokens_or_unknown(number_of(want[CACHE_WRITE].value)),
		.nano_usd = nano_of(want[USD].value)};
	if (json_span_is(want[MODEL].value, JSON_VALUE_STRING))
		record_id_text(want[MODEL].value, &t->model, &out->model, &out->model_len);
}

static bool parse(const struct ledger *l, const struct ledger_line *line, struct texts *t,
	struct ledger_stage *out)
{
	struct json_want want[MEMBERS];

	for (int i = 0; i < MEMBERS; i++)
		want[i] = (struct json_want){.name = members[i]};
	if (!is_stage(line) ||
		json_pick(line->text, line->len, want, MEMBERS, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(want[ID].value, JSON_VALUE_STRING) ||
		!json_span_is(want[STAGE].value, JSON_VALUE_STRING))
		return false;
	*out = (struct ledger_stage){
		.line_hash =
			line_hash_from(want[LINE_HASH].value, line->offset, l->seed.journal_from),
		.request_hash = hash_of(want[REQUEST].value),
		.forget = json_span_is(want[FORGET].value, JSON_VALUE_TRUE),
		.status = (int)number_of(want[STATUS].value),
		.offset = line->offset,
	};
	read_cost(want, t, &out->cost);
	record_id_text(want[ID].value, &t->id, &out->id, &out->id_len);
	record_id_text(want[STAGE].value, &t->stage, &out->stage, &out->stage_len);
	if (!out->forget && !want[BODY].value.at)
		return false;
	if (want[BODY].value.at)
		read_body(want[BODY].value, json_span_is(want[IS_TEXT].value, JSON_VALUE_TRUE), t,
			out);
	return true;
}

static void texts_init(struct texts *t)
{
	buf_init(&t->id, LEDGER_LINE_MAX);
	buf_init(&t->stage, LEDGER_LINE_MAX);
	buf_init(&t->model, LEDGER_LINE_MAX);
	buf_init(&t->body, LEDGER_LINE_MAX);
}

static void texts_free(struct texts *t)
{
	buf_free(&t->id);
	buf_free(&t->stage);
	buf_free(&t->model);
	buf_free(&t->body);
}

bool ledger_replay_stages(struct ledger *l, ledger_stage_visit *visit, void *ctx, struct error *err)
{
	struct ledger_lines lines;
	struct ledger_line line;
	struct ledger_stage s;
	struct texts t;
	enum lines_status status;

	texts_init(&t);
	ledger_lines_init(&lines, l->journal.fd);
	while ((status = ledger_lines_next(&lines, &line)) == LINES_LINE)
		if (parse(l, &line, &t, &s))
			visit(ctx, &s);
	if (status == LINES_ERROR)
		error_set(err, "cannot read %s: %s", l->journal.path, strerror(errno));
	ledger_lines_free(&lines);
	texts_free(&t);
	return status == LINES_END;
}

/* Appends a text and keeps its offset, since the memory may move. */
static size_t keep(struct buf *out, const char *at, size_t len)
{
	size_t place = out->len;

	buf_add(out, at, len);
	buf_addc(out, '\0');
	return place;
}

bool ledger_read_stage(
	struct ledger *l, uint64_t offset, struct ledger_stage *out, struct buf *text)
{
	struct ledger_lines lines;
	struct ledger_line line;
	struct texts t;
	bool there;

	texts_init(&t);
	buf_clear(text);
	ledger_lines_init(&lines, l->journal.fd);
	ledger_lines_seek(&lines, offset);
	there = ledger_lines_next(&lines, &line) == LINES_LINE && parse(l, &line, &t, out) &&
		!out->forget;
	if (there) {
		size_t id = keep(text, out->id, out->id_len);
		size_t stage = keep(text, out->stage, out->stage_len);
		size_t model = keep(text, out->cost.model, out->cost.model_len);
		size_t body = keep(text, out->body, out->body_len);

		out->id = text->data + id;
		out->stage = text->data + stage;
		out->cost.model = text->data + model;
		out->body = text->data + body;
	}
	ledger_lines_free(&lines);
	texts_free(&t);
	return there;
}
