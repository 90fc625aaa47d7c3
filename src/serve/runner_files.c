/* What is made of files before and after the run of a batch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "serve/runner_impl.h"
#include "serve/upstream.h"

/* ---- the input ---- */

static char *text_of(struct buf *b)
{
	return xstrndup(buf_str(b), b->len);
}

static void checked(struct job *job)
{
	struct batch_check *c = (struct batch_check *)job;
	struct batch_run *run = c->ctx;
	struct batch_record *b = run->batch;

	run->job = false;
	if (c->failed) {
		runner_put_off(run, &c->err);
	} else if (c->n_faults) {
		b->errors = text_of(&c->faults);
		run->over = true;
		runner_note(run, FACT_FAILED, NULL, NULL);
	} else {
		run->failures = 0;
		b->counts.total = c->lines;
		runner_note(run, FACT_IN_PROGRESS, NULL, NULL);
	}
	batch_check_clear(c);
	free(c);
	runner_kick(run->runner);
}

void runner_check_input(struct runner *r, struct batch_check *c)
{
	const struct runner_config *config = &r->config;

	c->job.work = batch_check_work;
	if (!c->rules.default_model)
		c->rules.default_model = config->default_model;
	c->rules.models = (const char *const *)upstream_of(config->upstream, c->kind)->models;
	c->lines_max = config->lines_max;
	jobs_add(r->jobs, &c->job);
}

void runner_check(struct batch_run *run)
{
	struct batch_record *b = run->batch;
	struct batch_check *c = xcalloc(1, sizeof(*c));

	c->job.done = checked;
	c->ctx = run;
	c->kind = b->kind;
	c->rules.endpoint = b->endpoint;
	store_batch_path(run->runner->config.store, b->id, "source", c->source);
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

/* A file with lines is the store's from now on. */
static bool adopt(struct batch_run *run, struct output_file *file, bool good)
{
	if (good && file->lines && file->record)
		store_adopt_file(run->runner->config.store, file->record);
	else
		file_record_free(file->record);
	return good && file->lines;
}

/* The batch has an end by what became of its lines. */
static enum batch_fact end_of(const struct batch_record *b)
{
	if (b->at_us[FACT_CANCELLING])
		return FACT_CANCELLED;
	return b->counts.unfinished ? FACT_EXPIRED : FACT_COMPLETED;
}

static void made(struct job *job)
{
	struct batch_output *o = (struct batch_output *)job;
	struct batch_run *run = o->ctx;
	struct batch_record *b = run->batch;

	run->job = false;
	b->has_output = adopt(run, &o->ok, !o->broken);
	b->has_errors = adopt(run, &o->failed, !o->broken);
	if (o->broken) {
		runner_put_off(run, &o->err);
	} else {
		b->counts = o->counts;
		b->usage = o->usage;
		run->over = true;
		runner_note(run, end_of(b), NULL, NULL);
	}
	free(o);
	runner_kick(run->runner);
}

static void errors_path(const char *results, char out[DISK_PATH_MAX])
{
	static const char ending[] = ".jsonl";

	snprintf(out, DISK_PATH_MAX, "%.*s.errors.jsonl", (int)(strlen(results) - strlen(ending)),
		results);
}

void runner_make_output(struct batch_run *run)
{
	struct batch_record *b = run->batch;
	struct batch_output *o = xcalloc(1, sizeof(*o));

	o->job.work = batch_output_work;
	o->job.done = made;
	o->ctx = run;
	o->kind = b->kind;
	o->fleeting = b->once;
	o->expired = !b->at_us[FACT_CANCELLING];
	memcpy(o->batch, b->id, sizeof(o->batch));
	memcpy(o->input, run->input, sizeof(o->input));
	memcpy(o->results, run->results, sizeof(o->results));
	errors_path(run->results, o->errors);
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
