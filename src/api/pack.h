/* Packing of embeddings (--pack): requests with one input each become one with a list of them, and
 * its answer is taken apart again. Pure. The form is that of OpenAI's embeddings API, which many
 * servers share: https://platform.openai.com/docs/api-reference/embeddings */
#ifndef SLUICE_API_PACK_H
#define SLUICE_API_PACK_H

#include "api/request.h"
#include "api/response.h"

/* The most one request may hold: what OpenAI allows. */
enum { PACK_MAX = 2048 };

/* Where a body has its one input. Offsets into the body. */
struct pack_place {
	size_t at, end;           /* the value of "input": a string, or an array of one */
	size_t text_at, text_end; /* the string itself, with its quotes */
};

/* Is this built request one of embeddings with a single text for its input? Arrays of tokens and of
 * several texts are not. */
bool pack_find(const struct request *r, struct pack_place *out);

/* Do two such requests differ in nothing but their inputs, byte for byte? */
bool pack_same(const struct request *a, const struct pack_place *a_at, const struct request *b,
	const struct pack_place *b_at);

/* Adds the other's input behind those of r, whose input is a list from then on; r_at moves along.
 * False, with r as it was, when the body would pass its ceiling or max_bytes. */
bool pack_append(struct request *r, struct pack_place *r_at, const struct request *other,
	const struct pack_place *other_at, size_t max_bytes);

/* Does the refusal speak of the request, so that a part of it may pass? What is said of address,
 * method or model holds for every part. Answers that passed --max-response count as well. */
bool pack_worth_splitting(const struct verdict *v);

/* The largest power of two below n (n > 1): how many of n that were refused together are tried
 * together again. */
int pack_half(int n);

/* A packed request's answer. Spans borrow from its body. */
struct pack_answer {
	struct json_span body, data, usage;
	int n;
	struct pack_element {
		struct json_span value; /* at NULL: the answer lacks it */
		struct json_span index; /* its member, within value */
	} * element;
};

/* Reads the answer to a request with n inputs; out->element must have room for n. False with why
 * (static text) when nobody can tell which element belongs to which input: data is no list, an
 * element names no index, one that nobody asked for, or one twice, or there are fewer elements than
 * inputs with indices that may have been counted anew. Else elements may still be missing. */
bool pack_answer_read(
	const char *body, size_t len, int n, struct pack_answer *out, const char **why);

/* A part of a count that is shared out by weights: that of who has the weights from `before` up to
 * `upto` of `sum` (0 <= before <= upto <= sum, 0 < sum < 2^31). The parts of all add up to the
 * count exactly. */
int64_t pack_share(int64_t count, uint64_t before, uint64_t upto, uint64_t sum);

/* Appends the answer as it would have been for the i-th input alone: a list of one, with index 0
 * and its share of the usage, all else as it came. False when it does not fit. */
bool pack_answer_write(const struct pack_answer *a, int i, uint64_t before, uint64_t upto,
	uint64_t sum, struct buf *out);

#endif
