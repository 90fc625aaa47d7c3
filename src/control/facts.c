#include "control/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer_text.h"
#include "api/conversation.h"
#include "base/alloc.h"
#include "base/text.h"
#include "control/control_impl.h"
#include "core/attempt.h"
#include "ledger/read_back.h"

enum {
	COST_RECORD = 150,  /* 1.5 us: a record found and its ends parsed */
	BYTES_A_COST = 2,   /* bytes of a record that is parsed and decoded that cost 10 ns more */
	FIRST_BYTES = 4096, /* of an answer: its first words are in there */
	TEXT_MAX = 1 << 30,
};

/* ---- records ---- */

static bool find_record(struct control *c, uint32_t i, struct facts_record *out)
{
	const struct item *item = items_at(&c->engine->items, i);
	int64_t wall_us = -1;
	uint64_t place = 0;

	out->ended_wall_us = -1;
	if (item->state == ITEM_OK) {
		if (!control_item_record(c, i) || !item_place(item, &place))
			return false;
	} else if (!control_item_end(c, i, &wall_us)) {
		return false;
	}
	out->at = buf_str(&c->record);
	out->len = c->record.len;
	if (!result_record_parse(out->at, out->len, &out->ends))
		return false;
	if (item->state != ITEM_OK)
		out->ended_wall_us = wall_us > 0 ? wall_us : -1;
	else if (out->ends.ended_ms > 0)
		out->ended_wall_us = ledger_ended(c->engine->recorder.ledger, &out->ends, place);
	return true;
}

bool control_record(struct control *c, uint32_t i, bool answer, struct facts_record *out)
{
	return find_record(c, i, out) &&
	       (!answer || result_view_parse(out->at, out->len, &out->view));
}

double control_record_usd(struct control *c, const struct facts_record *r)
{
	struct cost_record cost = r->ends.cost;

	if (cost.in < 0 && cost.out < 0 && cost.nano_usd < 0)
		return -1;
	if (r->ends.model.at && r->ends.model.len >= 2) {
		cost.model = r->ends.model.at + 1;
		cost.model_len = r->ends.model.len - 2;
	}
	return cost_of_record(c->engine, &cost);
}

static bool find_failed(void *name, struct json_span key, struct json_span value)
{
	struct json_span *out = name;

	if (!json_span_is(json_find(value, "failed"), JSON_VALUE_TRUE))
		return true;
	*out = key;
	return false;
}

struct json_span facts_failed_stage(const struct facts_record *r)
{
	struct json_span name = {NULL, 0};

	if (r->view.stages.at)
		json_each_valid(r->view.stages, find_failed, &name);
	return name;
}

/* ---- answers ---- */

static void add_part(void *out, const char *role, const char *text, size_t len)
{
	(void)role;
	buf_add(out, text, len);
	buf_addc(out, '\n');
}

/* The texts of a body; of a service that is no model, the body itself. */
static void add_body(struct json_span body, struct buf *out)
{
	const struct conversation c = {add_part, out};

	if (!body.at || conversation_of_answer(body, &c))
		return;
	if (!json_string_decode(body, out))
		buf_add(out, body.at, body.len);
	buf_addc(out, '\n');
}

static bool add_stage(void *out, struct json_span key, struct json_span value)
{
	(void)key;
	add_body(json_find(value, "body"), out);
	return true;
}

void facts_answer_text(const struct facts_record *r, struct buf *out)
{
	if (r->view.stages.at)
		json_each_valid(r->view.stages, add_stage, out);
	if (r->view.body_is_text)
		result_view_body(&r->view, out);
	else
		add_body(r->view.body, out);
}

void facts_first_words(struct control *c, const struct facts_record *r, char *out, size_t size)
{
	struct engine *e = c->engine;
	struct json_span json = {NULL, 0};
	struct buf text, clean;

	buf_init(&text, TEXT_MAX);
	buf_init(&clean, TEXT_MAX);
	if (r->view.body_is_text)
		result_view_body(&r->view, &text);
	else if (answer_content_find(r->view.body, &text, &json) == CONTENT_JSON)
		buf_add(&text, json.at, json.len < FIRST_BYTES ? json.len : FIRST_BYTES);
	if (text.len > FIRST_BYTES)
		text.len = FIRST_BYTES;
	/* a key may hide behind escapes of the JSON that the text was decoded from */
	if (e->ops.redact(e->ctx, buf_str(&text), text.len, &clean))
		text_one_line(out, size, buf_str(&clean), clean.len);
	else
		text_one_line(out, size, buf_str(&text), text.len);
	buf_free(&text);
	buf_free(&clean);
}

/* ---- rows ---- */

void facts_cache_free(struct facts_cache *f)
{
	free(f->set);
	*f = (struct facts_cache){.n_wanted = 0};
}

static bool has_ended(const struct item *item)
{
	return item->state == ITEM_OK || item->state == ITEM_FAILED ||
	       item->state == ITEM_CANCELLED;
}

static int64_t read_facts(struct control *c, uint32_t i, struct item_facts *out)
{
	struct facts_record r;

	if (!control_record(c, i, true, &r))
		return COST_RECORD;
	out->latency_us = r.ends.latency_us;
	out->first_token_us = r.ends.first_token_us;
	out->tokens_in = r.ends.cost.in;
	out->tokens_out = r.ends.cost.out;
	out->usd = control_record_usd(c, &r);
	out->ended_wall_us = r.ended_wall_us;
	json_string_text(facts_failed_stage(&r), out->stage, sizeof(out->stage));
	json_string_text(r.view.endpoint, out->endpoint, sizeof(out->endpoint));
	if (r.view.answered && !r.view.body_is_text)
		json_string_text(answer_finish(r.view.body), out->finish, sizeof(out->finish));
	if (items_at(&c->engine->items, i)->state == ITEM_OK)
		facts_first_words(c, &r, out->answer, sizeof(out->answer));
	return COST_RECORD + (int64_t)(r.len / BYTES_A_COST);
}

static const struct item_facts nothing = {.known = true,
	.latency_us = -1,
	.first_token_us = -1,
	.tokens_in = -1,
	.tokens_out = -1,
	.usd = -1,
	.ended_wall_us = -1};

static bool is_of(const struct facts_entry *entry, uint32_t i, const struct item *item)
{
	return entry->state == item->state && entry->item == i && entry->place == item->link;
}

/* The set of an item; those of a list may be any number apart. */
static uint32_t set_of(uint32_t i)
{
	return i * UINT32_C(2654435761) >> (32 - FACTS_SET_BITS);
}

/* The entry of the item as it is now; NULL: there is none. */
static const struct facts_entry *entry_of(
	const struct facts_cache *f, uint32_t i, const struct item *item)
{
	for (int k = 0; f->set && k < FACTS_WAYS; k++)
		if (is_of(&f->set[set_of(i)][k], i, item))
			return &f->set[set_of(i)][k];
	return NULL;
}

/* An entry for the item: its own of an earlier state, else one that another item loses. */
static struct facts_entry *new_entry(struct facts_cache *f, uint32_t i)
{
	struct facts_entry *way;

	if (!f->set) {
		f->set = xcalloc(FACTS_SETS, sizeof(*f->set));
		for (int k = 0; k < FACTS_SETS * FACTS_WAYS; k++)
			f->set[k / FACTS_WAYS][k % FACTS_WAYS].state = ITEM_STATE_COUNT;
	}
	way = f->set[set_of(i)];
	for (int k = 0; k < FACTS_WAYS; k++)
		if (way[k].item == i)
			return &way[k];
	return &way[f->turn++ % FACTS_WAYS];
}

static const struct facts_entry *refresh(struct control *c, uint32_t i, int64_t *cost_left)
{
	const struct item *item = items_at(&c->engine->items, i);
	struct facts_entry *entry = new_entry(&c->facts, i);

	*entry = (struct facts_entry){
		.item = i, .place = item->link, .state = item->state, .facts = nothing};
	*cost_left -= read_facts(c, i, &entry->facts);
	return entry;
}

static void want(struct facts_cache *f, uint32_t i)
{
	for (size_t k = 0; k < f->n_wanted; k++)
		if (f->wanted[k] == i)
			return;
	if (f->n_wanted < FACTS_WANTED)
		f->wanted[f->n_wanted++] = i;
}

void control_facts(struct control *c, uint32_t i, struct item_facts *out, int64_t *cost_left)
{
	const struct item *item = items_at(&c->engine->items, i);
	const struct attempt *a = attempt_of(c->engine, i);
	const struct facts_entry *entry;

	*out = nothing;
	if (a && c->engine->routes.n > 1)
		snprintf(out->endpoint, sizeof(out->endpoint), "%s",
			c->engine->routes.at[a->route].name);
	if (!has_ended(item))
		return;
	entry = entry_of(&c->facts, i, item);
	if (!entry && *cost_left <= 0) {
		want(&c->facts, i);
		out->known = false;
		return;
	}
	*out = entry ? entry->facts : refresh(c, i, cost_left)->facts;
}

bool control_facts_wanted(const struct control *c)
{
	return c->facts.n_wanted;
}

void control_facts_step(struct control *c, int64_t cost_left)
{
	struct facts_cache *f = &c->facts;

	while (f->n_wanted && cost_left > 0) {
		uint32_t i = f->wanted[--f->n_wanted];
		const struct item *item = items_at(&c->engine->items, i);

		if (has_ended(item) && !entry_of(f, i, item))
			refresh(c, i, &cost_left);
	}
}
