/* What requests and answers say, in the forms of the APIs, as parts by role. */
#include <stdio.h>
#include <string.h>

#include "api/conversation.h"
#include "base/buf.h"
#include "unit.h"

static void add_part(void *out, const char *role, const char *text, size_t len)
{
	buf_addf(out, "<%s> ", role);
	buf_add(out, text, len);
	buf_addc(out, '\n');
}

static void check_says(bool answer, const char *body, const char *said)
{
	struct buf out;
	struct conversation c = {add_part, &out};
	struct json_span span = json_whole(body, strlen(body));
	bool any;

	buf_init(&out, 1 << 16);
	ck_assert_msg(span.at != NULL, "%s", body);
	any = answer ? conversation_of_answer(span, &c) : conversation_of_request(span, &c);
	ck_assert_msg(!strcmp(buf_str(&out), said), "%s says\n%s", body, buf_str(&out));
	ck_assert_int_eq(any, said[0] != '\0');
	buf_free(&out);
}

static void check_all(bool answer, const char *const cases[][2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_says(answer, cases[i][0], cases[i][1]);
}

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(a_request_speaks_by_role)
{
	static const char *const cases[][2] = {
		{"{\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
		 "{\"role\":\"user\",\"content\":\"\\ud83d\\ude80 \\u4e16\\n2\"}]}",
			"<system> Be brief.\n<user> 🚀 世\n2\n"},
		/* Anthropic: blocks, an image, a call and its result */
		{"{\"system\":[{\"type\":\"text\",\"text\":\"S\"}],\"messages\":[{\"role\":"
		 "\"user\","
		 "\"content\":[{\"type\":\"text\",\"text\":\"What is it?\"},{\"type\":\"image\","
		 "\"source\":{\"type\":\"base64\",\"media_type\":\"image/"
		 "png\",\"data\":\"AAAA\"}}]},"
		 "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"name\":\"look\","
		 "\"input\":{\"x\":1}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
		 "\"content\":\"a cat\"}]}]}",
			"<system> S\n<user> What is it?\n[image: image/png, 4 bytes of base64]\n"
			"<assistant calls look> {\"x\":1}\n<user> a cat\n"},
		/* OpenAI's: parts, files, calls */
		{"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}"
		 ","
		 "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x.example/a.png\"}},"
		 "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/webp;base64,AA\"}},"
		 "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA\",\"format\":\"wav\"}}]}"
		 ","
		 "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"function\":{\"name\":"
		 "\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\",\"content\":\"7\"}]"
		 "}",
			"<user> a\n[image: https://x.example/a.png]\n"
			"[image: image/webp, 25 bytes of base64]\n[input_audio: wav, 2 bytes of "
			"base64]\n<assistant calls f> {\"a\":1}\n<tool> 7\n"},
		/* Responses */
		{"{\"instructions\":\"I\",\"input\":\"Q\"}", "<system> I\n<user> Q\n"},
		{"{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":"
		 "\"t\"},"
		 "{\"type\":\"input_image\",\"image_url\":\"https://x.example/b\"}]},{\"type\":"
		 "\"function_call\",\"name\":\"g\",\"arguments\":\"{}\"},{\"type\":"
		 "\"function_call_output\",\"output\":\"42\"}]}",
			"<user> t\n[image: https://x.example/b]\n<user calls g> {}\n<tool> 42\n"},
		/* Gemini */
		{"{\"systemInstruction\":{\"parts\":[{\"text\":\"S\"}]},\"contents\":[{\"role\":"
		 "\"user\",\"parts\":[{\"text\":\"hi\"},{\"inlineData\":{\"mimeType\":\"image/"
		 "png\","
		 "\"data\":\"AAA\"}}]},{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":"
		 "\"h\",\"args\":{}}}]}]}",
			"<system> S\n<user> hi\n[inline data: image/png, 3 bytes of base64]\n"
			"<user calls h> {}\n"},
		/* embeddings, completions */
		{"{\"model\":\"m\",\"input\":[\"a\",\"b\"]}", "<user> a\n<user> b\n"},
		{"{\"prompt\":\"Once\"}", "<user> Once\n"},
		{"{\"rows\":[1,2]}", ""},
		{"[1]", ""},
		{"{\"messages\":{\"a\":1}}", "<user> {\"a\":1}\n"},
		{"{\"messages\":[[[]],7,null]}", "<user> []\n<user> 7\n"},
	};

	check_all(false, cases, N_OF(cases));
}
END_TEST

START_TEST(an_answer_speaks_by_role)
{
	static const char *const cases[][2] = {
		{"{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"a\\nb\"}},"
		 "{\"message\":{\"role\":\"assistant\",\"content\":\"second\"}}]}",
			"<assistant> a\nb\n<assistant> second\n"},
		{"{\"choices\":[{\"message\":{\"content\":null,\"reasoning_content\":\"hm\","
		 "\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}",
			"<assistant thinks> hm\n<assistant calls f> {}\n"},
		{"{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I cannot\"}}]}",
			"<assistant> I cannot\n"},
		{"{\"choices\":[{\"text\":\"plain\"}]}", "<assistant> plain\n"},
		{"{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\"},"
		 "{\"type\":\"text\",\"text\":\"yes\"},{\"type\":\"tool_use\",\"name\":\"n\","
		 "\"input\":"
		 "{}}]}",
			"<assistant thinks> t\n<assistant> yes\n<assistant calls n> {}\n"},
		{"{\"output\":[{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\","
		 "\"text\":"
		 "\"r\"}]},{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
		 "\"output_text\",\"text\":\"o\"}]},{\"type\":\"image_generation_call\",\"result\":"
		 "\"AAAA\"}]}",
			"<assistant thinks> r\n<assistant> o\n<assistant> [image: 4 bytes of "
			"base64]\n"},
		{"{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"p\","
		 "\"thought\":"
		 "true},{\"text\":\"g\"}]}}]}",
			"<assistant thinks> p\n<assistant> g\n"},
		{"{\"message\":{\"role\":\"assistant\",\"content\":\"ollama\"}}",
			"<assistant> ollama\n"},
		{"{\"generation\":\"llama\"}", "<assistant> llama\n"},
		{"{\"data\":[{\"embedding\":[1,2]}]}", "<vector> [1,2]\n"},
		{"{\"error\":{\"message\":\"no such model\"}}", "<error> no such model\n"},
		{"{\"error\":\"busy\"}", "<error> busy\n"},
		{"{\"total\":3}", ""},
	};

	check_all(true, cases, N_OF(cases));
}
END_TEST

START_TEST(nothing_is_too_deep)
{
	char body[4000] = "{\"messages\":[{\"role\":\"user\",\"content\":";
	struct buf out;
	struct conversation c = {add_part, &out};

	for (int i = 0; i < 100; i++)
		strcat(body, "[{\"type\":\"tool_result\",\"content\":");
	strcat(body, "1");
	for (int i = 0; i < 100; i++)
		strcat(body, "}]");
	strcat(body, "}]}");
	buf_init(&out, 1 << 16);
	conversation_of_request(json_whole(body, strlen(body)), &c);
	buf_free(&out);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_request_speaks_by_role, an_answer_speaks_by_role, nothing_is_too_deep, NULL};

	return unit_run("conversation", tests);
}
