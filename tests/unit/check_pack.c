/* Packing requests for embeddings and taking their answers apart. */
#include <string.h>

#include "api/pack.h"
#include "work/pack_size.h"
#include "unit.h"

#define URL "http://h/v1/embeddings"

static void make(struct request *r, const char *url, const char *body)
{
	request_init(r, 1 << 20);
	strcpy(r->method, "POST");
	buf_adds(&r->url, url);
	buf_adds(&r->body, body);
	r->has_body = true;
}

START_TEST(bodies_with_one_text_can_be_packed)
{
	static const struct {
		const char *url, *body, *text; /* NULL: cannot */
	} cases[] = {
		{URL, "{\"model\":\"m\",\"input\":\"a\"}", "\"a\""},
		{URL, "{\"input\": [ \"a,]\\\"\" ] ,\"model\":\"m\"}", "\"a,]\\\"\""},
		{URL "?api-version=1", "{\"input\":\"\"}", "\"\""},
		{"http://h/openai/deployments/d/embeddings?api-version=2024-02-01",
			"{\"input\":\"a\",\"encoding_format\":\"base64\"}", "\"a\""},
		{URL, "{\"model\":\"m\",\"input\":[\"a\",\"b\"]}", NULL},
		{URL, "{\"model\":\"m\",\"input\":[1,2]}", NULL},
		{URL, "{\"model\":\"m\",\"input\":[[1,2]]}", NULL},
		{URL, "{\"model\":\"m\",\"input\":[]}", NULL},
		{URL, "{\"model\":\"m\",\"input\":{\"a\":\"b\"}}", NULL},
		{URL, "{\"model\":\"m\",\"input\":null}", NULL},
		{URL, "{\"model\":\"m\"}", NULL},
		{URL, "[\"input\"]", NULL},
		{"http://h/v1/chat/completions", "{\"input\":\"a\"}", NULL},
		{"http://h/v1/embeddings/x", "{\"input\":\"a\"}", NULL},
		{"http://h/?q=/embeddings", "{\"input\":\"a\"}", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pack_place at;
		struct request r;

		make(&r, cases[i].url, cases[i].body);
		ck_assert_msg(pack_find(&r, &at) == !!cases[i].text, "case %zu", i);
		if (cases[i].text)
			ck_assert_msg(at.text_end - at.text_at == strlen(cases[i].text) &&
					      !memcmp(r.body.data + at.text_at, cases[i].text,
						      strlen(cases[i].text)),
				"case %zu", i);
		request_free(&r);
	}
}
END_TEST

START_TEST(only_requests_equal_but_for_their_input_are_packed)
{
	static const struct {
		const char *body, *header, *packed; /* NULL: not */
	} cases[] = {
		{"{\"model\":\"m\",\"input\":\"b\",\"user\":\"u\"}", "",
			"{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"user\":\"u\"}"},
		{"{\"model\":\"m\",\"input\":[ \"b\" ],\"user\":\"u\"}", "",
			"{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"user\":\"u\"}"},
		{"{\"model\":\"m2\",\"input\":\"b\",\"user\":\"u\"}", "", NULL},
		{"{\"model\":\"m\",\"input\":\"b\",\"user\":\"v\"}", "", NULL},
		{"{\"model\":\"m\",\"input\":\"b\"}", "", NULL},
		{"{\"model\":\"m\",\"input\":\"b\",\"user\":\"u\",\"dimensions\":5}", "", NULL},
		{"{\"input\":\"b\",\"model\":\"m\",\"user\":\"u\"}", "", NULL},
		{"{\"model\":\"m\",\"input\":\"b\",\"user\":\"u\"}", "X-Team: blue\n", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pack_place a_at, b_at;
		struct request a, b;

		make(&a, URL, "{\"model\":\"m\",\"input\":\"a\",\"user\":\"u\"}");
		make(&b, URL, cases[i].body);
		buf_adds(&b.headers, cases[i].header);
		ck_assert(pack_find(&a, &a_at) && pack_find(&b, &b_at));
		ck_assert_msg(pack_same(&a, &a_at, &b, &b_at) == !!cases[i].packed, "case %zu", i);
		if (cases[i].packed) {
			ck_assert(pack_append(&a, &a_at, &b, &b_at, 1000));
			ck_assert_str_eq(a.body.data, cases[i].packed);
		}
		request_free(&a);
		request_free(&b);
	}
}
END_TEST

START_TEST(inputs_are_added_until_the_body_is_full)
{
	struct pack_place a_at, b_at;
	struct request a, b;
	size_t len;

	make(&a, URL, "{\"input\":[\"a\"],\"model\":\"m\"}");
	make(&b, URL, "{\"input\":\"b\\u00e9\\\"\",\"model\":\"m\"}");
	ck_assert(pack_find(&a, &a_at) && pack_find(&b, &b_at));
	for (int i = 0; i < 3; i++) {
		ck_assert(pack_same(&a, &a_at, &b, &b_at));
		ck_assert(pack_append(&a, &a_at, &b, &b_at, 70));
	}
	ck_assert_str_eq(a.body.data, "{\"input\":[\"a\",\"b\\u00e9\\\"\",\"b\\u00e9\\\"\","
				      "\"b\\u00e9\\\"\"],\"model\":\"m\"}");
	len = a.body.len;
	ck_assert(!pack_append(&a, &a_at, &b, &b_at, 70));
	ck_assert_uint_eq(a.body.len, len);
	request_free(&a);
	request_free(&b);
}
END_TEST

/* The i-th item's answer; weights are 1, 2, 3, … */
static const char *part(const struct pack_answer *a, int i)
{
	static char text[1000];
	uint64_t n = (uint64_t)a->n, at = (uint64_t)i;
	struct buf out;

	buf_init(&out, sizeof(text) - 1);
	ck_assert(pack_answer_write(
		a, i, at * (at + 1) / 2, (at + 1) * (at + 2) / 2, n * (n + 1) / 2, &out));
	strcpy(text, buf_str(&out));
	buf_free(&out);
	return text;
}

static bool take_apart(const char *body, int n, struct pack_answer *a, const char **why)
{
	static struct pack_element element[PACK_MAX];

	*a = (struct pack_answer){.element = element};
	return pack_answer_read(body, strlen(body), n, a, why);
}

START_TEST(answers_of_real_servers_come_apart_as_if_each_had_gone_alone)
{
	static const struct {
		const char *body, *part[3];
	} cases[] = {
		/* OpenAI, floats */
		{"{\n  \"object\": \"list\",\n  \"data\": [\n    {\n      \"object\": "
		 "\"embedding\",\n      \"index\": 0,\n      \"embedding\": [\n        "
		 "-0.006929283,\n        -0.005336422\n      ]\n    },\n    {\"object\": "
		 "\"embedding\", \"index\": 1, \"embedding\": [1e-3]},\n    {\"object\":"
		 "\"embedding\",\"index\":2,\"embedding\":[2]}\n  ],\n  \"model\": "
		 "\"text-embedding-3-small\",\n  \"usage\": {\n    \"prompt_tokens\": 8,\n    "
		 "\"total_tokens\": 8\n  }\n}\n",
			{"{\n  \"object\": \"list\",\n  \"data\": [{\n      \"object\": "
			 "\"embedding\",\n      \"index\": 0,\n      \"embedding\": [\n        "
			 "-0.006929283,\n        -0.005336422\n      ]\n    }],\n  \"model\": "
			 "\"text-embedding-3-small\",\n  \"usage\": "
			 "{\"prompt_tokens\":1,\"total_tokens\":1}\n}\n",
				"{\n  \"object\": \"list\",\n  \"data\": [{\"object\": "
				"\"embedding\", \"index\": 0, \"embedding\": [1e-3]}],\n  "
				"\"model\": \"text-embedding-3-small\",\n  \"usage\": "
				"{\"prompt_tokens\":3,\"total_tokens\":3}\n}\n",
				"{\n  \"object\": \"list\",\n  \"data\": [{\"object\":"
				"\"embedding\",\"index\":0,\"embedding\":[2]}],\n  \"model\": "
				"\"text-embedding-3-small\",\n  \"usage\": "
				"{\"prompt_tokens\":4,\"total_tokens\":4}\n}\n"}},
		/* base64, out of order, usage first; vLLM's further members */
		{"{\"id\":\"embd-1\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7,"
		 "\"completion_tokens\":0,\"prompt_tokens_details\":null},\"data\":["
		 "{\"index\":2,\"embedding\":\"AACAPw==\"},{\"index\":0,\"embedding\":"
		 "\"AAAAQA==\"},{\"index\":1,\"embedding\":\"AABAQA==\"}],\"created\":5}",
			{"{\"id\":\"embd-1\",\"usage\":{\"prompt_tokens\":1,\"total_tokens\":1,"
			 "\"completion_tokens\":0,\"prompt_tokens_details\":null},\"data\":["
			 "{\"index\":0,\"embedding\":\"AAAAQA==\"}],\"created\":5}",
				"{\"id\":\"embd-1\",\"usage\":{\"prompt_tokens\":2,"
				"\"total_tokens\":2,\"completion_tokens\":0,"
				"\"prompt_tokens_details\":null},\"data\":[{\"index\":0,"
				"\"embedding\":\"AABAQA==\"}],\"created\":5}",
				"{\"id\":\"embd-1\",\"usage\":{\"prompt_tokens\":4,"
				"\"total_tokens\":4,\"completion_tokens\":0,"
				"\"prompt_tokens_details\":null},\"data\":[{\"index\":0,"
				"\"embedding\":\"AACAPw==\"}],\"created\":5}"}},
		/* no usage */
		{"{\"data\":[{\"index\":0,\"embedding\":[0]},{\"index\":1,\"embedding\":[1]},"
		 "{\"index\":2,\"embedding\":[2]}]}",
			{"{\"data\":[{\"index\":0,\"embedding\":[0]}]}",
				"{\"data\":[{\"index\":0,\"embedding\":[1]}]}",
				"{\"data\":[{\"index\":0,\"embedding\":[2]}]}"}},
		/* strange usage is left as it is */
		{"{\"data\":[{\"index\":0,\"embedding\":[0]},{\"index\":1,\"embedding\":[1]},"
		 "{\"index\":2,\"embedding\":[2]}],\"usage\":[3]}",
			{"{\"data\":[{\"index\":0,\"embedding\":[0]}],\"usage\":[3]}",
				"{\"data\":[{\"index\":0,\"embedding\":[1]}],\"usage\":[3]}",
				"{\"data\":[{\"index\":0,\"embedding\":[2]}],\"usage\":[3]}"}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pack_answer a;
		const char *why;

		ck_assert_msg(take_apart(cases[i].body, 3, &a, &why), "case %zu: %s", i, why);
		for (int k = 0; k < 3; k++)
			ck_assert_str_eq(part(&a, k), cases[i].part[k]);
	}
}
END_TEST

#define E(index) "{\"index\":" index ",\"embedding\":[1]}"

START_TEST(answers_that_nobody_can_assign_are_refused)
{
	static const struct {
		const char *body, *why; /* NULL: some can be assigned */
		int there;              /* bits of the elements that are there, of four */
	} cases[] = {
		{"{\"data\":[" E("0") "," E("1") "," E("2") "," E("3") "]}", NULL, 15},
		{"{\"data\":[" E("3") "," E("1") "," E("0") "]}", NULL, 11},
		{"{\"data\":[" E("0") "," E("1") "," E("2") "]}", "fewer elements", 0},
		{"{\"data\":[]}", "fewer elements", 0},
		{"{\"data\":[" E("0") "," E("0") "," E("2") "," E("3") "]}", "the same index", 0},
		{"{\"data\":[" E("0") "," E("1") "," E("2") "," E("4") "]}", "unknown index", 0},
		{"{\"data\":[" E("-1") "]}", "unknown index", 0},
		{"{\"data\":[" E("99999999999999999999") "]}", "no index", 0},
		{"{\"data\":[" E("0.5") "]}", "no index", 0},
		{"{\"data\":[" E("\"0\"") "]}", "no index", 0},
		{"{\"data\":[{\"embedding\":[1]}]}", "no index", 0},
		{"{\"data\":[null]}", "no index", 0},
		{"{\"data\":[[0]]}", "no index", 0},
		{"{\"data\":[7,\"x\"]}", "no index", 0},
		{"{\"data\":{\"0\":1}}", "no list", 0},
		{"{\"data\":null}", "no list", 0},
		{"{}", "no list", 0},
		{"[]", "no list", 0},
		{"{\"data\":[", "no list", 0},
		{"", "no list", 0},
		/* an element without its embedding is missing, and what it is called is known */
		{"{\"data\":[" E("0") ",{\"index\":1},{\"index\":2,\"embedding\":null},"
				      "{\"index\":3,\"embedding\":\"\"}]}",
			NULL, 1},
		{"{\"data\":[" E("0") "," E("1e0") "," E("2.0") "," E("3") "]}", NULL, 15},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pack_answer a;
		const char *why;
		bool whole = take_apart(cases[i].body, 4, &a, &why);

		ck_assert_msg(whole == !cases[i].why, "case %zu: %s", i, why ? why : "whole");
		if (cases[i].why) {
			ck_assert_msg(strstr(why, cases[i].why) != NULL, "case %zu: %s", i, why);
			continue;
		}
		for (int k = 0; k < 4; k++)
			ck_assert_msg((a.element[k].value.at != NULL) == (cases[i].there >> k & 1),
				"case %zu, element %d", i, k);
	}
}
END_TEST

START_TEST(an_answer_with_much_beside_its_data_is_refused)
{
	static struct pack_element element[2];
	struct pack_answer a = {.element = element};
	const char *why;
	struct buf body;

	buf_init(&body, 1 << 20);
	buf_adds(&body, "{\"noise\":\"");
	for (int i = 0; i < 70000; i++)
		buf_addc(&body, 'x');
	buf_adds(&body, "\",\"data\":[" E("0") "," E("1") "]}");
	ck_assert(!pack_answer_read(body.data, body.len, 2, &a, &why));
	ck_assert_ptr_nonnull(strstr(why, "too large"));
	buf_free(&body);
}
END_TEST

START_TEST(shares_add_up_to_the_whole)
{
	static const uint64_t weights[] = {1, 1000, 3, 77, 1 << 20, 5, 12, 1};
	static const int64_t counts[] = {0, 1, 7, 1000, 123456789, INT64_MAX};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++)
		sum += weights[i];
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		int64_t total = 0, share = 0;
		uint64_t at = 0;

		for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
			share = pack_share(counts[c], at, at + weights[i], sum);
			ck_assert_int_ge(share, 0);
			total += share;
			at += weights[i];
		}
		ck_assert_int_eq(total, counts[c]);
	}
	ck_assert_int_eq(pack_share(100, 0, 1, 4), 25);
	ck_assert_int_eq(pack_share(INT64_MAX, 0, 1, 1), INT64_MAX);
}
END_TEST

START_TEST(refusals_that_speak_of_the_request_are_split)
{
	static const struct {
		enum outcome outcome;
		int status;
		bool split;
	} cases[] = {
		{OUTCOME_CLIENT_ERROR, 400, true},
		{OUTCOME_CLIENT_ERROR, 200, true},
		{OUTCOME_CLIENT_ERROR, 413, true},
		{OUTCOME_CLIENT_ERROR, 422, true},
		{OUTCOME_CLIENT_ERROR, 424, true},
		{OUTCOME_TOO_LARGE, 200, true},
		{OUTCOME_CLIENT_ERROR, 302, false},
		{OUTCOME_CLIENT_ERROR, 404, false},
		{OUTCOME_CLIENT_ERROR, 415, false},
		{OUTCOME_RATE_LIMITED, 429, false},
		{OUTCOME_SERVER_ERROR, 500, false},
		{OUTCOME_AUTH, 401, false},
		{OUTCOME_QUOTA, 400, false},
		{OUTCOME_NETWORK, 0, false},
		{OUTCOME_CANCELLED, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict v = {
			.outcome = cases[i].outcome, .status = cases[i].status, .should_retry = -1};

		ck_assert_msg(pack_worth_splitting(&v) == cases[i].split, "case %zu", i);
	}
	ck_assert(pack_worth_splitting(&(struct verdict){.outcome = OUTCOME_RATE_LIMITED,
		.status = 429,
		.message = "Request too large for m in organization o on tokens per min (TPM): "
			   "Limit 30000, Requested 41000."}));
	ck_assert_int_eq(pack_half(2), 1);
	ck_assert_int_eq(pack_half(3), 2);
	ck_assert_int_eq(pack_half(64), 32);
	ck_assert_int_eq(pack_half(65), 64);
	ck_assert_int_eq(pack_half(2048), 1024);
}
END_TEST

/* Requests that n items take of a server that refuses more than `limit` together; those refused are
 * sent in halves, which fit at the latest when they are alone. */
static int requests_for(int n, int most, int limit)
{
	struct pack_size s;
	int requests = 0;

	pack_size_init(&s, most);
	while (n > 0) {
		int together = n < s.now ? n : s.now;

		requests++;
		n -= together;
		if (together <= limit) {
			pack_size_passed(&s, together, true);
			continue;
		}
		pack_size_refused(&s, together);
		for (int half = pack_half(together), left = together; left > 0; left -= half) {
			while (half > limit) /* refused as well */
				requests += (left + half - 1) / half, half = pack_half(half);
			requests++;
		}
	}
	return requests;
}

START_TEST(the_size_finds_what_the_server_takes)
{
	struct pack_size s;

	ck_assert_int_eq(requests_for(64000, 64, 64), 1000);
	/* at its limit of 16 these are 4,000; some more for looking whether it still holds */
	ck_assert_int_le(requests_for(64000, 64, 16), 4100);
	ck_assert_int_le(requests_for(64000, 2048, 16), 4300);
	ck_assert_int_le(requests_for(6400, 64, 1), 6600);

	/* one bad item costs some smaller packs, not all that follow */
	pack_size_init(&s, 64);
	pack_size_refused(&s, 64);
	ck_assert_int_eq(s.now, 32);
	pack_size_refused(&s, 64); /* was on its way */
	ck_assert_int_eq(s.now, 32);
	for (int i = 0; i < 4; i++)
		pack_size_passed(&s, 32, true);
	ck_assert_int_eq(s.now, 64);
	pack_size_passed(&s, 5, true);
	ck_assert_int_eq(s.now, 64);
}
END_TEST

START_TEST(a_size_that_passed_is_not_doubted)
{
	struct pack_size s;

	pack_size_init(&s, 64);
	pack_size_doubted(&s, 64);
	ck_assert_int_eq(s.now, 32);
	pack_size_passed(&s, 32, false);
	for (int i = 0; i < 100; i++)
		pack_size_doubted(&s, 32);
	ck_assert_int_eq(s.now, 32);
	/* what is said of the size itself counts all the same */
	pack_size_refused(&s, 32);
	ck_assert_int_eq(s.now, 16);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {bodies_with_one_text_can_be_packed,
		only_requests_equal_but_for_their_input_are_packed,
		inputs_are_added_until_the_body_is_full,
		answers_of_real_servers_come_apart_as_if_each_had_gone_alone,
		answers_that_nobody_can_assign_are_refused,
		an_answer_with_much_beside_its_data_is_refused, shares_add_up_to_the_whole,
		refusals_that_speak_of_the_request_are_split, the_size_finds_what_the_server_takes,
		a_size_that_passed_is_not_doubted, NULL};

	return unit_run("pack", tests);
}
