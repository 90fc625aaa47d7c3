#include "api/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_writer.h"
#include "base/text.h"

enum { COLUMNS_MAX = 4096, FIELD_MAX = 256 << 20 };

struct csv {
	char **name;
	size_t n;
	char delimiter;
	size_t id; /* column of the custom_id, n when there is none: the one called custom_id, */
	bool id_is_own; /* else the one called id */
};

static const char *delimiter_name(char delimiter)
{
	return delimiter == ','    ? "comma"
	       : delimiter == ';'  ? "semicolon"
	       : delimiter == '\t' ? "tab"
				   : "delimiter";
}

/* Reads the field at *at and moves *at behind its delimiter; *last: it ended the record. */
static bool next_field(const struct csv *c, const char **at, const char *end, struct buf *out,
	bool *last, struct error *err)
{
	const char *p = *at;

	buf_clear(out);
	if (p < end && *p == '"') {
		for (p++;; p++) {
			if (p == end)
				return error_set(err, "a quoted field has no closing quote");
			if (*p == '"' && (p + 1 == end || p[1] != '"'))
				break;
			p += *p == '"';
			if (!buf_addc(out, *p))
				return error_set(err, "a field is too large");
		}
		p++;
		if (p < end && *p != c->delimiter)
			return error_set(err,
				"expected a %s or the end of the line after a quoted field",
				delimiter_name(c->delimiter));
	} else {
		const char *delimiter = memchr(p, c->delimiter, (size_t)(end - p));
		const char *stop = delimiter ? delimiter : end;

		if (!buf_add(out, p, (size_t)(stop - p)))
			return error_set(err, "a field is too large");
		p = stop;
	}
	*last = p == end;
	*at = *last ? p : p + 1;
	return true;
}

static bool add_name(struct csv *c, const struct buf *name, struct error *err)
{
	if (c->n == COLUMNS_MAX)
		return error_set(err, "more than %d columns", COLUMNS_MAX);
	for (size_t i = 0; i < c->n; i++)
		if (strlen(c->name[i]) == name->len && !memcmp(c->name[i], name->data, name->len))
			return error_set(err, "two columns have the name \"%.60s\"", c->name[i]);
	c->name = xrealloc(c->name, c->n + 1, sizeof(*c->name));
	c->name[c->n++] = xstrndup(name->len ? name->data : "", name->len);
	return true;
}

/* The index of a column; c->n when there is none. */
static size_t column(const struct csv *c, const char *name)
{
	size_t i = 0;

	while (i < c->n && strcmp(c->name[i], name))
		i++;
	return i;
}

struct csv *csv_new(const char *header, size_t len, char delimiter, struct error *err)
{
	struct csv *c = xcalloc(1, sizeof(*c));
	const char *at = header, *end = header + len;
	bool last = false, good = true;
	struct buf field;

	c->delimiter = delimiter;
	buf_init(&field, FIELD_MAX);
	while (good && !last)
		good = next_field(c, &at, end, &field, &last, err) && add_name(c, &field, err);
	buf_free(&field);
	c->id = column(c, "custom_id");
	c->id_is_own = c->id == c->n;
	if (c->id_is_own)
		c->id = column(c, "id");
	if (good)
		return c;
	csv_free(c);
	return NULL;
}

void csv_free(struct csv *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		free(c->name[i]);
	free(c->name);
	free(c);
}

static void add_member(struct json_writer *w, const char *name, const struct buf *value)
{
	json_key_text(w, name, strlen(name));
	json_put_string(w, value->len ? value->data : "", value->len);
}

static bool add_field(const struct csv *c, struct json_writer *w, size_t i, const struct buf *field,
	struct error *err)
{
	bool is_id = i == c->id;

	if (!text_is_utf8(field->data, field->len))
		return error_set(err, "column \"%.60s\" is not UTF-8; " TEXT_TO_UTF8, c->name[i]);
	if (is_id && field->len)
		add_member(w, "custom_id", field);
	if (!is_id || c->id_is_own)
		add_member(w, c->name[i], field);
	return json_writer_fits(w) || error_set(err, "the row is too large");
}

size_t csv_columns(const struct csv *c, const char *const **names)
{
	*names = (const char *const *)c->name;
	return c->n;
}

bool csv_is_empty(const struct csv *c, const char *record, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (record[i] != c->delimiter && !strchr(" \t\"", record[i]))
			return false;
	return true;
}

bool csv_id(const struct csv *c, const char *record, size_t len, struct buf *id)
{
	const char *at = record, *end = record + len;
	bool last = false, good = c->id < c->n;
	struct buf field;

	buf_init(&field, FIELD_MAX);
	for (size_t i = 0; good && i <= c->id; i++)
		good = !last && next_field(c, &at, end, &field, &last, NULL);
	good = good && field.len && text_is_utf8(field.data, field.len) &&
	       buf_add(id, field.data, field.len);
	buf_free(&field);
	return good;
}

bool csv_row(
	const struct csv *c, const char *record, size_t len, struct buf *out, struct error *err)
{
	const char *at = record, *end = record + len;
	struct json_writer w = json_writer_to(out);
	bool last = false, good = true;
	struct buf field;
	size_t n = 0;

	buf_init(&field, FIELD_MAX);
	json_open_object(&w);
	for (; good && !last; n++) {
		good = next_field(c, &at, end, &field, &last, err);
		if (good && n < c->n)
			good = add_field(c, &w, n, &field, err);
	}
	buf_free(&field);
	if (good && n != c->n)
		return error_set(err, "%zu fields where the header has %zu", n, c->n);
	json_close_object(&w);
	return good && (json_writer_fits(&w) || error_set(err, "the row is too large"));
}
