#include "core/usage_table_record.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "core/engine_internal.h"
#include "core/latency_bins.h"
#include "core/tick_reader.h"

enum { EVERY_S = 60 };

static const char *const kinds[USAGE_KINDS] = {
	[USAGE_MODEL] = "model", [USAGE_ENDPOINT] = "endpoint", [USAGE_STAGE] = "stage"};

/* ---- writing ---- */

static void add_row(struct json_writer *w, const struct usage_count *row)
{
	int64_t bins[LATENCY_BINS];
	int end = OUTCOME_COUNT;

	json_open_object(w);
	json_member_text(w, kinds[row->kind], row->name);
	while (end && !row->outcomes[end - 1])
		end--;
	json_member_array(w, "outcomes");
	for (int i = 0; i < end; i++)
		json_put_uint(w, row->outcomes[i]);
	json_close_array(w);
	json_member_array(w, "tokens");
	json_put_uint(w, row->tokens_in);
	json_put_uint(w, row->tokens_out);
	json_close_array(w);
	if (row->priced)
		json_member_double(w, "usd", row->usd, 9);
	latency_bins_of(&row->latency, bins);
	latency_bins_write(w, bins, NULL);
	json_close_object(w);
}

void usage_table_write(struct engine *e, bool now)
{
	struct usage_table *u = &e->observer.usage;
	struct json_writer w = json_writer_to(&e->recorder.scratch);
	int64_t now_s = e->now_us / US_PER_S;

	if (u->written == u->counted || (!now && now_s - u->written_s < EVERY_S))
		return;
	buf_clear(&e->recorder.scratch);
	json_member_array(&w, "rows");
	for (size_t i = 0; i < u->n; i++)
		add_row(&w, &u->row[i]);
	json_close_array(&w);
	journal_event(e, JOURNAL_USAGE, &e->recorder.scratch);
	u->written = u->counted;
	u->written_s = now_s;
}

/* ---- reading ---- */

struct counts {
	uint64_t *at;
	int i, n;
};

static bool take_count(void *ctx, struct json_span v)
{
	struct counts *c = ctx;
	int64_t n;

	if (c->i == c->n || !tick_count(v, &n))
		return false;
	c->at[c->i++] = n > 0 ? (uint64_t)n : 0;
	return true;
}

static void take_counts(struct json_span array, uint64_t *at, int n)
{
	struct counts c = {at, 0, n};

	memset(at, 0, (size_t)n * sizeof(*at));
	if (json_span_is(array, JSON_VALUE_ARRAY))
		json_each_element(array, take_count, &c);
}

static bool take_row(void *ctx, struct json_span v)
{
	enum { OUTCOMES = USAGE_KINDS, TOKENS, USD, LATENCY, WANTED };
	struct json_want want[WANTED] = {[OUTCOMES] = {.name = "outcomes"},
		[TOKENS] = {.name = "tokens"},
		[USD] = {.name = "usd"},
		[LATENCY] = {.name = "latency"}};
	int64_t bins[LATENCY_BINS] = {0};
	char name[USAGE_NAME_SIZE];
	struct usage_count *row;
	uint64_t tokens[2];
	double usd;
	int kind = 0;

	for (int i = 0; i < USAGE_KINDS; i++)
		want[i].name = kinds[i];
	if (!json_span_is(v, JSON_VALUE_OBJECT))
		return true;
	json_pick(v.at, v.len, want, WANTED, NULL);
	while (kind < USAGE_KINDS && !json_span_is(want[kind].value, JSON_VALUE_STRING))
		kind++;
	if (kind == USAGE_KINDS)
		return true;
	json_string_text(want[kind].value, name, sizeof(name));
	row = usage_table_row((struct usage_table *)ctx, (enum usage_kind)kind, name);
	take_counts(want[OUTCOMES].value, row->outcomes, OUTCOME_COUNT);
	take_counts(want[TOKENS].value, tokens, 2);
	row->tokens_in = tokens[0];
	row->tokens_out = tokens[1];
	row->priced = json_span_double(want[USD].value, &usd) && usd >= 0 && usd < 1e12;
	row->usd = row->priced ? usd : 0;
	latency_bins_read(want[LATENCY].value, bins);
	histogram_clear(&row->latency);
	latency_bins_restore(bins, &row->latency);
	return true;
}

void usage_table_read(struct usage_table *u, const struct ledger_line *line)
{
	struct json_want rows = {.name = "rows"};

	if (json_pick(line->text, line->len, &rows, 1, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(rows.value, JSON_VALUE_ARRAY))
		return;
	json_each_element(rows.value, take_row, u);
}
