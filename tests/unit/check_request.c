/* Input lines as requests: recognised, refused, built. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/media.h"
#include "api/provider.h"
#include "api/request.h"
#include "api/request_oddities.h"
#include "base/alloc.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define BASE    "https://api.example.com"
#define JSON    "Content-Type: application/json\n"

struct built {
	const char *line;
	enum input_format format;                  /* found by itself */
	const char *method, *url, *headers, *body; /* body NULL: none */
};

static const struct built lines[] = {
	{"{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
	 "\"body\":{\"model\": \"m\" , \"x\":[1,2]}}",
		FORMAT_OPENAI, "POST", BASE "/v1/chat/completions", JSON,
		"{\"model\": \"m\" , \"x\":[1,2]}"},
	{"{\"url\":\"v1/embeddings\",\"body\":{}}", FORMAT_OPENAI, "POST", BASE "/v1/embeddings",
		JSON, "{}"},
	{"{\"url\":\"https://other.example/x\",\"body\":{\"model\":\"m\"}}", FORMAT_OPENAI, "POST",
		"https://other.example/x", JSON, "{\"model\":\"m\"}"},
	{"{\"custom_id\":\"a\",\"params\":{\"model\":\"claude\"}}", FORMAT_ANTHROPIC, "POST",
		BASE "/v1/messages", JSON, "{\"model\":\"claude\"}"},
	{" {\"custom_id\":7,\"model\":\"m\",\"priority\":\"high\",\"messages\":[],\"metadata\":{}}"
	 "\t",
		FORMAT_BODY, "POST", BASE "/v1/chat/completions", JSON,
		"{\"model\":\"m\",\"messages\":[]}"},
	{"{\"endpoint\":\"east\",\"model\":\"m\",\"prompt\":\"x\"}", FORMAT_BODY, "POST",
		BASE "/v1/completions", JSON, "{\"model\":\"m\",\"prompt\":\"x\"}"},
	{"{\"model\":\"m\",\"prompt\":\"x\",\"endpoint\":null}", FORMAT_BODY, "POST",
		BASE "/v1/completions", JSON, "{\"model\":\"m\",\"prompt\":\"x\"}"},
	{"{\"model\":\"text-embedding-3-small\",\"input\":\"x\",\"dimensions\":9}", FORMAT_BODY,
		"POST", BASE "/v1/embeddings", JSON,
		"{\"model\":\"text-embedding-3-small\",\"input\":\"x\",\"dimensions\":9}"},
	{"{\"model\":\"gpt-5\",\"input\":\"x\"}", FORMAT_BODY, "POST", BASE "/v1/responses", JSON,
		"{\"model\":\"gpt-5\",\"input\":\"x\"}"},
	{"{\"model\":\"o4-mini\",\"input\":\"x\"}", FORMAT_BODY, "POST", BASE "/v1/responses", JSON,
		"{\"model\":\"o4-mini\",\"input\":\"x\"}"},
	{"{\"model\":\"orca\",\"input\":\"x\"}", FORMAT_BODY, "POST", BASE "/v1/embeddings", JSON,
		"{\"model\":\"orca\",\"input\":\"x\"}"},
	{"{\"model\":\"m\",\"input\":\"x\",\"tools\":[]}", FORMAT_BODY, "POST",
		BASE "/v1/responses", JSON, "{\"model\":\"m\",\"input\":\"x\",\"tools\":[]}"},
	{"{\"model\":\"m\",\"prompt\":\"x\"}", FORMAT_BODY, "POST", BASE "/v1/completions", JSON,
		"{\"model\":\"m\",\"prompt\":\"x\"}"},
	{"{\"url\":\"HTTP://h/x\"}", FORMAT_HTTP, "GET", "HTTP://h/x", "", NULL},
	{"{\"url\":\"/x?y=1\",\"method\":\"delete\",\"body\":null}", FORMAT_HTTP, "DELETE",
		BASE "/x?y=1", "", NULL},
	{"{\"url\":\"\\/items\",\"body\":{\"name\":\"x\"}}", FORMAT_HTTP, "POST", BASE "/items",
		JSON, "{\"name\":\"x\"}"},
	{"{\"url\":\"/x\",\"body\":\"a=1&b=\\u00e9\\n\"}", FORMAT_HTTP, "POST", BASE "/x", "",
		"a=1&b=\xc3\xa9\n"},
	{"{\"url\":\"/x\",\"body\":\"\"}", FORMAT_HTTP, "POST", BASE "/x", "", ""},
	{"{\"url\":\"/x\",\"body\":[1, 2]}", FORMAT_HTTP, "POST", BASE "/x", JSON, "[1, 2]"},
	{"{\"url\":\"/v1/"
	 "x\",\"method\":\"PUT\",\"headers\":{\"X-A\":\"b\\u0020c\",\"content-type\":"
	 "\"text/x\"},\"body\":{\"model\":\"m\"}}",
		FORMAT_HTTP, "PUT", BASE "/v1/x", "X-A: b c\ncontent-type: text/x\n",
		"{\"model\":\"m\"}"},
	{"{\"url\":\"models/m:predict\",\"headers\":{},\"body\":{}}", FORMAT_HTTP, "POST",
		BASE "/models/m:predict", JSON, "{}"},
};

static bool build(const struct endpoint *e, const char *text, enum input_format format,
	struct request_line *line, struct request *r, struct error *err)
{
	err->text[0] = '\0';
	return request_parse(text, strlen(text), format, line, err) &&
	       request_build(e, line, r, err);
}

START_TEST(lines_become_requests)
{
	struct endpoint e = {.provider = provider_by_name("openai"), .base_url = (char[]){BASE}};
	struct request_line line;
	struct error err;
	struct request r;

	request_init(&r, 1000);
	for (size_t i = 0; i < N_OF(lines); i++) {
		const struct built *w = &lines[i];

		ck_assert_msg(build(&e, w->line, FORMAT_AUTO, &line, &r, &err), "%s: %s", w->line,
			err.text);
		ck_assert_msg(line.format == w->format, "%s: format %d", w->line, line.format);
		ck_assert_str_eq(r.method, w->method);
		ck_assert_str_eq(buf_str(&r.url), w->url);
		ck_assert_str_eq(buf_str(&r.headers), w->headers);
		ck_assert_int_eq(r.has_body, w->body != NULL);
		ck_assert_str_eq(buf_str(&r.body), w->body ? w->body : "");
	}
	request_free(&r);
}
END_TEST

START_TEST(wrong_lines_are_refused)
{
	static const struct {
		const char *line, *says;
		enum input_format format;
	} cases[] = {
		{"{\"a\":", "not valid JSON: the text ends where a value is expected at byte 6", 0},
		{"hello", "not valid JSON: expected a value at byte 1", 0},
		{"[1]", "not a JSON object", 0},
		{"{\"method\":\"POST\",\"body\":{}}", "the line has no url", 0},
		{"{\"custom_id\":\"a\",\"body\":{}}", "the line has no url", 0},
		{"{\"model\":\"m\"}", "the line has no url", FORMAT_HTTP},
		{"{\"url\":7,\"body\":{}}", "url must be a string", 0},
		{"{\"url\":\"\"}", "url is empty", 0},
		{"{\"url\":\"/a b\"}", "url contains a space or control character: write it as %20",
			0},
		{"{\"url\":\"/a\\u0000\"}", "url contains a space or control character", 0},
		{"{\"url\":\"ftp://me:secret@h/\"}", "url has the scheme \"ftp\"", 0},
		{"{\"url\":\"file:/etc/passwd\"}", "url has the scheme \"file\"", 0},
		{"{\"url\":\"http:///x\"}", "url has a scheme but no host", 0},
		{"{\"url\":\"https:x\"}", "url has a scheme but no host", 0},
		{"{\"url\":\"http://[::1\"}", "url is not valid: ", 0},
		{"{\"url\":\"http://h:99999/x\"}", "url is not valid: ", 0},
		{"{\"url\":\"http://a:secret@/x\"}", "url is not valid: ", 0},
		{"{\"url\":\"/x\",\"method\":\"GE T\"}", "method must be a word", 0},
		{"{\"url\":\"/x\",\"method\":\"\"}", "method must be a word", 0},
		{"{\"url\":\"/x\",\"method\":\"ABCDEFGHIJKLMNOP\"}", "method must be a word", 0},
		{"{\"url\":\"/x\",\"method\":1}", "method must be a word", 0},
		{"{\"url\":\"/x\",\"headers\":[]}", "headers must be an object of strings", 0},
		{"{\"url\":\"/x\",\"headers\":{\"A\":1}}", "the header A must be a string", 0},
		{"{\"url\":\"/x\",\"headers\":{\"A b\":\"x\"}}", "\"A b\" in headers is not", 0},
		{"{\"url\":\"/x\",\"headers\":{\"\":\"x\"}}", "\"\" in headers is not", 0},
		{"{\"url\":\"/x\",\"headers\":{\"A\":\"secret\\r\\nB: c\"}}",
			"the header A contains a line break or control character", 0},
		{"{\"url\":\"/x\",\"headers\":{\"A\":\"\\u0000\"}}", "the header A contains", 0},
		{"{\"url\":\"/x\",\"headers\":{\"Content-Length\":\"5\"}}",
			"the header Content-Length cannot be set", 0},
		{"{\"url\":\"/x\",\"custom_id\":[]}", "custom_id must be a string", 0},
		{"{\"url\":\"/x\",\"custom_id\":1.5}", "custom_id must be a string", 0},
		{"{\"url\":\"/x\",\"priority\":\"urgent\"}", "priority must be", 0},
		{"{\"url\":\"/x\",\"body\":\"s\"}", "an OpenAI batch line needs an object",
			FORMAT_OPENAI},
		{"{\"model\":\"m\"}", "an Anthropic line needs an object", FORMAT_ANTHROPIC},
	};
	struct request_line line;
	struct error err;

	for (size_t i = 0; i < N_OF(cases); i++) {
		ck_assert_msg(!request_parse(cases[i].line, strlen(cases[i].line), cases[i].format,
				      &line, &err),
			"%s", cases[i].line);
		ck_assert_msg(strstr(err.text, cases[i].says) == err.text, "%s: %s", cases[i].line,
			err.text);
		ck_assert_ptr_null(strstr(err.text, "secret"));
	}
}
END_TEST

START_TEST(base_urls_and_paths_are_joined)
{
	static const struct {
		const char *base, *path, *url;
	} cases[] = {
		{"http://h", "/v1/x", "http://h/v1/x"},
		{"http://h/", "v1/x", "http://h/v1/x"},
		{"http://h/v1", "/v1/x", "http://h/v1/x"},
		{"http://h/v1/", "v1/x", "http://h/v1/x"},
		{"http://h/v1", "/x", "http://h/v1/x"},
		{"http://h/v1", "/v1?a", "http://h/v1?a"},
		{"http://h/v1", "/v1", "http://h/v1"},
		{"http://h/v1", "/v10/x", "http://h/v1/v10/x"},
		{"http://h/v2", "/v1/x", "http://h/v2/v1/x"},
		{"http://h/openai/v1", "/v1/x", "http://h/openai/v1/x"},
		{"http://h", "?q", "http://h?q"},
		{"http://h", "//evil/x", "http://h//evil/x"},
		{"http://h", "@evil", "http://h/@evil"},
		{"http://h", "https://k/v1/x", "https://k/v1/x"},
		{NULL, "https://k/v1/x", "https://k/v1/x"},
		{NULL, "/x", NULL},
	};
	struct request_line line;
	struct error err;
	struct request r;

	request_init(&r, 100);
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct endpoint e = {.provider = provider_by_name("raw")};
		char text[100], base[50];

		if (cases[i].base)
			e.base_url = strcpy(base, cases[i].base);
		snprintf(text, sizeof(text), "{\"url\":\"%s\"}", cases[i].path);
		ck_assert_int_eq(
			build(&e, text, FORMAT_AUTO, &line, &r, &err), cases[i].url != NULL);
		if (cases[i].url)
			ck_assert_str_eq(buf_str(&r.url), cases[i].url);
		else
			ck_assert_str_eq(err.text, "the url is relative and there is no base URL: "
						   "give --url");
	}
	request_free(&r);
}
END_TEST

START_TEST(base_urls_have_no_fragment)
{
	static const char *const wrong[] = {
		"http://h#", "https://h/v1#x", "https://h/#/v1", "https://h?a#b", "http://u#p@h"};
	struct error err;

	for (size_t i = 0; i < N_OF(wrong); i++) {
		ck_assert_msg(!request_base_valid(wrong[i], &err), "%s", wrong[i]);
		ck_assert_msg(strstr(err.text, "fragment"), "%s", err.text);
	}
	ck_assert(request_base_valid("https://h/v1%23x?a=%23", &err));
}
END_TEST

START_TEST(bare_bodies_go_where_the_provider_says)
{
	static const struct {
		const char *provider, *url;
	} cases[] = {{"openai", BASE "/v1/chat/completions"}, {"anthropic", BASE "/v1/messages"},
		{"raw", BASE}};
	struct request_line line;
	struct error err;
	struct request r;

	request_init(&r, 5);
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct endpoint e = {.provider = provider_by_name(cases[i].provider),
			.base_url = (char[]){BASE},
			.has_content_type = true};

		ck_assert(build(&e, "{\"a\":1,\"metadata\":2}", FORMAT_ANY, &line, &r, &err) ==
			  false);
		ck_assert_str_eq(err.text, "the body is larger than 5 bytes");
		ck_assert(build(&e, "{\"a\":1}", FORMAT_ANY, &line, &r, &err) == false);
		ck_assert(build(&e, "{\"custom_id\":1}", FORMAT_ANY, &line, &r, &err));
		ck_assert_str_eq(buf_str(&r.url), cases[i].url);
		ck_assert_str_eq(buf_str(&r.headers), "");
		ck_assert_str_eq(buf_str(&r.body), "{}");
	}
	request_free(&r);
}
END_TEST

START_TEST(ids_priorities_and_sizes)
{
	static const struct {
		const char *line, *id;
		int priority;
		int64_t max_tokens;
		double tokens;
	} cases[] = {
		{"{\"custom_id\":\"a\\u00e9\",\"messages\":[ 345678]}", "a\xc3\xa9", 0, -1, 2.25},
		{"{\"custom_id\":-12,\"priority\":\"low\",\"max_tokens\":5,\"model\":\"\"}", "-12",
			-10, 5, 15},
		{"{\"custom_id\":1e3,\"priority\":-1000,\"prompt\":\"5678\"}", "1000", -100, -1,
			1.5},
		{"{\"priority\":\"high\",\"max_tokens\":5,\"max_completion_tokens\":9,\"input\":[]"
		 "}",
			"17", 10, 9, 0.5},
		{"{\"custom_id\":null,\"priority\":3,\"max_output_tokens\":null,\"input\":[]}",
			"17", 3, -1, 0.5},
		{"{\"custom_id\":\"\",\"params\":{\"system\":\"67\",\"messages\":[]}}", "", 0, -1,
			1.5},
		{"{\"url\":\"/x\",\"body\":\"123456\"}", "17", 0, -1, 2},
	};
	struct request_line line;
	struct error err;
	struct buf id;

	buf_init(&id, 100);
	for (size_t i = 0; i < N_OF(cases); i++) {
		ck_assert_msg(request_parse(cases[i].line, strlen(cases[i].line), FORMAT_AUTO,
				      &line, &err),
			"%s: %s", cases[i].line, err.text);
		buf_clear(&id);
		ck_assert(request_id(&line, 17, &id));
		ck_assert_str_eq(buf_str(&id), cases[i].id);
		ck_assert_int_eq(line.priority, cases[i].priority);
		ck_assert_int_eq(line.max_tokens, cases[i].max_tokens);
		ck_assert_double_eq(request_estimate_tokens(&line), cases[i].tokens);
	}
	buf_free(&id);
}
END_TEST

START_TEST(providers_are_guessed)
{
	static const struct {
		const char *line, *provider;
	} cases[] = {
		{"{\"url\":\"/v1/chat/completions\",\"body\":{}}", "openai"},
		{"{\"model\":\"m\",\"messages\":[]}", "openai"},
		{"{\"params\":{}}", "anthropic"},
		{"{\"url\":\"https://h/x\",\"body\":\"y\"}", "raw"},
		{"not json", "openai"},
	};
	size_t n;

	for (size_t i = 0; i < N_OF(cases); i++)
		ck_assert_str_eq(provider_guess(cases[i].line, strlen(cases[i].line))->name,
			cases[i].provider);
	ck_assert_ptr_null(provider_by_name("nobody"));
	ck_assert_ptr_eq(provider_table(&n)[0], provider_by_name("OpenAI"));
	ck_assert_uint_eq(n, 4);
}
END_TEST

START_TEST(lines_have_the_dialect_of_their_call)
{
	static const struct {
		const char *endpoint, *line, *provider;
	} cases[] = {
		{"openai", "{\"url\":\"/v1/chat/completions\",\"body\":{}}", "openai"},
		{"openai", "{\"url\":\"/v1/messages\",\"body\":{}}", "anthropic"},
		{"openai", "{\"url\":\"/v1/messages?beta=true\",\"body\":{}}", "anthropic"},
		{"openai", "{\"url\":\"/v1/messages/batches\",\"body\":{}}", "openai"},
		{"openai", "{\"params\":{}}", "anthropic"},
		{"openai", "{\"url\":\"https://h/v1/messages\"}", "raw"},
		{"openai", "{\"messages\":[]}", "openai"},
		{"anthropic", "{\"messages\":[]}", "anthropic"},
		{"anthropic", "{\"url\":\"/v1/chat/completions\",\"body\":{}}", "openai"},
		{"raw", "{\"url\":\"/v1/embeddings\",\"body\":{}}", "raw"},
	};
	struct request_line line;

	for (size_t i = 0; i < N_OF(cases); i++) {
		ck_assert(request_parse(
			cases[i].line, strlen(cases[i].line), FORMAT_AUTO, &line, NULL));
		ck_assert_str_eq(provider_of(provider_by_name(cases[i].endpoint), &line)->name,
			cases[i].provider);
	}
}
END_TEST

/* Images, files and audio count as flat numbers, in the words of all providers. */
START_TEST(media_count_flat)
{
	static const struct {
		const char *body; /* % stands for the data */
		size_t kilobytes;
		double tokens; /* without the text beside the data */
	} cases[] = {
		{"{'messages':[{'role':'user','content':[{'type':'text','text':'Hi'},"
		 "{'type':'image_url','image_url':{'url':'data:image/png;base64,%'}}]}]}",
			2000, MEDIA_IMAGE},
		{"{'input':[{'role':'user','content':[{'type':'input_image','image_url':"
		 "'data:image/jpeg;base64,%'}]}]}",
			1, MEDIA_IMAGE},
		{"{'messages':[{'role':'user','content':[{'type':'image','source':{'type':'base64',"
		 "'media_type':'image/png','data':'%'}}]}]}",
			300, MEDIA_IMAGE},
		{"{'messages':[{'role':'user','content':[{'type':'image','source':{'data':'%',"
		 "'type':'base64','media_type':'image/png'}}]}]}",
			300, MEDIA_IMAGE},
		{"{'messages':[{'content':[{'type':'document','source':{'type':'base64',"
		 "'media_type':'application/pdf','data':'%'}},{'type':'text','text':'image?'}]}]}",
			900, MEDIA_FILE},
		{"{'messages':[{'content':[{'type':'file','file':{'filename':'a.pdf','file_data':"
		 "'data:application/pdf;base64,%'}}]}]}",
			900, MEDIA_FILE},
		{"{'contents':[{'parts':[{'text':'What?'},{'inlineData':{'mimeType':'image/webp',"
		 "'data':'%'}}]}]}",
			500, MEDIA_IMAGE},
		{"{'contents':[{'parts':[{'inline_data':{'data':'%','mime_type':'audio/mp3'}}]}]}",
			1100, MEDIA_MINUTE},
		{"{'messages':[{'content':[{'type':'input_audio','input_audio':{'data':'%',"
		 "'format':'mp3'}}]}]}",
			2000, 2 * MEDIA_MINUTE},
		{"{'messages':[{'content':[{'type':'input_audio','input_audio':{'data':'%',"
		 "'format':'wav'}}]}]}",
			2400, MEDIA_MINUTE},
		{"{'model':'llava','messages':[{'role':'user','content':'x','images':['%']}]}", 100,
			MEDIA_IMAGE},
		{"{'messages':[{'content':[{'image':{'format':'png','source':{'bytes':'%'}}}]}]}",
			100, MEDIA_IMAGE},
		{"{'blob':'%'}", 100, MEDIA_FILE},
	};
	struct request_line line;
	struct buf text;

	buf_init(&text, 8 << 20);
	for (size_t i = 0; i < N_OF(cases); i++) {
		buf_clear(&text);
		for (const char *c = cases[i].body; *c; c++) {
			if (*c == '%')
				for (size_t k = 0; k < cases[i].kilobytes << 10; k++)
					buf_addc(&text, "QUJD"[k % 4]);
			else
				buf_addc(&text, *c == '\'' ? '"' : *c);
		}
		ck_assert(request_parse(buf_str(&text), text.len, FORMAT_BODY, &line, NULL));
		ck_assert_msg(request_estimate_tokens(&line) >= cases[i].tokens &&
				      request_estimate_tokens(&line) < cases[i].tokens + 60,
			"%s: %.0f", cases[i].body, request_estimate_tokens(&line));
	}
	buf_free(&text);
}
END_TEST

/* A long text is a text. */
START_TEST(long_texts_are_no_media)
{
	struct request_line line;
	struct buf text;
	size_t words;

	buf_init(&text, 1 << 20);
	buf_adds(&text, "{\"prompt\":\"data: base64, image \\\"");
	for (int i = 0; i < 2000; i++)
		buf_addf(&text, "word%d \\n", i);
	buf_adds(&text, "\\\\\",\"x\":1}");
	ck_assert(request_parse(buf_str(&text), text.len, FORMAT_BODY, &line, NULL));
	words = text.len - strlen("{\"prompt\":,\"x\":1}");
	ck_assert_uint_eq(line.prompt_bytes, words);
	buf_free(&text);
}
END_TEST

/* The body names the model, or the path. */
START_TEST(models_are_named)
{
#define PREDICT "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":"
	static const struct {
		const char *line, *model;
	} cases[] = {
		{PREDICT "\"/v1/models/m:predict\",\"body\":{}}", "m"},
		{PREDICT "\"/v1/models/m:predict\",\"body\":{\"model\":\"n\"}}", "n"},
		{PREDICT "\"/v1/models/m:predict\",\"body\":{\"model\":\"\"}}", "m"},
		{PREDICT "\"/openai/deployments/d/chat/completions\",\"body\":{}}", "d"},
		{PREDICT "\"/model/b/converse\",\"body\":{}}", "b"},
		{PREDICT "\"/v1/chat/completions\",\"body\":{\"model\":\"o\\/m\"}}", "o/m"},
		{PREDICT "\"/v1/chat/completions\",\"body\":{\"model\":\"\\u006d\"}}", "m"},
		{PREDICT "\"/v1/chat/completions\",\"body\":{\"model\":\"a\\nb\"}}", "a\\nb"},
		{PREDICT "\"/v1/chat/completions\",\"body\":{}}", ""},
	};
#undef PREDICT
	struct request_line line;
	struct error err;
	char model[8];

	for (size_t i = 0; i < N_OF(cases); i++) {
		ck_assert_msg(request_parse(cases[i].line, strlen(cases[i].line), FORMAT_OPENAI,
				      &line, &err),
			"%s", cases[i].line);
		request_model(&line, model, sizeof(model));
		ck_assert_str_eq(model, cases[i].model);
	}
}
END_TEST

static void note_oddity(void *ctx, const char *text)
{
	struct buf *all = ctx;

	buf_adds(all, text);
	buf_addc(all, '\n');
}

START_TEST(likely_mistakes_are_told)
{
	static const struct {
		const char *line;
		const char *words[2]; /* none: nothing is odd */
	} cases[] = {
		{"{\"url\":\"/x\",\"header\":{},\"id\":\"a\"}", {"\"headers\"?", "\"custom_id\"?"}},
		{"{\"url\":\"/x\",\"bodys\":{},\"custom-id\":1}", {"\"body\"?", "\"custom_id\"?"}},
		{"{\"params\":{},\"customId\":\"a\"}", {"\"custom_id\"?"}},
		{"{\"url\":\"/x\",\"id\":1,\"custom_id\":2,\"body\":{\"header\":1}}", {NULL}},
		{"{\"url\":\"/x\",\"tags\":[],\"expected\":1,\"metadata\":{}}", {NULL}},
		{"{\"model\":\"m\",\"Custom ID\":1}", {"\"custom_id\"?"}},
		{"{\"model\":\"m\",\"header\":1,\"data\":2}", {NULL}},
		{"{\"prompt\":\"x\"}", {"no model"}},
		{"{\"messages\":\"\\ud83d\\ude00\\\\ud83d\"}", {NULL}},
		{"{\"messages\":\"\\ud83dx\"}", {"\\ud83d is half a surrogate pair"}},
		{"{\"messages\":\"\xef\xbf\xbd\"}", {"U+FFFD"}},
		{"{\"messages\":\"\\uDE00\"}", {"\\uDE00 is half a surrogate pair"}},
	};
	struct request_line line;
	struct error err;
	struct buf all;

	buf_init(&all, 1 << 12);
	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *text = cases[i].line;

		buf_clear(&all);
		ck_assert_msg(request_parse(text, strlen(text), FORMAT_AUTO, &line, &err), "%s: %s",
			text, err.text);
		request_oddities(text, strlen(text), line.format, note_oddity, &all);
		request_lost_characters(text, strlen(text), note_oddity, &all);
		for (int k = 0; k < 2 && cases[i].words[k]; k++)
			ck_assert_msg(strstr(buf_str(&all), cases[i].words[k]), "%s: %s", text,
				buf_str(&all));
		if (!cases[i].words[0])
			ck_assert_str_eq(buf_str(&all), "");
	}
	buf_free(&all);
}
END_TEST

/* A run looks at lines before it parses them. Nothing behind them is read. */
START_TEST(a_cut_line_has_no_oddities)
{
	static const char line[] = "{\"a\":\"\\ud83d\\ude00\\";

	for (size_t len = 1; len < sizeof(line); len++) {
		char *text = xmalloc(len);
		struct buf all;

		buf_init(&all, 1 << 12);
		memcpy(text, line, len);
		request_oddities(text, len, FORMAT_CSV, note_oddity, &all);
		if (len == sizeof(line) - 1)
			ck_assert_str_eq(buf_str(&all), "");
		buf_free(&all);
		free(text);
	}
}
END_TEST

START_TEST(lines_that_are_no_requests_are_named)
{
	static const struct {
		const char *line, *what;
	} cases[] = {
		{"{\"id\":1,\"text\":\"x\"}", "a row, not a request"},
		{"{\"custom_id\":\"a\",\"response\":{}}", "a results or errors file"},
		{"{\"custom_id\":\"a\",\"result\":{}}", "a results or errors file"},
		{"{\"id\":\"a\",\"response\":null,\"error\":{}}", "a results or errors file"},
		{"{\"time\":1,\"event\":\"start\"}", "a run's journal"},
		{"{\"requests\":[]}", "jq -c"},
	};
	struct request_line line;
	struct error err;

	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *text = cases[i].line;

		ck_assert(!request_parse(text, strlen(text), FORMAT_AUTO, &line, &err));
		ck_assert_msg(strstr(err.text, cases[i].what), "%s: %s", text, err.text);
		ck_assert(request_parse(text, strlen(text), FORMAT_ANY, &line, &err));
		ck_assert(request_parse(text, strlen(text), FORMAT_BODY, &line, &err));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {lines_become_requests, wrong_lines_are_refused,
		base_urls_and_paths_are_joined, base_urls_have_no_fragment,
		bare_bodies_go_where_the_provider_says, ids_priorities_and_sizes,
		providers_are_guessed, lines_have_the_dialect_of_their_call, media_count_flat,
		long_texts_are_no_media, models_are_named, likely_mistakes_are_told,
		a_cut_line_has_no_oddities, lines_that_are_no_requests_are_named, NULL};

	return unit_run("request", tests);
}
