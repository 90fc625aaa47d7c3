/* JSON text, written front to back into a buffer. The writer places commas, quotes and colons; the
 * caller opens, closes and names. It allocates nothing itself: the buffer grows, up to its ceiling.
 *
 *	struct json_writer w = json_writer_to(out);
 *
 *	json_open_object(&w);
 *	json_member_text(&w, "state", "ok");
 *	json_member_int(&w, "line", 7);
 *	json_close_object(&w);
 *
 * Members may also be written without braces, for records whose braces others write. */
#ifndef SLUICE_BASE_JSON_WRITER_H
#define SLUICE_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"

struct json_writer {
	struct buf *out; /* borrowed */
	bool comma;      /* a comma must come before the next value */
	bool failed;     /* out was full: text is missing */
};

/* Begins a value, or members without braces, in out. */
static inline struct json_writer json_writer_to(struct buf *out)
{
	return (struct json_writer){.out = out};
}
/* Continues the members without braces, or elements without brackets, that out holds. */
static inline struct json_writer json_writer_behind(struct buf *out)
{
	return (struct json_writer){.out = out, .comma = out->len > 0};
}
/* Did everything fit? If not, out is not valid JSON. */
static inline bool json_writer_fits(const struct json_writer *w)
{
	return !w->failed;
}

/* Braces and brackets, with the comma before them where one is due. */
void json_open_object(struct json_writer *w);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);

/* The writer's own: writes a comma where one is due and reserves len bytes, which the caller writes
 * and counts with json_written(); NULL when out is full. */
static inline char *json_room(struct json_writer *w, size_t len)
{
	struct buf *out = w->out;

	if (!buf_reserve(out, len + w->comma)) {
		w->failed = true;
		return NULL;
	}
	out->data[out->len] = ',';
	out->len += w->comma;
	return out->data + out->len;
}
static inline void json_written(struct json_writer *w, size_t len)
{
	w->out->len += len;
	w->out->data[w->out->len] = '\0';
}

/* Writes the name of the next member; it needs no escapes. In line, because most names are
 * constants, and no value is written without one. */
static inline void json_key_of(struct json_writer *w, const char *name, size_t len)
{
	char *at = json_room(w, len + 3);

	if (!at)
		return;
	*at = '"';
	memcpy(at + 1, name, len);
	at[len + 1] = '"';
	at[len + 2] = ':';
	json_written(w, len + 3);
	w->comma = false;
}
static inline void json_key(struct json_writer *w, const char *name)
{
	json_key_of(w, name, strlen(name));
}
/* Writes a name from outside, escaped as by json_put_string(). */
void json_key_text(struct json_writer *w, const char *name, size_t len);

/* Writes a string, escaped as by json_add_string(). */
void json_put_string(struct json_writer *w, const char *text, size_t len);
static inline void json_put_text(struct json_writer *w, const char *text)
{
	json_put_string(w, text, strlen(text));
}
/* A string made of parts that need no escapes: open, write parts, close. */
void json_open_string(struct json_writer *w);
void json_part(struct json_writer *w, const char *text, size_t len);
void json_part_uint(struct json_writer *w, uint64_t n);
/* digits: how many hexadecimal digits, at most 16. */
void json_part_hex(struct json_writer *w, uint64_t n, int digits);
void json_close_string(struct json_writer *w);

/* Writes a JSON text byte for byte. */
void json_put_raw(struct json_writer *w, const char *json, size_t len);
/* Writes a valid span on one line, see json_add_one_line(); null when it is absent. */
void json_put_span(struct json_writer *w, struct json_span v);
/* Write a whole number. */
void json_put_int(struct json_writer *w, int64_t n);
void json_put_uint(struct json_writer *w, uint64_t n);
/* Writes us >= 0 as milliseconds, rounded to a tenth. */
void json_put_ms(struct json_writer *w, int64_t us);
/* Writes a finite number with so many decimals. */
void json_put_double(struct json_writer *w, double d, int decimals);
/* Writes a finite number with six significant digits, and a point or an exponent. */
void json_put_real(struct json_writer *w, double d);
/* Write true or false, or null. */
void json_put_bool(struct json_writer *w, bool b);
void json_put_null(struct json_writer *w);

/* Write a key and its value. */
static inline void json_member_object(struct json_writer *w, const char *name)
{
	json_key(w, name);
	json_open_object(w);
}
static inline void json_member_array(struct json_writer *w, const char *name)
{
	json_key(w, name);
	json_open_array(w);
}
static inline void json_member_string(
	struct json_writer *w, const char *name, const char *text, size_t len)
{
	json_key(w, name);
	json_put_string(w, text, len);
}
static inline void json_member_text(struct json_writer *w, const char *name, const char *text)
{
	json_key(w, name);
	json_put_text(w, text);
}
static inline void json_member_span(struct json_writer *w, const char *name, struct json_span v)
{
	json_key(w, name);
	json_put_span(w, v);
}
/* The same of a value that is in one line already. */
static inline void json_member_line(struct json_writer *w, const char *name, struct json_span v)
{
	json_key(w, name);
	if (v.at)
		json_put_raw(w, v.at, v.len);
	else
		json_put_null(w);
}
static inline void json_member_int(struct json_writer *w, const char *name, int64_t n)
{
	json_key(w, name);
	json_put_int(w, n);
}
/* Null in place of a negative number: it is not known. */
static inline void json_member_count(struct json_writer *w, const char *name, int64_t n)
{
	json_key(w, name);
	if (n < 0)
		json_put_null(w);
	else
		json_put_int(w, n);
}
static inline void json_member_uint(struct json_writer *w, const char *name, uint64_t n)
{
	json_key(w, name);
	json_put_uint(w, n);
}
static inline void json_member_ms(struct json_writer *w, const char *name, int64_t us)
{
	json_key(w, name);
	json_put_ms(w, us);
}
static inline void json_member_double(
	struct json_writer *w, const char *name, double d, int decimals)
{
	json_key(w, name);
	json_put_double(w, d, decimals);
}
static inline void json_member_bool(struct json_writer *w, const char *name, bool b)
{
	json_key(w, name);
	json_put_bool(w, b);
}
static inline void json_member_null(struct json_writer *w, const char *name)
{
	json_key(w, name);
	json_put_null(w);
}
/* A text, null when it is NULL or "". */
static inline void json_member_text_or_null(
	struct json_writer *w, const char *name, const char *text)
{
	if (text && *text)
		json_member_text(w, name, text);
	else
		json_member_null(w, name);
}

#endif
