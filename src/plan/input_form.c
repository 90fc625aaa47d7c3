#include "config.h"

#include "plan/input_form.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/csv.h"
#include "api/csv_shape.h"
#include "base/text.h"
#include "input/form.h"
#include "plan/endpoint_specs.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what the settings say ---- */

static bool ends_with(const char *name, size_t len, const char *ending)
{
	size_t n = strlen(ending);

	return len > n && !strncasecmp(name + len - n, ending, n);
}

/* By its name, whatever it is packed with. */
static bool is_named_csv(const char *path)
{
	static const char *const packed[] = {".gz", ".gzip", ".zst", ".zstd"};
	static const char *const csv[] = {".csv", ".tsv", ".tab", ".psv"};
	size_t len = strlen(path);

	for (size_t i = 0; i < N_OF(packed); i++)
		if (ends_with(path, len, packed[i])) {
			len -= strlen(packed[i]);
			break;
		}
	for (size_t i = 0; i < N_OF(csv); i++)
		if (ends_with(path, len, csv[i]))
			return true;
	return false;
}

static bool has_raw_endpoint(const struct endpoints_settings *settings)
{
	struct endpoint_specs specs = {.n = 0};
	bool raw = false;

	if (endpoint_specs_read(settings, &specs, NULL))
		for (size_t i = 0; i < specs.n; i++)
			raw = raw ||
			      (specs.at[i].provider && !strcasecmp(specs.at[i].provider, "raw"));
	endpoint_specs_free(&specs);
	return raw;
}

enum input_format input_form_format(const struct run_settings *settings)
{
	const char *provider = settings->target.provider;
	enum input_format format = (enum input_format)settings->input.format;

	if (format != FORMAT_AUTO)
		return format;
	return (provider && !strcasecmp(provider, "raw")) || has_raw_endpoint(&settings->endpoints)
		       ? FORMAT_ANY
		       : FORMAT_AUTO;
}

/* ---- what the first bytes say ---- */

/* The first line of a head that is not blank; of CSV the first record. */
struct first {
	const char *text;
	size_t len;
	const char *rest; /* behind it */
	size_t rest_len;
};

static struct first first_of(const char *text, size_t len, bool quotes)
{
	bool in_quotes = false;
	size_t at = 0, n;

	while (at < len && (text[at] == '\n' || text[at] == '\r' || text[at] == ' '))
		at++;
	for (n = at; n < len && (text[n] != '\n' || in_quotes); n++)
		in_quotes = quotes && (text[n] == '"') != in_quotes;
	return (struct first){
		text + at, n - at - (n > at && text[n - 1] == '\r'), text + n, len - n};
}

static bool is_wanted(void *rows, const char *name)
{
	return rows && rows_want(rows, name);
}

/* "id, text" */
static void list_columns(const struct first *header, char delimiter, char *out, size_t size)
{
	struct csv *c = csv_new(header->text, header->len, delimiter, NULL);
	const char *const *names;
	size_t n, used = 0;
	char raw[200];

	*out = raw[0] = '\0';
	if (!c)
		return;
	n = csv_columns(c, &names);
	for (size_t i = 0; i < n && used < sizeof(raw); i++)
		used += (size_t)snprintf(
			raw + used, sizeof(raw) - used, "%s%s", i ? ", " : "", names[i]);
	csv_free(c);
	text_sanitise(out, size, raw, strlen(raw));
}

static bool needs_rows(const struct source *s, const struct first *header, char delimiter,
	const char *is, struct error *err)
{
	char columns[240];

	list_columns(header, delimiter, columns, sizeof(columns));
	return error_set(err,
		"%s %s (columns %s): its rows need a --template or --pipeline to become requests",
		source_name(s), is, columns);
}

/* The words for what the lines are, in journals, too: see input_form_as(). */
static const char plain_text[] = "plain text";
static const struct {
	char delimiter;
	const char *words;
} csvs[] = {{',', "CSV"}, {';', "CSV with semicolons"}, {'\t', "CSV with tabs"},
	{'|', "CSV with bars"}, {'\0', "CSV with other delimiters"}};

static const char *delimiter_words(char delimiter)
{
	size_t i = 0;

	while (csvs[i].delimiter && csvs[i].delimiter != delimiter)
		i++;
	return csvs[i].words;
}

static bool settle_csv(
	struct input_form *f, struct source *s, const struct source_head *head, struct error *err)
{
	struct first header = first_of(head->text, head->len, true);
	size_t wanted;

	f->csv = f->header_due = true;
	f->sep_due = csv_sep_line(header.text, header.len, &f->delimiter);
	if (f->sep_due)
		header = first_of(header.rest, header.rest_len, true);
	else if (!f->delimiter)
		f->delimiter = csv_delimiter(header.text, header.len, is_wanted, f->rows, &wanted);
	if (!f->rows)
		return needs_rows(s, &header, f->delimiter, "is CSV", err);
	source_set_quoted(s, f->delimiter);
	return true;
}

static bool has_objects(const struct source_head *head)
{
	return (head->len && *head->text == '{') || memmem(head->text, head->len, "\n{", 2);
}

static void set_text(struct input_form *f)
{
	f->text_lines = true;
	rows_set_text(f->rows);
}

/* Neither JSON nor CSV by its name. */
static bool settle_text(
	struct input_form *f, struct source *s, const struct source_head *head, struct error *err)
{
	struct first first = first_of(head->text, head->len, true);
	size_t wanted;
	char delimiter = csv_delimiter(first.text, first.len, is_wanted, f->rows, &wanted);

	if (f->rows && rows_want_lines(f->rows)) {
		f->text_lines = true;
		return true;
	}
	if (wanted || csv_sep_line(first.text, first.len, &delimiter))
		return settle_csv(f, s, head, err);
	if (has_objects(head))
		return true; /* the first line is a bad one */
	if (f->again && f->rows) {
		set_text(f);
		return true;
	}
	if (!f->rows && memchr(first.text, delimiter, first.len) && first.rest_len > 1)
		return needs_rows(s, &first, delimiter, "looks like CSV", err);
	return error_set(err,
		"%s is plain text, not %s: a --template with {{line}} makes a request of each "
		"line%s",
		source_name(s), f->rows ? "rows of JSON or CSV" : "requests",
		f->rows ? "; if it is CSV, --format csv reads it" : "");
}

static bool refuse_latin1(const struct source *s, struct error *err)
{
	char remedy[400];

	form_remedy("iconv -f WINDOWS-1252 -t UTF-8 FILE >NAME", source_name(s), remedy,
		sizeof(remedy));
	return error_set(err,
		"%s is not UTF-8, but probably Latin-1 or a similar encoding: convert it (%s) and "
		"give the result",
		source_name(s), remedy);
}

static void name_form(struct input_form *f, const struct source *s)
{
	const char *packed = source_form(s);
	const char *text = f->csv          ? delimiter_words(f->delimiter)
			   : f->text_lines ? plain_text
					   : "JSON lines";

	/* "a JSON array" says it */
	if (*packed && !f->csv && !f->text_lines && strstr(packed, "JSON"))
		snprintf(f->text, sizeof(f->text), "%s", packed);
	else
		snprintf(f->text, sizeof(f->text), "%s%s%s", packed, *packed ? ", " : "", text);
}

static bool settle(void *ctx, struct source *s, const struct source_head *head, struct error *err)
{
	struct input_form *f = ctx;
	struct first first = first_of(head->text, head->len, false);
	enum input_format format = (enum input_format)f->settings->format;
	bool object = first.len && *first.text == '{',
	     json = first.len && json_whole(first.text, first.len).at;
	bool good = true;

	if (form_is_latin1(head->text, head->len))
		return refuse_latin1(s, err);
	if (f->text_lines)
		set_text(f);
	else if (format == FORMAT_CSV || f->csv ||
		 (format == FORMAT_AUTO && !object && is_named_csv(f->settings->path)))
		good = settle_csv(f, s, head, err);
	else if (format == FORMAT_AUTO && first.len && !object && (f->rows || !json))
		good = settle_text(f, s, head, err);
	name_form(f, s);
	f->first_due = f->rows && !f->csv;
	return good;
}

bool input_form_init(struct input_form *f, const struct input_settings *settings, struct rows *rows,
	struct source *source, struct error *err)
{
	*f = (struct input_form){.settings = settings, .rows = rows};
	if (rows && settings->format != FORMAT_AUTO && settings->format != FORMAT_CSV)
		return error_set(err, "--format: --template and --pipeline read rows (JSON objects "
				      "or csv); remove --format");
	source_on_head(source, settle, f);
	return true;
}

void input_form_as(struct input_form *f, const char *text)
{
	const char *lines = text, *comma;

	f->again = true;
	while ((comma = strstr(lines, ", ")))
		lines = comma + 2;
	f->text_lines = f->rows && !strcmp(lines, plain_text);
	for (size_t i = 0; f->rows && i < N_OF(csvs); i++)
		if (!strcmp(lines, csvs[i].words)) {
			f->csv = true;
			f->delimiter = csvs[i].delimiter;
		}
}

/* ---- lines ---- */

enum form_line input_form_look(
	struct input_form *f, const char *text, size_t len, struct error *err)
{
	if (f->sep_due) {
		f->sep_due = false;
		return FORM_LINE_SKIP;
	}
	if (f->header_due) {
		f->header_due = false;
		return rows_set_header(f->rows, text, len, f->delimiter, err) ? FORM_LINE_SKIP
									      : FORM_LINE_ERROR;
	}
	if (f->first_due) {
		f->first_due = false;
		rows_set_first(f->rows, text, len);
	}
	f->plain = !f->csv;
	if (f->plain || !rows_is_empty(f->rows, text, len))
		return FORM_LINE_ITEM;
	f->empty++;
	return FORM_LINE_SKIP;
}

void input_form_oddities(const struct input_form *f, enum input_format format, const char *text,
	size_t len, request_oddity *told, void *ctx)
{
	struct request_line line;

	request_lost_characters(text, len, told, ctx);
	if (f->csv || f->text_lines)
		return;
	if (f->rows)
		request_oddities(text, len, FORMAT_CSV, told, ctx);
	else if (request_parse(text, len, format, &line, NULL))
		request_oddities(text, len,
			format == FORMAT_ANY && line.format == FORMAT_BODY ? FORMAT_CSV
									   : line.format,
			told, ctx);
}
