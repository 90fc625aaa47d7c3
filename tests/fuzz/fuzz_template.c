/* Rows in place of requests: the first line is a row, the rest a template; and both as the header
 * and a record of a CSV file. What is made of a row is one JSON object. */
#include "api/csv.h"
#include "api/rows.h"
#include "base/json.h"
#include "fuzz.h"

enum { MAX = 1 << 20 };

static bool see_path(void *ctx, const char *path)
{
	(void)ctx;
	must(path[0]);
	return true;
}

static void fill(const struct rows *rows, const char *row, size_t len)
{
	struct error err = {""};
	struct request_line line;
	struct buf made;

	buf_init(&made, MAX);
	if (rows_line(rows, row, len, &made, &err))
		must(json_pick(made.data, made.len, NULL, 0, NULL) == JSON_VALUE_OBJECT);
	else
		must(err.text[0]);
	rows_request(rows, FORMAT_AUTO, row, len, &made, &line, &err);
	must_be_harmless(err.text);
	buf_free(&made);
}

static void try_template(const char *text, size_t text_len, const char *row, size_t len)
{
	struct error err = {""};
	struct template *t = template_new(text, text_len, &err);
	struct rows *rows;

	if (!t) {
		must(err.text[0]);
		must_be_harmless(err.text);
		return;
	}
	must(template_each_path(t, see_path, NULL));
	rows = rows_new(t);
	fill(rows, row, len);
	if (rows_set_header(rows, "a,b", 3, ',', &err))
		fill(rows, row, len);
	rows_free(rows);
}

static void try_csv(const char *header, size_t header_len, const char *record, size_t len)
{
	struct error err = {""};
	struct csv *csv = csv_new(header, header_len, ',', &err);
	struct buf row;

	buf_init(&row, MAX);
	must(csv || err.text[0]);
	if (csv && csv_row(csv, record, len, &row, &err))
		must(json_pick(row.data, row.len, NULL, 0, NULL) == JSON_VALUE_OBJECT);
	else
		must(err.text[0]);
	must_be_harmless(err.text);
	buf_free(&row);
	csv_free(csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line;
	size_t len;

	if (!next_line(&at, end, &line, &len))
		return 0;
	try_template(at, (size_t)(end - at), line, len);
	try_csv(line, len, at, (size_t)(end - at));
	return 0;
}
