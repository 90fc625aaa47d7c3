/* `sluice ctl items`. */
#include <inttypes.h>
#include <stdio.h>

#include "base/json_writer.h"
#include "cli/ctl_listing.h"
#include "cli/table.h"

static bool put_row(void *ctx, struct json_span row)
{
	json_put_span(ctx, row);
	return true;
}

static bool show_row(void *ctx, struct json_span v)
{
	char line[32], id[CTL_TEXT_SIZE], state[CTL_TEXT_SIZE], outcome[CTL_TEXT_SIZE], tries[32],
		age[32], wait[32], status[32], model[CTL_TEXT_SIZE];
	const char *const cells[] = {ctl_count(v, "line", line), ctl_text(v, "id", id),
		ctl_text(v, "state", state), ctl_text(v, "outcome", outcome)[0] ? outcome : "-",
		ctl_count(v, "attempt", tries), ctl_seconds(v, "age_s", age),
		ctl_seconds(v, "wait_s", wait),
		ctl_number(v, "status") > 0 ? ctl_count(v, "status", status) : "-",
		ctl_text(v, "model", model)[0] ? model : "-"};

	table_add(ctx, cells);
	return true;
}

/* The same with its facts. */
static bool show_facts(void *ctx, struct json_span v)
{
	struct json_span facts = json_find(v, "facts"), cost = json_find(facts, "cost_usd");
	char line[32], id[CTL_TEXT_SIZE], state[CTL_TEXT_SIZE], latency[32], in[32], out[32],
		usd[32] = "-", finish[CTL_TEXT_SIZE], answer[CTL_TEXT_SIZE];
	const char *const cells[] = {ctl_count(v, "line", line), ctl_text(v, "id", id),
		ctl_text(v, "state", state), ctl_seconds(facts, "latency_s", latency),
		ctl_count(facts, "tokens_in", in), ctl_count(facts, "tokens_out", out), usd,
		ctl_text(facts, "finish", finish)[0] ? finish : "-",
		ctl_text(facts, "answer", answer)[0] ? answer : "-"};

	if (json_span_is(cost, JSON_VALUE_NUMBER))
		snprintf(usd, sizeof(usd), "%.6f", ctl_number(facts, "cost_usd"));
	table_add(ctx, cells);
	return true;
}

static void write_list(const struct listing *l, const char *rows, size_t len, struct buf *out)
{
	struct json_writer w = json_writer_to(out);
	double total = ctl_number(l->page, "total");

	json_open_object(&w);
	json_member_span(&w, "as_of", json_find(l->page, "as_of"));
	json_member_span(&w, "total", json_find(l->page, "total"));
	json_member_span(&w, "complete", json_find(l->page, "complete"));
	json_key(&w, "rows");
	json_put_raw(&w, rows, len);
	json_key(&w, "next");
	if ((double)l->offset < total)
		json_put_int(&w, l->offset);
	else
		json_put_null(&w);
	json_close_object(&w);
}

static int items_json(struct listing *l)
{
	struct buf rows;
	struct json_writer w = json_writer_to(&rows);
	int code;

	buf_init(&rows, SIZE_MAX / 2);
	json_open_array(&w);
	code = listing_read(l, put_row, &w);
	json_close_array(&w);
	if (code == CTL_DONE)
		write_list(l, rows.data, rows.len, &l->c->out);
	buf_free(&rows);
	return code;
}

static int items_text(struct listing *l)
{
	static const struct table_column columns[] = {{"LINE", true, false}, {"ID", false, true},
		{"STATE", false, false}, {"OUTCOME", false, false}, {"TRIES", true, false},
		{"AGE", true, false}, {"WAIT", true, false}, {"STATUS", true, false},
		{"MODEL", false, true}};
	static const struct table_column with_facts[] = {{"LINE", true, false}, {"ID", false, true},
		{"STATE", false, false}, {"LATENCY", true, false}, {"IN", true, false},
		{"OUT", true, false}, {"COST", true, false}, {"FINISH", false, false},
		{"ANSWER", false, true}};
	bool facts = l->c->s->facts;
	struct table t;
	double total;
	int code;

	table_init(&t, facts ? with_facts : columns, sizeof(columns) / sizeof(columns[0]));
	code = listing_read(l, facts ? show_facts : show_row, &t);
	total = ctl_number(l->page, "total");
	if (code == CTL_DONE && t.n_cells)
		table_write(&t, table_width(), &l->c->out);
	if (code == CTL_DONE && (double)l->offset < total)
		buf_addf(&l->c->out, "%.0f of %.0f; --offset %" PRId64 " shows the next\n",
			(double)l->n, total, l->offset);
	else if (code == CTL_DONE && !l->n)
		buf_adds(&l->c->out, "no items match\n");
	if (code == CTL_DONE && json_span_is(json_find(l->page, "complete"), JSON_VALUE_FALSE))
		buf_adds(&l->c->out, "(the run has not searched all items yet)\n");
	table_free(&t);
	return code;
}

int ctl_items(struct ctl *c)
{
	const struct ctl_settings *s = c->s;
	struct listing l;
	int code;

	listing_init(&l, c);
	if (c->words[0])
		listing_add(&l, "filter", c->words);
	if (s->sort)
		listing_add(&l, "sort", s->sort);
	if (s->descending)
		listing_add(&l, "descending", "1");
	if (s->facts)
		listing_add(&l, "facts", "1");
	if (s->active)
		listing_add(&l, "active", "1");
	l.offset = s->offset;
	l.left = s->limit ? s->limit : INT64_MAX;
	code = s->json ? items_json(&l) : items_text(&l);
	listing_free(&l);
	return code;
}
