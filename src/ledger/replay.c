/* Reads back the records of earlier sessions. */
#include "config.h"

#include "ledger/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/date.h"
#include "ledger/ledger_impl.h"
#include "ledger/record.h"

struct replay {
	ledger_visit *visit;
	void *ctx;
	uint64_t bad;
	uint64_t counted_to;  /* where the results ended when the last session counted them */
	struct buf id, model; /* for ids and names with escapes */
	struct ledger *ledger;
};

static void visit_item(
	struct replay *r, const struct result_record *item, enum item_state state, uint64_t offset)
{
	const struct ledger_seed *seed = &r->ledger->seed;
	struct ledger_entry entry = {
		.line = item->line > 0 ? (uint64_t)item->line : 0,
		.line_hash = ledger_known_hash(item->line_hash, offset,
			state == ITEM_OK ? seed->results_from : seed->journal_from),
		.state = state,
		.outcome = item->outcome,
		.status = (int)item->status,
		.attempts = item->attempts > 0 ? (int)item->attempts : 0,
		.latency_us = item->latency_us,
		.first_byte_us = item->first_byte_us,
		.ended_ms = item->ended_ms,
		.session = item->session,
		.made = sent_table_of(&r->ledger->sent, item->session),
		.journal_offset = state == ITEM_OK ? 0 : offset,
		.results_offset = state == ITEM_OK ? offset : 0,
		.cost = item->cost,
	};

	record_id_text(item->id, &r->id, &entry.id, &entry.id_len);
	if (item->model.at)
		record_id_text(item->model, &r->model, &entry.cost.model, &entry.cost.model_len);
	r->visit(r->ctx, &entry);
}

/* Other tools keep errors among their results. The outcome marks cancelled items. */
static bool replay_error(struct replay *r, const struct result_record *item, uint64_t place)
{
	r->ledger->forms |= 1U << item->form;
	visit_item(
		r, item, item->outcome == OUTCOME_CANCELLED ? ITEM_CANCELLED : ITEM_FAILED, place);
	return true;
}

static bool replay_result(struct replay *r, const struct ledger_line *line)
{
	struct result_record item;

	if (voids_has(&r->ledger->voids, line))
		return true;
	if (!line->text || !result_record_parse(line->text, line->len, &item))
		return false;
	if (item.outcome != OUTCOME_OK)
		return r->ledger->errors_only &&
		       replay_error(r, &item, line->offset | LEDGER_IN_RESULTS);
	r->ledger->count.found++;
	r->ledger->forms |= 1U << item.form;
	visit_item(r, &item, ITEM_OK, line->offset);
	return true;
}

static void keep_last(const struct ledger_line *line, struct buf *out)
{
	buf_clear(out);
	buf_add(out, line->text, line->len);
}

/* The number of good results at a session's start or end. Earlier releases record only the end. */
static void take_count(struct replay *r, const struct ledger_line *line)
{
	enum { GOOD, RESULTS, ITEMS, LOST, WANTED };
	struct json_want ok = {.name = "ok"}, want[WANTED] = {[GOOD] = {.name = "good"},
						      [RESULTS] = {.name = "results"},
						      [ITEMS] = {.name = "items"},
						      [LOST] = {.name = "lost"}};
	struct ledger_count *c = &r->ledger->count;
	int64_t n;

	if (json_pick(line->text, line->len, want, WANTED, NULL) != JSON_VALUE_OBJECT)
		return;
	if (json_span_is(want[ITEMS].value, JSON_VALUE_OBJECT))
		json_pick(want[ITEMS].value.at, want[ITEMS].value.len, &ok, 1, NULL);
	if (!json_span_int(want[GOOD].value, &n) && !json_span_int(ok.value, &n))
		return;
	c->counted = n > 0 ? (uint64_t)n : 0;
	r->counted_to = json_span_int(want[RESULTS].value, &n) && n >= 0 ? (uint64_t)n : UINT64_MAX;
	c->reported = json_span_is(want[LOST].value, JSON_VALUE_TRUE);
}

static void take_priorities(struct replay *r, const struct ledger_line *line)
{
	struct json_want changes = {.name = "bumps"};

	if (json_pick(line->text, line->len, &changes, 1, NULL))
		priority_changes_read(&r->ledger->priorities, changes.value);
}

/* A line that was counted and taken back since is no loss. Its cost counts. */
static void take_voids(
	struct replay *r, const struct journal_record *record, const struct ledger_line *line)
{
	struct voids *v = &r->ledger->voids;
	struct json_want id = {.name = "id"};
	struct result_record item;
	uint32_t before = v->n;

	voids_read(v, record->kind, line->text, line->len);
	if (v->n > before && json_pick(line->text, line->len, &id, 1, NULL) == JSON_VALUE_OBJECT &&
		json_span_is(id.value, JSON_VALUE_STRING)) {
		result_record_members(line->text, line->len, &item);
		item.id = id.value;
		visit_item(r, &item, ITEM_QUEUED, 0);
	}
	if (v->n > before && v->line[before].offset < r->counted_to && r->ledger->count.counted)
		r->ledger->count.counted--;
}

static int64_t time_of(const struct journal_record *record)
{
	int64_t us = 0;

	if (record->time.at)
		date_rfc3339(record->time.at + 1, record->time.len - 2, &us);
	return us;
}

static bool replay_journal(struct replay *r, const struct ledger_line *line)
{
	struct result_record item = {.latency_us = -1,
		.first_byte_us = -1,
		.ended_ms = -1,
		.session = -1,
		.cost = {.in = -1, .out = -1, .nano_usd = -1}};
	struct journal_record record;

	if (!line->text)
		return false;
	if (r->ledger->errors_only)
		return result_record_parse(line->text, line->len, &item) &&
		       replay_error(r, &item, line->offset);
	if (!journal_record_parse(line->text, line->len, &record))
		return false;
	if (r->ledger->on_record)
		r->ledger->on_record(r->ledger->on_record_ctx, &record, line);
	switch (record.kind) {
	case JOURNAL_FINAL:
		if (!result_record_parse(record.line.at, record.line.len, &item))
			return false;
		r->ledger->forms |= 1U << item.form;
		visit_item(r, &item, record.state, line->offset);
		break;
	case JOURNAL_REQUEUED:
		item.id = record.id;
		visit_item(r, &item, ITEM_QUEUED, 0);
		voids_requeued(&r->ledger->voids, record.id);
		break;
	case JOURNAL_START:
		keep_last(line, &r->ledger->start);
		ledger_sessions_read(&r->ledger->sessions, line->text, line->len, time_of(&record));
		sent_table_add(&r->ledger->sent, line->text, line->len);
		take_count(r, line);
		break;
	case JOURNAL_STOP:
		take_count(r, line);
		break;
	case JOURNAL_LEARNED:
		keep_last(line, &r->ledger->learned);
		break;
	case JOURNAL_PRIORITY:
		take_priorities(r, line);
		break;
	default:
		take_voids(r, &record, line);
		break;
	}
	return true;
}

static bool has_zeros(const struct ledger_line *line)
{
	return line->text ? memchr(line->text, '\0', line->len) != NULL : line->zeros;
}

/* Removes the zeros from the file; the part that was read stays in place. */
static bool cut(struct replay *r, struct ledger_file *f, const struct ledger_form *form,
	uint64_t at, struct ledger_lines *lines, struct error *err)
{
	if (!ledger_cut_zeros(r->ledger, f, form, at, err))
		return false;
	ledger_lines_free(lines);
	ledger_lines_init(lines, f->fd);
	ledger_lines_seek(lines, at);
	return true;
}

static bool replay_file(struct replay *r, struct ledger_file *f, const struct ledger_form *form,
	bool (*one)(struct replay *r, const struct ledger_line *line), struct error *err)
{
	enum lines_status status = LINES_END;
	struct ledger_lines lines;
	struct ledger_line line;
	bool was_cut = false, good = true;

	posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	ledger_lines_init(&lines, f->fd);
	while (good && (status = ledger_lines_next(&lines, &line)) == LINES_LINE) {
		if (one(r, &line))
			continue;
		if (!line.whole && r->ledger->read_only) {
			r->ledger->torn = true;
			continue;
		}
		if (was_cut || r->ledger->read_only || !has_zeros(&line)) {
			r->bad++;
			continue;
		}
		was_cut = true;
		good = cut(r, f, form, line.offset, &lines, err);
	}
	if (status == LINES_ERROR)
		good = error_set(err, "cannot read %s: %s", f->path, strerror(errno));
	ledger_lines_free(&lines);
	return good;
}

bool ledger_replay(
	struct ledger *l, ledger_visit *visit, void *ctx, uint64_t *bad, struct error *err)
{
	struct replay r = {.visit = visit, .ctx = ctx, .ledger = l};
	bool read;

	buf_init(&r.id, LEDGER_LINE_MAX);
	buf_init(&r.model, LEDGER_LINE_MAX);
	read = replay_file(&r, &l->journal, &ledger_journal_form, replay_journal, err) &&
	       (l->read_only || ledger_sweep_voids(l, err)) &&
	       replay_file(&r, &l->results, &ledger_results_form, replay_result, err);
	buf_free(&r.id);
	buf_free(&r.model);
	*bad = r.bad;
	return read;
}

void ledger_visit_records(struct ledger *l, ledger_record_visit *visit, void *ctx)
{
	l->on_record = visit;
	l->on_record_ctx = ctx;
}

bool ledger_visit_from(struct ledger *l, uint64_t offset,
	bool (*visit)(
		void *ctx, const struct journal_record *record, const struct ledger_line *line),
	void *ctx)
{
	struct journal_record record;
	enum lines_status status;
	struct ledger_lines lines;
	struct ledger_line line;

	ledger_lines_init(&lines, l->journal.fd);
	ledger_lines_seek(&lines, offset);
	while ((status = ledger_lines_next(&lines, &line)) == LINES_LINE)
		if (line.text && journal_record_parse(line.text, line.len, &record) &&
			!visit(ctx, &record, &line))
			break;
	ledger_lines_free(&lines);
	return status != LINES_ERROR;
}

uint64_t ledger_entry_key(const struct record_keys *keys, const struct ledger_entry *entry)
{
	return entry->outcome == OUTCOME_BAD_INPUT && entry->state == ITEM_FAILED
		       ? record_bad_line_key(keys, entry->line)
		       : record_id_key(keys, entry->id, entry->id_len);
}

bool ledger_has_journal(const struct ledger *l)
{
	return !l->errors_only;
}

bool ledger_is_torn(const struct ledger *l)
{
	return l->torn;
}

struct ledger_count ledger_count(const struct ledger *l)
{
	return l->count;
}

const char *ledger_last_start(struct ledger *l)
{
	return buf_str(&l->start);
}

const char *ledger_last_learned(struct ledger *l)
{
	return buf_str(&l->learned);
}

const struct sent_table *ledger_sent(const struct ledger *l)
{
	return &l->sent;
}

struct priority_changes *ledger_priority_changes(struct ledger *l)
{
	return &l->priorities;
}

bool ledger_any_void(const struct ledger *l)
{
	return l->voids.n > 0;
}

bool ledger_has_form(const struct ledger *l, enum result_form form)
{
	return l->forms >> form & 1;
}

bool ledger_any_doubt(const struct ledger *l)
{
	return l->voids.doubted > 0;
}

enum doubt_state ledger_doubt_of(const struct ledger *l, const char *id, size_t len)
{
	return voids_doubt_of(&l->voids, id, len);
}

uint64_t ledger_zeros(const struct ledger *l)
{
	return l->zeros;
}
