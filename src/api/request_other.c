/* Lines that are no requests, whatever they are. */
#include "api/request_parts.h"

bool request_refuse_other(struct json_span object, struct error *err)
{
	enum { EVENT, RESPONSE, RESULT, ERROR, CUSTOM_ID, ID, REQUESTS, WANTED };
	struct json_want want[WANTED] = {
		[EVENT] = {.name = "event"},
		[RESPONSE] = {.name = "response"},
		[RESULT] = {.name = "result"},
		[ERROR] = {.name = "error"},
		[CUSTOM_ID] = {.name = "custom_id"},
		[ID] = {.name = "id"},
		[REQUESTS] = {.name = "requests"},
	};
	bool named;

	json_pick(object.at, object.len, want, WANTED, NULL);
	named = want[CUSTOM_ID].value.at || want[ID].value.at;
	if (named && (want[RESPONSE].value.at || want[RESULT].value.at || want[ERROR].value.at))
		return error_set(err,
			"a line of a results or errors file, not a request: give the input of that "
			"run (--retry-failed sends its failed items again), or a --template that "
			"takes results as rows");
	if (json_span_is(want[EVENT].value, JSON_VALUE_STRING))
		return error_set(err, "a line of a run's journal, not a request: give the input of "
				      "that run");
	if (json_span_is(want[REQUESTS].value, JSON_VALUE_ARRAY))
		return error_set(err, "the requests are in the member requests: extract them with "
				      "jq -c '.requests[]'");
	return error_set(err,
		"a row, not a request: it has no url, body, params, model, messages, prompt or "
		"input; give --template FILE to turn rows into requests, or --provider raw to send "
		"each line unchanged");
}
