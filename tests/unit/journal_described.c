#include "journal_described.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ledger/lines.h"
#include "ledger/record.h"

struct described {
	const struct journal_row *event;
	const struct journal_member *next; /* members come in the table's order */
};

static bool member_is_described(void *ctx, struct json_span key, struct json_span value)
{
	struct described *d = ctx;

	(void)value;
	if (json_span_equals(key, "time") || json_span_equals(key, "event"))
		return true;
	while (d->next->name && !json_span_equals(key, d->next->name))
		d->next++;
	ck_assert_msg(d->next->name, "\"%s\" has an undescribed or misplaced member %.*s",
		d->event->name, (int)key.len, key.at);
	return true;
}

void journal_is_described(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ledger_lines lines;
	struct ledger_line line;

	if (fd < 0)
		return;
	ledger_lines_init(&lines, fd);
	while (ledger_lines_next(&lines, &line) == LINES_LINE) {
		struct journal_record record;
		struct described d;

		if (!line.whole || !line.text ||
			!journal_record_parse(line.text, line.len, &record))
			continue;
		ck_assert_msg(record.kind != JOURNAL_OTHER, "not in the table: %.*s", (int)line.len,
			line.text);
		d.event = journal_row_of(record.kind);
		d.next = d.event->members;
		json_each((struct json_span){line.text, line.len}, member_is_described, &d);
	}
	ledger_lines_free(&lines);
	close(fd);
}
