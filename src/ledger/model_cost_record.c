#include "ledger/model_cost_record.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

double cost_record_number(struct json_span v)
{
	double x;

	return json_span_double(v, &x) && x >= 0 && x < 1e15 ? x : -1;
}

void model_cost_record_read(struct json_span v, struct model_cost_record *out)
{
	enum { NAME, ANSWERS, IN, OUT, CACHED, WRITTEN, COST, UNPRICED, ALL };
	struct json_want want[ALL] = {[NAME] = {.name = "model"},
		[ANSWERS] = {.name = "answers"},
		[IN] = {.name = "tokens_in"},
		[OUT] = {.name = "tokens_out"},
		[CACHED] = {.name = "tokens_cached"},
		[WRITTEN] = {.name = "tokens_cache_write"},
		[COST] = {.name = "usd"},
		[UNPRICED] = {.name = "unpriced"}};
	struct buf name;

	json_pick(v.at, v.len, want, ALL, NULL);
	*out = (struct model_cost_record){.answers = cost_record_number(want[ANSWERS].value),
		.in = cost_record_number(want[IN].value),
		.out = cost_record_number(want[OUT].value),
		.cached = cost_record_number(want[CACHED].value),
		.written = cost_record_number(want[WRITTEN].value),
		.usd = cost_record_number(want[COST].value),
		.unpriced = cost_record_number(want[UNPRICED].value)};
	buf_init(&name, 4096);
	json_string_decode(want[NAME].value, &name);
	text_sanitise(out->name, sizeof(out->name), buf_str(&name), name.len);
	if (!out->name[0])
		memcpy(out->name, "other", sizeof("other"));
	buf_free(&name);
}
