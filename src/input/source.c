#include "config.h"

#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "input/bytes.h"
#include "input/file_watch.h"
#include "input/form.h"
#include "input/reread.h"
#include "input/spool.h"

#define BOM "\xef\xbb\xbf"

enum {
	WINDOW = 256 << 10,
	READ_AHEAD = 64 << 10, /* bytes of one read of source_fetch() */
	READERS_MAX = 4,       /* one on top of the other: gzip, UTF-16, a JSON array */
};

/* How the text is made. */
struct source_form {
	bool settled;     /* it is known */
	size_t looked_at; /* bytes of data in which it was looked for */
	int readers;
	char text[120]; /* source_form() */
};

struct source {
	char *name; /* for messages */
	int input;  /* the file or pipe */
	bool is_pipe;
	struct spool spool; /* the text; none: the input is a file of lines */
	char *spool_dir;
	struct bytes *lowest; /* reads the input */
	struct bytes *bytes;  /* owned: the text, by the readers above it */
	struct source_form form;
	bool has_more;
	source_settle *settle; /* NULL: none */
	void *settle_ctx;
	struct file_watch watch; /* of a file */
	uint64_t size;           /* of a file at the start */
	struct source_limits limits;

	/* Bytes read and not yet returned: data[0..len) is at `offset` of the text. */
	char *data;
	size_t len, cap;
	uint64_t offset, start; /* start: of the text */
	size_t at;              /* start of the current line in data */
	size_t scanned;         /* no line end up to here */
	uint64_t skipped;       /* dropped bytes of a line that is too long */
	uint64_t lines;
	bool quoted, in_quotes; /* line ends within quotes do not count */
	char delimiter;         /* of quoted fields */
	uint64_t inner;         /* state of quotes in the current line */
	bool ended;
	struct error error;

	struct reread reread; /* source_fetch()'s own window */
};

static void why_unreadable(struct error *err, const char *name, int code)
{
	switch (code) {
	case ENOENT:
		error_set(err,
			"%s: no such file; give the path of a JSONL file, or - for standard input",
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
	struct spool spool = {.fd = -1};
	int fd = open_input(path);
	struct source *s;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || (S_ISDIR(st.st_mode) && (errno = EISDIR))) {
		why_unreadable(err, name, errno);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) && !spool_open(&spool, spool_dir, NULL, 0, err)) {
		close(fd);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->name = xstrdup(name);
	s->watch.path = strcmp(path, "-") ? xstrdup(path) : NULL;
	s->watch.known = st;
	s->spool_dir = xstrdup(spool_dir);
	s->limits = *limits;
	s->reread = (struct reread){
		.file = spool.fd < 0 ? fd : spool.fd, .name = s->name, .size = limits->read_ahead};
	s->input = fd;
	s->is_pipe = spool.fd >= 0;
	s->spool = spool;
	s->spool.dir = s->spool_dir;
	s->lowest = s->bytes = bytes_of_fd(fd, s->is_pipe, s->name);
	s->start = s->offset = bytes_fd_start(s->lowest);
	s->size = s->is_pipe ? 0 : (uint64_t)st.st_size;
	return s;
}

struct source *source_open(const char *path, const char *spool_dir, struct error *err)
{
	static const struct source_limits limits = {WINDOW, READ_AHEAD, SOURCE_MAX_LINE};

	return source_open_sized(path, spool_dir, &limits, err);
}

void source_on_head(struct source *s, source_settle *settle, void *ctx)
{
	s->settle = settle;
	s->settle_ctx = ctx;
}

void source_set_quoted(struct source *s, char delimiter)
{
	s->quoted = true;
	s->delimiter = delimiter;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	s->bytes->free(s->bytes);
	close(s->input);
	spool_close(&s->spool);
	reread_free(&s->reread);
	free(s->name);
	free(s->watch.path);
	free(s->spool_dir);
	free(s->data);
	free(s);
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

/* Copies the last n bytes of the window to the spool, if there is one. */
static bool spool_last(struct source *s, size_t n)
{
	return s->spool.fd < 0 ||
	       spool_write(&s->spool, s->data + s->len - n, n, s->offset + s->len - n, &s->error);
}

/* Reads once, appending to the window. SOURCE_LINE: it read something. */
static enum source_status fill(struct source *s, size_t *got)
{
	enum bytes_status status;
	size_t room, n;

	make_room(s);
	room = s->cap - s->len;
	if (room > s->limits.window)
		room = s->limits.window;
	status = s->bytes->read(s->bytes, s->data + s->len, room, &n, &s->error);
	if (status == BYTES_ERROR)
		return SOURCE_ERROR;
	if (status == BYTES_AGAIN)
		return SOURCE_AGAIN;
	s->len += n;
	*got += n;
	s->ended = status == BYTES_END;
	return !s->form.settled || spool_last(s, n) ? SOURCE_LINE : SOURCE_ERROR;
}

/* ---- the form ---- */

/* Puts a reader on top of what was read so far. */
static bool add_reader(struct source *s, const struct form_found *found)
{
	size_t used = strlen(s->form.text);

	if (s->form.readers++ == READERS_MAX)
		return error_set(&s->error,
			"%s is compressed more than %d times (%s): decompress "
			"it",
			s->name, READERS_MAX, s->form.text);
	snprintf(s->form.text + used, sizeof(s->form.text) - used, "%s%s", used ? ", " : "",
		found->name);
	if (s->spool.fd < 0 &&
		!spool_open(&s->spool, s->spool_dir, s->name, s->size - s->start, &s->error))
		return false;
	s->reread.file = s->spool.fd;
	s->bytes = found->reader(s->bytes, s->data, s->len, s->name);
	s->len = 0;
	s->offset = s->start = 0;
	s->ended = false;
	return true;
}

static bool settle_lines(struct source *s)
{
	struct source_head head = {s->data, s->len, s->ended};

	if (head.len >= 3 && !memcmp(head.text, BOM, 3)) {
		head.text += 3;
		head.len -= 3;
	}
	s->form.settled = true;
	return spool_last(s, s->len) &&
	       (!s->settle || s->settle(s->settle_ctx, s, &head, &s->error));
}

/* Is there enough that is new for another look at the form? Bytes that come one by one are not all
 * looked at each time. */
static bool may_be_told(const struct source *s)
{
	size_t seen = s->form.looked_at, more = s->len - seen;

	return s->ended || s->len >= FORM_HEAD || s->len >= 2 * seen ||
	       memchr(s->data + seen, '\n', more) || memchr(s->data + seen, '\r', more);
}

/* Takes the form, if what was read tells it. */
static bool take_form(struct source *s)
{
	struct form_found found = form_of(s->data, s->len, s->ended || s->len >= FORM_HEAD);

	s->form.looked_at = s->len;
	switch (found.form) {
	case FORM_TEXT:
		return settle_lines(s);
	case FORM_WRAPPED:
		s->form.looked_at = 0;
		return add_reader(s, &found);
	case FORM_FOREIGN:
		return form_refuse(&found, s->name, &s->error);
	case FORM_MORE:
		break;
	}
	return true;
}

/* Reads until the form is known. SOURCE_LINE: it is. */
static enum source_status settle(struct source *s, size_t max_bytes, size_t *got)
{
	while (!s->form.settled) {
		enum source_status status;

		if (may_be_told(s) && !take_form(s))
			return SOURCE_ERROR;
		if (s->form.settled)
			break;
		s->has_more = *got >= max_bytes;
		status = s->has_more ? SOURCE_AGAIN : fill(s, got);
		if (status != SOURCE_LINE)
			return status;
	}
	return SOURCE_LINE;
}

/* ---- lines ---- */

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > ' ' || !memchr(" \t\r\v\f", text[i], 5))
			return false;
	return true;
}

/* Takes the line that ends at data[end] off the window; false when it is blank. */
static bool take_line(struct source *s, size_t end, struct source_line *out)
{
	const char *text = s->data + s->at;
	size_t len = end - s->at, bom = 0;

	s->lines++;
	if (s->lines == 1 && !s->skipped && len >= 3 && !memcmp(text, BOM, 3))
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

/* May a quote at data[i] open a field? */
static bool begins_field(const struct source *s, size_t i)
{
	char before;

	if (i == s->at || (!s->lines && i == s->at + 3 && !memcmp(s->data + s->at, BOM, 3)))
		return true;
	before = s->data[i - 1];
	return before == s->delimiter || before == '"';
}

/* The end of a line that may have line ends within quotes; NULL: not read yet. */
static const char *end_outside_quotes(struct source *s)
{
	for (size_t i = s->scanned; i < s->len; i++) {
		char c = s->data[i];

		if (c == '"')
			s->in_quotes = !s->in_quotes && begins_field(s, i);
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
	if (!s->form.settled) {
		enum source_status status = settle(s, max_bytes, &got);

		if (status != SOURCE_LINE)
			return status;
	}
	for (;;) {
		enum source_status status = next_in_window(s, out);

		if (status != SOURCE_AGAIN)
			return status;
		s->has_more = got >= max_bytes;
		if (s->has_more)
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

bool source_fetch(struct source *s, uint64_t offset, size_t len, struct buf *out, struct error *err)
{
	return reread_line(&s->reread, offset, len, out, err);
}

/* ---- about it ---- */

const char *source_changed(struct source *s)
{
	/* once all is copied, it may change */
	bool copied = s->spool.fd >= 0 && s->ended;

	return s->is_pipe || copied ? NULL : file_watch_changed(&s->watch, s->input);
}

const char *source_name(const struct source *s)
{
	return s->name;
}

const char *source_form(const struct source *s)
{
	return s->form.text;
}

int source_fd(const struct source *s)
{
	return s->ended || !s->is_pipe ? -1 : s->input;
}

bool source_has_more(const struct source *s)
{
	return s->has_more && !s->ended;
}

void source_wait(const struct source *s)
{
	struct pollfd wait = {.fd = source_fd(s), .events = POLLIN};

	if (wait.fd >= 0 && !source_has_more(s))
		poll(&wait, 1, -1);
}

uint64_t source_bytes_read(const struct source *s)
{
	return bytes_fd_read(s->lowest);
}

uint64_t source_text_read(const struct source *s)
{
	return s->offset + s->len - s->start;
}

int64_t source_bytes_total(const struct source *s)
{
	uint64_t read = source_bytes_read(s), begin = bytes_fd_start(s->lowest);
	uint64_t all = s->size > begin ? s->size - begin : 0;

	if (s->ended)
		return (int64_t)read;
	if (s->is_pipe)
		return -1;
	return (int64_t)(all > read ? all : read);
}

const char *source_error(const struct source *s)
{
	return s->error.text;
}

bool source_is_refused(const struct source *s)
{
	return s->error.text[0] && !s->lines;
}
