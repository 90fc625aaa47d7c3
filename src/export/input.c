#include "export/input.h"

#include <string.h>

#include "base/io.h"

enum { READ_AT_ONCE = 1 << 20, KEEP_BYTES = 1 << 20 };

bool export_input_open(struct export_input *in, const char *path, enum input_format format,
	const char *form, struct error *err)
{
	bool may_be_rows = format == FORMAT_AUTO || format == FORMAT_CSV;

	*in = (struct export_input){.source = source_open(path, io_temp_folder(), err),
		.settings = {.path = (char *)path, .format = (int)format}};
	buf_init(&in->id, SOURCE_MAX_LINE);
	buf_init(&in->text, SOURCE_MAX_LINE);
	buf_init(&in->made, SOURCE_MAX_LINE);
	if (!in->source)
		return false;
	in->rows = may_be_rows ? rows_new(NULL) : NULL;
	if (!input_form_init(&in->form, &in->settings, in->rows, in->source, err))
		return false;
	input_form_as(&in->form, form);
	return true;
}

void export_input_close(struct export_input *in)
{
	source_close(in->source);
	rows_free(in->rows);
	buf_free(&in->id);
	buf_free(&in->text);
	buf_free(&in->made);
	*in = (struct export_input){.source = NULL};
}

/* As the run takes it: see engine_bad_line_id() for lines that are not requests. */
static void find_id(struct export_input *in, struct input_line *line)
{
	struct json_want want = {.name = "custom_id"};
	struct request_line parts = {0};

	buf_clear(&in->id);
	if (in->form.csv && line->text) {
		line->own_id = rows_id(in->rows, line->text, line->len, &in->id);
	} else if (line->text && !in->form.text_lines &&
		   json_pick(line->text, line->len, &want, 1, NULL) == JSON_VALUE_OBJECT) {
		parts.custom_id = want.value;
		line->own_id = want.value.at && !json_span_is(want.value, JSON_VALUE_NULL);
	}
	if (!in->id.len)
		request_id(&parts, line->number, &in->id);
	line->id = buf_str(&in->id);
	line->id_len = in->id.len;
}

enum source_status export_input_next(
	struct export_input *in, struct input_line *out, struct error *err)
{
	struct source_line line;

	for (;;) {
		enum source_status status = source_next(in->source, READ_AT_ONCE, &line);

		if (status == SOURCE_AGAIN) {
			source_wait(in->source);
			continue;
		}
		if (status == SOURCE_ERROR)
			error_set(err, "%s", source_error(in->source));
		if (status == SOURCE_ERROR || status == SOURCE_END)
			return status;
		if (line.text) {
			enum form_line kind = input_form_line(&in->form, line.text, line.len, err);

			if (kind == FORM_LINE_SKIP)
				continue;
			if (kind == FORM_LINE_ERROR)
				return SOURCE_ERROR;
		}
		*out = (struct input_line){.text = line.text,
			.len = line.len,
			.offset = line.offset,
			.number = line.number};
		find_id(in, out);
		return SOURCE_LINE;
	}
}

struct json_span export_input_row(struct export_input *in, const char *text, size_t len)
{
	struct json_span row;

	if (in->form.csv || in->form.text_lines) {
		buf_trim(&in->made, KEEP_BYTES);
		if (!rows_line(in->rows, text, len, &in->made, NULL))
			return (struct json_span){NULL, 0};
		return (struct json_span){in->made.data, in->made.len};
	}
	row = json_whole(text, len);
	return json_span_is(row, JSON_VALUE_OBJECT) ? row : (struct json_span){NULL, 0};
}

struct json_span export_input_fetch(struct export_input *in, uint64_t offset, size_t len)
{
	buf_trim(&in->text, KEEP_BYTES);
	if (!source_fetch(in->source, offset, len, &in->text, NULL))
		return (struct json_span){NULL, 0};
	return export_input_row(in, buf_str(&in->text), in->text.len);
}
