#include "api/rows.h"

#include <stdlib.h>
#include <string.h>

#include "api/csv.h"
#include "api/rows_lack.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/near.h"
#include "base/text.h"

enum { PATH_SHOWN = 60, OWN = 3 };

/* The members of a row that describe the item. */
static const char *const own[OWN] = {"custom_id", "priority", "metadata"};

/* The placeholder for a whole line. */
static const char whole_line[] = "line";

struct rows {
	struct template *template; /* owned; NULL: rows stay unchanged */
	char **need;               /* fields that unchanged rows must have; owned */
	size_t n_need;
	struct csv *csv;  /* reads CSV rows, owned; NULL: rows are JSON objects */
	bool whole_lines; /* {{line}} is the row's line, as no row has such a field */
	bool text;        /* the lines are text, not JSON */
};

struct rows *rows_new(struct template *t_take)
{
	struct rows *r = xcalloc(1, sizeof(*r));

	r->template = t_take;
	return r;
}

void rows_free(struct rows *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_need; i++)
		free(r->need[i]);
	free(r->need);
	csv_free(r->csv);
	template_free(r->template);
	free(r);
}

uint64_t rows_template_hash(const struct rows *r)
{
	return r->template ? template_hash(r->template) : 0;
}

void rows_need(struct rows *r, const char *path)
{
	for (size_t i = 0; i < r->n_need; i++)
		if (!strcmp(r->need[i], path))
			return;
	r->need = xrealloc(r->need, r->n_need + 1, sizeof(*r->need));
	r->need[r->n_need++] = xstrdup(path);
}

/* ---- the form of the rows ---- */

/* Visits the path of each field that every row must have, until visit returns false. */
static bool each_need(const struct rows *r, bool (*visit)(void *ctx, const char *path), void *ctx)
{
	if (r->template && !template_each_path(r->template, visit, ctx))
		return false;
	for (size_t i = 0; i < r->n_need; i++)
		if (!visit(ctx, r->need[i]))
			return false;
	return true;
}

static bool is_other_than(void *name, const char *path)
{
	return !near_alike(path, strlen(path), name, strlen(name));
}

bool rows_want(const struct rows *r, const char *name)
{
	return !each_need(r, is_other_than, (void *)name);
}

static bool is_no_line(void *ctx, const char *path)
{
	(void)ctx;
	return strcmp(path, whole_line) != 0;
}

bool rows_want_lines(const struct rows *r)
{
	return r->template && !template_each_path(r->template, is_no_line, NULL);
}

void rows_set_first(struct rows *r, const char *text, size_t len)
{
	size_t blank = 0;
	struct json_span row = json_whole(text, len);

	if (!rows_want_lines(r))
		return;
	while (blank < len && (text[blank] == ' ' || text[blank] == '\t'))
		blank++;
	r->text = blank == len || text[blank] != '{';
	r->whole_lines = r->text || !row.at || !json_find(row, whole_line).at;
}

void rows_set_text(struct rows *r)
{
	r->text = r->whole_lines = true;
}

/* A header and the first column that it lacks. */
struct header {
	const struct rows *rows;
	const char *const *names;
	size_t n;
	struct error *err;
};

static bool has_column(void *ctx, const char *path)
{
	const struct header *h = ctx;

	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->names[i], path))
			return true;
	/* the column of the ids may be called id */
	if (!strcmp(path, own[0]))
		for (size_t i = 0; i < h->n; i++)
			if (!strcmp(h->names[i], "id"))
				return true;
	if (!strcmp(path, whole_line) && rows_want_lines(h->rows))
		return true;
	return header_lacks(h->names, h->n, path, h->err);
}

bool rows_set_header(
	struct rows *r, const char *header, size_t len, char delimiter, struct error *err)
{
	struct error why = {""};
	struct header h = {.rows = r, .err = &why};

	csv_free(r->csv);
	r->csv = csv_new(header, len, delimiter, &why);
	if (!r->csv)
		return error_set(err, "the header: %s", why.text);
	h.n = csv_columns(r->csv, &h.names);
	r->whole_lines = rows_want_lines(r);
	for (size_t i = 0; i < h.n; i++)
		if (!strcmp(h.names[i], whole_line))
			r->whole_lines = false;
	return each_need(r, has_column, &h) || error_set(err, "%s", why.text);
}

bool rows_is_empty(const struct rows *r, const char *text, size_t len)
{
	return r->csv && csv_is_empty(r->csv, text, len);
}

/* ---- a row as an input line ---- */

/* A row that fills a template. */
struct filling {
	const struct rows *rows;
	struct json_span object;
	const char *text; /* its line */
	size_t len;
};

static bool find_in_row(
	void *ctx, const char *path, bool *is_text, struct buf *value, struct error *err)
{
	const struct filling *f = ctx;
	struct json_span v;

	if (f->rows->whole_lines && !strcmp(path, whole_line)) {
		*is_text = true;
		return buf_add(value, f->text, f->len) ||
		       error_set(err, "the filled template is too large");
	}
	v = json_find(f->object, path);
	if (!v.at && f->rows->text)
		return error_set(err, "plain text lines have no field \"%.*s\": use {{%s}}",
			PATH_SHOWN, path, whole_line);
	if (!v.at)
		return row_lacks(f->object, path, err);
	*is_text = json_span_is(v, JSON_VALUE_STRING);
	return (*is_text ? json_string_decode(v, value) : buf_add(value, v.at, v.len)) ||
	       error_set(err, "the filled template is too large");
}

static bool add_own(struct json_span row, struct buf *out)
{
	struct json_want want[OWN] = {{.name = own[0]}, {.name = own[1]}, {.name = own[2]}};
	bool fits = buf_addc(out, '{');

	json_pick(row.at, row.len, want, OWN, NULL);
	for (size_t i = 0; fits && i < OWN; i++)
		if (want[i].value.at)
			fits = buf_addf(out, "\"%s\":", own[i]) &&
			       buf_add(out, want[i].value.at, want[i].value.len) &&
			       buf_addc(out, ',');
	return fits;
}

/* Joins the row's own members and the filled template, without the template's members of these
 * names. */
static bool join(const struct buf *filled, struct json_span row, struct buf *out)
{
	struct buf body;
	bool fits;

	buf_init(&body, TEMPLATE_FILLED_MAX);
	fits = json_add_without(&body, json_whole(filled->data, filled->len), own, OWN) &&
	       body.len >= 2 && add_own(row, out);
	if (fits && body.len == 2 && out->data[out->len - 1] == ',')
		out->len--;
	fits = fits && buf_add(out, body.data + 1, body.len - 1);
	buf_free(&body);
	return fits;
}

static bool make_text_row(
	const char *text, size_t len, struct buf *made, struct json_span *row, struct error *err)
{
	struct json_writer w = json_writer_to(made);

	json_open_object(&w);
	json_member_string(&w, whole_line, text, len);
	json_close_object(&w);
	*row = (struct json_span){buf_str(made), made->len};
	return json_writer_fits(&w) || error_set(err, "the row is too large");
}

/* The row as a JSON object; those of CSV and text are built in made. */
static bool read_row(const struct rows *r, const char *text, size_t len, struct buf *made,
	struct json_span *row, struct error *err)
{
	static const struct json_span none = {"{}", 2};
	struct json_fault fault = {0, ""};

	if (r->text) {
		*row = none;
		if (!text_is_utf8(text, len))
			return error_set(err, "not UTF-8; " TEXT_TO_UTF8);
		return r->template || make_text_row(text, len, made, row, err);
	}
	if (r->csv) {
		if (!csv_row(r->csv, text, len, made, err))
			return false;
		*row = (struct json_span){made->data, made->len};
		return true;
	}
	*row = json_whole(text, len);
	if (json_span_is(*row, JSON_VALUE_OBJECT))
		return true;
	if (row->at)
		return error_set(err, "not a row: the line is not a JSON object");
	json_pick(text, len, NULL, 0, &fault);
	return error_set(err, "not a row: %s at byte %zu", fault.what, fault.at + 1);
}

/* The line of a row that stays unchanged. */
static bool pass_row(const struct rows *r, struct json_span row, struct buf *out, struct error *err)
{
	for (size_t i = 0; i < r->n_need; i++)
		if (!json_find(row, r->need[i]).at)
			return row_lacks(row, r->need[i], err);
	return buf_add(out, row.at, row.len) || error_set(err, "the row is too large");
}

bool rows_line(
	const struct rows *r, const char *row, size_t len, struct buf *out, struct error *err)
{
	struct filling f = {.rows = r, .text = row, .len = len};
	struct buf made, filled;
	bool good = false;

	buf_clear(out);
	buf_init(&made, TEMPLATE_FILLED_MAX);
	buf_init(&filled, TEMPLATE_FILLED_MAX);
	if (!read_row(r, row, len, &made, &f.object, err))
		good = false;
	else if (!r->template)
		good = pass_row(r, f.object, out, err);
	else if (template_fill(r->template, find_in_row, &f, &filled, err))
		good = join(&filled, f.object, out) ||
		       error_set(err, "the filled template is too large");
	buf_free(&filled);
	buf_free(&made);
	return good;
}

bool rows_id(const struct rows *r, const char *row, size_t len, struct buf *id)
{
	return r->csv && csv_id(r->csv, row, len, id);
}

bool rows_request(const struct rows *r, enum input_format format, const char *text, size_t len,
	struct buf *made, struct request_line *out, struct error *err)
{
	if (!r)
		return request_parse(text, len, format, out, err);
	if (!rows_line(r, text, len, made, err) ||
		!request_parse(buf_str(made), made->len, FORMAT_BODY, out, err))
		return false;
	out->endpoint = (struct json_span){NULL, 0}; /* a member of the filled template */
	return true;
}
