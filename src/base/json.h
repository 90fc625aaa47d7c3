/* A strict JSON validator (RFC 8259, UTF-8, depth at most JSON_MAX_DEPTH) that finds members of an
 * object as spans of the text, without building a tree. So values can be sent and stored byte for
 * byte, at a fraction of the cost of jansson's tree. */
#ifndef SLUICE_BASE_JSON_H
#define SLUICE_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

enum { JSON_MAX_DEPTH = 512 };

enum json_type {
	JSON_NONE, /* absent */
	JSON_VALUE_OBJECT,
	JSON_VALUE_ARRAY,
	JSON_VALUE_STRING,
	JSON_VALUE_NUMBER,
	JSON_VALUE_TRUE,
	JSON_VALUE_FALSE,
	JSON_VALUE_NULL,
};

/* A value in the text, a string with its quotes. Borrowed from the text. */
struct json_span {
	const char *at; /* NULL: absent */
	size_t len;
};

/* A member asked for by name. The name is compared with the key after decoding its escapes. */
struct json_want {
	const char *name;
	struct json_span value;  /* the value; of several with the same key the last */
	struct json_span member; /* from the key's opening quote to the value's end */
	unsigned next;           /* json_pick()'s own */
};

struct json_fault {
	size_t at;        /* byte offset */
	const char *what; /* "unterminated string", … static text */
};

/* Validates text as one JSON value with only white space around it. For an object, fills want[0..n)
 * from its top-level members (absent ones get at = NULL). Returns the value's
 * type, JSON_NONE when it is not valid; fault, if not NULL, then says where and why. */
enum json_type json_pick(
	const char *text, size_t len, struct json_want *want, size_t n, struct json_fault *fault);

/* Members asked for of the value of want[of]: of an object, or of the last object with members
 * among the elements of an array. */
struct json_within {
	size_t of;
	struct json_want *want;
	size_t n;
	bool elements;
};

/* The same in one pass with the members of one of the values, which are absent when it is no
 * object, or no array with one. */
enum json_type json_pick_within(const char *text, size_t len, struct json_want *want, size_t n,
	const struct json_within *within, struct json_fault *fault);

/* Calls visit for each member of an object, in order, keys with their quotes, until it returns
 * false. False when visit did, or when it is not a valid object. */
bool json_each(struct json_span object,
	bool (*visit)(void *ctx, struct json_span key, struct json_span value), void *ctx);

/* The same for an object that is a part of a valid text: it is not checked again. For short
 * objects. */
bool json_each_valid(struct json_span object,
	bool (*visit)(void *ctx, struct json_span key, struct json_span value), void *ctx);

/* Calls visit for each element of a valid array, in order, until it returns false. False when visit
 * did, or when it is not an array. */
bool json_each_element(
	struct json_span array, bool (*visit)(void *ctx, struct json_span value), void *ctx);

/* The span of a valid text without the white space around it. */
static inline struct json_span json_trim(const char *text, size_t len)
{
	while ((unsigned char)*text <= ' ')
		text++, len--;
	while ((unsigned char)text[len - 1] <= ' ')
		len--;
	return (struct json_span){text, len};
}
/* Validates text and returns its span without the white space around it; absent when it is not
 * valid. */
struct json_span json_whole(const char *text, size_t len);
/* The value at a path within a valid value: member names and array indices separated by dots, as in
 * "choices.0.finish_reason"; "" is v itself. Absent when there is none, or v is absent. */
struct json_span json_find(struct json_span v, const char *path);

/* The type of a valid span, by its first character. */
static inline enum json_type json_span_type(struct json_span v)
{
	if (!v.at || !v.len)
		return JSON_NONE;
	switch (*v.at) {
	case '{':
		return JSON_VALUE_OBJECT;
	case '[':
		return JSON_VALUE_ARRAY;
	case '"':
		return JSON_VALUE_STRING;
	case 't':
		return JSON_VALUE_TRUE;
	case 'f':
		return JSON_VALUE_FALSE;
	case 'n':
		return JSON_VALUE_NULL;
	default:
		return JSON_VALUE_NUMBER;
	}
}
static inline bool json_span_is(struct json_span v, enum json_type t)
{
	return v.at && json_span_type(v) == t;
}

/* Is the value absent, or null? */
static inline bool json_span_missing(struct json_span v)
{
	return !v.at || json_span_type(v) == JSON_VALUE_NULL;
}

/* Appends the decoded content of a valid string span as UTF-8; an unpaired surrogate becomes U+FFFD
 * and \u0000 a NUL byte. False when it is not a string or does not fit. */
bool json_string_decode(struct json_span v, struct buf *out);
/* Writes the decoded content of a valid string span, sanitised and cut at size bytes; "" when it is
 * not a string. */
void json_string_text(struct json_span v, char *out, size_t size);
/* A valid string's decoded content, owned by the caller; NULL when it is no string, empty, or has a
 * NUL byte. */
char *json_string_copy(struct json_span v);
/* Is the span a string of exactly this plain text, without escapes? */
static inline bool json_span_equals(struct json_span v, const char *text)
{
	size_t len = strlen(text);

	return v.at && v.len == len + 2 && v.at[0] == '"' && !memcmp(v.at + 1, text, len);
}
/* Does the text of the span begin with this? A string's text has its quotes. */
static inline bool json_span_begins(struct json_span v, const char *front)
{
	size_t len = strlen(front);

	return v.at && v.len >= len && !memcmp(v.at, front, len);
}
/* Reads a number that is whole and within int64 (also 1e3, 5.0); false otherwise. */
bool json_span_int(struct json_span v, int64_t *out);
/* Reads one to nine plain digits, as nearly all numbers are: strtod() takes a microsecond. False
 * for any other text. */
static inline bool json_span_digits(struct json_span v, uint32_t *out)
{
	uint32_t n = 0;

	if (!v.len || v.len > 9)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		unsigned digit = (unsigned)(v.at[i] - '0');

		if (digit > 9)
			return false;
		n = 10 * n + digit;
	}
	*out = n;
	return true;
}
/* Reads a number, infinite when it is too large; false when the span is not a number. */
bool json_span_double(struct json_span v, double *out);

/* Appends text as a JSON string with its quotes; control characters are escaped, invalid UTF-8
 * bytes become U+FFFD. */
bool json_add_string(struct buf *out, const char *text, size_t len);
/* Appends a valid value on one line: line breaks between tokens become spaces, all else is
 * unchanged. */
bool json_add_one_line(struct buf *out, struct json_span v);
/* Appends a valid object without its members of these names, repeated ones included. */
bool json_add_without(struct buf *out, struct json_span object, const char *const *names, size_t n);

#endif
