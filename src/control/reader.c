/* Reads what filters and orders need of an item beyond its 40 bytes: memory first, then its input
 * line, then its record, and no more once a word does not hold. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/answer_text.h"
#include "api/conversation.h"
#include "base/text.h"
#include "control/control_impl.h"
#include "core/attempt.h"

/* Memory that decoded texts keep from item to item. */
enum { KEEP_DECODED_BYTES = 1 << 20 };

/* Costs in steps of 10 ns: a record found; of a record the bytes that are searched, and those that
 * are parsed and decoded. */
enum { COST_RECORD = 150, BYTES_SEARCHED = 100, BYTES_PARSED = 2 };

#define FIELDS_OF_MEMORY (FIELD_BIT(FIELD_STAGE) | FIELD_BIT(FIELD_TAG))
#define FIELDS_OF_LINE   (FIELD_BIT(FIELD_ID) | FIELD_BIT(FIELD_MODEL) | FIELD_BIT(FIELD_REQUEST))
#define FIELDS_OF_ENDS                                                                             \
	(FIELD_BIT(FIELD_LATENCY) | FIELD_BIT(FIELD_FIRST) | FIELD_BIT(FIELD_TOKENS) |             \
		FIELD_BIT(FIELD_TOKENS_IN) | FIELD_BIT(FIELD_TOKENS_OUT) | FIELD_BIT(FIELD_COST) | \
		FIELD_BIT(FIELD_ENDED))
#define FIELDS_OF_ANSWER                                                                           \
	(FIELD_BIT(FIELD_FINISH) | FIELD_BIT(FIELD_ENDPOINT) | FIELD_BIT(FIELD_ANSWER) |           \
		FIELD_BIT(FIELD_STAGE))

/* One item while it is read. */
struct reading {
	struct control *control;
	uint32_t i;
	const struct item *item;
	const struct filter *filter;
	unsigned wanted, known; /* fields, for the filter and the order */
	enum item_field sort;   /* FIELD_LINE: no order needs anything */
	struct filter_subject s;
	struct query_reading *out;
	/* texts of the subject */
	char stage[ENDPOINT_NAME_SIZE], finish[ORDER_TEXT], endpoint[ENDPOINT_NAME_SIZE];
	char first[32];
	char error[sizeof(((struct verdict *)0)->message) + 80];
};

static void set_text(struct reading *r, enum item_field f, const char *at, size_t len)
{
	r->s.text[f].at = at;
	r->s.text[f].len = len;
	r->known |= FIELD_BIT(f);
}

static void set_number(struct reading *r, enum item_field f, int64_t n)
{
	r->s.number[f] = n;
	r->known |= FIELD_BIT(f);
}

static bool wants(const struct reading *r, unsigned fields)
{
	return (r->wanted & ~r->known & fields) != 0;
}

/* ---- memory ---- */

static void read_memory(struct reading *r)
{
	struct engine *e = r->control->engine;
	const struct attempt *a;
	struct task_row task;

	if (wants(r, FIELD_BIT(FIELD_TAG)))
		set_number(r, FIELD_TAG, item_tags_has(&r->control->tags, r->i));
	if (!wants(r, FIELD_BIT(FIELD_STAGE) | FIELD_BIT(FIELD_ENDPOINT)))
		return;
	a = attempt_of(e, r->i);
	if (a && e->routes.n > 1) {
		snprintf(r->endpoint, sizeof(r->endpoint), "%s", e->routes.at[a->route].name);
		set_text(r, FIELD_ENDPOINT, r->endpoint, strlen(r->endpoint));
	}
	if (a)
		snprintf(r->stage, sizeof(r->stage), "%s", a->task.queue->name);
	else if (work_row(e->sources.work, r->i, &task))
		snprintf(r->stage, sizeof(r->stage), "%s", task.name);
	else if (r->item->state == ITEM_FAILED)
		return; /* its record says where */
	set_text(r, FIELD_STAGE, r->stage, strlen(r->stage));
}

/* ---- the input line ---- */

static void add_part(void *out, const char *role, const char *text, size_t len)
{
	(void)role;
	buf_add(out, text, len);
	buf_addc(out, '\n');
}

/* What the request says to a model; of another service its body, else the line. */
static void read_request(struct reading *r)
{
	struct control *c = r->control;
	struct json_span body = c->text.line.body;
	const struct conversation talk = {add_part, &c->decoded};

	if (!body.at)
		body = (struct json_span){buf_str(&c->text.text), c->text.text.len};
	buf_trim(&c->decoded, KEEP_DECODED_BYTES);
	if (filter_may_hold(r->filter, FIELD_REQUEST, body.at, body.len)) {
		r->out->cost += (int64_t)(body.len / BYTES_PARSED);
		if (!c->text.line.body.at || !conversation_of_request(body, &talk))
			buf_add(&c->decoded, body.at, body.len);
	}
	set_text(r, FIELD_REQUEST, buf_str(&c->decoded), c->decoded.len);
}

static void read_line(struct reading *r)
{
	struct control *c = r->control;
	struct json_span model;

	if (!wants(r, FIELDS_OF_LINE))
		return;
	r->out->cost += item_read_cost(r->item);
	item_text_read(&c->text, c->engine, r->i);
	model = c->text.line.model;
	set_text(r, FIELD_ID, buf_str(&c->text.id), c->text.id.len);
	set_text(r, FIELD_MODEL, model.len > 2 ? model.at + 1 : "",
		model.len > 2 ? model.len - 2 : 0);
	if (wants(r, FIELD_BIT(FIELD_REQUEST)))
		read_request(r);
}

/* ---- the record ---- */

static void set_none(struct reading *r, unsigned fields)
{
	for (fields &= ~r->known; fields; fields &= fields - 1)
		r->s.number[__builtin_ctz(fields)] = -1;
	r->known |= FIELDS_OF_ENDS | FIELDS_OF_ANSWER;
}

static void read_ends(struct reading *r, const struct facts_record *record)
{
	const struct result_record *ends = &record->ends;
	double usd = wants(r, FIELD_BIT(FIELD_COST)) ? control_record_usd(r->control, record) : -1;
	bool any = ends->cost.in >= 0 || ends->cost.out >= 0;

	set_number(r, FIELD_LATENCY, ends->latency_us);
	set_number(r, FIELD_FIRST, ends->first_token_us);
	set_number(r, FIELD_TOKENS_IN, ends->cost.in);
	set_number(r, FIELD_TOKENS_OUT, ends->cost.out);
	set_number(r, FIELD_TOKENS,
		!any ? -1
		     : (ends->cost.in > 0 ? ends->cost.in : 0) +
				(ends->cost.out > 0 ? ends->cost.out : 0));
	set_number(r, FIELD_COST, usd < 0 ? -1 : (int64_t)(usd * NANO_PER_USD + 0.5));
	set_number(r, FIELD_ENDED, record->ended_wall_us);
}

/* Is the answer needed, and not only searched for texts that its record has not at all? */
static bool needs_answer(struct reading *r, const struct facts_record *record)
{
	static const enum item_field searched[] = {FIELD_ANSWER, FIELD_FINISH, FIELD_ENDPOINT};

	if (wants(r, FIELD_BIT(FIELD_STAGE) | (FIELDS_OF_ANSWER & FIELD_BIT(r->sort))))
		return true;
	for (int i = 0; i < 3; i++) {
		if (!wants(r, FIELD_BIT(searched[i])))
			continue;
		r->out->cost += (int64_t)(record->len / BYTES_SEARCHED);
		if (filter_may_hold(r->filter, searched[i], record->at, record->len))
			return true;
	}
	return false;
}

static void read_answer(struct reading *r, struct facts_record *record)
{
	struct control *c = r->control;
	struct json_span finish = {NULL, 0};

	if (!needs_answer(r, record) || !result_view_parse(record->at, record->len, &record->view))
		return;
	r->out->cost += (int64_t)(record->len / BYTES_PARSED);
	if (record->view.answered && !record->view.body_is_text)
		finish = answer_finish(record->view.body);
	json_string_text(finish, r->finish, sizeof(r->finish));
	json_string_text(record->view.endpoint, r->endpoint, sizeof(r->endpoint));
	set_text(r, FIELD_FINISH, r->finish, strlen(r->finish));
	set_text(r, FIELD_ENDPOINT, r->endpoint, strlen(r->endpoint));
	if (wants(r, FIELD_BIT(FIELD_STAGE))) {
		json_string_text(facts_failed_stage(record), r->stage, sizeof(r->stage));
		set_text(r, FIELD_STAGE, r->stage, strlen(r->stage));
	}
	if (r->sort == FIELD_ANSWER && r->item->state == ITEM_OK)
		facts_first_words(c, record, r->first, sizeof(r->first));
	if (!(r->filter->needs & FIELD_BIT(FIELD_ANSWER)))
		return;
	buf_trim(&c->decoded, KEEP_DECODED_BYTES);
	facts_answer_text(record, &c->decoded);
	set_text(r, FIELD_ANSWER, buf_str(&c->decoded), c->decoded.len);
}

static bool has_ended(const struct item *item)
{
	return item->state == ITEM_OK || item->state == ITEM_FAILED ||
	       item->state == ITEM_CANCELLED;
}

static void read_record(struct reading *r)
{
	struct facts_record record;

	if (!wants(r, FIELDS_OF_ENDS | FIELDS_OF_ANSWER))
		return;
	if (has_ended(r->item)) {
		r->out->cost += COST_RECORD;
		if (control_record(r->control, r->i, false, &record)) {
			read_ends(r, &record);
			/* words about numbers may spare the answer */
			if (filter_values(r->filter, r->known, &r->s))
				read_answer(r, &record);
		}
	}
	set_none(r, FIELDS_OF_ENDS | FIELDS_OF_ANSWER);
}

static void read_error(struct reading *r)
{
	struct verdict v;

	if (!wants(r, FIELD_BIT(FIELD_ERROR)))
		return;
	r->out->cost += COST_RECORD;
	control_item_error(r->control, r->i, &v);
	snprintf(r->error, sizeof(r->error), "%s %s", v.code, v.message);
	set_text(r, FIELD_ERROR, r->error, strlen(r->error));
}

/* ---- the order ---- */

/* The first letters, so that numbers are in their order. */
static uint64_t letters(const char *text)
{
	uint64_t out = 0;
	int i = 0;

	for (; i < 8 && text[i]; i++)
		out = out << 8 | (unsigned char)tolower((unsigned char)text[i]);
	return i ? out << (8 - i) * 8 : ORDER_NONE;
}

static uint64_t number_or_none(int64_t n)
{
	return n < 0 ? ORDER_NONE : (uint64_t)n;
}

static void set_value(struct reading *r)
{
	enum item_field f = r->sort;

	switch (f) {
	case FIELD_LINE:
		break;
	case FIELD_CODE:
		r->out->value = r->item->status ? r->item->status : ORDER_NONE;
		break;
	case FIELD_ANSWER:
		r->out->value = letters(r->first);
		break;
	case FIELD_FINISH:
	case FIELD_ENDPOINT:
	case FIELD_STAGE:
	case FIELD_MODEL:
		r->out->by_text = true;
		snprintf(r->out->text, sizeof(r->out->text), "%.*s", (int)r->s.text[f].len,
			r->s.text[f].len ? r->s.text[f].at : "");
		break;
	default:
		r->out->value = number_or_none(r->s.number[f]);
	}
}

/* Do all words hold that are known so far? */
static bool passes(struct reading *r)
{
	return r->out->passes = filter_values(r->filter, r->known, &r->s);
}

static bool needs_reading(enum item_field sort)
{
	return item_field(sort)->place != PLACE_ITEM || sort == FIELD_STAGE;
}

static void read_item(void *ctx, uint32_t i, const struct filter *f, enum item_field sort,
	struct query_reading *out)
{
	struct reading r;

	*out = (struct query_reading){.value = ORDER_NONE};
	r.control = ctx;
	r.i = i;
	r.item = items_at(&r.control->engine->items, i);
	r.filter = f;
	r.sort = sort == FIELD_STATE || sort == FIELD_ATTEMPTS || sort == FIELD_OUTCOME ? FIELD_LINE
											: sort;
	r.wanted = f->needs | (needs_reading(r.sort) ? FIELD_BIT(r.sort) : 0);
	r.known = 0;
	r.out = out;
	r.stage[0] = r.finish[0] = r.endpoint[0] = r.first[0] = '\0';
	memset(&r.s, 0, sizeof(r.s));
	read_memory(&r);
	if (!passes(&r))
		return;
	read_line(&r);
	if (!passes(&r))
		return;
	read_record(&r);
	if (!passes(&r))
		return;
	read_error(&r);
	if (passes(&r))
		set_value(&r);
}

struct query_reader control_reader(struct control *c)
{
	return (struct query_reader){read_item, c};
}

bool control_passes(struct control *c, uint32_t i, const struct filter *f, int64_t *cost)
{
	struct query_reading out;

	read_item(c, i, f, FIELD_LINE, &out);
	*cost += out.cost;
	return out.passes;
}
