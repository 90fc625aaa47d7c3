/* What answers mean: outcome, usage, error text, wait. */
#include <stdio.h>
#include <string.h>

#include "api/provider.h"
#include "api/refusal.h"
#include "api/response.h"
#include "base/clock.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define DAYS_US (24 * 60 * US_PER_MIN)
/* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW_US (INT64_C(784111777) * US_PER_S)

static void judge_asked(enum asked asked, const char *provider, int status, const char *headers,
	const char *body, struct verdict *v)
{
	struct answer a = {.result = NET_STATUS,
		.asked = asked,
		.status = status,
		.headers = headers,
		.headers_len = strlen(headers),
		.body = body,
		.body_len = strlen(body)};

	response_judge(provider_by_name(provider), &a, NOW_US, v);
}

static void judge(
	const char *provider, int status, const char *headers, const char *body, struct verdict *v)
{
	judge_asked(ASKED_OTHER, provider, status, headers, body, v);
}

START_TEST(statuses_and_bodies_have_their_outcome)
{
	static const struct {
		const char *provider;
		int status;
		const char *body;
		enum outcome outcome;
		const char *code, *message;
	} cases[] = {
		{"openai", 200, "{\"id\":1}", OUTCOME_OK, "", ""},
		{"openai", 200, "{\"error\":null}", OUTCOME_OK, "", ""},
		{"openai", 200, "{\"error\":{}}", OUTCOME_OK, "", ""},
		{"openai", 200, "{\"error\":{\"message\":\"no\\nway\",\"code\":\"x\"}}",
			OUTCOME_BAD_RESPONSE, "x", "no way"},
		{"openai", 200, "{\"error\":\"out of memory\"}", OUTCOME_BAD_RESPONSE, "",
			"out of memory"},
		{"openai", 200, "{\"error\":{\"x\":1}}", OUTCOME_BAD_RESPONSE, "",
			"an error in a 2xx answer: {\"error\":{\"x\":1}}"},
		{"openai", 200, "<html>\n hi\x1b", OUTCOME_BAD_RESPONSE, "",
			"the answer is not JSON: <html> hi\\x1b"},
		{"anthropic", 200, "{\"id\":", OUTCOME_BAD_RESPONSE, "",
			"the answer is not JSON: {\"id\":"},
		{"openai", 204, "", OUTCOME_BAD_RESPONSE, "", "the answer is empty"},
		{"raw", 200, "<html>", OUTCOME_OK, "", ""},
		{"raw", 204, "", OUTCOME_OK, "", ""},
		{"raw", 201, "{\"error\":\"x\"}", OUTCOME_OK, "", ""},
		{"raw", 302, "", OUTCOME_CLIENT_ERROR, "",
			"HTTP 302: sluice does not follow redirects; give the final URL"},
		{"raw", 404, "no such\r\n\tthing ", OUTCOME_CLIENT_ERROR, "",
			"HTTP 404: no such thing"},
		{"raw", 422, "{\"detail\":\"bad field\"}", OUTCOME_CLIENT_ERROR, "", "bad field"},
		{"raw", 422, "{\"detail\":[1]}", OUTCOME_CLIENT_ERROR, "",
			"HTTP 422: {\"detail\":[1]}"},
		{"openai", 400, "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":null}}",
			OUTCOME_CLIENT_ERROR, "t", "m"},
		{"openai", 413, "{\"message\":\"big\"}", OUTCOME_CLIENT_ERROR, "", "big"},
		{"openai", 401, "{\"error\":{\"message\":\"key\",\"code\":\"invalid_api_key\"}}",
			OUTCOME_AUTH, "invalid_api_key", "key"},
		{"openai", 403, "", OUTCOME_AUTH, "", "HTTP 403"},
		{"openai", 402, "", OUTCOME_QUOTA, "", "HTTP 402"},
		{"openai", 408, "", OUTCOME_TIMEOUT, "", "HTTP 408"},
		{"openai", 409, "", OUTCOME_SERVER_ERROR, "", "HTTP 409"},
		{"openai", 429, "", OUTCOME_RATE_LIMITED, "", "Too Many Requests"},
		{"openai", 429, "slow down", OUTCOME_RATE_LIMITED, "", "slow down"},
		{"raw", 429, "{\"error\":\"429 Too Many Requests\"}", OUTCOME_RATE_LIMITED, "",
			"Too Many Requests"},
		/* a page of nginx */
		{"raw", 429,
			"<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n"
			"<center><h1>429 Too Many "
			"Requests</h1></center>\r\n<hr><center>nginx/1.22.1"
			"</center>\r\n</body>\r\n</html>\r\n",
			OUTCOME_RATE_LIMITED, "", "Too Many Requests"},
		{"raw", 502, "<html><head><title>502 Bad Gateway</title></head>",
			OUTCOME_SERVER_ERROR, "", "HTTP 502: Bad Gateway"},
		{"raw", 502, "<html><head><title>5021 ways</title></head>", OUTCOME_SERVER_ERROR,
			"", "HTTP 502: 5021 ways"},
		{"openai", 429,
			"{\"error\":{\"message\":\"q\",\"type\":\"insufficient_quota\","
			"\"code\":\"insufficient_quota\"}}",
			OUTCOME_QUOTA, "insufficient_quota", "q"},
		{"openai", 429,
			"{\"error\":{\"message\":\"Limit reached on requests per day (RPD)\","
			"\"code\":\"rate_limit_exceeded\"}}",
			OUTCOME_QUOTA, "rate_limit_exceeded",
			"Limit reached on requests per day (RPD)"},
		{"raw", 429,
			"{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota\","
			"\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"quotaId\":\"PerMinute\"}"
			"]}}",
			OUTCOME_RATE_LIMITED, "RESOURCE_EXHAUSTED",
			"You exceeded your current quota"},
		{"raw", 429, "{\"error\":{\"code\":429,\"details\":[{\"quotaId\":\"PerDay\"}]}}",
			OUTCOME_QUOTA, "429",
			"HTTP 429: "
			"{\"error\":{\"code\":429,\"details\":[{\"quotaId\":\"PerDay\"}]}}"},
		{"anthropic", 400,
			"{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
			"\"message\":\"Your credit balance is too low\"}}",
			OUTCOME_QUOTA, "invalid_request_error", "Your credit balance is too low"},
		{"openai", 400, "{\"error\":{\"code\":\"billing_hard_limit_reached\"}}",
			OUTCOME_QUOTA, "billing_hard_limit_reached",
			"HTTP 400: {\"error\":{\"code\":\"billing_hard_limit_reached\"}}"},
		{"anthropic", 529,
			"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
			"\"message\":\"Overloaded\"}}",
			OUTCOME_SERVER_ERROR, "overloaded_error", "Overloaded"},
		{"openai", 500, "oops", OUTCOME_SERVER_ERROR, "", "HTTP 500: oops"},
		{"openai", 599, "", OUTCOME_SERVER_ERROR, "", "HTTP 599"},
		{"openai", 423, "", OUTCOME_SERVER_ERROR, "", "HTTP 423"},
		{"openai", 424,
			"{\"error\":\"Request failed during generation\","
			"\"error_type\":\"generation\"}",
			OUTCOME_SERVER_ERROR, "generation", "Request failed during generation"},
		{"openai", 425, "", OUTCOME_SERVER_ERROR, "", "HTTP 425"},
		{"openai", 498, "", OUTCOME_SERVER_ERROR, "", "HTTP 498"},
		{"raw", 499, "{\"message\":\"request cancelled\"}", OUTCOME_SERVER_ERROR, "",
			"request cancelled"},
		{"openai", 101, "", OUTCOME_BAD_RESPONSE, "", "unexpected HTTP 101"},
		/* a refusal with something around it */
		{"raw", 429,
			"\xef\xbb\xbf{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"m\"}"
			"}",
			OUTCOME_QUOTA, "insufficient_quota", "m"},
	};
	struct verdict v;

	for (size_t i = 0; i < N_OF(cases); i++) {
		judge(cases[i].provider, cases[i].status, "", cases[i].body, &v);
		ck_assert_msg(v.outcome == cases[i].outcome, "%s %d %s: %s", cases[i].provider,
			cases[i].status, cases[i].body, outcome_name(v.outcome));
		ck_assert_int_eq(v.status, cases[i].status);
		ck_assert_str_eq(v.code, cases[i].code);
		ck_assert_str_eq(v.message, cases[i].message);
	}
}
END_TEST

/* A choice with these members, and nothing else. */
#define CHOICES(members) "{\"choices\":[{" members "}]}"

START_TEST(a_2xx_is_ok_only_if_it_is_an_answer)
{
	static const struct {
		enum asked asked;
		const char *body;
		const char *message; /* its beginning; NULL: it is an answer */
	} cases[] = {
		{ASKED_CHOICES,
			CHOICES("\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\""),
			NULL},
		/* empty as the API allows it */
		{ASKED_CHOICES,
			CHOICES("\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\""), NULL},
		{ASKED_CHOICES,
			CHOICES("\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"x\"}]},"
				"\"finish_reason\":\"tool_calls\""),
			NULL},
		{ASKED_CHOICES,
			CHOICES("\"message\":{\"content\":null,\"refusal\":\"no\"},"
				"\"finish_reason\":\"stop\""),
			NULL},
		{ASKED_CHOICES,
			CHOICES("\"message\":{\"role\":\"assistant\"},"
				"\"finish_reason\":\"content_filter\""),
			NULL},
		{ASKED_CHOICES, CHOICES("\"error\":null,\"message\":{}"), NULL},
		{ASKED_CHOICES, CHOICES("\"text\":\"\",\"finish_reason\":\"length\""), NULL},
		{ASKED_CHOICES, CHOICES("\"delta\":{\"content\":\"a\"}"), NULL},
		{ASKED_CHOICES, "{\"choices\":[{\"message\":null},{\"message\":{}}]}", NULL},
		{ASKED_CHOICES, "{\"choices\":[{\"message\":{}},{\"message\":null}]}", NULL},
		{ASKED_CHOICES, "{\"choices\":null}", "the answer has no choices: {"},
		{ASKED_CHOICES, "{\"choices\":{\"a\":{\"message\":{}}}}",
			"the answer has no choices"},
		{ASKED_CHOICES, "{\"id\":\"x\"}", "the answer has no choices"},
		{ASKED_CHOICES, "{\"choices\":[]}", "the answer has no choice with a message"},
		{ASKED_CHOICES, "{\"choices\":[null]}", "the answer has no choice with a message"},
		{ASKED_CHOICES, "{}", "the answer has no choices"},
		{ASKED_CHOICES, "7", "the answer has no choices: 7"},
		{ASKED_CHOICES, "[]", "the answer has no choices"},
		{ASKED_CHOICES, "[" CHOICES("\"message\":{}") "]", "the answer has no choices"},
		{ASKED_CHOICES, CHOICES("\"message\":null"),
			"the answer has no choice with a message"},
		{ASKED_CHOICES, CHOICES("\"text\":null"),
			"the answer has no choice with a message"},
		{ASKED_CHOICES,
			CHOICES("\"message\":{\"content\":\"a\"},\"finish_reason\":\"error\""),
			"the server broke off the answer"},
		{ASKED_CHOICES, CHOICES("\"message\":{\"content\":\"a\"},\"error\":{\"x\":1}"),
			"an error in the choice"},
		{ASKED_MESSAGE, "{\"type\":\"message\",\"content\":[]}", NULL},
		{ASKED_MESSAGE, "{\"type\":\"message\",\"content\":null}",
			"the answer has no content"},
		{ASKED_MESSAGE, "{\"type\":\"error\"}", "the answer has no content"},
		{ASKED_MESSAGE, "{\"type\":\"error\",\"message\":\"hm\"}", "hm"},
		{ASKED_RESPONSE, "{\"status\":\"completed\",\"error\":null,\"output\":[]}", NULL},
		{ASKED_RESPONSE, "{\"status\":\"incomplete\",\"output\":[]}", NULL},
		{ASKED_RESPONSE, "{\"status\":\"queued\",\"background\":true}", NULL},
		{ASKED_RESPONSE, "{\"status\":\"failed\",\"error\":null,\"output\":[]}",
			"the response failed"},
		{ASKED_RESPONSE, "{\"status\":\"cancelled\",\"output\":[]}",
			"the response was cancelled"},
		{ASKED_RESPONSE, "{\"output\":null}", "the answer has no output"},
		{ASKED_RESPONSE, "{\"status\":\"completed\",\"output\":null}",
			"the answer has no output"},
		{ASKED_EMBEDDINGS, "{\"data\":[{\"index\":0,\"embedding\":[0.5]}]}", NULL},
		{ASKED_EMBEDDINGS, "{\"data\":[{\"embedding\":\"AAAA\"}]}", NULL},
		{ASKED_EMBEDDINGS, "{\"data\":[{\"embedding\":[1]},{\"embedding\":null}]}", NULL},
		{ASKED_EMBEDDINGS, "{\"data\":[{\"embedding\":null},{\"embedding\":[1]}]}", NULL},
		{ASKED_EMBEDDINGS, "{\"embeddings\":[[1]]}", NULL},
		{ASKED_EMBEDDINGS, "{\"data\":[{\"embedding\":[]}]}",
			"the answer has no embedding"},
		{ASKED_EMBEDDINGS, "{\"data\":[]}", "the answer has no embedding"},
		{ASKED_EMBEDDINGS, "{\"data\":null}", "the answer has no embedding"},
		{ASKED_EMBEDDINGS, "{}", "the answer has no embedding"},
		{ASKED_OTHER, "{\"choices\":null}", NULL},
	};
	struct verdict v;

	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *message = cases[i].message;

		judge_asked(cases[i].asked, "openai", 200, "", cases[i].body, &v);
		ck_assert_msg(v.outcome == (message ? OUTCOME_BAD_RESPONSE : OUTCOME_OK),
			"%s: %s, %s", cases[i].body, outcome_name(v.outcome), v.message);
		ck_assert_msg(
			message ? !strncmp(v.message, message, strlen(message)) : !v.message[0],
			"%s: %s", cases[i].body, v.message);
		/* "type":"message" and "status":"completed" are no codes of errors */
		if (message && !strncmp(message, "the answer has no", 17))
			ck_assert_str_eq(v.code, "");
		/* any other service's 2xx is ok */
		judge_asked(cases[i].asked, "raw", 200, "", cases[i].body, &v);
		ck_assert_int_eq(v.outcome, OUTCOME_OK);
	}
}
END_TEST

#define ERROR(members) "{\"error\":{" members "}}"

START_TEST(errors_behind_a_2xx_are_judged_by_their_code)
{
	static const struct {
		const char *body;
		enum outcome outcome;
		const char *code, *message;
		int64_t wait_us;
	} cases[] = {
		/* OpenRouter */
		{"{\"id\":null,\"choices\":null,\"error\":{\"message\":\"Provider returned error\","
		 "\"code\":429,\"metadata\":{\"raw\":\"try again in 2s\"}}}",
			OUTCOME_RATE_LIMITED, "429", "Provider returned error", 2 * US_PER_S},
		{CHOICES("\"error\":{\"code\":502,\"message\":\"down\"},"
			 "\"finish_reason\":\"error\",\"message\":{\"content\":\"\"}"),
			OUTCOME_SERVER_ERROR, "502", "down", -1},
		{ERROR("\"code\":\"429\",\"message\":\"slow\""), OUTCOME_RATE_LIMITED, "429",
			"slow", -1},
		{ERROR("\"code\":null,\"type\":\"rate_limit_error\",\"message\":\"m\""),
			OUTCOME_RATE_LIMITED, "rate_limit_error", "m", -1},
		{ERROR("\"code\":429,\"message\":\"per day\""), OUTCOME_QUOTA, "429", "per day",
			-1},
		{ERROR("\"code\":429,\"type\":\"insufficient_quota\",\"message\":\"m\""),
			OUTCOME_QUOTA, "insufficient_quota", "m", -1},
		{ERROR("\"code\":402,\"message\":\"m\""), OUTCOME_QUOTA, "402", "m", -1},
		{ERROR("\"code\":401,\"message\":\"m\""), OUTCOME_AUTH, "401", "m", -1},
		{ERROR("\"status\":\"UNAUTHENTICATED\",\"message\":\"m\""), OUTCOME_AUTH,
			"UNAUTHENTICATED", "m", -1},
		{ERROR("\"type\":\"invalid_request_error\",\"code\":\"request_timeout\","
		       "\"message\":\"m\""),
			OUTCOME_TIMEOUT, "request_timeout", "m", -1},
		{ERROR("\"type\":\"None\",\"code\":\"503\",\"message\":\"m\""),
			OUTCOME_SERVER_ERROR, "503", "m", -1},
		{ERROR("\"code\":408,\"message\":\"m\""), OUTCOME_TIMEOUT, "408", "m", -1},
		{ERROR("\"code\":400,\"message\":\"m\""), OUTCOME_CLIENT_ERROR, "400", "m", -1},
		{ERROR("\"code\":1302,\"message\":\"m\""), OUTCOME_BAD_RESPONSE, "1302", "m", -1},
		{ERROR("\"code\":200,\"message\":\"m\""), OUTCOME_BAD_RESPONSE, "200", "m", -1},
		/* a text, a list, in lists */
		{"{\"error\":\"overloaded\"}", OUTCOME_SERVER_ERROR, "", "overloaded", -1},
		{"{\"error\":\"Too Many Requests\"}", OUTCOME_RATE_LIMITED, "", "Too Many Requests",
			-1},
		{"{\"error\":\"429 Too Many Requests\"}", OUTCOME_RATE_LIMITED, "",
			"429 Too Many Requests", -1},
		{ERROR("\"code\":\"insufficient_user_quota\",\"message\":\"m\""), OUTCOME_QUOTA,
			"insufficient_user_quota", "m", -1},
		{ERROR("\"code\":\"400\",\"type\":\"budget_exceeded\",\"message\":\"m\""),
			OUTCOME_QUOTA, "400", "m", -1},
		{ERROR("\"code\":\"API_KEY_INVALID\",\"message\":\"m\""), OUTCOME_AUTH,
			"API_KEY_INVALID", "m", -1},
		{"{\"object\":\"error\",\"message\":\"long\",\"type\":\"BadRequestError\","
		 "\"code\":400}",
			OUTCOME_CLIENT_ERROR, "400", "long", -1},
		{"{\"error\":true,\"message\":\"m\",\"status\":401}", OUTCOME_AUTH, "401", "m", -1},
		{"{\"error\":\"no billing address was given for it\"}", OUTCOME_BAD_RESPONSE, "",
			"no billing address was given for it", -1},
		{"{\"error\":\"oh\",\"status\":503}", OUTCOME_SERVER_ERROR, "503", "oh", -1},
		{"[" ERROR("\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"m\"") "]",
			OUTCOME_SERVER_ERROR, "UNAVAILABLE", "m", -1},
		{"{\"error\":[{\"code\":429,\"message\":\"m\"}]}", OUTCOME_RATE_LIMITED, "429", "m",
			-1},
		/* without an error member */
		{"{\"code\":429,\"message\":\"busy\"}", OUTCOME_RATE_LIMITED, "429", "busy", -1},
		{"{\"code\":\"Throttling.RateQuota\",\"message\":\"busy\"}", OUTCOME_RATE_LIMITED,
			"Throttling.RateQuota", "busy", -1},
		{"{\"code\":\"Arrearage\",\"msg\":\"pay\"}", OUTCOME_QUOTA, "Arrearage", "pay", -1},
		{"{\"statusCode\":503,\"message\":\"m\"}", OUTCOME_SERVER_ERROR, "503", "m", -1},
		{"{\"code\":500,\"message\":null,\"detail\":\"d\"}", OUTCOME_SERVER_ERROR, "500",
			"d", -1},
		{"[{\"code\":500,\"message\":\"m\"}]", OUTCOME_SERVER_ERROR, "500", "m", -1},
		{"{\"code\":17,\"message\":\"m\"}", OUTCOME_BAD_RESPONSE, "17", "m", -1},
		{"{\"detail\":\"Not authenticated\"}", OUTCOME_BAD_RESPONSE, "",
			"Not authenticated", -1},
		{"{\"success\":false,\"errors\":[{\"code\":429,\"message\":\"m\"}]}",
			OUTCOME_RATE_LIMITED, "429", "m", -1},
		{"{\"choices\":null,\"base_resp\":{\"status_code\":1002,\"status_msg\":\"rate\"}}",
			OUTCOME_RATE_LIMITED, "1002", "rate", -1},
		{"{\"choices\":null,\"base_resp\":{\"status_code\":1008,\"status_msg\":\"pay\"}}",
			OUTCOME_QUOTA, "1008", "pay", -1},
		{CHOICES("\"message\":{\"content\":\"a\"},"
			 "\"finish_reason\":\"insufficient_system_resource\""),
			OUTCOME_SERVER_ERROR, "insufficient_system_resource",
			"the server broke off the answer: ", -1},
	};
	struct verdict v;

	for (size_t i = 0; i < N_OF(cases); i++) {
		judge_asked(ASKED_CHOICES, "openai", 200, "", cases[i].body, &v);
		ck_assert_msg(v.outcome == cases[i].outcome, "%s: %s", cases[i].body,
			outcome_name(v.outcome));
		ck_assert_msg(!strcmp(v.code, cases[i].code), "%s: %s", cases[i].body, v.code);
		ck_assert_msg(!strncmp(v.message, cases[i].message, strlen(cases[i].message)),
			"%s: %s", cases[i].body, v.message);
		ck_assert_int_eq(v.wait_us, cases[i].wait_us);
		ck_assert_int_eq(v.status, 200);
	}
	judge_asked(ASKED_CHOICES, "openai", 200, "Retry-After: 7", ERROR("\"code\":429"), &v);
	ck_assert_int_eq(v.wait_us, 7 * US_PER_S);
}
END_TEST

START_TEST(what_is_asked_is_seen_by_the_path)
{
	static const struct {
		const char *provider, *method, *url;
		enum asked asked;
	} cases[] = {
		{"openai", "POST", "https://h/v1/chat/completions", ASKED_CHOICES},
		{"openai", "POST", "https://h/v1/completions/?a=/embeddings#/b", ASKED_CHOICES},
		{"azure", "POST",
			"https://h/openai/deployments/m/chat/completions?api-version=2024-10-21",
			ASKED_CHOICES},
		{"azure", "POST", "https://h/openai/v1/responses", ASKED_RESPONSE},
		{"openai", "POST", "http://h/api/embeddings", ASKED_EMBEDDINGS},
		{"anthropic", "POST", "https://h/v1/messages", ASKED_MESSAGE},
		{"anthropic", "POST", "https://h/v1/messages/count_tokens", ASKED_OTHER},
		{"anthropic", "POST", "https://h/v1/threads/t/messages", ASKED_OTHER},
		{"openai", "GET", "https://h/v1/chat/completions", ASKED_OTHER},
		{"openai", "POST", "https://h/v1/responses/r/cancel", ASKED_OTHER},
		{"openai", "POST", "https://h/v1/moderations", ASKED_OTHER},
		{"openai", "POST", "https://h/mycompletions", ASKED_OTHER},
		{"openai", "POST", "http://h", ASKED_OTHER},
		{"raw", "POST", "https://h/v1/chat/completions", ASKED_OTHER},
	};
	struct request r;

	request_init(&r, 1000);
	for (size_t i = 0; i < N_OF(cases); i++) {
		buf_clear(&r.url);
		buf_adds(&r.url, cases[i].url);
		strcpy(r.method, cases[i].method);
		ck_assert_msg(
			provider_asked(provider_by_name(cases[i].provider), &r) == cases[i].asked,
			"%s", cases[i].url);
	}
	request_free(&r);
}
END_TEST

/* The body without what some servers put around it. */
START_TEST(an_answer_is_found_in_what_is_around_it)
{
	static const struct {
		const char *body, *core;
	} cases[] = {
		{"{}", "{}"},
		{"\xef\xbb\xbf{}", "{}"},
		{"\r\n \xef\xbb\xbf\xef\xbb\xbf\t{} \n", "{}"},
		{"{}data: [DONE]\n\n", "{}"},
		{"{}\n\ndata:[DONE]", "{}"},
		{"{}\n\ndata: [DONE]\n\ndata: [DONE]\n\n", "{}"},
		{"[DONE]", "[DONE]"},
		{"{}[DONE]", "{}"},
		{"\xef\xbb", "\xef\xbb"},
		{" \n", ""},
		{"", ""},
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct json_span core = answer_core(cases[i].body, strlen(cases[i].body));

		ck_assert_msg(core.len == strlen(cases[i].core) &&
				      !memcmp(core.at, cases[i].core, core.len),
			"%s: %.*s", cases[i].body, (int)core.len, core.at);
	}
}
END_TEST

/* One status with two meanings: the body decides. */
START_TEST(words_tell_whether_the_input_is_at_fault)
{
	static const struct {
		int status;
		const char *body;
		enum outcome outcome;
	} cases[] = {
		/* Groq; Cohere */
		{498,
			"{\"error\":{\"message\":\"Flex tier capacity exceeded\",\"code\":"
			"\"capacity_exceeded\"}}",
			OUTCOME_RATE_LIMITED},
		{498, "{\"id\":\"1\",\"message\":\"the request contains a deny-listed token\"}",
			OUTCOME_CLIENT_ERROR},
		{498, "{\"message\":\"blocked input: please try a different prompt\"}",
			OUTCOME_CLIENT_ERROR},
		/* vLLM, by its form and by its words */
		{500,
			"{\"object\":\"error\",\"message\":\"bad\",\"type\":\"BadRequestError\","
			"\"code\":400}",
			OUTCOME_CLIENT_ERROR},
		{500,
			"{\"detail\":\"The decoder prompt (length 9000) is longer than the maximum "
			"model length of 4096\"}",
			OUTCOME_CLIENT_ERROR},
		{500,
			"{\"error\":{\"message\":\"This model's maximum context length is 16384 "
			"tokens. However, you requested 122946 tokens\"}}",
			OUTCOME_CLIENT_ERROR},
		{503, "Input validation error: `inputs` must have less than 4096 tokens",
			OUTCOME_CLIENT_ERROR},
		{500, "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\"}}",
			OUTCOME_CLIENT_ERROR},
		{409, "{\"error\":{\"message\":\"no\",\"code\":\"content_filter\"}}",
			OUTCOME_CLIENT_ERROR},
		{529,
			"[{\"error\":{\"code\":529,\"message\":\"no\",\"status\":"
			"\"INVALID_ARGUMENT\"}}]",
			OUTCOME_CLIENT_ERROR},
		/* DeepSeek, and gateways that copy a name */
		{503,
			"{\"error\":{\"message\":\"Service is too "
			"busy\",\"type\":\"unknown_error\","
			"\"code\":\"invalid_request_error\"}}",
			OUTCOME_SERVER_ERROR},
		{500,
			"{\"error\":{\"message\":\"please try again\",\"type\":"
			"\"invalid_request_error\"}}",
			OUTCOME_SERVER_ERROR},
		{500,
			"{\"error\":{\"message\":\"Internal server error\",\"type\":"
			"\"invalid_request_error\"}}",
			OUTCOME_SERVER_ERROR},
		{502,
			"{\"error\":{\"message\":\"no\",\"type\":\"upstream_error\",\"code\":"
			"\"invalid_request_error\"}}",
			OUTCOME_SERVER_ERROR},
		/* client errors stay what they are */
		{400,
			"{\"error\":{\"message\":\"you requested 9000 tokens, the limit is 4096\","
			"\"code\":\"context_length_exceeded\"}}",
			OUTCOME_CLIENT_ERROR},
		{413, "<html><title>413 Request Entity Too Large</title>", OUTCOME_CLIENT_ERROR},
		{422, "{\"error\":{\"message\":\"no\",\"code\":\"context_length_exceeded\"}}",
			OUTCOME_CLIENT_ERROR},
	};
	struct verdict v;

	for (size_t i = 0; i < N_OF(cases); i++) {
		judge("openai", cases[i].status, "", cases[i].body, &v);
		ck_assert_msg(v.outcome == cases[i].outcome, "%d %s: %s", cases[i].status,
			cases[i].body, outcome_name(v.outcome));
		ck_assert_str_ne(v.message, "");
	}
}
END_TEST

START_TEST(a_request_larger_than_the_limit_is_too_large)
{
	static const struct {
		int status;
		const char *message;
		enum outcome outcome;
	} cases[] = {
		{429,
			"Request too large for gpt-4o in organization org-1 on tokens per min "
			"(TPM): "
			"Limit 30000, Requested 45411. The input must be reduced",
			OUTCOME_TOO_LARGE},
		{413,
			"Request too large for model `llama-3.3-70b` in organization `org_1` "
			"service "
			"tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 10338",
			OUTCOME_TOO_LARGE},
		{429,
			"Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used "
			"29000, Requested 2000. Please try again in 2s",
			OUTCOME_RATE_LIMITED},
		{429,
			"Rate limit reached for gpt-4.1 (for limit gpt-4.1) on tokens per min "
			"(TPM): "
			"Limit 30000, Used 29000, Requested 2000",
			OUTCOME_RATE_LIMITED},
		{429,
			"Request too large for gpt-4.1 (for limit gpt-4.1) on tokens per min "
			"(TPM): "
			"Limit 30,000, Requested 30,601",
			OUTCOME_TOO_LARGE},
		{429, "Request too large on tokens per day (TPD): Limit 100000, Requested 200000",
			OUTCOME_TOO_LARGE},
		{400, "tokens per min: requested 45411, limit 30000", OUTCOME_TOO_LARGE},
		{400, "Requested: 10, limit: 30000", OUTCOME_CLIENT_ERROR},
		{429, "Request too large", OUTCOME_TOO_LARGE},
		{429, "requested up to 45411 tokens of a limit of 30000", OUTCOME_TOO_LARGE},
		{429,
			"This request would exceed your organization's rate limit of 40,000 input "
			"tokens per minute",
			OUTCOME_RATE_LIMITED},
		{400, "too large for model with 32768 maximum context length",
			OUTCOME_CLIENT_ERROR},
		{413, "Rate limit: Limit 6000, Used 5000, Requested 2000", OUTCOME_RATE_LIMITED},
		{500, "Limit 1, Requested 2", OUTCOME_SERVER_ERROR},
	};
	struct verdict v;
	char body[512];

	for (size_t i = 0; i < N_OF(cases); i++) {
		snprintf(body, sizeof(body),
			"{\"error\":{\"message\":\"%s\",\"type\":\"tokens\",\"code\":"
			"\"rate_limit_exceeded\"}}",
			cases[i].message);
		judge("openai", cases[i].status, "", body, &v);
		ck_assert_msg(v.outcome == cases[i].outcome, "%d %s: %s", cases[i].status,
			cases[i].message, outcome_name(v.outcome));
		ck_assert_str_eq(v.message, cases[i].message);
	}
}
END_TEST

START_TEST(the_words_of_an_error_are_found_in_every_form)
{
	static const struct {
		const char *body, *code, *message;
	} cases[] = {
		{"[{\"error\":{\"code\":400,\"message\":\"API key not valid\",\"status\":"
		 "\"INVALID_ARGUMENT\"}}]",
			"INVALID_ARGUMENT", "API key not valid"},
		{"{\"detail\":[{\"loc\":[\"body\",\"messages\",0],\"msg\":\"field "
		 "required\",\"type\":"
		 "\"value_error.missing\"},{\"loc\":[\"body\",\"n\"],\"msg\":\"not an integer\"}]}",
			"", "body.messages.0: field required; body.n: not an integer"},
		{"{\"detail\":{\"error\":\"model is loading\"}}", "", "model is loading"},
		{"{\"message\":\"plain\"}", "", "plain"},
		{"{\"object\":\"error\",\"message\":{\"detail\":[{\"msg\":\"Extra inputs are not "
		 "permitted\",\"loc\":[\"body\",\"x\"]}]},\"type\":\"invalid_request_error\"}",
			"invalid_request_error", "body.x: Extra inputs are not permitted"},
		{"{\"error\":\"just text\"}", "", "just text"},
		{"{\"error\":[\"one\",\"two\"]}", "", "one; two"},
		{"{\"error\":{\"error\":{\"message\":\"deep\"},\"code\":\"c\"}}", "c", "deep"},
		{"{\"errors\":[{\"message\":\"a\"},{\"message\":\"b\"}]}", "", "a; b"},
		{"{\"errors\":[{\"code\":10000,\"message\":\"Authentication "
		 "error\"}],\"success\":false}",
			"", "Authentication error"},
		{"{\"errors\":{\"title\":[\"is too long\"]}}", "", "is too long"},
		{"{\"fault\":{\"faultstring\":\"Rate limit quota violation\",\"detail\":"
		 "{\"errorcode\":\"policies.ratelimit.QuotaViolation\"}}}",
			"", "Rate limit quota violation"},
		{"{\"Message\":\"User is not authorized\",\"__type\":\"AccessDeniedException\"}",
			"AccessDeniedException", "User is not authorized"},
		{"{\"error\":\"invalid_client\",\"error_description\":\"gone\"}", "invalid_client",
			"gone"},
		{"{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":400,\"detail\":"
		 "\"not "
		 "yours\"}",
			"about:blank", "not yours"},
		{"{\"timestamp\":1,\"status\":400,\"error\":\"Bad Request\",\"message\":\"n is "
		 "missing\"}",
			"Bad Request", "n is missing"},
		{"{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":{"
		 "\"raw\":\"{\\\"error\\\":{\\\"message\\\":\\\"too hot\\\"}}\",\"provider_name\":"
		 "\"P\"}}}",
			"400", "Provider returned error: too hot"},
		{"{\"error\":{\"message\":\"{\\\"detail\\\":\\\"behind\\\"}\"}}", "", "behind"},
		{"{\"error_code\":18,\"error_msg\":\"qps limit\"}", "18", "qps limit"},
		{"{\"base_resp\":{\"status_code\":1004,\"status_msg\":\"no login\"}}", "",
			"no login"},
		{"{\"Response\":{\"Error\":{\"Code\":\"C\",\"Message\":\"refused there\"}}}", "",
			"refused there"},
		{"<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your rate."
		 "</Message></Error>",
			"", "HTTP 400: Reduce your rate."},
		{"no such model\n", "", "HTTP 400: no such model"},
		{"<!DOCTYPE html><html><head>\n<title>\n502 Bad\tGateway</title></head><body>", "",
			"HTTP 400: 502 Bad Gateway"},
		{"<html><body><h1 class=\"x\">Blocked\x1b</h1></body>", "",
			"HTTP 400: Blocked\\x1b"},
		{"<html><title></title>", "", "HTTP 400: <html><title></title>"},
		{"[[[1]]]", "", "HTTP 400: [[[1]]]"},
		{"\"just a string\"", "", "just a string"},
	};
	struct verdict v;

	for (size_t i = 0; i < N_OF(cases); i++) {
		judge("openai", 400, "", cases[i].body, &v);
		ck_assert_str_eq(v.message, cases[i].message);
		ck_assert_msg(!strcmp(v.code, cases[i].code), "%s: code %s", cases[i].body, v.code);
	}
}
END_TEST

/* Only an error about the member counts, not a copy of the request that has it. */
START_TEST(a_refused_member_is_told_from_a_copied_request)
{
	static const struct {
		int status;
		const char *body;
		bool names;
	} cases[] = {
		{400,
			"{\"error\":{\"message\":\"Unrecognized request argument supplied: "
			"stream_options\"}}",
			true},
		{400,
			"{\"error\":{\"message\":\"Unknown parameter: "
			"'stream_options'.\",\"param\":"
			"\"stream_options\"}}",
			true},
		{400, "{\"error\":{\"message\":\"no\",\"param\":\"stream_options\"}}", true},
		{422,
			"{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\","
			"\"stream_options\"],\"msg\":\"Extra inputs are not permitted\",\"input\":"
			"{\"include_usage\":true}}]}",
			true},
		{400, "{\"detail\":\"Extra parameters ['stream_options'] are not allowed\"}", true},
		{400,
			"[{\"error\":{\"code\":400,\"message\":\"Invalid JSON payload received. "
			"Unknown "
			"name \\\"stream_options\\\": Cannot find field.\"}}]",
			true},
		{422, "Failed to deserialize the JSON body: unknown field `stream_options`", true},
		{400, "{\"stream_options\":[\"Unknown field.\"]}", true},
		{422,
			"{\"object\":\"error\",\"message\":{\"detail\":[{\"loc\":[\"body\","
			"\"stream_options\"],\"msg\":\"Extra inputs\"}]}}",
			true},
		{200, "{\"error\":{\"message\":\"unknown field stream_options\"}}", true},
		{500,
			"{\"detail\":\"create() got an unexpected keyword argument "
			"'stream_options'\"}",
			true},
		{422,
			"{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"model\"],\"msg\":"
			"\"Field "
			"required\",\"input\":{\"stream_options\":{\"include_usage\":true}}}]}",
			false},
		{400,
			"{\"error\":{\"message\":\"bad request {'model': 'x', 'stream_options': "
			"{'include_usage': True}}\"}}",
			false},
		{400, "{\"error\":{\"message\":\"no\"},\"request\":{\"stream_options\":1}}", false},
		{200, "{\"choices\":[{\"text\":\"stream_options\"}]}", false},
		{400, "", false},
		{400, "stream_option", false},
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct answer a = {.result = NET_STATUS,
			.status = cases[i].status,
			.body = cases[i].body,
			.body_len = strlen(cases[i].body)};

		ck_assert_msg(
			refusal_names(&a, "stream_options") == cases[i].names, "%s", cases[i].body);
	}
}
END_TEST

START_TEST(failures_of_the_transport_have_their_outcome)
{
	static const struct {
		enum net_result result;
		const char *error;
		enum outcome outcome;
		const char *message;
	} cases[] = {
		{NET_TIMEOUT_CONNECT, NULL, OUTCOME_TIMEOUT, "no connection within the time limit"},
		{NET_TIMEOUT_FIRST_BYTE, "", OUTCOME_TIMEOUT,
			"no first byte of the answer within the time limit"},
		{NET_TIMEOUT_IDLE, NULL, OUTCOME_TIMEOUT, "the answer stalled"},
		{NET_TIMEOUT_TOTAL, "too\tlate", OUTCOME_TIMEOUT, "too late"},
		{NET_ERROR, "reset\x1b", OUTCOME_NETWORK, "reset\\x1b"},
		{NET_TOO_LARGE, NULL, OUTCOME_TOO_LARGE,
			"the answer is larger than --max-response"},
		{NET_CANCELLED, NULL, OUTCOME_CANCELLED, "cancelled"},
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct answer a = {.result = cases[i].result,
			.status = 200,
			.error = cases[i].error,
			.body = "{}",
			.body_len = 2};
		struct verdict v;

		response_judge(provider_by_name("openai"), &a, NOW_US, &v);
		ck_assert_int_eq(v.outcome, cases[i].outcome);
		ck_assert_str_eq(v.message, cases[i].message);
		ck_assert(!v.json.at);
		ck_assert_int_eq(v.wait_us, -1);
	}
}
END_TEST

/* Of any service: in the form it is in. */
START_TEST(usage_is_found)
{
	static const struct {
		const char *provider, *body;
		int64_t in, out;
	} cases[] = {
		{"openai", "{\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":19}}", 21, 19},
		{"openai", "{\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}", 8, 0},
		{"openai",
			"{\"usage\":{\"input_tokens\":7,\"output_tokens\":9,"
			"\"output_tokens_details\":{}}}",
			7, 9},
		{"anthropic",
			"{\"usage\":{\"input_tokens\":1,\"cache_creation_input_tokens\":20,"
			"\"cache_read_input_tokens\":300,\"output_tokens\":9}}",
			321, 9},
		{"anthropic",
			"{\"usage\":{\"input_tokens\":5,"
			"\"cache_read_input_tokens\":9223372036854775807,\"output_tokens\":1e2}}",
			5, 100},
		{"openai", "{\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":\"2\"}}", -1,
			-1},
		{"openai", "{\"usage\":{\"prompt_tokens\":1.5,\"completion_tokens\":0.1}}", 2, 0},
		{"openai", "{\"usage\":{\"prompt_tokens\":1.25e3,\"completion_tokens\":5E+1}}",
			1250, 50},
		{"openai", "{\"usage\":{\"prompt_tokens\":1e8,\"completion_tokens\":100000001}}",
			100000000, -1},
		{"openai", "{\"usage\":{\"prompt_tokens\":1e308,\"completion_tokens\":-1e308}}", -1,
			-1},
		{"openai", "{\"usage\":{\"prompt_tokens\":1e999,\"completion_tokens\":null}}", -1,
			-1},
		{"openai",
			"{\"usage\":{\"prompt_tokens\":9223372036854775807,"
			"\"completion_tokens\":99999999999999999999999999999999999999}}",
			-1, -1},
		{"openai", "{\"usage\":{\"input_tokens\":-5e-1,\"output_tokens\":-0.0}}", -1, 0},
		{"anthropic",
			"{\"usage\":{\"input_tokens\":1e8,\"cache_read_input_tokens\":1e8,"
			"\"output_tokens\":\"9\"}}",
			100000000, -1},
		{"openai", "{\"usage\":null}", -1, -1},
		{"anthropic", "{\"usage\":[1]}", -1, -1},
		{"openai", "{}", -1, -1},
		{"openai", "17", -1, -1},
	};
	struct verdict v;

	for (size_t i = 0; i < 2 * N_OF(cases); i++) {
		judge(i % 2 ? "raw" : cases[i / 2].provider, 200, "", cases[i / 2].body, &v);
		ck_assert_msg(v.tokens_in == cases[i / 2].in && v.tokens_out == cases[i / 2].out,
			"%s: %d in, %d out", cases[i / 2].body, (int)v.tokens_in,
			(int)v.tokens_out);
		ck_assert(v.json.at);
	}
}
END_TEST

START_TEST(the_body_is_a_value_of_its_own)
{
	static const struct {
		const char *body, *json; /* NULL: none */
	} cases[] = {
		{"{\"a\":1}", "{\"a\":1}"},
		{" \r\n\t[1, 2]\n ", "[1, 2]"},
		{"1", "1"},
		{" \"x \" ", "\"x \""},
		{"", NULL},
		{" \n", NULL},
		{"{\"a\":1}}", NULL},
		{"text", NULL},
	};
	struct verdict v;

	for (size_t i = 0; i < 2 * N_OF(cases); i++) {
		const char *want = cases[i / 2].json;

		judge("raw", i % 2 ? 200 : 500, "", cases[i / 2].body, &v);
		ck_assert_msg(want ? v.json.at && v.json.len == strlen(want) &&
					      !memcmp(v.json.at, want, v.json.len)
				   : !v.json.at,
			"%s", cases[i / 2].body);
	}
}
END_TEST

/* OpenRouter's error, with what its headers say remains and when the limit is there again. */
#define QUOTED(remaining, reset)                                                                   \
	"{\"error\":{\"code\":429,\"metadata\":{\"headers\":{\"X-RateLimit-Remaining\":"           \
	"\"" remaining "\",\"X-RateLimit-Reset\":\"" reset "\"}}}}"

START_TEST(waits_are_read)
{
	static const struct {
		const char *headers, *body;
		int64_t us;
		const char *source;
	} cases[] = {
		{"", "", -1, ""},
		{"Retry-After: 20", "", 20 * US_PER_S, "retry-after"},
		{"retry-after:0.5\r\n", "", US_PER_S / 2, "retry-after"},
		{"RETRY-AFTER-MS: 12.25 \r\nRetry-After: 20\r\n", "", 12250, "retry-after-ms"},
		{"retry-after: 20\nretry-after: 5\n", "", 20 * US_PER_S, "retry-after"},
		{"retry-after-ms: soon\r\nRetry-After: 1\r\n", "", US_PER_S, "retry-after"},
		{"Retry-After: -1", "", -1, ""},
		{"Retry-After: nan", "", -1, ""},
		{"Retry-After: inf", "", -1, ""},
		{"Retry-After: 0x10", "", -1, ""},
		{"Retry-After:", "", -1, ""},
		{"Retry-After: 0", "", 0, "retry-after"},
		{"Retry-After: 1e300", "", -1, ""},
		{"Retry-After: Sun, 06 Nov 1994 08:50:07 GMT", "", 30 * US_PER_S, "retry-after"},
		{"Retry-After: Sunday, 06-Nov-94 08:50:07 GMT", "", 30 * US_PER_S, "retry-after"},
		{"Retry-After: Sun Nov  6 08:50:07 1994", "", 30 * US_PER_S, "retry-after"},
		{"Date: Sun, 06 Nov 1994 08:50:00 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 "
		 "GMT",
			"", 7 * US_PER_S, "retry-after"},
		{"Retry-After: Sun, 06 Nov 1994 08:00:00 GMT", "", 0, "retry-after"},
		{"Retry-After: Sun, 06 Nov 2094 08:00:00 GMT", "", -1, ""},
		{"Retry-After: x", "Please try again in 8.71s. Visit", 8710000, "body"},
		{"Retry-After: 3", "Please try again in 8.71s.", 3 * US_PER_S, "retry-after"},
		{"", "try again in 120ms.", 120000, "body"},
		{"", "try again in 1m2s", 62 * US_PER_S, "body"},
		{"", "try again in 6m0s", 360 * US_PER_S, "body"},
		{"", "try again in 1h2m3.5s", 3723500 * US_PER_MS, "body"},
		{"", "Please retry after 26 seconds.", 26 * US_PER_S, "body"},
		{"", "Please retry in 2 minutes.", 120 * US_PER_S, "body"},
		{"", "\"retryDelay\" : \"27s\"", 27 * US_PER_S, "body"},
		{"", "\"retryDelay\":\"0.25s\"", US_PER_S / 4, "body"},
		{"", "\"retryDelay\":", -1, ""},
		{"", "try again in a while", -1, ""},
		{"", "try again in 99999999999h", -1, ""},
		{"", "try again in 5", -1, ""},
		{"", "try again in ", -1, ""},
		{"retry-after-ms: x\r\nx-ms-retry-after-ms: 250\r\nRetry-After: 1\r\n", "",
			US_PER_S / 4, "x-ms-retry-after-ms"},
		{"X-MS-Retry-After-Ms: 00:00:00.033\r\n", "", -1, ""},
		{"", "Please retry in 17.242s.", 17242 * US_PER_MS, "body"},
		{"", "Please retry after 35 seconds. Please go here", 35 * US_PER_S, "body"},
		{"", "Retry after 2s", 2 * US_PER_S, "body"},
		{"", "retry after a rest. Try again after 3 s", 3 * US_PER_S, "body"},
		{"", "retry after a rest, then retry after 4s", 4 * US_PER_S, "body"},
		{"", "Please wait 0 seconds before retrying", 0, "body"},
		{"", "Wait for 1 minute", 60 * US_PER_S, "body"},
		{"", "Request was throttled. Expected available in 32 seconds.", 32 * US_PER_S,
			"body"},
		{"", "Your quota will reset after 1h2m10s.", 3730 * US_PER_S, "body"},
		{"", "please wait before trying again", -1, ""},
		{"", "{\"retry_after\": 0.3}", 300 * US_PER_MS, "body"},
		{"", "{\"retry_after\":\"5s\"}", 5 * US_PER_S, "body"},
		{"", "{\"retry_after\":null,\"m\":\"retry in 2s\"}", 2 * US_PER_S, "body"},
		{"", "{\"retry_after_seconds\":60}", 60 * US_PER_S, "body"},
		{"", "{\"retry_after_ms\" : 250}", US_PER_S / 4, "body"},
		{"", "{\"retry_after\":-5}", -1, ""},
		{"", "{\"retryDelay\": 34}", -1, ""},
		{"", "\"retryDelay\":\"34.074824224s\"", 34074824, "body"},
		{"", "try again in 5 moments", -1, ""},
		{"", QUOTED("0", "Sun, 06 Nov 1994 08:49:41 GMT"), 4 * US_PER_S, "body"},
		{"", QUOTED("3", "Sun, 06 Nov 1994 08:49:41 GMT"), -1, ""},
		{"", QUOTED("0", "x"), -1, ""},
		{"xRetry-After: 3\nRetry-Afterx: 4\nRetry-After 5", "", -1, ""},
	};
	struct verdict v;

	for (size_t i = 0; i < N_OF(cases); i++) {
		judge("raw", 429, cases[i].headers, cases[i].body, &v);
		ck_assert_msg(v.wait_us == cases[i].us, "%s %s: %lld us", cases[i].headers,
			cases[i].body, (long long)v.wait_us);
		ck_assert_str_eq(v.wait_source, cases[i].source);
	}
	judge("raw", 404, "", "try again in 5s", &v);
	ck_assert_int_eq(v.wait_us, -1);
	judge("raw", 200, "Retry-After: 3", "", &v);
	ck_assert_int_eq(v.wait_us, -1);
}
END_TEST

START_TEST(ids_and_retry_words_are_read)
{
	static const struct {
		const char *headers, *id;
		int should_retry;
	} cases[] = {
		{"", "", -1},
		{"HTTP/2 200\r\nX-Request-ID:  req_1 \r\nx-should-retry: True\r\n", "req_1", 1},
		{"request-id: req_2\nx-should-retry: false\n", "req_2", 0},
		{"request-id: a\r\nx-request-id: b\x1b[2J", "b\\x1b[2J", -1},
		{"x-should-retry: falsehood\r\n", "", -1},
	};
	struct verdict v;

	for (size_t i = 0; i < N_OF(cases); i++) {
		judge("raw", 200, cases[i].headers, "", &v);
		ck_assert_str_eq(v.request_id, cases[i].id);
		ck_assert_int_eq(v.should_retry, cases[i].should_retry);
	}
}
END_TEST

START_TEST(headers_are_found_by_name)
{
	static const char headers[] = "A: 1\r\nLong-Name:\t two words \r\na: 3\r\nEmpty:\r\nLast:x";
	static const struct {
		const char *name, *value;
	} cases[] = {{"a", "1"}, {"LONG-NAME", "two words"}, {"empty", ""}, {"last", "x"},
		{"long", NULL}, {"", NULL}};
	const char *value, *source;
	size_t len;

	for (size_t i = 0; i < N_OF(cases); i++) {
		bool found = header_find(headers, sizeof(headers) - 1, cases[i].name, &value, &len);

		ck_assert_msg(found == (cases[i].value != NULL), "%s", cases[i].name);
		if (!found)
			continue;
		ck_assert_uint_eq(len, strlen(cases[i].value));
		ck_assert_mem_eq(value, cases[i].value, len);
	}
	ck_assert(!header_find(NULL, 0, "a", &value, &len));
	ck_assert_int_eq(
		header_retry_after_us("retry-after: 2", 14, NOW_US, &source), 2 * US_PER_S);
	ck_assert_str_eq(source, "retry-after");
	ck_assert_int_eq(header_retry_after_us(NULL, 0, NOW_US, NULL), -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {statuses_and_bodies_have_their_outcome,
		words_tell_whether_the_input_is_at_fault,
		a_request_larger_than_the_limit_is_too_large,
		the_words_of_an_error_are_found_in_every_form,
		a_refused_member_is_told_from_a_copied_request,
		failures_of_the_transport_have_their_outcome, usage_is_found,
		the_body_is_a_value_of_its_own, waits_are_read, ids_and_retry_words_are_read,
		headers_are_found_by_name, a_2xx_is_ok_only_if_it_is_an_answer,
		errors_behind_a_2xx_are_judged_by_their_code, what_is_asked_is_seen_by_the_path,
		an_answer_is_found_in_what_is_around_it, NULL};

	return unit_run("response", tests);
}
