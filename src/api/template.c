#include "api/template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/url.h"

enum { TEMPLATE_MAX = 16 << 20 };

/* Literal text, then a placeholder; the last piece has none. */
struct piece {
	const char *text;
	size_t len;
	char *path; /* owned; NULL: none */
	enum { AS_TEXT, AS_JSON, AS_URL } as;
};

struct template
{
	char *text;
	bool words; /* placeholders may have a prefix, "json" or "url" */
	struct piece *piece;
	size_t n;
};

/* ---- reading ---- */

/* Returns false and sets err, with the line unless the template is a stage's request. */
static bool refuse(const struct template *t, const char *at, const char *what, struct error *err)
{
	int line = 1;

	for (const char *p = t->text; p < at; p++)
		line += *p == '\n';
	return t->words ? error_set(err, "%s", what) : error_set(err, "line %d: %s", line, what);
}

static struct piece *add_piece(struct template *t, const char *text, size_t len)
{
	struct piece *p;

	t->piece = xrealloc(t->piece, t->n + 1, sizeof(*t->piece));
	p = &t->piece[t->n++];
	*p = (struct piece){.text = text, .len = len};
	return p;
}

/* Does the placeholder begin with this word? Then moves path behind it. */
static bool takes_word(const char **path, const char *stop, const char *word)
{
	size_t len = strlen(word);
	const char *at = *path + len;

	if (at >= stop || memcmp(*path, word, len) || (*at != ' ' && *at != '\t'))
		return false;
	while (at < stop && isspace((unsigned char)*at))
		at++;
	*path = at;
	return true;
}

/* Lets "{{json PATH}}" replace the whole string around it; end is behind the placeholder. Returns
 * the text behind the string; NULL and err when the string holds more. */
static const char *take_quotes(
	struct template *t, struct piece *piece, const char *end, struct error *err)
{
	if (piece->as != AS_TEXT || !piece->len || piece->text[piece->len - 1] != '"' ||
		(piece->len > 1 && piece->text[piece->len - 2] == '\\') || *end != '"') {
		refuse(t, end, "{{json PATH}} must be a whole string: \"{{json PATH}}\"", err);
		return NULL;
	}
	piece->len--;
	piece->as = AS_JSON;
	return end + 1;
}

/* The end of the placeholder in the same line and string; NULL when it is not closed. */
static const char *close_of(const char *at)
{
	for (; *at && *at != '\n' && *at != '"'; at++) {
		if (at[0] == '}' && at[1] == '}')
			return at;
		at += at[0] == '\\' && at[1];
	}
	return NULL;
}

/* Decodes the escapes of a name. */
static char *decoded_path(const char *path, size_t len)
{
	struct buf quoted, text;
	char *out;

	buf_init(&quoted, TEMPLATE_MAX + 2);
	buf_init(&text, TEMPLATE_MAX);
	buf_addc(&quoted, '"');
	buf_add(&quoted, path, len);
	buf_addc(&quoted, '"');
	if (json_pick(quoted.data, quoted.len, NULL, 0, NULL) == JSON_VALUE_STRING &&
		json_string_decode((struct json_span){quoted.data, quoted.len}, &text))
		out = xstrdup(buf_str(&text));
	else
		out = xstrndup(path, len);
	buf_free(&quoted);
	buf_free(&text);
	return out;
}

/* Reads the placeholder at `at`; returns the text behind it, NULL and err when it is invalid. */
static const char *read_placeholder(
	struct template *t, struct piece *piece, const char *at, struct error *err)
{
	const char *path = at + 2, *stop = close_of(path), *end;

	if (!stop) {
		refuse(t, at, "a {{ without its }}", err);
		return NULL;
	}
	end = stop + 2;
	while (path < stop && isspace((unsigned char)*path))
		path++;
	while (stop > path && isspace((unsigned char)stop[-1]))
		stop--;
	if (path == stop) {
		refuse(t, at, "{{}} has no field name", err);
		return NULL;
	}
	if (t->words && takes_word(&path, stop, "json"))
		end = take_quotes(t, piece, end, err);
	else if (t->words && takes_word(&path, stop, "url"))
		piece->as = AS_URL;
	piece->path = decoded_path(path, (size_t)(stop - path));
	return end;
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
		piece->as = in_string ? AS_TEXT : AS_JSON;
		begin = at = read_placeholder(t, piece, at, err);
		if (!at)
			return false;
		in_string = in_string && piece->as != AS_JSON;
	}
	add_piece(t, begin, (size_t)(at - begin));
	return true;
}

/* ---- filling ---- */

/* Appends text for the inside of a JSON string. */
static bool add_text(struct buf *out, const char *text, size_t len)
{
	size_t at = out->len;

	if (!json_add_string(out, text, len))
		return false;
	memmove(out->data + at, out->data + at + 1, out->len - at - 2);
	out->len -= 2;
	return true;
}

/* is_text: the value is a string's content, else JSON. */
static bool add_value(struct buf *out, const struct piece *p, bool is_text, struct buf *value)
{
	switch (p->as) {
	case AS_TEXT:
		return add_text(out, buf_str(value), value->len);
	case AS_URL:
		return url_escape(out, buf_str(value), value->len);
	default:
		return is_text ? json_add_string(out, buf_str(value), value->len)
			       : buf_add(out, value->data, value->len);
	}
}

bool template_fill(const struct template *t, template_lookup *lookup, void *ctx, struct buf *out,
	struct error *err)
{
	struct buf value;
	bool good = true;

	buf_init(&value, TEMPLATE_FILLED_MAX);
	for (size_t i = 0; good && i < t->n; i++) {
		const struct piece *p = &t->piece[i];
		bool is_text = false, fits = buf_add(out, p->text, p->len);

		buf_clear(&value);
		if (fits && p->path && lookup) {
			good = lookup(ctx, p->path, &is_text, &value, err);
			fits = !good || add_value(out, p, is_text, &value);
		} else if (fits && p->path) {
			fits = buf_adds(out, p->as == AS_JSON ? "null" : "x");
		}
		if (!fits)
			good = error_set(err, "the filled template is too large");
	}
	buf_free(&value);
	return good;
}

static bool check(const struct template *t, struct error *err)
{
	struct json_fault fault = {0, ""};
	struct buf sample;
	enum json_type type;
	bool good = false;

	buf_init(&sample, TEMPLATE_FILLED_MAX);
	if (template_fill(t, NULL, NULL, &sample, err)) {
		type = json_pick(buf_str(&sample), sample.len, NULL, 0, &fault);
		good = type == JSON_VALUE_OBJECT ||
		       error_set(err, "with sample values it is not a JSON object: %s",
			       type == JSON_NONE ? fault.what : "something else");
	}
	buf_free(&sample);
	return good;
}

static struct template *read_template(const char *text, size_t len, bool words, struct error *err)
{
	struct template *t;

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) { /* a byte order mark */
		text += 3;
		len -= 3;
	}
	if (len > TEMPLATE_MAX || memchr(text, '\0', len)) {
		error_set(err, "%s",
			len > TEMPLATE_MAX ? "it is larger than 16 MB" : "it holds a NUL byte");
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->text = xstrndup(text, len);
	t->words = words;
	if (read_pieces(t, err) && check(t, err))
		return t;
	template_free(t);
	return NULL;
}

struct template *template_new(const char *text, size_t len, struct error *err)
{
	return read_template(text, len, false, err);
}

struct template *template_new_stage(const char *text, size_t len, struct error *err)
{
	return read_template(text, len, true, err);
}

bool template_each_path(
	const struct template *t, bool (*visit)(void *ctx, const char *path), void *ctx)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->piece[i].path && !visit(ctx, t->piece[i].path))
			return false;
	return true;
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
	free(t->piece);
	free(t->text);
	free(t);
}
