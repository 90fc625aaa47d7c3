#include "config.h"

#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "input/spool.h"

enum {
	WINDOW = 256 << 10,
	READ_AHEAD = 64 << 10, /* bytes of one read of source_fetch() */
};

enum source_change {
	CHANGE_NONE,
	CHANGE_REPLACED,
	CHANGE_GROWN,
	CHANGE_SHORTER,
	CHANGE_WRITTEN,
};

struct source {
	char *name; /* for messages */
	int file;   /* for source_fetch(): the input itself or the spool */
	int pipe;   /* -1: the input is a file */
	char *spool_dir;
	char *path;           /* NULL: standard input */
	struct stat known;    /* of a file, when it was opened or last checked */
	unsigned reported;    /* changes that source_changed() reported, a bit each */
	uint64_t start, size; /* of a file: its offset and size at the start */
	struct source_limits limits;

	/* Bytes read and not yet returned: data[0..len) is at `offset` of the input. */
	char *data;
	size_t len, cap;
	uint64_t offset;
	size_t at;        /* start of the current line in data */
	size_t scanned;   /* no line end up to here */
	uint64_t skipped; /* dropped bytes of a line that is too long */
	uint64_t lines;
	bool quoted, in_quotes; /* line ends within quotes do not count */
	uint64_t inner;         /* state of quotes in the current line */
	bool ended;
	struct error error;

	/* source_fetch()'s own window, and the end of its last read outside the window. */
	char *ahead;
	size_t ahead_len;
	uint64_t ahead_offset, last_end;
};

static void why_unreadable(struct error *err, const char *name, int code)
{
	switch (code) {
	case ENOENT:
		error_set(err,
			"no file %s: give the path of a JSONL file, or - for "
			"standard input",
			name);
		break;
	case EACCES:
	case EPERM:
		error_set(err, "cannot read %s: check its permissions (%s)", name, strerror(code));
		break;
	case EISDIR:
		error_set(
			err, "%s is a directory: give a JSONL file with one request a line", name);
		break;
	default:
		error_set(err, "cannot read %s: %s", name, strerror(code));
	}
}

/* -1 with errno set. Standard input is duplicated, so that closing the source leaves it open. */
static int open_input(const char *path)
{
	if (!strcmp(path, "-"))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	/* O_NONBLOCK avoids waiting for the writer of a named pipe; files ignore it. */
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

struct source *source_open_sized(const char *path, const char *spool_dir,
	const struct source_limits *limits, struct error *err)
{
	const char *name = strcmp(path, "-") ? path : "standard input";
	int fd = open_input(path);
	int spool = -1;
	struct source *s;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || (S_ISDIR(st.st_mode) && (errno = EISDIR))) {
		why_unreadable(err, name, errno);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) && (spool = spool_open(spool_dir, err)) < 0) {
		close(fd);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->name = xstrdup(name);
	s->path = strcmp(path, "-") ? xstrdup(path) : NULL;
	s->known = st;
	s->spool_dir = xstrdup(spool_dir);
	s->limits = *limits;
	s->file = spool < 0 ? fd : spool;
	s->pipe = spool < 0 ? -1 : fd;
	if (spool < 0) {
		off_t begin = lseek(fd, 0, SEEK_CUR);

		s->start = s->offset = begin > 0 ? (uint64_t)begin : 0;
		s->size = (uint64_t)st.st_size;
	}
	return s;
}

struct source *source_open(const char *path, const char *spool_dir, struct error *err)
{
	static const struct source_limits limits = {WINDOW, READ_AHEAD, SOURCE_MAX_LINE};

	return source_open_sized(path, spool_dir, &limits, err);
}

void source_set_quoted(struct source *s)
{
	s->quoted = true;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	close(s->file);
	if (s->pipe >= 0)
		close(s->pipe);
	free(s->name);
	free(s->path);
	free(s->spool_dir);
	free(s->data);
	free(s->ahead);
	free(s);
}

/* Is there data, an end or an error to read? Checked before each read, since the descriptor may be
 * shared with a terminal and must stay blocking. */
static bool pipe_is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* Moves the current line to the front and makes room behind it: at least half a window. */
static void make_room(struct source *s)
{
	size_t kept = s->len - s->at, cap = s->cap ? s->cap : s->limits.window;

	if (s->at) {
		memmove(s->data, s->data + s->at, kept);
		s->offset += s->at;
		s->scanned -= s->at;
		s->len = kept;
		s->at = 0;
	}
	while (cap - kept < (s->limits.window + 1) / 2)
		cap *= 2;
	/* Releases the memory of a very long line. */
	if (cap > 4 * s->limits.window && kept <= s->limits.window / 2)
		cap = s->limits.window;
	if (cap != s->cap)
		s->data = xrealloc(s->data, cap, 1);
	s->cap = cap;
}

/* Reads once, appending to the window. SOURCE_LINE: it read something. */
static enum source_status fill(struct source *s, size_t *got)
{
	size_t room;
	ssize_t n;

	make_room(s);
	room = s->cap - s->len;
	if (room > s->limits.window)
		room = s->limits.window;
	do {
		if (s->pipe >= 0 && !pipe_is_ready(s->pipe))
			return SOURCE_AGAIN;
		n = s->pipe >= 0
			    ? read(s->pipe, s->data + s->len, room)
			    : pread(s->file, s->data + s->len, room, (off_t)(s->offset + s->len));
	} while (n < 0 && errno == EINTR);
	if (n < 0 && s->pipe >= 0 && errno == EAGAIN)
		return SOURCE_AGAIN;
	if (n < 0) {
		error_set(&s->error, "cannot read %s after %llu bytes: %s", s->name,
			(unsigned long long)source_bytes_read(s), strerror(errno));
		return SOURCE_ERROR;
	}
	if (s->pipe >= 0 && !spool_write(s->file, s->data + s->len, (size_t)n, s->offset + s->len,
				    s->spool_dir, &s->error))
		return SOURCE_ERROR;
	s->len += (size_t)n;
	*got += (size_t)n;
	s->ended = n == 0;
	return SOURCE_LINE;
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!memchr(" \t\r\v\f", text[i], 5))
			return false;
	return true;
}

/* Takes the line that ends at data[end] off the window; false when it is blank. */
static bool take_line(struct source *s, size_t end, struct source_line *out)
{
	const char *text = s->data + s->at;
	size_t len = end - s->at, bom = 0;

	s->lines++;
	if (s->lines == 1 && !s->skipped && len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		bom = 3;
	*out = (struct source_line){text + bom, len - bom, s->offset + s->at + bom, s->lines};
	if (s->skipped) {
		out->text = NULL;
		out->offset -= s->skipped;
		out->len += s->skipped;
	}
	s->lines += s->inner;
	s->inner = 0;
	s->in_quotes = false;
	s->skipped = 0;
	s->at = end < s->len ? end + 1 : end;
	s->scanned = s->at;
	if (!out->text)
		return true;
	if (out->len && out->text[out->len - 1] == '\r')
		out->len--;
	return !is_blank(out->text, out->len);
}

/* The end of a line that may have line ends within quotes; NULL: not read yet. */
static const char *end_outside_quotes(struct source *s)
{
	for (size_t i = s->scanned; i < s->len; i++) {
		char c = s->data[i];

		if (c == '"')
			s->in_quotes = !s->in_quotes && (i == s->at || s->data[i - 1] == ',' ||
								s->data[i - 1] == '"');
		else if (c == '\n' && !s->in_quotes)
			return s->data + i;
		s->inner += c == '\n';
	}
	return NULL;
}

/* Searches the window for the end of a line. SOURCE_AGAIN: more must be read. */
static enum source_status next_in_window(struct source *s, struct source_line *out)
{
	while (s->at < s->len || (s->ended && s->skipped)) {
		const char *end = NULL;

		if (s->scanned < s->len)
			end = s->quoted ? end_outside_quotes(s)
					: memchr(s->data + s->scanned, '\n', s->len - s->scanned);
		s->scanned = end ? (size_t)(end - s->data) : s->len;
		if (s->scanned - s->at > s->limits.max_line) {
			s->skipped += s->scanned - s->at;
			s->at = s->scanned;
		}
		if (!end && !s->ended)
			break;
		if (take_line(s, s->scanned, out))
			return out->text ? SOURCE_LINE : SOURCE_TOO_LONG;
	}
	return s->ended ? SOURCE_END : SOURCE_AGAIN;
}

enum source_status source_next(struct source *s, size_t max_bytes, struct source_line *out)
{
	size_t got = 0;

	if (s->error.text[0])
		return SOURCE_ERROR;
	for (;;) {
		enum source_status status = next_in_window(s, out);

		if (status != SOURCE_AGAIN || got >= max_bytes)
			return status;
		/* Drops bytes that belong to a line that is too long. */
		if (s->skipped && s->at < s->len) {
			s->skipped += s->len - s->at;
			s->at = s->len;
		}
		status = fill(s, &got);
		if (status != SOURCE_LINE)
			return status;
	}
}

/* Reads len bytes, fewer only at the file's end; -1 with errno set. */
static ssize_t read_at(int fd, char *data, size_t len, uint64_t offset)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, data + got, len - got, (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static bool fetch_failed(const struct source *s, uint64_t offset, ssize_t n, struct error *err)
{
	if (n < 0)
		return error_set(err, "cannot read %s again at byte %llu: %s", s->name,
			(unsigned long long)offset, strerror(errno));
	return error_set(err,
		"%s became shorter while the run read it: the line at byte %llu is gone", s->name,
		(unsigned long long)offset);
}

/* Does a read at offset continue an earlier one, give or take a few lines? */
static bool goes_on(const struct source *s, uint64_t offset, uint64_t end)
{
	return offset >= end && offset - end < s->limits.read_ahead;
}

bool source_fetch(struct source *s, uint64_t offset, size_t len, struct buf *out, struct error *err)
{
	uint64_t ahead_end = s->ahead_offset + s->ahead_len;
	bool in_order = goes_on(s, offset, ahead_end) || goes_on(s, offset, s->last_end);
	ssize_t n;

	buf_clear(out);
	if (!buf_reserve(out, len))
		return error_set(err, "a line of %zu bytes is too long", len);
	if (offset >= s->ahead_offset && offset + len <= ahead_end)
		return buf_add(out, s->ahead + (offset - s->ahead_offset), len);
	s->last_end = offset + len;
	/* Reads ahead only for lines in order: a retried line from far back is read alone and
	 * leaves the window unchanged. */
	if (!in_order || len > s->limits.read_ahead) {
		n = read_at(s->file, out->data, len, offset);
		if (n < 0 || (size_t)n < len)
			return fetch_failed(s, offset, n, err);
		out->len = len;
		out->data[len] = '\0';
		return true;
	}
	if (!s->ahead)
		s->ahead = xmalloc(s->limits.read_ahead);
	n = read_at(s->file, s->ahead, s->limits.read_ahead, offset);
	s->ahead_offset = offset;
	s->ahead_len = n < 0 ? 0 : (size_t)n;
	if (n < 0 || (size_t)n < len)
		return fetch_failed(s, offset, n, err);
	return buf_add(out, s->ahead, len);
}

static enum source_change change_of(const struct source *s, const struct stat *now)
{
	const struct stat *known = &s->known;
	struct stat named;

	if (s->path && !stat(s->path, &named) &&
		(named.st_dev != known->st_dev || named.st_ino != known->st_ino))
		return CHANGE_REPLACED;
	if (now->st_size != known->st_size)
		return now->st_size > known->st_size ? CHANGE_GROWN : CHANGE_SHORTER;
	return now->st_mtim.tv_sec != known->st_mtim.tv_sec ||
			       now->st_mtim.tv_nsec != known->st_mtim.tv_nsec
		       ? CHANGE_WRITTEN
		       : CHANGE_NONE;
}

const char *source_changed(struct source *s)
{
	static const char *const texts[] = {
		[CHANGE_REPLACED] =
			"its path names another file now; the run reads the one it opened",
		[CHANGE_GROWN] =
			"it has grown; lines added after the run reached its end wait for the next",
		[CHANGE_SHORTER] = "it became shorter",
		[CHANGE_WRITTEN] = "it was written to",
	};
	enum source_change change;
	struct stat now;

	if (s->pipe >= 0 || fstat(s->file, &now))
		return NULL;
	change = change_of(s, &now);
	s->known = now;
	if (s->reported & 1U << change)
		return NULL;
	s->reported |= 1U << change;
	return texts[change];
}

int source_fd(const struct source *s)
{
	return s->ended ? -1 : s->pipe;
}

uint64_t source_bytes_read(const struct source *s)
{
	return s->offset + s->len - s->start;
}

int64_t source_bytes_total(const struct source *s)
{
	uint64_t read = source_bytes_read(s), all = s->size - s->start;

	if (s->ended)
		return (int64_t)read;
	if (s->pipe >= 0)
		return -1;
	return (int64_t)(s->size > s->start && all > read ? all : read);
}

const char *source_error(const struct source *s)
{
	return s->error.text;
}
