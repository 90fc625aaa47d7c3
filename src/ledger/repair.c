/* Checks a file of the ledger when it is opened: it may be another program's, or torn by a crash.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "ledger/file.h"
#include "ledger/lines.h"
#include "ledger/record.h"

static bool is_result(const char *text, size_t len)
{
	struct result_record r;

	return result_record_parse(text, len, &r);
}

static bool is_journal_record(const char *text, size_t len)
{
	struct journal_record r;

	return journal_record_parse(text, len, &r);
}

const struct ledger_form ledger_results_form = {"{\"custom_id\":", is_result, "results of sluice"};
const struct ledger_form ledger_journal_form = {
	"{\"time\":", is_journal_record, "a journal of sluice"};

static bool text_fits(const struct ledger_form *form, const char *text, size_t len, bool whole)
{
	size_t head = strlen(form->head), n = len < head ? len : head;

	if (form->is_line(text, len))
		return true;
	if (memcmp(text, form->head, n) != 0)
		return false;
	if (memchr(text, '\0', len))
		return true;
	/* Cut short. Whole JSON that is not a line of sluice is another file, such as a batch
	 * input. */
	return !whole && json_pick(text, len, NULL, 0, NULL) == JSON_NONE;
}

/* A crash leaves zeros in blocks that were never written; a truncation under a writer leaves them
 * up to its next write. */
static bool line_fits(const struct ledger_form *form, const struct ledger_line *line)
{
	size_t zeros = 0;

	if (!line->text)
		return line->zeros;
	while (zeros < line->len && !line->text[zeros])
		zeros++;
	return (zeros && zeros == line->len) ||
	       text_fits(form, line->text + zeros, line->len - zeros, line->whole);
}

bool ledger_file_check_form(int fd, const char *path, const struct ledger_form *form,
	const char *advice, struct error *err)
{
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status;
	bool fits;

	ledger_lines_init(&lines, fd);
	status = ledger_lines_next(&lines, &line);
	fits = status == LINES_END || (status == LINES_LINE && line_fits(form, &line));
	if (status == LINES_ERROR)
		error_set(err, "cannot read %s: %s", path, strerror(errno));
	else if (!fits)
		error_set(err, "%s: does not hold %s (see its first line); %s", path, form->what,
			advice);
	ledger_lines_free(&lines);
	return fits;
}

/* Bytes [from, to) of the file, which the caller frees; NULL on an error or when they are gone. */
static char *read_range(int fd, uint64_t from, uint64_t to)
{
	size_t len = (size_t)(to - from), got = 0;
	char *data = xmalloc(len);

	while (got < len) {
		ssize_t n = pread(fd, data + got, len - got, (off_t)(from + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(data);
			return NULL;
		}
		got += (size_t)n;
	}
	return data;
}

/* The start of the line whose last byte is before `end`: after the previous newline. */
static bool line_start(int fd, uint64_t end, uint64_t *out)
{
	enum { BLOCK = 64 << 10 };
	const char *newline = NULL;

	while (end && !newline) {
		uint64_t from = end > BLOCK ? end - BLOCK : 0;
		char *block = read_range(fd, from, end);

		if (!block)
			return false;
		newline = memrchr(block, '\n', (size_t)(end - from));
		end = newline ? from + (uint64_t)(newline - block) + 1 : from;
		free(block);
	}
	*out = end;
	return true;
}

bool ledger_file_holds(const struct ledger_file *f, uint64_t from, const struct ledger_form *form)
{
	char *line = NULL;
	bool holds;

	if (from < f->end && f->end - from <= LEDGER_LINE_MAX)
		line = read_range(f->fd, from, f->end);
	holds = line && form->is_line(line, (size_t)(f->end - from));
	free(line);
	return holds;
}

/* Is there a line of ours among the zeros, at either end of a line that has some? */
static bool holds_among_zeros(const char *line, size_t len, const struct ledger_form *form)
{
	const char *first = memchr(line, '\0', len), *last = memrchr(line, '\0', len);
	const char *end = line + len;

	if (end[-1] == '\n')
		end--;
	return form->is_line(line, (size_t)(first - line)) ||
	       (last + 1 < end && form->is_line(last + 1, (size_t)(end - last - 1)));
}

enum tail { TAIL_GOOD, TAIL_LACKS_NEWLINE, TAIL_TORN, TAIL_UNREADABLE };

/* Judges the last line and returns its start. */
static enum tail judge_tail(
	const struct ledger_file *f, const struct ledger_form *form, uint64_t *start)
{
	enum tail tail = TAIL_GOOD;
	bool ends;
	size_t len;
	char *line;

	if (!line_start(f->fd, f->end, start))
		return TAIL_UNREADABLE;
	ends = *start == f->end;
	if (ends && !line_start(f->fd, f->end - 1, start))
		return TAIL_UNREADABLE;
	if (f->end - *start > LEDGER_LINE_MAX)
		return ends ? TAIL_GOOD : TAIL_TORN;
	line = read_range(f->fd, *start, f->end);
	if (!line)
		return TAIL_UNREADABLE;
	len = (size_t)(f->end - *start);
	if (memchr(line, '\0', len))
		tail = holds_among_zeros(line, len, form) ? TAIL_GOOD : TAIL_TORN;
	else if (!ends)
		tail = json_pick(line, len, NULL, 0, NULL) == JSON_VALUE_OBJECT ? TAIL_LACKS_NEWLINE
										: TAIL_TORN;
	free(line);
	return tail;
}

static bool add_newline(struct ledger_file *f)
{
	ssize_t n;

	do
		n = pwrite(f->fd, "\n", 1, (off_t)f->end);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		f->end++;
	return n == 1;
}

bool ledger_file_repair(struct ledger_file *f, const struct ledger_form *form, struct error *err)
{
	while (f->end) {
		uint64_t start;

		errno = 0;
		switch (judge_tail(f, form, &start)) {
		case TAIL_GOOD:
			return true;
		case TAIL_LACKS_NEWLINE:
			return add_newline(f) || error_set(err,
							 "%s: cannot complete its last "
							 "line: %s",
							 f->path, strerror(errno));
		case TAIL_UNREADABLE:
			return error_set(err, "cannot read %s: %s", f->path,
				errno ? strerror(errno) : "it was truncated meanwhile");
		case TAIL_TORN:
			if (ftruncate(f->fd, (off_t)start) < 0)
				return error_set(err,
					"%s: cannot remove its incomplete last line: "
					"%s",
					f->path, strerror(errno));
			f->end = start;
		}
	}
	return true;
}
