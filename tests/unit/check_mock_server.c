/* The mock API over real sockets. */
#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "mock/mock.h"
#include "unit.h"

enum { MAX_ANSWER = 16 << 20, MANY = 200 };

static const char CHAT[] = "{\"model\":\"m-\\u0031\",\"messages\":[{\"role\":\"user\","
			   "\"content\":\"hi\"}]}";

/* A request for a text, with more members. */
#define TELL(more)                                                                                 \
	"{\"model\":\"m\",\"input\":\"hi\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"  \
	"," more "}"
#define TWO_INPUTS "{\"model\":\"m\",\"input\":[\"a\",\"b,]\\\"\"]}"

struct answer {
	CURLcode result;
	long status;
	struct buf headers, body;
};

static size_t append(char *data, size_t size, size_t n, void *buf)
{
	return buf_add(buf, data, size * n) ? size * n : 0;
}

static struct mock *start(const struct mock_settings *settings)
{
	struct error err = {""};
	struct mock *m = mock_start(settings, &err);

	ck_assert_msg(m != NULL, "%s", err.text);
	return m;
}

/* A request to path; a POST when there is a body, which is borrowed. */
static CURL *request(const struct mock *m, const char *path, const char *body, struct answer *a)
{
	CURL *easy = curl_easy_init();
	char url[512];

	snprintf(url, sizeof(url), "%s%s", mock_url(m), path);
	buf_init(&a->headers, MAX_ANSWER);
	buf_init(&a->body, MAX_ANSWER);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, 50L);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, a);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &a->body);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, &a->headers);
	if (body)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	return easy;
}

static struct answer ask(const struct mock *m, const char *path, const char *body)
{
	struct answer a;
	CURL *easy = request(m, path, body, &a);

	a.result = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &a.status);
	curl_easy_cleanup(easy);
	return a;
}

static void answer_free(struct answer *a)
{
	buf_free(&a->headers);
	buf_free(&a->body);
}

static json_t *parse(struct answer *a)
{
	json_error_t err;
	json_t *j = json_loadb(buf_str(&a->body), a->body.len, 0, &err);

	ck_assert_msg(j != NULL, "%s in %s", err.text, buf_str(&a->body));
	return j;
}

static json_int_t stat_of(const struct mock *m, const char *name)
{
	struct answer a = ask(m, "/stats", NULL);
	json_t *j = parse(&a);
	json_int_t n = json_integer_value(json_object_get(j, name));

	json_decref(j);
	answer_free(&a);
	return n;
}

/* What the JSON holds at a path of member names and indexes, "choices.0.message.content", as text.
 */
static const char *at(json_t *j, const char *path, char *out, size_t size)
{
	char steps[200], *save;

	snprintf(steps, sizeof(steps), "%s", path);
	for (char *s = strtok_r(steps, ".", &save); s; s = strtok_r(NULL, ".", &save))
		j = json_is_array(j) ? json_array_get(j, strtoul(s, NULL, 10))
				     : json_object_get(j, s);
	if (json_is_string(j))
		snprintf(out, size, "%s", json_string_value(j));
	else if (json_is_integer(j))
		snprintf(out, size, "%lld", (long long)json_integer_value(j));
	else
		snprintf(out, size, "(%s)", j ? "other" : "none");
	return out;
}

START_TEST(each_endpoint_answers_in_its_form)
{
	static const struct {
		const char *path, *body;
		long status;
		const char *member, *value;
	} cases[] = {
		{"/v1/chat/completions", CHAT, 200, "model", "m-1"},
		{"/v1/chat/completions", CHAT, 200, "choices.0.message.role", "assistant"},
		{"/v1/chat/completions", TELL("\"max_tokens\":1"), 200, "usage.completion_tokens",
			"1"},
		{"/v1/chat/completions", TELL("\"max_tokens\":1"), 200, "choices.0.finish_reason",
			"length"},
		{"/v1/completions", "{\"model\":\"m\",\"prompt\":\"a\"}", 200, "object",
			"text_completion"},
		{"/v1/responses", "{\"model\":\"m\",\"input\":\"a\"}", 200,
			"output.0.content.0.type", "output_text"},
		{"/v1/embeddings", TWO_INPUTS, 200, "data.1.index", "1"},
		{"/v1/embeddings", TWO_INPUTS, 200, "data.2", "(none)"},
		{"/v1/messages", TELL("\"max_tokens\":3"), 200, "stop_reason", "max_tokens"},
		{"/v1/messages", TELL("\"max_tokens\":3"), 200, "usage.output_tokens", "3"},
		{"/v1/messages", "{", 400, "error.type", "invalid_request_error"},
		{"/v1/messages", "[]", 400, "type", "error"},
		{"/v1/chat/completions", "", 400, "error.type", "invalid_request_error"},
		{"/v1/chat/completions?status=429", CHAT, 429, "error.code", "rate_limit_exceeded"},
		{"/openai/deployments/d/chat/completions?api-version=1", CHAT, 200,
			"choices.0.content_filter_results.hate.severity", "safe"},
		{"/openai/deployments/d/chat/completions?api-version=1", CHAT, 200,
			"prompt_filter_results.0.prompt_index", "0"},
		{"/openai/deployments/d/embeddings?api-version=1", "{\"input\":\"a\"}", 200,
			"data.0.index", "0"},
		{"/v1/nothing", "{}", 404, "error.message", "Invalid URL (POST /v1/nothing)"},
		{"/v1/embeddings", NULL, 405, "error.type", "invalid_request_error"},
		{"/v1/messages/nothing", "{}", 404, "error.type", "not_found_error"},
		{"/openai/deployments/d/nothing?api-version=1", "{}", 404, "error.code", "404"},
		{"/openai/deployments/d/completions", "{}", 404, "error.code", "404"},
		{"/openai/deployments/d/chat/completions?api-version=1&status=500", CHAT, 500,
			"error.code", "InternalServerError"},
		{"/openai/v1/responses", "{\"model\":\"m\",\"input\":\"a\"}", 200, "status",
			"completed"},
		{"/any/thing?q=1", "12345", 200, "bytes", "5"},
		{"/any/%22%01%ff", NULL, 200, "method", "GET"},
	};
	const struct mock_settings s = {.tokens_out = 50};
	struct mock *m = start(&s);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer a = ask(m, cases[i].path, cases[i].body);
		json_t *j = parse(&a);
		char found[200];

		ck_assert_int_eq(a.status, cases[i].status);
		ck_assert_msg(
			strcmp(at(j, cases[i].member, found, sizeof(found)), cases[i].value) == 0,
			"case %zu: %s is %s in %s", i, cases[i].member, found, buf_str(&a.body));
		json_decref(j);
		answer_free(&a);
	}
	mock_stop(m);
}
END_TEST

START_TEST(keys_are_asked_for)
{
	static const struct {
		const char *path, *header;
		long status;
		const char *member, *value;
	} cases[] = {
		{"/v1/chat/completions", "Authorization: Bearer k1", 200, "model", "m-1"},
		{"/v1/chat/completions", "api-key: k1", 401, "error.code", "invalid_api_key"},
		{"/v1/completions", "Authorization: Bearer k1", 400, "error.param", "prompt"},
		{"/v1/messages", "x-api-key: k1", 400, "error.message",
			"max_tokens: Field required"},
		{"/v1/messages", "x-api-key: k", 401, "error.type", "authentication_error"},
		{"/openai/deployments/d/chat/completions?api-version=1", "api-key: k1", 200,
			"model", "m-1"},
		{"/openai/deployments/d/chat/completions?api-version=1", "api-key: k2", 401,
			"error.code", "401"},
		{"/openai/v1/chat/completions", "Authorization: Bearer k1", 200, "model", "m-1"},
	};
	const struct mock_settings s = {.tokens_out = 50, .key = (char *)"k1"};
	struct mock *m = start(&s);
	char value[100];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct curl_slist *headers = curl_slist_append(NULL, cases[i].header);
		struct answer a;
		CURL *easy = request(m, cases[i].path, CHAT, &a);
		json_t *j;

		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
		ck_assert_int_eq(curl_easy_perform(easy), CURLE_OK);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &a.status);
		ck_assert_int_eq(a.status, cases[i].status);
		j = parse(&a);
		ck_assert_str_eq(at(j, cases[i].member, value, sizeof(value)), cases[i].value);
		json_decref(j);
		curl_slist_free_all(headers);
		curl_easy_cleanup(easy);
		answer_free(&a);
	}
	mock_stop(m);
}
END_TEST

START_TEST(same_request_same_text)
{
	const struct mock_settings s = {.tokens_out = 50};
	struct mock *m = start(&s);
	char text[2][3000], id[2][100];

	for (int i = 0; i < 2; i++) {
		struct answer a = ask(m, "/v1/chat/completions", CHAT);
		json_t *j = parse(&a);

		at(j, "choices.0.message.content", text[i], sizeof(text[i]));
		at(j, "id", id[i], sizeof(id[i]));
		json_decref(j);
		answer_free(&a);
	}
	ck_assert_str_eq(text[0], text[1]);
	ck_assert_str_ne(id[0], id[1]);
	mock_stop(m);
}
END_TEST

/* The content of all deltas, as a client puts it together. */
static void join_deltas(struct answer *a, const char *member, struct buf *out)
{
	char *save, piece[3000];

	for (char *line = strtok_r(a->body.data, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		json_t *j;

		if (strncmp(line, "data: {", 7) != 0)
			continue;
		j = json_loads(line + 6, 0, NULL);
		ck_assert_msg(j != NULL, "not JSON: %s", line);
		if (at(j, member, piece, sizeof(piece))[0] != '(')
			buf_adds(out, piece);
		json_decref(j);
	}
}

START_TEST(streams_add_up_and_end)
{
	static const struct {
		const char *path, *body, *member, *end;
	} cases[] = {
		{"/v1/chat/completions",
			TELL("\"stream\":true,\"stream_options\":{\"include_usage\":true}"),
			"choices.0.delta.content", "\"total_tokens\":"},
		{"/v1/chat/completions", TELL("\"stream\":true"), "choices.0.delta.content",
			"data: [DONE]\n\n"},
		{"/v1/messages", TELL("\"stream\":true,\"max_tokens\":500"), "delta.text",
			"data: {\"type\":\"message_stop\"}\n\n"},
		{"/v1/responses", TELL("\"stream\":true"), "delta", "event: response.completed\n"},
	};
	/* without and with pauses between the pieces, and in a slot */
	static const struct mock_settings settings[] = {{.tokens_out = 50},
		{.tokens_out = 50, .latency_us = 20 * US_PER_MS},
		{.tokens_out = 50, .latency_us = 5 * US_PER_MS, .slots = 1}};

	for (size_t i = 0; i < 3 * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t c = i / 3;
		struct mock *m = start(&settings[i % 3]);
		struct answer a = ask(m, cases[c].path, cases[c].body);
		struct buf text;

		ck_assert_int_eq(a.result, CURLE_OK);
		ck_assert_ptr_nonnull(strstr(buf_str(&a.headers), "text/event-stream"));
		ck_assert_ptr_nonnull(strstr(buf_str(&a.body), cases[c].end));
		buf_init(&text, MAX_ANSWER);
		join_deltas(&a, cases[c].member, &text);
		ck_assert_int_gt(text.len, 20);
		ck_assert_int_eq(text.data[text.len - 1], '.');
		buf_free(&text);
		answer_free(&a);
		mock_stop(m);
	}
}
END_TEST

START_TEST(scripted_answers)
{
	static const struct {
		const char *path, *body;
		long status; /* 0: no answer */
		const char *in_headers, *in_body;
	} steps[] = {
		{"/x?status=503&retry_after=2", NULL, 503, "retry-after: 2\r\n", "error"},
		{"/x?status=204", NULL, 204, "204", ""},
		{"/x?body=%7B%22a%22:1%7D", NULL, 200, "application/json", "{\"a\":1}"},
		{"/x?status=500&fail=2&key=a", NULL, 500, "", ""},
		{"/y?status=500&fail=2&key=a", NULL, 500, "", ""},
		{"/x?status=500&fail=2&key=a", NULL, 200, "", "\"path\":\"/x\""},
		{"/x?fail=1&key=b", NULL, 503, "", ""},
		{"/x?drop=1&fail=1&key=c", NULL, 0, "", ""},
		{"/x?drop=1&fail=1&key=c", NULL, 200, "", ""},
		{"/x?status=1000", NULL, 400, "", "bad value"},
		{"/x?bytes=70000", NULL, 200, "Content-Length: 70000", "xxx"},
		{"/v1/messages", "{\"mock\":\"status=529\"}", 529, "", "overloaded_error"},
	};
	const struct mock_settings s = {0};
	struct mock *m = start(&s);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct answer a = ask(m, steps[i].path, steps[i].body);

		ck_assert_msg(a.status == steps[i].status, "step %zu: status %ld", i, a.status);
		ck_assert_int_eq(a.result, steps[i].status ? CURLE_OK : CURLE_GOT_NOTHING);
		ck_assert_msg(strstr(buf_str(&a.headers), steps[i].in_headers) != NULL,
			"step %zu: %s", i, buf_str(&a.headers));
		ck_assert_msg(strstr(buf_str(&a.body), steps[i].in_body) != NULL, "step %zu: %s", i,
			buf_str(&a.body));
		answer_free(&a);
	}
	ck_assert_int_eq(stat_of(m, "dropped"), 1);
	mock_stop(m);
}
END_TEST

START_TEST(refusals_carry_what_a_client_needs)
{
	const struct mock_settings s = {
		.rpm = 1, .headers = MOCK_HEADERS_OPENAI, .retry_after = MOCK_RETRY_AFTER_SECONDS};
	struct mock *m = start(&s);
	struct answer a = ask(m, "/v1/chat/completions", CHAT);

	ck_assert_int_eq(a.status, 200);
	ck_assert_ptr_nonnull(strstr(buf_str(&a.headers), "x-ratelimit-remaining-requests: 0\r\n"));
	answer_free(&a);
	a = ask(m, "/v1/chat/completions", CHAT);
	ck_assert_int_eq(a.status, 429);
	ck_assert_ptr_nonnull(strstr(buf_str(&a.headers), "retry-after: 60\r\n"));
	ck_assert_ptr_nonnull(strstr(buf_str(&a.headers), "x-request-id: req_"));
	ck_assert_ptr_nonnull(strstr(buf_str(&a.body), "Please try again in "));
	answer_free(&a);
	mock_stop(m);
}
END_TEST

/* Lets all transfers run to their end; how many ended with status 200. */
static int run_all(CURLM *multi)
{
	int running, left, ok = 0;
	CURLMsg *msg;

	do {
		ck_assert_int_eq(curl_multi_perform(multi, &running), CURLM_OK);
		while ((msg = curl_multi_info_read(multi, &left))) {
			long status = 0;

			curl_easy_getinfo(msg->easy_handle, CURLINFO_RESPONSE_CODE, &status);
			ok += msg->data.result == CURLE_OK && status == 200;
		}
		if (running)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	} while (running);
	return ok;
}

/* Many requests at once to path: all are answered 200. */
static void ask_many(const struct mock *m, const char *path)
{
	static struct answer answers[MANY];
	CURL *easy[MANY];
	CURLM *multi = curl_multi_init();

	for (int i = 0; i < MANY; i++) {
		easy[i] = request(m, path, CHAT, &answers[i]);
		curl_multi_add_handle(multi, easy[i]);
	}
	ck_assert_int_eq(run_all(multi), MANY);
	for (int i = 0; i < MANY; i++) {
		curl_multi_remove_handle(multi, easy[i]);
		curl_easy_cleanup(easy[i]);
		answer_free(&answers[i]);
	}
	curl_multi_cleanup(multi);
}

START_TEST(many_answers_wait_at_once)
{
	static const struct {
		struct mock_settings settings;
		const char *path;
	} cases[] = {
		{{.latency_us = 200 * US_PER_MS, .tokens_out = 50}, "/v1/chat/completions"},
		{{.latency_us = 10 * US_PER_MS, .slots = 50, .sigma = 0.5}, "/v1/chat/completions"},
		{{0}, "/raw?latency=200ms"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock *m = start(&cases[i].settings);

		ask_many(m, cases[i].path);
		ck_assert_int_eq(stat_of(m, "answered"), MANY);
		ck_assert_int_eq(stat_of(m, "in_flight"), 0);
		ck_assert_int_gt(stat_of(m, "peak_in_flight"), MANY / 4);
		mock_stop(m);
	}
}
END_TEST

START_TEST(large_bodies_arrive_whole)
{
	enum { LARGE = 3 << 20 };
	const struct mock_settings s = {0};
	struct mock *m = start(&s);
	char *body = malloc(LARGE + 1);
	struct answer a;

	memset(body, 'a', LARGE);
	body[LARGE] = '\0';
	a = ask(m, "/upload", body);
	ck_assert_ptr_nonnull(strstr(buf_str(&a.body), "\"bytes\":3145728"));
	answer_free(&a);
	free(body);
	mock_stop(m);
}
END_TEST

START_TEST(stats_count_and_reset)
{
	const struct mock_settings s = {.tokens_out = 50};
	struct mock *m = start(&s);
	struct answer a;
	struct buf stats;

	for (int i = 0; i < 3; i++) {
		a = ask(m, i ? "/v1/chat/completions" : "/x?status=404", CHAT);
		answer_free(&a);
	}
	ck_assert_int_eq(stat_of(m, "requests"), 3);
	ck_assert_int_gt(stat_of(m, "tokens_out"), 2);
	a = ask(m, "/stats/reset", "");
	answer_free(&a);
	ck_assert_int_eq(stat_of(m, "requests"), 0);
	a = ask(m, "/x?status=404", NULL);
	answer_free(&a);
	mock_halt(m);
	buf_init(&stats, MAX_ANSWER);
	mock_stats(m, &stats);
	ck_assert_ptr_nonnull(strstr(buf_str(&stats), "\"by_status\":{\"404\":1}"));
	buf_free(&stats);
	mock_stop(m);
}
END_TEST

START_TEST(stopping_drops_what_waits)
{
	static const char *const paths[] = {
		"/x?latency=1h", "/v1/chat/completions", "/v1/chat/completions"};
	static const char *const bodies[] = {CHAT, CHAT, TELL("\"stream\":true")};
	const struct mock_settings s = {.latency_us = 3600 * US_PER_S, .slots = 1};
	struct mock *m = start(&s);
	struct answer answers[3];
	CURL *easy[3];
	CURLM *multi = curl_multi_init();
	int running;

	for (int i = 0; i < 3; i++) {
		easy[i] = request(m, paths[i], bodies[i], &answers[i]);
		curl_multi_add_handle(multi, easy[i]);
	}
	do {
		curl_multi_perform(multi, &running);
	} while (stat_of(m, "in_flight") < 3);
	mock_stop(m);
	ck_assert_int_eq(run_all(multi), 0);
	for (int i = 0; i < 3; i++) {
		curl_multi_remove_handle(multi, easy[i]);
		curl_easy_cleanup(easy[i]);
		answer_free(&answers[i]);
	}
	curl_multi_cleanup(multi);
}
END_TEST

START_TEST(bad_starts_say_why)
{
	const struct mock_settings plain = {0};
	struct mock *m = start(&plain);
	struct mock_settings taken = {.port = strtol(strrchr(mock_url(m), ':') + 1, NULL, 10)};
	const struct mock_settings bad_port = {.port = 70000}, bad_knob = {.errors = 2};
	struct error err;

	ck_assert_ptr_null(mock_start(&taken, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "Address already in use"));
	ck_assert_ptr_null(mock_start(&bad_port, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "70000"));
	ck_assert_ptr_null(mock_start(&bad_knob, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "errors"));
	mock_stop(m);
	mock_stop(NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {each_endpoint_answers_in_its_form, keys_are_asked_for,
		same_request_same_text, streams_add_up_and_end, scripted_answers,
		refusals_carry_what_a_client_needs, many_answers_wait_at_once,
		large_bodies_arrive_whole, stats_count_and_reset, stopping_drops_what_waits,
		bad_starts_say_why, NULL};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return unit_run("mock server", tests);
}
