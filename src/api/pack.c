#include "api/pack.h"

#include <string.h>

/* Most bytes of an answer around its elements, because each item's answer gets a copy. */
enum { MAX_AROUND = 64 << 10 };

/* ---- requests ---- */

static bool is_embeddings(const char *url)
{
	static const char end[] = "/embeddings";
	size_t len = strcspn(url, "?#"), n = sizeof(end) - 1;

	return len >= n && !memcmp(url + len - n, end, n);
}

struct first_of {
	struct json_span value;
	int n;
};

static bool take_first(void *ctx, struct json_span value)
{
	struct first_of *first = ctx;

	if (!first->n++)
		first->value = value;
	return first->n < 2;
}

bool pack_find(const struct request *r, struct pack_place *out)
{
	struct json_want input = {.name = "input"};
	struct json_span text;

	if (!r->has_body || !is_embeddings(r->url.data) ||
		json_pick(r->body.data, r->body.len, &input, 1, NULL) != JSON_VALUE_OBJECT)
		return false;
	text = input.value;
	if (json_span_is(text, JSON_VALUE_ARRAY)) {
		struct first_of first = {.n = 0};

		if (!json_each_element(text, take_first, &first))
			return false;
		text = first.value;
	}
	if (!json_span_is(text, JSON_VALUE_STRING))
		return false;
	out->at = (size_t)(input.value.at - r->body.data);
	out->end = out->at + input.value.len;
	out->text_at = (size_t)(text.at - r->body.data);
	out->text_end = out->text_at + text.len;
	return true;
}

static bool same_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && (!a_len || !memcmp(a, b, a_len));
}

bool pack_same(const struct request *a, const struct pack_place *a_at, const struct request *b,
	const struct pack_place *b_at)
{
	return same_bytes(a->body.data, a_at->at, b->body.data, b_at->at) &&
	       same_bytes(a->body.data + a_at->end, a->body.len - a_at->end,
		       b->body.data + b_at->end, b->body.len - b_at->end) &&
	       same_bytes(a->url.data, a->url.len, b->url.data, b->url.len) &&
	       same_bytes(a->headers.data, a->headers.len, b->headers.data, b->headers.len) &&
	       !strcmp(a->method, b->method);
}

/* Puts text into the body; there is room. */
static void insert(struct buf *body, size_t at, const char *text, size_t len)
{
	memmove(body->data + at + len, body->data + at, body->len - at + 1); /* with its NUL */
	memcpy(body->data + at, text, len);
	body->len += len;
}

bool pack_append(struct request *r, struct pack_place *r_at, const struct request *other,
	const struct pack_place *other_at, size_t max_bytes)
{
	size_t len = other_at->text_end - other_at->text_at;
	bool is_list = r->body.data[r_at->at] == '[';
	size_t more = len + 1 + (is_list ? 0 : 2);

	if (r->body.len + more > max_bytes || !buf_reserve(&r->body, more))
		return false;
	if (!is_list) {
		insert(&r->body, r_at->end, "]", 1);
		insert(&r->body, r_at->at, "[", 1);
		r_at->end += 2;
	}
	insert(&r->body, r_at->end - 1, other->body.data + other_at->text_at, len);
	insert(&r->body, r_at->end - 1, ",", 1);
	r_at->end += len + 1;
	return true;
}

/* ---- refusals ---- */

/* OpenAI: "Request too large for … on tokens per min (TPM): Limit 30000, Requested 41000." Waiting
 * does not make it smaller. */
static bool is_above_limit(const struct verdict *v)
{
	return v->outcome == OUTCOME_RATE_LIMITED && strstr(v->message, "equest too large");
}

bool pack_worth_splitting(const struct verdict *v)
{
	switch (v->status) {
	case 404:
	case 405:
	case 406:
	case 410:
	case 415:
		return false;
	}
	return v->outcome == OUTCOME_TOO_LARGE || is_above_limit(v) ||
	       (v->outcome == OUTCOME_CLIENT_ERROR && (v->status >= 400 || v->status < 300) &&
		       v->should_retry != 1);
}

int pack_half(int n)
{
	int half = 1;

	while (half * 2 < n)
		half *= 2;
	return half;
}

/* ---- answers ---- */

struct element_reader {
	struct pack_answer *answer;
	const char *why;
	int seen;
	int64_t highest;
};

static bool is_embedding(struct json_span v)
{
	return v.at && v.len > 2 && !json_span_is(v, JSON_VALUE_NULL);
}

static bool read_element(void *ctx, struct json_span value)
{
	enum { INDEX, EMBEDDING };
	struct json_want want[] = {
		[INDEX] = {.name = "index"}, [EMBEDDING] = {.name = "embedding"}};
	struct element_reader *r = ctx;
	struct pack_element *element;
	int64_t index;

	if (json_pick(value.at, value.len, want, 2, NULL) != JSON_VALUE_OBJECT ||
		!json_span_int(want[INDEX].value, &index)) {
		r->why = "an element of its data has no index";
		return false;
	}
	if (index < 0 || index >= r->answer->n) {
		r->why = "an element of its data has an unknown index";
		return false;
	}
	element = &r->answer->element[index];
	if (element->index.at) {
		r->why = "two elements of its data have the same index";
		return false;
	}
	r->seen++;
	r->highest = index > r->highest ? index : r->highest;
	element->index = want[INDEX].value;
	if (is_embedding(want[EMBEDDING].value))
		element->value = value;
	return true;
}

bool pack_answer_read(
	const char *body, size_t len, int n, struct pack_answer *out, const char **why)
{
	enum { DATA, USAGE };
	struct json_want want[] = {[DATA] = {.name = "data"}, [USAGE] = {.name = "usage"}};
	struct element_reader reader = {.answer = out, .highest = -1};
	enum json_type type = json_pick(body, len, want, 2, NULL);

	out->body = (struct json_span){body, len};
	out->data = want[DATA].value;
	out->usage = json_span_is(want[USAGE].value, JSON_VALUE_OBJECT) ? want[USAGE].value
									: (struct json_span){0};
	out->n = n;
	memset(out->element, 0, (size_t)n * sizeof(*out->element));
	if (type != JSON_VALUE_OBJECT || !json_span_is(out->data, JSON_VALUE_ARRAY))
		reader.why = "it has no list \"data\"";
	else if (len - out->data.len > MAX_AROUND)
		reader.why = "it is too large apart from its data";
	else
		json_each_element(out->data, read_element, &reader);
	/* 0, 1, 2 of four: is the last one missing, or were those behind a missing one renumbered?
	 */
	if (!reader.why && reader.seen < n && reader.highest + 1 == reader.seen)
		reader.why = "its data has fewer elements than the request had inputs";
	*why = reader.why;
	return !reader.why;
}

int64_t pack_share(int64_t count, uint64_t before, uint64_t upto, uint64_t sum)
{
	uint64_t whole = (uint64_t)count / sum, rest = (uint64_t)count % sum;

	return (int64_t)(whole * (upto - before) + rest * upto / sum - rest * before / sum);
}

struct share {
	struct buf *out;
	uint64_t before, upto, sum;
	bool first, fits;
};

static bool add_share(void *ctx, struct json_span key, struct json_span value)
{
	struct share *s = ctx;
	int64_t count;
	double amount;

	s->fits = (s->first || buf_addc(s->out, ',')) && buf_add(s->out, key.at, key.len) &&
		  buf_addc(s->out, ':');
	s->first = false;
	if (json_span_int(value, &count) && count >= 0)
		s->fits = s->fits && buf_addu(s->out, (unsigned long long)pack_share(
							      count, s->before, s->upto, s->sum));
	else if (json_span_double(value, &amount) && amount >= 0 && amount < 1e15)
		s->fits =
			s->fits && buf_addf(s->out, "%.12g",
					   amount * (double)(s->upto - s->before) / (double)s->sum);
	else
		s->fits = s->fits && buf_add(s->out, value.at, value.len);
	return s->fits;
}

static bool add_usage(
	struct json_span usage, uint64_t before, uint64_t upto, uint64_t sum, struct buf *out)
{
	struct share s = {out, before, upto, sum, true, true};

	return buf_addc(out, '{') && json_each(usage, add_share, &s) && s.fits &&
	       buf_addc(out, '}');
}

static bool add_element(const struct pack_element *e, struct buf *out)
{
	size_t head = (size_t)(e->index.at - e->value.at);
	const char *tail = e->index.at + e->index.len;

	return buf_addc(out, '[') && buf_add(out, e->value.at, head) && buf_addc(out, '0') &&
	       buf_add(out, tail, (size_t)(e->value.at + e->value.len - tail)) &&
	       buf_addc(out, ']');
}

bool pack_answer_write(const struct pack_answer *a, int i, uint64_t before, uint64_t upto,
	uint64_t sum, struct buf *out)
{
	const char *at = a->body.at, *end = a->body.at + a->body.len;
	bool usage_first = a->usage.at && a->usage.at < a->data.at;
	bool fits = true;

	/* usage and data in their order, and the text around them */
	for (int k = 0; k < 2 && fits; k++) {
		bool usage = usage_first ? !k : k;
		struct json_span hole = usage ? a->usage : a->data;

		if (!hole.at)
			continue;
		fits = buf_add(out, at, (size_t)(hole.at - at)) &&
		       (usage ? add_usage(hole, before, upto, sum, out)
			      : add_element(&a->element[i], out));
		at = hole.at + hole.len;
	}
	return fits && buf_add(out, at, (size_t)(end - at));
}
