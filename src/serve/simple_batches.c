/* Many prompts. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "serve/cancel.h"
#include "serve/kind.h"
#include "serve/list_create.h"
#include "serve/service.h"
#include "serve/simple.h"
#include "serve/simple_results.h"

enum { SMALL_MAX = 4 << 10, ACCEPTED = 202 };

/* ---- a new one ---- */

static void made(struct call *c, const struct batch_record *b)
{
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	buf_init(&body, SMALL_MAX);
	json_open_object(&w);
	json_member_text(&w, "job_id", b->id);
	json_member_text(&w, "status", batch_state_name(batch_record_state(b)));
	json_member_uint(&w, "total", b->counts.total);
	json_close_object(&w);
	call_answer(c, ACCEPTED, &body);
	buf_free(&body);
}

void simple_create_begin(struct call *c)
{
	static const struct list_api api = {.prefix = "job_",
		.list = "prompts",
		.kind = &batch_kind_simple,
		.takes_model = true,
		.made = made};

	list_create_begin(c, &api);
}

void simple_create(struct call *c)
{
	list_create(c);
}

/* ---- those that are there ---- */

static struct batch_record *find(struct call *c)
{
	struct batch_record *b = store_batch(c->service->store, c->id);

	if (b && b->kind == &batch_kind_simple && !strcmp(b->owner, c->owner))
		return b;
	call_refuse(c, 404, NULL, NULL, "No job has the id '%s'.", c->id);
	return NULL;
}

/* members: more of them; NULL: none. */
static void answer(struct call *c, const struct batch_record *b, const struct buf *members)
{
	struct batch_counts counts;
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	runner_counts(b, &counts);
	buf_init(&body, SIZE_MAX / 2);
	json_open_object(&w);
	json_member_text(&w, "job_id", b->id);
	json_member_text(&w, "status", batch_state_name(batch_record_state(b)));
	json_member_uint(&w, "completed", counts.ok + counts.failed);
	json_member_uint(&w, "total", counts.total);
	if (members) {
		buf_addc(&body, ',');
		buf_add(&body, members->data, members->len);
	}
	json_close_object(&w);
	call_answer(c, 200, &body);
	buf_free(&body);
}

static void answer_progress(struct call *c, const struct batch_record *b)
{
	answer(c, b, NULL);
}

static void read_results(struct job *job)
{
	struct simple_results *r = (struct simple_results *)job;
	struct call *c = r->ctx;
	const struct batch_record *b = store_batch(c->service->store, c->id);

	if (r->failed)
		call_fail(c, &r->err);
	else if (b)
		answer(c, b, &r->members);
	else
		call_refuse(c, 404, NULL, NULL, "No job has the id '%s'.", c->id);
	buf_free(&r->members);
	free(r);
	call_release(c);
}

void simple_get(struct call *c)
{
	const struct batch_record *b = find(c);
	struct simple_results *r;

	if (!b)
		return;
	if (!batch_record_ended(b)) {
		answer_progress(c, b);
		return;
	}
	r = xcalloc(1, sizeof(*r));
	r->job.work = simple_results_work;
	r->job.done = read_results;
	r->total = b->counts.total;
	r->ctx = c;
	store_batch_path(c->service->store, b->id, "answers.jsonl", r->path);
	call_hold(c);
	runner_job(c->service->runner, &r->job);
}

void simple_cancel(struct call *c)
{
	struct batch_record *b = find(c);

	if (b)
		cancel_batch(c, b, answer_progress);
}
