/* Turns the lines of an input into requests. Lines are requests themselves, or rows (JSON objects
 * or CSV records) that fill a template (--template) or stay unchanged for the stages of a pipeline.
 * Pure. */
#ifndef SLUICE_API_ROWS_H
#define SLUICE_API_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request.h"
#include "api/template.h"
#include "base/buf.h"
#include "base/error.h"

struct rows;

/* Takes ownership of the template; NULL: rows stay unchanged, as JSON objects. Free with
 * rows_free(). */
struct rows *rows_new(struct template *t_take);
void rows_free(struct rows *r);
/* Each row that stays unchanged must have this field, a path as in a placeholder; copied. */
void rows_need(struct rows *r, const char *path);
/* Does a field of this name, give or take case and blanks, fill something? */
bool rows_want(const struct rows *r, const char *name);
/* Has the template the placeholder {{line}}? */
bool rows_want_lines(const struct rows *r);
/* The first row: it decides whether {{line}} stands for the whole line of a row, as it has no field
 * of that name, and whether lines are text, as it is no JSON object. Not for CSV. */
void rows_set_first(struct rows *r, const char *text, size_t len);
/* The lines are text; without a template each is a row with the field "line". */
void rows_set_text(struct rows *r);
/* The rows are CSV records with this header. False and err when it is invalid, or lacks a column
 * that each row must have. */
bool rows_set_header(
	struct rows *r, const char *header, size_t len, char delimiter, struct error *err);
/* Is it a CSV record without any content? */
bool rows_is_empty(const struct rows *r, const char *text, size_t len);
/* A hash of the template; 0: there is none. */
uint64_t rows_template_hash(const struct rows *r);

/* Fills out (emptied first) with a row's input line in FORMAT_BODY: the filled template with the
 * row's custom_id, priority and metadata. False and err when the row is not a JSON object or CSV
 * record, or lacks a field, which err names. */
bool rows_line(
	const struct rows *r, const char *row, size_t len, struct buf *out, struct error *err);

/* Appends the custom_id of a CSV row that may have errors elsewhere; false: not known. */
bool rows_id(const struct rows *r, const char *row, size_t len, struct buf *id);

/* Parses a line of the input as a request. r NULL: text is the request; else text is a row, and
 * made gets its line. The spans of out borrow from text or made. False and err when it is invalid.
 */
bool rows_request(const struct rows *r, enum input_format format, const char *text, size_t len,
	struct buf *made, struct request_line *out, struct error *err);

#endif
