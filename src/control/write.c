#include "control/write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "control/command_impl.h"
#include "export/export.h"
#include "export/target.h"
#include "export/writer.h"
#include "ledger/read_back.h"

enum {
	COST_ITEM = 800,   /* 8 us: a record read, parsed and written, besides its bytes */
	BYTES_A_COST = 32, /* bytes of a record that cost 10 ns more */
	BATCH = 256 << 10,
	ITEM_MAX = 1 << 30,
};

struct write_job {
	char *path;
	struct filter filter;
	uint32_t next;       /* item */
	uint64_t unreadable; /* items whose answer the files have no more */
	struct kept_files kept;
	struct target *target;
	struct columns columns;
	struct facts facts;
	struct export_writer writer;
	struct buf out;
};

static void free_job(struct write_job *w)
{
	target_free(w->target);
	columns_free(&w->columns);
	facts_free(&w->facts);
	buf_free(&w->out);
	free(w->path);
	free(w);
}

bool write_has_work(const struct control *c)
{
	return c->write;
}

void write_drop(struct control *c)
{
	if (c->write)
		free_job(c->write);
	c->write = NULL;
}

/* ---- items ---- */

/* The id of its line, or of its record when that line was edited since. */
static void name_item(struct control *c, uint32_t i, struct export_item *of)
{
	struct result_record record;

	item_text_read(&c->text, c->engine, i);
	if (!c->text.edited || !of->record.at ||
		!result_record_parse(of->record.at, of->record.len, &record)) {
		of->id = buf_str(&c->text.id);
		of->id_len = c->text.id.len;
	} else {
		record_id_text(record.id, &c->text.id, &of->id, &of->id_len);
	}
}

static bool write_out(struct write_job *w, size_t from, struct error *err)
{
	bool ok = w->out.len < from || target_write(w->target, buf_str(&w->out), w->out.len, err);

	if (w->out.len >= from)
		buf_trim(&w->out, 2 * BATCH);
	return ok;
}

static bool write_item(struct control *c, uint32_t i, int64_t *cost, struct error *err)
{
	const struct item *item = items_at(&c->engine->items, i);
	struct write_job *w = c->write;
	struct export_item of = {.line = item->line, .state = (enum item_state)item->state};

	if (control_item_record(c, i))
		of.record = (struct json_span){buf_str(&c->record), c->record.len};
	w->unreadable += !of.record.at && (item->state == ITEM_OK || item->state == ITEM_FAILED ||
						  item->state == ITEM_CANCELLED);
	name_item(c, i, &of);
	*cost += item_read_cost(item) + COST_ITEM + (int64_t)(of.record.len / BYTES_A_COST);
	facts_open(&w->facts, &of);
	if (!export_writer_item(&w->writer, &w->facts))
		return error_set(err, "item #%" PRIu32 " is too large", item->line);
	return write_out(w, BATCH, err);
}

/* One item, if it matches; *cost gets what it took. */
static bool step_item(struct control *c, uint32_t i, int64_t *cost, struct error *err)
{
	const struct item *item = items_at(&c->engine->items, i);
	const struct filter *f = &c->write->filter;

	*cost = 1;
	if (!filter_item(f, item))
		return true;
	if (f->needs && !control_passes(c, i, f, cost))
		return true;
	return write_item(c, i, cost, err);
}

/* ---- the job ---- */

static bool end_file(struct write_job *w, struct error *err)
{
	return export_writer_end(&w->writer) && write_out(w, 0, err) &&
	       target_commit(w->target, false, err);
}

/* Ends the job; its view gets what came of it. */
static void end_job(struct control *c, bool ok, struct error *err)
{
	struct job_view *v = &c->written.view;
	struct write_job *w = c->write;
	const char *s = w->writer.items == 1 ? "" : "s";
	char text[300];

	ok = ok && end_file(w, err);
	if (!ok)
		snprintf(text, sizeof(text), "not written: %.250s", err->text);
	else if (w->unreadable)
		snprintf(text, sizeof(text),
			"%" PRIu64 " item%s written to %.150s, %" PRIu64
			" of them without answers: the run's files lack these",
			w->writer.items, s, w->path, w->unreadable);
	else
		snprintf(text, sizeof(text), "%" PRIu64 " item%s written to %.200s",
			w->writer.items, s, w->path);
	*v = (struct job_view){.ok = ok, .items = w->writer.items};
	text_sanitise(v->text, sizeof(v->text), text, strlen(text));
	write_drop(c);
}

/* Works for that cost. True when the job ended, see end_job(). */
static bool work(struct control *c, int64_t cost_left)
{
	const struct items *items = &c->engine->items;
	struct write_job *w = c->write;
	struct error err = {""};
	bool ok = true;
	int64_t cost;

	while (ok && w->next < items->n && cost_left > 0) {
		ok = step_item(c, w->next++, &cost, &err);
		cost_left -= cost;
	}
	if (ok && w->next < items->n)
		return false;
	end_job(c, ok, &err);
	return true;
}

void write_step(struct control *c, int64_t cost_left)
{
	if (c->write && work(c, cost_left))
		events_add(&c->engine->observer.events, c->engine->wall_us,
			c->written.view.ok ? EVENT_INFO : EVENT_ERROR, "%s", c->written.view.text);
}

bool write_view(const struct control *c, uint64_t number, struct job_view *out)
{
	if (c->written.number != number)
		return false;
	*out = c->written.view;
	if (c->write)
		*out = (struct job_view){.active = true, .items = c->write->writer.items};
	return true;
}

/* Splits "FILE where FILTER": a name may have blanks. A relative one is in the asker's folder. */
static char *path_of(const struct control *c, const char *args, const char **filter)
{
	static const char where[] = " where ";
	const char *at = NULL;
	struct buf path;
	size_t len;
	char *out;

	for (const char *next = args; (next = strstr(next, where)); next++)
		at = next;
	*filter = at ? at + sizeof(where) - 1 : "";
	len = at ? (size_t)(at - args) : strlen(args);
	buf_init(&path, SIZE_MAX / 2);
	if (c->folder && *args != '/' && !(len == 1 && *args == '-'))
		buf_addf(&path, "%s/", c->folder);
	buf_add(&path, args, len);
	out = xstrdup(buf_str(&path));
	buf_free(&path);
	return out;
}

static struct write_job *new_job(struct control *c, const char *args, struct error *err)
{
	struct write_job *w = xcalloc(1, sizeof(*w));
	const char *filter;

	w->path = path_of(c, args, &filter);
	buf_init(&w->out, ITEM_MAX);
	facts_init(&w->facts);
	kept_files_init(&w->kept, ledger_paths_of(c->engine->recorder.ledger), c->config.input);
	w->writer = (struct export_writer){.format = export_format_of(w->path),
		.columns = &w->columns,
		.out = &w->out,
		.guard = true};
	if (!strcmp(w->path, "-"))
		error_set(err, "write FILE: the dashboard uses the terminal, give a file");
	else if (filter_parse(&w->filter, filter, err->text, sizeof(err->text)) &&
		 columns_init(&w->columns, NULL, err))
		w->target = target_new_file(w->path, &w->kept, err);
	if (w->target)
		return w;
	free_job(w);
	return NULL;
}

bool write_start(struct control *c, const char *args, struct command_reply *reply)
{
	struct error err = {""};

	if (c->write)
		return command_say(reply, false,
			"busy: %.200s is being written, wait until it ends", c->write->path);
	if (!*args)
		return command_say(reply, false, "usage: write FILE [where FILTER]");
	c->write = new_job(c, args, &err);
	if (!c->write)
		return command_say(reply, false, "%s", err.text);
	export_writer_begin(&c->write->writer);
	c->written = (struct written){.number = ++c->jobs};
	if (work(c, c->asker->act_cost)) {
		reply->items = c->written.view.items;
		return command_say(reply, c->written.view.ok, "%s", c->written.view.text);
	}
	reply->job = c->written.number;
	reply->items = c->write->writer.items;
	return command_say(reply, true, "writing %.200s: %" PRIu64 " items so far; more follow",
		c->write->path, c->write->writer.items);
}
