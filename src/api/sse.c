#include "api/sse.h"

#include <string.h>

enum { BOM_LEN = 3, ID_MAX = 256 };
static const char bom[BOM_LEN] = {'\xef', '\xbb', '\xbf'};

void sse_init(struct sse *s, size_t max, sse_visit *visit, void *ctx)
{
	*s = (struct sse){.visit = visit, .ctx = ctx};
	buf_init(&s->line, max);
	buf_init(&s->type, max);
	buf_init(&s->data, max);
	buf_init(&s->id, ID_MAX);
}

void sse_reset(struct sse *s, size_t keep)
{
	buf_trim(&s->line, keep);
	buf_trim(&s->type, keep);
	buf_trim(&s->data, keep);
	buf_clear(&s->id);
	s->has_data = s->after_cr = false;
	s->started = 0;
}

void sse_free(struct sse *s)
{
	buf_free(&s->line);
	buf_free(&s->type);
	buf_free(&s->data);
	buf_free(&s->id);
}

static void dispatch(struct sse *s)
{
	if (s->has_data) {
		const struct sse_event event = {buf_str(&s->type), buf_str(&s->data), s->type.len,
			s->data.len, buf_str(&s->id)};

		s->visit(s->ctx, &event);
	}
	buf_clear(&s->type);
	buf_clear(&s->data);
	s->has_data = false;
}

static bool is_field(const char *line, size_t len, const char *name, size_t name_len)
{
	return len == name_len && !memcmp(line, name, name_len);
}

/* An event in one line. */
static bool take_object(struct sse *s, const char *type, const char *line, size_t len)
{
	dispatch(s);
	if (!buf_adds(&s->type, type) || !buf_add(&s->data, line, len))
		return false;
	s->has_data = true;
	dispatch(s);
	return true;
}

static bool take_line(struct sse *s, const char *line, size_t len)
{
	const char *colon, *value;
	size_t name_len, value_len;

	if (!len) {
		dispatch(s);
		return true;
	}
	if (*line == '{')
		return take_object(s, "", line, len);
	colon = memchr(line, ':', len);
	name_len = colon ? (size_t)(colon - line) : len;
	value = colon ? colon + 1 : line + len;
	value += value < line + len && *value == ' ';
	value_len = (size_t)(line + len - value);
	if (is_field(line, name_len, "data", 4)) {
		if (s->has_data && !buf_addc(&s->data, '\n'))
			return false;
		s->has_data = true;
		return buf_add(&s->data, value, value_len);
	}
	if (is_field(line, name_len, "error", 5) && value_len && *value == '{')
		return take_object(s, "error", value, value_len);
	if (is_field(line, name_len, "event", 5)) {
		buf_clear(&s->type);
		return buf_add(&s->type, value, value_len);
	}
	if (is_field(line, name_len, "id", 2)) {
		buf_clear(&s->id);
		buf_add(&s->id, value, value_len);
	}
	return true;
}

/* Finds the first line end and cuts *len to the text before it. */
static bool find_end(const char *bytes, size_t *len)
{
	const char *lf = memchr(bytes, '\n', *len);
	size_t n = lf ? (size_t)(lf - bytes) : *len;
	const char *cr = memchr(bytes, '\r', n);

	*len = cr ? (size_t)(cr - bytes) : n;
	return lf || cr;
}

/* Skips a byte order mark; bytes that only resemble its front belong to a line. */
static bool take_start(struct sse *s, const char **bytes, size_t *len)
{
	while (*len && s->started < BOM_LEN) {
		if (**bytes != bom[s->started]) {
			bool fits = buf_add(&s->line, bom, s->started);

			s->started = BOM_LEN;
			return fits;
		}
		s->started++;
		++*bytes;
		--*len;
	}
	return true;
}

bool sse_feed(struct sse *s, const char *bytes, size_t len)
{
	if (s->started < BOM_LEN && !take_start(s, &bytes, &len))
		return false;
	while (len) {
		size_t n = len;
		bool ends, fits;

		if (s->after_cr && *bytes == '\n') {
			s->after_cr = false;
			bytes++;
			len--;
			continue;
		}
		s->after_cr = false;
		ends = find_end(bytes, &n);
		if (!ends)
			return buf_add(&s->line, bytes, n);
		if (s->line.len) {
			fits = buf_add(&s->line, bytes, n) &&
			       take_line(s, s->line.data, s->line.len);
			buf_clear(&s->line);
		} else {
			fits = take_line(s, bytes, n);
		}
		if (!fits)
			return false;
		s->after_cr = bytes[n] == '\r';
		bytes += n + 1;
		len -= n + 1;
	}
	return true;
}

void sse_end(struct sse *s)
{
	bool fits = true;

	if (s->line.len)
		fits = take_line(s, s->line.data, s->line.len);
	buf_clear(&s->line);
	if (fits)
		dispatch(s);
}
