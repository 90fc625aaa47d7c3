#include "item_fields.h"

#include <string.h>
#include <strings.h>

static const struct item_field_info fields[FIELD_COUNT] = {
	[FIELD_LINE] = {"line", PLACE_ITEM, VALUE_NUMBER, "17, 10-20, >1000",
		"line of the input, from 1", true},
	[FIELD_ID] = {"id", PLACE_LINE, VALUE_TEXT, "TEXT", "id of the item", false},
	[FIELD_STATE] = {"state", PLACE_ITEM, VALUE_NAMES, "failed,held",
		"queued, waiting, in_flight, held, ok, failed or cancelled", true},
	[FIELD_OUTCOME] = {"outcome", PLACE_ITEM, VALUE_NAMES, "timeout,network",
		"outcome of the last attempt", true},
	[FIELD_CODE] = {"code", PLACE_ITEM, VALUE_NUMBER, "429, 5xx, 500-503",
		"HTTP status of the last answer", true},
	[FIELD_ATTEMPTS] = {"attempts", PLACE_ITEM, VALUE_NUMBER, ">2, =1, 3 (3 or more)",
		"requests made for the item", true},
	[FIELD_LATENCY] = {"latency", PLACE_RECORD, VALUE_DURATION, ">5s, <200ms, 1s-2s",
		"duration of the last request", true},
	[FIELD_FIRST] = {"first", PLACE_RECORD, VALUE_DURATION, ">1s",
		"time to the first token of a stream", true},
	[FIELD_TOKENS] = {"tokens", PLACE_RECORD, VALUE_NUMBER, ">1000, 1k-2k",
		"tokens in and out together, as reported", true},
	[FIELD_TOKENS_IN] = {"tokens_in", PLACE_RECORD, VALUE_NUMBER, ">1000",
		"tokens of the request", true},
	[FIELD_TOKENS_OUT] = {"tokens_out", PLACE_RECORD, VALUE_NUMBER, "<10",
		"tokens of the answer", true},
	[FIELD_COST] = {"cost", PLACE_RECORD, VALUE_MONEY, ">0.01",
		"cost in dollars, by the answer or --price", true},
	[FIELD_FINISH] = {"finish", PLACE_ANSWER, VALUE_NAME, "length,content_filter",
		"finish reason of the model", true},
	[FIELD_MODEL] = {"model", PLACE_LINE, VALUE_NAME, "gpt-4o,haiku", "model of the request",
		true},
	[FIELD_ENDPOINT] = {"endpoint", PLACE_ANSWER, VALUE_NAME, "west,east",
		"endpoint of the item, if the run has several", true},
	[FIELD_STAGE] = {"stage", PLACE_ITEM, VALUE_NAME, "draft",
		"stage of a pipeline in which the item is in flight, waits or failed", true},
	[FIELD_ENDED] = {"ended", PLACE_RECORD, VALUE_NONE, NULL, "time at which the item ended",
		true},
	[FIELD_ANSWER] = {"answer", PLACE_ANSWER, VALUE_TEXT, "TEXT", "text of the answer, decoded",
		true},
	[FIELD_REQUEST] = {"request", PLACE_LINE, VALUE_TEXT, "TEXT",
		"text of the request, decoded", false},
	[FIELD_ERROR] = {"error", PLACE_FAILURE, VALUE_TEXT, "TEXT",
		"code and message of the last error", false},
	[FIELD_GROUP] = {"group", PLACE_ITEM, VALUE_NUMBER, "2",
		"number of an error kind on the errors screen", false},
	[FIELD_TAG] = {"tag", PLACE_ITEM, VALUE_NAMES, "yes, no", "yes: the operator has tagged it",
		false},
};

const char item_filter_grammar[] =
	"A filter is a list of words separated by blanks; an item must match all of them. \"!\" "
	"before a word negates it. A comma between values means any of them. Numbers take >N, >=N, "
	"<N, <=N, =N and N-M. The bare name of a state or outcome matches that state or outcome; "
	"other text is searched in id and error. Text matches anywhere, ignoring case; \"quotes\" "
	"keep blanks, colons and commas.";

const struct item_field_info *item_field(enum item_field f)
{
	return &fields[f];
}

enum item_field item_field_named(const char *name, size_t len)
{
	int f = 0;

	while (f < FIELD_COUNT &&
		(strlen(fields[f].name) != len || strncasecmp(fields[f].name, name, len) != 0))
		f++;
	return (enum item_field)f;
}
