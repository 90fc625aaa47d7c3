/* Pipelines: their file, their requests, and an item on its way through. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "flow/flow.h"
#include "flow/stage_request.h"
#include "unit.h"

#define CHAT(text) "{\"choices\":[{\"message\":{\"content\":" text "}}]}"
#define BIT(i)     (UINT32_C(1) << (i))

static void parse(const char *text, struct pipeline *p)
{
	struct error err = {""};

	ck_assert_msg(pipeline_parse(text, strlen(text), p, &err), "%s", err.text);
}

START_TEST(stages_are_put_in_order)
{
	struct pipeline p;

	parse(" {\"stages\":{\"last\":{\"after\":[\"mid\",\"side\"],\"body\":\"{{ first.text }}\"},"
	      "\"mid\":{\"after\":\"first\",\"url\":\"/x/{{row.id}}\",\"rpm\":2.5},"
	      "\"first\":{\"body\":{\"a\":1.10,\"b\":\"{{title}}\"},\"max_attempts\":2},"
	      "\"side\":{\"body\":null,\"headers\":{\"X\":\"{{a.b}}\"},\"method\":\"PUT\"}}}",
		&p);
	ck_assert_int_eq(p.n, 4);
	ck_assert_str_eq(p.stage[0].name, "first");
	ck_assert_str_eq(p.stage[1].name, "mid");
	ck_assert_str_eq(p.stage[2].name, "side");
	ck_assert_str_eq(p.stage[3].name, "last");
	ck_assert_uint_eq(p.stage[3].after, BIT(1) | BIT(2));
	ck_assert_uint_eq(p.stage[3].ancestors, BIT(0) | BIT(1) | BIT(2));
	ck_assert_str_eq(p.stage[0].body, "{\"a\":1.10,\"b\":\"{{title}}\"}");
	ck_assert_int_eq(p.stage[0].max_attempts, 2);
	ck_assert(p.stage[1].rpm > 2.4 && p.stage[1].rpm < 2.6);
	pipeline_free(&p);
}
END_TEST

START_TEST(bad_pipelines_are_refused)
{
	static const struct {
		const char *stages, *says;
	} cases[] = {
		{"", "no stages"},
		{"\"a\":{}", "stage a: a body or a url is missing"},
		{"\"a\":1", "stage a: not an object"},
		{"\"a b\":{}", "is not a valid stage name"},
		{"\"row\":{}", "is not a valid stage name"},
		{"\"9a\":{}", "is not a valid stage name"},
		{"\"a\":{\"url\":\"/\"},\"a\":{\"url\":\"/\"}", "stage a is given twice"},
		{"\"a\":{\"url\":\"/\",\"url\":\"/\"}", "stage a: url is given twice"},
		{"\"a\":{\"ulr\":\"/\"}", "stage a: unknown member 'ulr'"},
		{"\"a\":{\"url\":3}", "stage a: url is not a non-empty string"},
		{"\"a\":{\"url\":\"/\",\"rpm\":0}", "rpm is not a number above 0"},
		{"\"a\":{\"url\":\"/\",\"concurrency\":1.5}", "concurrency is not a whole number"},
		{"\"a\":{\"url\":\"/\",\"headers\":[]}", "headers is not an object"},
		{"\"a\":{\"url\":\"/\",\"after\":\"b\"}", "after names the unknown stage 'b'"},
		{"\"a\":{\"url\":\"/\",\"after\":[1]}", "names the unknown stage"},
		{"\"a\":{\"url\":\"/\",\"after\":1}", "must be a name or a list"},
		{"\"a\":{\"url\":\"/\",\"after\":\"a\"}", "stage a: comes after itself"},
		{"\"a\":{\"url\":\"/\",\"after\":\"b\"},\"b\":{\"url\":\"/\",\"after\":\"a\"}",
			"stage a: comes after itself, directly or"},
		{"\"a\":{\"url\":\"/\",\"when\":\"a.status == 200\"}", "is not before this stage"},
		{"\"a\":{\"url\":\"/\",\"when\":\"x ==\"}", "stage a: when: expected a value"},
		{"\"a\":{\"url\":\"/\",\"when\":\"b.body.hit\"}",
			"stage a: 'b.body.hit': unknown stage b; write row.b"},
		{"\"a\":{\"url\":\"/\",\"finish_when\":\"aa.json\"}", "unknown stage aa"},
		{"\"a\":{\"url\":\"/\",\"max_attempts\":256}", "from 1 to 255"},
		{"\"a\":{\"url\":\"/\"}},\"stages\":{\"b\":{\"url\":\"/\"}",
			"stages is given twice"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pipeline p;
		struct error err = {""};
		char text[512];

		snprintf(text, sizeof(text), "{\"stages\":{%s}}", cases[i].stages);
		ck_assert_msg(!pipeline_parse(text, strlen(text), &p, &err), "%s", text);
		ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "%s: %s", text, err.text);
		pipeline_free(&p);
	}
}
END_TEST

START_TEST(files_are_named_in_errors)
{
	static const char *const texts[] = {"", "[]", "{", "{\"stages\":[]}",
		"{\"stages\":{\"a\":{\"url\":\"/\"}},\"stage\":1}"};
	static const char marked[] = "\xef\xbb\xbf{\"stages\":{\"a\":{\"url\":\"/\"}}}\r\n";
	struct pipeline p;
	struct error err = {""};

	parse(marked, &p);
	pipeline_free(&p);
	ck_assert(!pipeline_load("/nowhere/p.json", &p, &err));
	ck_assert_msg(!strncmp(err.text, "/nowhere/p.json: ", 17), "%s", err.text);
	ck_assert(!pipeline_load("/", &p, &err));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert(!pipeline_parse(texts[i], strlen(texts[i]), &p, &err));
		pipeline_free(&p);
	}
}
END_TEST

static void done(struct flow *f, int stage, const char *body)
{
	flow_done(f, stage, 200, body, strlen(body), json_whole(body, strlen(body)));
}

/* embed and cache at once; cache ends the item on a hit; search behind embed; answer behind all. */
static const char retrieval[] =
	"{\"stages\":{\"embed\":{\"body\":{\"input\":\"{{q}}\"}},"
	"\"cache\":{\"url\":\"/cache/{{q}}\",\"finish_when\":\"cache.body.hit\"},"
	"\"search\":{\"after\":\"embed\",\"body\":{},\"when\":\"exists row.deep\"},"
	"\"answer\":{\"after\":[\"cache\",\"search\"],\"body\":\"{{search.body.hits.0.id}}\"}}}";

static void begin(struct flow *f, const struct pipeline *p, const char *row)
{
	flow_begin(f, p, row, strlen(row));
}

START_TEST(stages_run_as_they_can)
{
	struct pipeline p;
	struct flow f;

	parse(retrieval, &p);
	begin(&f, &p, "{\"q\":\"x\",\"deep\":1}");
	ck_assert_uint_eq(flow_advance(&f), BIT(0) | BIT(1));
	flow_sent(&f, 0);
	flow_sent(&f, 1);
	flow_waits(&f, 1);
	ck_assert_uint_eq(flow_advance(&f), 0);
	done(&f, 0, "{}");
	ck_assert_uint_eq(flow_advance(&f), BIT(2));
	flow_sent(&f, 2);
	done(&f, 2, "{\"hits\":[{\"id\":7}]}");
	ck_assert_uint_eq(flow_advance(&f), 0);
	done(&f, 1, "{\"hit\":false}");
	ck_assert_uint_eq(flow_advance(&f), BIT(3));
	ck_assert_int_eq(flow_ended(&f), FLOW_OPEN);
	done(&f, 3, "{}");
	ck_assert_uint_eq(flow_advance(&f), 0);
	ck_assert_int_eq(flow_ended(&f), FLOW_ENDED_OK);
	ck_assert_int_eq(f.last, 3);
	flow_free(&f);
	pipeline_free(&p);
}
END_TEST

START_TEST(skipped_stages_count_as_done)
{
	struct pipeline p;
	struct flow f;
	struct buf text;
	enum json_type type;

	parse(retrieval, &p);
	buf_init(&text, 1000);
	begin(&f, &p, "{\"q\":\"x\"}");
	done(&f, 0, "{}");
	done(&f, 1, "{}");
	ck_assert_uint_eq(flow_advance(&f), BIT(3));
	ck_assert_int_eq(f.stage[2], FLOW_SKIPPED);
	ck_assert_int_eq(flow_find(&f, "search.body.hits.0.id", &type, &text), FLOW_EMPTY);
	flow_free(&f);
	buf_free(&text);
	pipeline_free(&p);
}
END_TEST

START_TEST(an_item_may_finish_early)
{
	struct pipeline p;
	struct flow f;

	parse(retrieval, &p);
	begin(&f, &p, "{\"q\":\"x\",\"deep\":1}");
	flow_advance(&f);
	flow_sent(&f, 0);
	done(&f, 1, "{\"hit\":true}");
	ck_assert_uint_eq(flow_advance(&f), 0);
	ck_assert_int_eq(flow_ended(&f), FLOW_OPEN);
	done(&f, 0, "{}");
	ck_assert_uint_eq(flow_advance(&f), 0);
	ck_assert_int_eq(flow_ended(&f), FLOW_ENDED_OK);
	ck_assert_int_eq(f.stage[3], FLOW_NOT_NEEDED);
	flow_free(&f);
	pipeline_free(&p);
}
END_TEST

START_TEST(a_failed_stage_fails_the_item)
{
	struct pipeline p;
	struct flow f;

	parse(retrieval, &p);
	begin(&f, &p, "{\"q\":\"x\",\"deep\":1}");
	flow_advance(&f);
	flow_sent(&f, 0);
	flow_sent(&f, 1);
	flow_failed(&f, 1);
	ck_assert_uint_eq(flow_advance(&f), 0);
	ck_assert_int_eq(flow_ended(&f), FLOW_OPEN);
	done(&f, 0, "{\"kept\":1}");
	ck_assert_uint_eq(flow_advance(&f), 0);
	ck_assert_int_eq(flow_ended(&f), FLOW_ENDED_FAILED);
	ck_assert_str_eq(f.output[0].body, "{\"kept\":1}");
	flow_free(&f);
	pipeline_free(&p);
}
END_TEST

START_TEST(paths_find_values)
{
	static const struct {
		const char *path, *text;
		enum json_type type; /* JSON_NONE: absent */
	} cases[] = {
		{"q", "a\nb", JSON_VALUE_STRING},
		{"row.q", "a\nb", JSON_VALUE_STRING},
		{"row.list.1", "20", JSON_VALUE_NUMBER},
		{"list.2", "", JSON_NONE},
		{"list.x", "", JSON_NONE},
		{"list", "[10,20]", JSON_VALUE_ARRAY},
		{"q.deeper", "", JSON_NONE},
		{"nothing", "", JSON_NONE},
		{"embed.text", "{\"n\":5}", JSON_VALUE_STRING},
		{"embed.json.n", "5", JSON_VALUE_NUMBER},
		{"embed.json.m", "", JSON_NONE},
		{"embed.status", "200", JSON_VALUE_NUMBER},
		{"embed.body.choices.0.message.content", "{\"n\":5}", JSON_VALUE_STRING},
		{"cache.text", "", JSON_NONE},
		{"cache.body.x", "", JSON_NONE},
		{"cache.body", "no JSON", JSON_VALUE_STRING},
		{"answer.text", "", JSON_NONE},
	};
	struct pipeline p;
	struct flow f;
	struct buf text;

	parse(retrieval, &p);
	buf_init(&text, 1000);
	begin(&f, &p, " {\"q\":\"a\\nb\",\"list\":[10,20]} ");
	done(&f, 0, CHAT("\"{\\\"n\\\":5}\""));
	done(&f, 1, "no JSON");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum json_type type;
		enum flow_found found;

		buf_clear(&text);
		found = flow_find(&f, cases[i].path, &type, &text);
		ck_assert_msg(
			(found == FLOW_FOUND) == (cases[i].type != JSON_NONE), "%s", cases[i].path);
		ck_assert_msg(type == cases[i].type && text.len == strlen(cases[i].text) &&
				      !memcmp(buf_str(&text), cases[i].text, text.len),
			"%s: %s", cases[i].path, buf_str(&text));
	}
	flow_free(&f);
	buf_free(&text);
	pipeline_free(&p);
}
END_TEST

START_TEST(json_may_stand_in_a_fence)
{
	static const char *const answers[] = {CHAT("\"{\\\"n\\\":5}\""),
		CHAT("\"```json\\n{\\\"n\\\":5}\\n```\\n\""), CHAT("\" ```\\n{\\\"n\\\": 5}```\"")};
	struct pipeline p;
	struct buf text;

	parse(retrieval, &p);
	buf_init(&text, 1000);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		enum json_type type;
		struct flow f;

		begin(&f, &p, "{}");
		done(&f, 0, answers[i]);
		buf_clear(&text);
		ck_assert_int_eq(flow_find(&f, "embed.json.n", &type, &text), FLOW_FOUND);
		ck_assert_str_eq(buf_str(&text), "5");
		flow_free(&f);
	}
	buf_free(&text);
	pipeline_free(&p);
}
END_TEST

static void requests(const char *text, struct pipeline *p, struct stage_request *r)
{
	struct error err = {""};

	parse(text, p);
	ck_assert_msg(stage_requests_init(p, r, &err), "%s", err.text);
}

static void shut_requests(struct pipeline *p, struct stage_request *r)
{
	stage_requests_free(r, p->n);
	pipeline_free(p);
}

START_TEST(stages_become_requests)
{
	static const char row[] = "{\"id\":\"a/b\",\"text\":\"say \\\"hi\\\"\",\"n\":1.10}";
	struct stage_request r[PIPELINE_MAX_STAGES];
	struct request_line line;
	struct pipeline p;
	struct flow f;
	struct buf text;
	struct stage_lack lack;
	struct error err = {""};

	requests("{\"stages\":{\"a\":{\"model\":\"m\",\"body\":{\"input\":\"{{text}}\","
		 "\"metadata\":{\"n\":\"{{json n}}\"},\"priority\":\"odd\"}},"
		 "\"b\":{\"after\":\"a\",\"url\":\"/x/{{id}}?q={{a.text}}\",\"method\":\"PUT\","
		 "\"headers\":{\"X-N\":\"{{n}}\"},\"body\":\"plain {{text}}\"},"
		 "\"c\":{\"after\":\"a\",\"url\":\"{{a.body.next}}\"}}}",
		&p, r);
	flow_begin(&f, &p, row, strlen(row));
	buf_init(&text, 1 << 20);
	ck_assert(stage_request_fill(&r[0], &f, &text, &line, &lack, &err));
	ck_assert_str_eq(buf_str(&text), "{\"model\":\"m\",\"input\":\"say \\\"hi\\\"\","
					 "\"metadata\":{\"n\":1.10},\"priority\":\"odd\"}");
	ck_assert_int_eq(line.format, FORMAT_WHOLE);
	ck_assert_str_eq(r[0].model, "m");
	flow_advance(&f);
	flow_sent(&f, 0);
	done(&f, 0, CHAT("\"b & c\""));
	ck_assert_msg(stage_request_fill(&r[1], &f, &text, &line, &lack, &err), "%s", err.text);
	ck_assert_str_eq(buf_str(&text),
		"{\"url\":\"/x/a%2Fb?q=b%20%26%20c\",\"method\":\"PUT\",\"headers\":{\"X-N\":"
		"\"1.10\"},\"body\":\"plain say \\\"hi\\\"\"}");
	ck_assert(!stage_request_fill(&r[2], &f, &text, &line, &lack, &err));
	ck_assert_int_eq(lack.stage, 0);
	ck_assert_ptr_nonnull(strstr(err.text, "the answer of stage a has no \"a.body.next\""));
	flow_free(&f);
	buf_free(&text);
	shut_requests(&p, r);
}
END_TEST

START_TEST(stages_that_are_no_requests_are_refused)
{
	static const struct {
		const char *stage, *says;
	} cases[] = {
		{"{\"body\":\"text\"}", "a body that is not an object needs a url"},
		{"{\"body\":{},\"method\":\"PUT\"}", "need a url"},
		{"{\"model\":\"m\",\"body\":[1],\"url\":\"/x\"}", "its body is not an object"},
		{"{\"model\":\"m\",\"body\":{\"model\":\"n\"}}", "names a model twice"},
		{"{\"url\":\"ftp://x/\"}", "scheme"},
		{"{\"url\":\"/x\",\"method\":\"NO WORD\"}", "method"},
	};
	struct stage_request r[PIPELINE_MAX_STAGES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};
		struct pipeline p;
		char text[200];

		snprintf(text, sizeof(text), "{\"stages\":{\"a\":%s}}", cases[i].stage);
		parse(text, &p);
		ck_assert_msg(!stage_requests_init(&p, r, &err), "%s", cases[i].stage);
		ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "%s", err.text);
		shut_requests(&p, r);
	}
}
END_TEST

START_TEST(requests_ask_for_what_may_be_there)
{
	static const struct {
		const char *stages, *says; /* NULL: nothing is wrong */
	} cases[] = {
		{"\"a\":{\"url\":\"/\"},\"b\":{\"url\":\"/{{a.text}}\"}",
			"stage b: 'a.text': stage a is not before this stage"},
		{"\"a\":{\"url\":\"/{{a.text}}\"}", "is not before this stage"},
		{"\"a\":{\"model\":\"{{b.text}}\",\"body\":{}},\"b\":{\"url\":\"/\"}",
			"stage a: 'b.text': stage b is not before this stage"},
		{"\"a\":{\"url\":\"/\",\"method\":\"{{a.text}}\"}", "is not before this stage"},
		{"\"a\":{\"url\":\"/\",\"headers\":{\"X\":\"{{a.text}}\"}}", "is not before"},
		{"\"a\":{\"url\":\"/{{x\"}", "stage a: a {{ without its }}"},
		{"\"a\":{\"body\":{\"x\":{\"y\":\"{{z\"}}}", "a {{ without its }}"},
		{"\"a\":{\"url\":\"/{{}}\"}", "has no field name"},
		{"\"a\":{\"url\":\"/{{x..y}}\"}", "is not a path"},
		{"\"a\":{\"url\":\"/{{.x}}\"}", "is not a path"},
		{"\"a\":{\"url\":\"/\"},\"b\":{\"after\":\"a\",\"url\":\"/"
		 "\",\"body\":\"{{a.txt}}\"}",
			"a stage has only text, json, body and status"},
		{"\"a\":{\"url\":\"/\"},\"b\":{\"after\":\"a\",\"url\":\"/"
		 "\",\"body\":\"{{a.text.x}}\"}",
			"nothing may follow text"},
		{"\"a\":{\"url\":\"/\",\"body\":\"{{extrat.text}}\"}",
			"'extrat.text': unknown stage extrat; write row.extrat"},
		{"\"a\":{\"url\":\"/\",\"body\":\"{{row.doc.text}}\"}", NULL},
		{"\"a\":{\"url\":\"/\",\"body\":\"{{First Name}} {{Gr\\u00f6\\u00dfe}} {{json}}\"}",
			NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage_request r[PIPELINE_MAX_STAGES];
		struct error err = {""};
		struct pipeline p;
		char text[300];
		bool good;

		snprintf(text, sizeof(text), "{\"stages\":{%s}}", cases[i].stages);
		parse(text, &p);
		good = stage_requests_init(&p, r, &err);
		ck_assert_msg(good == !cases[i].says, "%s: %s", text, err.text);
		ck_assert_msg(good || strstr(err.text, cases[i].says), "%s: %s", text, err.text);
		shut_requests(&p, r);
	}
}
END_TEST

/* An answer stays valid while the requests of its stage and of the stages before it stay the same.
 */
START_TEST(a_stage_s_hash_covers_its_ancestors)
{
	static const char form[] =
		"{\"stages\":{\"a\":{\"body\":{\"input\":\"%s\"}},\"b\":{\"after\":\"a\",\"body\":{"
		"\"input\":\"%s\"}},\"c\":{\"rpm\":%d,\"body\":{}}}}";
	static const struct {
		const char *a, *b;
		int rpm;
		bool same[3];
	} cases[] = {{"x", "y", 1, {true, true, true}}, {"x", "y", 2, {true, true, true}},
		{"x", "z", 1, {true, false, true}}, {"z", "y", 1, {false, false, true}}};
	uint64_t first[3];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage_request r[PIPELINE_MAX_STAGES];
		struct pipeline p;
		char text[300];

		snprintf(text, sizeof(text), form, cases[i].a, cases[i].b, cases[i].rpm);
		requests(text, &p, r);
		for (int k = 0; k < 3; k++) {
			const struct stage_request *s = &r[pipeline_find(&p, "abc" + k, 1)];

			if (!i)
				first[k] = s->hash;
			ck_assert_msg((s->hash == first[k]) == cases[i].same[k], "%zu %d", i, k);
		}
		shut_requests(&p, r);
	}
}
END_TEST

/* Only what each row needs for sure. */
START_TEST(rows_need_what_unconditional_stages_name)
{
	struct stage_request r[PIPELINE_MAX_STAGES];
	struct pipeline p;
	static const char good[] = "{\"x\":{\"y\":1},\"z\":2,\"kind\":\"m\"}",
			  bad[] = "{\"x\":{\"y\":1},\"kind\":\"m\"}",
			  no_model[] = "{\"x\":{\"y\":1},\"z\":2}";
	struct rows *rows;
	struct buf out;
	struct error err = {""};

	requests("{\"stages\":{\"a\":{\"body\":{\"input\":\"{{x.y}} {{row.z}}\"}},\"b\":{\"after\":"
		 "\"a\",\"when\":\"more\",\"body\":{\"input\":\"{{extra}} "
		 "{{a.text}}\"}},\"c\":{\"model\":\"{{kind}}\",\"body\":{}}}}",
		&p, r);
	rows = stage_rows(&p, r);
	buf_init(&out, 1 << 20);
	ck_assert(rows_line(rows, good, strlen(good), &out, &err));
	ck_assert(!rows_line(rows, bad, strlen(bad), &out, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "\"z\""));
	ck_assert(!rows_line(rows, no_model, strlen(no_model), &out, &err));
	rows_free(rows);
	buf_free(&out);
	shut_requests(&p, r);
}
END_TEST

/* The one that ended the item answers for it. */
START_TEST(the_item_s_answer_is_the_deciding_one)
{
	struct pipeline p;
	struct flow f;

	parse("{\"stages\":{\"a\":{\"body\":{},\"finish_when\":\"a.status == 200\"},"
	      "\"b\":{\"body\":{}}}}",
		&p);
	flow_begin(&f, &p, "{}", 2);
	flow_advance(&f);
	flow_sent(&f, 0);
	flow_sent(&f, 1);
	ck_assert_int_eq(flow_answer(&f), -1);
	done(&f, 0, "{}");
	flow_advance(&f);
	done(&f, 1, "{}");
	flow_advance(&f);
	ck_assert_int_eq(flow_ended(&f), FLOW_ENDED_OK);
	ck_assert_int_eq(flow_answer(&f), 0);
	flow_free(&f);
	pipeline_free(&p);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {stages_are_put_in_order, bad_pipelines_are_refused,
		files_are_named_in_errors, stages_run_as_they_can, skipped_stages_count_as_done,
		an_item_may_finish_early, a_failed_stage_fails_the_item, paths_find_values,
		json_may_stand_in_a_fence, stages_become_requests,
		stages_that_are_no_requests_are_refused, requests_ask_for_what_may_be_there,
		a_stage_s_hash_covers_its_ancestors, rows_need_what_unconditional_stages_name,
		the_item_s_answer_is_the_deciding_one, NULL};

	return unit_run("flow", tests);
}
