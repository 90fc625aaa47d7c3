/* Tokens and costs of answers, in the words of every provider. */
#include <stdio.h>
#include <string.h>

#include "api/provider.h"
#include "api/response.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static void judge(const char *headers, const char *body, const struct stream_end *stream,
	const char *provider, struct verdict *v)
{
	struct answer a = {.result = NET_STATUS,
		.status = 200,
		.headers = headers,
		.headers_len = strlen(headers),
		.body = body,
		.body_len = strlen(body),
		.stream = stream};

	response_judge(provider_by_name(provider), &a, 0, v);
}

static const struct usage_case {
	const char *body;
	int64_t in, out, cached, written;
} cases[] = {
	/* OpenAI: reasoning is a part of the output */
	{"{'usage':{'prompt_tokens':100,'completion_tokens':50,'total_tokens':150,"
	 "'prompt_tokens_details':{'cached_tokens':64,'audio_tokens':0},"
	 "'completion_tokens_details':{'reasoning_tokens':40}}}",
		100, 50, 64, 0},
	{"{'usage':{'input_tokens':75,'input_tokens_details':{'cached_tokens':32},'output_tokens':"
	 "1186,"
	 "'output_tokens_details':{'reasoning_tokens':1024},'total_tokens':1261}}",
		75, 1186, 32, 0},
	/* xAI: beside it */
	{"{'usage':{'prompt_tokens':1000,'completion_tokens':500,'total_tokens':11500,"
	 "'completion_tokens_details':{'reasoning_tokens':10000}}}",
		1000, 10500, 0, 0},
	{"{'usage':{'prompt_tokens':21,'completion_tokens':3,"
	 "'completion_tokens_details':{'reasoning_tokens':263}}}",
		21, 266, 0, 0},
	{"{'usage':{'input_tokens':10,'input_tokens_details':{'cached_tokens':40},'output_tokens':"
	 "5}}",
		50, 5, 40, 0},
	/* Gemini's endpoint for OpenAI's clients: thoughts in the total only */
	{"{'usage':{'prompt_tokens':8,'completion_tokens':10,'total_tokens':900}}", 8, 892, 0, 0},
	{"{'usage':{'prompt_tokens':8,'total_tokens':900}}", 8, 892, 0, 0},
	{"{'usage':{'completion_tokens':10,'total_tokens':30}}", 20, 10, 0, 0},
	{"{'usage':{'prompt_tokens':8,'completion_tokens':null,'total_tokens':30}}", 8, 22, 0, 0},
	/* a total that cannot be */
	{"{'usage':{'prompt_tokens':8,'completion_tokens':9,'total_tokens':3}}", 8, 9, 0, 0},
	{"{'usage':{'prompt_tokens':8,'completion_tokens':9,'total_tokens':90000000}}", 8, 9, 0, 0},
	{"{'usage':{'prompt_tokens':8,'completion_tokens':9,'total_tokens':-1}}", 8, 9, 0, 0},
	{"{'usage':{'prompt_tokens':8,'completion_tokens':9,'total_tokens':'17'}}", 8, 9, 0, 0},
	/* Voyage's embeddings */
	{"{'usage':{'total_tokens':12}}", 12, 0, 0, 0},
	/* Anthropic, itself and behind gateways that speak as OpenAI does */
	{"{'usage':{'input_tokens':50,'cache_creation_input_tokens':248,"
	 "'cache_read_input_tokens':1800,'cache_creation':{'ephemeral_5m_input_tokens':148,"
	 "'ephemeral_1h_input_tokens':100},'output_tokens':503}}",
		2098, 503, 1800, 248},
	{"{'usage':{'prompt_tokens':2098,'completion_tokens':503,'total_tokens':2601,"
	 "'cache_creation_input_tokens':248,'cache_read_input_tokens':1800,"
	 "'prompt_tokens_details':{'cached_tokens':1800,'cache_creation_tokens':248}}}",
		2098, 503, 1800, 248},
	{"{'usage':{'prompt_tokens':50,'completion_tokens':5,'cache_read_input_tokens':1800}}",
		1850, 5, 1800, 0},
	{"{'usage':{'prompt_tokens':60,'completion_tokens':5,'prompt_tokens_details':"
	 "{'cached_tokens':30,'cache_write_tokens':10}}}",
		60, 5, 30, 10},
	/* DeepSeek, Moonshot */
	{"{'usage':{'prompt_tokens':300,'completion_tokens':5,'total_tokens':305,"
	 "'prompt_cache_hit_tokens':256,'prompt_cache_miss_tokens':44,"
	 "'prompt_tokens_details':{'cached_tokens':256}}}",
		300, 5, 256, 0},
	{"{'usage':{'completion_tokens':5,'prompt_cache_hit_tokens':256,"
	 "'prompt_cache_miss_tokens':44}}",
		300, 5, 256, 0},
	{"{'usage':{'prompt_tokens':300,'completion_tokens':5,'cached_tokens':256}}", 300, 5, 256,
		0},
	{"{'choices':[{'usage':{'prompt_tokens':300,'completion_tokens':5,'cached_tokens':256}}]}",
		300, 5, 256, 0},
	/* Gemini */
	{"{'usageMetadata':{'promptTokenCount':12,'cachedContentTokenCount':4,"
	 "'candidatesTokenCount':71,'toolUsePromptTokenCount':65,'thoughtsTokenCount':89,"
	 "'totalTokenCount':237}}",
		77, 160, 4, 0},
	{"{'usageMetadata':{'promptTokenCount':12,'totalTokenCount':12}}", 12, 0, 0, 0},
	{"[{'usageMetadata':{'promptTokenCount':12,'candidatesTokenCount':1}},"
	 "{'usageMetadata':{'promptTokenCount':12,'candidatesTokenCount':8}}]",
		12, 8, 0, 0},
	/* Bedrock */
	{"{'usage':{'inputTokens':30,'outputTokens':628,'totalTokens':2000,"
	 "'cacheReadInputTokens':1000,'cacheWriteInputTokens':342}}",
		1372, 628, 1000, 342},
	{"{'prompt_token_count':9,'generation_token_count':7}", 9, 7, 0, 0},
	{"{'embedding':[1],'inputTextTokenCount':9}", 9, 0, 0, 0},
	{"{'outputs':[],'amazon-bedrock-invocationMetrics':{'inputTokenCount':8,"
	 "'outputTokenCount':3}}",
		8, 3, 0, 0},
	/* Ollama */
	{"{'model':'m','done':true,'prompt_eval_count':26,'eval_count':259}", 26, 259, 0, 0},
	{"{'embeddings':[[1]],'prompt_eval_count':8}", 8, 0, 0, 0},
	{"{'model':'m','done':true,'eval_count':259}", -1, 259, 0, 0},
	/* Cohere */
	{"{'usage':{'billed_units':{'input_tokens':17,'output_tokens':12},"
	 "'tokens':{'input_tokens':215,'output_tokens':14}}}",
		17, 12, 0, 0},
	{"{'meta':{'tokens':{'input_tokens':215,'output_tokens':14},"
	 "'billed_units':{'input_tokens':17,'output_tokens':12}}}",
		17, 12, 0, 0},
	{"{'meta':{'billed_units':{'input_tokens':17}}}", 17, 0, 0, 0},
	{"{'meta':{'billed_units':{'search_units':1}}}", -1, -1, 0, 0},
	/* Groq */
	{"{'choices':[],'x_groq':{'usage':{'prompt_tokens':3,'completion_tokens':4}}}", 3, 4, 0, 0},
	/* what is no usage */
	{"{'meta':{'cost':5,'total':3},'response':{'cost':7},'cost':9}", -1, -1, 0, 0},
	{"{'usage':{}}", -1, -1, 0, 0},
	{"{'usage':null,'input_tokens':14}", -1, -1, 0, 0},
	{"{'usage':{'prompt_tokens':5,'completion_tokens':2,'prompt_tokens_details':null}}", 5, 2,
		0, 0},
	{"{'usage':{'prompt_tokens':5,'completion_tokens':2,'prompt_tokens_details':"
	 "{'cached_tokens':-3,'cache_write_tokens':1e300}}}",
		5, 2, 0, 0},
	{"{'usage':{'prompt_tokens':1e8,'completion_tokens':1e8,'total_tokens':1e8,"
	 "'cache_read_input_tokens':1e8,'cache_creation_input_tokens':1e8}}",
		100000000, 100000000, 100000000, 0},
	{"{'usage':{'usage':{'usage':{'usage':{'usage':{'prompt_tokens':5}}}}}}", -1, -1, 0, 0},
};

/* Tables are easier to read with one kind of quote. */
static const char *quoted(const char *text, char out[1024])
{
	size_t i = 0;

	for (; text[i]; i++)
		out[i] = text[i] == '\'' ? '"' : text[i];
	out[i] = '\0';
	return out;
}

static void check_tokens(const struct usage_case *c, const char *provider)
{
	char body[1024];
	struct verdict v;

	judge("", quoted(c->body, body), NULL, provider, &v);
	ck_assert_msg(v.tokens_in == c->in && v.tokens_out == c->out &&
			      v.tokens_cached == c->cached && v.tokens_cache_write == c->written,
		"%s, %s: %d in, %d out, %d cached, %d written", provider, c->body, (int)v.tokens_in,
		(int)v.tokens_out, (int)v.tokens_cached, (int)v.tokens_cache_write);
	ck_assert(!v.has_cost);
}

START_TEST(tokens_are_those_that_are_billed)
{
	for (size_t i = 0; i < N_OF(cases); i++) {
		check_tokens(&cases[i], "openai");
		check_tokens(&cases[i], "raw");
	}
}
END_TEST

START_TEST(streams_that_stay_as_they_came_have_usage_at_their_end)
{
	static const struct usage_case streams[] = {
		{"{'response':'he','done':false}\n"
		 "{'response':'','done':true,'prompt_eval_count':26,'eval_count':2}\n",
			26, 2, 0, 0},
		{"data: {'choices':[{'delta':{'content':'x'}}]}\r\n\r\n"
		 "data: {'choices':[],'usage':{'prompt_tokens':3,'completion_tokens':4}}\r\n\r\n"
		 "data: [DONE]\r\n\r\n",
			3, 4, 0, 0},
		{"event: message-end\ndata: {'type':'message-end','delta':{'usage':{'billed_units':"
		 "{'input_tokens':5,'output_tokens':6}}}}\n\n",
			5, 6, 0, 0},
		{"data: {'type':'response.completed','response':{'usage':{'input_tokens':5,"
		 "'input_tokens_details':{'cached_tokens':2},'output_tokens':6}}}\n\n",
			5, 6, 2, 0},
		{"data: {'candidates':[],'usageMetadata':{'promptTokenCount':4,"
		 "'candidatesTokenCount':2}}\r\n\r\n",
			4, 2, 0, 0},
		{"{'response':", -1, -1, 0, 0},
		{"\n\n\n", -1, -1, 0, 0},
	};

	for (size_t i = 0; i < N_OF(streams); i++)
		check_tokens(&streams[i], "raw");
}
END_TEST

START_TEST(costs_are_those_that_are_stated)
{
	static const struct {
		const char *headers, *usage;
		bool has;
		double usd;
	} costs[] = {
		{"",
			"{'cost':0.0033789,'is_byok':false,'cost_details':{"
			"'upstream_inference_cost':0.0033789}}",
			true, 0.0033789},
		{"",
			"{'cost':0.0001,'is_byok':true,'cost_details':{'upstream_inference_cost':0."
			"002}}",
			true, 0.0021},
		{"", "{'cost':0}", true, 0},
		{"", "{'cost':{'input_tokens_cost':0.001,'total_cost':0.006}}", true, 0.006},
		{"", "{'estimated_cost':0.0000268}", true, 0.0000268},
		{"", "{'cost_in_usd_ticks':318319000}", true, 0.0318319},
		{"", "{'cost':null}", false, 0},
		{"", "{'cost':-1}", false, 0},
		{"", "{'cost':1e300}", false, 0},
		{"", "{'cost':'0.1'}", false, 0},
		{"", "{'cost_details':{'upstream_inference_cost':1}}", false, 0},
		{"x-litellm-response-cost: 3.45e-05\r\n", "{'cost':1}", true, 3.45e-05},
		{"X-LiteLLM-Response-Cost: None\r\n", "{'cost':1}", true, 1},
		{"x-litellm-response-cost: 0.0\r\n", "{}", true, 0},
		{"x-litellm-response-cost-original: 2\r\n", "{}", false, 0},
		{"cf-aig-cost: 0.5\n", "{}", true, 0.5},
		{"x-portkey-cost: nan\n", "{}", false, 0},
		{"x-portkey-cost: -1\n", "{}", false, 0},
		{"x-portkey-cost: \n", "{}", false, 0},
		{"x-portkey-cost: 1e9\n", "{}", false, 0},
	};
	char body[1024], whole[1100];
	struct verdict v;

	for (size_t i = 0; i < N_OF(costs); i++) {
		snprintf(whole, sizeof(whole), "{\"usage\":%s}", quoted(costs[i].usage, body));
		judge(costs[i].headers, whole, NULL, "openai", &v);
		ck_assert_msg(v.has_cost == costs[i].has, "%s%s", costs[i].headers, whole);
		ck_assert_double_eq_tol(v.cost_usd, costs[i].usd, 1e-12);
	}
}
END_TEST

/* The header of a stream leaves before its cost is known. */
START_TEST(a_zero_before_a_stream_is_no_cost)
{
	const struct stream_end end = {.whole = true, .pieces = 2};
	struct verdict v;

	judge("x-litellm-response-cost: 0.0\r\n", "{}", &end, "openai", &v);
	ck_assert(!v.has_cost);
	judge("x-litellm-response-cost: 0.0\r\n", "{\"usage\":{\"cost\":0.25}}", &end, "openai",
		&v);
	ck_assert(v.has_cost && v.cost_usd == 0.25);
	judge("x-litellm-response-cost: 0.5\r\n", "{}", &end, "openai", &v);
	ck_assert(v.has_cost && v.cost_usd == 0.5);
}
END_TEST

START_TEST(bedrock_counts_in_headers)
{
	struct verdict v;

	judge("X-Amzn-Bedrock-Input-Token-Count: 12\r\nX-Amzn-Bedrock-Output-Token-Count: 5\r\n",
		"{\"completion\":\"hi\"}", NULL, "raw", &v);
	ck_assert(v.tokens_in == 12 && v.tokens_out == 5);
	judge("X-Amzn-Bedrock-Input-Token-Count: 12x\r\n", "{\"completion\":\"hi\"}", NULL, "raw",
		&v);
	ck_assert(v.tokens_in == -1 && v.tokens_out == -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {tokens_are_those_that_are_billed,
		streams_that_stay_as_they_came_have_usage_at_their_end,
		costs_are_those_that_are_stated, a_zero_before_a_stream_is_no_cost,
		bedrock_counts_in_headers, NULL};

	return unit_run("usage", tests);
}
