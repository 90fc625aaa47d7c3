#include "pack_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "unit.h"

struct rig rig;
int most;

void pack_up(struct engine_config *config)
{
	config->pack = most;
	config->pack_tokens = 1e6;
}

void open_rig(int concurrency, int pack)
{
	most = pack;
	rig_open_adjusted(&rig, concurrency, pack_up);
}

void close_rig(void)
{
	ck_assert_int_eq(rig.in_flight, 0);
	rig_check(&rig);
	rig_close(&rig);
	rig_remove(&rig);
}

void feed(const char *id, const char *model, const char *text)
{
	char line[400];

	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":"
		"{\"model\":\"%s\",\"input\":\"%s\"}}",
		id, model, text);
	rig_feed(&rig, line);
}

void feed_numbers(int from, int to)
{
	char id[16], text[16];

	for (int i = from; i < to; i++) {
		snprintf(id, sizeof(id), "e%d", i);
		snprintf(text, sizeof(text), "%d", i);
		feed(id, "m", text);
	}
}

json_t *inputs(void)
{
	json_t *body = json_loads(rig.sent[0], 0, NULL), *input;

	ck_assert_msg(body != NULL, "%s", rig.sent[0]);
	input = json_incref(json_object_get(body, "input"));
	json_decref(body);
	if (json_is_array(input))
		return input;
	return json_pack("[o]", input);
}

int together(void)
{
	json_t *input = inputs();
	int n = (int)json_array_size(input);

	json_decref(input);
	return n;
}

void answer_ok(void)
{
	json_t *input = inputs(), *data = json_array(), *answer, *text;
	size_t i, n = json_array_size(input);
	char *body;

	json_array_foreach(input, i, text) json_array_append_new(
		data, json_pack("{s:s, s:i, s:[i]}", "object", "embedding", "index", (int)i,
			      "embedding", atoi(json_string_value(text))));
	answer = json_pack("{s:s, s:o, s:s, s:{s:i, s:i}}", "object", "list", "data", data, "model",
		"m", "usage", "prompt_tokens", (int)n * 10, "total_tokens", (int)n * 10);
	body = json_dumps(answer, JSON_COMPACT);
	rig_answer(&rig, 200, "x-request-id: r1\r\n", body);
	free(body);
	json_decref(answer);
	json_decref(input);
}

void answer_as(int at_most, const char *bad)
{
	json_t *input = inputs(), *text;
	bool refused = false;
	size_t i;

	json_array_foreach(input, i, text) refused =
		refused || (bad && !strcmp(json_string_value(text), bad));
	if ((int)json_array_size(input) > at_most)
		rig_answer(&rig, 413, "", "{\"error\":{\"message\":\"too many\"}}");
	else if (refused)
		rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"invalid input\"}}");
	else
		answer_ok();
	json_decref(input);
}

bool turn(void)
{
	while (!rig.in_flight) {
		int64_t wake_us = rig_turn(&rig);

		if (rig.in_flight)
			return true;
		if (wake_us == NEVER_US)
			return false;
		if (wake_us > rig.now_us)
			rig.now_us = wake_us;
	}
	return true;
}

void run_out_as(int at_most, const char *bad)
{
	while (turn())
		answer_as(at_most, bad);
	rig_turn(&rig);
}

void run_out(void)
{
	run_out_as(1 << 20, NULL);
}
