#include "control/run_name.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "control/command.h"
#include "control/reads.h"

#define TAKES "letters, digits, '.', '_' and '-', at most 64 bytes, the first no '.' or '-'"

bool run_name_is_command(const char *word)
{
	size_t n, len = strlen(word);
	const struct command_info *table = command_table(&n);

	for (int i = 0; i < READ_COUNT; i++)
		if (!strcmp(word, read_info((enum read_id)i)->name))
			return true;
	for (size_t i = 0; i < n; i++)
		if (len && strcspn(table[i].name, " ") == len && !memcmp(table[i].name, word, len))
			return true;
	return false;
}

/* The length of the character at text if names may have it, else 0. */
static size_t good_character(const char *text, size_t len)
{
	uint32_t code;
	size_t n = text_utf8(text, len, &code);
	char safe[16];

	if (!n)
		return 0;
	if (code < 0x80)
		return isalnum((int)code) || strchr("._-", (int)code) ? n : 0;
	/* the sanitiser escapes what is not for people */
	if (text_sanitise(safe, sizeof(safe), text, n) != n || text_cells(safe) <= 0)
		return 0;
	return n;
}

bool run_name_check(const char *name, struct error *err)
{
	size_t len = strlen(name), at = 0, n;

	while (at < len && (n = good_character(name + at, len - at)) > 0)
		at += n;
	if (!len || len >= RUN_NAME_SIZE || at < len || strchr(".-", name[0]))
		return error_set(
			err, "\"%s\" cannot be the name of a run; a name has " TAKES, name);
	if (strspn(name, "0123456789") == len)
		return error_set(
			err, "\"%s\" cannot be the name of a run: a number would mean a pid", name);
	if (run_name_is_command(name))
		return error_set(err,
			"\"%s\" cannot be the name of a run: `sluice ctl` has a command of this "
			"name",
			name);
	return true;
}

static size_t without(const char *text, size_t len, const char *ending)
{
	size_t n = strlen(ending);

	return len > n && !memcmp(text + len - n, ending, n) ? len - n : len;
}

void run_name_of(const char *results, char out[RUN_NAME_SIZE])
{
	const char *slash = strrchr(results, '/'), *base = slash ? slash + 1 : results;
	size_t whole = strlen(base), len = without(base, whole, ".results.jsonl");
	size_t at = 0, used = 0;

	if (len == whole)
		len = without(base, whole, ".jsonl");
	while (at < len) {
		size_t n = good_character(base + at, len - at);
		bool good = n && (used || !strchr(".-", base[at]));
		const char *from = good ? base + at : used ? "-" : "_";
		size_t size = good ? n : 1;

		if (used + size >= RUN_NAME_SIZE)
			break;
		memcpy(out + used, from, size);
		used += size;
		at += size;
	}
	if (!used)
		out[used++] = '_';
	out[used] = '\0';
}

void run_name_numbered(const char *name, int n, char out[RUN_NAME_SIZE])
{
	char number[16];
	size_t len = strlen(name), room;

	snprintf(number, sizeof(number), n > 1 ? "-%d" : "", n);
	room = RUN_NAME_SIZE - 1 - strlen(number);
	if (len > room)
		for (len = room; len && ((unsigned char)name[len] & 0xc0) == 0x80; len--)
			;
	snprintf(out, RUN_NAME_SIZE, "%.*s%s", (int)len, name, number);
}
