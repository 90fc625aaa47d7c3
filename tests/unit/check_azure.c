/* Azure OpenAI: where its requests go, and what its answers, as they were seen, mean. */
#include <stdio.h>
#include <string.h>

#include "api/provider.h"
#include "api/response.h"
#include "base/clock.h"
#include "api/rate_headers.h"
#include "source_tree.h"
#include "unit.h"

#define N_OF(a)         (sizeof(a) / sizeof((a)[0]))
#define BASE            "https://r.openai.azure.com"
#define OPENAI          BASE "/openai"
#define V               "?api-version=2024-10-21"
#define LINE(url, body) "{\"method\":\"POST\",\"url\":\"" url "\",\"body\":" body "}"
#define GPT             "{\"model\":\"gpt-4o\"}"

static bool target(const char *base, const char *version, const char *text, struct request *r,
	struct error *err)
{
	struct endpoint e = {.provider = provider_by_name("azure"),
		.base_url = (char *)base,
		.api_version = (char *)version};
	struct request_line line;

	err->text[0] = '\0';
	ck_assert_msg(request_parse(text, strlen(text), FORMAT_AUTO, &line, err), "%s: %s", text,
		err->text);
	return request_target(&e, &line, r, err);
}

START_TEST(calls_go_to_their_deployment)
{
	static const struct {
		const char *base, *version, *line, *url;
	} cases[] = {
		/* OpenAI's urls and Azure's own */
		{BASE, NULL, LINE("/v1/chat/completions", GPT),
			OPENAI "/deployments/gpt-4o/chat/completions" V},
		{BASE, NULL, LINE("/chat/completions", GPT),
			OPENAI "/deployments/gpt-4o/chat/completions" V},
		{BASE "/", NULL, LINE("v1/embeddings", GPT),
			OPENAI "/deployments/gpt-4o/embeddings" V},
		{BASE, "2025-04-01-preview", LINE("/v1/completions", GPT),
			OPENAI "/deployments/gpt-4o/completions?api-version=2025-04-01-preview"},
		{BASE, NULL, LINE("/v1/images/generations", GPT),
			OPENAI "/deployments/gpt-4o/images/generations" V},
		{BASE, NULL, LINE("/openai/deployments/d/chat/completions", GPT),
			OPENAI "/deployments/d/chat/completions" V},
		{BASE, NULL, LINE("/openai/deployments/d/chat/completions?api-version=1", GPT),
			OPENAI "/deployments/d/chat/completions?api-version=1"},
		{BASE, NULL, LINE("/chat/completions?x=1", GPT),
			OPENAI "/deployments/gpt-4o/chat/completions?x=1&api-version=2024-10-21"},
		/* bare bodies */
		{BASE, NULL, "{\"model\":\"d\",\"messages\":[]}",
			OPENAI "/deployments/d/chat/completions" V},
		{BASE, NULL, "{\"model\":\"my-embed\",\"input\":\"x\"}",
			OPENAI "/deployments/my-embed/embeddings" V},
		/* names of deployments */
		{BASE, NULL, "{\"model\":\"a b/..\\u00e9%?\",\"messages\":[]}",
			OPENAI "/deployments/a%20b%2F..%C3%A9%25%3F/chat/completions" V},
		{BASE, NULL, "{\"model\":\"A-z_0.9~\",\"messages\":[]}",
			OPENAI "/deployments/A-z_0.9~/chat/completions" V},
		/* base URLs that say more */
		{OPENAI, NULL, LINE("/v1/chat/completions", GPT),
			OPENAI "/deployments/gpt-4o/chat/completions" V},
		{OPENAI "/deployments/own", NULL, LINE("/v1/chat/completions", GPT),
			OPENAI "/deployments/own/chat/completions" V},
		{OPENAI "/deployments/own/", NULL,
			LINE("/v1/chat/completions", "{\"messages\":[]}"),
			OPENAI "/deployments/own/chat/completions" V},
		{OPENAI "/deployments/own/chat/completions?api-version=1", NULL,
			LINE("/v1/embeddings", GPT), OPENAI "/deployments/own/embeddings" V},
		{"https://gw.example/team", NULL, LINE("/v1/chat/completions", GPT),
			"https://gw.example/team/openai/deployments/gpt-4o/chat/completions" V},
		{"http://openai/openai-eu", NULL, LINE("/v1/embeddings", GPT),
			"http://openai/openai-eu/openai/deployments/gpt-4o/embeddings" V},
		/* the v1 API */
		{BASE, NULL, LINE("/v1/responses", GPT), OPENAI "/v1/responses"},
		{OPENAI "/deployments/own", NULL, LINE("/responses", GPT), OPENAI "/v1/responses"},
		{BASE, "preview", LINE("/v1/responses", GPT),
			OPENAI "/v1/responses?api-version=preview"},
		{BASE, "preview", LINE("/v1/chat/completions", GPT),
			OPENAI "/v1/chat/completions?api-version=preview"},
		{OPENAI "/v1", NULL, LINE("/v1/chat/completions", GPT),
			OPENAI "/v1/chat/completions"},
		{OPENAI "/v1/", NULL, "{\"messages\":[]}", OPENAI "/v1/chat/completions"},
		{BASE, NULL, LINE("/openai/v1/embeddings", GPT), OPENAI "/v1/embeddings"},
		/* anything else goes as it is */
		{BASE, NULL, LINE("https://other.example/v1/embeddings", GPT),
			"https://other.example/v1/embeddings"},
		{BASE, NULL, "{\"url\":\"/status\"}", BASE "/status"},
		{BASE, NULL, "{\"url\":\"/openai/models\"}", OPENAI "/models" V},
	};
	struct error err;
	struct request r;

	request_init(&r, 1000);
	for (size_t i = 0; i < N_OF(cases); i++) {
		ck_assert_msg(target(cases[i].base, cases[i].version, cases[i].line, &r, &err),
			"%s: %s", cases[i].line, err.text);
		ck_assert_str_eq(buf_str(&r.url), cases[i].url);
	}
	request_free(&r);
}
END_TEST

START_TEST(lines_without_a_deployment_are_refused)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{LINE("/v1/chat/completions", "{\"messages\":[]}"), "the body has no model"},
		{"{\"messages\":[]}", "the body has no model"},
		{"{\"model\":\"\",\"messages\":[]}", "the body has no model"},
		{"{\"model\":7,\"messages\":[]}", "the body has no model"},
		{"{\"model\":\"..\",\"messages\":[]}", "not a valid deployment name"},
		{"{\"model\":\".\",\"messages\":[]}", "not a valid deployment name"},
		{"{\"params\":{\"model\":\"claude\"}}", "does not accept Anthropic messages"},
	};
	struct error err;
	struct request r;

	request_init(&r, 1000);
	for (size_t i = 0; i < N_OF(cases); i++) {
		ck_assert_msg(!target(BASE, NULL, cases[i].line, &r, &err), "%s", cases[i].line);
		ck_assert_msg(
			strstr(err.text, cases[i].says) != NULL, "%s: %s", cases[i].line, err.text);
	}
	request_free(&r);
}
END_TEST

START_TEST(its_addresses_are_known)
{
	static const struct {
		const char *url;
		bool azure;
	} cases[] = {{BASE, true}, {"https://R.OpenAI.Azure.com:443/", true},
		{"https://gw.example/x/openai/deployments/d", true}, {OPENAI "/v1", false},
		{OPENAI "/v1/", false}, {"https://api.openai.com/v1", false},
		{"https://.openai.azure.com", false},
		{"https://openai.azure.com.evil.example", false},
		{"https://h/?x=/openai/deployments/d", false}, {"", false}};

	for (size_t i = 0; i < N_OF(cases); i++)
		ck_assert_msg((provider_of_url(cases[i].url) == provider_by_name("azure")) ==
				      cases[i].azure,
			"%s", cases[i].url);
	ck_assert(provider_version_valid("2024-10-21") && provider_version_valid("preview"));
	ck_assert(!provider_version_valid("") && !provider_version_valid("a&b=c"));
}
END_TEST

/* An answer as it was on the wire, with LF in place of CRLF. */
static char *load(const char *name, struct answer *a)
{
	char path[4000], *text, *body;
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/data/azure/%s.http", source_tree(), name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	text = malloc(1 << 16);
	len = fread(text, 1, (1 << 16) - 1, f);
	fclose(f);
	text[len] = '\0';
	body = strstr(text, "\n\n");
	ck_assert_ptr_nonnull(body);
	*a = (struct answer){.result = NET_STATUS,
		.status = atoi(text + strlen("HTTP/1.1 ")),
		.headers = text,
		.headers_len = (size_t)(body + 1 - text),
		.body = body + 2,
		.body_len = strlen(body + 2)};
	return text;
}

START_TEST(answers_mean_what_they_say)
{
	static const struct {
		const char *name;
		enum outcome outcome;
		const char *code, *message, *id; /* message: its front */
		int64_t wait_us;
	} cases[] = {
		{"chat", OUTCOME_OK, "", "", "3a8b1a44-a02c-4a07-b51d-1c88acec4c4f", -1},
		{"content-filter", OUTCOME_CLIENT_ERROR, "content_filter",
			"hate (high), violence (medium) filtered: The response was filtered due",
			"0f6f1c3e-1a7b-4a55-9d3c-6a7c5d0f2b11", -1},
		{"rate-limit", OUTCOME_RATE_LIMITED, "", "Requests to the ChatCompletions_Create",
			"1a0f4dd2-5f3e-4e0c-8d3b-6d5a5f6a7b21", 5312 * US_PER_MS},
		{"high-demand", OUTCOME_RATE_LIMITED, "NoCapacity", "The system is currently", "",
			20 * US_PER_S},
		{"unauthorized", OUTCOME_AUTH, "", "Access denied due to invalid subscription key",
			"5f6b7c1e-9d1f-4d57-8f5b-0e7ad0b6a111", -1},
		{"expired-token", OUTCOME_AUTH, "", "Unauthorized. Access token is missing", "",
			-1},
		{"no-deployment", OUTCOME_CLIENT_ERROR, "DeploymentNotFound",
			"The API deployment for this resource does not exist.", "", -1},
		{"no-resource", OUTCOME_CLIENT_ERROR, "", "Resource not found", "", -1},
		{"gateway-tokens", OUTCOME_RATE_LIMITED, "", "Token limit is exceeded.", "",
			21 * US_PER_S},
		{"gateway-quota", OUTCOME_QUOTA, "", "Out of call volume quota.", "",
			7199 * US_PER_S},
		{"internal", OUTCOME_SERVER_ERROR, "InternalServerError", "The server had an error",
			"", -1},
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct answer a;
		struct verdict v;
		char *text = load(cases[i].name, &a);

		response_judge(provider_by_name("azure"), &a, 0, &v);
		ck_assert_msg(v.outcome == cases[i].outcome, "%s: %s", cases[i].name, v.message);
		ck_assert_str_eq(v.code, cases[i].code);
		ck_assert_msg(!strncmp(v.message, cases[i].message, strlen(cases[i].message)),
			"%s: %s", cases[i].name, v.message);
		ck_assert_str_eq(v.request_id, cases[i].id);
		ck_assert_int_eq(v.wait_us, cases[i].wait_us);
		free(text);
	}
}
END_TEST

START_TEST(usage_and_text_are_openai_s)
{
	struct answer a;
	struct verdict v;
	struct buf said;
	char *text = load("chat", &a);

	response_judge(provider_by_name("azure"), &a, 0, &v);
	ck_assert_int_eq(v.tokens_in, 13);
	ck_assert_int_eq(v.tokens_out, 5);
	buf_init(&said, 1000);
	ck_assert(provider_by_name("azure")->text(json_whole(a.body, a.body_len), &said));
	ck_assert_str_eq(buf_str(&said), "Azure says hi \xf0\x9f\x91\x8b");
	buf_free(&said);
	free(text);
}
END_TEST

/* -1 and 0 stand for what Azure does not know; resets are bare seconds. */
START_TEST(limits_are_read)
{
	struct reported_limits told;
	struct answer a;
	char *text = load("rate-limit", &a);

	ck_assert(rate_headers_read(a.headers, a.headers_len, 0, &told));
	ck_assert_double_eq(told.at[LIMIT_REQUESTS].limit, 60);
	ck_assert_double_eq(told.at[LIMIT_REQUESTS].remaining, 0);
	ck_assert_int_eq(told.at[LIMIT_REQUESTS].reset_us, 6 * US_PER_S);
	ck_assert_double_lt(told.at[LIMIT_TOKENS].limit, 0);
	ck_assert_double_lt(told.at[LIMIT_TOKENS].remaining, 0);
	free(text);
}
END_TEST

START_TEST(streams_are_asked_for_as_the_version_can)
{
	static const struct {
		const char *url, *body, *asked;
	} cases[] = {
		{OPENAI "/deployments/d/chat/completions" V, "{\"a\":1}",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":true},\"a\":1}"},
		{OPENAI "/deployments/d/chat/completions?api-version=2024-06-01", "{\"a\":1}",
			"{\"stream\":true,\"a\":1}"},
		{OPENAI "/deployments/d/completions?api-version=2024-08-01-preview", "{\"a\":1}",
			"{\"stream\":true,\"a\":1}"},
		{OPENAI "/deployments/d/chat/completions" V, "{\"data_sources\":[]}",
			"{\"stream\":true,\"data_sources\":[]}"},
		{OPENAI "/v1/chat/completions?api-version=preview", "{\"a\":1}",
			"{\"stream\":true,\"stream_options\":{\"include_usage\":true},\"a\":1}"},
		{OPENAI "/v1/responses", "{\"a\":1}", "{\"stream\":true,\"a\":1}"},
		{OPENAI "/deployments/d/embeddings" V, "{\"a\":1}", "{\"a\":1}"},
	};
	struct request r;

	request_init(&r, 1000);
	r.has_body = true;
	for (size_t i = 0; i < N_OF(cases); i++) {
		buf_clear(&r.url);
		buf_clear(&r.body);
		buf_adds(&r.url, cases[i].url);
		buf_adds(&r.body, cases[i].body);
		ck_assert(provider_by_name("azure")->shape(&r, true));
		ck_assert_str_eq(buf_str(&r.body), cases[i].asked);
	}
	request_free(&r);
}
END_TEST

/* As the specification has it, and as an event of a stream. */
START_TEST(filters_are_reported_wherever_they_stand)
{
	static const char specified[] =
		"{\"error\":{\"code\":\"content_filter\",\"message\":\"no\",\"inner_error\":"
		"{\"content_filter_results\":{\"jailbreak\":{\"filtered\":true,\"detected\":true},"
		"\"hate\":{\"filtered\":false},\"custom\":[1]}}}}";
	static const char plain[] = "{\"error\":{\"code\":\"content_filter\",\"message\":\"no\"}}";
	struct stream_end end = {.error = specified, .error_len = sizeof(specified) - 1};
	struct answer a = {.result = NET_STATUS,
		.status = 400,
		.body = specified,
		.body_len = sizeof(specified) - 1};
	struct verdict v;

	response_judge(provider_by_name("azure"), &a, 0, &v);
	ck_assert_int_eq(v.outcome, OUTCOME_CLIENT_ERROR);
	ck_assert_str_eq(v.message, "jailbreak filtered: no");
	a.status = 200;
	a.stream = &end;
	response_judge(provider_by_name("azure"), &a, 0, &v);
	ck_assert_int_eq(v.outcome, OUTCOME_CLIENT_ERROR);
	ck_assert_str_eq(v.message, "jailbreak filtered: no");
	a = (struct answer){.status = 400, .body = plain, .body_len = sizeof(plain) - 1};
	response_judge(provider_by_name("azure"), &a, 0, &v);
	ck_assert_str_eq(v.message, "no");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {calls_go_to_their_deployment,
		lines_without_a_deployment_are_refused, its_addresses_are_known,
		answers_mean_what_they_say, usage_and_text_are_openai_s, limits_are_read,
		streams_are_asked_for_as_the_version_can, filters_are_reported_wherever_they_stand,
		NULL};

	return unit_run("azure", tests);
}
