/* Reads outcomes from statuses and from the words of errors. */
#include "api/error_outcome.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 64, WORDS_MOST = 4 /* in an error that is only a string */ };

enum outcome outcome_of_status(int status)
{
	switch (status) {
	case 401:
	case 403:
	case 407:
		return OUTCOME_AUTH;
	case 402: /* DeepSeek and others: no balance left */
		return OUTCOME_QUOTA;
	case 408:
		return OUTCOME_TIMEOUT;
	case 409: /* OpenAI's "try again", for a lock on its side */
	case 423:
	case 424: /* TGI: an error while generating; Groq: a tool server failed */
	case 425:
	case 498: /* Groq: no capacity for flex; Cohere's is told by its words */
	case 499: /* Cohere, Google: cancelled, "try the request again" */
		return OUTCOME_SERVER_ERROR;
	case 429:
		return OUTCOME_RATE_LIMITED;
	}
	if (status >= 500)
		return OUTCOME_SERVER_ERROR;
	if (status >= 300)
		return OUTCOME_CLIENT_ERROR;
	return status >= 200 ? OUTCOME_OK : OUTCOME_BAD_RESPONSE;
}

/* Parts of words as providers write them, in lower case and without all but letters: OpenAI
 * (platform.openai.com/docs/guides/error-codes), Anthropic (docs.anthropic.com/en/api/errors),
 * Gemini (cloud.google.com/apis/design/errors), Azure, vLLM and LiteLLM (names of exceptions,
 * "budget_exceeded"), new-api ("insufficient_user_quota"), Alibaba's Model Studio
 * ("Throttling.RateQuota", "Arrearage"), Moonshot ("exceeded_current_quota_error"). The first that
 * a word holds counts. */
static const struct {
	const char *part;
	enum outcome outcome;
} words[] = {
	{"insufficientquota", OUTCOME_QUOTA},
	{"exceededcurrentquota", OUTCOME_QUOTA},
	{"quotaexceeded", OUTCOME_QUOTA},
	{"insufficientbalance", OUTCOME_QUOTA},
	{"insufficientcredit", OUTCOME_QUOTA},
	{"insufficientfunds", OUTCOME_QUOTA},
	{"paymentrequired", OUTCOME_QUOTA},
	{"userquota", OUTCOME_QUOTA},
	{"usagelimit", OUTCOME_QUOTA},
	{"dailylimit", OUTCOME_QUOTA},
	{"budgetexceeded", OUTCOME_QUOTA},
	{"billing", OUTCOME_QUOTA},
	{"arrearage", OUTCOME_QUOTA},
	{"ratelimit", OUTCOME_RATE_LIMITED},
	{"toomanyrequests", OUTCOME_RATE_LIMITED},
	{"throttl", OUTCOME_RATE_LIMITED},
	{"resourceexhausted", OUTCOME_RATE_LIMITED},
	{"concurrencylimit", OUTCOME_RATE_LIMITED},
	{"limitreached", OUTCOME_RATE_LIMITED},
	{"authentic", OUTCOME_AUTH},
	{"unauthorized", OUTCOME_AUTH},
	{"apikey", OUTCOME_AUTH},
	{"deactivated", OUTCOME_AUTH},
	{"permission", OUTCOME_AUTH},
	{"forbidden", OUTCOME_AUTH},
	{"accessdenied", OUTCOME_AUTH},
	{"timeout", OUTCOME_TIMEOUT},
	{"timedout", OUTCOME_TIMEOUT},
	{"deadlineexceeded", OUTCOME_TIMEOUT},
	{"overload", OUTCOME_SERVER_ERROR},
	{"capacity", OUTCOME_SERVER_ERROR},
	{"servererror", OUTCOME_SERVER_ERROR},
	{"internal", OUTCOME_SERVER_ERROR},
	{"unavailable", OUTCOME_SERVER_ERROR},
	{"serverbusy", OUTCOME_SERVER_ERROR},
	{"badgateway", OUTCOME_SERVER_ERROR},
	{"upstream", OUTCOME_SERVER_ERROR},
	{"apierror", OUTCOME_SERVER_ERROR},
	{"connectionerror", OUTCOME_SERVER_ERROR},
	/* finish reasons: Zhipu's, and DeepSeek's (api-docs.deepseek.com) */
	{"networkerror", OUTCOME_SERVER_ERROR},
	{"insufficientsystemresource", OUTCOME_SERVER_ERROR},
	{"invalidrequest", OUTCOME_CLIENT_ERROR},
	{"invalidargument", OUTCOME_CLIENT_ERROR},
	{"invalidparameter", OUTCOME_CLIENT_ERROR},
	{"invalidprompt", OUTCOME_CLIENT_ERROR},
	{"badrequest", OUTCOME_CLIENT_ERROR},
	{"notfound", OUTCOME_CLIENT_ERROR},
	{"contextlength", OUTCOME_CLIENT_ERROR},
	{"contextwindow", OUTCOME_CLIENT_ERROR},
	{"toolarge", OUTCOME_CLIENT_ERROR},
	{"unprocessable", OUTCOME_CLIENT_ERROR},
	{"failedprecondition", OUTCOME_CLIENT_ERROR},
	/* filters, also in the middle of a streamed answer */
	{"contentfilter", OUTCOME_CLIENT_ERROR},
	{"contentpolicy", OUTCOME_CLIENT_ERROR},
	{"datainspectionfailed", OUTCOME_CLIENT_ERROR},
};

/* OpenAI's types of the two limits. */
static bool is_limit(const char *word)
{
	return !strcmp(word, "requests") || !strcmp(word, "tokens");
}

/* Copies the letters of a string; false when it is none, or longer than a code. */
static bool letters_of(struct json_span v, char out[WORD_SIZE])
{
	size_t n = 0;

	if (!json_span_is(v, JSON_VALUE_STRING) || v.len > WORD_SIZE)
		return false;
	for (size_t i = 1; i + 1 < v.len; i++)
		if (isalpha((unsigned char)v.at[i]))
			out[n++] = (char)tolower((unsigned char)v.at[i]);
	out[n] = '\0';
	return true;
}

enum outcome outcome_of_word(struct json_span word)
{
	char letters[WORD_SIZE];

	if (!letters_of(word, letters))
		return OUTCOME_BAD_RESPONSE;
	if (is_limit(letters))
		return OUTCOME_RATE_LIMITED;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(letters, words[i].part))
			return words[i].outcome;
	return OUTCOME_BAD_RESPONSE;
}

/* A number, also in quotes; 0 when it is none. */
static int64_t number_of(struct json_span v)
{
	int64_t n;

	if (json_span_is(v, JSON_VALUE_STRING) && v.len > 2)
		v = (struct json_span){v.at + 1, v.len - 2};
	return v.at && isdigit((unsigned char)*v.at) && json_span_int(v, &n) ? n : 0;
}

/* Gateways pass on the status of the server behind them, as OpenRouter does behind a 200
 * (openrouter.ai/docs/api/reference/errors-and-debugging); vLLM has it beside a type of its own. */
static enum outcome outcome_of_value(struct json_span v)
{
	int64_t status = number_of(v);

	return status >= 400 && status < 600 ? outcome_of_status((int)status) : outcome_of_word(v);
}

/* MiniMax has codes of its own, in a body without choices:
 * https://platform.minimax.io/docs/api-reference/errorcode */
static enum outcome outcome_of_base_resp(struct json_span code)
{
	switch (number_of(code)) {
	case 1001:
		return OUTCOME_TIMEOUT;
	case 1002:
	case 1039:
		return OUTCOME_RATE_LIMITED;
	case 1004:
	case 2049:
		return OUTCOME_AUTH;
	case 1008:
		return OUTCOME_QUOTA;
	case 1000:
	case 1013:
	case 1024:
	case 1033:
		return OUTCOME_SERVER_ERROR;
	}
	return OUTCOME_BAD_RESPONSE;
}

/* An error that is a text: "overloaded", "Too Many Requests"; of a longer one no word counts. */
static enum outcome outcome_of_text(struct json_span text)
{
	int blanks = 0;

	for (size_t i = 0; i < text.len; i++)
		blanks += text.at[i] == ' ';
	return blanks < WORDS_MOST ? outcome_of_value(text) : OUTCOME_BAD_RESPONSE;
}

enum outcome error_outcome(struct json_span error)
{
	enum { STATUS_CODE = 3, NAMES = 6 };
	/* In this order: a code is narrower than a type, as in "request_timeout" of an
	 * "invalid_request_error" (BerriAI/litellm#41777). */
	struct json_want want[NAMES] = {{.name = "code"}, {.name = "status"},
		{.name = "type"}, [STATUS_CODE] = {.name = "status_code"}, {.name = "statusCode"},
		{.name = "error_code"}};
	enum outcome found = OUTCOME_BAD_RESPONSE;

	if (!json_span_is(error, JSON_VALUE_OBJECT))
		return error.at ? outcome_of_text(error) : found;
	json_pick(error.at, error.len, want, NAMES, NULL);
	/* a used-up quota is told beside the code of a limit */
	for (int i = 0; i < NAMES; i++)
		if (outcome_of_value(want[i].value) == OUTCOME_QUOTA)
			return OUTCOME_QUOTA;
	for (int i = 0; i < NAMES && found == OUTCOME_BAD_RESPONSE; i++)
		found = outcome_of_value(want[i].value);
	return found == OUTCOME_BAD_RESPONSE ? outcome_of_base_resp(want[STATUS_CODE].value)
					     : found;
}
