/* `sluice ctl batches` and `clients`, of a service. */
#include <stdio.h>
#include <string.h>

#include "base/lines.h"
#include "base/text.h"
#include "cli/ctl_impl.h"
#include "cli/table.h"
#include "figures_text.h"

enum { CELL = 32 };

static const char *usd_text(struct json_span v, const char *path, char out[CELL])
{
	double usd = ctl_number(v, path);

	return usd < 0 ? "-" : text_usd(usd, out, CELL);
}

static const char *limit_text(
	struct json_span v, const char *used, const char *limit, char out[CELL])
{
	double most = ctl_number(v, limit);
	char a[16], b[16];

	text_count(ctl_number(v, used), a, sizeof(a));
	if (most < 0)
		snprintf(out, CELL, "%s", a);
	else
		snprintf(out, CELL, "%s of %s", a, text_count(most, b, sizeof(b)));
	return out;
}

static bool add_batch(void *ctx, struct json_span v)
{
	char id[CTL_TEXT_SIZE], phase[CTL_TEXT_SIZE], owner[CTL_TEXT_SIZE], note[CTL_TEXT_SIZE],
		progress[64], failed[32], rate[32], eta[FIGURES_TEXT_SIZE], cost[CELL];
	double done = ctl_number(v, "done"), total = ctl_number(v, "total");
	double low = ctl_number(v, "eta_low_s"), high = ctl_number(v, "eta_high_s");
	const char *const cells[] = {ctl_text(v, "id", id), ctl_text(v, "phase", phase),
		ctl_text(v, "owner", owner)[0] ? owner : "-", progress,
		ctl_count(v, "items.failed", failed), ctl_short(v, "answers_per_s", rate), eta,
		usd_text(v, "cost_usd", cost), ctl_text(v, "note", note)};

	if (!strcmp(phase, "ended"))
		ctl_text(v, "status", phase);
	snprintf(progress, sizeof(progress), "%.0f/%.0f %d%%", done, total,
		total > 0 ? (int)(100 * done / total) : 0);
	figures_eta(
		low < 0 ? -1 : (int64_t)(low * 1e6), high < 0 ? -1 : (int64_t)(high * 1e6), eta);
	table_add(ctx, cells);
	return true;
}

static bool add_client(void *ctx, struct json_span v)
{
	char name[CTL_TEXT_SIZE], weight[CELL], requests[CELL], tokens[CELL], today[2 * CELL],
		limit[CELL], spent[CELL];
	double usd = ctl_number(v, "usd_a_day");
	const char *const cells[] = {ctl_text(v, "name", name), weight,
		limit_text(v, "requests_last_minute", "rpm", requests),
		limit_text(v, "tokens_last_minute", "tpm", tokens), today};

	snprintf(weight, sizeof(weight), "%g", ctl_number(v, "weight"));
	snprintf(today, sizeof(today), "%s%s%s", usd_text(v, "usd_today", spent),
		usd < 0 ? "" : " of ", usd < 0 ? "" : text_usd(usd, limit, sizeof(limit)));
	table_add(ctx, cells);
	return true;
}

/* Prints the rows of a member of the answer. */
static int print(struct ctl *c, const char *path, const char *member, const char *none,
	const struct table_column *columns, int n, bool (*add)(void *ctx, struct json_span v))
{
	struct control_request r;
	struct table t;
	int code = ctl_get(c, path, &r);

	if (code == CTL_DONE && c->s->json) {
		buf_add(&c->out, r.answer.data, r.answer.len);
	} else if (code == CTL_DONE) {
		table_init(&t, columns, n);
		json_each_element(
			json_find(json_trim(r.answer.data, r.answer.len), member), add, &t);
		if (t.n_cells)
			table_write(&t, table_width(), &c->out);
		else
			buf_addf(&c->out, "%s\n", none);
		table_free(&t);
	}
	control_request_free(&r);
	return code;
}

int ctl_batches(struct ctl *c)
{
	static const struct table_column columns[] = {{"BATCH", false, false},
		{"STATE", false, false}, {"CLIENT", false, true}, {"PROGRESS", true, false},
		{"FAILED", true, false}, {"RATE", true, false}, {"ETA", true, false},
		{"COST", true, false}, {"", false, true}};
	bool all = !strcmp(c->words, "all");

	if (c->words[0] && !all) {
		say("batches takes only the word all, but got \"%.200s\"", c->words);
		return CTL_USAGE;
	}
	return print(c, all ? "/v1/batches?all=1" : "/v1/batches", "batches",
		all ? "no batches" : "no open batches", columns,
		sizeof(columns) / sizeof(columns[0]), add_batch);
}

int ctl_clients(struct ctl *c)
{
	static const struct table_column columns[] = {{"CLIENT", false, true},
		{"WEIGHT", true, false}, {"REQUESTS/MIN", true, false}, {"TOKENS/MIN", true, false},
		{"TODAY", true, false}};

	return print(c, "/v1/clients", "clients", "no clients: the service has no token file",
		columns, sizeof(columns) / sizeof(columns[0]), add_client);
}
