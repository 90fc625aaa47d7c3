/* Streams of events: for every dialect what a recorded stream adds up to, split at every byte; how
 * streams end. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "api/assembly.h"
#include "api/provider.h"
#include "base/clock.h"
#include "stream_data.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define HEADERS "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"

enum { MAX = STREAM_DATA_MAX };

/* ---- recorded streams ---- */

static void feed_all(struct assembly *s, const char *text, size_t len, size_t at, struct answer *a)
{
	*a = (struct answer){.result = NET_STATUS, .status = 200};
	assembly_reset(s, 1);
	ck_assert(assembly_begin(s, HEADERS, strlen(HEADERS)));
	ck_assert(assembly_feed(s, text, at, 5) && assembly_feed(s, text + at, len - at, 9));
	assembly_answer(s, a);
}

/* The same events in another form. */
static const struct form {
	const char *line_end;
	const char *field;      /* in place of "data: " */
	const char *behind;     /* put in behind each field */
	const char *inner;      /* put in where an object begins: JSON may be in lines */
	const char *keep_alive; /* in front of each event */
} forms[] = {
	{"\r\n", "data: ", "", "", ""},
	{"\r", "data:", "", "", ": keep-alive\r"},
	{"\n", "data:", "  ", "\ndata:", "event: ping\n\n"},
	{"\r\n", "data: ", "", "\r\ndata: ", "id: 1\r\nretry: 5\r\n\r\n:\r\ndata\r\n\r\n"},
};

static size_t rewrite(const char *text, size_t len, const struct form *form, char *out)
{
	const char *end = text + len;
	char *p = stpcpy(out, "\xef\xbb\xbf");

	while (text < end) {
		if (!strncmp(text, "data: ", 6)) {
			p = stpcpy(stpcpy(p, form->field), form->behind);
			text += 6;
			if (*text == '{') {
				*p++ = *text++;
				p = stpcpy(p, form->inner);
			}
		} else if (*text == '\n') {
			p = stpcpy(p, form->line_end);
			if (*++text == '\n') {
				p = stpcpy(stpcpy(p, form->line_end), form->keep_alive);
				text++;
			}
		} else {
			*p++ = *text++;
		}
	}
	return (size_t)(p - out);
}

/* All in pieces of one size. */
static void feed_pieces(
	struct assembly *s, const char *text, size_t len, size_t size, struct answer *a)
{
	*a = (struct answer){.result = NET_STATUS, .status = 200};
	assembly_reset(s, 1);
	ck_assert(assembly_begin(s, HEADERS, strlen(HEADERS)));
	for (size_t at = 0; at < len; at += size)
		ck_assert(assembly_feed(s, text + at, len - at < size ? len - at : size, 5));
	assembly_answer(s, a);
}

/* The body of a stream that comes as one piece, which is the recorded one. */
static char *whole_body(const char *name, struct assembly *s, const char *text, size_t len)
{
	char json_name[300], *json_text, *body;
	json_t *expected, *got;
	struct answer a;
	size_t json_len;

	snprintf(json_name, sizeof(json_name), "%.*s.json", (int)(strlen(name) - 4), name);
	json_text = stream_data_read(json_name, &json_len);
	expected = json_loads(json_text, 0, NULL);
	feed_all(s, text, len, len, &a);
	got = json_loadb(a.body, a.body_len, 0, NULL);
	ck_assert_msg(expected && json_equal(got, expected), "%s: %s", name, a.body);
	body = strdup(a.body);
	json_decref(got);
	json_decref(expected);
	free(json_text);
	return body;
}

static void check_answer(const struct answer *a, const char *body, const char *name, size_t at)
{
	ck_assert(a->stream->whole && !a->stream->garbled && !a->stream->error);
	ck_assert_msg(!strcmp(a->body, body), "%s at %zu: %s", name, at, a->body);
}

static void check_splits(
	const char *name, struct assembly *s, const char *text, size_t len, const char *body)
{
	struct answer a;

	for (size_t at = 0; at <= len; at++) {
		feed_all(s, text, len, at, &a);
		check_answer(&a, body, name, at);
	}
}

static void check_stream(void *ctx, const char *name)
{
	struct assembly *s = ctx;
	char *other = malloc(4 * MAX);
	size_t len, other_len;
	char *text = stream_data_read(name, &len);
	char *body = whole_body(name, s, text, len);
	struct answer a;
	struct verdict v;

	check_splits(name, s, text, len, body);
	for (size_t i = 0; i < N_OF(forms); i++) {
		other_len = rewrite(text, len, &forms[i], other);
		for (size_t size = 1; size <= 3; size++) {
			feed_pieces(s, other, other_len, size, &a);
			check_answer(&a, body, name, size);
		}
		if (!i)
			check_splits(name, s, other, other_len, body);
	}
	response_judge(provider_by_name("openai"), &a, 0, &v);
	ck_assert_msg(v.outcome == OUTCOME_OK, "%s: %s", name, v.message);
	free(body);
	free(text);
	free(other);
}

START_TEST(every_split_adds_up_to_the_unstreamed_answer)
{
	struct assembly *s = assembly_new(MAX, NULL);

	stream_data_each(check_stream, s);
	assembly_free(s);
}
END_TEST

/* Cut at any byte: bad, unless all of the terminal event had come. */
static void check_cuts(void *ctx, const char *name)
{
	struct assembly *s = ctx;
	size_t len, whole = 0;
	char *text = stream_data_read(name, &len);
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
			v.message, "the stream was cut off: it has no end mark: connection reset");
	}
	/* with or without the line ends behind the last event */
	ck_assert_uint_eq(whole, 3);
	free(text);
}

START_TEST(a_cut_stream_is_bad_until_its_last_event)
{
	struct assembly *s = assembly_new(MAX, NULL);

	stream_data_each(check_cuts, s);
	assembly_free(s);
}
END_TEST

static void check_part(
	struct assembly *s, const char *name, const char *until, const char *path, const char *part)
{
	size_t len;
	char *text = stream_data_read(name, &len), *end = strstr(text, until);
	struct json_span found;
	struct answer a;

	ck_assert_ptr_nonnull(end);
	feed_all(s, text, (size_t)(end - text), 0, &a);
	a.result = NET_ERROR;
	assembly_answer(s, &a);
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
		"{\"type\":\"summary_text\",\"text\":\"second\"}]},"
		"{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"{}\"}]}");
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
		{"data: "
		 "{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":"
		 "null}}\n\n",
			OUTCOME_BAD_RESPONSE, "failed", "{\"status\":\"failed\",\"error\":null}",
			-1},
		{"data: {\"error\":{\"x\":1}}\n\ndata: [DONE]\n", OUTCOME_BAD_RESPONSE, "",
			"{\"x\":1}", -1},
		{"data: {\"error\":\"boom\"}\n\n", OUTCOME_BAD_RESPONSE, "", "boom", -1},
		/* vLLM, today and before */
		{"data: {\"error\":{\"message\":\"too "
		 "long\",\"type\":\"BadRequestError\",\"param\":"
		 "null,\"code\":400}}\n\ndata: [DONE]\n\n",
			OUTCOME_CLIENT_ERROR, "BadRequestError", "too long", -1},
		{"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: "
		 "{\"object\":\"error\",\"message\":\"gone\",\"type\":\"InternalServerError\","
		 "\"code\":500}\n\ndata: [DONE]\n\n",
			OUTCOME_SERVER_ERROR, "InternalServerError", "gone", -1},
		{"event: error\ndata: {\"code\":\"overloaded_error\",\"message\":\"x\"}\n\n",
			OUTCOME_SERVER_ERROR, "overloaded_error", "x", -1},
		/* OpenRouter, in a chunk */
		{"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":"
		 "\"error\"}],\"error\":{\"code\":429,\"message\":\"x\"}}\n\n",
			OUTCOME_RATE_LIMITED, "429", "x", -1},
		/* Gemini, in a list */
		{"data: [{\"error\":{\"code\":503,\"message\":\"x\",\"status\":\"UNAVAILABLE\"}}]"
		 "\n\n",
			OUTCOME_SERVER_ERROR, "UNAVAILABLE", "x", -1},
		/* without an error member, behind chunks and alone */
		{"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: "
		 "{\"code\":429,\"message\":\"x\"}\n\ndata: [DONE]\n\n",
			OUTCOME_RATE_LIMITED, "429", "x", -1},
		{"data: {\"code\":\"Throttling\",\"message\":\"x\"}\n\n", OUTCOME_RATE_LIMITED,
			"Throttling", "x", -1},
		/* llama.cpp's field, and JSON that is no event */
		{"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\nerror: "
		 "{\"code\":500,\"message\":\"x\"}\n\n",
			OUTCOME_SERVER_ERROR, "500", "x", -1},
		{"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
		 "{\"error\":{\"code\":502,\"message\":\"x\"}}",
			OUTCOME_SERVER_ERROR, "502", "x", -1},
		/* a text */
		{"event: error\ndata: overloaded\n\n", OUTCOME_SERVER_ERROR, "", "overloaded", -1},
		/* LiteLLM, for a response */
		{"data: {\"type\":\"response.cancelled\",\"response\":{\"status\":\"cancelled\","
		 "\"error\":null}}\n\n",
			OUTCOME_BAD_RESPONSE, "cancelled",
			"{\"status\":\"cancelled\",\"error\":null}", -1},
		{"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: nope"
		 "\n\ndata: [DONE]\n\n",
			OUTCOME_BAD_RESPONSE, "", "an event of the stream is not JSON", -1},
		{"data: [DONE]\n\n", OUTCOME_BAD_RESPONSE, "", "the stream ended without an answer",
			-1},
		{"", OUTCOME_BAD_RESPONSE, "", "the stream was cut off: it has no end mark", -1},
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

#define CHUNK(choices) "data: {\"choices\":[" choices "]}\n\n"
#define SAID           CHUNK("{\"index\":0,\"delta\":{\"content\":\"a\"}}")
#define STOPPED        CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}")

/* An answer that came whole is not paid for again because its end mark is missing. */
START_TEST(a_finished_stream_needs_no_end_mark)
{
	static const struct {
		const char *text;
		bool whole;
	} cases[] = {
		{SAID STOPPED, true},
		{SAID STOPPED CHUNK("") "data: {\"choices\":[],\"usage\":{}}\n\n", true},
		{SAID, false},
		{SAID CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":null}"), false},
		{CHUNK("{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"\"}"),
			false},
		{CHUNK(""), false},
		/* one of two choices */
		{SAID STOPPED CHUNK("{\"index\":1,\"delta\":{\"content\":\"b\"}}"), false},
		{SAID STOPPED CHUNK("{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}"),
			true},
		{CHUNK("{\"index\":0,\"text\":\"a\"}")
				CHUNK("{\"index\":0,\"text\":\"\",\"finish_reason\":\"stop\"}"),
			true},
		{"data: {\"type\":\"message_start\",\"message\":{\"content\":[],\"stop_reason\":"
		 "null}}\n\n",
			false},
		{"data: {\"type\":\"message_start\",\"message\":{\"content\":[],\"stop_reason\":"
		 "null}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
		 "\"end_turn\"}}\n\n",
			true},
		{"data: {\"type\":\"response.created\",\"response\":{\"status\":\"in_progress\","
		 "\"output\":[]}}\n\n",
			false},
		{"data: {\"type\":\"response.done\",\"response\":{\"status\":\"completed\","
		 "\"output\":[]}}\n\n",
			true},
		/* a whole answer as the only event */
		{"data: "
		 "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\"},\"finish_reason\":"
		 "\"stop\"}]}\n\n",
			true},
		{"data: {\"type\":\"message\",\"content\":[]}\n\n", true},
		{"data: {}\n\ndata: null\n\ndata: {\"type\":\"message\",\"content\":[]}\n\n", true},
		/* a field's name twice */
		{"data: " SAID "data: " STOPPED, true},
		{": nothing\n\ndata: {}\n\n", false},
	};
	struct assembly *s = assembly_new(MAX, NULL);
	struct verdict v;
	struct answer a;

	for (size_t i = 0; i < N_OF(cases); i++) {
		feed_all(s, cases[i].text, strlen(cases[i].text), 0, &a);
		ck_assert_msg(a.stream->whole == cases[i].whole, "%s", cases[i].text);
		response_judge(provider_by_name("openai"), &a, 0, &v);
		ck_assert_int_eq(v.outcome == OUTCOME_OK, cases[i].whole);
		/* a cut connection */
		a.result = NET_ERROR;
		assembly_answer(s, &a);
		ck_assert_msg(!a.stream->whole, "%s", cases[i].text);
	}
	assembly_free(s);
}
END_TEST

START_TEST(messages_come_whole_or_in_deltas)
{
	static const struct {
		const char *text, *body;
	} cases[] = {
		{CHUNK("{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"ab\"},"
		       "\"finish_reason\":\"stop\"}"),
			"{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
			"\"content\":\"ab\"},\"finish_reason\":\"stop\"}]}"},
		/* a server that repeats the deltas */
		{SAID CHUNK("{\"index\":0,\"message\":{\"content\":\"a\"},\"finish_reason\":"
			    "\"stop\"}"),
			"{\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\","
			"\"role\":\"assistant\"},\"finish_reason\":\"stop\"}]}"},
	};
	struct assembly *s = assembly_new(MAX, NULL);
	struct answer a;

	for (size_t i = 0; i < N_OF(cases); i++) {
		feed_all(s, cases[i].text, strlen(cases[i].text), 0, &a);
		ck_assert_str_eq(a.body, cases[i].body);
	}
	assembly_free(s);
}
END_TEST

/* What the stream assembles to must be an answer, as if it had come unstreamed. */
START_TEST(a_stream_is_ok_only_if_it_is_an_answer)
{
	static const struct {
		enum asked asked;
		const char *text;
		enum outcome outcome;
	} cases[] = {
		{ASKED_CHOICES, SAID STOPPED "data: [DONE]\n\n", OUTCOME_OK},
		{ASKED_CHOICES, STOPPED "data: [DONE]\n\n", OUTCOME_OK},
		{ASKED_CHOICES, CHUNK("") "data: [DONE]\n\n", OUTCOME_BAD_RESPONSE},
		{ASKED_CHOICES, "data: {\"x\":1}\n\ndata: [DONE]\n\n", OUTCOME_BAD_RESPONSE},
		{ASKED_CHOICES,
			SAID CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":"
				   "\"error\"}") "data: [DONE]\n\n",
			OUTCOME_BAD_RESPONSE},
		{ASKED_CHOICES,
			SAID CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"error\","
				   "\"error\":{\"code\":502}}") "data: [DONE]\n\n",
			OUTCOME_SERVER_ERROR},
		{ASKED_MESSAGE,
			"data: {\"type\":\"message_start\",\"message\":{}}\n\n"
			"data: {\"type\":\"message_stop\"}\n\n",
			OUTCOME_BAD_RESPONSE},
		{ASKED_RESPONSE,
			"data: {\"type\":\"response.completed\",\"response\":{\"status\":"
			"\"completed\",\"output\":[]}}\n\n",
			OUTCOME_OK},
	};
	struct assembly *s = assembly_new(MAX, NULL);
	struct verdict v;
	struct answer a;

	for (size_t i = 0; i < N_OF(cases); i++) {
		feed_all(s, cases[i].text, strlen(cases[i].text), 0, &a);
		a.asked = cases[i].asked;
		response_judge(provider_by_name("openai"), &a, 0, &v);
		ck_assert_msg(v.outcome == cases[i].outcome, "%s: %s, %s", cases[i].text,
			outcome_name(v.outcome), v.message);
	}
	assembly_free(s);
}
END_TEST

START_TEST(blanks_around_the_end_mark_do_not_count)
{
	static const char chunk[] =
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
	static const struct {
		const char *text;
		bool whole;
	} ends[] = {{"data: [DONE] \n\n", true}, {"data:\t [DONE]\t\n\n", true},
		{"data: [DONE\n", false}, {"data: \n\ndata\n\n", false}};
	struct assembly *s = assembly_new(MAX, NULL);
	struct buf text;
	struct answer a;

	for (size_t i = 0; i < N_OF(ends); i++) {
		buf_init(&text, MAX);
		buf_addf(&text, "%s%s", chunk, ends[i].text);
		feed_all(s, text.data, text.len, 0, &a);
		ck_assert_int_eq(a.stream->whole, ends[i].whole);
		ck_assert(!a.stream->garbled);
		buf_free(&text);
	}
	assembly_free(s);
}
END_TEST

static bool count_element(void *ctx, struct json_span element)
{
	(void)element;
	++*(size_t *)ctx;
	return true;
}

/* Elements nobody looks for again, one a token, are bounded by their bytes alone. */
START_TEST(a_long_answer_has_all_its_logprobs)
{
	static const char delta[] =
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},"
		"\"logprobs\":{\"content\":[{\"token\":\"a\"}]}}]}\n\n";
	enum { TOKENS = 10000 };
	struct assembly *s = assembly_new(64 * MAX, NULL);
	struct answer a = {.result = NET_STATUS, .status = 200};
	size_t n = 0;

	assembly_reset(s, 1);
	ck_assert(assembly_begin(s, HEADERS, strlen(HEADERS)));
	for (int i = 0; i < TOKENS; i++)
		ck_assert(assembly_feed(s, delta, sizeof(delta) - 1, 5));
	ck_assert(assembly_feed(s, "data: [DONE]\n\n", 14, 5));
	assembly_answer(s, &a);
	ck_assert_int_eq(a.result, NET_STATUS);
	json_each_element(json_find(json_whole(a.body, a.body_len), "choices.0.logprobs.content"),
		count_element, &n);
	ck_assert_uint_eq(n, TOKENS);
	assembly_free(s);
}
END_TEST

START_TEST(time_and_text_are_shown_while_it_comes)
{
	static const char delta[] = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
				    "\"a\\n\\u00e9\"}}]}\n\n",
			  done[] = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
				   "\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";
	struct stream_times times = {.gap.count = 0};
	struct assembly *s;
	struct answer a = {.result = NET_STATUS, .status = 200};
	struct verdict v;
	struct buf text;

	s = assembly_new(MAX, &times);
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
	ck_assert_uint_eq(times.gap.count, 4);
	ck_assert_int_eq(times.gap.max_us, 100 * US_PER_MS);
	ck_assert_uint_eq(times.first_token.count, 1);
	ck_assert_int_eq(times.first_token.max_us, 1 * US_PER_S);
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

/* Its output is kept beside the response; the last event may lack its empty line. */
START_TEST(output_of_a_response_is_bounded)
{
	static const char delta[] =
		"data: {\"type\":\"response.output_text.delta\","
		"\"output_index\":0,\"content_index\":0,\"delta\":\"0123456789\"}";
	struct assembly *s = assembly_new(4096, NULL);
	struct answer a = {.result = NET_ERROR};
	int fit = 0;

	assembly_begin(s, HEADERS, strlen(HEADERS));
	while (fit < 1000 && assembly_feed(s, delta, sizeof(delta) - 1, 1) &&
		assembly_feed(s, "\n\n", 2, 1))
		fit++;
	ck_assert(fit > 100 && fit < 410);
	assembly_begin(s, HEADERS, strlen(HEADERS));
	for (int i = 0; i < fit; i++)
		ck_assert(assembly_feed(s, delta, sizeof(delta) - 1, 1) &&
			  assembly_feed(s, "\n\n", 2, 1));
	ck_assert(assembly_feed(s, delta, sizeof(delta) - 1, 1));
	assembly_answer(s, &a);
	ck_assert_int_eq(a.result, NET_TOO_LARGE);
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

START_TEST(streams_are_known_by_their_first_bytes)
{
	static const struct {
		const char *bytes;
		bool stream;
	} cases[] = {{"data: {}", true}, {"data:{}", true}, {"event: x", true}, {": ping", true},
		{"id: 1", true}, {"retry: 5", true}, {"data", false}, {"database: x", false},
		{"<html>", false}, {"", false}};
	struct assembly *s = assembly_new(MAX, NULL);

	for (size_t i = 0; i < N_OF(cases); i++)
		ck_assert_msg(assembly_begin_by(s, cases[i].bytes, strlen(cases[i].bytes)) ==
				      cases[i].stream,
			"%s", cases[i].bytes);
	assembly_free(s);
}
END_TEST

/* A server that refuses stream_options is sent none, but the user's own. */
START_TEST(usage_is_asked_for_unless_the_server_refuses)
{
	static const struct {
		const char *body, *refused;
		bool asks;
	} cases[] = {
		{"{\"stream\":true}", "{\"stream\":true}", true},
		{"{}", "{\"stream\":true}", true},
		{"{\"stream\":true,\"stream_options\":{\"x\":1}}",
			"{\"stream\":true,\"stream_options\":{\"x\":1}}", true},
		{"{\"stream\":true,\"stream_options\":null}",
			"{\"stream\":true,\"stream_options\":null}", true},
		{"{\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":true}}", false},
		{"{\"stream\":true,\"stream_options\":7}", "{\"stream\":true,\"stream_options\":7}",
			false},
		{"{\"stream\":false}", "{\"stream\":false}", false},
	};
	char base_url[] = "http://h";
	struct endpoint asking = {.base_url = base_url, .stream = true};
	struct endpoint refusing;
	struct request_line line;
	struct request r;
	char text[256];

	asking.provider = provider_by_name("openai");
	refusing = asking;
	refusing.usage_refused = true;
	request_init(&r, MAX);
	for (size_t i = 0; i < N_OF(cases); i++) {
		snprintf(text, sizeof(text), "{\"url\":\"/v1/chat/completions\",\"body\":%s}",
			cases[i].body);
		ck_assert(request_parse(text, strlen(text), FORMAT_AUTO, &line, NULL));
		ck_assert(request_build(&asking, &line, &r, NULL));
		ck_assert_int_eq(r.asks_usage, cases[i].asks);
		ck_assert_int_eq(strstr(buf_str(&r.body), "include_usage") != NULL,
			cases[i].asks || strstr(cases[i].body, "include_usage"));
		ck_assert(request_build(&refusing, &line, &r, NULL));
		ck_assert(!r.asks_usage);
		ck_assert_str_eq(buf_str(&r.body), cases[i].refused);
	}
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
	const TTest *const tests[] = {every_split_adds_up_to_the_unstreamed_answer,
		a_cut_stream_is_bad_until_its_last_event, error_events_are_judged_by_their_code,
		time_and_text_are_shown_while_it_comes, an_answer_is_bounded,
		output_of_a_response_is_bounded, bodies_ask_for_streams,
		usage_is_asked_for_unless_the_server_refuses,
		blanks_around_the_end_mark_do_not_count, a_long_answer_has_all_its_logprobs,
		only_streams_are_taken, streams_are_known_by_their_first_bytes,
		a_cut_stream_keeps_what_came, parts_of_a_cut_response_stay_apart,
		a_finished_stream_needs_no_end_mark, messages_come_whole_or_in_deltas,
		a_stream_is_ok_only_if_it_is_an_answer, an_error_ends_a_stream_as_its_end_mark_does,
		NULL};

	return unit_run("stream", tests);
}
