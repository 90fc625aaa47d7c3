#include "cli/options_table.h"

#include "base/alloc.h"
#include "cli/option_rows.h"

static const struct option_rows *const parts[] = {
	&option_rows_files, &option_rows_service, &option_rows_sending, &option_rows_mock};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static struct option_row *add_group(
	struct option_row *to, const struct option_rows *part, enum option_group group)
{
	for (size_t i = 0; i < part->n; i++)
		if (part->rows[i].group == group)
			*to++ = part->rows[i];
	return to;
}

static struct option_row *join(size_t *n)
{
	struct option_row *all, *next;

	*n = 0;
	for (int i = 0; i < PARTS; i++)
		*n += parts[i]->n;
	all = next = xcalloc(*n, sizeof(all[0]));
	for (int group = 0; group < GROUP_COUNT; group++)
		for (int i = 0; i < PARTS; i++)
			next = add_group(next, parts[i], (enum option_group)group);
	return all;
}

/* Kept until the process ends: readers count rows by their distance from the first. */
const struct option_row *option_table(size_t *n)
{
	static struct option_row *all;
	static size_t count;

	if (!all)
		all = join(&count);
	*n = count;
	return all;
}

const char *option_default(const struct option_row *o, enum command_id command)
{
	return command == COMMAND_DEMO && o->demo ? o->demo : o->value;
}
