#include "config.h"

#include "export/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/date.h"

/* One pass over a file. */
struct reading {
	struct export_index *x;
	enum record_file file;
	struct buf id;
};

/* ---- entries ---- */

static uint32_t add_entry(struct export_index *x)
{
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap + x->cap / 2 : 1024;
		x->entry = xrealloc(x->entry, x->cap, sizeof(*x->entry));
		if (x->ended_us)
			x->ended_us = xrealloc(x->ended_us, x->cap, sizeof(*x->ended_us));
	}
	if (x->ended_us)
		x->ended_us[x->n] = 0;
	return x->n++;
}

static uint64_t key_of(struct reading *r, const struct result_record *record, bool bad)
{
	const char *id;
	size_t len;

	if (bad)
		return record_bad_line_key(&r->x->keys, (uint64_t)record->line);
	record_id_text(record->id, &r->id, &id, &len);
	return record_id_key(&r->x->keys, id, len);
}

/* Of two records of an item the later counts. */
static void take_record(struct reading *r, const struct result_record *record,
	enum item_state state, uint64_t offset, int64_t ended_us)
{
	struct export_index *x = r->x;
	bool bad = state == ITEM_FAILED && record->outcome == OUTCOME_BAD_INPUT && record->line > 0;
	struct hash128 hash = ledger_known_hash(record->line_hash, offset,
		r->file == IN_RESULTS ? x->seed.results_from : x->seed.journal_from);
	uint64_t key = key_of(r, record, bad);
	uint32_t at;

	if (!idmap_get(&x->by_id, key, &at)) {
		at = add_entry(x);
		idmap_put(&x->by_id, key, at);
		x->bad += bad;
	}
	x->entry[at] = (struct index_entry){.offset = offset,
		.file = r->file,
		.state = state,
		.bad = bad,
		.keyed = line_hash_has_key(hash),
		.line = record->line > 0 && record->line < UINT32_MAX ? (uint32_t)record->line : 0,
		.line_mark = (uint32_t)hash.low};
	if (x->ended_us)
		x->ended_us[at] = ended_us;
}

/* ---- the journal ---- */

static void take_start(struct export_index *x, const struct ledger_line *line, int64_t start_us)
{
	run_input_read(&x->input, line->text, line->len);
	ledger_sessions_read(&x->sessions, line->text, line->len, start_us);
}

/* How many items the input has: after a trial its items are only a part of them. */
static void take_stop(struct export_index *x, const struct ledger_line *line)
{
	struct json_want want[] = {{.name = "items"}, {.name = "part"}};
	struct json_want total = {.name = "total"};
	struct json_want of[] = {{.name = "of"}, {.name = "of_estimated"}};
	int64_t n;

	json_pick(line->text, line->len, want, 2, NULL);
	if (json_span_is(want[1].value, JSON_VALUE_OBJECT)) {
		json_pick(want[1].value.at, want[1].value.len, of, 2, NULL);
		x->total = !of[1].value.at && json_span_int(of[0].value, &n) ? n : -1;
	} else if (json_span_is(want[0].value, JSON_VALUE_OBJECT)) {
		json_pick(want[0].value.at, want[0].value.len, &total, 1, NULL);
		if (json_span_int(total.value, &n))
			x->total = n;
	}
}

static void take_requeued(struct reading *r, struct json_span id)
{
	const char *text;
	uint32_t at;
	size_t len;

	record_id_text(id, &r->id, &text, &len);
	if (idmap_get(&r->x->by_id, record_id_key(&r->x->keys, text, len), &at))
		r->x->entry[at].gone = true;
	voids_requeued(&r->x->voids, id);
}

static bool read_journal(struct reading *r, const struct ledger_line *line)
{
	struct journal_record record;
	struct result_record item;
	int64_t us = 0;

	if (!journal_record_parse(line->text, line->len, &record))
		return false;
	date_rfc3339(record.time.at + 1, record.time.len - 2, &us);
	switch (record.kind) {
	case JOURNAL_FINAL:
		if (!result_record_parse(record.line.at, record.line.len, &item))
			return false;
		take_record(r, &item, record.state, line->offset, us);
		break;
	case JOURNAL_REQUEUED:
		take_requeued(r, record.id);
		break;
	case JOURNAL_START:
		take_start(r->x, line, us);
		break;
	case JOURNAL_STOP:
		take_stop(r->x, line);
		break;
	default:
		voids_read(&r->x->voids, record.kind, line->text, line->len);
		break;
	}
	return true;
}

/* ---- results and errors ---- */

static enum item_state state_of(const struct result_record *item)
{
	if (item->outcome == OUTCOME_OK)
		return ITEM_OK;
	return item->outcome == OUTCOME_CANCELLED ? ITEM_CANCELLED : ITEM_FAILED;
}

static bool read_result(struct reading *r, const struct ledger_line *line)
{
	struct result_record item;

	if (voids_has(&r->x->voids, line))
		return true;
	if (!result_record_parse(line->text, line->len, &item))
		return false;
	take_record(r, &item, state_of(&item), line->offset,
		r->x->ended_us ? ledger_sessions_ended(&r->x->sessions, &item, line->offset) : 0);
	return true;
}

/* A line without its end may be the front of a longer one: all of it must be right. */
static bool is_readable(const struct ledger_line *line)
{
	return line->text && (line->whole || json_pick(line->text, line->len, NULL, 0, NULL) ==
						     JSON_VALUE_OBJECT);
}

static bool read_file(struct export_index *x, enum record_file file, const char *path,
	bool (*one)(struct reading *r, const struct ledger_line *line), struct error *err)
{
	struct reading r = {.x = x, .file = file};
	enum lines_status status;
	struct ledger_lines lines;
	struct ledger_line line;

	buf_init(&r.id, LEDGER_LINE_MAX);
	posix_fadvise(x->fd[file], 0, 0, POSIX_FADV_SEQUENTIAL);
	ledger_lines_init(&lines, x->fd[file]);
	while ((status = ledger_lines_next(&lines, &line)) == LINES_LINE) {
		if (is_readable(&line) && one(&r, &line))
			continue;
		if (line.whole)
			x->bad_lines++;
		else
			x->torn = true;
	}
	if (status == LINES_ERROR)
		error_set(err, "cannot read %s: %s", path, strerror(errno));
	ledger_lines_free(&lines);
	buf_free(&r.id);
	return status == LINES_END;
}

static bool find_seed(struct export_index *x, const struct run_files *files, struct error *err)
{
	const struct ledger_file results = {.fd = files->results, .path = files->paths.results};
	const struct ledger_file journal = {.fd = files->journal, .path = files->paths.journal};

	x->seed = (struct ledger_seed){.results_from = UINT64_MAX, .journal_from = UINT64_MAX};
	if (files->journal < 0)
		return hash_key_make(&x->seed.key, err);
	return ledger_seed_find(&x->seed, &results, &journal, err);
}

bool index_read(
	struct export_index *x, const struct run_files *files, bool times, struct error *err)
{
	const struct ledger_paths *paths = &files->paths;

	*x = (struct export_index){.total = -1};
	idmap_init(&x->by_id);
	x->fd[IN_RESULTS] = files->results;
	x->fd[IN_JOURNAL] = files->journal;
	x->fd[IN_ERRORS] = files->errors;
	if (times)
		x->ended_us = xmalloc(sizeof(*x->ended_us));
	for (int i = 0; i < RECORD_FILES; i++)
		ledger_lines_init(&x->lines[i], x->fd[i]);
	if (!find_seed(x, files, err))
		return false;
	x->keys = record_keys_of(&x->seed.key);
	x->line_key = hash_key_for(&x->seed.key, "lines");
	voids_init(&x->voids, &x->keys);
	if (files->journal >= 0 && !read_file(x, IN_JOURNAL, paths->journal, read_journal, err))
		return false;
	/* the journal has all that the errors file is made of */
	if (files->journal < 0 && files->errors >= 0 &&
		!read_file(x, IN_ERRORS, paths->errors, read_result, err))
		return false;
	return read_file(x, IN_RESULTS, paths->results, read_result, err);
}

void index_free(struct export_index *x)
{
	for (int i = 0; i < RECORD_FILES; i++)
		ledger_lines_free(&x->lines[i]);
	free(x->entry);
	free(x->ended_us);
	free(x->order);
	ledger_sessions_free(&x->sessions);
	idmap_free(&x->by_id);
	voids_free(&x->voids);
	run_input_free(&x->input);
}

/* ---- finding ---- */

static struct index_entry *entry_of(struct export_index *x, uint64_t key)
{
	uint32_t at;

	return idmap_get(&x->by_id, key, &at) && !x->entry[at].gone ? &x->entry[at] : NULL;
}

struct index_entry *index_by_id(struct export_index *x, const char *id, size_t len)
{
	return entry_of(x, record_id_key(&x->keys, id, len));
}

struct index_entry *index_by_bad_line(struct export_index *x, uint64_t line)
{
	return x->bad ? entry_of(x, record_bad_line_key(&x->keys, line)) : NULL;
}

bool index_is_of_line(
	const struct export_index *x, const struct index_entry *e, const char *line, size_t len)
{
	if (!e->line_mark)
		return true;
	return e->line_mark == (e->keyed ? (uint32_t)line_hash_of(&x->line_key, line, len).low
					 : (uint32_t)hash_bytes(line, len));
}

void index_drop_mended(struct export_index *x)
{
	for (uint32_t i = 0; x->bad && i < x->n; i++) {
		const struct index_entry *e = &x->entry[i];
		struct index_entry *bad =
			e->state == ITEM_OK && e->line ? index_by_bad_line(x, e->line) : NULL;

		if (bad)
			bad->gone = true;
	}
}

/* ---- order ---- */

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Lines that the input lacks come last, those whose number nobody knows behind them. */
static int by_line(const void *a, const void *b, void *index)
{
	const struct export_index *x = index;
	const struct index_entry *p = &x->entry[*(const uint32_t *)a],
				 *q = &x->entry[*(const uint32_t *)b];

	if (p->joined != q->joined)
		return p->joined ? -1 : 1;
	if (p->line != q->line)
		return compare(p->line - 1U, q->line - 1U);
	return compare(*(const uint32_t *)a, *(const uint32_t *)b);
}

static int by_end(const void *a, const void *b, void *index)
{
	const struct export_index *x = index;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct index_entry *p = &x->entry[i], *q = &x->entry[j];

	if (x->ended_us && x->ended_us[i] != x->ended_us[j])
		return x->ended_us[i] < x->ended_us[j] ? -1 : 1;
	return p->file != q->file ? compare(p->file, q->file) : compare(p->offset, q->offset);
}

void index_order(struct export_index *x, enum export_order order)
{
	int (*by)(const void *a, const void *b, void *index) =
		order == EXPORT_DONE_ORDER ? by_end : by_line;
	uint32_t n = 0;
	bool sorted = true;

	idmap_free(&x->by_id);
	x->order = xmalloc((x->n + (size_t)1) * sizeof(*x->order));
	for (uint32_t i = 0; i < x->n; i++)
		if (!x->entry[i].gone)
			x->order[n++] = i;
	x->n = n;
	for (uint32_t i = 1; sorted && i < n; i++)
		sorted = by(&x->order[i - 1], &x->order[i], x) <= 0;
	if (!sorted)
		qsort_r(x->order, n, sizeof(*x->order), by, x);
}

/* ---- records ---- */

bool index_read_record(struct export_index *x, const struct index_entry *e, struct json_span *out)
{
	struct ledger_lines *lines = &x->lines[e->file];
	struct journal_record record;
	struct ledger_line line;

	ledger_lines_seek(lines, e->offset);
	if (ledger_lines_next(lines, &line) != LINES_LINE || !line.text)
		return false;
	*out = (struct json_span){line.text, line.len};
	if (e->file != IN_JOURNAL)
		return true;
	if (!journal_record_parse(line.text, line.len, &record) || record.kind != JOURNAL_FINAL)
		return false;
	*out = record.line;
	return true;
}
