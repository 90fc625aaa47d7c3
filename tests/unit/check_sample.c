/* Values made up for JSON schemas. */
#include <jansson.h>
#include <string.h>

#include "mock/sample.h"
#include "unit.h"

static json_t *sample(const char *schema, uint64_t seed)
{
	struct json_span span = {schema, strlen(schema)};
	json_error_t err;
	struct buf text;
	json_t *v;

	buf_init(&text, 1 << 20);
	sample_write(span, seed, &text);
	v = json_loadb(buf_str(&text), text.len, JSON_DECODE_ANY, &err);
	ck_assert_msg(v != NULL, "%s: %s", err.text, buf_str(&text));
	buf_free(&text);
	return v;
}

START_TEST(a_value_has_the_type_and_bounds_of_its_schema)
{
	static const struct {
		const char *schema;
		json_type type;
		double low, high; /* of a number, a length, or a count; low > high: any */
	} cases[] = {
		{"{\"type\":\"integer\",\"minimum\":3,\"maximum\":5}", JSON_INTEGER, 3, 5},
		{"{\"type\":\"integer\",\"exclusiveMinimum\":3,\"exclusiveMaximum\":5}",
			JSON_INTEGER, 4, 4},
		{"{\"type\":\"integer\",\"maximum\":-7}", JSON_INTEGER, -107, -7},
		{"{\"type\":\"integer\",\"multipleOf\":10,\"minimum\":11,\"maximum\":29}",
			JSON_INTEGER, 20, 20},
		{"{\"type\":\"number\",\"minimum\":0.25,\"maximum\":0.5}", JSON_REAL, 0.25, 0.5},
		{"{\"type\":\"string\",\"minLength\":40,\"maxLength\":50}", JSON_STRING, 40, 50},
		{"{\"type\":\"string\",\"maxLength\":3}", JSON_STRING, 0, 3},
		{"{\"type\":\"string\",\"format\":\"date\"}", JSON_STRING, 10, 10},
		{"{\"enum\":[\"ab\"]}", JSON_STRING, 2, 2},
		{"{\"const\":7}", JSON_INTEGER, 7, 7},
		{"{\"type\":\"array\",\"items\":{},\"minItems\":5}", JSON_ARRAY, 5, 5},
		{"{\"type\":\"array\",\"maxItems\":1}", JSON_ARRAY, 0, 1},
		{"{\"type\":\"array\",\"prefixItems\":[{},{},{}]}", JSON_ARRAY, 3, 3},
		{"{\"properties\":{\"a\":{},\"b\":{}}}", JSON_OBJECT, 2, 2},
		{"{\"allOf\":[{\"properties\":{\"a\":{}}},{\"properties\":{\"b\":{}}}]}",
			JSON_OBJECT, 2, 2},
		{"{\"anyOf\":[{\"type\":\"null\"},{\"const\":7}]}", JSON_INTEGER, 7, 7},
		{"{\"type\":[\"null\",\"array\"]}", JSON_ARRAY, 1, 0},
		{"{\"type\":\"null\"}", JSON_NULL, 1, 0},
		{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"const\":7}}}", JSON_INTEGER, 7, 7},
		{"{}", JSON_STRING, 1, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (uint64_t seed = 0; seed < 20; seed++) {
			json_t *v = sample(cases[i].schema, seed);
			double n = json_is_number(v)   ? json_number_value(v)
				   : json_is_string(v) ? (double)json_string_length(v)
				   : json_is_array(v)  ? (double)json_array_size(v)
						       : (double)json_object_size(v);

			ck_assert_msg(json_typeof(v) == cases[i].type, "%s: type %d",
				cases[i].schema, json_typeof(v));
			ck_assert_msg(cases[i].low > cases[i].high ||
					      (n >= cases[i].low && n <= cases[i].high),
				"%s: %g", cases[i].schema, n);
			json_decref(v);
		}
	}
}
END_TEST

START_TEST(what_never_ends_is_ended)
{
	static const char *const schemas[] = {
		"{\"$ref\":\"#\"}",
		"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/a\"}}}",
		"{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}",
		"{\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},"
		"\"minItems\":50}},\"required\":[\"a\"]}",
		"{\"anyOf\":[{\"$ref\":\"#\"}]}",
		"{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
		"{\"type\":\"array\",\"minItems\":1e18}",
		"{\"type\":\"string\",\"minLength\":1e18}",
		"{\"type\":\"integer\",\"minimum\":1e308}",
		"{\"type\":\"integer\",\"minimum\":9,\"maximum\":1}",
		"{\"type\":\"integer\",\"multipleOf\":1e-300}",
		"{\"type\":\"nonsense\",\"enum\":[],\"properties\":[],\"required\":1,\"items\":2}",
		"{\"anyOf\":[1,2],\"allOf\":[]}",
		"{\"properties\":{\"a\":true,\"b\":1,\"c\":null}}",
		"[1]",
		"7",
		"",
	};

	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
		json_decref(sample(schemas[i], i));
}
END_TEST

START_TEST(the_same_seed_makes_the_same_value)
{
	static const char schema[] = "{\"properties\":{\"a\":{},\"n\":{\"type\":\"integer\"}}}";
	json_t *a = sample(schema, 3), *b = sample(schema, 3), *c = sample(schema, 4);

	ck_assert(json_equal(a, b));
	ck_assert(!json_equal(a, c));
	json_decref(a);
	json_decref(b);
	json_decref(c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_value_has_the_type_and_bounds_of_its_schema,
		what_never_ends_is_ended, the_same_seed_makes_the_same_value, NULL};

	return unit_run("sample", tests);
}
