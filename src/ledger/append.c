/* Lines added to results and journal. They are gathered here and written by ledger_flush(). */
#include "base/clock.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "ledger/ledger_impl.h"
#include "ledger/read_back.h"
#include "ledger/record.h"

uint64_t ledger_add_result(struct ledger *l, const char *line, size_t len)
{
	uint64_t offset = ledger_file_begin(&l->results);

	buf_add(&l->results.pending, line, len && line[len - 1] == '\n' ? len - 1 : len);
	ledger_file_end(&l->results);
	l->added++;
	return offset;
}

/* A record in the making: its offset, and the writer of its members. */
struct new_record {
	uint64_t offset;
	struct json_writer w;
};

static struct new_record begin_record(struct ledger *l, int64_t wall_us, enum journal_kind kind)
{
	struct new_record r = {ledger_file_begin(&l->journal), json_writer_to(&l->journal.pending)};
	char time[32];

	clock_rfc3339(wall_us, time, sizeof(time));
	json_open_object(&r.w);
	json_member_text(&r.w, "time", time);
	json_member_text(&r.w, "event", journal_row_of(kind)->name);
	return r;
}

static uint64_t end_record(struct ledger *l, struct new_record *r)
{
	json_close_object(&r->w);
	ledger_file_end(&l->journal);
	return r->offset;
}

uint64_t ledger_add_event(struct ledger *l, int64_t wall_us, enum journal_kind kind,
	const char *fields, size_t fields_len)
{
	struct new_record r = begin_record(l, wall_us, kind);

	if (fields_len)
		json_put_raw(&r.w, fields, fields_len);
	return end_record(l, &r);
}

void ledger_add_start(struct ledger *l, int64_t wall_us, const char *fields, size_t len)
{
	struct new_record r = begin_record(l, wall_us, JOURNAL_START);

	if (len)
		json_put_raw(&r.w, fields, len);
	json_member_uint(&r.w, "results", l->results.end);
	json_member_uint(&r.w, "good", ledger_good(l));
	json_key(&r.w, "seed");
	json_open_string(&r.w);
	json_part_hex(&r.w, l->seed.key.high, HASH_DIGITS / 2);
	json_part_hex(&r.w, l->seed.key.low, HASH_DIGITS / 2);
	json_close_string(&r.w);
	end_record(l, &r);
	ledger_sessions_add(&l->sessions, l->results.end, wall_us);
}

uint64_t ledger_add_final(
	struct ledger *l, int64_t wall_us, enum item_state state, const char *line, size_t len)
{
	struct new_record r = begin_record(l, wall_us, JOURNAL_FINAL);

	json_member_text(&r.w, "state", item_state_name(state));
	json_key(&r.w, "line");
	json_put_raw(&r.w, line, len && line[len - 1] == '\n' ? len - 1 : len);
	return end_record(l, &r);
}

void ledger_add_requeued(struct ledger *l, int64_t wall_us, const char *id, size_t id_len)
{
	struct new_record r = begin_record(l, wall_us, JOURNAL_REQUEUED);

	json_member_string(&r.w, "id", id, id_len);
	end_record(l, &r);
}

static void add_void(struct ledger *l, int64_t wall_us, const char *id, size_t len, uint64_t offset,
	const struct buf *line)
{
	struct new_record r = begin_record(l, wall_us, JOURNAL_VOID);
	struct result_record item;

	json_member_string(&r.w, "id", id, len);
	json_member_uint(&r.w, "offset", offset);
	json_key(&r.w, "hash");
	json_open_string(&r.w);
	json_part_hex(&r.w, hash_bytes(line->data, line->len), 16);
	json_close_string(&r.w);
	/* it was paid for all the same */
	if (result_record_parse(line->data, line->len, &item)) {
		cost_record_add(&r.w, &item.cost);
		if (item.model.at)
			json_member_span(&r.w, "model", item.model);
	}
	end_record(l, &r);
}

bool ledger_add_void(struct ledger *l, int64_t wall_us, const char *id, size_t len, uint64_t offset)
{
	struct buf line;
	bool there;

	buf_init(&line, LEDGER_LINE_MAX);
	there = ledger_read_result(l, offset, &line);
	if (there)
		add_void(l, wall_us, id, len, offset, &line);
	l->voided += there;
	buf_free(&line);
	return there;
}

uint64_t ledger_good(const struct ledger *l)
{
	uint64_t all = l->count.found + l->added;

	return all > l->voided ? all - l->voided : 0;
}
