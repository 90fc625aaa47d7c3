#include "export/export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/path.h"
#include "export/file_name.h"
#include "export/join.h"
#include "export/target.h"
#include "export/writer.h"

enum { BATCH = 256 << 10, ITEM_MAX = 1 << 30 };

struct exporting {
	const struct export_settings *settings;
	struct run_files files;
	struct export_index index;
	struct export_input input;
	struct join join;
	struct columns columns;
	struct kept_files kept;
	struct target *target;
	struct facts facts;
	struct export_writer writer;
	struct buf out, id;
	char *input_path; /* owned; NULL: not known */
	bool has_input;   /* it is open and was read */
	void (*begun)(const char *temporary);
	struct export_summary *summary;
	struct error *err;
};

enum export_format export_format_of(const char *path)
{
	static const struct {
		const char *ending;
		enum export_format format;
	} endings[] = {{".csv", EXPORT_CSV}, {".tsv", EXPORT_TSV}, {".tab", EXPORT_TSV},
		{".json", EXPORT_JSON}, {".txt", EXPORT_TEXT}};
	const char *dot = path ? strrchr(path, '.') : NULL;

	for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (!strcasecmp(dot, endings[i].ending))
			return endings[i].format;
	return EXPORT_JSONL;
}

static enum export_format format_of(const struct export_settings *s)
{
	if (s->format != EXPORT_AUTO)
		return (enum export_format)s->format;
	return s->split ? EXPORT_TEXT : export_format_of(s->output);
}

static bool is_table(enum export_format format)
{
	return format == EXPORT_CSV || format == EXPORT_TSV;
}

/* Options that mean nothing together. */
static bool check(const struct export_settings *s, struct error *err)
{
	enum export_format format = format_of(s);

	if (s->split && s->output)
		return error_set(err, "give -o FILE or --split DIR, not both");
	if (s->split && is_table(format))
		return error_set(err, "--split writes only text, or objects with --format json");
	if (format == EXPORT_TEXT && (s->fields || s->with_input))
		return error_set(err,
			"--format text has no fields: remove --field and --with-input, or choose "
			"--format csv, tsv, json or jsonl");
	return true;
}

/* ---- the input ---- */

/* Are the rows of the input asked for? */
static bool wants_rows(const struct exporting *e)
{
	for (size_t i = 0; i < e->columns.n; i++)
		if (e->columns.at[i].at.root == FACT_INPUT)
			return true;
	return e->settings->with_input;
}

static bool join_input(struct exporting *e, bool rows)
{
	struct columns *columns =
		e->settings->with_input && is_table(e->writer.format) ? &e->columns : NULL;

	e->has_input = export_input_open(&e->input, e->input_path, e->index.input.format,
			       e->index.input.form, e->err) &&
		       join_read(&e->join, &e->index, &e->input, rows, columns, e->err);
	return e->has_input;
}

/* Records of one session have the numbers of their lines. Between sessions the input may have been
 * edited, and results of another tool have no numbers. */
static bool needs_input(const struct exporting *e)
{
	return e->settings->order == EXPORT_INPUT_ORDER && e->index.sessions.n != 1;
}

static bool read_input(struct exporting *e)
{
	const char *said = e->settings->input;
	bool rows = wants_rows(e), there;

	e->input_path =
		said ? xstrdup(said) : run_input_place(&e->index.input, e->settings->results);
	there = e->input_path && path_is_file(e->input_path); /* a pipe cannot be read once more */
	if (rows && !e->input_path)
		return error_set(e->err, "the journal does not name the input: give --input FILE");
	if (rows && !said && !there)
		return error_set(e->err,
			"cannot read the input of the run, %.300s, again: give --input FILE",
			e->input_path);
	if (said || rows)
		return join_input(e, rows);
	if (!needs_input(e) || !there || join_input(e, false))
		return true;
	*e->err = (struct error){""}; /* the numbers that the records have must do */
	return true;
}

/* ---- items ---- */

static bool is_wanted(struct exporting *e, const struct index_entry *entry)
{
	struct export_summary *s = e->summary;

	switch (e->settings->state) {
	case EXPORT_OK:
		s->failed += entry->state == ITEM_FAILED;
		s->cancelled += entry->state == ITEM_CANCELLED;
		return entry->state == ITEM_OK;
	case EXPORT_FAILED:
		s->ok += entry->state == ITEM_OK;
		return entry->state != ITEM_OK;
	default:
		return true;
	}
}

/* The item of an entry, in e->facts. */
static bool open_item(struct exporting *e, uint32_t at)
{
	const struct index_entry *entry = &e->index.entry[at];
	struct export_item item = {.line = entry->line, .state = (enum item_state)entry->state};
	const struct input_place *place = e->join.place ? &e->join.place[at] : NULL;
	struct result_record record;

	if (!index_read_record(&e->index, entry, &item.record) ||
		!result_record_parse(item.record.at, item.record.len, &record))
		return false;
	record_id_text(record.id, &e->id, &item.id, &item.id_len);
	if (place && place->len)
		item.input = export_input_fetch(&e->input, place->offset, place->len);
	facts_open(&e->facts, &item);
	return true;
}

static bool write_out(struct exporting *e, size_t from)
{
	bool ok =
		e->out.len < from || target_write(e->target, buf_str(&e->out), e->out.len, e->err);

	if (e->out.len >= from)
		buf_trim(&e->out, 2 * BATCH);
	return ok;
}

/* The buffer of an item has a ceiling. */
static bool fits(struct exporting *e, bool ok)
{
	return ok || error_set(e->err, "an item is too large to be exported: \"%.100s\"",
			     e->facts.item.id);
}

/* A line that was no request may have the id of another item. */
static void name_file(struct exporting *e, bool bad, char name[FILE_NAME_SIZE])
{
	const char *ending = e->writer.format == EXPORT_TEXT ? ".txt" : ".json";
	struct buf id;

	buf_init(&id, ITEM_MAX);
	buf_add(&id, e->facts.item.id, e->facts.item.id_len);
	if (bad)
		buf_addf(&id, "/line-%" PRIu64, e->facts.item.line);
	file_name_of(buf_str(&id), id.len, ending, name);
	buf_free(&id);
}

static bool write_alone(struct exporting *e, bool bad)
{
	char name[FILE_NAME_SIZE];
	bool ok;

	name_file(e, bad, name);
	ok = fits(e, export_writer_alone(&e->writer, &e->facts)) &&
	     target_item(e->target, name, buf_str(&e->out), e->out.len, e->err);
	buf_trim(&e->out, 2 * BATCH);
	return ok;
}

static bool write_items(struct exporting *e)
{
	bool ok = e->settings->split || export_writer_begin(&e->writer);

	for (uint32_t i = 0; ok && i < e->index.n; i++) {
		uint32_t at = e->index.order[i];

		if (!is_wanted(e, &e->index.entry[at]))
			continue;
		if (!open_item(e, at))
			e->summary->unreadable++;
		else if (e->settings->split)
			ok = write_alone(e, e->index.entry[at].bad);
		else
			ok = fits(e, export_writer_item(&e->writer, &e->facts)) &&
			     write_out(e, BATCH);
	}
	if (ok && !e->settings->split)
		ok = export_writer_end(&e->writer) && write_out(e, 0);
	return ok && target_commit(e->target, true, e->err);
}

/* ---- all of it ---- */

static bool open_target(struct exporting *e)
{
	const struct export_settings *s = e->settings;

	kept_files_init(&e->kept, &e->files.paths, e->input_path);
	e->target = s->split ? target_folder(s->split, s->force, &e->kept, e->err)
			     : target_file(s->output, s->force, &e->kept, e->err);
	if (e->target && e->begun && target_temporary(e->target))
		e->begun(target_temporary(e->target));
	return e->target;
}

static void summarise(struct exporting *e)
{
	struct export_summary *s = e->summary;

	s->items = e->writer.items;
	s->long_cells = e->writer.long_cells;
	s->is_table = is_table(e->writer.format);
	s->running = e->files.holder > 0;
	s->torn = e->index.torn;
	s->bad_lines = e->index.bad_lines;
	s->lost = e->has_input ? e->join.lost : 0;
	s->changed = e->join.changed;
	s->first_changed = e->join.first_changed;
	s->unfinished = e->has_input ? (int64_t)e->join.unfinished
			: !s->running && e->index.total >= (int64_t)e->index.n
				? e->index.total - (int64_t)e->index.n
				: -1;
	for (size_t i = 0; s->items && i < e->columns.own; i++)
		if (e->columns.at[i].asked && !e->columns.at[i].found && !s->unfound)
			s->unfound = xstrdup(e->columns.at[i].name);
}

static enum export_end carry_out(struct exporting *e)
{
	const struct export_settings *s = e->settings;
	bool missing, times = s->order == EXPORT_DONE_ORDER && s->state != EXPORT_OK;

	if (!check(s, e->err) || !columns_init(&e->columns, s->fields, e->err))
		return EXPORT_REFUSED;
	e->writer.with_input = s->with_input && !columns_have(&e->columns, "input");
	if (!run_files_open(&e->files, s->results, &missing, e->err))
		return missing ? EXPORT_NO_RUN : EXPORT_REFUSED;
	/* a name that cannot be used is said before a long file is read */
	if (!index_read(&e->index, &e->files, times, e->err) || !read_input(e) || !open_target(e))
		return EXPORT_REFUSED;
	if (!e->has_input)
		index_drop_mended(&e->index);
	index_order(&e->index, (enum export_order)s->order);
	if (!write_items(e))
		return EXPORT_NOT_WRITTEN;
	summarise(e);
	return EXPORT_DONE;
}

enum export_end export_run(const struct export_settings *settings,
	void (*begun)(const char *temporary), struct export_summary *out, struct error *err)
{
	struct exporting *e = xcalloc(1, sizeof(*e));
	enum export_end end;

	*out = (struct export_summary){.unfinished = -1};
	*err = (struct error){""};
	e->settings = settings;
	e->begun = begun;
	e->summary = out;
	e->err = err;
	e->files = (struct run_files){.results = -1, .journal = -1, .errors = -1};
	buf_init(&e->out, ITEM_MAX);
	buf_init(&e->id, ITEM_MAX);
	facts_init(&e->facts);
	e->writer = (struct export_writer){.format = format_of(settings),
		.columns = &e->columns,
		.out = &e->out,
		.bom = settings->bom,
		.guard = !settings->no_guard};
	end = carry_out(e);
	target_free(e->target);
	if (begun)
		begun(NULL);
	export_input_close(&e->input);
	join_free(&e->join);
	index_free(&e->index);
	run_files_close(&e->files);
	columns_free(&e->columns);
	facts_free(&e->facts);
	buf_free(&e->out);
	buf_free(&e->id);
	free(e->input_path);
	free(e);
	return end;
}

void export_summary_free(struct export_summary *s)
{
	free((char *)s->unfound);
	s->unfound = NULL;
}
