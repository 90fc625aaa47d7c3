#include "rig.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine_internal.h"

const struct snapshot *rig_view(struct rig *r)
{
	port_snapshot(&r->port, &r->view);
	return &r->view;
}

const struct item_counts *rig_counts(struct rig *r)
{
	return &rig_view(r)->items;
}

struct item_row rig_row(struct rig *r, uint64_t line)
{
	struct item_row row;

	ck_assert(port_row(&r->port, line, &row));
	return row;
}

int rig_priority(struct rig *r, uint64_t line)
{
	struct item_detail detail;
	int priority;

	ck_assert(port_detail(&r->port, line, &detail));
	priority = detail.priority;
	port_detail_free(&detail);
	return priority;
}

const char *rig_id(struct rig *r, int place)
{
	static struct item_row row;
	struct answer_name name;

	ck_assert_int_gt(r->in_flight, place);
	ck_assert_uint_eq(engine_attempt_names(r->engine, r->call[place].attempt, &name, 1), 1);
	row = rig_row(r, name.item + 1);
	return row.id;
}

int rig_grep(const struct rig *r, const char *file, const char *text)
{
	static const char *const names[][2] = {{"results", "out.jsonl"},
		{"errors", "out.errors.jsonl"}, {"journal", "out.journal"}};
	char path[160], *line = NULL;
	size_t cap = 0;
	int n = 0;
	FILE *f;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(file, names[i][0]))
			snprintf(path, sizeof(path), "%s/%s", r->folder, names[i][1]);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (getline(&line, &cap, f) > 0)
		n += strstr(line, text) != NULL;
	free(line);
	fclose(f);
	return n;
}

void rig_check(const struct rig *r)
{
	const struct engine *e = r->engine;
	uint64_t followers = 0;

	ck_assert(items_balanced(&e->items));
	for (uint32_t i = 0; i < e->items.n; i++) {
		const struct item *item = items_at(&e->items, i);

		followers += item->waits_on;
		ck_assert(!item->waits_on || (item->state == ITEM_QUEUED && !item->linked));
	}
	ck_assert_uint_eq(followers, e->sources.waiters);
	if (e->sources.tasks_are_items)
		ck_assert_uint_ge(e->items.counts.in_flight, e->attempts.in_flight);
	if (r->in_flight)
		return;
	ck_assert_uint_eq(e->attempts.sharing, 0);
	ck_assert(fabs(e->costs.budget.reserved.in) < 1e-6);
}
