/* The items of the run: of its input where that can be read, else of its records. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/path.h"
#include "ledger/read_back.h"
#include "past/past_impl.h"
#include "past/past_replay.h"

bool past_input_check(const char *at, struct error *err)
{
	return path_is_file(at) ||
	       error_set(err, "%s: no such file; give the input of the run", at);
}

void past_input_open(struct past *p)
{
	const struct run_input *in = &p->start.input;
	char *path = p->input_at ? xstrdup(p->input_at) : run_input_place(in, p->results);
	struct error err;

	p->settled = true;
	if (path && !p->start.rows && path_is_file(path))
		p->source = source_open(path, io_temp_folder(), &err);
	p->reads = p->source               ? PAST_INPUT_READ
		   : p->start.rows         ? PAST_INPUT_ROWS
		   : !in->name             ? PAST_INPUT_UNKNOWN
		   : run_input_is_pipe(in) ? PAST_INPUT_PIPE
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
	if (p->replay)
		past_replay_settle(p);
	else
		past_log_attempts(&p->log, p->engine);
}

/* ---- records of no line ---- */

static int by_place(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The lines of an edited input are not all that there were. */
static void find_lost(struct past *p)
{
	const struct intake *in = &p->engine->intake;
	struct past_lost *lost = &p->lost;

	lost->found = true;
	for (size_t i = 0; i < in->by_id.slots; i++) {
		const struct idmap_slot *slot = &in->by_id.slot[i];
		const struct ended *ended;

		if (!slot->key || !ended_is(&in->ended, slot->value))
			continue;
		ended = ended_at(&in->ended, slot->value);
		if (ended->state == ITEM_QUEUED || ended->outcome == OUTCOME_BAD_INPUT)
			continue;
		if ((lost->n & (lost->n - 1)) == 0)
			lost->at = xrealloc(lost->at, lost->n ? 2 * lost->n : 1, sizeof(*lost->at));
		lost->at[lost->n].place = ended->offset;
		lost->at[lost->n++].ok = ended->state == ITEM_OK;
	}
	if (lost->n)
		qsort(lost->at, lost->n, sizeof(*lost->at), by_place);
}

/* A part of them; the last one completes the items. */
static void feed_lost(struct past *p)
{
	enum { STEP = 200 };
	struct past_lost *lost = &p->lost;
	struct buf record;

	buf_init(&record, SIZE_MAX / 2);
	for (int i = 0; i < STEP && lost->fed < lost->n; i++) {
		uint64_t place = lost->at[lost->fed].place;
		bool there = lost->at[lost->fed++].ok
				     ? ledger_read_result(p->ledger, place, &record)
				     : ledger_read_final(p->ledger, place, &record, NULL);

		if (there &&
			past_records_feed_one(&p->records, p->engine, &record, lost->last_line + 1))
			lost->last_line++;
	}
	buf_free(&record);
	if (lost->fed == lost->n)
		end_input(p);
}

/* ---- lines ---- */

/* The last line that could be read ends it: what is behind is not known. */
static void break_off(struct past *p)
{
	events_add(&p->engine->observer.events, p->engine->wall_us, EVENT_ERROR, "%s",
		source_error(p->source));
	find_lost(p);
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
	if (p->lost.found) {
		feed_lost(p);
		return;
	}
	until = source_text_read(p->source) + max_bytes;
	while (!p->lost.found && source_text_read(p->source) < until) {
		switch (source_next(p->source, max_bytes, &line)) {
		case SOURCE_LINE:
			p->lost.last_line = line.number;
			engine_feed(p->engine, line.text, line.len, line.offset, line.number);
			break;
		case SOURCE_TOO_LONG:
			p->lost.last_line = line.number;
			engine_feed(p->engine, NULL, line.len, line.offset, line.number);
			break;
		case SOURCE_AGAIN:
			break;
		case SOURCE_END:
			find_lost(p);
			break;
		case SOURCE_ERROR:
			break_off(p);
			break;
		}
	}
	engine_input_progress(
		p->engine, source_bytes_read(p->source), source_bytes_total(p->source));
}
