/* Reads back single records, and makes the errors file of them: the records of failed and cancelled
 * items, which replaces the old file as a whole. */
#include "config.h"

#include "ledger/read_back.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/date.h"
#include "base/io.h"
#include "ledger/ledger_impl.h"
#include "ledger/record.h"

const struct ledger_paths *ledger_paths_of(const struct ledger *l)
{
	return &l->paths;
}

/* The journal's line at the offset, be it written or not. */
static bool find_line(struct ledger *l, uint64_t offset, const char **at, size_t *len)
{
	const struct ledger_file *f = &l->journal;
	uint64_t pending_from = f->end - f->done;
	struct ledger_line line;

	if (f->pending.len && offset >= pending_from) {
		const char *end;

		if (offset - pending_from >= f->pending.len)
			return false;
		*at = f->pending.data + (offset - pending_from);
		end = memchr(*at, '\n', (size_t)(f->pending.data + f->pending.len - *at));
		*len = end ? (size_t)(end - *at) : 0;
		return end;
	}
	ledger_lines_seek(&l->finds, offset);
	if (ledger_lines_next(&l->finds, &line) != LINES_LINE || !line.text || !line.whole)
		return false;
	*at = line.text;
	*len = line.len;
	return true;
}

static bool find_final(struct ledger *l, uint64_t offset, struct journal_record *out)
{
	const char *at;
	size_t len;

	if (!find_line(l, offset, &at, &len))
		return false;
	if (l->errors_only) {
		*out = (struct journal_record){.kind = JOURNAL_FINAL, .line = {at, len}};
		return true;
	}
	return journal_record_parse(at, len, out) && out->kind == JOURNAL_FINAL;
}

bool ledger_read_final(struct ledger *l, uint64_t offset, struct buf *out, int64_t *wall_us)
{
	struct journal_record record;

	if (l->errors_only && offset & LEDGER_IN_RESULTS) {
		if (wall_us)
			*wall_us = 0;
		return ledger_read_result(l, offset & ~LEDGER_IN_RESULTS, out);
	}
	buf_clear(out);
	if (!find_final(l, offset, &record))
		return false;
	if (wall_us && (!record.time.at ||
			       !date_rfc3339(record.time.at + 1, record.time.len - 2, wall_us)))
		*wall_us = 0;
	return buf_add(out, record.line.at, record.line.len);
}

bool ledger_read_record(struct ledger *l, uint64_t offset, struct buf *out)
{
	const char *at;
	size_t len;

	buf_clear(out);
	return find_line(l, offset, &at, &len) && buf_add(out, at, len);
}

/* A window that grew for a long line or a walk is not kept. */
enum { KEEP_WINDOW = 2 << 20 };

/* A separate window for single lines; the journal's window stays where it is. Items end about in
 * the order of the input: the next one that is asked for is often in the window already. */
bool ledger_read_result(struct ledger *l, uint64_t offset, struct buf *out)
{
	struct ledger_lines *lines = &l->result_finds;
	struct ledger_line line;
	bool ok;

	buf_clear(out);
	if (!lines->data)
		ledger_lines_init(lines, l->results.fd);
	ledger_lines_seek(lines, offset);
	ok = ledger_lines_next(lines, &line) == LINES_LINE && line.text && line.whole &&
	     buf_add(out, line.text, line.len);
	/* what a write has not finished yet is read again */
	if (!ok || lines->cap > KEEP_WINDOW)
		ledger_lines_free(lines);
	return ok;
}

int64_t ledger_ended(const struct ledger *l, const struct result_record *line, uint64_t offset)
{
	return ledger_sessions_ended(&l->sessions, line, offset);
}

/* Copies the records to fd, some 256 KB a write. */
static bool copy_records(struct ledger *l, int fd, const uint64_t *offsets, size_t n)
{
	enum { BATCH = 256 << 10 };
	struct journal_record record;
	struct buf batch;
	bool ok = true;

	buf_init(&batch, LEDGER_LINE_MAX + BATCH);
	for (size_t i = 0; ok && i < n; i++) {
		if (!find_final(l, offsets[i], &record)) {
			errno = EILSEQ;
			ok = false;
			break;
		}
		buf_add(&batch, record.line.at, record.line.len);
		buf_addc(&batch, '\n');
		if (batch.len >= BATCH) {
			ok = io_write_all(fd, batch.data, batch.len);
			buf_trim(&batch, 2 * BATCH);
		}
	}
	ok = ok && io_write_all(fd, batch.data, batch.len);
	buf_free(&batch);
	return ok;
}

static bool fill_temporary(struct ledger *l, const char *path, const uint64_t *offsets, size_t n)
{
	int fd;
	bool ok;

	/* Left by a crash; the lock proves that nobody else uses it. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = copy_records(l, fd, offsets, n) && io_sync(fd);
	if (!ok) {
		int error = errno;

		close(fd);
		errno = error;
		return false;
	}
	return close(fd) == 0;
}

bool ledger_write_errors(struct ledger *l, const uint64_t *offsets, size_t n, struct error *err)
{
	size_t len = strlen(l->paths.errors);
	char *path;
	bool ok;

	if (!n) {
		if (unlink(l->paths.errors) == 0)
			return io_sync_folder(l->paths.errors, err);
		return errno == ENOENT ||
		       error_set(err, "cannot remove %s: %s", l->paths.errors, strerror(errno));
	}
	path = xmalloc(len + sizeof(".tmp"));
	memcpy(path, l->paths.errors, len);
	memcpy(path + len, ".tmp", sizeof(".tmp"));
	ok = fill_temporary(l, path, offsets, n) && rename(path, l->paths.errors) == 0;
	if (!ok) {
		error_set(err,
			"cannot write %s: %s; its contents are safe in the journal, and the same "
			"command writes it again",
			l->paths.errors, strerror(errno));
		unlink(path);
	}
	free(path);
	return ok && io_sync_folder(l->paths.errors, err);
}
