#include "api/rate_headers.h"

#include <string.h>

#include "api/rate_parts.h"
#include "base/clock.h"
#include "base/json.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* The unit of a limit. */
enum dim { DIM_REQUESTS, DIM_TOKENS, DIM_INPUT, DIM_OUTPUT };

/* Families of headers by the front of their names. The rest of a name is words of `words` in any
 * order; a name with any other word (-used, -resource, -query-cost, -dynamic, -month) is ignored.
 * When two families report one slot, the one of lower rank wins. */
static const struct family {
	const char *prefix;
	int rank;
	enum dim dim; /* the unit when no word names one */
} families[] = {
	/* RateLimit-Limit, -Remaining, -Reset, -Policy: draft-ietf-httpapi-ratelimit-headers-06 and
	 * earlier (reset in seconds; the limit may be a list, "100, 100;w=60", and says "window"
	 * in draft-polli-ratelimit-headers-02); Kong, beside X-RateLimit-Limit-Minute of its own:
	 * https://developer.konghq.com/plugins/rate-limiting/.
	 * RateLimit itself, drafts 07 to 11, is read by rate_fields_limit(). */
	{"ratelimit-", 1, DIM_REQUESTS},
	/* RFC 3339, whole seconds, when the bucket is full again; input-tokens, output-tokens, and
	 * tokens for the tightest of these: https://docs.anthropic.com/en/api/rate-limits */
	{"anthropic-ratelimit-", 2, DIM_REQUESTS},
	/* -requests and -tokens, resets "1s", "6m0s", "12ms":
	 *   OpenAI: https://platform.openai.com/docs/guides/rate-limits
	 *   Groq, whose -requests are a day's, as only the reset tells:
	 *   https://console.groq.com/docs/rate-limits
	 *   Azure OpenAI and GitHub Models, in bare seconds, -1 and 0 for what is not known, with
	 *   -renewalperiod- for the window: https://learn.microsoft.com/azure/ai-services/openai
	 *   Fireworks, -tokens-prompt and -tokens-generated:
	 *   https://docs.fireworks.ai/guides/quotas_usage/rate-limits
	 * with spans, resets in seconds with fractions or none at all:
	 *   Cerebras, -requests-day, -tokens-minute:
	 *   https://inference-docs.cerebras.ai/support/rate-limits
	 *   SambaNova, -requests-day: https://docs.sambanova.ai/docs/en/models/rate-limits
	 *   Mistral, -req-minute, -req-10-second, -tokens-minute:
	 *   https://docs.mistral.ai/deployment/laplateforme/tier
	 *   Kong, -Limit-Minute
	 * plain -Limit, -Remaining, -Reset:
	 *   GitHub (since 1970): https://docs.github.com/rest/using-the-rest-api
	 *   express-rate-limit (since 1970): https://github.com/express-rate-limit
	 *   OpenRouter (ms since 1970): https://openrouter.ai/docs/api-reference/limits
	 *   Together (requests a second): https://docs.together.ai/docs/rate-limits */
	{"x-ratelimit-", 3, DIM_REQUESTS},
	/* Azure OpenAI's spelling: openai/openai-python, issue 937 */
	{"x-rate-limit-", 3, DIM_REQUESTS},
	/* Azure's managers; -remaining-subscription-reads and its like name no limit and no reset:
	 * https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
	 */
	{"x-ms-ratelimit-", 3, DIM_REQUESTS},
	/* Together: tokens a second */
	{"x-tokenlimit-", 3, DIM_TOKENS},
	/* Mistral's older ones, of tokens; plain or -minute: mistralai/client-ts */
	{"ratelimitbysize-", 4, DIM_TOKENS},
	{"x-ratelimitbysize-", 4, DIM_TOKENS},
};

/* The words of a name and their meaning; spans count from 1, as the slots do. */
static const struct word {
	const char *text;
	enum { WORD_FIELD, WORD_DIM, WORD_SPAN, WORD_FILLER } kind;
	int value;
} words[] = {
	{"limit", WORD_FIELD, FIELD_LIMIT},
	{"remaining", WORD_FIELD, FIELD_REMAINING},
	{"reset", WORD_FIELD, FIELD_RESET},
	{"renewalperiod", WORD_FIELD, FIELD_WINDOW},
	{"policy", WORD_FIELD, FIELD_POLICY},
	{"requests", WORD_DIM, DIM_REQUESTS},
	{"req", WORD_DIM, DIM_REQUESTS},
	{"tokens", WORD_DIM, DIM_TOKENS},
	{"input", WORD_DIM, DIM_INPUT},
	{"prompt", WORD_DIM, DIM_INPUT},
	{"output", WORD_DIM, DIM_OUTPUT},
	{"generated", WORD_DIM, DIM_OUTPUT},
	{"second", WORD_SPAN, 1},
	{"minute", WORD_SPAN, 2},
	{"hour", WORD_SPAN, 3},
	{"day", WORD_SPAN, 4},
	{"per", WORD_FILLER, 0},
	{"after", WORD_FILLER, 0},
};
static const int64_t spans_us[] = {-1, US_PER_S, US_PER_MIN, 60 * US_PER_MIN, 24 * 60 * US_PER_MIN};

/* The meaning of a name. */
struct named {
	enum rate_field field;
	enum dim dim;
	int span;
	double times; /* the 10 of -10-second */
};

/* ---- names ---- */

static const struct word *word_of(struct slice text)
{
	for (size_t i = 0; i < N_OF(words); i++) {
		if (slice_is(text, words[i].text))
			return &words[i];
	}
	return NULL;
}

/* Reads the words behind a prefix; false when one is not known. */
static bool read_name(struct slice name, struct named *out)
{
	while (name.len) {
		struct slice text = slice_cut(&name, '-');
		const struct word *word = word_of(text);

		if (!word && !slice_number(text, &out->times))
			return false;
		if (!word || word->kind == WORD_FILLER)
			continue;
		if (word->kind == WORD_FIELD)
			out->field = (enum rate_field)word->value;
		else if (word->kind == WORD_SPAN)
			out->span = word->value;
		else if ((enum dim)word->value > out->dim)
			out->dim = (enum dim)word->value;
	}
	return out->field != FIELD_NONE;
}

static enum limit_slot slot_of(const struct named *n)
{
	static const enum limit_slot bases[] = {
		LIMIT_REQUESTS, LIMIT_TOKENS, LIMIT_INPUT_TOKENS, LIMIT_OUTPUT_TOKENS};
	bool spans = n->dim == DIM_REQUESTS || n->dim == DIM_TOKENS;

	return bases[n->dim] + (enum limit_slot)(spans ? n->span : 0);
}

static void read_named(
	struct rate_reading *r, const struct family *f, struct slice name, struct slice value)
{
	struct named n = {FIELD_NONE, f->dim, 0, 1};
	struct slice list = value;
	enum limit_slot slot;

	if (!read_name(name, &n))
		return;
	slot = slot_of(&n);
	if (n.field == FIELD_POLICY) {
		rate_fields_policy(r, value);
		return;
	}
	if (n.field == FIELD_LIMIT && value.len && memchr(value.p, ';', value.len)) {
		rate_fields_policy(r, value);
		value = slice_cut(&list, ',');
		value = slice_trim(slice_cut(&value, ';'));
	}
	rate_set(r, slot, f->rank, n.field, value);
	if (r->rank[slot] == f->rank && n.span && n.times > 0 && n.times < 1000)
		r->out->at[slot].window_us = (int64_t)(n.times * (double)spans_us[n.span]);
}

static void read_header(struct rate_reading *r, struct slice name, struct slice value)
{
	if (slice_is(name, "date")) {
		r->date = value;
		return;
	}
	if (slice_is(name, "ratelimit")) {
		rate_fields_limit(r, value);
		return;
	}
	for (size_t i = 0; i < N_OF(families); i++) {
		struct slice rest = name;

		if (name.len && (*name.p | 0x20) == *families[i].prefix &&
			slice_take(&rest, families[i].prefix)) {
			read_named(r, &families[i], rest, value);
			return;
		}
	}
}

/* ---- all headers ---- */

/* False when no figure was reported. */
static bool finish(struct rate_reading *r, int64_t wall_us)
{
	rate_fields_report(r);
	return rate_end(r, wall_us);
}

bool rate_headers_read(
	const char *headers, size_t len, int64_t wall_us, struct reported_limits *out)
{
	struct slice rest = {headers, len};
	struct rate_reading r;

	rate_begin(&r, out);
	while (rest.len) {
		struct slice line = slice_cut(&rest, '\n'), name;

		/* The first letters of the names that are read. */
		if (!line.len || !memchr("xadr", *line.p | 0x20, 4))
			continue;
		name = slice_cut(&line, ':');
		read_header(&r, name, slice_trim(line));
	}
	return finish(&r, wall_us);
}

static bool read_member(void *ctx, struct json_span key, struct json_span value)
{
	struct slice name = {key.at + 1, key.len - 2}, text = {value.at, value.len};

	if (json_span_is(value, JSON_VALUE_STRING))
		text = (struct slice){value.at + 1, value.len - 2};
	read_header(ctx, name, slice_trim(text));
	return true;
}

bool rate_headers_read_body(
	const char *body, size_t len, int64_t wall_us, struct reported_limits *out)
{
	struct json_span headers = json_find(json_whole(body, len), "error.metadata.headers");
	struct rate_reading r;

	rate_begin(&r, out);
	json_each(headers, read_member, &r);
	return finish(&r, wall_us);
}
