/* The snapshot as JSON: the lines of tests/golden/snapshots.jsonl. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fake_port.h"
#include "golden.h"
#include "snapshot_json.h"
#include "unit.h"

static struct fake_port fake;

static const char *const scenes[] = {"running", "endpoints", "models", "pipeline", "reused",
	"packed", "expect", "streaming", "paused", "draining", "done", "empty", "hostile", "large",
	"adaptive", "costs", "manual", "trial"};

/* Every member that may be missing is there. */
static void set_everything(void)
{
	struct snapshot *s = &fake.snap;

	ck_assert(fake_port_scene(&fake, "endpoints"));
	s->streams = (struct stream_summary){true, 640000, -1, 18000, 95000, 62};
	s->session.streams = s->streams;
	s->packed_items = 10;
	s->packed_requests = 3;
	s->resent = 2;
	s->doubtful = 1;
	s->cached = 5;
	s->shared = 6;
	s->left_out = 7;
	s->cost.tokens_cached = 8;
	s->cost.tokens_cache_write = 9;
	s->cost.ends_at_item = 11;
	s->cost.unpriced = 1;
	s->estimated_in = 12;
	s->estimated_out = 13;
	s->cost.n_models = 1;
	s->cost.model[0] = (struct model_cost_view){
		"m\"\\\n\x01\xff\xe2\x80\xae", 3, 1, 1e15, 2.5, 1, 1, 0.25};
	s->n_models = 4;
	for (int i = 0; i < 4; i++)
		s->models[i] = (struct model_view){.endpoint = i / 2 * 2,
			.name = "gpt",
			.rpm = i ? i * 100 : -1,
			.hold_source = "retry-after",
			.lane = {.concurrency = i, .hold_until_us = s->now_us + (i - 1) * 1500000}};
	s->hold_until_us = s->now_us + 2500000;
	strcpy(s->hold_source, "gpt: retry-after");
	strcpy(s->hold_words, "slow \"down\"");
	strcpy(s->belief, "limit about 50/s");
	strcpy(s->state_note, "a note");
	s->total_known = false;
	s->total_estimate = 0;
}

static void put_line(struct buf *out, const char *name)
{
	struct port port = fake_port_port(&fake);
	struct json_writer w = json_writer_to(out);

	buf_addf(out, "%s ", name);
	snapshot_json_of(&w, &port);
	buf_addc(out, '\n');
}

START_TEST(every_scene_is_the_line_that_it_was)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		ck_assert(fake_port_scene(&fake, scenes[i]));
		put_line(&text, scenes[i]);
	}
	set_everything();
	put_line(&text, "everything");
	memset(&fake.snap, 0, sizeof(fake.snap));
	fake.groups = 0;
	put_line(&text, "nothing");
	golden_check("snapshots.jsonl", &text);
	buf_free(&text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_scene_is_the_line_that_it_was, NULL};

	setenv("TZ", "UTC", 1);
	return unit_run("snapshot", tests);
}
