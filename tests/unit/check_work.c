/* The border of core/work.h: a made-up source of work, alone and behind a wrapper. It asks each
 * item twice, one time after the other, and the item ends with the second answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/engine_internal.h"
#include "core/start.h"
#include "rig.h"
#include "unit.h"
#include "work/pack.h"

static struct rig rig;

/* ---- the source, whole ---- */

struct twice {
	struct work work;
	struct queue queue;
	bool asked[64]; /* of each item */
};

static void open_twice(struct work *w)
{
	struct twice *t = (struct twice *)w;

	queue_init(&t->queue, &w->engine->items, "", ROUTE_NONE);
	sources_add_queue(&w->engine->sources, &t->queue, true, true);
	w->engine->sources.tasks_are_items = true;
}

static void free_twice(struct work *w)
{
	queue_free(&((struct twice *)w)->queue);
	free(w);
}

static enum prepare request(struct work *w, struct queue *q)
{
	struct prepared *p = &q->prepared;

	p->item = p->i;
	return engine_line_fetch(w->engine, p->item, &p->text) &&
			       request_parse(p->text.data, p->text.len, FORMAT_AUTO, &p->line, NULL)
		       ? PREPARE_DONE
		       : PREPARE_STOP;
}

static void sent(struct work *w, struct attempt *a, const struct prepared *p)
{
	buf_clear(&a->id);
	request_id(&p->line, items_at(&w->engine->items, p->item)->line, &a->id);
	items_set_state(&w->engine->items, p->item, ITEM_IN_FLIGHT);
}

static void ended(struct work *w, const struct task_end *end)
{
	bool *asked = &((struct twice *)w)->asked[end->task.i];
	const struct result_item result = {.id = end->attempt->id.data,
		.id_len = end->attempt->id.len,
		.line = items_at(&w->engine->items, end->task.i)->line};

	if (end->verdict->outcome != OUTCOME_OK)
		queue_wait(end->task.queue, end->task.i, end->decision.due_us);
	else if (*asked)
		record_final(w->engine, end->task.i, ITEM_OK, &result, end->answer, end->verdict);
	else
		queue_ready(end->task.queue, end->task.i, true);
	*asked = *asked || end->verdict->outcome == OUTCOME_OK;
}

static const struct work_ops twice_ops = {"twice", .open = open_twice, .free = free_twice,
	.request = request, .sent = sent, .ended = ended};

static struct work *twice_new(void)
{
	struct twice *t = xcalloc(1, sizeof(*t));

	t->work.ops = &twice_ops;
	return &t->work;
}

static struct work *packed_twice_new(void)
{
	return pack_new(4, 1e6, twice_new());
}

/* ---- what the core makes of it ---- */

START_TEST(items_are_asked_as_their_source_says)
{
	rig_open(&rig, RIG(.concurrency = 3, .source = twice_new));
	rig_feed_many(&rig, "a", 20);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 3);
	rig_answer_ok(&rig);
	rig_turn(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 0);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 40);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 20);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"custom_id\":\"a7\""), 1);
	ck_assert(engine_complete(rig.engine));
}
END_TEST

START_TEST(they_are_retried_and_paced)
{
	rig_open(&rig, RIG(.concurrency = 2, .source = twice_new));
	rig_feed_many(&rig, "a", 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 500, "", "{}");
	rig_answer(&rig, 429, "Retry-After: 7\r\n", "{}");
	ck_assert_uint_eq(rig_counts(&rig)->waiting, 2);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 8 + 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
}
END_TEST

START_TEST(a_resumed_run_asks_what_has_not_ended)
{
	rig_open(&rig, RIG(.concurrency = 1, .source = twice_new));
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	for (int i = 0; i < 3; i++) {
		rig_turn(&rig);
		rig_answer_ok(&rig);
	}
	rig_turn(&rig);
	rig_reopen(&rig, false);
	rig_feed_many(&rig, "a", 2);
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
}
END_TEST

START_TEST(wrappers_stand_before_any_source)
{
	rig_open(&rig, RIG(.concurrency = 1, .source = packed_twice_new));
	rig_feed_numbers(&rig, 0, 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_str_eq(rig.call[0].sent, "{\"model\":\"m\",\"input\":[\"0\",\"1\",\"2\",\"3\"]}");
	rig_run_out(&rig);
	ck_assert_int_eq(rig.started, 2);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"embedding\":[3]"), 1);
}
END_TEST

/* ---- lines that are parsed as they are read ---- */

enum { LINES = 3000 };

/* The line of an item; they differ in length. */
static const char *line_of(uint32_t item, char text[128])
{
	snprintf(text, 128, "{\"custom_id\":\"i%u\",\"url\":\"/x\",\"body\":{\"model\":\"m%u\"}}",
		item, item);
	return text;
}

static void keep(struct parsed_lines *p, uint32_t item)
{
	char text[128];
	struct request_line line;

	line_of(item, text);
	ck_assert(request_parse(text, strlen(text), FORMAT_AUTO, &line, NULL));
	parsed_lines_keep(p, item, &line, text);
}

static bool take_is_right(struct parsed_lines *p, uint32_t item)
{
	char text[128];
	struct request_line kept, line;

	line_of(item, text);
	ck_assert(request_parse(text, strlen(text), FORMAT_AUTO, &line, NULL));
	return parsed_lines_take(p, item, text, &kept) && kept.custom_id.at == line.custom_id.at &&
	       kept.body.at == line.body.at && kept.body.len == line.body.len &&
	       kept.model.len == line.model.len && !kept.headers.at && kept.format == line.format &&
	       kept.prompt_bytes == line.prompt_bytes;
}

START_TEST(parsed_lines_are_taken_once)
{
	struct parsed_lines p;
	struct request_line out;

	parsed_lines_init(&p);
	ck_assert(!parsed_lines_take(&p, 0, "", &out));
	for (uint32_t i = 0; i < LINES; i++)
		keep(&p, i);
	for (uint32_t i = 0; i < LINES; i++) {
		ck_assert(take_is_right(&p, i));
		ck_assert(!parsed_lines_take(&p, i, "", &out));
	}
	parsed_lines_free(&p);
}
END_TEST

/* Never more than so many: a later one takes the place of an earlier. */
START_TEST(parsed_lines_are_few)
{
	struct parsed_lines p;
	struct request_line out;

	parsed_lines_init(&p);
	for (uint32_t i = 0; i < 10 * LINES; i++)
		keep(&p, i);
	ck_assert_uint_lt(p.size, 10000);
	ck_assert(!parsed_lines_take(&p, 0, "", &out));
	ck_assert(take_is_right(&p, 10 * LINES - 1));
	parsed_lines_free(&p);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {items_are_asked_as_their_source_says,
		they_are_retried_and_paced, a_resumed_run_asks_what_has_not_ended,
		wrappers_stand_before_any_source, parsed_lines_are_taken_once, parsed_lines_are_few,
		NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "work", .tests = tests, .tear_down = rig_tear_down});
}
