#include "serve/batch_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "ledger/lines.h"
#include "ledger/record.h"

enum { PIECE = 256 << 10 };

/* What the ledger has of each line. */
enum mark { MARK_NONE, MARK_OK, MARK_FAILED };

struct making {
	struct batch_output *o;
	unsigned char *mark; /* of each line of the input */
	uint64_t lines;
	/* Where the last record of each line begins, once one has two, as that of a result that was
	 * requested again: the files are begun anew. NULL: one pass is enough. */
	uint64_t *at;
	bool repeated;
	struct writer {
		struct output_file *file;
		int fd;
		struct buf text;
	} ok, failed;
};

typedef bool on_line(struct making *m, const struct ledger_line *line, uint64_t number);

static bool broken(struct making *m, const char *path)
{
	m->o->broken = true;
	return error_set(&m->o->err, "%s: %s", path, strerror(errno));
}

/* Calls on_line for each line; a file that is not there has none. */
static bool each_line(struct making *m, const char *path, on_line *visit)
{
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status = LINES_END;
	uint64_t number = 0;
	bool ok = true;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || broken(m, path);
	ledger_lines_init(&lines, fd);
	while (ok && (status = ledger_lines_next(&lines, &line)) == LINES_LINE)
		ok = !line.text || !line.whole || visit(m, &line, ++number);
	if (ok && status == LINES_ERROR)
		ok = broken(m, path);
	ledger_lines_free(&lines);
	close(fd);
	return ok;
}

/* ---- what there is ---- */

static bool count_line(struct making *m, const struct ledger_line *line, uint64_t number)
{
	(void)line;
	m->lines = number;
	return true;
}

/* The record of a line of the input; false: it is none. */
static bool read_record(
	const struct making *m, const struct ledger_line *line, struct result_record *r)
{
	return result_record_answer(line->text, line->len, r) && r->line >= 1 &&
	       (uint64_t)r->line <= m->lines;
}

static bool note(struct making *m, const struct ledger_line *line, enum mark mark)
{
	struct result_record r;

	if (!read_record(m, line, &r) || (mark == MARK_FAILED && m->mark[r.line - 1] == MARK_OK))
		return true;
	m->mark[r.line - 1] = (unsigned char)mark;
	m->at[r.line - 1] = line->offset;
	return true;
}

static bool note_ok(struct making *m, const struct ledger_line *line, uint64_t number)
{
	(void)number;
	return note(m, line, MARK_OK);
}

static bool note_failed(struct making *m, const struct ledger_line *line, uint64_t number)
{
	(void)number;
	return note(m, line, MARK_FAILED);
}

/* ---- the files ---- */

static bool flush(struct making *m, struct writer *w)
{
	if (w->fd < 0)
		w->fd = disk_begin(w->file->folder, w->file->name, &m->o->err);
	if (w->fd < 0) {
		m->o->broken = true;
		return false;
	}
	if (!io_write_all(w->fd, buf_str(&w->text), w->text.len))
		return broken(m, w->file->folder);
	w->file->bytes += w->text.len;
	buf_clear(&w->text);
	return true;
}

static struct writer *writer_of(struct making *m, bool ok)
{
	return ok || !*m->o->failed.folder ? &m->ok : &m->failed;
}

static bool wrote_line(struct making *m, struct writer *w)
{
	w->file->lines++;
	return w->text.len < PIECE || flush(m, w);
}

static void count_usage(struct batch_usage *u, const struct cost_record *c)
{
	u->in += c->in > 0 ? (uint64_t)c->in : 0;
	u->out += c->out > 0 ? (uint64_t)c->out : 0;
	u->cached += c->cached > 0 ? (uint64_t)c->cached : 0;
}

/* Of a line that failed, or has metadata. */
static bool read_members(const struct ledger_line *line, struct kind_answer *a)
{
	struct json_want want[] = {{.name = "custom_id"}, {.name = "response"}, {.name = "error"}};
	bool ok = json_pick(line->text, line->len, want, 3, NULL) == JSON_VALUE_OBJECT;

	a->custom_id = want[0].value;
	a->response = want[1].value;
	a->error = want[2].value;
	return ok;
}

/* The members of a record; false: it has none. */
static bool read_answer(
	const struct ledger_line *line, const struct result_record *r, struct kind_answer *a)
{
	a->line = (uint64_t)r->line;
	if (r->response.at) { /* as nearly always */
		a->custom_id = r->id;
		a->response = r->response;
		a->error = (struct json_span){"null", 4};
		return true;
	}
	return read_members(line, a);
}

/* Is it the record that counts for its line? */
static bool is_last(
	struct making *m, const struct ledger_line *line, uint64_t number, enum mark mark)
{
	unsigned char *seen = &m->mark[number - 1];

	if (m->at)
		return *seen == mark && m->at[number - 1] == line->offset;
	if (*seen == MARK_OK && mark == MARK_FAILED)
		return false;
	m->repeated = *seen != MARK_NONE;
	*seen = (unsigned char)mark;
	return !m->repeated;
}

static bool write_record(struct making *m, const struct ledger_line *line, enum mark mark)
{
	struct writer *w = writer_of(m, mark == MARK_OK);
	struct kind_answer a = {.batch = m->o->batch, .ok = mark == MARK_OK};
	struct result_record r;

	if (!read_record(m, line, &r) || !is_last(m, line, (uint64_t)r.line, mark))
		return !m->repeated;
	if (!read_answer(line, &r, &a))
		return true;
	m->o->kind->answered(&a, &w->text);
	count_usage(&m->o->usage, &r.cost);
	if (mark == MARK_OK)
		m->o->counts.ok++;
	else
		m->o->counts.failed++;
	return wrote_line(m, w);
}

static bool write_ok(struct making *m, const struct ledger_line *line, uint64_t number)
{
	(void)number;
	return write_record(m, line, MARK_OK);
}

static bool write_failed(struct making *m, const struct ledger_line *line, uint64_t number)
{
	(void)number;
	return write_record(m, line, MARK_FAILED);
}

static bool write_unfinished(struct making *m, const struct ledger_line *line, uint64_t number)
{
	struct kind_answer a = {.batch = m->o->batch, .line = number};
	struct json_want id = {.name = "custom_id"};
	struct writer *w = writer_of(m, false);

	if (number > m->lines || m->mark[number - 1] != MARK_NONE)
		return true;
	json_pick(line->text, line->len, &id, 1, NULL);
	a.custom_id = id.value;
	m->o->counts.unfinished++;
	m->o->kind->unfinished(&a, m->o->expired, &w->text);
	return wrote_line(m, w);
}

/* The lines that have not ended. */
static bool write_rest(struct making *m)
{
	const struct batch_counts *n = &m->o->counts;

	return n->ok + n->failed == m->lines || each_line(m, m->o->input, write_unfinished);
}

/* Its record is written last: with it the file is there. */
static bool end_file(struct making *m, struct writer *w)
{
	struct error *err = &m->o->err;
	struct buf meta;
	bool ok;

	if (!w->file->lines)
		return true;
	if (!flush(m, w))
		return false;
	if (!io_sync(w->fd))
		return broken(m, w->file->folder);
	if (!w->file->record)
		return true;
	w->file->record->bytes = w->file->bytes;
	buf_init(&meta, DISK_META_MAX);
	file_record_write(w->file->record, &meta);
	ok = disk_commit(w->file->folder, buf_str(&meta), meta.len, err);
	buf_free(&meta);
	m->o->broken = !ok;
	return ok;
}

static bool write_records(struct making *m)
{
	return each_line(m, m->o->results, write_ok) && each_line(m, m->o->errors, write_failed);
}

static void writer_begin(struct writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	w->file->bytes = w->file->lines = 0;
	buf_clear(&w->text);
}

/* In two passes: which records count, and then these. */
static bool write_last_records(struct making *m)
{
	m->repeated = false;
	m->o->counts.ok = m->o->counts.failed = 0;
	m->o->usage = (struct batch_usage){0};
	writer_begin(&m->ok);
	writer_begin(&m->failed);
	memset(m->mark, MARK_NONE, m->lines);
	m->at = xcalloc_table((m->lines + 1) * sizeof(*m->at));
	return each_line(m, m->o->results, note_ok) && each_line(m, m->o->errors, note_failed) &&
	       write_records(m);
}

static void make(struct making *m)
{
	struct batch_output *o = m->o;

	m->lines = o->lines;
	if (!m->lines && !each_line(m, o->input, count_line))
		return;
	o->counts.total = m->lines;
	m->mark = xcalloc_table(m->lines + 1);
	if ((write_records(m) || (m->repeated && write_last_records(m))) && write_rest(m) &&
		end_file(m, &m->ok))
		end_file(m, &m->failed);
	xfree_table(m->mark, m->lines + 1);
	if (m->at)
		xfree_table(m->at, (m->lines + 1) * sizeof(*m->at));
}

static void writer_init(struct writer *w, struct output_file *file)
{
	w->file = file;
	w->fd = -1;
	buf_init(&w->text, SIZE_MAX / 2);
	writer_begin(w);
}

static void writer_end(struct writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	buf_free(&w->text);
}

static void drop(const struct output_file *file)
{
	struct error ignored;

	if (file->record)
		disk_remove(file->folder, &ignored);
}

void batch_output_work(struct job *job)
{
	struct making m = {.o = (struct batch_output *)job};

	m.o->broken = false;
	m.o->counts = (struct batch_counts){0};
	m.o->usage = (struct batch_usage){0};
	writer_init(&m.ok, &m.o->ok);
	writer_init(&m.failed, &m.o->failed);
	make(&m);
	writer_end(&m.ok);
	writer_end(&m.failed);
	if (m.o->broken) {
		/* half of a file would only fill the disk */
		drop(&m.o->ok);
		drop(&m.o->failed);
	}
}
