/* Packing of embeddings (--pack): requests with one input each become one request with a list of
 * inputs, and its answer is split again. Pure. The form is that of OpenAI's embeddings API, which
 * many servers share: https://platform.openai.com/docs/api-reference/embeddings */
#ifndef SLUICE_API_PACK_H
#define SLUICE_API_PACK_H

#include "api/request.h"
#include "api/response.h"

/* Most inputs of one request, which is OpenAI's limit. */
enum { PACK_MAX = 2048 };

/* The place of a body's one input, as offsets into the body. */
struct pack_place {
	size_t at, end;           /* the value of "input": a string, or an array of one */
	size_t text_at, text_end; /* the string itself, with its quotes */
};

/* Is this built request one for embeddings with a single text as input? Arrays of tokens or of
 * several texts do not count. */
bool pack_find(const struct request *r, struct pack_place *out);

/* Are two such requests equal byte for byte except for their inputs? */
bool pack_same(const struct request *a, const struct pack_place *a_at, const struct request *b,
	const struct pack_place *b_at);

/* Appends the other's input to those of r, whose input is a list from then on; updates r_at. False,
 * with r unchanged, when the body would exceed its ceiling or max_bytes. */
bool pack_append(struct request *r, struct pack_place *r_at, const struct request *other,
	const struct pack_place *other_at, size_t max_bytes);

/* Does the refusal concern the request's content, so that a part of it may pass? An error about
 * address, method or model would hit every part. Answers larger than --max-response count as well.
 */
bool pack_worth_splitting(const struct verdict *v);

/* The largest power of two below n (n > 1): the size of the part to retry when n were refused
 * together. */
int pack_half(int n);

/* The answer to a packed request. Spans borrow from its body. */
struct pack_answer {
	struct json_span body, data, usage;
	int n;
	struct pack_element {
		struct json_span value; /* at NULL: the answer lacks it */
		struct json_span index; /* its member, within value */
	} * element;
};

/* Reads the answer to a request with n inputs; out->element must have room for n. False with why
 * (static text) when the elements cannot be matched to the inputs: data is not a list, an element
 * has no index or an unknown one, two have the same, or some are missing and the others may be
 * renumbered. True: elements may still be missing. */
bool pack_answer_read(
	const char *body, size_t len, int n, struct pack_answer *out, const char **why);

/* A share of count in proportion to weights: for the weights from before to upto of sum (0 <=
 * before <= upto <= sum, 0 < sum < 2^31). All shares together are exactly the count. */
int64_t pack_share(int64_t count, uint64_t before, uint64_t upto, uint64_t sum);

/* Appends the answer for the i-th input alone: a list of one with index 0 and its share of the
 * usage (weights as for pack_share()), all else unchanged. False when it does not fit. */
bool pack_answer_write(const struct pack_answer *a, int i, uint64_t before, uint64_t upto,
	uint64_t sum, struct buf *out);

#endif
