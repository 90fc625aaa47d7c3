#include "ledger/priority_changes.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json_writer.h"

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
	struct json_writer w = json_writer_behind(&log->text);

	if (!log->by)
		return;
	json_open_array(&w);
	json_put_uint(&w, log->low);
	json_put_uint(&w, log->high);
	json_put_int(&w, log->by);
	json_put_uint(&w, log->mark);
	json_close_array(&w);
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
	struct json_writer w = json_writer_to(out);

	close_range(log);
	if (!log->text.len)
		return false;
	json_member_array(&w, "bumps");
	json_put_raw(&w, log->text.data, log->text.len);
	json_close_array(&w);
	buf_clear(&log->text);
	return true;
}

void priority_changes_free(struct priority_changes *c)
{
	free(c->edge);
	free(c->range);
	*c = (struct priority_changes){.n = 0};
}

static void add_edge(struct priority_changes *c, uint32_t line, int by)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 64;
		c->edge = xrealloc(c->edge, c->cap, sizeof(*c->edge));
	}
	c->edge[c->n++] = (struct priority_edge){line, (uint32_t)c->n_ranges, by};
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
	struct priority_changes *c = ctx;
	struct numbers t = {.n = 0};

	if (!json_each_element(value, add_number, &t) || t.n != 4)
		return true;
	if (t.value[0] < 1 || t.value[0] > t.value[1] || t.value[1] >= UINT32_MAX ||
		t.value[2] < INT8_MIN * 2 || t.value[2] > INT8_MAX * 2)
		return true;
	add_edge(c, (uint32_t)t.value[0], (int)t.value[2]);
	add_edge(c, (uint32_t)t.value[1] + 1, -(int)t.value[2]);
	if (c->n_ranges == c->ranges_cap) {
		c->ranges_cap = c->ranges_cap ? c->ranges_cap * 2 : 64;
		c->range = xrealloc(c->range, c->ranges_cap, sizeof(*c->range));
	}
	c->range[c->n_ranges++] = (struct priority_range){.mark = (uint32_t)t.value[3]};
	c->sorted = false;
	return true;
}

void priority_changes_read(struct priority_changes *c, struct json_span array)
{
	json_each_element(array, add_range, c);
}

static int by_line(const void *a, const void *b)
{
	const struct priority_edge *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

/* The first edge of a range decides whether it holds, the second one ends it. */
static void pass(struct priority_changes *c, const struct priority_edge *edge, uint32_t line,
	uint32_t mark, uint32_t old_mark)
{
	struct priority_range *range = &c->range[edge->range];

	if (!range->begun)
		range->holds =
			edge->line == line && (range->mark == mark || range->mark == old_mark);
	range->begun = true;
	if (range->holds)
		c->sum += edge->by;
}

int priority_changes_of(struct priority_changes *c, uint32_t line, uint32_t mark, uint32_t old_mark)
{
	if (!c->sorted && c->n)
		qsort(c->edge, c->n, sizeof(*c->edge), by_line);
	c->sorted = true;
	for (; c->next < c->n && c->edge[c->next].line <= line; c->next++)
		pass(c, &c->edge[c->next], line, mark, old_mark);
	return c->sum;
}
