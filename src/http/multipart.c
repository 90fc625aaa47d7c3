#include "http/multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { BOUNDARY_MAX = 200, HEADER_MAX = 8 << 10 };

enum state {
	STATE_PREAMBLE, /* before the first boundary */
	STATE_BOUNDARY, /* behind one: "--" or the end of its line */
	STATE_HEADER,
	STATE_DATA,
	STATE_EPILOGUE, /* whole; whatever follows is ignored */
	STATE_FAULT,
};

struct multipart {
	struct multipart_handlers handlers;
	void *ctx;
	enum state state;
	/* CR LF -- boundary: a CR is only at its front, so that a failed match begins anew at the
	 * byte that failed. */
	char delimiter[BOUNDARY_MAX + 8];
	size_t delimiter_len;
	size_t matched; /* bytes of it */
	struct buf line;
	struct multipart_part part;
};

/* ---- parameters of a header ---- */

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* Copies a token or a quoted string, cut at size; returns the text behind it. */
static const char *take_value(const char *at, char *out, size_t size)
{
	bool quoted = *at == '"';
	size_t n = 0;

	at += quoted;
	while (*at && (quoted ? *at != '"' : !strchr("; \t", *at))) {
		if (quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		if (n + 1 < size)
			out[n++] = *at;
		at++;
	}
	out[n] = '\0';
	return at + (quoted && *at);
}

/* The next "; name=value"; false: there is none. */
static bool next_parameter(
	const char **at, char *name, size_t name_size, char *value, size_t value_size)
{
	const char *p = *at + strcspn(*at, ";");
	size_t len;

	if (!*p)
		return false;
	p = skip_blanks(p + 1);
	len = strcspn(p, "=; \t");
	if (len >= name_size)
		len = name_size - 1;
	memcpy(name, p, len);
	name[len] = '\0';
	value[0] = '\0';
	p = skip_blanks(p + strcspn(p, "=;"));
	*at = *p == '=' ? take_value(skip_blanks(p + 1), value, value_size) : p;
	return true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'                 ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

/* UTF-8''a%20b (RFC 5987) */
static void decode_extended(const char *value, char *out, size_t size)
{
	const char *text = strchr(value, '\'');
	size_t n = 0;

	text = text ? strchr(text + 1, '\'') : NULL;
	for (text = text ? text + 1 : value; *text && n + 1 < size; text++) {
		int high = *text == '%' ? hex(text[1]) : -1, low = high < 0 ? -1 : hex(text[2]);

		out[n++] = low < 0 ? *text : (char)(high << 4 | low);
		text += low < 0 ? 0 : 2;
	}
	out[n] = '\0';
}

static void read_disposition(struct multipart *m, const char *header)
{
	char name[16], value[MULTIPART_FILENAME_SIZE];
	bool extended = false;

	while (next_parameter(&header, name, sizeof(name), value, sizeof(value))) {
		if (!strcasecmp(name, "name")) {
			snprintf(m->part.name, sizeof(m->part.name), "%.*s",
				MULTIPART_NAME_SIZE - 1, value);
		} else if (!strcasecmp(name, "filename*")) {
			extended = m->part.has_filename = true;
			decode_extended(value, m->part.filename, sizeof(m->part.filename));
		} else if (!strcasecmp(name, "filename") && !extended) {
			m->part.has_filename = true;
			snprintf(m->part.filename, sizeof(m->part.filename), "%s", value);
		}
	}
}

/* ---- states ---- */

static bool fault(struct multipart *m)
{
	m->state = STATE_FAULT;
	return false;
}

/* A whole line of a part's header. */
static bool take_header(struct multipart *m)
{
	static const char disposition[] = "Content-Disposition:";
	const char *line = buf_str(&m->line);

	if (!*line) {
		m->state = STATE_DATA;
		m->matched = 0;
		return m->handlers.begin(m->ctx, &m->part) || fault(m);
	}
	if (!strncasecmp(line, disposition, strlen(disposition)))
		read_disposition(m, line);
	buf_clear(&m->line);
	return true;
}

/* What is behind the boundary on its line. */
static bool take_boundary(struct multipart *m)
{
	const char *rest = buf_str(&m->line);

	if (*skip_blanks(rest))
		return fault(m);
	memset(&m->part, 0, sizeof(m->part));
	m->state = STATE_HEADER;
	buf_clear(&m->line);
	return true;
}

/* Gathers a line; returns the bytes used. */
static size_t gather(struct multipart *m, const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) + 1 : len;

	/* behind the last boundary there may be anything */
	if (m->state == STATE_BOUNDARY && m->line.len + n > 2 && m->line.len < 2) {
		n = 2 - m->line.len;
		end = memchr(data, '\n', n);
	}
	if (memchr(data, '\0', n) || m->line.len + n > HEADER_MAX || !buf_add(&m->line, data, n)) {
		fault(m);
		return len;
	}
	if (m->state == STATE_BOUNDARY && m->line.len >= 2 && !memcmp(m->line.data, "--", 2)) {
		m->state = STATE_EPILOGUE;
		return len;
	}
	if (!end)
		return n;
	if (m->line.len < 2 || m->line.data[m->line.len - 2] != '\r') {
		fault(m);
		return len;
	}
	m->line.len -= 2;
	if (m->state == STATE_BOUNDARY ? !take_boundary(m) : !take_header(m))
		return len;
	return n;
}

static bool give(struct multipart *m, const char *data, size_t len)
{
	if (!len || m->state == STATE_PREAMBLE || m->handlers.data(m->ctx, data, len))
		return true;
	return fault(m);
}

static bool end_part(struct multipart *m)
{
	bool ok = m->state == STATE_PREAMBLE || m->handlers.end(m->ctx);

	m->state = STATE_BOUNDARY;
	m->matched = 0;
	buf_clear(&m->line);
	return ok || fault(m);
}

/* Continues a match that the piece before began; returns the bytes used. */
static size_t go_on_matching(struct multipart *m, const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && m->matched < m->delimiter_len && data[n] == m->delimiter[m->matched]) {
		n++;
		m->matched++;
	}
	if (m->matched == m->delimiter_len) {
		end_part(m);
	} else if (n < len) {
		size_t lost = m->matched;

		m->matched = 0;
		give(m, m->delimiter, lost);
	}
	return n;
}

/* Looks for the boundary; returns the bytes used. */
static size_t scan(struct multipart *m, const char *data, size_t len)
{
	const char *cr;

	if (m->matched)
		return go_on_matching(m, data, len);
	cr = memchr(data, '\r', len);
	if (!cr) {
		give(m, data, len);
		return len;
	}
	if (!give(m, data, (size_t)(cr - data)))
		return len;
	m->matched = 1;
	return (size_t)(cr - data) + 1;
}

bool multipart_feed(struct multipart *m, const char *data, size_t len)
{
	while (len && m->state != STATE_FAULT && m->state != STATE_EPILOGUE) {
		bool lines = m->state == STATE_BOUNDARY || m->state == STATE_HEADER;
		size_t n = lines ? gather(m, data, len) : scan(m, data, len);

		data += n;
		len -= n;
	}
	return m->state != STATE_FAULT;
}

bool multipart_is_whole(const struct multipart *m)
{
	return m->state == STATE_EPILOGUE;
}

/* ---- life ---- */

static bool find_boundary(const char *content_type, char *out, size_t size)
{
	static const char type[] = "multipart/form-data";
	char name[16];

	if (strncasecmp(content_type, type, strlen(type)) != 0 ||
		!strchr("; \t", content_type[strlen(type)]))
		return false;
	while (next_parameter(&content_type, name, sizeof(name), out, size))
		if (!strcasecmp(name, "boundary"))
			return *out && strlen(out) < size - 1 && !strpbrk(out, "\r\n");
	return false;
}

struct multipart *multipart_new(
	const char *content_type, const struct multipart_handlers *handlers, void *ctx)
{
	char boundary[BOUNDARY_MAX];
	struct multipart *m;

	if (!content_type || !find_boundary(content_type, boundary, sizeof(boundary)))
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->handlers = *handlers;
	m->ctx = ctx;
	memcpy(m->delimiter, "\r\n--", 4);
	strcpy(m->delimiter + 4, boundary);
	m->delimiter_len = strlen(m->delimiter);
	m->matched = 2; /* the first boundary needs no line before it */
	buf_init(&m->line, HEADER_MAX);
	return m;
}

void multipart_free(struct multipart *m)
{
	if (!m)
		return;
	buf_free(&m->line);
	free(m);
}
