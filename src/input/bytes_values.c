/* JSON values over several lines, or the elements of arrays, as one line each. Only the structure
 * is looked at: each line is checked when it is parsed. */
#include <string.h>

#include "base/alloc.h"
#include "input/bytes.h"

struct values {
	struct reader reader;
	bool in_array; /* whose elements are the lines */
	size_t depth;  /* within the value */
	bool in_string, escaped;
	bool some;               /* the line has bytes */
	bool space;              /* white space came after them */
	char last;               /* of the line */
	uint64_t values;         /* lines ended */
	uint64_t line, begun;    /* of the input: now, and where the value or array began */
	struct spare_bytes wait; /* white space, a bracket, the end of the line: three at most */
};

static void put(struct values *v, char c)
{
	v->wait.at[v->wait.n++] = c;
}

static bool is_structural(char c)
{
	return strchr("{}[],:\"", c) && c;
}

/* A byte of a value. White space before it is left out, unless it keeps two words apart: the same
 * value gives the same line, however it is laid out. */
static void put_value(struct values *v, char c)
{
	if (!v->some && !v->in_array)
		v->begun = v->line;
	if (v->some && v->space && !is_structural(v->last) && !is_structural(c))
		put(v, ' ');
	put(v, c);
	v->last = c;
	v->some = true;
	v->space = false;
}

static void end_line(struct values *v)
{
	if (v->some) {
		put(v, '\n');
		v->values++;
	}
	v->some = v->space = false;
}

static void take_in_string(struct values *v, char c)
{
	/* A line break is no part of a string: as another control character the line stays whole,
	 * and is refused when it is parsed. */
	put_value(v, c == '\n' || c == '\r' ? '\v' : c);
	if (v->escaped)
		v->escaped = false;
	else if (c == '\\')
		v->escaped = true;
	else if (c == '"')
		v->in_string = false;
}

/* Between values. True: the byte is no part of one. */
static bool take_between(struct values *v, char c)
{
	if (c == '[' && !v->in_array && !v->some) {
		v->in_array = true;
		v->begun = v->line;
		return true;
	}
	if (c == ']' && v->in_array) {
		end_line(v);
		v->in_array = false;
		return true;
	}
	if (c == ',' && v->in_array) {
		end_line(v);
		return true;
	}
	return false;
}

static void take(struct values *v, char c)
{
	v->line += c == '\n';
	if (v->in_string) {
		take_in_string(v, c);
		return;
	}
	if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		/* outside of all brackets, text that is no object ends with its line */
		if (!v->depth && !v->in_array && c == '\n')
			end_line(v);
		v->space = true;
		return;
	}
	if (!v->depth && take_between(v, c))
		return;
	put_value(v, c);
	v->in_string = c == '"';
	if (c == '{' || c == '[')
		v->depth++;
	else if ((c == '}' || c == ']') && v->depth && !--v->depth && !v->in_array)
		end_line(v);
}

static enum bytes_status at_end(struct values *v)
{
	if (!v->depth && !v->in_string && !v->in_array)
		return BYTES_END;
	error_set(&v->reader.failed,
		"%s ends within %s that begins on line %llu, after %llu value%s: the file is cut "
		"off, or a bracket is missing; get the file again, and the same command continues",
		v->reader.name, v->in_array ? "the JSON array" : "the JSON value",
		(unsigned long long)v->begun, (unsigned long long)v->values,
		v->values == 1 ? "" : "s");
	return BYTES_ERROR;
}

static enum bytes_status values_next(
	struct reader *r, char *out, size_t room, size_t *n, struct error *err)
{
	struct values *v = (struct values *)r;
	struct below *in = &r->below;

	*n = spare_bytes_give(&v->wait, out, room);
	while (!*n) {
		enum bytes_status status = below_fill(in, err);

		if (status == BYTES_END)
			return at_end(v);
		if (status != BYTES_SOME)
			return status;
		while (in->at < in->len && *n < room) {
			take(v, in->data[in->at++]);
			*n += spare_bytes_give(&v->wait, out + *n, room - *n);
		}
	}
	return BYTES_SOME;
}

struct bytes *bytes_values(struct bytes *below_take, const char *head, size_t len, const char *name)
{
	struct values *v = xcalloc(1, sizeof(*v));

	v->reader.next = values_next;
	v->line = 1;
	reader_init(&v->reader, below_take, head, len, name);
	return &v->reader.bytes;
}
