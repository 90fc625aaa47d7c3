/* Recorded streams with bytes changed, cut out and put in: nothing that comes can do harm, and what
 * passes for a good answer is one valid JSON value. */
#include <string.h>

#include "api/assembly.h"
#include "api/provider.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "stream_data.h"
#include "unit.h"

#define HEADERS "Content-Type: text/event-stream\r\n"

enum {
	STREAMS = 64,
	RUNS = 20000,
	CHANGES = 6,
	PIECE = 200,    /* bytes that come at once, at most */
	ANSWER = 20000, /* --max-response: some grow too large */
	SEED = 20261121,
};

struct recorded {
	char *text[STREAMS];
	size_t len[STREAMS];
	int n;
};

static struct rng rng;

static size_t below(size_t n)
{
	return rng_next(&rng) % n;
}

static void keep(void *ctx, const char *name)
{
	struct recorded *r = ctx;

	ck_assert_int_lt(r->n, STREAMS);
	r->text[r->n] = stream_data_read(name, &r->len[r->n]);
	r->n++;
}

static void put_in(struct buf *b, size_t at, const char *text, size_t len)
{
	ck_assert(buf_reserve(b, len));
	memmove(b->data + at + len, b->data + at, b->len - at);
	memcpy(b->data + at, text, len);
	b->len += len;
}

static void cut_out(struct buf *b, size_t at, size_t len)
{
	if (len > b->len - at)
		len = b->len - at;
	memmove(b->data + at, b->data + at + len, b->len - at - len);
	b->len -= len;
}

static void change(struct buf *b, const struct recorded *r)
{
	static const char *const texts[] = {"\"index\":", "null", "{}", "[]", "\"\"",
		"\"delta\":", "\"choices\":", "\"type\":\"error\"", "data: ", "\n\n", "\r",
		"event: error\n", "\"content\":", "\"output\":", "\"item\":", "[DONE]", "-1",
		"1e400", "9223372036854775808", "\"\\u0000\":", "\\ud83d",
		"\"content_block\":", "\"partial_json\":\"{\"", "\"response.output_item.done\"",
		"\xff"};
	size_t at = below(b->len), other = below((size_t)r->n), from = below(r->len[other]);
	const char *text = texts[below(sizeof(texts) / sizeof(texts[0]))];

	switch (below(4)) {
	case 0:
		b->data[at] = (char)rng_next(&rng);
		break;
	case 1:
		cut_out(b, at, below(40));
		break;
	case 2:
		put_in(b, at, text, strlen(text));
		break;
	case 3:
		put_in(b, at, r->text[other] + from, below(r->len[other] - from));
		break;
	}
	if (!b->len)
		put_in(b, 0, "\n", 1);
}

/* In pieces of any size, each in memory of its own, and looked at in between. */
static bool feed(struct assembly *s, const struct buf *b)
{
	struct buf seen;
	bool fits = true;

	buf_init(&seen, SIZE_MAX / 2);
	for (size_t at = 0, len; fits && at < b->len; at += len) {
		char *piece;

		len = 1 + below(PIECE);
		len = len < b->len - at ? len : b->len - at;
		piece = memcpy(xmalloc(len), b->data + at, len);
		fits = assembly_feed(s, piece, len, (int64_t)at + 5);
		free(piece);
		if (below(8) == 0) {
			buf_clear(&seen);
			assembly_text(s, &seen);
		}
	}
	buf_free(&seen);
	return fits;
}

START_TEST(nothing_that_comes_does_harm)
{
	static const char *const providers[] = {"openai", "azure", "anthropic"};
	struct recorded r = {.n = 0};
	struct assembly *s = assembly_new(ANSWER, NULL);
	struct verdict v;
	struct buf b;
	int ok = 0;

	rng_seed(&rng, SEED);
	stream_data_each(keep, &r);
	buf_init(&b, SIZE_MAX / 2);
	for (int run = 0; run < RUNS; run++) {
		struct answer a = {.result = NET_STATUS, .status = below(10) ? 200 : 429};
		size_t which = below((size_t)r.n);

		buf_clear(&b);
		ck_assert(buf_add(&b, r.text[which], r.len[which]));
		for (size_t n = below(CHANGES); n; n--)
			change(&b, &r);
		assembly_reset(s, 1);
		ck_assert(assembly_begin(s, HEADERS, strlen(HEADERS)));
		if (!feed(s, &b))
			a.result = NET_TOO_LARGE;
		assembly_answer(s, &a);
		response_judge(provider_by_name(providers[below(3)]), &a, 0, &v);
		if (v.outcome != OUTCOME_OK)
			continue;
		ok++;
		ck_assert_msg(json_whole(a.body, a.body_len).at != NULL, "run %d: %s", run, a.body);
	}
	ck_assert_int_gt(ok, RUNS / 10);
	buf_free(&b);
	for (int i = 0; i < r.n; i++)
		free(r.text[i]);
	assembly_free(s);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {nothing_that_comes_does_harm, NULL};

	return unit_run("stream fuzz", tests);
}
