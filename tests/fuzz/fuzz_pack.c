/* Packing: the first line is a body for embeddings, the rest an answer to four of them. Bodies stay
 * JSON when they are packed; whatever part of an answer is given to an item is JSON, and the parts
 * of the usage add up. */
#include "api/pack.h"
#include "fuzz.h"

enum { N = 4, BIG = 1 << 20 };

static void pack_bodies(const char *text, size_t len)
{
	struct request a, b;
	struct pack_place a_at, b_at;

	request_init(&a, BIG);
	request_init(&b, BIG);
	buf_adds(&a.url, "/embeddings");
	buf_adds(&b.url, "/embeddings");
	a.has_body = b.has_body = true;
	buf_add(&a.body, text, len);
	buf_add(&b.body, text, len);
	if (len && pack_find(&a, &a_at)) {
		struct json_want input = {.name = "input"};

		must(pack_find(&b, &b_at) && pack_same(&a, &a_at, &b, &b_at));
		must(pack_append(&a, &a_at, &b, &b_at, BIG));
		must(pack_same(&a, &a_at, &b, &b_at));
		must(pack_append(&a, &a_at, &b, &b_at, BIG));
		must(json_pick(a.body.data, a.body.len, &input, 1, NULL) == JSON_VALUE_OBJECT);
		must(json_span_is(input.value, JSON_VALUE_ARRAY));
		must(!pack_find(&a, &a_at));
	}
	request_free(&a);
	request_free(&b);
}

/* The first count of tokens in an answer; -1: none. */
static int64_t tokens_of(const char *body, size_t len)
{
	struct json_want usage = {.name = "usage"}, tokens = {.name = "prompt_tokens"};
	int64_t n;

	json_pick(body, len, &usage, 1, NULL);
	if (!json_span_is(usage.value, JSON_VALUE_OBJECT))
		return -1;
	json_pick(usage.value.at, usage.value.len, &tokens, 1, NULL);
	return json_span_int(tokens.value, &n) && n >= 0 ? n : -1;
}

static void take_apart(const char *text, size_t len)
{
	struct pack_element element[N];
	struct pack_answer a = {.element = element};
	int64_t tokens = 0;
	bool whole = true;
	const char *why;

	if (!pack_answer_read(text, len, N, &a, &why)) {
		must(why);
		return;
	}
	for (int i = 0; i < N; i++) {
		struct json_want data = {.name = "data"};
		struct buf out;

		whole = whole && element[i].value.at;
		if (!element[i].value.at)
			continue;
		buf_init(&out, BIG);
		must(pack_answer_write(&a, i, (uint64_t)i * 3, (uint64_t)i * 3 + 3, N * 3, &out));
		must(json_pick(out.data, out.len, &data, 1, NULL) == JSON_VALUE_OBJECT);
		must(json_span_is(data.value, JSON_VALUE_ARRAY));
		tokens += tokens_of(out.data, out.len);
		buf_free(&out);
	}
	must(!whole || tokens_of(text, len) < 0 || tokens == tokens_of(text, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line;
	size_t len;
	char *text;

	if (!next_line(&at, end, &line, &len))
		return 0;
	pack_bodies(line, len);
	text = malloc((size_t)(end - at) + 1);
	must(text);
	memcpy(text, at, (size_t)(end - at));
	take_apart(text, (size_t)(end - at));
	free(text);
	return 0;
}
