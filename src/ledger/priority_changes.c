#include "ledger/priority_changes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { RECORD_BYTES = 32 << 10, TEXT_MAX = 4 * RECORD_BYTES };

void priority_log_init(struct priority_log *log)
{
	*log = (struct priority_log){.by = 0};
	buf_init(&log->text, TEXT_MAX);
}

void priority_log_free(struct priority_log *log)
{
	buf_free(&log->text);
}

static void close_range(struct priority_log *log)
{
	if (log->by)
		buf_addf(&log->text, "%s[%" PRIu32 ",%" PRIu32 ",%d,%" PRIu32 "]",
			log->text.len ? "," : "", log->low, log->high, log->by, log->mark);
	log->by = 0;
}

void priority_log_add(struct priority_log *log, uint32_t line, uint32_t mark, int by)
{
	if (log->by == by && line == log->high + 1) {
		log->high = line;
		return;
	}
	close_range(log);
	log->low = log->high = line;
	log->mark = mark;
	log->by = by;
}

bool priority_log_is_long(const struct priority_log *log)
{
	return log->text.len >= RECORD_BYTES;
}

bool priority_log_take(struct priority_log *log, struct buf *out)
{
	close_range(log);
	if (!log->text.len)
		return false;
	buf_adds(out, "\"bumps\":[");
	buf_add(out, log->text.data, log->text.len);
	buf_addc(out, ']');
	buf_clear(&log->text);
	return true;
}

void priority_changes_free(struct priority_changes *b)
{
	free(b->edge);
	free(b->range);
	*b = (struct priority_changes){.n = 0};
}

static void add_edge(struct priority_changes *b, uint32_t line, int by)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 64;
		b->edge = xrealloc(b->edge, b->cap, sizeof(*b->edge));
	}
	b->edge[b->n++] = (struct priority_edge){line, (uint32_t)b->n_ranges, by};
}

struct numbers {
	int64_t value[4]; /* low, high, by, mark */
	size_t n;
};

static bool add_number(void *ctx, struct json_span value)
{
	struct numbers *t = ctx;

	return t->n < 4 && json_span_int(value, &t->value[t->n++]);
}

static bool add_range(void *ctx, struct json_span value)
{
	struct priority_changes *b = ctx;
	struct numbers t = {.n = 0};

	if (!json_each_element(value, add_number, &t) || t.n != 4)
		return true;
	if (t.value[0] < 1 || t.value[0] > t.value[1] || t.value[1] >= UINT32_MAX ||
		t.value[2] < INT8_MIN * 2 || t.value[2] > INT8_MAX * 2)
		return true;
	add_edge(b, (uint32_t)t.value[0], (int)t.value[2]);
	add_edge(b, (uint32_t)t.value[1] + 1, -(int)t.value[2]);
	if (b->n_ranges == b->ranges_cap) {
		b->ranges_cap = b->ranges_cap ? b->ranges_cap * 2 : 64;
		b->range = xrealloc(b->range, b->ranges_cap, sizeof(*b->range));
	}
	b->range[b->n_ranges++] = (struct priority_range){.mark = (uint32_t)t.value[3]};
	b->sorted = false;
	return true;
}

void priority_changes_read(struct priority_changes *b, struct json_span array)
{
	json_each_element(array, add_range, b);
}

static int by_line(const void *a, const void *b)
{
	const struct priority_edge *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

/* The first edge of a range decides whether it holds, the second one ends it. */
static void pass(struct priority_changes *b, const struct priority_edge *edge, uint32_t line,
	uint32_t mark, uint32_t old_mark)
{
	struct priority_range *range = &b->range[edge->range];

	if (!range->begun)
		range->holds =
			edge->line == line && (range->mark == mark || range->mark == old_mark);
	range->begun = true;
	if (range->holds)
		b->sum += edge->by;
}

int priority_changes_of(struct priority_changes *b, uint32_t line, uint32_t mark, uint32_t old_mark)
{
	if (!b->sorted && b->n)
		qsort(b->edge, b->n, sizeof(*b->edge), by_line);
	b->sorted = true;
	for (; b->next < b->n && b->edge[b->next].line <= line; b->next++)
		pass(b, &b->edge[b->next], line, mark, old_mark);
	return b->sum;
}
