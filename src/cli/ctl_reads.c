/* `sluice ctl snapshot`, `errors` and `commands`. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/ctl_impl.h"
#include "cli/table.h"
#include "figures_text.h"

enum { LABEL = 13 };

static void add_label(struct buf *out, const char *name)
{
	buf_addf(out, "  %-*s", LABEL, name);
}

/* The members of an object of counts that are not 0: "812 ok, 3 failed". */
struct counts {
	struct buf *out;
	bool any;
};

static bool add_count(void *ctx, struct json_span key, struct json_span value)
{
	struct counts *c = ctx;
	char name[64];
	double n;

	if (!json_span_double(value, &n) || n <= 0)
		return true;
	json_string_text(key, name, sizeof(name));
	for (char *at = name; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	buf_addf(c->out, "%s%.0f %s", c->any ? ", " : "", n, name);
	c->any = true;
	return true;
}

static void add_counts(struct buf *out, const char *name, struct json_span object)
{
	struct counts c = {.out = out};

	add_label(out, name);
	json_each(object, add_count, &c);
	buf_adds(out, c.any ? "\n" : "none\n");
}

static void add_state(struct buf *out, struct json_span v)
{
	char text[CTL_TEXT_SIZE], note[CTL_TEXT_SIZE];

	add_label(out, "state");
	buf_addf(out, "%s%s%s\n", ctl_text(v, "state", text),
		ctl_text(v, "note", note)[0] ? ": " : "", note);
}

static void add_times(struct buf *out, struct json_span v)
{
	double up = ctl_number(v, "elapsed_s"), low = ctl_number(v, "eta_low_s"),
	       high = ctl_number(v, "eta_high_s");
	char text[FIGURES_TEXT_SIZE], age[32];

	add_label(out, "up");
	buf_addf(out, "%s, ETA %s\n", text_age(us_from_s(up < 0 ? 0 : up), age, sizeof(age)),
		figures_eta(low < 0 ? -1 : us_from_s(low), high < 0 ? -1 : us_from_s(high), text));
}

static void add_pace(struct buf *out, struct json_span v)
{
	static const char *const limits[] = {"rpm", "tpm", "rate"};
	char now[32], avg[32], text[CTL_TEXT_SIZE], path[64];

	add_label(out, "answers");
	buf_addf(out, "%s/s now, %s/s on average; bound by %s\n",
		ctl_short(v, "answers_per_s.now", now), ctl_short(v, "answers_per_s.avg", avg),
		ctl_text(v, "bound_now", text));
	add_label(out, "limits");
	buf_addf(out, "concurrency %s", ctl_count(v, "concurrency", now));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		snprintf(path, sizeof(path), "limits.%s.used", limits[i]);
		if (ctl_number(v, path) >= 0)
			buf_addf(out, ", %s %s", limits[i], ctl_short(v, path, now));
	}
	buf_addc(out, '\n');
}

static void add_cost(struct buf *out, struct json_span v)
{
	double usd = ctl_number(v, "cost.usd");
	char tokens[32], text[32];

	add_label(out, "cost");
	buf_addf(out, "%s tokens", ctl_short(v, "cost.tokens", tokens));
	if (usd >= 0)
		buf_addf(out, ", %s", text_usd(usd, text, sizeof(text)));
	buf_addc(out, '\n');
}

int ctl_snapshot(struct ctl *c)
{
	struct control_request r;
	int code = ctl_get(c, "/v1/snapshot", &r);
	struct json_span v = {r.answer.data, r.answer.len};
	char name[CTL_TEXT_SIZE], total[32];

	if (code == CTL_DONE && c->s->json) {
		buf_add(&c->out, r.answer.data, r.answer.len);
	} else if (code == CTL_DONE) {
		v = json_trim(v.at, v.len);
		buf_addf(&c->out, "%s\n", ctl_text(v, "run", name));
		add_state(&c->out, v);
		add_counts(&c->out, "items", json_find(v, "items"));
		add_label(&c->out, "total");
		buf_addf(&c->out, "%s\n", ctl_count(v, "total", total));
		add_times(&c->out, v);
		add_pace(&c->out, v);
		add_counts(&c->out, "attempts", json_find(v, "outcomes"));
		add_cost(&c->out, v);
	}
	control_request_free(&r);
	return code;
}

static bool add_group(void *ctx, struct json_span v)
{
	char items[32], failed[32], outcome[CTL_TEXT_SIZE], status[32], code[CTL_TEXT_SIZE],
		message[CTL_TEXT_SIZE], sample[CTL_TEXT_SIZE];
	const char *const cells[] = {ctl_count(v, "items", items), ctl_count(v, "failed", failed),
		ctl_text(v, "outcome", outcome),
		ctl_number(v, "status") > 0 ? ctl_count(v, "status", status) : "-",
		ctl_text(v, "code", code)[0] ? code : "-", ctl_text(v, "sample", sample),
		ctl_text(v, "message", message)};

	table_add(ctx, cells);
	return true;
}

int ctl_errors(struct ctl *c)
{
	static const struct table_column columns[] = {{"ITEMS", true, false},
		{"FAILED", true, false}, {"OUTCOME", false, false}, {"STATUS", true, false},
		{"CODE", false, true}, {"SAMPLE", false, true}, {"MESSAGE", false, true}};
	struct control_request r;
	int code = ctl_get(c, "/v1/errors", &r);
	struct table t;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	if (code == CTL_DONE && c->s->json) {
		buf_add(&c->out, r.answer.data, r.answer.len);
	} else if (code == CTL_DONE) {
		json_each_element(
			json_find(json_trim(r.answer.data, r.answer.len), "errors"), add_group, &t);
		if (t.n_cells)
			table_write(&t, table_width(), &c->out);
		else
			buf_adds(&c->out, "no errors\n");
	}
	table_free(&t);
	control_request_free(&r);
	return code;
}

static bool add_command(void *ctx, struct json_span v)
{
	char name[CTL_TEXT_SIZE], args[CTL_TEXT_SIZE], help[CTL_TEXT_SIZE],
		usage[2 * CTL_TEXT_SIZE];
	const char *cells[2] = {usage, ctl_text(v, "help", help)};

	snprintf(usage, sizeof(usage), "%s %s", ctl_text(v, "name", name),
		ctl_text(v, "args", args));
	table_add(ctx, cells);
	return true;
}

int ctl_commands(struct ctl *c)
{
	static const struct table_column columns[] = {
		{"COMMAND", false, false}, {"WHAT IT DOES", false, true}};
	struct control_request r;
	int code = ctl_get(c, "/v1/commands", &r);
	struct table t;

	table_init(&t, columns, 2);
	if (code == CTL_DONE && c->s->json) {
		buf_add(&c->out, r.answer.data, r.answer.len);
	} else if (code == CTL_DONE) {
		json_each_element(json_find(json_trim(r.answer.data, r.answer.len), "commands"),
			add_command, &t);
		table_write(&t, table_width(), &c->out);
	}
	table_free(&t);
	control_request_free(&r);
	return code;
}
