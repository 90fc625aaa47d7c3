/* An export of files that nobody checked: options in the first line (order, state, guard, with
 * rows), then a journal, a line "----", results, a line "----", an input. In every format it is
 * what readers of that format take, with as many items as were counted. */
#include <jansson.h>

#include "base/json.h"
#include "export/export.h"
#include "export/cell.h"
#include "fuzz.h"

enum { MAX = 1 << 16 };

static const char *put_section(const char *path, const char *at, const char *end)
{
	static const char mark[] = "\n----\n";
	const char *stop = memmem(at, (size_t)(end - at), mark, sizeof(mark) - 1);
	FILE *f = fopen(path, "w");
	size_t len = (size_t)((stop ? stop + 1 : end) - at);

	must(f && fwrite(at, 1, len, f) == len && fclose(f) == 0);
	return stop ? stop + sizeof(mark) - 1 : end;
}

static size_t get(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	must(f);
	n = fread(out, 1, size, f);
	must(n < size);
	fclose(f);
	return n;
}

/* One cell as RFC 4180 has it, decoded in place; returns the text after it. */
static const char *read_cell(const char *at, const char *end, char separator, char *out, size_t *n)
{
	*n = 0;
	if (at == end || *at != '"') {
		for (; at < end && *at != separator && *at != '\n' && *at != '\r'; at++) {
			must(*at != '"' && *at);
			out[(*n)++] = *at;
		}
		return at;
	}
	for (at++;; at++) {
		must(at < end && *at);
		if (*at == '"' && (at + 1 == end || at[1] != '"'))
			return at + 1;
		at += *at == '"';
		out[(*n)++] = *at;
	}
}

/* Every record has as many cells as the header, and none is a formula. */
static uint64_t read_table(const char *at, const char *end, char separator, bool guarded)
{
	static char cell[1 << 20];
	uint64_t records = 0;
	size_t columns = 0, n;

	while (at < end) {
		size_t cells = 0;

		for (;;) {
			at = read_cell(at, end, separator, cell, &n);
			must(!guarded || !cell_is_formula(cell, n));
			cells++;
			if (at == end || *at != separator)
				break;
			at++;
		}
		must(separator == '\t' || (at < end && *at++ == '\r'));
		must(at < end && *at++ == '\n');
		must(!records++ || cells == columns);
		columns = cells;
	}
	must(records);
	return records - 1;
}

static uint64_t read_lines(const char *at, const char *end)
{
	const char *line;
	uint64_t n = 0;
	size_t len;

	for (; next_line(&at, end, &line, &len); n++)
		must(json_pick(line, len, NULL, 0, NULL) == JSON_VALUE_OBJECT);
	return n;
}

static uint64_t read_list(const char *text, size_t len)
{
	uint64_t n;
	json_t *list = json_loadb(text, len, JSON_ALLOW_NUL, NULL);

	/* jansson reads neither as deep nor as large a number */
	if (!list)
		return UINT64_MAX;
	must(json_is_array(list));
	n = json_array_size(list);
	json_decref(list);
	return n;
}

static void check_output(
	const struct export_settings *s, const char *text, size_t len, uint64_t items)
{
	uint64_t n;

	switch (s->format) {
	case EXPORT_CSV:
		must(read_table(text, text + len, ',', !s->no_guard) == items);
		break;
	case EXPORT_TSV:
		must(read_table(text, text + len, '\t', !s->no_guard) == items);
		break;
	case EXPORT_JSONL:
		must(read_lines(text, text + len) == items);
		break;
	case EXPORT_JSON:
		n = read_list(text, len);
		must(n == items || n == UINT64_MAX);
		break;
	default:
		must(len >= items);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char folder[64], results[96], journal[96], input[96], output[96], text[8 << 20];
	static char field[] = "f=json.a.0", *fields[] = {field, NULL};
	const char *at = (const char *)data, *end = at + size, *line;
	struct export_settings s = {0};
	struct export_summary summary;
	uint64_t items = UINT64_MAX;
	struct error err;
	unsigned flags;
	size_t len;

	if (size > MAX || !next_line(&at, end, &line, &len) || !len)
		return 0;
	if (!folder[0]) {
		strcpy(folder, "/dev/shm/fuzz-export-XXXXXX");
		must(mkdtemp(folder));
		snprintf(results, sizeof(results), "%s/x.jsonl", folder);
		snprintf(journal, sizeof(journal), "%s/x.journal", folder);
		snprintf(input, sizeof(input), "%s/in%s", folder, ".jsonl");
		snprintf(output, sizeof(output), "%s/out", folder);
	}
	flags = (unsigned char)line[0];
	at = put_section(journal, at, end);
	at = put_section(results, at, end);
	put_section(input, at, end);
	s = (struct export_settings){.results = results,
		.output = output,
		.input = flags & 1 ? input : NULL,
		.order = flags >> 1 & 1,
		.state = (int)(flags >> 2 & 3) % 3,
		.no_guard = flags >> 4 & 1,
		.force = true};
	for (s.format = EXPORT_JSONL; s.format <= EXPORT_TEXT; s.format++) {
		s.with_input = s.input && s.format != EXPORT_TEXT;
		s.fields = flags & 32 && s.format != EXPORT_TEXT ? fields : NULL;
		if (export_run(&s, NULL, &summary, &err) == EXPORT_DONE) {
			must(items == UINT64_MAX || summary.items == items);
			items = summary.items;
			check_output(&s, text, get(output, text, sizeof(text)), items);
		} else {
			must(err.text[0]);
		}
		export_summary_free(&summary);
		unlink(output);
	}
	unlink(results);
	unlink(journal);
	unlink(input);
	return 0;
}
