/* The JSON scanner and writer, with jansson to check against. */
#include <jansson.h>

#include "api/canonical.h"
#include "base/json.h"
#include "fuzz.h"

enum { MAX = 4 << 20 };

static json_t *load(struct json_span v)
{
	return json_loadb(v.at, v.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static void must_equal(struct json_span v, const json_t *tree)
{
	json_t *own = load(v);

	must(own && json_equal(own, tree));
	json_decref(own);
}

/* A scalar, decoded by both. */
static void must_decode_alike(struct json_span v, const json_t *tree)
{
	struct buf text;
	int64_t n;
	double d;

	buf_init(&text, MAX);
	if (json_is_string(tree))
		must(json_string_decode(v, &text) && text.len == json_string_length(tree) &&
			!memcmp(buf_str(&text), json_string_value(tree), text.len));
	else
		must(!json_string_decode(v, &text));
	if (json_is_integer(tree))
		must(json_span_int(v, &n) && n == json_integer_value(tree));
	else if (json_span_int(v, &n))
		must(json_is_real(tree) && (double)n == json_real_value(tree));
	must(json_span_double(v, &d) == json_is_number(tree));
	if (json_is_number(tree))
		must(d == json_number_value(tree));
	buf_free(&text);
}

/* Of several members with one name the last counts; json_pick() must say the same. */
struct members {
	struct json_span object;
	const json_t *tree;
	json_t *seen;
};

/* The members of the last object with some, of those in an array. */
static void check_elements(const struct members *m, const char *key, const json_t *array)
{
	struct json_want in[] = {{.name = "a"}, {.name = "b"}}, want = {.name = key};
	const struct json_within within = {0, in, 2, true};
	const json_t *element, *last = NULL;
	size_t i;

	json_array_foreach(array, i, element) if (json_object_size(element)) last = element;
	must(json_pick_within(m->object.at, m->object.len, &want, 1, &within, NULL) ==
		JSON_VALUE_OBJECT);
	for (i = 0; i < 2; i++) {
		const json_t *value = json_object_get(last, in[i].name);

		must(!in[i].value.at == !value);
		if (value)
			must_equal(in[i].value, value);
	}
}

static bool visit_member(void *ctx, struct json_span key, struct json_span value)
{
	struct members *m = ctx;
	json_t *name = load(key);
	const json_t *last =
		json_object_getn(m->tree, json_string_value(name), json_string_length(name));
	struct json_want want = {.name = json_string_value(name)};

	must(name && last);
	json_object_setn_new_nocheck(
		m->seen, json_string_value(name), json_string_length(name), load(value));
	if (strlen(want.name) == json_string_length(name)) {
		must(json_pick(m->object.at, m->object.len, &want, 1, NULL) == JSON_VALUE_OBJECT);
		must_equal(want.value, last);
		check_elements(m, want.name, last);
	}
	json_decref(name);
	return true;
}

static void check_object(struct json_span v, const json_t *tree)
{
	struct members m = {v, tree, json_object()};
	static const char *const names[] = {"a", "id"};
	struct buf out;
	json_t *less = json_copy((json_t *)tree);

	must(json_each(v, visit_member, &m) && json_equal(m.seen, tree));
	json_object_clear(m.seen);
	must(json_each_valid(v, visit_member, &m) && json_equal(m.seen, tree));
	buf_init(&out, MAX);
	must(json_add_without(&out, v, names, 2));
	json_object_del(less, "a");
	json_object_del(less, "id");
	must_equal((struct json_span){out.data, out.len}, less);
	buf_free(&out);
	json_decref(less);
	json_decref(m.seen);
}

/* The elements of an array by their places, and those of arrays in it. */
static void check_places(struct json_span v, const json_t *tree)
{
	const json_t *element;
	char place[32];
	size_t i;

	json_array_foreach(tree, i, element)
	{
		snprintf(place, sizeof(place), "%zu", i);
		must_equal(json_find(v, place), element);
		check_places(json_find(v, place), element);
	}
	snprintf(place, sizeof(place), "%zu", json_array_size(tree));
	must(!json_is_array(tree) || !json_find(v, place).at);
}

static void check_one_line(struct json_span v, const json_t *tree)
{
	struct buf out;

	buf_init(&out, MAX);
	must(json_add_one_line(&out, v) && !memchr(out.data, '\n', out.len));
	must_equal((struct json_span){out.data, out.len}, tree);
	buf_free(&out);
}

/* Any bytes become a string that says the same as far as they are UTF-8. */
static void check_writing(const char *text, size_t len)
{
	struct buf out, back;
	json_t *tree;
	bool valid = true;

	for (size_t i = 0, n; valid && i < len; i += n) {
		uint32_t code;

		n = text_utf8(text + i, len - i, &code);
		valid = n > 0;
	}
	buf_init(&out, MAX);
	buf_init(&back, MAX);
	must(json_add_string(&out, text, len));
	tree = load((struct json_span){out.data, out.len});
	must(json_is_string(tree));
	must(json_string_decode((struct json_span){out.data, out.len}, &back));
	must(json_string_length(tree) == back.len &&
		!memcmp(json_string_value(tree), buf_str(&back), back.len));
	if (valid)
		must(back.len == len && !memcmp(buf_str(&back), text, len));
	json_decref(tree);
	buf_free(&out);
	buf_free(&back);
}

/* What has a canonical form is the same in it, and that form is its own. */
static void check_canonical(const char *text, size_t len, enum json_type type)
{
	struct buf copy, form, again;

	buf_init(&copy, MAX);
	buf_init(&form, MAX);
	buf_init(&again, MAX);
	buf_add(&copy, text, len);
	if (canonical_json(buf_str(&copy), len, &form)) {
		must(json_pick(form.data, form.len, NULL, 0, NULL) == type && type != JSON_NONE);
		must(canonical_json(form.data, form.len, &again));
		must(form.len == again.len && !memcmp(form.data, again.data, form.len));
	}
	buf_free(&copy);
	buf_free(&form);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_span v = {(const char *)data, size};
	struct json_fault fault = {0};
	enum json_type type = json_pick(v.at, size, NULL, 0, &fault);
	json_t *tree = load(v);

	check_writing(v.at, size);
	check_canonical(v.at, size, type);
	must(type != JSON_NONE || (fault.what && fault.at <= size));
	/* jansson also refuses what does not fit its types (huge numbers, lone surrogates); it
	 * takes deeper nesting, and a NUL byte behind a number. */
	if (tree && type == JSON_NONE)
		must(!strcmp(fault.what, "nested too deeply") || memchr(data, 0, size));
	if (tree && type != JSON_NONE) {
		v = json_whole(v.at, size);
		must(v.at != NULL);
		check_places(v, tree);
		if (type == JSON_VALUE_OBJECT)
			check_object(v, tree);
		must_decode_alike(v, tree);
		check_one_line(v, tree);
	}
	json_decref(tree);
	return 0;
}
