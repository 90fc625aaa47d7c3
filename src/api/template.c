#include "api/template.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/csv.h"
#include "api/json_path.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"

enum { TEMPLATE_MAX = 16 << 20, FILLED_MAX = 256 << 20, PATH_SHOWN = 60 };

/* Text as it stands, then a placeholder; the last piece has none. */
struct piece {
	const char *text;
	size_t len;
	char *path; /* owned; NULL: none */
	bool in_string;
};

struct template
{
	char *text;
	struct piece *piece;
	size_t n;
	struct csv *csv; /* how to read rows; NULL: they are JSON objects */
};

/* ---- reading ---- */

static int line_of(const struct template *t, const char *at)
{
	int line = 1;

	for (const char *p = t->text; p < at; p++)
		line += *p == '\n';
	return line;
}

static struct piece *add_piece(struct template *t, const char *text, size_t len)
{
	struct piece *p;

	t->piece = xrealloc(t->piece, t->n + 1, sizeof(*t->piece));
	p = &t->piece[t->n++];
	*p = (struct piece){.text = text, .len = len};
	return p;
}

/* The placeholder that begins at `at`; returns what stands behind it, NULL and err when it is
 * wrong. */
static const char *read_placeholder(
	struct template *t, struct piece *piece, const char *at, struct error *err)
{
	const char *path = at + 2, *end = strstr(path, "}}"), *stop = end;

	if (!end || memchr(path, '\n', (size_t)(end - path))) {
		error_set(err, "line %d: a {{ without its }}", line_of(t, at));
		return NULL;
	}
	while (path < stop && isspace((unsigned char)*path))
		path++;
	while (stop > path && isspace((unsigned char)stop[-1]))
		stop--;
	if (path == stop) {
		error_set(err, "line %d: {{}} names no field", line_of(t, at));
		return NULL;
	}
	piece->path = xstrndup(path, (size_t)(stop - path));
	return end + 2;
}

static bool read_pieces(struct template *t, struct error *err)
{
	const char *begin = t->text, *at = begin;
	bool in_string = false;

	while (*at) {
		struct piece *piece;

		if (in_string && *at == '\\' && at[1]) {
			at += 2;
			continue;
		}
		if (at[0] != '{' || at[1] != '{') {
			in_string ^= *at++ == '"';
			continue;
		}
		piece = add_piece(t, begin, (size_t)(at - begin));
		piece->in_string = in_string;
		begin = at = read_placeholder(t, piece, at, err);
		if (!at)
			return false;
	}
	add_piece(t, begin, (size_t)(at - begin));
	return true;
}

/* ---- filling ---- */

/* What goes between the quotes of a string. */
static bool add_text(struct buf *out, const char *text, size_t len)
{
	size_t at = out->len;

	if (!json_add_string(out, text, len))
		return false;
	memmove(out->data + at, out->data + at + 1, out->len - at - 2);
	out->len -= 2;
	return true;
}

static bool add_value(struct buf *out, const json_t *v, bool in_string)
{
	char *text;
	bool fits;

	if (in_string && json_is_string(v))
		return add_text(out, json_string_value(v), json_string_length(v));
	text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	fits = text && (in_string ? add_text(out, text, strlen(text)) : buf_adds(out, text));
	free(text);
	return fits;
}

/* The filled template from its opening brace on; row NULL: with samples. */
static bool fill(const struct template *t, const json_t *row, struct buf *out, struct error *err)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct piece *p = &t->piece[i];
		const json_t *v;

		if (!buf_add(out, p->text, p->len))
			return error_set(err, "the filled template is too large");
		if (!p->path)
			continue;
		if (!row) {
			buf_adds(out, p->in_string ? "x" : "null");
			continue;
		}
		v = json_path(row, p->path);
		if (!v)
			return error_set(err, "the row has no field \"%.*s\"", PATH_SHOWN, p->path);
		if (!add_value(out, v, p->in_string))
			return error_set(err, "the filled template is too large");
	}
	return true;
}

static bool check(const struct template *t, struct error *err)
{
	struct json_fault fault = {0, ""};
	struct buf sample;
	enum json_type type;
	bool good = false;

	buf_init(&sample, FILLED_MAX);
	if (fill(t, NULL, &sample, err)) {
		type = json_pick(buf_str(&sample), sample.len, NULL, 0, &fault);
		good = type == JSON_VALUE_OBJECT ||
		       error_set(err, "filled with samples it is no JSON object: %s",
			       type == JSON_NONE ? fault.what : "something else");
	}
	buf_free(&sample);
	return good;
}

struct template *template_new(const char *text, size_t len, struct error *err)
{
	struct template *t;

	if (len > TEMPLATE_MAX || memchr(text, '\0', len)) {
		error_set(err, "%s",
			len > TEMPLATE_MAX ? "it is larger than 16 MB" : "it holds a NUL byte");
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->text = xstrndup(text, len);
	if (read_pieces(t, err) && check(t, err))
		return t;
	template_free(t);
	return NULL;
}

uint64_t template_hash(const struct template *t)
{
	return hash_bytes(t->text, strlen(t->text));
}

void template_free(struct template *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->piece[i].path);
	csv_free(t->csv);
	free(t->piece);
	free(t->text);
	free(t);
}

bool template_set_header(struct template *t, const char *header, size_t len, struct error *err)
{
	struct error why = {""};

	csv_free(t->csv);
	t->csv = csv_new(header, len, &why);
	return t->csv || error_set(err, "the header on line 1: %s", why.text);
}

/* What is the item's own, of the row. */
static bool add_own(const json_t *row, struct buf *out)
{
	static const char *const names[] = {"custom_id", "priority", "metadata"};
	bool fits = buf_addc(out, '{');

	for (size_t i = 0; fits && i < sizeof(names) / sizeof(names[0]); i++) {
		const json_t *v = json_object_get(row, names[i]);

		if (v)
			fits = buf_addf(out, "\"%s\":", names[i]) && add_value(out, v, false) &&
			       buf_addc(out, ',');
	}
	return fits;
}

/* The template's own members of these names would stand behind those of the row and win. */
static bool join(const struct buf *filled, const json_t *row, struct buf *out)
{
	static const char *const names[] = {"custom_id", "priority", "metadata"};
	struct buf body;
	struct json_span span = {filled->data, filled->len};
	bool fits;

	buf_init(&body, FILLED_MAX);
	while (span.len && isspace((unsigned char)*span.at))
		span.at++, span.len--;
	while (span.len && isspace((unsigned char)span.at[span.len - 1]))
		span.len--;
	fits = json_add_without(&body, span, names, 3) && body.len >= 2 && add_own(row, out);
	if (fits && body.len == 2 && out->data[out->len - 1] == ',')
		out->len--;
	fits = fits && buf_add(out, body.data + 1, body.len - 1);
	buf_free(&body);
	return fits;
}

static json_t *read_row(const struct template *t, const char *row, size_t len, struct error *err)
{
	json_error_t fault;
	json_t *root;

	if (t->csv)
		return csv_row(t->csv, row, len, err);
	root = json_loadb(row, len, JSON_ALLOW_NUL, &fault);
	if (json_is_object(root))
		return root;
	error_set(err, "not a row: %s", root ? "it is no JSON object" : fault.text);
	json_decref(root);
	return NULL;
}

bool template_line(
	const struct template *t, const char *row, size_t len, struct buf *out, struct error *err)
{
	json_t *root = read_row(t, row, len, err);
	struct buf filled;
	bool good = false;

	buf_clear(out);
	buf_init(&filled, FILLED_MAX);
	if (root && fill(t, root, &filled, err))
		good = join(&filled, root, out) ||
		       error_set(err, "the filled template is too large");
	buf_free(&filled);
	json_decref(root);
	return good;
}

bool template_request(const struct template *t, enum input_format format, const char *text,
	size_t len, struct buf *made, struct request_line *out, struct error *err)
{
	if (!t)
		return request_parse(text, len, format, out, err);
	return template_line(t, text, len, made, err) &&
	       request_parse(buf_str(made), made->len, FORMAT_BODY, out, err);
}
