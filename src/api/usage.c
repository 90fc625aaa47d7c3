#include "config.h"

#include "api/usage.h"

#include <string.h>

#include "api/answer_body.h"

/* More dollars than any request costs: a larger cost is not valid. */
#define USD_MOST 1e5

/* No model writes more tokens in one answer: a total that says so is not valid. */
enum { OUTPUT_MOST = 1000 * 1000 };

/* xAI counts dollars in steps of 1e-10. */
#define USD_PER_TICK 1e-10

enum { LINES_BACK = 8 /* lines of a stream, from its end, in which usage is searched */ };

/* The meaning of a member. Of several members with one meaning the largest count is taken. */
enum meaning {
	PROMPT,    /* all input */
	INPUT,     /* input; READ and WRITTEN are beside it */
	TOOLS,     /* input beside PROMPT */
	OUTPUT,    /* all output, or the part without THOUGHTS */
	THOUGHTS,  /* output beside OUTPUT */
	REASONING, /* a part of OUTPUT or beside it: the total decides */
	TOTAL,
	CACHED,  /* a part of the input that the provider's cache had */
	READ,    /* the same, beside INPUT */
	WRITE,   /* input that was written to the cache, a part of the input */
	WRITTEN, /* the same, beside INPUT */
	MISSED,  /* a part of the input that the cache did not have */
	COUNTS,
	/* costs in dollars */
	COST = COUNTS,
	TICKS,
	UPSTREAM, /* beside COST with a key of the user's own */
	/* what is no number */
	OWN_KEY,
	WITHIN, /* an object with more of these members */
	USAGE,  /* the same; only in it are costs those of the answer */
	BILLED  /* the same; its counts replace all others */
};

static const struct name {
	const char *name;
	size_t len;
	enum meaning meaning;
	bool top; /* it also stands in the body itself, without a usage */
} names[] = {
#define NAME(name, meaning, top)                                                                   \
	{                                                                                          \
		"\"" name "\"", sizeof(name) + 1, meaning, top                                     \
	}
	/* OpenAI's chat, completions and embeddings, and most others; openai-python,
	 * types/completion_usage.py */
	NAME("prompt_tokens", PROMPT, false),
	NAME("completion_tokens", OUTPUT, false),
	NAME("total_tokens", TOTAL, false),
	NAME("prompt_tokens_details", WITHIN, false),
	NAME("completion_tokens_details", WITHIN, false),
	NAME("cached_tokens", CACHED,
		false), /* within the details; Moonshot and Cohere: beside them */
	NAME("reasoning_tokens", REASONING, false),
	NAME("cache_write_tokens", WRITE, false),    /* OpenRouter */
	NAME("cache_creation_tokens", WRITE, false), /* LiteLLM, types/utils.py */
	/* OpenAI's responses, types/responses/response_usage.py, and Anthropic's messages,
	 * anthropic sdk, types/usage.py */
	NAME("input_tokens", INPUT, false),
	NAME("output_tokens", OUTPUT, false),
	NAME("input_tokens_details", WITHIN, false),
	NAME("output_tokens_details", WITHIN, false),
	NAME("cache_read_input_tokens", READ, false),
	NAME("cache_creation_input_tokens", WRITTEN, false),
	/* https://api-docs.deepseek.com/guides/kv_cache */
	NAME("prompt_cache_hit_tokens", CACHED, false),
	NAME("prompt_cache_miss_tokens", MISSED, false),
	/* Gemini; google-genai, types.py, GenerateContentResponseUsageMetadata */
	NAME("usageMetadata", USAGE, true),
	NAME("promptTokenCount", PROMPT, false),
	NAME("toolUsePromptTokenCount", TOOLS, false),
	NAME("candidatesTokenCount", OUTPUT, false),
	NAME("thoughtsTokenCount", THOUGHTS, false),
	NAME("totalTokenCount", TOTAL, false),
	NAME("cachedContentTokenCount", CACHED, false),
	/* Bedrock,
	 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html and
	 * the models behind InvokeModel */
	NAME("inputTokens", INPUT, false),
	NAME("outputTokens", OUTPUT, false),
	NAME("totalTokens", TOTAL, false),
	NAME("cacheReadInputTokens", READ, false),
	NAME("cacheWriteInputTokens", WRITTEN, false),
	NAME("amazon-bedrock-invocationMetrics", WITHIN, true),
	NAME("inputTokenCount", INPUT, false),
	NAME("outputTokenCount", OUTPUT, false),
	NAME("cacheReadInputTokenCount", READ, false),
	NAME("cacheWriteInputTokenCount", WRITTEN, false),
	NAME("prompt_token_count", PROMPT, true),     /* Llama */
	NAME("generation_token_count", OUTPUT, true), /* Llama */
	NAME("inputTextTokenCount", PROMPT, true),    /* Titan */
	/* https://github.com/ollama/ollama/blob/main/docs/api.md */
	NAME("prompt_eval_count", PROMPT, true),
	NAME("eval_count", OUTPUT, true),
	/* https://docs.cohere.com/reference/chat: "billed_units" are the tokens that are paid for,
	 * not all "tokens"; version 1 has them in "meta" */
	NAME("meta", WITHIN, true),
	NAME("tokens", WITHIN, false),
	NAME("billed_units", BILLED, false),
	/* Further objects with a usage: Groq's streams, the last events of OpenAI's responses and
	 * of Cohere's chat */
	NAME("x_groq", WITHIN, true),
	NAME("response", WITHIN, true),
	NAME("delta", WITHIN, true),
	NAME("usage", USAGE, false),
	/* Costs: https://openrouter.ai/docs/use-cases/usage-accounting; Perplexity's "cost" is an
	 * object with a total; DeepInfra; xAI */
	NAME("cost", COST, false),
	NAME("total_cost", COST, false),
	NAME("estimated_cost", COST, false),
	NAME("cost_in_usd_ticks", TICKS, false),
	NAME("is_byok", OWN_KEY, false),
	NAME("cost_details", WITHIN, false),
	NAME("upstream_inference_cost", UPSTREAM, false),
#undef NAME
};

enum { NAMES = sizeof(names) / sizeof(names[0]), DEPTH_MOST = 3 };

/* The members that were read; -1: none. */
struct counts {
	int64_t n[COUNTS];
	double cost, ticks, upstream;
	bool own_key;
	bool output_named; /* an output is there, even if it is no count */
	bool billed;       /* the counts are those that are paid for */
	bool top;          /* the members are those of the body */
	bool in_usage;
	int depth;
};

static void counts_init(struct counts *c)
{
	*c = (struct counts){.cost = -1, .ticks = -1, .upstream = -1};
	for (int i = 0; i < COUNTS; i++)
		c->n[i] = -1;
}

static const struct name *name_of(struct json_span key)
{
	for (int i = 0; i < NAMES; i++)
		if (key.len == names[i].len && !memcmp(key.at, names[i].name, key.len))
			return &names[i];
	return NULL;
}

static void take_usd(const struct counts *c, struct json_span v, double per, double *out)
{
	double usd;

	if (c->in_usage && json_span_double(v, &usd) && usd >= 0 && usd * per <= USD_MOST)
		*out = usd * per;
}

static bool take_member(void *ctx, struct json_span key, struct json_span value);

static void take_within(struct counts *c, struct json_span object)
{
	bool top = c->top;

	if (!json_span_is(object, JSON_VALUE_OBJECT) || c->depth == DEPTH_MOST)
		return;
	c->depth++;
	c->top = false;
	json_each_valid(object, take_member, c);
	c->top = top;
	c->depth--;
}

static void take_usage(struct counts *c, struct json_span object)
{
	bool in_usage = c->in_usage;

	c->in_usage = true;
	take_within(c, object);
	c->in_usage = in_usage;
}

/* The counts that are paid for win over all others, wherever they stand. */
static void take_billed(struct counts *c, struct json_span object)
{
	struct counts billed;

	counts_init(&billed);
	billed.depth = c->depth;
	take_within(&billed, object);
	if (billed.n[INPUT] < 0 && billed.n[OUTPUT] < 0)
		return;
	memcpy(c->n, billed.n, sizeof(c->n));
	if (c->n[OUTPUT] < 0 && !billed.output_named)
		c->n[OUTPUT] = 0;
	c->billed = true;
}

static void take_count(struct counts *c, enum meaning meaning, struct json_span value)
{
	int64_t n;

	c->output_named = c->output_named || meaning == OUTPUT;
	if (!c->billed && answer_count(value, &n) && n > c->n[meaning])
		c->n[meaning] = n;
}

static bool take_member(void *ctx, struct json_span key, struct json_span value)
{
	struct counts *c = ctx;
	const struct name *name = name_of(key);

	if (!name || (c->top && !name->top))
		return true;
	switch (name->meaning) {
	case COST:
		take_usd(c, value, 1, &c->cost);
		take_within(c, value);
		break;
	case TICKS:
		take_usd(c, value, USD_PER_TICK, &c->ticks);
		break;
	case UPSTREAM:
		take_usd(c, value, 1, &c->upstream);
		break;
	case OWN_KEY:
		c->own_key = json_span_is(value, JSON_VALUE_TRUE);
		break;
	case WITHIN:
		take_within(c, value);
		break;
	case USAGE:
		take_usage(c, value);
		break;
	case BILLED:
		take_billed(c, value);
		break;
	default:
		take_count(c, name->meaning, value);
	}
	return true;
}

static int64_t counted(int64_t n)
{
	return n > 0 ? n : 0;
}

/* A cached part that is larger than the whole is beside it: xAI's responses say it either way, see
 * vercel/ai, packages/xai/src/responses/convert-xai-responses-usage.ts. Anthropic and Bedrock have
 * it beside their input_tokens, gateways with OpenAI's names within: LiteLLM,
 * llms/anthropic/chat/transformation.py, calculate_usage(). */
static void settle_input(const struct counts *c, struct verdict *out)
{
	const int64_t *n = c->n;
	int64_t cached = n[CACHED] > n[READ] ? n[CACHED] : n[READ];
	int64_t written = n[WRITE] > n[WRITTEN] ? n[WRITE] : n[WRITTEN];
	int64_t in = n[PROMPT] >= 0 ? n[PROMPT] : n[INPUT];
	bool beside = n[PROMPT] < 0 && n[CACHED] < 0;

	if (in < 0 && n[MISSED] >= 0)
		in = n[MISSED] + counted(n[CACHED]);
	if (in < 0)
		return;
	in += counted(n[TOOLS]);
	if (beside || counted(cached) + counted(written) > in)
		in += counted(cached) + counted(written);
	out->tokens_in = in < TOKENS_MAX ? in : TOKENS_MAX;
	out->tokens_cached = counted(cached) < out->tokens_in ? counted(cached) : out->tokens_in;
	in = out->tokens_in - out->tokens_cached;
	out->tokens_cache_write = counted(written) < in ? counted(written) : in;
}

/* The total decides: xAI and Gemini's endpoint for OpenAI's clients have reasoning in the total
 * only, beside completion_tokens; OpenAI has it in both. Others say only a total (Voyage). */
static void settle_output(const struct counts *c, struct verdict *out)
{
	const int64_t *n = c->n;
	int64_t total = n[TOTAL], output = n[OUTPUT];

	if (n[THOUGHTS] >= 0)
		output = counted(output) + n[THOUGHTS];
	if (total >= 0 && out->tokens_in < 0 && output < 0 && !c->output_named) {
		out->tokens_in = total;
		output = 0;
	} else if (total >= 0 && out->tokens_in < 0 && output >= 0 && total >= output) {
		out->tokens_in = total - output;
	} else if (out->tokens_in >= 0 && total >= out->tokens_in + counted(output) &&
		   total - out->tokens_in <= OUTPUT_MOST) {
		output = total - out->tokens_in;
	} else if (output < 0 && !c->output_named && n[PROMPT] >= 0) {
		output = 0; /* embeddings have none */
	} else if (total < 0 && output >= 0 && n[REASONING] > output) {
		output += n[REASONING];
	}
	out->tokens_out = output < TOKENS_MAX ? output : TOKENS_MAX;
}

static bool settle(const struct counts *c, struct verdict *out)
{
	double cost = c->cost >= 0 ? c->cost : c->ticks;

	settle_input(c, out);
	settle_output(c, out);
	if (cost >= 0) {
		out->has_cost = true;
		out->cost_usd = cost + (c->own_key && c->upstream > 0 ? c->upstream : 0);
	}
	return out->tokens_in >= 0 || out->tokens_out >= 0 || out->has_cost;
}

/* ---- places ---- */

/* Reads a body, or a part of one, that has usage at another place. */
static bool read_body(struct json_span body, struct verdict *out)
{
	struct json_span usage = json_find(body, "usage");
	struct counts c;

	counts_init(&c);
	if (json_span_is(usage, JSON_VALUE_OBJECT)) {
		take_usage(&c, usage);
		return settle(&c, out);
	}
	c.top = true;
	json_each_valid(body, take_member, &c);
	if (settle(&c, out))
		return true;
	/* Moonshot's streams */
	usage = json_find(body, "choices.0.usage");
	take_usage(&c, usage);
	return settle(&c, out);
}

static bool keep_last(void *ctx, struct json_span element)
{
	*(struct json_span *)ctx = element;
	return true;
}

/* Reads usage at the end of a stream that came as it was: lines of JSON (Ollama), or events. */
static void read_lines(const char *body, size_t len, struct verdict *out)
{
	static const char mark[] = "data:";

	for (int i = 0; i < LINES_BACK && len; i++) {
		const char *before = memrchr(body, '\n', len);
		const char *line = before ? before + 1 : body;
		size_t n = (size_t)(body + len - line);
		struct json_span whole;

		if (n > sizeof(mark) && !memcmp(line, mark, sizeof(mark) - 1)) {
			line += sizeof(mark) - 1;
			n -= sizeof(mark) - 1;
		}
		whole = json_whole(line, n);
		if (json_span_is(whole, JSON_VALUE_OBJECT) && read_body(whole, out))
			return;
		len = before ? (size_t)(before - body) : 0;
	}
}

/* Bedrock's InvokeModel counts in headers for models that report nothing:
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html */
static void read_count_headers(const struct answer *a, struct verdict *out)
{
	static const struct {
		const char *name;
		enum meaning meaning;
	} headers[] = {
		{"x-amzn-bedrock-input-token-count", INPUT},
		{"x-amzn-bedrock-output-token-count", OUTPUT},
		{"x-amzn-bedrock-cache-read-input-token-count", READ},
		{"x-amzn-bedrock-cache-write-input-token-count", WRITTEN},
	};
	struct counts c;

	counts_init(&c);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct json_span value;

		if (header_find(a->headers, a->headers_len, headers[i].name, &value.at, &value.len))
			take_count(&c, headers[i].meaning, json_whole(value.at, value.len));
	}
	settle(&c, out);
}

static void read_other_places(const struct answer *a, struct verdict *out)
{
	struct json_span last = {NULL, 0};
	bool found = false;

	if (json_span_is(out->json, JSON_VALUE_OBJECT)) {
		found = read_body(out->json, out);
	} else if (json_span_is(out->json, JSON_VALUE_ARRAY)) { /* Gemini's stream */
		json_each_element(out->json, keep_last, &last);
		found = json_span_is(last, JSON_VALUE_OBJECT) && read_body(last, out);
	} else if (!out->json.at && a->body_len) {
		read_lines(a->body, a->body_len, out);
	}
	if (!found && out->tokens_in < 0 && out->tokens_out < 0)
		read_count_headers(a, out);
}

/* A gateway's header is nearest to the bill, so it wins over the body. Where a stream begins its
 * cost is not known yet: a zero there says nothing. */
static void read_cost_header(
	const struct header_value *v, const struct answer *a, struct verdict *out)
{
	double usd = -1;

	if (!v->at || !v->len || !json_span_double(json_whole(v->at, v->len), &usd) || usd < 0 ||
		usd > USD_MOST || (a->stream && usd == 0))
		return;
	out->has_cost = true;
	out->cost_usd = usd;
}

void usage_read(struct json_span usage, const struct answer *a, const struct header_values *h,
	struct verdict *out)
{
	struct counts c;

	if (json_span_is(usage, JSON_VALUE_OBJECT)) {
		counts_init(&c);
		take_usage(&c, usage);
		settle(&c, out);
	} else if (a->status >= 200 && a->status < 300) {
		read_other_places(a, out);
	}
	read_cost_header(&h->cost, a, out);
}

struct json_span usage_model(struct json_span answer)
{
	static const char *const members[] = {"model", "modelVersion" /* Gemini */};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct json_span name = json_find(answer, members[i]);

		if (json_span_is(name, JSON_VALUE_STRING))
			return name;
	}
	return (struct json_span){NULL, 0};
}
