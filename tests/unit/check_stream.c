/* Streams of events: the parser by the standard, and for every dialect what a recorded stream adds
 * up to, split at every byte. */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "api/assembly.h"
#include "api/provider.h"
#include "api/request_parts.h"
#include "base/clock.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define HEADERS "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"

enum { MAX = 1 << 20 };

/* ---- the parser ---- */

struct seen {
	struct buf text;
};

static void note_event(void *ctx, const struct sse_event *event)
{
	struct seen *seen = ctx;

	ck_assert_uint_eq(strlen(event->data), event->data_len);
	buf_addf(&seen->text, "[%.*s|%.*s]", (int)event->type_len, event->type,
		(int)event->data_len, event->data);
}

/* What a text is taken for when it comes in two parts. */
static void parse_split(const char *text, size_t len, size_t at, bool end, struct buf *out)
{
	struct seen seen;
	struct sse s;

	buf_init(&seen.text, MAX);
	sse_init(&s, MAX, note_event, &seen);
	ck_assert(sse_feed(&s, text, at) && sse_feed(&s, text + at, len - at));
	if (end)
		sse_end(&s);
	sse_free(&s);
	*out = seen.text;
}

START_TEST(events_are_those_of_the_standard)
{
	static const struct {
		const char *text, *events;
	} cases[] = {
		{"", ""},
		{"\n\n", ""},
		{"data: a\n\n", "[|a]"},
		{"data:a\n\ndata:  b\n\n", "[|a][| b]"},
		{"data: YHOO\ndata: +2\ndata: 10\n\n", "[|YHOO\n+2\n10]"},
		{": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  "
		 "third event\n\n",
			"[|first event][|second event][| third event]"},
		{"data\n\ndata\ndata\n\ndata:", "[|][|\n]"},
		{"data:test\n\ndata: test\n\n", "[|test][|test]"},
		{"event: x\ndata: 1\n\ndata: 2\n\n", "[x|1][|2]"},
		{"event: x\n\ndata: 2\n\n", "[|2]"},
		{"event: a\nevent: b\ndata: 1\n\n", "[b|1]"},
		{"data: a\r\ndata: b\r\n\r\n", "[|a\nb]"},
		{"data: a\rdata: b\r\r", "[|a\nb]"},
		{"data: a\r\n\rdata: b\n\r\n", "[|a][|b]"},
		{"\xef\xbb\xbf"
		 "data: a\n\n",
			"[|a]"},
		{"\xef\xbb\xbf\xef\xbb\xbf"
		 "data: a\n\ndata: b\n\n",
			"[|b]"},
		{"\xef\xbb"
		 "data: a\n\ndata: b\n\n",
			"[|b]"},
		{"data : a\nDATA: b\nretry: 3\nid: 4\ndatax: 1\n\ndata: c\n\n", "[|c]"},
		{"data: a", ""},
		{"data: a\n", ""},
		{"data: a:b: c\n\n", "[|a:b: c]"},
	};

	for (size_t i = 0; i < N_OF(cases); i++)
		for (size_t at = 0; at <= strlen(cases[i].text); at++) {
			struct buf got;

			parse_split(cases[i].text, strlen(cases[i].text), at, false, &got);
			ck_assert_msg(!strcmp(buf_str(&got), cases[i].events), "%s at %zu: %s",
				cases[i].text, at, buf_str(&got));
			buf_free(&got);
		}
}
END_TEST

START_TEST(the_end_hands_out_what_has_no_empty_line)
{
	struct buf got;

	parse_split("data: a\n\nevent: x\ndata: [DONE]", 29, 4, true, &got);
	ck_assert_str_eq(buf_str(&got), "[|a][x|[DONE]");
	buf_free(&got);
}
END_TEST

START_TEST(an_event_is_bounded)
{
	struct seen seen;
	struct sse s;
	bool fits = true;

	buf_init(&seen.text, MAX);
	sse_init(&s, 64, note_event, &seen);
	for (int i = 0; i < 100; i++)
		ck_assert(sse_feed(&s, "data: 0123456789\n\n:c\n", 21));
	for (int i = 0; i < 100 && fits; i++)
		fits = sse_feed(&s, "data: 0123456789\n", 17);
	ck_assert(!fits);
	sse_reset(&s, 0);
	fits = true;
	for (int i = 0; i < 100 && fits; i++)
		fits = sse_feed(&s, "x", 1);
	ck_assert(!fits);
	sse_free(&s);
	buf_free(&seen.text);
}
END_TEST

/* ---- recorded streams ---- */

static char *read_data(const char *name, size_t *len)
{
	char path[512], *text = malloc(MAX);
	const char *source = getenv("SRCDIR");
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/data/stream/%s", source ? source : ".", name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	*len = fread(text, 1, MAX - 1, f);
	text[*len] = '\0';
	fclose(f);
	return text;
}

static void check_body(const struct answer *a, json_t *expected, const char *what, size_t at)
{
	json_t *got = json_loadb(a->body, a->body_len, 0, NULL);

	ck_assert_msg(got && json_equal(got, expected), "%s at %zu: %s", what, at, a->body);
	json_decref(got);
}

static void feed_all(struct assembly *s, const char *text, size_t len, size_t at, struct answer *a)
{
	*a = (struct answer){.result = NET_STATUS, .status = 200};
	assembly_reset(s, 1);
	ck_assert(assembly_begin(s, HEADERS, strlen(HEADERS)));
	ck_assert(assembly_feed(s, text, at, 5) && assembly_feed(s, text + at, len - at, 9));
	assembly_answer(s, a);
}

/* Line ends of another kind; a comment before each event; the same events. */
static size_t rewrite(const char *text, size_t len, const char *line_end, char *out)
{
	char *p = out;

	memcpy(p, "\xef\xbb\xbf", 3);
	p += 3;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n') {
			*p++ = text[i];
			continue;
		}
		p = stpcpy(p, line_end);
		if (i && text[i - 1] == '\n')
			p = stpcpy(stpcpy(p, ": keep-alive"), line_end);
	}
	return (size_t)(p - out);
}

static void check_stream(const char *name, struct assembly *s)
{
	static const char *const line_ends[] = {"\r\n", "\r"};
	char json_name[300], *other = malloc(4 * MAX);
	size_t len, json_len;
	char *text = read_data(name, &len), *json_text;
	json_t *expected;
	struct answer a;
	struct verdict v;

	snprintf(json_name, sizeof(json_name), "%.*s.json", (int)(strlen(name) - 4), name);
	json_text = read_data(json_name, &json_len);
	expected = json_loads(json_text, 0, NULL);
	ck_assert_ptr_nonnull(expected);
	for (size_t at = 0; at <= len; at++) {
		feed_all(s, text, len, at, &a);
		ck_assert(a.stream->whole && !a.stream->garbled && !a.stream->error);
		check_body(&a, expected, name, at);
	}
	response_judge(provider_by_name("openai"), &a, 0, &v);
	ck_assert_msg(v.outcome == OUTCOME_OK, "%s: %s", name, v.message);
	for (size_t i = 0; i < N_OF(line_ends); i++) {
		size_t n = rewrite(text, len, line_ends[i], other);

		for (size_t at = 0; at <= n; at += 7) {
			feed_all(s, other, n, at, &a);
			check_body(&a, expected, name, at);
		}
	}
	json_decref(expected);
	free(json_text);
	free(text);
	free(other);
}

static void for_each_stream(void (*visit)(const char *name, struct assembly *s))
{
	struct assembly *s = assembly_new(MAX, NULL);
	const char *source = getenv("SRCDIR");
	char path[512];
	struct dirent *entry;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/tests/data/stream", source ? source : ".");
	dir = opendir(path);
	ck_assert_msg(dir != NULL, "%s", path);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".sse")) {
			visit(entry->d_name, s);
			n++;
		}
	ck_assert_int_ge(n, 10);
	closedir(dir);
	assembly_free(s);
}

START_TEST(every_split_adds_up_to_the_unstreamed_answer)
{
	for_each_stream(check_stream);
}
END_TEST

/* Cut at any byte: bad, unless all of the terminal event had come. */
static void check_cuts(const char *name, struct assembly *s)
{
	size_t len, whole = 0;
	char *text = read_data(name, &len);
	struct answer a;
	struct verdict v;

	for (size_t n = 0; n <= len; n++) {
		feed_all(s, text, n, n, &a);
		a.result = NET_ERROR;
		a.error = "connection reset";
		assembly_answer(s, &a);
		ck_assert_int_eq(a.result, NET_STATUS);
		response_judge(provider_by_name("anthropic"), &a, 0, &v);
		if (v.outcome == OUTCOME_OK) {
			whole++;
			continue;
		}
		ck_assert_msg(!whole, "%s at %zu", name, n);
		ck_assert_int_eq(v.outcome, OUTCOME_BAD_RESPONSE);
		ck_assert_str_eq(
			v.message, "the stream was cut: it has no end mark: connection reset");
	}
	/* with or without the line ends behind the last event */
	ck_assert_uint_eq(whole, 3);
	free(text);
}

START_TEST(a_cut_stream_is_bad_until_its_last_event)
{
	for_each_stream(check_cuts);
}
END_TEST

static void check_part(
	struct assembly *s, const char *name, const char *until, const char *path, const char *part)
{
	size_t len;
	char *text = read_data(name, &len), *end = strstr(text, until);
	struct json_span found;
	struct answer a;

	ck_assert_ptr_nonnull(end);
	feed_all(s, text, (size_t)(end - text), 0, &a);
	ck_assert(!a.stream->whole);
	found = json_find(json_whole(a.body, a.body_len), path);
	ck_assert_msg(found.len == strlen(part) && !memcmp(found.at, part, found.len), "%s of %s",
		path, a.body);
	free(text);
}

START_TEST(a_cut_stream_keeps_what_came)
{
	struct assembly *s = assembly_new(MAX, NULL);

	check_part(s, "responses.sse", "\" How\"", "output.0.content.0.text", "\"Hi there!\"");
	check_part(s, "responses.sse", "\" How\"", "output.0.content.0.type", "\"output_text\"");
	check_part(s, "responses.sse", "\" How\"", "output.0.id",
		"\"msg_67c9fdcf37fc8190ba82116e33fb28c507b8b0ad4e5eb654\"");
	check_part(s, "responses.sse", "\" How\"", "status", "\"in_progress\"");
	check_part(s, "responses.sse", "event: response.completed", "output.0.status",
		"\"completed\"");
	check_part(s, "responses.sse", "event: response.output_item.added", "output", "[]");
	check_part(s, "chat.sse", "[DONE]", "object", "\"chat.completion\"");
	assembly_free(s);
}
END_TEST

START_TEST(parts_of_a_cut_response_stay_apart)
{
#define EVENT(type, rest) "data: {\"type\":\"response." type "\"," rest "}\n\n"
	static const char text[] = EVENT("reasoning_summary_text.delta",
		"\"output_index\":0,\"summary_index\":0,\"delta\":\"first \"")
		EVENT("function_call_arguments.delta", "\"output_index\":1,\"delta\":\"{\\\"a\"")
			EVENT("reasoning_summary_text.delta",
				"\"output_index\":0,\"summary_index\":1,"
				"\"delta\":\"second\"") EVENT("reasoning_summary_text.delta",
				"\"output_index\":0,\"summary_index\":0,\"delta\":\"more\"")
				EVENT("output_item.done",
					"\"output_index\":1,\"item\":{\"type\":\"function_call\","
					"\"name\":\"f\",\"arguments\":\"{}\"}");
	struct assembly *s = assembly_new(MAX, NULL);
	struct answer a;

	feed_all(s, text, strlen(text), 0, &a);
	ck_assert_str_eq(a.body,
		"{\"output\":[{\"summary\":[{\"type\":\"summary_text\",\"text\":\"first more\"},"
		"{\"type\":\"summary_text\",\"text\":\"second\"}]},{\"arguments\":\"{\\\"a\","
		"\"type\":\"function_call\",\"name\":\"f\"}]}");
	assembly_free(s);
}
END_TEST

START_TEST(an_error_ends_a_stream_as_its_end_mark_does)
{
	static const char *const texts[] = {"data: [DONE]\n\n", "data: {\"error\":\"boom\"}\n\n"};
	static const char chunk[] = "data: {\"choices\":[{\"index\":0}]}\n\n";
	struct assembly *s = assembly_new(MAX, NULL);

	for (size_t i = 0; i < N_OF(texts); i++) {
		assembly_reset(s, 1);
		ck_assert(assembly_begin(s, HEADERS, strlen(HEADERS)));
		ck_assert(assembly_feed(s, chunk, strlen(chunk), 5));
		ck_assert(!assembly_is_over(s));
		ck_assert(assembly_feed(s, texts[i], strlen(texts[i]), 6));
		ck_assert(assembly_is_over(s));
	}
	assembly_free(s);
}
END_TEST

/* ---- ends ---- */

START_TEST(error_events_are_judged_by_their_code)
{
	static const struct {
		const char *text;
		enum outcome outcome;
		const char *code, *message;
		int64_t wait_us;
	} cases[] = {
		{"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
		 "\"message\":\"Overloaded\"}}\n\n",
			OUTCOME_SERVER_ERROR, "overloaded_error", "Overloaded", -1},
		{"data: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":"
		 "\"try again in 2s\"}}\n\n",
			OUTCOME_RATE_LIMITED, "rate_limit_error", "try again in 2s", 2 * US_PER_S},
		{"data: {\"error\":{\"message\":\"The server had an error\",\"type\":"
		 "\"server_error\",\"param\":null,\"code\":null}}\n\n",
			OUTCOME_SERVER_ERROR, "server_error", "The server had an error", -1},
		{"data: {\"error\":{\"message\":\"paid up\",\"code\":\"insufficient_quota\"}}\n\n",
			OUTCOME_QUOTA, "insufficient_quota", "paid up", -1},
		{"data: {\"error\":{\"message\":\"upstream\",\"code\":502}}\n\n",
			OUTCOME_SERVER_ERROR, "502", "upstream", -1},
		{"data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\","
		 "\"param\":null,\"sequence_number\":1}\n\n",
			OUTCOME_RATE_LIMITED, "rate_limit_exceeded", "slow", -1},
		{"data: {\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"status\":"
		 "\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"no\"}}}\n\n",
			OUTCOME_SERVER_ERROR, "server_error", "no", -1},
		{"data: {\"error\":{\"x\":1}}\n\ndata: [DONE]\n", OUTCOME_BAD_RESPONSE, "",
			"{\"x\":1}", -1},
		{"data: {\"error\":\"boom\"}\n\n", OUTCOME_BAD_RESPONSE, "", "boom", -1},
		{"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: nope"
		 "\n\ndata: [DONE]\n\n",
			OUTCOME_BAD_RESPONSE, "", "an event of the stream is not JSON", -1},
		{"data: [DONE]\n\n", OUTCOME_BAD_RESPONSE, "",
			"the stream has an end mark and no answer before it", -1},
		{"", OUTCOME_BAD_RESPONSE, "", "the stream was cut: it has no end mark", -1},
	};
	struct assembly *s = assembly_new(MAX, NULL);
	struct answer a;
	struct verdict v;

	for (size_t i = 0; i < N_OF(cases); i++) {
		feed_all(s, cases[i].text, strlen(cases[i].text), 0, &a);
		response_judge(provider_by_name("openai"), &a, 0, &v);
		ck_assert_msg(v.outcome == cases[i].outcome, "%s: %d", cases[i].text, v.outcome);
		ck_assert_str_eq(v.code, cases[i].code);
		ck_assert_str_eq(v.message, cases[i].message);
		ck_assert_int_eq(v.wait_us, cases[i].wait_us);
	}
	assembly_free(s);
}
END_TEST

START_TEST(time_and_text_are_told_while_it_comes)
{
	static const char delta[] = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
				    "\"a\\n\\u00e9\"}}]}\n\n",
			  done[] = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
				   "\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";
	struct histogram gaps;
	struct assembly *s;
	struct answer a = {.result = NET_STATUS, .status = 200};
	struct verdict v;
	struct buf text;

	histogram_clear(&gaps);
	s = assembly_new(MAX, &gaps);
	assembly_reset(s, 1 * US_PER_S);
	ck_assert(assembly_begin(s, HEADERS, strlen(HEADERS)));
	for (int i = 0; i < 5; i++)
		ck_assert(assembly_feed(
			s, delta, sizeof(delta) - 1, 2 * US_PER_S + i * 100 * US_PER_MS));
	ck_assert_uint_eq(assembly_tokens(s), 5);
	buf_init(&text, MAX);
	assembly_text(s, &text);
	ck_assert_str_eq(buf_str(&text), "a\n\u00e9a\n\u00e9a\n\u00e9a\n\u00e9a\n\u00e9");
	buf_free(&text);
	ck_assert_uint_eq(gaps.count, 4);
	ck_assert_int_eq(gaps.max_us, 100 * US_PER_MS);
	ck_assert(assembly_feed(s, done, sizeof(done) - 1, 3 * US_PER_S));
	assembly_answer(s, &a);
	response_judge(provider_by_name("openai"), &a, 0, &v);
	ck_assert_int_eq(a.stream->first_token_us, 1 * US_PER_S);
	ck_assert_double_eq_tol(response_tokens_per_s(&a, &v), 10, 1e-9);
	ck_assert_int_eq(v.tokens_out, 5);
	assembly_free(s);
}
END_TEST

START_TEST(an_answer_is_bounded)
{
	static const char delta[] =
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"0123456789\"}}]}\n\n";
	struct assembly *s = assembly_new(4096, NULL);
	struct answer a = {.result = NET_ERROR};
	char text[200];
	bool fits = true;
	int n;

	assembly_begin(s, HEADERS, strlen(HEADERS));
	for (n = 0; fits && n < 1000; n++)
		fits = assembly_feed(s, delta, sizeof(delta) - 1, 1);
	ck_assert(!fits && n > 100 && n < 410);
	assembly_answer(s, &a);
	ck_assert_int_eq(a.result, NET_TOO_LARGE);
	assembly_begin(s, HEADERS, strlen(HEADERS));
	for (n = 0, fits = true; fits && n < 1000; n++) {
		int len = snprintf(text, sizeof(text),
			"data: {\"choices\":[{\"index\":%d,\"delta\":{}}]}\n\n", n);

		fits = assembly_feed(s, text, (size_t)len, 1);
	}
	ck_assert(!fits);
	assembly_free(s);
}
END_TEST

static bool shape(struct request *r, bool ask)
{
	bool messages = strstr(buf_str(&r->url), "/messages") != NULL;

	return provider_by_name(messages ? "anthropic" : "openai")->shape(r, ask);
}

START_TEST(bodies_ask_for_streams)
{
	static const struct {
		const char *url, *body, *asked, *unasked; /* NULL: as it came */
	} cases[] = {
		{"http://h/v1/chat/completions?api-version=1", "{\"a\":1}",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":true},\"a\":1}",
			NULL},
		{"http://h/v1/messages", " { } ", " {\"stream\":true } ", NULL},
		{"http://h/v1/responses", "{\"input\":\"x\"}", "{\"stream\":true,\"input\":\"x\"}",
			NULL},
		{"http://h/v1/completions", "{\"stream\":true,\"stream_options\":null}",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":true}  }",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":true}  }"},
		{"http://h/v1/completions", "{\"stream\":true,\"stream_options\":{\"x\":1}}",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":true,\"x\":1}}",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":true,\"x\":1}}"},
		{"http://h/v1/chat/completions",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":false}}", NULL,
			NULL},
		{"http://h/v1/chat/completions", "{\"stream\":false}", NULL, NULL},
		{"http://h/v1/embeddings", "{\"input\":\"x\"}", NULL, NULL},
		{"http://h/v1/messages", "[1]", NULL, NULL},
		{"http://h/v1/messages", "no JSON", NULL, NULL},
	};
	struct request r;

	request_init(&r, MAX);
	r.has_body = true;
	for (size_t i = 0; i < 2 * N_OF(cases); i++) {
		bool ask = i % 2;
		const char *body = cases[i / 2].body;
		const char *want = ask ? cases[i / 2].asked : cases[i / 2].unasked;

		buf_clear(&r.url);
		buf_clear(&r.body);
		buf_adds(&r.url, cases[i / 2].url);
		buf_adds(&r.body, body);
		ck_assert(shape(&r, ask));
		ck_assert_str_eq(buf_str(&r.body), want ? want : body);
	}
	request_free(&r);
	request_init(&r, 12);
	r.has_body = true;
	buf_adds(&r.url, "http://h/v1/messages");
	buf_adds(&r.body, "{\"a\":1}");
	ck_assert(!shape(&r, true));
	request_free(&r);
}
END_TEST

START_TEST(only_streams_are_taken)
{
	static const struct {
		const char *headers;
		bool stream;
	} cases[] = {{"Content-Type: text/event-stream\r\n", true},
		{"content-type:text/event-stream;x", true},
		{"Content-Type: text/event-streams", false},
		{"Content-Type: application/json", false}, {"", false}};
	struct assembly *s = assembly_new(MAX, NULL);
	struct answer a = {.result = NET_STATUS, .status = 200, .body = "x", .body_len = 1};

	for (size_t i = 0; i < N_OF(cases); i++)
		ck_assert_msg(assembly_begin(s, cases[i].headers, strlen(cases[i].headers)) ==
				      cases[i].stream,
			"%s", cases[i].headers);
	assembly_answer(s, &a);
	ck_assert_str_eq(a.body, "x");
	ck_assert_ptr_null(a.stream);
	assembly_free(s);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {events_are_those_of_the_standard,
		the_end_hands_out_what_has_no_empty_line, an_event_is_bounded,
		every_split_adds_up_to_the_unstreamed_answer,
		a_cut_stream_is_bad_until_its_last_event, error_events_are_judged_by_their_code,
		time_and_text_are_told_while_it_comes, an_answer_is_bounded, bodies_ask_for_streams,
		only_streams_are_taken, a_cut_stream_keeps_what_came,
		parts_of_a_cut_response_stay_apart, an_error_ends_a_stream_as_its_end_mark_does,
		NULL};

	return unit_run("stream", tests);
}
