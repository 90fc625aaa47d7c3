/* The input of a run read once more: which items its lines are, and their rows. */
#ifndef SLUICE_EXPORT_INPUT_H
#define SLUICE_EXPORT_INPUT_H

#include "api/request.h"
#include "api/rows.h"
#include "input/source.h"
#include "plan/input_form.h"

struct input_line {
	const char *text; /* borrowed until the next line; NULL: it is too long */
	size_t len;
	uint64_t offset, number;
	const char *id; /* as the run gives it: custom_id, else the number; borrowed */
	size_t id_len;
	bool own_id; /* it has a custom_id */
};

struct export_input {
	struct source *source;
	struct rows *rows; /* reads the records of CSV, and text; owned; NULL: requests */
	struct input_settings settings;
	struct input_form form;
	struct buf id, text, made;
};

/* Opens the file. format: of the run, by its settings; form: of its input, by its journal ("": not
 * known). False and err when it cannot be read. path is borrowed, as is `in` itself:
 * export_input_close() in any case. */
bool export_input_open(struct export_input *in, const char *path, enum input_format format,
	const char *form, struct error *err);
void export_input_close(struct export_input *in);

/* The next line that is not blank: SOURCE_LINE, SOURCE_END, or SOURCE_ERROR with err. */
enum source_status export_input_next(
	struct export_input *in, struct input_line *out, struct error *err);
/* A line as a JSON object, borrowed until the next call; absent when it is none. */
struct json_span export_input_row(struct export_input *in, const char *text, size_t len);
/* The same of a line that is read again by its place. */
struct json_span export_input_fetch(struct export_input *in, uint64_t offset, size_t len);

#endif
