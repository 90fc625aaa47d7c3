#include "control/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { NO_MATCH = 0xff };

/* What is remembered of a reading. */
enum { READ_FOR_GOOD = 1, READ_PASSED = 2 };

/* Of orders by a value of the item that is one of few. */
static int keys_of(enum item_field sort)
{
	switch (sort) {
	case FIELD_STATE:
		return ITEM_STATE_COUNT;
	case FIELD_ATTEMPTS:
		return QUERY_KEYS;
	case FIELD_OUTCOME:
		return OUTCOME_COUNT + 1;
	default:
		return 1;
	}
}

static uint8_t key_of(enum item_field sort, const struct item *item)
{
	switch (sort) {
	case FIELD_STATE:
		return item->state;
	case FIELD_ATTEMPTS:
		return item->attempts < QUERY_KEYS ? (uint8_t)item->attempts : QUERY_KEYS - 1;
	case FIELD_OUTCOME:
		return (uint8_t)filter_outcome(item);
	default:
		return 0;
	}
}

/* ---- life ---- */

void query_close(struct query *q)
{
	free(q->key);
	free(q->count);
	free(q->read);
	order_free(&q->order);
	*q = (struct query){0};
}

/* Is all that it reads in the input line? */
static bool is_constant(const struct query *q)
{
	unsigned fields = q->filter.needs | (q->ordered ? FIELD_BIT(q->asked.sort) : 0);

	for (; fields; fields &= fields - 1)
		if (item_field((enum item_field)__builtin_ctz(fields))->place != PLACE_LINE)
			return false;
	return true;
}

void query_open(
	struct query *q, const struct item_query *asked, const struct items *items, int64_t now_us)
{
	query_close(q);
	q->open = true;
	q->asked = *asked;
	q->asked_us = q->again_us = now_us;
	if ((unsigned)q->asked.sort >= FIELD_COUNT || !item_field(q->asked.sort)->sorts)
		q->asked.sort = FIELD_LINE;
	q->keys = keys_of(q->asked.sort);
	q->ordered = q->keys == 1 && q->asked.sort != FIELD_LINE;
	order_init(&q->order, q->asked.descending);
	q->changes = items->changes;
	filter_parse(&q->filter, asked->filter, q->error, sizeof(q->error));
	q->reads = q->ordered || q->filter.needs;
	q->constant = is_constant(q);
	q->direct = !q->error[0] && q->asked.sort == FIELD_LINE && filter_is_empty(&q->filter);
}

bool query_is(const struct query *q, const struct item_query *asked)
{
	return q->open && q->asked.sort == asked->sort &&
	       q->asked.descending == asked->descending && !strcmp(q->asked.filter, asked->filter);
}

/* ---- scanning items ---- */

/* Room for an eighth more than there are, so that a growing input seldom moves it. */
static void make_room(struct query *q, uint32_t n)
{
	size_t blocks;

	if (n <= q->key_cap)
		return;
	blocks = ((size_t)n + n / 8) / QUERY_BLOCK + 1;
	q->key = xrealloc(q->key, blocks, QUERY_BLOCK);
	q->count = xrealloc(q->count, blocks * (size_t)q->keys, sizeof(*q->count));
	if (q->reads) {
		q->read = xrealloc(q->read, blocks, QUERY_BLOCK / 4);
		memset(q->read + q->key_cap / 4, 0, (blocks * QUERY_BLOCK - q->key_cap) / 4);
	}
	memset(q->count + q->blocks * (size_t)q->keys, 0,
		(blocks - q->blocks) * (size_t)q->keys * sizeof(*q->count));
	q->blocks = blocks;
	q->key_cap = blocks * QUERY_BLOCK;
}

static uint16_t *count_at(const struct query *q, uint32_t item, uint8_t key)
{
	return &q->count[item / QUERY_BLOCK * (size_t)q->keys + key];
}

static void set_key(struct query *q, uint32_t i, uint8_t before, uint8_t key)
{
	if (before != NO_MATCH) {
		--*count_at(q, i, before);
		q->total[before]--;
		q->matches--;
	}
	if (key != NO_MATCH) {
		++*count_at(q, i, key);
		q->total[key]++;
		q->matches++;
	}
	q->key[i] = key;
}

static int read_bits(const struct query *q, uint32_t i)
{
	return q->read[i / 4] >> i % 4 * 2 & 3;
}

static void set_read_bits(struct query *q, uint32_t i, int bits)
{
	q->read[i / 4] = (uint8_t)((q->read[i / 4] & ~(3 << i % 4 * 2)) | bits << i % 4 * 2);
}

void query_learn(struct query *q, const struct query *from, const struct items *items)
{
	if (!q->filter.needs || !from->open || !from->read || from->constant != q->constant ||
		strcmp(q->asked.filter, from->asked.filter) != 0 ||
		items->changes - from->changes > ITEMS_CHANGES)
		return;
	make_room(q, items->n);
	memcpy(q->read, from->read, (from->scanned + 3) / 4);
	for (uint64_t c = from->changes; c < items->changes && !q->constant; c++)
		set_read_bits(q, items->changed[c % ITEMS_CHANGES], 0);
}

/* Does what was read stay as it is until the state changes? The record of an item that ended does.
 */
static bool is_settled(const struct query *q, const struct item *item)
{
	return q->constant || item->state == ITEM_OK || item->state == ITEM_FAILED ||
	       item->state == ITEM_CANCELLED;
}

/* Puts the item where it belongs in the order, or takes it out. */
static void place_item(struct query *q, uint32_t i, bool was, const struct query_reading *r)
{
	uint64_t value = !r->passes ? 0 : r->by_text ? order_text(&q->order, r->text) : r->value;

	if (was && r->passes && order_value(&q->order, i) == value)
		return;
	if (was)
		order_remove(&q->order, i);
	if (r->passes)
		order_add(&q->order, i, value);
}

/* Reads what is not known yet of an item. True when it matches. */
static bool read_item(struct query *q, const struct items *items, const struct query_reader *reader,
	uint32_t i, uint8_t before, int64_t *cost_left)
{
	const struct item *item = items_at(items, i);
	int bits = read_bits(q, i);
	/* an item that did not match is not in the order: its value is needed, too */
	bool known = bits & READ_FOR_GOOD && is_settled(q, item) &&
		     (!(bits & READ_PASSED) || !q->ordered || before != NO_MATCH);
	struct query_reading r = {.passes = true};

	if (known)
		return bits & READ_PASSED;
	reader->read(reader->ctx, i, &q->filter, q->asked.sort, &r);
	*cost_left -= r.cost;
	set_read_bits(
		q, i, (is_settled(q, item) ? READ_FOR_GOOD : 0) | (r.passes ? READ_PASSED : 0));
	if (q->ordered)
		place_item(q, i, before != NO_MATCH, &r);
	return r.passes;
}

/* Looks at one item; subtracts its cost from cost_left. */
static void scan_item(struct query *q, const struct items *items, const struct query_reader *reader,
	uint32_t i, uint8_t before, int64_t *cost_left)
{
	const struct item *item = items_at(items, i);
	bool passes = filter_item(&q->filter, item);
	uint8_t key;

	--*cost_left;
	if (passes && q->reads)
		passes = read_item(q, items, reader, i, before, cost_left);
	else if (q->ordered && before != NO_MATCH)
		place_item(q, i, true, &(struct query_reading){.passes = false});
	key = passes ? key_of(q->asked.sort, item) : NO_MATCH;
	if (key != before)
		set_key(q, i, before, key);
	else
		q->key[i] = key;
}

static bool scans_items(const struct query *q)
{
	return q->open && !q->direct && !q->error[0];
}

void query_step(struct query *q, const struct items *items, const struct query_reader *reader,
	int64_t cost_left)
{
	if (!scans_items(q))
		return;
	make_room(q, items->n);
	while (q->scanned < items->n && cost_left > 0) {
		scan_item(q, items, reader, q->scanned, NO_MATCH, &cost_left);
		q->scanned++;
	}
}

bool query_complete(const struct query *q, const struct items *items)
{
	return !scans_items(q) || q->scanned == items->n;
}

/* Some changes are not known any more: items that ended may have ended anew since. */
static void forget_changes(struct query *q, const struct items *items)
{
	q->changes = items->changes - ITEMS_CHANGES;
	if (q->reads && !q->constant)
		memset(q->read, 0, q->key_cap / 4);
}

void query_take_changes(
	struct query *q, const struct items *items, const struct query_reader *reader)
{
	int64_t cost_left = QUERY_CHANGED_COST;

	if (!scans_items(q))
		return;
	if (items->changes - q->changes > ITEMS_CHANGES)
		forget_changes(q, items);
	for (; q->changes < items->changes && cost_left > 0; q->changes++) {
		uint32_t i = items->changed[q->changes % ITEMS_CHANGES];

		if (i >= q->scanned)
			continue;
		if (q->reads && !q->constant)
			set_read_bits(q, i, 0);
		scan_item(q, items, reader, i, q->key[i], &cost_left);
	}
}

void query_refresh(struct query *q, const struct items *items, const struct query_reader *reader,
	int64_t now_us)
{
	int64_t cost_left = QUERY_STEP_COST;

	if (!scans_items(q))
		return;
	if (!q->refreshing) {
		if (now_us - q->again_us < US_PER_S)
			return;
		q->refreshing = true;
		q->again = 0;
		q->again_us = now_us;
	}
	for (; q->again < q->scanned && cost_left > 0; q->again++)
		scan_item(q, items, reader, q->again, q->key[q->again], &cost_left);
	q->refreshing = q->again < q->scanned;
}

/* ---- rows ---- */

uint64_t query_total(const struct query *q, const struct items *items)
{
	return q->direct ? items->n : q->matches;
}

/* The key at a place of the order. Descending turns the keys around, not the lines within one. */
static uint8_t key_at(const struct query *q, int place)
{
	return (uint8_t)(q->asked.descending ? q->keys - 1 - place : place);
}

/* The first item of the key from i on; q->scanned when there is none. */
static uint32_t next_of(const struct query *q, uint8_t key, uint32_t i)
{
	while (i < q->scanned) {
		uint32_t end = (i / QUERY_BLOCK + 1) * QUERY_BLOCK;
		const uint8_t *at = NULL;

		if (end > q->scanned)
			end = q->scanned;
		if (*count_at(q, i, key))
			at = memchr(q->key + i, key, end - i);
		if (at)
			return (uint32_t)(at - q->key);
		i = end;
	}
	return q->scanned;
}

/* The item of the key that has k others of the key before it; k is less than their number. */
static uint32_t item_of_rank(const struct query *q, uint8_t key, uint64_t k)
{
	uint32_t i = 0;

	while (k >= *count_at(q, i, key)) {
		k -= *count_at(q, i, key);
		i += QUERY_BLOCK;
	}
	i = next_of(q, key, i);
	while (k--)
		i = next_of(q, key, i + 1);
	return i;
}

/* Rows from offset on, lines ascending within a key. */
static size_t keyed_items(const struct query *q, uint64_t offset, uint32_t *out, size_t n)
{
	size_t filled = 0;

	for (int place = 0; place < q->keys && filled < n; place++) {
		uint8_t key = key_at(q, place);
		uint32_t i;

		if (offset >= q->total[key]) {
			offset -= q->total[key];
			continue;
		}
		i = item_of_rank(q, key, offset);
		for (; i < q->scanned && filled < n; i = next_of(q, key, i + 1))
			out[filled++] = i;
		offset = 0;
	}
	return filled;
}

static size_t ascending_items(const struct query *q, uint64_t offset, uint32_t *out, size_t n)
{
	if (q->ordered)
		return order_items(&q->order, offset, out, n);
	if (!q->direct)
		return keyed_items(q, offset, out, n);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint32_t)(offset + i);
	return n;
}

/* Is it by line, from the last to the first? */
static bool is_mirrored(const struct query *q)
{
	return q->asked.sort == FIELD_LINE && q->asked.descending;
}

size_t query_items(
	const struct query *q, const struct items *items, uint64_t offset, uint32_t *out, size_t n)
{
	uint64_t total = query_total(q, items);

	if (offset >= total)
		return 0;
	if (n > total - offset)
		n = (size_t)(total - offset);
	if (!is_mirrored(q))
		return ascending_items(q, offset, out, n);
	n = ascending_items(q, total - offset - n, out, n);
	for (size_t i = 0; i < n / 2; i++) {
		uint32_t swapped = out[i];

		out[i] = out[n - 1 - i];
		out[n - 1 - i] = swapped;
	}
	return n;
}

/* The number of items before it, of the same key and of earlier keys. */
static uint64_t keyed_row(const struct query *q, uint32_t item)
{
	uint8_t key = q->key[item];
	uint32_t block = item / QUERY_BLOCK * QUERY_BLOCK;
	uint64_t row = 0;

	for (int place = 0; key_at(q, place) != key; place++)
		row += q->total[key_at(q, place)];
	for (uint32_t i = 0; i < block; i += QUERY_BLOCK)
		row += *count_at(q, i, key);
	for (uint32_t i = block; i < item; i++)
		row += q->key[i] == key;
	return row;
}

bool query_row_of(const struct query *q, const struct items *items, uint32_t item, uint64_t *offset)
{
	if (q->direct) {
		if (item >= items->n)
			return false;
		*offset = item;
	} else {
		if (item >= q->scanned || q->key[item] == NO_MATCH)
			return false;
		*offset = q->ordered ? order_place(&q->order, item) : keyed_row(q, item);
	}
	if (is_mirrored(q))
		*offset = query_total(q, items) - 1 - *offset;
	return true;
}
