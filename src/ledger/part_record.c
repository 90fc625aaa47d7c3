#include "ledger/part_record.h"

void part_record_add(struct json_writer *w, const struct input_part *p)
{
	if (!input_part_is(p))
		return;
	json_member_object(w, "part");
	if (p->first)
		json_member_uint(w, "first", p->first);
	if (p->sample) {
		json_member_uint(w, "sample", p->sample);
		json_member_uint(w, "seed", p->seed);
	}
	if (p->of)
		json_member_uint(w, "of", p->of);
	if (p->of && p->of_estimated)
		json_member_bool(w, "of_estimated", true);
	json_close_object(w);
}

static uint64_t count_of(struct json_span v)
{
	int64_t n;

	return json_span_int(v, &n) && n > 0 ? (uint64_t)n : 0;
}

bool part_record_read(struct json_span v, struct input_part *out)
{
	enum { FIRST, SAMPLE, SEED, OF, ESTIMATED, WANTED };
	struct json_want want[WANTED] = {[FIRST] = {.name = "first"},
		[SAMPLE] = {.name = "sample"},
		[SEED] = {.name = "seed"},
		[OF] = {.name = "of"},
		[ESTIMATED] = {.name = "of_estimated"}};

	*out = (struct input_part){.first = 0};
	if (!json_span_is(v, JSON_VALUE_OBJECT))
		return false;
	json_pick(v.at, v.len, want, WANTED, NULL);
	out->first = count_of(want[FIRST].value);
	out->sample = count_of(want[SAMPLE].value);
	out->seed = count_of(want[SEED].value);
	out->of = count_of(want[OF].value);
	out->of_estimated = json_span_is(want[ESTIMATED].value, JSON_VALUE_TRUE);
	return input_part_is(out);
}
