#include "export/writer.h"

#include <string.h>

#include "base/json_writer.h"
#include "export/cell.h"

static bool is_table(const struct export_writer *w)
{
	return w->format == EXPORT_CSV || w->format == EXPORT_TSV;
}

static char separator_of(const struct export_writer *w)
{
	return w->format == EXPORT_CSV ? ',' : '\t';
}

/* RFC 4180 ends records with CR LF; tables with tabs have the line ends of other text files. */
static bool end_record(struct export_writer *w)
{
	return buf_adds(w->out, w->format == EXPORT_CSV ? "\r\n" : "\n");
}

/* ---- tables ---- */

/* Characters as Excel counts them, in UTF-16. */
static size_t units_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += (((unsigned char)text[i] & 0xc0) != 0x80) + ((unsigned char)text[i] >= 0xf0);
	return n;
}

static bool add_text(struct export_writer *w, const char *text, size_t len)
{
	if (len > SHEET_CELL_MAX && units_of(text, len) > SHEET_CELL_MAX)
		w->long_cells++;
	/* a record of one empty cell would be an empty line, which readers skip */
	if (!len && w->columns->n == 1)
		return buf_adds(w->out, "\"\"");
	return cell_add(w->out, text, len, separator_of(w), w->guard);
}

static bool add_cell(struct export_writer *w, const struct fact *fact)
{
	const struct json_span v = {fact->at, fact->len};
	struct buf text;
	bool fits;

	if (fact->kind != FACT_IS_JSON || !json_span_is(v, JSON_VALUE_STRING))
		return add_text(w, fact->at, fact->len);
	buf_init(&text, fact->len);
	json_string_decode(v, &text);
	fits = add_text(w, buf_str(&text), text.len);
	buf_free(&text);
	return fits;
}

static bool add_header(struct export_writer *w)
{
	bool fits = !w->bom || buf_adds(w->out, "\xef\xbb\xbf");

	for (size_t i = 0; fits && i < w->columns->n; i++) {
		const char *name = columns_of_table(w->columns, i)->name;

		fits = !i || buf_addc(w->out, separator_of(w));
		/* Excel takes a file that begins with ID for one of SYLK */
		if (!i && !strncmp(name, "ID", 2) && !strpbrk(name, "\",\t\r\n "))
			fits = fits && buf_addf(w->out, "\"%s\"", name);
		else
			fits = fits && add_text(w, name, strlen(name));
	}
	return fits && end_record(w);
}

static bool add_record(struct export_writer *w, struct facts *f)
{
	bool fits = true;

	for (size_t i = 0; fits && i < w->columns->n; i++) {
		struct column *column = columns_of_table(w->columns, i);
		struct fact fact = facts_find(f, &column->at);

		column->found += fact.kind != FACT_NONE;
		fits = (!i || buf_addc(w->out, separator_of(w))) && add_cell(w, &fact);
	}
	return fits && end_record(w);
}

/* ---- objects ---- */

static void put_fact(struct json_writer *w, const struct fact *fact)
{
	if (fact->kind == FACT_IS_TEXT)
		json_put_string(w, fact->at, fact->len);
	else if (fact->kind == FACT_IS_JSON)
		json_put_span(w, (struct json_span){fact->at, fact->len});
	else
		json_put_null(w);
}

static bool add_object(struct export_writer *w, struct facts *f)
{
	struct json_writer json = json_writer_to(w->out);

	json_open_object(&json);
	for (size_t i = 0; i < w->columns->n; i++) {
		struct column *column = &w->columns->at[i];
		struct fact fact = facts_find(f, &column->at);

		column->found += fact.kind != FACT_NONE;
		json_key_text(&json, column->name, strlen(column->name));
		put_fact(&json, &fact);
	}
	if (w->with_input)
		json_member_span(&json, "input", f->item.input);
	json_close_object(&json);
	return json_writer_fits(&json);
}

/* ---- texts ---- */

static bool add_content(struct export_writer *w, struct facts *f)
{
	static const struct fact_path content = {FACT_TEXT, ""};
	struct fact fact = facts_find(f, &content);
	const struct json_span v = {fact.at, fact.len};

	if (fact.kind != FACT_IS_JSON)
		return buf_add(w->out, fact.at, fact.len);
	return json_span_is(v, JSON_VALUE_STRING) ? json_string_decode(v, w->out)
						  : json_add_one_line(w->out, v);
}

/* ---- files ---- */

bool export_writer_begin(struct export_writer *w)
{
	if (is_table(w))
		return add_header(w);
	return w->format != EXPORT_JSON || buf_addc(w->out, '[');
}

bool export_writer_item(struct export_writer *w, struct facts *f)
{
	bool first = !w->items++;

	switch (w->format) {
	case EXPORT_CSV:
	case EXPORT_TSV:
		return add_record(w, f);
	case EXPORT_JSON:
		return buf_adds(w->out, first ? "\n" : ",\n") && add_object(w, f);
	case EXPORT_TEXT:
		return add_content(w, f) && buf_addc(w->out, '\n');
	case EXPORT_AUTO:
	case EXPORT_JSONL:
		break;
	}
	return add_object(w, f) && buf_addc(w->out, '\n');
}

bool export_writer_end(struct export_writer *w)
{
	return w->format != EXPORT_JSON || buf_adds(w->out, w->items ? "\n]\n" : "]\n");
}

bool export_writer_alone(struct export_writer *w, struct facts *f)
{
	w->items++;
	if (w->format == EXPORT_TEXT)
		return add_content(w, f);
	return add_object(w, f) && buf_addc(w->out, '\n');
}
