/* Rows in place of requests (--template): a JSON body with {{field}} placeholders, filled from each
 * row of the input. Pure.
 *
 * {{user.name}} and {{tags.0}} are paths into the row: member names and array places parted by
 * dots. Inside of a string a placeholder becomes text: of a string its content, of anything else
 * its JSON. Outside of strings it becomes the JSON value itself. */
#ifndef SLUICE_API_TEMPLATE_H
#define SLUICE_API_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request.h"
#include "base/buf.h"
#include "base/error.h"

struct template;

/* NULL and err, with the line, when the text is no JSON object once its placeholders are filled, or
 * a placeholder is not closed or empty. The text is copied. */
struct template *template_new(const char *text, size_t len, struct error *err);
/* The request line of a pipeline's stage: template_fill() fills it in. A placeholder may say how:
 * "{{json PATH}}", the whole of a string, is replaced by the JSON value; {{url PATH}} becomes
 * percent-encoded text. */
struct template *template_new_stage(const char *text, size_t len, struct error *err);
/* Rows that stay as they are, as JSON objects. */
struct template *template_new_rows(void);
/* Each of such rows must have this field: a path as in a placeholder. */
void template_need(struct template *t, const char *path);
void template_free(struct template *t);
/* The rows are CSV records: this is the header. False and err when it is none. */
bool template_set_header(struct template *t, const char *header, size_t len, struct error *err);
/* Calls visit with each placeholder's path, as often as it stands there, until it returns false:
 * then false. */
bool template_each_path(
	const struct template *t, bool (*visit)(void *ctx, const char *path), void *ctx);
/* Tells two templates apart. */
uint64_t template_hash(const struct template *t);

/* Appends what a placeholder stands for to value: a string's content (*is_text), or JSON text.
 * False and err when there is no such thing. */
typedef bool template_lookup(
	void *ctx, const char *path, bool *is_text, struct buf *value, struct error *err);
/* Appends the filled template; look NULL: with samples. */
bool template_fill(const struct template *t, template_lookup *look, void *ctx, struct buf *out,
	struct error *err);

/* Makes out (emptied first) an input line of the form FORMAT_BODY of a row: the filled template
 * with the row's custom_id, priority and metadata. False and err when the row is no JSON object or
 * CSV record, or lacks a field, which err names. */
bool template_line(
	const struct template *t, const char *row, size_t len, struct buf *out, struct error *err);

/* Appends the custom_id of a row that may be wrong otherwise, of CSV alone; false: none is known.
 */
bool template_row_id(const struct template *t, const char *row, size_t len, struct buf *id);

/* A line of the input as a request: itself when t is NULL, else a row for the template, whose line
 * `made` then holds; the spans of out point into the one or the other. */
bool template_request(const struct template *t, enum input_format format, const char *text,
	size_t len, struct buf *made, struct request_line *out, struct error *err);

#endif
