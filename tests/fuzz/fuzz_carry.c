/* What a dashboard reads of a run in another process, a line each: 's' and a snapshot, 'd' and the
 * detail of an item, 'p' and a page of rows. Whatever comes, it can be shown, and written again. */
#include "base/json_writer.h"
#include "carry/detail.h"
#include "carry/snapshot.h"
#include "carry/tables.h"
#include "fuzz.h"
#include "remote/pages.h"
#include "snapshot_json.h"

enum { TEXT_MAX = 4 << 20 };

static void must_be_json(struct buf *out)
{
	must(json_whole(buf_str(out), out->len).at);
	buf_free(out);
}

static void try_snapshot(struct json_span v, struct snapshot *s)
{
	const struct report r = {.snapshot = s};
	struct snapshot base;
	struct json_writer w;
	struct buf out;

	carry_snapshot_read(v, s);
	must(s->n_endpoints >= 0 && s->n_endpoints <= ENDPOINTS_MAX);
	must(s->n_models >= 0 && s->n_models <= MODELS_SHOWN);
	must(s->history_len >= 0 && s->history_len <= HISTORY_SECONDS);
	must(s->cost.n_models >= 0 && s->cost.n_models <= MODEL_COSTS_SHOWN);
	must(run_state_name(s->state) && bound_name(s->bound_now) && bound_name(s->belief_of));
	for (int i = 0; i < s->n_models; i++)
		must(s->models[i].endpoint >= 0 && s->models[i].endpoint < ENDPOINTS_MAX);
	must_be_harmless(s->run_name);
	must_be_harmless(s->state_note);
	buf_init(&out, TEXT_MAX);
	w = json_writer_to(&out);
	snapshot_json(&w, &r);
	must_be_json(&out);
	memset(&base, 0, sizeof(base));
	buf_init(&out, TEXT_MAX);
	w = json_writer_to(&out);
	carry_snapshot_write(&w, s, &base);
	must_be_json(&out);
}

static void must_be_row(const struct item_row *row)
{
	must(item_state_name(row->state) && outcome_name(row->outcome));
	must_be_harmless(row->id);
	must_be_harmless(row->model);
}

static void try_detail(struct json_span v)
{
	struct item_detail d;
	struct json_writer w;
	struct buf out;

	if (!carry_detail_read(v, &d))
		return;
	must_be_row(&d.row);
	must(d.attempts >= 0 && d.attempts <= DETAIL_ATTEMPTS);
	for (size_t i = 0; i < d.n_said; i++)
		must(d.said[i].text && strlen(d.said[i].role) < sizeof(d.said[i].role));
	buf_init(&out, TEXT_MAX);
	w = json_writer_to(&out);
	carry_detail_write(&w, &d);
	must_be_json(&out);
	port_detail_free(&d);
}

static void try_page(struct json_span v)
{
	struct page *p = page_kind.read(v);

	must(p);
	for (size_t i = 0; i < p->n; i++)
		must_be_row(&p->row[i]);
	page_kind.free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line;
	static struct snapshot s;
	struct json_span v;
	size_t len;

	memset(&s, 0, sizeof(s));
	while (next_line(&at, end, &line, &len)) {
		v = len > 1 ? json_whole(line + 1, len - 1) : (struct json_span){NULL, 0};
		if (!v.at)
			continue;
		if (*line == 's')
			try_snapshot(v, &s);
		else if (*line == 'd')
			try_detail(v);
		else if (*line == 'p')
			try_page(v);
	}
	return 0;
}
