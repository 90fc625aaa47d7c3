#include "core/usage_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static const char other[] = "other";

void usage_table_init(struct usage_table *u)
{
	*u = (struct usage_table){.n = 0};
}

void usage_table_free(struct usage_table *u)
{
	free(u->row);
	usage_table_init(u);
}

static bool is_row(const struct usage_table *u, size_t i, enum usage_kind kind, const char *name)
{
	return i < u->n && u->row[i].kind == kind && !strcmp(u->row[i].name, name);
}

static size_t of_kind(const struct usage_table *u, enum usage_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++)
		n += u->row[i].kind == kind;
	return n;
}

static size_t add_row(struct usage_table *u, enum usage_kind kind, const char *name)
{
	if (u->n == u->room) {
		u->room = u->room ? 2 * u->room : USAGE_KINDS;
		u->row = xrealloc(u->row, u->room, sizeof(*u->row));
	}
	memset(&u->row[u->n], 0, sizeof(u->row[u->n]));
	u->row[u->n].kind = kind;
	snprintf(u->row[u->n].name, sizeof(u->row[u->n].name), "%s", name);
	return u->n++;
}

static size_t find(const struct usage_table *u, enum usage_kind kind, const char *name)
{
	size_t i = 0;

	while (i < u->n && !is_row(u, i, kind, name))
		i++;
	return i;
}

struct usage_count *usage_table_row(struct usage_table *u, enum usage_kind kind, const char *name)
{
	char safe[USAGE_NAME_SIZE];
	size_t i;

	if (is_row(u, u->last[kind], kind, name))
		return &u->row[u->last[kind]];
	text_sanitise(safe, sizeof(safe), name, strlen(name));
	i = find(u, kind, safe);
	if (i == u->n && of_kind(u, kind) >= USAGE_OF_KIND - 1 && strcmp(safe, other) != 0)
		return usage_table_row(u, kind, other);
	if (i == u->n)
		i = add_row(u, kind, safe);
	u->last[kind] = i;
	return &u->row[i];
}

/* ---- the last minute ---- */

static void advance(struct usage_count *row, int64_t now_s)
{
	int64_t passed = now_s - row->newest_s;

	if (passed <= 0)
		return;
	for (int64_t i = 1; i <= passed && i <= USAGE_MINUTE_S; i++)
		row->second_usd[(row->newest_s + i) % USAGE_MINUTE_S] = 0;
	row->newest_s = now_s;
}

static double usd_of_minute(const struct usage_count *row, int64_t now_s)
{
	double sum = 0;

	for (int64_t i = 0; i < USAGE_MINUTE_S && i <= row->newest_s; i++)
		if (row->newest_s - i > now_s - USAGE_MINUTE_S)
			sum += (double)row->second_usd[(row->newest_s - i) % USAGE_MINUTE_S];
	return sum;
}

/* ---- counting ---- */

static void count(struct usage_count *row, int64_t now_s, const struct usage_answer *a)
{
	row->outcomes[a->outcome]++;
	row->tokens_in += a->tokens_in > 0 ? (uint64_t)a->tokens_in : 0;
	row->tokens_out += a->tokens_out > 0 ? (uint64_t)a->tokens_out : 0;
	if (a->outcome == OUTCOME_OK && a->latency_us >= 0)
		histogram_add(&row->latency, a->latency_us);
	if (a->usd < 0)
		return;
	advance(row, now_s);
	row->priced = true;
	row->usd += a->usd;
	row->second_usd[now_s % USAGE_MINUTE_S] += (float)a->usd;
}

void usage_table_add(struct usage_table *u, int64_t now_s, const struct usage_names *names,
	const struct usage_answer *a)
{
	for (int kind = 0; kind < USAGE_KINDS; kind++)
		if (names->name[kind])
			count(usage_table_row(u, (enum usage_kind)kind, names->name[kind]), now_s,
				a);
	u->counted++;
}

/* ---- views ---- */

static void view(const struct usage_count *row, int64_t now_s, struct usage_row *out)
{
	*out = (struct usage_row){.kind = row->kind,
		.ok = row->outcomes[OUTCOME_OK],
		.cancelled = row->outcomes[OUTCOME_CANCELLED],
		.rate_limited = row->outcomes[OUTCOME_RATE_LIMITED],
		.p50_us = histogram_quantile(&row->latency, 0.5),
		.p99_us = histogram_quantile(&row->latency, 0.99),
		.tokens_in = row->tokens_in,
		.tokens_out = row->tokens_out,
		.usd = row->priced ? row->usd : -1,
		.usd_per_min = row->priced ? usd_of_minute(row, now_s) : -1};
	memcpy(out->name, row->name, sizeof(out->name));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		out->requests += row->outcomes[i];
}

static int by_weight(const void *a, const void *b)
{
	const struct usage_row *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->usd != y->usd)
		return x->usd > y->usd ? -1 : 1;
	if (x->requests != y->requests)
		return x->requests > y->requests ? -1 : 1;
	return strcmp(x->name, y->name);
}

size_t usage_table_rows(const struct usage_table *u, int64_t now_s, struct usage_row *out, size_t n)
{
	size_t copied = u->n < n ? u->n : n;

	for (size_t i = 0; i < copied; i++)
		view(&u->row[i], now_s, &out[i]);
	if (copied)
		qsort(out, copied, sizeof(*out), by_weight);
	return copied;
}
