/* What a model answered with, in whichever API's form. */
#include <string.h>

#include "api/answer_text.h"
#include "unit.h"

static const struct {
	const char *body;
	enum answer_content_kind kind;
	const char *content, *finish; /* finish NULL: none */
} cases[] = {
	{"{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"a\\nb\"},"
	 "\"finish_reason\":\"stop\"},{\"message\":{\"content\":\"second\"}}]}",
		CONTENT_TEXT, "a\nb", "stop"},
	{"{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"},"
	 "{\"type\":\"text\",\"text\":\"y\"}]}}]}",
		CONTENT_TEXT, "xy", NULL},
	{"{\"choices\":[{\"text\":\"plain\",\"finish_reason\":\"length\"}]}", CONTENT_TEXT, "plain",
		"length"},
	{"{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{}]},"
	 "\"finish_reason\":\"tool_calls\"}]}",
		CONTENT_NONE, "", "tool_calls"},
	{"{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I cannot\"}}]}", CONTENT_TEXT,
		"I cannot", NULL},
	/* responses */
	{"{\"object\":\"response\",\"status\":\"completed\",\"output\":[{\"type\":\"reasoning\"},"
	 "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"hi\"}]}]}",
		CONTENT_TEXT, "hi", "completed"},
	{"{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"},"
	 "\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"refusal\",\"refusal\":"
	 "\"no\"}]}]}",
		CONTENT_TEXT, "no", "max_output_tokens"},
	/* Anthropic */
	{"{\"type\":\"message\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"},"
	 "{\"type\":\"text\",\"text\":\"yes\"}],\"stop_reason\":\"end_turn\"}",
		CONTENT_TEXT, "yes", "end_turn"},
	{"{\"type\":\"message\",\"content\":[{\"type\":\"tool_use\",\"input\":{}}]}", CONTENT_NONE,
		"", NULL},
	/* Gemini: whole, thinking, as a list, blocked */
	{"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true},"
	 "{\"text\":\"4\"},{\"text\":\"2\"}]},\"finishReason\":\"STOP\"}]}",
		CONTENT_TEXT, "42", "STOP"},
	{"[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"4\"}]}}]},"
	 "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"2\"}]}}]}]",
		CONTENT_TEXT, "42", NULL},
	{"{\"candidates\":[{\"finishReason\":\"SAFETY\"}]}", CONTENT_NONE, "", "SAFETY"},
	/* Ollama, Cohere, Bedrock, TGI, a transcription */
	{"{\"message\":{\"role\":\"assistant\",\"content\":\"o\"},\"done_reason\":\"stop\"}",
		CONTENT_TEXT, "o", "stop"},
	{"{\"response\":\"g\",\"done\":true}", CONTENT_TEXT, "g", NULL},
	{"{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"c\"}]},"
	 "\"finish_reason\":\"COMPLETE\"}",
		CONTENT_TEXT, "c", "COMPLETE"},
	{"{\"output\":{\"message\":{\"content\":[{\"text\":\"b\"}]}},\"stopReason\":\"end_turn\"}",
		CONTENT_TEXT, "b", "end_turn"},
	{"[{\"generated_text\":\"t\"}]", CONTENT_TEXT, "t", NULL},
	{"{\"text\":\"spoken\"}", CONTENT_TEXT, "spoken", NULL},
	/* vectors */
	{"{\"object\":\"list\",\"data\":[{\"embedding\":[0.5,-1],\"index\":0}]}", CONTENT_JSON,
		"[0.5,-1]", NULL},
	{"{\"data\":[{\"embedding\":[1]},{\"embedding\":[2]}]}", CONTENT_JSON,
		"[{\"embedding\":[1]},{\"embedding\":[2]}]", NULL},
	{"{\"data\":[{\"embedding\":\"AAAA\"}]}", CONTENT_JSON, "\"AAAA\"", NULL},
	{"{\"embeddings\":[[1,2]]}", CONTENT_JSON, "[1,2]", NULL},
	{"{\"embeddings\":[[1],[2]]}", CONTENT_JSON, "[[1],[2]]", NULL},
	{"{\"embedding\":{\"values\":[3]}}", CONTENT_JSON, "[3]", NULL},
	{"{\"embedding\":[4]}", CONTENT_JSON, "[4]", NULL},
	{"{\"embeddings\":{\"float\":[[1]]}}", CONTENT_JSON, "{\"float\":[[1]]}", NULL},
	/* other services */
	{"{\"hits\":[]}", CONTENT_JSON, "{\"hits\":[]}", NULL},
	{"[]", CONTENT_JSON, "[]", NULL},
	{"{\"data\":[]}", CONTENT_JSON, "{\"data\":[]}", NULL},
	{"\"a string\"", CONTENT_JSON, "\"a string\"", NULL},
};

START_TEST(each_form_has_its_content)
{
	struct json_span body = {cases[_i].body, strlen(cases[_i].body)}, json = {NULL, 0}, finish;
	struct buf text;

	buf_init(&text, 1000);
	ck_assert_int_eq(answer_content_find(body, &text, &json), cases[_i].kind);
	if (cases[_i].kind == CONTENT_JSON)
		buf_add(&text, json.at, json.len);
	ck_assert_str_eq(buf_str(&text), cases[_i].content);
	finish = answer_finish(body);
	ck_assert_int_eq(finish.at != NULL, cases[_i].finish != NULL);
	if (finish.at)
		ck_assert(json_span_equals(finish, cases[_i].finish));
	buf_free(&text);
}
END_TEST

START_TEST(no_body_has_no_content)
{
	struct json_span json;
	struct buf text;

	buf_init(&text, 10);
	ck_assert_int_eq(
		answer_content_find((struct json_span){NULL, 0}, &text, &json), CONTENT_NONE);
	ck_assert_ptr_null(answer_finish((struct json_span){NULL, 0}).at);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {no_body_has_no_content, NULL};

	return unit_run_suite(&(struct unit_suite){.name = "answer text",
		.tests = tests,
		.loop = each_form_has_its_content,
		.loops = sizeof(cases) / sizeof(cases[0])});
}
