#include "cli/report_cost.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "figures_text.h"
#include "ledger/model_cost_record.h"

enum { USD, MODELS, WANTED };

/* The members of the last stop that tell the cost; at NULL: it has none. */
static void find(const struct report_sessions *sessions, struct json_want want[WANTED])
{
	struct json_span session = report_member(&sessions->stop, "session");

	want[USD] = (struct json_want){.name = "usd_of_run"};
	want[MODELS] = (struct json_want){.name = "models_of_run"};
	if (json_span_is(session, JSON_VALUE_OBJECT))
		json_pick(session.at, session.len, want, WANTED, NULL);
}

/* ---- text ---- */

struct lines {
	struct buf *out;
	int n; /* models */
	double unpriced;
};

static bool count_model(void *ctx, struct json_span v)
{
	struct lines *l = ctx;
	struct model_cost_record m;

	model_cost_record_read(v, &m);
	l->n++;
	l->unpriced += m.unpriced > 0 ? m.unpriced : 0;
	return true;
}

static bool add_line(void *ctx, struct json_span v)
{
	struct lines *l = ctx;
	struct model_cost_record m;
	char usd[16], tokens[FIGURES_TEXT_SIZE];

	model_cost_record_read(v, &m);
	buf_addf(l->out, "  %-12s%s: %s, %s, %.0f answer%s\n", "model", m.name,
		text_usd(m.usd, usd, sizeof(usd)),
		figures_tokens(fmax(m.in, 0), m.cached, m.written, fmax(m.out, 0), tokens),
		fmax(m.answers, 0), m.answers == 1 ? "" : "s");
	return true;
}

void report_add_cost_text(const struct report_sessions *sessions, struct buf *out)
{
	struct json_want want[WANTED];
	struct lines lines = {.out = out};
	char text[FIGURES_TEXT_SIZE];
	double total;

	find(sessions, want);
	total = cost_record_number(want[USD].value);
	json_each_element(want[MODELS].value, count_model, &lines);
	if (!want[USD].value.at && lines.n < 2)
		return;
	buf_addf(out, "  %-12s%s%s\n", "cost", figures_cost(total, lines.unpriced, text),
		sessions->stopped ? "" : ", without the last session");
	if (lines.n > 1)
		json_each_element(want[MODELS].value, add_line, &lines);
}

/* ---- JSON ---- */

static void add_number(struct json_writer *w, const char *name, double n)
{
	json_member_uint(w, name, n < 0 ? 0 : (uint64_t)n);
}

static bool add_object(void *ctx, struct json_span v)
{
	struct json_writer *w = ctx;
	struct model_cost_record m;

	model_cost_record_read(v, &m);
	json_open_object(w);
	json_member_text(w, "model", m.name);
	add_number(w, "answers", m.answers);
	add_number(w, "tokens_in", m.in);
	add_number(w, "tokens_out", m.out);
	add_number(w, "tokens_cached", m.cached);
	add_number(w, "tokens_cache_write", m.written);
	json_key(w, "usd");
	if (m.usd < 0)
		json_put_null(w);
	else
		json_put_double(w, m.usd, 6);
	if (m.unpriced > 0)
		add_number(w, "unpriced", m.unpriced);
	json_close_object(w);
	return true;
}

void report_add_cost_json(const struct report_sessions *sessions, struct json_writer *w)
{
	struct json_want want[WANTED];
	double total;

	find(sessions, want);
	total = cost_record_number(want[USD].value);
	if (total >= 0)
		json_member_double(w, "cost_usd", total, 6);
	if (!json_span_is(want[MODELS].value, JSON_VALUE_ARRAY))
		return;
	json_member_array(w, "models");
	json_each_element(want[MODELS].value, add_object, w);
	json_close_array(w);
}
