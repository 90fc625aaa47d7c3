/* Reading back what earlier sessions wrote. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "run/ledger_impl.h"
#include "run/ledger_record.h"

struct replay {
	ledger_visit *visit;
	void *ctx;
	uint64_t bad;
	struct buf id; /* for ids with escapes */
	struct ledger *ledger;
};

static void visit_item(
	struct replay *r, const struct result_record *item, enum item_state state, uint64_t offset)
{
	struct ledger_entry entry = {
		.line = item->line > 0 ? (uint64_t)item->line : 0,
		.line_hash = item->line_hash,
		.state = state,
		.outcome = item->outcome,
		.attempts = item->attempts > 0 ? (int)item->attempts : 0,
		.journal_offset = state == ITEM_OK ? 0 : offset,
		.results_offset = state == ITEM_OK ? offset : 0,
		.tokens_in = item->tokens_in,
		.tokens_out = item->tokens_out,
		.estimated_in = item->estimated_in,
		.estimated_out = item->estimated_out,
	};

	record_id_text(item->id, &r->id, &entry.id, &entry.id_len);
	r->visit(r->ctx, &entry);
}

static bool replay_result(struct replay *r, const struct ledger_line *line)
{
	struct result_record item;

	if (!line->text || !result_record_parse(line->text, line->len, &item) ||
		item.outcome != OUTCOME_OK)
		return false;
	visit_item(r, &item, ITEM_OK, line->offset);
	return true;
}

/* The last record of an event, its name in quotes. */
static void keep_last(const struct journal_record *record, const struct ledger_line *line,
	const char *event, struct buf *out)
{
	if (record->event.len != strlen(event) ||
		memcmp(record->event.at, event, record->event.len))
		return;
	buf_clear(out);
	buf_add(out, line->text, line->len);
}

static void take_bumps(struct replay *r, const struct journal_record *record,
	const struct ledger_line *line)
{
	static const char event[] = "\"priority\"";
	struct json_want bumps = {.name = "bumps"};

	if (record->event.len == sizeof(event) - 1 &&
		!memcmp(record->event.at, event, record->event.len) &&
		json_pick(line->text, line->len, &bumps, 1, NULL))
		bumps_read(&r->ledger->bumps, bumps.value);
}

static bool replay_journal(struct replay *r, const struct ledger_line *line)
{
	struct result_record item = {.tokens_in = -1, .tokens_out = -1};
	struct journal_record record;

	if (!line->text || !journal_record_parse(line->text, line->len, &record))
		return false;
	switch (record.kind) {
	case JOURNAL_FINAL:
		if (!result_record_parse(record.line.at, record.line.len, &item))
			return false;
		visit_item(r, &item, record.state, line->offset);
		break;
	case JOURNAL_REQUEUED:
		item.id = record.id;
		visit_item(r, &item, ITEM_QUEUED, 0);
		break;
	case JOURNAL_OTHER:
		keep_last(&record, line, "\"learnt\"", &r->ledger->learnt);
		keep_last(&record, line, "\"start\"", &r->ledger->start);
		take_bumps(r, &record, line);
		break;
	}
	return true;
}

static bool replay_file(struct replay *r, const struct ledger_file *f,
	bool (*one)(struct replay *r, const struct ledger_line *line), struct error *err)
{
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status;

	posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	ledger_lines_init(&lines, f->fd);
	while ((status = ledger_lines_next(&lines, &line)) == LINES_LINE)
		if (!one(r, &line))
			r->bad++;
	if (status == LINES_ERROR)
		error_set(err, "%s: cannot be read: %s", f->path, strerror(errno));
	ledger_lines_free(&lines);
	return status == LINES_END;
}

bool ledger_replay(
	struct ledger *l, ledger_visit *visit, void *ctx, uint64_t *bad, struct error *err)
{
	struct replay r = {.visit = visit, .ctx = ctx, .ledger = l};
	bool read;

	buf_init(&r.id, LEDGER_LINE_MAX);
	read = replay_file(&r, &l->journal, replay_journal, err) &&
	       replay_file(&r, &l->results, replay_result, err);
	buf_free(&r.id);
	*bad = r.bad;
	return read;
}

const char *ledger_last_start(struct ledger *l)
{
	return buf_str(&l->start);
}

const char *ledger_last_learnt(struct ledger *l)
{
	return buf_str(&l->learnt);
}

struct bumps *ledger_bumps(struct ledger *l)
{
	return &l->bumps;
}
