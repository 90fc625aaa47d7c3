/* What is made of files before and after the run of a batch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "ledger/paths.h"
#include "serve/runner_impl.h"
#include "serve/upstream.h"

static char *text_of(struct buf *b)
{
	return xstrndup(buf_str(b), b->len);
}

/* ---- the end ---- */

/* A batch's end is told once it is on the disk: no kill undoes what a client has seen. */
struct ending {
	struct batch_run *run;
	/* What the batch will be; its errors are owned, other texts are not. */
	struct batch_record end;
	enum batch_fact fact;
	struct file_record *ok, *failed; /* will be the store's; NULL: there is none */
};

static void ended(void *ctx, const struct error *err);

static void save_end(struct ending *e)
{
	struct batch_run *run = e->run;

	e->end.at_us[e->fact] = clock_wall_us();
	run->unsaved = false; /* all of it is in this record */
	store_save_batch(run->runner->config.store, &e->end, ended, e);
}

/* Was it cancelled while its end was being written? Then that is its end. */
static bool was_cancelled(struct ending *e)
{
	const int64_t *at_us = e->run->batch->at_us;

	if (at_us[FACT_CANCELLING] == e->end.at_us[FACT_CANCELLING])
		return false;
	e->end.at_us[FACT_CANCELLING] = at_us[FACT_CANCELLING];
	if (e->fact == FACT_FAILED)
		return true;
	e->end.at_us[e->fact] = 0;
	e->fact = FACT_CANCELLED;
	return true;
}

static void adopt(struct batch_run *run, struct file_record *file)
{
	if (file)
		store_adopt_file(run->runner->config.store, file);
}

static void ended(void *ctx, const struct error *err)
{
	struct ending *e = ctx;
	struct batch_run *run = e->run;
	struct batch_record *b = run->batch;

	if (!err && was_cancelled(e)) {
		save_end(e);
		return;
	}
	run->job = false;
	if (err) {
		file_record_free(e->ok);
		file_record_free(e->failed);
		free(e->end.errors);
		runner_put_off(run, err);
	} else {
		adopt(run, e->ok);
		adopt(run, e->failed);
		b->counts = e->end.counts;
		b->usage = e->end.usage;
		b->errors = e->end.errors;
		b->has_output = e->end.has_output;
		b->has_errors = e->end.has_errors;
		memcpy(b->at_us, e->end.at_us, sizeof(b->at_us));
		run->over = true;
		run->runner->config.changed(run->runner->config.ctx, b);
	}
	free(e);
	runner_kick(run->runner);
}

static struct ending *new_ending(struct batch_run *run, enum batch_fact fact)
{
	struct ending *e = xcalloc(1, sizeof(*e));

	e->run = run;
	e->end = *run->batch;
	e->fact = fact;
	return e;
}

/* ---- the input ---- */

static void checked(struct job *job)
{
	struct batch_check *c = (struct batch_check *)job;
	struct batch_run *run = c->ctx;
	struct ending *e;

	run->job = !c->failed && !c->ended && c->n_faults;
	if (c->ended) {
		/* the next process checks it */
	} else if (c->failed) {
		runner_put_off(run, &c->err);
	} else if (c->n_faults) {
		e = new_ending(run, FACT_FAILED);
		e->end.errors = text_of(&c->faults);
		save_end(e);
	} else {
		run->failures = 0;
		run->batch->counts.total = c->lines;
		runner_note(run, FACT_IN_PROGRESS, NULL, NULL);
	}
	batch_check_clear(c);
	free(c);
	runner_kick(run->runner);
}

void runner_check(struct batch_run *run)
{
	struct batch_record *b = run->batch;
	struct batch_check *c = xcalloc(1, sizeof(*c));

	c->job.done = checked;
	c->ctx = run;
	c->kind = b->kind;
	c->rules.endpoint = b->endpoint;
	store_batch_path(run->runner->config.store, b->id, STORE_SOURCE, c->source);
	memcpy(c->input, run->input, sizeof(c->input));
	run->job = true;
	runner_check_input(run->runner, c);
}

/* ---- the output ---- */

static struct file_record *new_record(
	const struct batch_record *b, const char *id, const char *what)
{
	struct file_record *f = xcalloc(1, sizeof(*f));
	struct buf name;

	buf_init(&name, 200);
	buf_addf(&name, "%s_%s.jsonl", b->id, what);
	memcpy(f->id, id, sizeof(f->id));
	memcpy(f->owner, b->owner, sizeof(f->owner));
	snprintf(f->purpose, sizeof(f->purpose), "batch_output");
	f->filename = text_of(&name);
	f->created_us = clock_wall_us();
	f->expires_us = b->output_lasts_us ? f->created_us + b->output_lasts_us : 0;
	buf_free(&name);
	return f;
}

static void place(struct batch_run *run, struct output_file *file, const char *id, const char *what)
{
	const struct runner_config *config = &run->runner->config;

	store_file_path(config->store, id, NULL, file->folder);
	strcpy(file->name, "content");
	file->record = new_record(run->batch, id, what);
}

/* A file without lines is none. */
static struct file_record *record_of(const struct output_file *file)
{
	if (file->lines)
		return file->record;
	file_record_free(file->record);
	return NULL;
}

static void not_made(struct batch_run *run, struct batch_output *o)
{
	run->job = false;
	file_record_free(o->ok.record);
	file_record_free(o->failed.record);
	runner_put_off(run, &o->err);
	runner_kick(run->runner);
}

static void made(struct job *job)
{
	struct batch_output *o = (struct batch_output *)job;
	struct batch_run *run = o->ctx;
	struct ending *e;

	if (o->broken) {
		not_made(run, o);
	} else {
		/* the batch has an end by what became of its lines */
		e = new_ending(run, run->batch->at_us[FACT_CANCELLING] ? FACT_CANCELLED
				    : o->counts.unfinished             ? FACT_EXPIRED
								       : FACT_COMPLETED);
		e->end.counts = o->counts;
		e->end.usage = o->usage;
		e->end.has_output = o->ok.lines;
		e->end.has_errors = o->failed.lines;
		e->ok = record_of(&o->ok);
		e->failed = record_of(&o->failed);
		save_end(e);
	}
	free(o);
}

void runner_make_output(struct batch_run *run)
{
	struct batch_record *b = run->batch;
	struct batch_output *o = xcalloc(1, sizeof(*o));
	struct ledger_paths ledger;

	o->job.work = batch_output_work;
	o->job.done = made;
	o->ctx = run;
	o->kind = b->kind;
	o->lines = b->counts.total;
	o->expired = !b->at_us[FACT_CANCELLING];
	memcpy(o->batch, b->id, sizeof(o->batch));
	memcpy(o->input, run->input, sizeof(o->input));
	memcpy(o->results, run->results, sizeof(o->results));
	ledger_paths_init(&ledger, run->results);
	snprintf(o->errors, sizeof(o->errors), "%s", ledger.errors);
	ledger_paths_free(&ledger);
	if (b->kind->one_file) {
		store_batch_path(run->runner->config.store, b->id, NULL, o->ok.folder);
		strcpy(o->ok.name, "answers.jsonl");
	} else {
		place(run, &o->ok, b->output_file, "output");
		place(run, &o->failed, b->error_file, "error");
	}
	run->job = true;
	jobs_add(run->runner->jobs, &o->job);
}
