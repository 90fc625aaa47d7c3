/* `sluice ps`: the runs of the registry, with what each says of itself now. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/lines.h"
#include "base/text.h"
#include "cli/ctl.h"
#include "cli/ctl_impl.h"
#include "cli/table.h"
#include "control/registry_list.h"
#include "figures_text.h"

/* The state of a run that goes on and does not answer. */
#define UNREACHABLE "UNREACHABLE"

/* A run and its snapshot, which is absent when it ended or did not answer. */
struct ps_row {
	const struct registry_entry *entry;
	struct json_span snapshot;
	struct json_span batches; /* of a service, an array; absent */
};

static double ended_of(struct json_span v)
{
	double ok = ctl_number(v, "items.ok"), failed = ctl_number(v, "items.failed"),
	       cancelled = ctl_number(v, "items.cancelled");

	return ok < 0 || failed < 0 || cancelled < 0 ? -1 : ok + failed + cancelled;
}

static double done_of(const struct ps_row *row)
{
	return row->snapshot.at    ? ended_of(row->snapshot)
	       : row->entry->state ? (double)row->entry->done
				   : -1;
}

static double total_of(const struct ps_row *row)
{
	double total = ctl_number(row->snapshot, "total");

	if (!row->snapshot.at)
		return row->entry->state ? (double)row->entry->total : -1;
	return total >= 0 ? total : ctl_number(row->snapshot, "total_estimate");
}

static const char *state_of(const struct ps_row *row, char out[CTL_TEXT_SIZE])
{
	if (row->entry->state)
		return row->entry->state;
	return ctl_text(row->snapshot, "state", out)[0] ? out : UNREACHABLE;
}

/* ---- JSON ---- */

static void member_number(struct json_writer *w, const char *name, double n)
{
	if (n < 0 || n == (double)(int64_t)n) {
		json_member_count(w, name, n < 0 ? -1 : (int64_t)n);
	} else {
		json_key(w, name);
		json_put_real(w, n);
	}
}

static void put_row(struct json_writer *w, const struct ps_row *row, int64_t now_s)
{
	int64_t started = row->entry->started;
	char state[CTL_TEXT_SIZE];

	json_open_object(w);
	registry_entry_members(row->entry, w);
	if (!row->entry->state) {
		json_member_text(w, "state", state_of(row, state));
		member_number(w, "done", done_of(row));
		member_number(w, "total", total_of(row));
		member_number(w, "answers_per_s", ctl_number(row->snapshot, "answers_per_s.now"));
		member_number(w, "eta_low_s", ctl_number(row->snapshot, "eta_low_s"));
		member_number(w, "eta_high_s", ctl_number(row->snapshot, "eta_high_s"));
		json_member_int(w, "uptime_s", now_s > started ? now_s - started : 0);
	}
	if (row->batches.at)
		json_member_span(w, "batches", row->batches);
	json_close_object(w);
}

static void write_json(const struct ps_row *rows, size_t n, struct buf *out)
{
	int64_t now_s = clock_wall_us() / US_PER_S;
	struct json_writer w = json_writer_to(out);

	json_open_object(&w);
	json_member_array(&w, "runs");
	for (size_t i = 0; i < n; i++)
		put_row(&w, &rows[i], now_s);
	json_close_array(&w);
	json_close_object(&w);
	buf_addc(out, '\n');
}

/* ---- the table ---- */

static void progress_text(const struct ps_row *row, char *out, size_t size)
{
	double done = done_of(row), total = total_of(row);

	if (done < 0)
		snprintf(out, size, "-");
	else if (total <= 0)
		snprintf(out, size, "%.0f", done);
	else
		snprintf(out, size, "%.0f/%.0f %d%%", done, total,
			done < total ? (int)(100 * done / total) : 100);
}

static void eta_text(struct json_span v, char out[FIGURES_TEXT_SIZE])
{
	double low = ctl_number(v, "eta_low_s"), high = ctl_number(v, "eta_high_s");

	figures_eta(low < 0 ? -1 : us_from_s(low), high < 0 ? -1 : us_from_s(high), out);
}

static void add_row(struct table *t, const struct ps_row *row, int64_t now_s)
{
	const struct registry_entry *e = row->entry;
	int64_t end_s = !e->state ? now_s : e->ended >= 0 ? e->ended : -1;
	double rate = ctl_number(row->snapshot, "answers_per_s.now");
	char pid[24], state[CTL_TEXT_SIZE], progress[64], number[16], per_s[24],
		eta[FIGURES_TEXT_SIZE], up[32];
	const char *const cells[] = {e->name, pid, state_of(row, state), progress, per_s, eta, up};

	snprintf(pid, sizeof(pid), "%" PRId64, e->pid);
	progress_text(row, progress, sizeof(progress));
	snprintf(per_s, sizeof(per_s), "-");
	if (rate >= 0)
		snprintf(per_s, sizeof(per_s), "%s/s", text_count(rate, number, sizeof(number)));
	eta_text(row->snapshot, eta);
	snprintf(up, sizeof(up), "-");
	if (end_s >= 0)
		text_clock(
			(end_s > e->started ? end_s - e->started : 0) * US_PER_S, up, sizeof(up));
	table_add(t, cells);
}

/* An open batch of a service, below it. */
static bool add_batch(void *ctx, struct json_span v)
{
	double done = ctl_number(v, "done"), total = ctl_number(v, "total");
	double rate = ctl_number(v, "answers_per_s");
	char id[CTL_TEXT_SIZE], name[CTL_TEXT_SIZE], owner[CTL_TEXT_SIZE], state[CTL_TEXT_SIZE],
		progress[64], number[16], per_s[24], eta[FIGURES_TEXT_SIZE];
	const char *const cells[] = {
		name, "", ctl_text(v, "phase", state), progress, per_s, eta, ""};

	ctl_text(v, "id", id);
	ctl_text(v, "owner", owner);
	snprintf(name, sizeof(name), "- %.100s%s%.100s", id, owner[0] ? " " : "", owner);
	snprintf(progress, sizeof(progress), "%.0f/%.0f %d%%", done, total,
		total > 0 ? (int)(100 * done / total) : 0);
	snprintf(per_s, sizeof(per_s), "%s/s",
		text_count(rate > 0 ? rate : 0, number, sizeof(number)));
	eta_text(v, eta);
	table_add(ctx, cells);
	return true;
}

static void write_text(const struct ps_row *rows, size_t n, bool all, struct buf *out)
{
	static const struct table_column columns[] = {{"NAME", false, true}, {"PID", true, false},
		{"STATE", false, false}, {"PROGRESS", true, false}, {"RATE", true, false},
		{"ETA", true, false}, {"UPTIME", true, false}};
	int64_t now_s = clock_wall_us() / US_PER_S;
	struct table t;

	if (!n) {
		buf_adds(out, all ? "no runs\n" : "no live runs\n");
		return;
	}
	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < n; i++) {
		add_row(&t, &rows[i], now_s);
		if (rows[i].batches.at)
			json_each_element(rows[i].batches, add_batch, &t);
	}
	table_write(&t, table_width(), out);
	table_free(&t);
}

/* ---- */

static bool is_service(const struct registry_entry *e)
{
	return e->kind && !strcmp(e->kind, REGISTRY_SERVICE);
}

static size_t add_request(struct control_request *requests, size_t *of, size_t n, size_t row,
	const struct registry_entry *e, const char *path)
{
	requests[n] = (struct control_request){.socket = e->socket, .path = path};
	of[n] = row;
	return n + 1;
}

/* Asks all runs that go on, at once. */
static void ask(struct ps_row *rows, struct control_request *requests,
	const struct registry_list *l, int64_t timeout_us)
{
	size_t *of = xcalloc(2 * l->n + 1, sizeof(*of));
	size_t n = 0, runs;

	for (size_t i = 0; i < l->n; i++) {
		rows[i].entry = &l->entries[i];
		if (!l->entries[i].state)
			n = add_request(requests, of, n, i, &l->entries[i], "/v1/snapshot");
	}
	runs = n;
	for (size_t i = 0; i < l->n; i++)
		if (!l->entries[i].state && is_service(&l->entries[i]))
			n = add_request(requests, of, n, i, &l->entries[i], "/v1/batches");
	control_client_ask(requests, n, timeout_us);
	for (size_t i = 0; i < n; i++) {
		struct control_request *r = &requests[i];
		struct json_span whole = {0};

		if (r->result == CONTROL_ANSWERED && r->status == 200)
			whole = json_whole(buf_str(&r->answer), r->answer.len);
		if (i < runs)
			rows[of[i]].snapshot = whole;
		else if (whole.at)
			rows[of[i]].batches = json_find(whole, "batches");
	}
	free(of);
}

int command_ps(const struct ctl_settings *s)
{
	struct ctl c = {.s = s};
	struct control_request *requests;
	struct registry_list l;
	struct ps_row *rows;
	struct error err;
	int code = CTL_DONE;

	if (!registry_list_read(&l, s->all, &err)) {
		say("%s", err.text);
		return CTL_USAGE;
	}
	for (size_t i = 0; i < l.n_notes; i++)
		say_warning("%s", l.notes[i].text);
	rows = xcalloc(l.n + 1, sizeof(*rows));
	requests = xcalloc(2 * l.n + 1, sizeof(*requests));
	ask(rows, requests, &l, s->timeout_us);
	buf_init(&c.out, SIZE_MAX / 2);
	if (s->json)
		write_json(rows, l.n, &c.out);
	else
		write_text(rows, l.n, s->all, &c.out);
	ctl_print(&c, &code);
	buf_free(&c.out);
	for (size_t i = 0; i < 2 * l.n; i++)
		control_request_free(&requests[i]);
	free(requests);
	free(rows);
	registry_list_free(&l);
	return code;
}
