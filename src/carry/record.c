#include "carry/record.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

enum { REAL_DIGITS = 12, FLOAT_DIGITS = 6, NUMBER_SIZE = 32 };

/* ---- writing ---- */

static void put_real(struct json_writer *w, double d, int digits)
{
	char text[NUMBER_SIZE];

	if (!isfinite(d)) {
		json_put_null(w);
	} else if (fabs(d) < 1e15 && d == (double)(int64_t)d) {
		json_put_int(w, (int64_t)d);
	} else {
		int len = snprintf(text, sizeof(text), "%.*g", digits, d);

		json_put_raw(w, text, (size_t)len);
	}
}

static void put_number(struct json_writer *w, enum carry_kind kind, const void *value)
{
	switch (kind) {
	case CARRY_BOOL:
		json_put_int(w, *(const bool *)value);
		break;
	case CARRY_INT:
	case CARRY_ENUM:
		json_put_int(w, *(const int *)value);
		break;
	case CARRY_BYTE:
		json_put_uint(w, *(const uint8_t *)value);
		break;
	case CARRY_UINT32:
		json_put_uint(w, *(const uint32_t *)value);
		break;
	case CARRY_UINT64:
		json_put_uint(w, *(const uint64_t *)value);
		break;
	case CARRY_INT64:
		json_put_int(w, *(const int64_t *)value);
		break;
	case CARRY_FLOAT:
		put_real(w, (double)*(const float *)value, FLOAT_DIGITS);
		break;
	case CARRY_REAL:
		put_real(w, *(const double *)value, REAL_DIGITS);
		break;
	case CARRY_TEXT:
	case CARRY_RECORD:
	case CARRY_ROW:
		break;
	}
}

/* Is the member the same in both? base NULL: is it zero? */
static bool is_same(const struct carry_field *f, const char *value, const char *base)
{
	static const char zeros[sizeof(double)];
	size_t n = f->n ? f->n : 1;

	if (f->kind == CARRY_TEXT)
		return base ? !strcmp(value, base) : !*value;
	if (base)
		return !memcmp(value, base, n * f->size);
	for (size_t i = 0; i < n; i++)
		if (memcmp(value + i * f->size, zeros, f->size) != 0)
			return false;
	return true;
}

static void put_row(struct json_writer *w, const struct carry_field *f, const char *record)
{
	json_open_array(w);
	for (const struct carry_field *member = f->fields; member->name; member++)
		put_number(w, member->kind, record + member->offset);
	json_close_array(w);
}

/* What was written since then was nothing. */
static void take_back(struct json_writer *w, const struct json_writer *before, size_t len)
{
	w->out->len = len;
	w->comma = before->comma;
}

static bool is_record(const struct carry_field *f)
{
	return f->kind == CARRY_RECORD || f->kind == CARRY_ROW;
}

static bool rows_differ(const char *value, const char *base, size_t size)
{
	if (base)
		return memcmp(value, base, size) != 0;
	for (size_t i = 0; i < size; i++)
		if (value[i])
			return true;
	return false;
}

static size_t write_members(struct json_writer *w, const struct carry_field *fields,
	const char *record, const char *base, const char *name, size_t name_len);

/* The elements that differ, by their index. Those that differ only behind the end of a text have
 * nothing to write. */
static size_t put_elements(
	struct json_writer *w, const struct carry_field *f, const char *value, const char *base)
{
	struct json_writer before = *w;
	size_t len = w->out->len, changed = 0;

	json_member_object(w, f->name);
	for (size_t i = 0; i < f->n; i++, value += f->size, base += base ? f->size : 0) {
		char index[24];
		size_t digits;

		if (!rows_differ(value, base, f->size))
			continue;
		digits = (size_t)snprintf(index, sizeof(index), "%zu", i);
		if (f->kind == CARRY_ROW) {
			json_key_of(w, index, digits);
			put_row(w, f, value);
			changed++;
		} else {
			changed += write_members(w, f->fields, value, base, index, digits);
		}
	}
	json_close_object(w);
	if (!changed)
		take_back(w, &before, len);
	return changed;
}

static void put_numbers(struct json_writer *w, const struct carry_field *f, const char *value)
{
	json_key(w, f->name);
	if (!f->n) {
		put_number(w, f->kind, value);
		return;
	}
	json_open_array(w);
	for (size_t i = 0; i < f->n; i++)
		put_number(w, f->kind, value + i * f->size);
	json_close_array(w);
}

static size_t write_member(
	struct json_writer *w, const struct carry_field *f, const char *value, const char *base)
{
	if (is_record(f) && f->n)
		return put_elements(w, f, value, base);
	if (is_record(f))
		return rows_differ(value, base, f->size)
			       ? write_members(w, f->fields, value, base, f->name, strlen(f->name))
			       : 0;
	if (is_same(f, value, base))
		return 0;
	if (f->kind == CARRY_TEXT)
		json_member_text(w, f->name, value);
	else
		put_numbers(w, f, value);
	return 1;
}

/* The object of a member of this name, if any of its own members differs. name NULL: they stand
 * without it, in an object that is open. */
static size_t write_members(struct json_writer *w, const struct carry_field *fields,
	const char *record, const char *base, const char *name, size_t name_len)
{
	struct json_writer before = *w;
	size_t len = w->out->len, changed = 0;

	if (name) {
		json_key_of(w, name, name_len);
		json_open_object(w);
	}
	for (const struct carry_field *f = fields; f->name; f++)
		changed += write_member(w, f, record + f->offset, base ? base + f->offset : NULL);
	if (!name)
		return changed;
	json_close_object(w);
	if (!changed)
		take_back(w, &before, len);
	return changed;
}

size_t carry_write(struct json_writer *w, const struct carry_field *fields, const void *record,
	const void *base, size_t size)
{
	size_t changed = 0;

	json_open_object(w);
	if (!base || memcmp(record, base, size) != 0)
		changed = write_members(w, fields, record, base, NULL, 0);
	json_close_object(w);
	return changed;
}

/* ---- reading ---- */

/* Whole numbers beyond int64 are those of a uint64_t. */
static bool read_whole(struct json_span v, int64_t *out, uint64_t *large)
{
	char digits[NUMBER_SIZE];
	char *end;

	*large = 0;
	if (json_span_int(v, out)) {
		*large = *out < 0 ? 0 : (uint64_t)*out;
		return true;
	}
	if (!json_span_is(v, JSON_VALUE_NUMBER) || v.len >= sizeof(digits) || *v.at == '-')
		return false;
	memcpy(digits, v.at, v.len);
	digits[v.len] = '\0';
	*large = strtoull(digits, &end, 10);
	*out = INT64_MAX;
	return !*end;
}

static void read_whole_number(const struct carry_field *f, struct json_span v, char *value)
{
	uint64_t large;
	int64_t n;

	if (!read_whole(v, &n, &large))
		return;
	switch (f->kind) {
	case CARRY_BOOL:
		*(bool *)value = n != 0;
		break;
	case CARRY_INT:
		if (n >= (f->most ? 0 : INT32_MIN) && n <= (f->most ? f->most : INT32_MAX))
			*(int *)value = (int)n;
		break;
	case CARRY_ENUM:
		*(int *)value = n >= 0 && n < f->most ? (int)n : 0;
		break;
	case CARRY_BYTE:
		*(uint8_t *)value = n >= 0 && n < f->most ? (uint8_t)n : 0;
		break;
	case CARRY_UINT32:
		if (n >= 0 && n <= UINT32_MAX)
			*(uint32_t *)value = (uint32_t)n;
		break;
	case CARRY_UINT64:
		if (n >= 0)
			*(uint64_t *)value = large;
		break;
	case CARRY_INT64:
		*(int64_t *)value = n;
		break;
	case CARRY_FLOAT:
	case CARRY_REAL:
	case CARRY_TEXT:
	case CARRY_RECORD:
	case CARRY_ROW:
		break;
	}
}

static void read_number(const struct carry_field *f, struct json_span v, char *value)
{
	double d = -1;

	if (f->kind != CARRY_REAL && f->kind != CARRY_FLOAT) {
		read_whole_number(f, v, value);
		return;
	}
	if (!json_span_is(v, JSON_VALUE_NULL) && !json_span_double(v, &d))
		return;
	if (!isfinite(d))
		d = -1;
	if (f->kind == CARRY_FLOAT)
		*(float *)value = fabs(d) < 1e30 ? (float)d : -1;
	else
		*(double *)value = d;
}

/* Where the next element goes. */
struct reading {
	const struct carry_field *field; /* of a record or row: the next of its members */
	char *record, *value;
	size_t left; /* elements */
};

static bool on_element(void *ctx, struct json_span v)
{
	struct reading *r = ctx;

	read_number(r->field, v, r->value);
	r->value += r->field->size;
	return --r->left > 0;
}

static bool on_row_member(void *ctx, struct json_span v)
{
	struct reading *r = ctx;

	if (!r->field->name)
		return false;
	read_number(r->field, v, r->record + r->field->offset);
	r->field++;
	return true;
}

static void read_record(const struct carry_field *f, struct json_span v, char *value)
{
	struct reading r = {.field = f->fields, .record = value};

	if (f->kind == CARRY_RECORD)
		carry_read(v, f->fields, value);
	else if (json_span_is(v, JSON_VALUE_ARRAY))
		json_each_element(v, on_row_member, &r);
}

/* An element of an array of records; its key is the index. */
static bool on_indexed(void *ctx, struct json_span key, struct json_span v)
{
	const struct reading *r = ctx;
	uint32_t i;

	if (key.len > 2 && json_span_digits((struct json_span){key.at + 1, key.len - 2}, &i) &&
		i < r->field->n)
		read_record(r->field, v, r->value + i * r->field->size);
	return true;
}

static void read_member(const struct carry_field *f, struct json_span v, char *value)
{
	struct reading r = {.field = f, .value = value, .left = f->n};

	if (f->kind == CARRY_TEXT) {
		if (json_span_is(v, JSON_VALUE_STRING))
			json_string_text(v, value, f->size);
	} else if (is_record(f) && f->n) {
		if (json_span_is(v, JSON_VALUE_OBJECT))
			json_each_valid(v, on_indexed, &r);
	} else if (is_record(f)) {
		read_record(f, v, value);
	} else if (f->n) {
		if (json_span_is(v, JSON_VALUE_ARRAY))
			json_each_element(v, on_element, &r);
	} else {
		read_number(f, v, value);
	}
}

/* Members come in the order of the table, but for those that are left out. */
struct members {
	const struct carry_field *fields, *next;
	char *record;
};

static bool on_member(void *ctx, struct json_span key, struct json_span v)
{
	struct members *m = ctx;
	const struct carry_field *f = m->next;

	for (; f->name && !json_span_equals(key, f->name); f++)
		;
	if (!f->name)
		for (f = m->fields; f->name && !json_span_equals(key, f->name); f++)
			;
	if (!f->name)
		return true;
	read_member(f, v, m->record + f->offset);
	m->next = f + 1;
	return true;
}

void carry_read(struct json_span object, const struct carry_field *fields, void *record)
{
	struct members m = {fields, fields, record};

	if (json_span_is(object, JSON_VALUE_OBJECT))
		json_each_valid(object, on_member, &m);
}
