/* What a good answer must be beyond its status. */
#include <string.h>

#include "api/expect.h"
#include "api/provider.h"
#include "unit.h"

#define CHAT(text, finish)                                                                         \
	"{\"choices\":[{\"message\":{\"content\":" text "},\"finish_reason\":\"" finish "\"}]}"

#define CALL(members)  "{\"choices\":[{\"message\":{\"content\":null," members "}}]}"
#define BLOCKS(blocks) "{\"type\":\"message\",\"content\":[" blocks "]}"

/* Up to the place where what is shown of a text ends, within a letter. */
#define SIXTY_BYTES                                                                                \
	"\"0123456789012345678901234567890123456789012345678"                                      \
	"012345678x"

static const struct {
	const char *expect, *body;
	const char *code, *says; /* NULL: it passes */
} cases[] = {
	{"json", CHAT("\"{\\\"a\\\":1}\"", "stop"), NULL, NULL},
	{"json", CHAT("\"```json\\n[1]\\n```\"", "stop"), NULL, NULL},
	{"json", CHAT("\"Sure! {}\"", "stop"), "expect_json", "expected JSON, got \"Sure! {}\""},
	{"json", CHAT("\"\"", "stop"), "expect_json", "got nothing"},
	{"json", CHAT("null", "stop"), "expect_json", "got nothing"},
	{"json", "{\"content\":[{\"type\":\"text\",\"text\":\"{\"},{\"text\":\"}\"}]}", NULL, NULL},
	{"json", "{\"output\":[{\"type\":\"reasoning\"},{\"content\":[{\"text\":\"3\"}]}]}", NULL,
		NULL},
	{"json",
		"{\"output\":[{\"type\":\"reasoning\",\"content\":[{\"type\":\"reasoning_text\","
		"\"text\":\"hm\"}]},{\"type\":\"message\",\"content\":[{\"text\":\"3\"}]}]}",
		NULL, NULL},
	{"json", "{\"choices\":[{\"text\":\"nope\"}]}", "expect_json", "nope"},
	{"json", CHAT("\"\\u001b[2Jx\"", "stop"), "expect_json", "\\x1b[2Jx"},
	{"json", CHAT("\"{\\\"a\\\": \\\"b\\\\\\\"\"", "length"), "expect_json",
		"expected JSON, got \"{\\\"a\\\": \\\"b\\\\\\\"\""},
	{"json", CHAT(SIXTY_BYTES "\xc3\xa9\"", "stop"), "expect_json", "012345678x...\""},
	/* of a plain HTTP call */
	{"json", "not JSON itself", "expect_json", "got \"not JSON itself\""},
	{"json", "{\"hits\":[]}", NULL, NULL},
	{"nonempty", "", "expect_nonempty", "got nothing"},
	{"nonempty", CHAT("\"hello\"", "stop"), NULL, NULL},
	{"nonempty", CHAT("\" \\n\\t\"", "stop"), "expect_nonempty", "expected a text"},
	{"nonempty", "[]", NULL, NULL},
	{"nonempty", "{\"choices\":[{\"message\":{\"content\":null}}]}", "expect_nonempty",
		"got nothing"},
	{"text", CHAT("\"hello\"", "stop"), NULL, NULL},
	{"text", CHAT("\" \"", "stop"), "expect_text", "expected a text"},
	{"finish_reason=stop", CHAT("\"x\"", "stop"), NULL, NULL},
	{"finish_reason=stop", CHAT("\"x\"", "length"), "expect_finish_reason",
		"expected finish_reason=stop, got \"length\""},
	/* the same of other APIs */
	{"finish_reason=stop", "{\"stop_reason\":\"end_turn\"}", NULL, NULL},
	{"finish_reason=end_turn", "{\"stop_reason\":\"end_turn\"}", NULL, NULL},
	{"finish_reason=stop", "{\"stop_reason\":\"max_tokens\"}", "expect_finish_reason",
		"expected finish_reason=stop, got \"max_tokens\""},
	{"finish_reason=stop", "{\"status\":\"completed\",\"incomplete_details\":null}", NULL,
		NULL},
	{"finish_reason=length",
		"{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":"
		"\"max_output_tokens\"}}",
		NULL, NULL},
	{"finish_reason=stop",
		"{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":"
		"\"max_output_tokens\"}}",
		"expect_finish_reason", "got \"max_output_tokens\""},
	{"finish_reason=stop", "{\"choices\":[]}", "expect_finish_reason", "got nothing"},
	{"stop_reason=end_turn", "{\"stop_reason\":\"max_tokens\"}", "expect_stop_reason",
		"max_tokens"},
	{"stop_reason=end_turn", "{\"stop_reason\":\"end_turn\"}", NULL, NULL},
	{"a.1.b=2", "{\"a\":[0,{\"b\":2}]}", NULL, NULL},
	{"a.1.b=2", "{\"a\":[0]}", "expect_b", "got nothing"},
	{"a=nothing", "{\"b\":1}", "expect_a", "got nothing"},
	{"a=1.10", "{\"a\": 1.10 }", NULL, NULL},
	{"done=true", "{\"done\":true}", NULL, NULL},
	{"x==", "{\"x\":\"=\"}", NULL, NULL},
};

/* As of an answer whose verdict is ok so far. */
static bool judge(
	const struct expects *e, const char *provider, const char *body, struct verdict *v)
{
	size_t len = strlen(body);

	*v = (struct verdict){.outcome = OUTCOME_OK, .json = json_whole(body, len)};
	return expects_judge(e, provider_by_name(provider), body, len, v);
}

START_TEST(answers_are_judged)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict v;
		struct expects e = {.n = 0};
		struct error err = {""};
		bool good;

		ck_assert_msg(expects_add(&e, cases[i].expect, &err), "%s", err.text);
		good = judge(&e, "raw", cases[i].body, &v);
		ck_assert_msg(good == !cases[i].code, "case %zu: %s", i, v.message);
		ck_assert_int_eq(expects_failed(&v), !good);
		if (good)
			continue;
		ck_assert_int_eq(v.outcome, OUTCOME_BAD_RESPONSE);
		ck_assert_str_eq(v.code, cases[i].code);
		ck_assert_msg(
			strstr(v.message, cases[i].says) != NULL, "case %zu: %s", i, v.message);
	}
}
END_TEST

START_TEST(tool_calls_stand_for_a_text)
{
	static const struct {
		const char *provider, *expect, *body;
		const char *code; /* NULL: it passes */
	} calls[] = {
		{"openai", "nonempty", CALL("\"tool_calls\":[{\"id\":\"x\"}]"), NULL},
		{"openai", "json", CALL("\"tool_calls\":[{\"id\":\"x\"}]"), NULL},
		{"openai", "json", CALL("\"function_call\":{\"name\":\"f\"}"), NULL},
		{"openai", "nonempty", CALL("\"tool_calls\":[]"), "expect_nonempty"},
		{"openai", "nonempty", CALL("\"tool_calls\":null"), "expect_nonempty"},
		{"anthropic", "json",
			BLOCKS("{\"type\":\"text\",\"text\":\"I call\"},{\"type\":\"tool_use\"}"),
			NULL},
		{"anthropic", "nonempty", BLOCKS("{\"type\":\"tool_use\"}"), NULL},
		{"anthropic", "nonempty", BLOCKS("{\"type\":\"thinking\"}"), "expect_nonempty"},
		{"openai", "nonempty",
			"{\"output\":[{\"type\":\"reasoning\"},{\"type\":\"function_call\"}]}",
			NULL},
		{"openai", "json", "{\"output\":[{\"type\":\"custom_tool_call\"}]}", NULL},
		{"openai", "nonempty", "{\"output\":[{\"type\":\"web_search_call\"}]}",
			"expect_nonempty"},
		{"openai", "text", CALL("\"tool_calls\":[{\"id\":\"x\"}]"), "expect_text"},
		{"anthropic", "text", BLOCKS("{\"type\":\"tool_use\"}"), "expect_text"},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct expects e = {.n = 0};
		struct error err;
		struct verdict v;

		ck_assert(expects_add(&e, calls[i].expect, &err));
		ck_assert_msg(judge(&e, calls[i].provider, calls[i].body, &v) == !calls[i].code,
			"%s of %s", calls[i].expect, calls[i].body);
		ck_assert_str_eq(v.code, calls[i].code ? calls[i].code : "");
	}
}
END_TEST

START_TEST(lists_are_not_empty_when_something_is_in_them)
{
	static const char *const bodies[] = {
		"{\"data\":[]}", "{\"data\":[{\"index\":0,\"embedding\":[0.5]}]}"};

	for (size_t i = 0; i < 2; i++) {
		struct verdict v;
		struct expects e = {.n = 0};
		struct error err;

		expects_add(&e, "nonempty", &err);
		expects_add(&e, "json", &err);
		ck_assert_int_eq(judge(&e, "openai", bodies[i], &v), i);
	}
}
END_TEST

START_TEST(all_of_several_must_hold)
{
	static const char body[] = CHAT("\"{}\"", "length");
	struct verdict v;
	struct expects e = {.n = 0};
	struct error err;

	ck_assert(expects_add(&e, "json", &err) && judge(&e, "raw", body, &v));
	ck_assert(expects_add(&e, "finish_reason=stop", &err));
	ck_assert(!judge(&e, "raw", body, &v));
	ck_assert_str_eq(v.code, "expect_finish_reason");
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const char *const texts[] = {"", "yaml", "=stop", "JSON"};
	struct expects e = {.n = 0};
	struct error err;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(!expects_add(&e, texts[i], &err), "%s", texts[i]);
	ck_assert_uint_eq(e.n, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {answers_are_judged, tool_calls_stand_for_a_text,
		lists_are_not_empty_when_something_is_in_them, all_of_several_must_hold,
		nonsense_is_refused, NULL};

	return unit_run("expect", tests);
}
