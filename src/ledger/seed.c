/* The run's secret: made by its first session, kept in the start records of its journal. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/json_writer.h"
#include "ledger/ledger_impl.h"
#include "ledger/record.h"

/* Takes the seed of a start record that has one. */
static bool take_seed(const struct ledger_line *line, struct ledger_seed *out)
{
	struct json_want want[] = {{.name = "seed"}, {.name = "results"}};
	struct journal_record record;
	int64_t from;

	if (!line->text || !journal_record_parse(line->text, line->len, &record) ||
		record.kind != JOURNAL_START ||
		json_pick(line->text, line->len, want, 2, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(want[0].value, JSON_VALUE_STRING) ||
		!hash_read_digits(
			want[0].value.at + 1, want[0].value.len - 2, &out->key.high, &out->key.low))
		return false;
	out->results_from =
		json_span_int(want[1].value, &from) && from >= 0 ? (uint64_t)from : UINT64_MAX;
	out->journal_from = line->offset;
	return true;
}

bool ledger_seed_find(struct ledger *l, struct error *err)
{
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status;
	bool found = false;

	ledger_lines_init(&lines, l->journal.fd);
	while (!found && (status = ledger_lines_next(&lines, &line)) == LINES_LINE)
		found = take_seed(&line, &l->seed);
	ledger_lines_free(&lines);
	if (found)
		return true;
	if (status == LINES_ERROR)
		return error_set(err, "%s: cannot be read: %s", l->journal.path, strerror(errno));
	/* What is there already was hashed without a key, or with one that is lost. */
	l->seed.results_from = l->results.end;
	l->seed.journal_from = l->journal.end;
	return hash_key_make(&l->seed.key, err);
}

const struct hash_key *ledger_key(const struct ledger *l)
{
	return &l->seed.key;
}

void ledger_add_start(struct ledger *l, int64_t wall_us, const char *fields, size_t len)
{
	struct json_writer w;
	struct buf all;

	buf_init(&all, LEDGER_LINE_MAX);
	buf_add(&all, fields, len);
	w = json_writer_behind(&all);
	json_member_uint(&w, "results", l->results.end);
	json_member_uint(&w, "good", l->count.found);
	json_key(&w, "seed");
	json_open_string(&w);
	json_part_hex(&w, l->seed.key.high, HASH_DIGITS / 2);
	json_part_hex(&w, l->seed.key.low, HASH_DIGITS / 2);
	json_close_string(&w);
	ledger_add_event(l, wall_us, JOURNAL_START, all.data, all.len);
	buf_free(&all);
}
