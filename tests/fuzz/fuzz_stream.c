/* Streams of events: the first byte says where the rest is split in two, and what was asked for.
 * However it comes, it adds up to the same, within bounds, and to one JSON value or none; a cut
 * connection makes no more of it whole. */
#include "api/assembly.h"
#include "api/provider.h"
#include "fuzz.h"

#define HEADERS "Content-Type: text/event-stream"

enum { MAX = 1 << 16 };

static bool feed(struct assembly *s, const char *at, size_t len, size_t split, struct answer *a)
{
	bool fits;

	*a = (struct answer){.result = NET_STATUS, .status = 200};
	must(assembly_begin(s, HEADERS, strlen(HEADERS)));
	fits = assembly_feed(s, at, split, 1) && assembly_feed(s, at + split, len - split, 2);
	assembly_answer(s, a);
	return fits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data + 1;
	struct assembly *one, *two;
	struct answer a, b;
	struct verdict v;
	struct buf text;
	bool whole;

	if (!size--)
		return 0;
	one = assembly_new(MAX, NULL);
	two = assembly_new(MAX, NULL);
	if (feed(one, at, size, 0, &a) && feed(two, at, size, data[0] % (size + 1), &b)) {
		must(a.result == b.result && a.stream->whole == b.stream->whole);
		must(a.body_len == b.body_len && !memcmp(a.body, b.body, a.body_len));
		must(a.stream->pieces == b.stream->pieces);
	}
	buf_init(&text, 1 << 20);
	assembly_text(one, &text);
	buf_free(&text);
	whole = a.stream->whole;
	b = (struct answer){.result = NET_ERROR, .status = 200};
	assembly_answer(one, &b);
	must(whole || !b.stream->whole);
	a.result = a.result == NET_STATUS ? NET_STATUS : b.result;
	assembly_answer(one, &a);
	a.asked = data[0] % (ASKED_EMBEDDINGS + 1);
	response_judge(provider_by_name("openai"), &a, 0, &v);
	must(v.outcome == OUTCOME_OK || v.message[0]);
	must(v.outcome != OUTCOME_OK || (v.json.at && a.stream->whole));
	must_be_harmless(v.message);
	assembly_free(one);
	assembly_free(two);
	return 0;
}
