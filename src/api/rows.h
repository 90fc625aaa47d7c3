/* How the lines of an input become requests: as they stand, or as rows, JSON objects or CSV
 * records, that fill a template (--template) or stay as they are for the stages of a pipeline.
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

/* Rows for a template, which they own from now on; NULL: rows stay as they are, as JSON objects.
 * Free with rows_free(). */
struct rows *rows_new(struct template *t_take);
void rows_free(struct rows *r);
/* Each row that stays as it is must have this field: a path as in a placeholder. */
void rows_need(struct rows *r, const char *path);
/* The rows are CSV records: this is the header. False and err when it is none. */
bool rows_set_header(struct rows *r, const char *header, size_t len, struct error *err);
/* Tells two templates apart; 0: there is none. */
uint64_t rows_template_hash(const struct rows *r);

/* Makes out (emptied first) an input line of the form FORMAT_BODY of a row: the filled template
 * with the row's custom_id, priority and metadata. False and err when the row is no JSON object or
 * CSV record, or lacks a field, which err names. */
bool rows_line(
	const struct rows *r, const char *row, size_t len, struct buf *out, struct error *err);

/* Appends the custom_id of a row that may be wrong otherwise, of CSV alone; false: none is known.
 */
bool rows_id(const struct rows *r, const char *row, size_t len, struct buf *id);

/* A line of the input as a request: itself when r is NULL, else a row, whose line `made` then
 * holds; the spans of out point into the one or the other. False and err when it is none. */
bool rows_request(const struct rows *r, enum input_format format, const char *text, size_t len,
	struct buf *made, struct request_line *out, struct error *err);

#endif
