/* The items of the run: of its input where that can be read, else of its records. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "past/past_impl.h"

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The input beside the results. */
static char *beside(const struct past *p, const char *name)
{
	size_t folder = (size_t)(base_name(p->results) - p->results);
	struct buf path;
	char *out;

	buf_init(&path, SIZE_MAX / 2);
	buf_add(&path, p->results, folder);
	buf_adds(&path, name);
	out = xstrndup(buf_str(&path), path.len);
	buf_free(&path);
	return out;
}

/* Where the input is: as a copy; NULL: nowhere. A folder that was moved has both files. */
static char *find(const struct past *p)
{
	const char *name = p->start.path ? p->start.path : p->start.input;
	char *near;

	if (p->start.path && is_file(p->start.path))
		return xstrdup(p->start.path);
	if (!name || !strcmp(name, "-"))
		return NULL;
	near = beside(p, base_name(name));
	if (is_file(near))
		return near;
	free(near);
	return NULL;
}

bool past_input_check(const char *at, struct error *err)
{
	return is_file(at) ||
	       error_set(err, "%s: there is no such file; give the input of the run", at);
}

void past_input_open(struct past *p)
{
	char *path = p->input_at ? xstrdup(p->input_at) : find(p);
	struct error err;

	p->settled = true;
	if (path && !p->start.rows)
		p->source = source_open(path, ".", &err);
	p->reads = p->source                                         ? PAST_INPUT_READ
		   : p->start.rows                                   ? PAST_INPUT_ROWS
		   : !p->start.input || !strcmp(p->start.input, "-") ? PAST_INPUT_NONE
								     : PAST_INPUT_MISSING;
	free(path);
}

/* ---- reading ---- */

/* Every item is known: counts the failed ones by their outcomes. */
static void end_input(struct past *p)
{
	const struct recorder *r = &p->engine->recorder;

	p->complete = true;
	engine_input_end(p->engine);
	for (size_t i = 0; i < r->n_final; i++) {
		const struct item *item = items_at(&p->engine->items, r->final[i].item);

		p->failures[item->outcome] += item->state == ITEM_FAILED;
	}
	past_log_attempts(&p->log, p->engine);
}

/* The last line that could be read ends it: what is behind is not known. */
static void break_off(struct past *p)
{
	events_add(&p->engine->observer.events, p->engine->wall_us, EVENT_ERROR, "%s",
		source_error(p->source));
	end_input(p);
}

static void read_records(struct past *p)
{
	past_records_feed(&p->records, p->engine, p->known.total);
	end_input(p);
}

void past_input_read(struct past *p, size_t max_bytes)
{
	struct source_line line;
	uint64_t until;

	if (p->complete)
		return;
	if (!p->source) {
		read_records(p);
		return;
	}
	until = source_bytes_read(p->source) + max_bytes;
	while (!p->complete && source_bytes_read(p->source) < until) {
		switch (source_next(p->source, max_bytes, &line)) {
		case SOURCE_LINE:
			engine_feed(p->engine, line.text, line.len, line.offset, line.number);
			break;
		case SOURCE_TOO_LONG:
			engine_feed(p->engine, NULL, line.len, line.offset, line.number);
			break;
		case SOURCE_AGAIN:
			break;
		case SOURCE_END:
			end_input(p);
			break;
		case SOURCE_ERROR:
			break_off(p);
			break;
		}
	}
	engine_input_progress(
		p->engine, source_bytes_read(p->source), source_bytes_total(p->source));
}
