#include "serve/request_list.h"

#include <string.h>

#include "base/json.h"

enum state {
	STATE_START,  /* of the object */
	STATE_MEMBER, /* or its end */
	STATE_KEY,
	STATE_COLON,
	STATE_VALUE, /* of a member that nobody needs */
	STATE_LIST,  /* its opening bracket */
	STATE_NEXT,  /* an element, a comma or the closing bracket */
	STATE_ELEMENT,
	STATE_BEHIND, /* a member: a comma, or the end of the object */
	STATE_DONE,
};

static const char not_json[] = "The request body is not valid JSON",
		  no_list[] = "Input should be a valid list";

void request_list_init(struct request_list *l, const char *name, struct buf *out)
{
	*l = (struct request_list){.name = name, .out = out, .state = STATE_START};
}

static bool fail(struct request_list *l, const char *why)
{
	l->fault = why;
	return false;
}

static bool fail_list(struct request_list *l, const char *why)
{
	l->in_list = true;
	return fail(l, why);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Does the value end before this character? */
static bool ends_value(const struct request_list *l, char c)
{
	return !l->depth && !l->in_string && (c == ',' || c == ']' || c == '}');
}

/* Follows strings and brackets. */
static void follow(struct request_list *l, char c)
{
	if (l->escaped) {
		l->escaped = false;
	} else if (l->in_string) {
		l->escaped = c == '\\';
		l->in_string = c != '"';
	} else if (c == '"') {
		l->in_string = true;
	} else if (c == '{' || c == '[') {
		l->depth++;
	} else if ((c == '}' || c == ']') && l->depth) {
		l->depth--;
	}
}

static bool add_key(struct request_list *l, char c)
{
	if (c == '"' && !l->escaped) {
		l->state = STATE_COLON;
		return true;
	}
	l->escaped = c == '\\' && !l->escaped;
	/* a longer one is none that is known */
	if (l->key_len < sizeof(l->key))
		l->key[l->key_len++] = c;
	return true;
}

static bool is_key(const struct request_list *l, const char *name)
{
	return l->key_len == strlen(name) && !memcmp(l->key, name, l->key_len);
}

static bool begin_value(struct request_list *l)
{
	l->depth = 0;
	l->in_string = l->escaped = false;
	l->in_model = is_key(l, "model");
	if (l->in_model) {
		l->model_len = 0;
		l->long_model = false;
	}
	l->state = is_key(l, l->name) ? STATE_LIST : STATE_VALUE;
	return !(l->state == STATE_LIST && l->seen) || fail(l, not_json);
}

static void add_model(struct request_list *l, char c)
{
	if (l->model_len < sizeof(l->model))
		l->model[l->model_len++] = c;
	else
		l->long_model = true;
}

bool request_list_model(const struct request_list *l, char out[REQUEST_LIST_MODEL])
{
	struct json_span v = {NULL, 0};
	struct buf text;
	bool ok;

	out[0] = '\0';
	if (l->model_len)
		v = json_whole(l->model, l->model_len);
	if (!l->model_len || json_span_is(v, JSON_VALUE_NULL))
		return true;
	buf_init(&text, REQUEST_LIST_MODEL - 1);
	ok = !l->long_model && json_string_decode(v, &text) && !memchr(text.data, '\0', text.len);
	if (ok)
		memcpy(out, buf_str(&text), text.len + 1);
	buf_free(&text);
	return ok;
}

static bool end_element(struct request_list *l)
{
	l->n++;
	l->due = false;
	l->state = STATE_NEXT;
	return buf_addc(l->out, '\n') || fail(l, not_json);
}

/* A line has no line breaks but at its end. In a string there may be none either: the control
 * character in its place is refused with the line. */
static bool add_element(struct request_list *l, char c)
{
	if (++l->element > l->element_max && l->element_max) {
		l->large = true;
		return fail_list(l, "the request exceeds the maximum size");
	}
	follow(l, c);
	if (c == '\n')
		c = l->in_string ? '\1' : ' ';
	return buf_addc(l->out, c) || fail(l, not_json);
}

static bool take_structure(struct request_list *l, char c);

/* One character in a value; its end is also looked at by what is around it. */
static bool take_value(struct request_list *l, char c)
{
	if (!ends_value(l, c)) {
		if (l->state == STATE_ELEMENT)
			return add_element(l, c);
		follow(l, c);
		if (l->in_model)
			add_model(l, c);
		return true;
	}
	if (l->state == STATE_VALUE)
		l->state = STATE_BEHIND;
	else if (!end_element(l))
		return false;
	return take_structure(l, c);
}

static bool take_next(struct request_list *l, char c)
{
	if (c == ']' && !l->due) {
		l->state = STATE_BEHIND;
		return true;
	}
	if (c == ',' && !l->due && l->n) {
		l->due = true;
		return true;
	}
	if (strchr(",]}", c) || (l->n && !l->due))
		return fail(l, not_json);
	l->state = STATE_ELEMENT;
	l->element = 0;
	return add_element(l, c);
}

/* One character that is not blank, outside of values and names. */
static bool take_structure(struct request_list *l, char c)
{
	switch ((enum state)l->state) {
	case STATE_START:
		l->state = STATE_MEMBER;
		return c == '{' || fail(l, not_json);
	case STATE_MEMBER:
		l->key_len = 0;
		l->escaped = false;
		l->state = c == '}' ? STATE_DONE : STATE_KEY;
		return c == '}' || c == '"' || fail(l, not_json);
	case STATE_COLON:
		return c == ':' ? begin_value(l) : fail(l, not_json);
	case STATE_LIST:
		l->seen = true;
		l->state = STATE_NEXT;
		return c == '[' || fail_list(l, no_list);
	case STATE_NEXT:
		return take_next(l, c);
	case STATE_BEHIND:
		l->state = c == ',' ? STATE_MEMBER : STATE_DONE;
		return c == ',' || c == '}' || fail(l, not_json);
	default:
		return fail(l, not_json);
	}
}

bool request_list_feed(struct request_list *l, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !l->fault; i++) {
		if (l->state == STATE_KEY)
			add_key(l, data[i]);
		else if (l->state == STATE_VALUE || l->state == STATE_ELEMENT)
			take_value(l, data[i]);
		else if (!is_blank(data[i]))
			take_structure(l, data[i]);
	}
	return !l->fault;
}

bool request_list_end(struct request_list *l)
{
	if (l->fault)
		return false;
	if (l->state != STATE_DONE)
		return fail(l, not_json);
	if (!l->seen)
		return fail_list(l, "Field required");
	return l->n > 0 || fail_list(l, "List should have at least 1 item after validation, not 0");
}
