#include "cli/attach_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/text.h"

enum { NAME_COLS = 24 };

static void add_some(
	const struct registry_list *runs, bool ended, const struct registry_entry **out, size_t *n)
{
	for (size_t i = runs->n; i-- > 0 && *n < ATTACH_LISTED;) {
		const struct registry_entry *e = &runs->entries[i];
		bool usable = e->state ? !e->kind && e->results && strcmp(e->results, "-") != 0
				       : e->socket != NULL;

		if (usable && (e->state != NULL) == ended)
			out[(*n)++] = e;
	}
}

size_t attach_list_pick(
	const struct registry_list *runs, const struct registry_entry *out[ATTACH_LISTED])
{
	size_t n = 0;

	add_some(runs, false, out, &n);
	add_some(runs, true, out, &n);
	return n;
}

static void add_state(const struct registry_entry *e, int64_t now_s, struct buf *out)
{
	char age[24];

	if (!e->state) {
		text_age((now_s - e->started) * US_PER_S, age, sizeof(age));
		buf_addf(out, "%s, pid %" PRId64 ", for %s", e->kind ? "a service" : "live", e->pid,
			age);
		return;
	}
	buf_addf(out, "%s", e->state);
	if (e->ended >= 0) {
		text_age((now_s - e->ended) * US_PER_S, age, sizeof(age));
		buf_addf(out, " %s ago", age);
	}
	if (e->total >= 0 && !e->kind)
		buf_addf(out, ", %" PRId64 "/%" PRId64, e->done, e->total);
}

void attach_list_write(
	const struct registry_entry *const *entries, size_t n, int64_t now_s, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		char name[NAME_COLS * 4 + 1];
		int cells = text_cut(name, sizeof(name), entries[i]->name, NAME_COLS);

		buf_addf(out, "%3zu  %s%*s  ", i + 1, name, NAME_COLS - cells, "");
		add_state(entries[i], now_s, out);
		buf_addc(out, '\n');
	}
}

int attach_list_choice(const struct registry_entry *const *entries, size_t n, const char *line)
{
	char word[128];
	int64_t number;
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, "\r\n");
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	if (!len)
		return n ? 0 : -1;
	snprintf(word, sizeof(word), "%.*s", (int)len, line);
	if (parse_count(word, 1, (int64_t)n, &number))
		return (int)number - 1;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(entries[i]->name, word))
			return (int)i;
	return -1;
}
