/* The run's secret: made by its first session, kept in the start records of its journal. */
#include "ledger/seed.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "ledger/lines.h"
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

bool ledger_seed_find(struct ledger_seed *seed, const struct ledger_file *results,
	const struct ledger_file *journal, struct error *err)
{
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status;
	bool found = false;

	ledger_lines_init(&lines, journal->fd);
	while (!found && (status = ledger_lines_next(&lines, &line)) == LINES_LINE)
		found = take_seed(&line, seed);
	ledger_lines_free(&lines);
	if (found)
		return true;
	if (status == LINES_ERROR)
		return error_set(err, "cannot read %s: %s", journal->path, strerror(errno));
	/* Earlier lines were hashed without a key, or with a lost one. */
	seed->results_from = results->end;
	seed->journal_from = journal->end;
	return hash_key_make(&seed->key, err);
}
