/* https://platform.openai.com/docs/api-reference/embeddings */
#include <endian.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/rng.h"
#include "mock/bodies.h"
#include "mock/forms.h"

enum { DIMENSIONS = 12, MAX_DIMENSIONS = 4096 };

/* The length of a vector: the one asked for, else that of OpenAI's model of the name, else a short
 * one. */
static int dimensions_of(const struct call *c)
{
	static const struct {
		const char *model;
		int n;
	} models[] = {{"text-embedding-3-small", 1536}, {"text-embedding-3-large", 3072},
		{"text-embedding-ada-002", 1536}};
	int64_t n;

	if (json_span_int(c->member[MEMBER_DIMENSIONS], &n) && n >= 1 && n <= MAX_DIMENSIONS)
		return (int)n;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (json_span_equals(c->model, models[i].model))
			return models[i].n;
	return DIMENSIONS;
}

/* A vector of length 1, as those of the real models are. */
static void draw_vector(uint64_t seed, float *v, int n)
{
	double sum = 0;
	struct rng r;

	rng_seed(&r, seed);
	for (int i = 0; i < n; i++) {
		v[i] = (float)(rng_uniform(&r) * 2 - 1);
		sum += (double)v[i] * (double)v[i];
	}
	for (int i = 0; i < n && sum > 0; i++)
		v[i] = (float)((double)v[i] / sqrt(sum));
}

static void put_numbers(const float *v, int n, struct json_writer *w)
{
	char number[24];

	json_open_array(w);
	for (int i = 0; i < n; i++)
		json_put_raw(
			w, number, (size_t)snprintf(number, sizeof(number), "%.9g", (double)v[i]));
	json_close_array(w);
}

/* The bytes of the floats, the lowest first. */
static void put_base64(const float *v, int n, struct json_writer *w)
{
	size_t bytes = (size_t)n * sizeof(uint32_t);
	uint32_t *words = xcalloc((size_t)n, sizeof(*words));
	unsigned char *text = xcalloc(1, bytes * 4 / 3 + 5);
	int len;

	memcpy(words, v, bytes);
	for (int i = 0; i < n; i++)
		words[i] = htole32(words[i]);
	len = EVP_EncodeBlock(text, (const unsigned char *)words, (int)bytes);
	json_open_string(w);
	json_part(w, (const char *)text, (size_t)len);
	json_close_string(w);
	free(words);
	free(text);
}

struct embedding_list {
	const struct call *call;
	struct json_writer *w;
	int n, dimensions;
	bool base64;
	float *vector;
};

/* The same text and model always give the same numbers, alone or among other texts. */
static bool put_embedding(void *ctx, struct json_span text)
{
	struct embedding_list *l = ctx;
	struct json_span model = l->call->model;

	draw_vector(hash_bytes(text.at, text.len) ^ hash_bytes(model.at, model.len), l->vector,
		l->dimensions);
	json_open_object(l->w);
	json_member_text(l->w, "object", "embedding");
	json_member_int(l->w, "index", l->n++);
	json_key(l->w, "embedding");
	(l->base64 ? put_base64 : put_numbers)(l->vector, l->dimensions, l->w);
	json_close_object(l->w);
	return true;
}

static void body(const struct call *c, int64_t created_s, struct json_writer *w)
{
	struct embedding_list list = {.call = c,
		.w = w,
		.dimensions = dimensions_of(c),
		.base64 = json_span_equals(c->member[MEMBER_ENCODING_FORMAT], "base64")};
	struct json_span input = c->member[MEMBER_INPUT];

	(void)created_s;
	list.vector = xcalloc((size_t)list.dimensions, sizeof(*list.vector));
	json_member_text(w, "object", "list");
	json_member_array(w, "data");
	if (body_is_input_list(input))
		json_each_element(input, put_embedding, &list);
	else
		put_embedding(&list, input);
	json_close_array(w);
	json_key(w, "model");
	body_put_model(c, w);
	json_member_object(w, "usage");
	json_member_int(w, "prompt_tokens", c->tokens_in);
	json_member_int(w, "total_tokens", c->tokens_in);
	json_close_object(w);
	free(list.vector);
}

const struct form form_embeddings = {.body = body};
