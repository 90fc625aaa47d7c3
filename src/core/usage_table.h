/* What requests came to by model, endpoint and stage: counts, latencies, tokens, dollars; earlier
 * sessions included. A row takes 2.4 KB; there are at most USAGE_ROWS, further names share the last
 * row of their kind. Pure. */
#ifndef SLUICE_CORE_USAGE_TABLE_H
#define SLUICE_CORE_USAGE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "figures.h"
#include "words.h"

/* Rows of a kind, and of all. */
enum { USAGE_OF_KIND = 32, USAGE_ROWS = USAGE_OF_KIND * USAGE_KINDS, USAGE_MINUTE_S = 60 };

struct usage_count {
	enum usage_kind kind;
	char name[USAGE_NAME_SIZE]; /* sanitised */
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t tokens_in, tokens_out; /* as answers report them */
	double usd;                     /* as far as known */
	bool priced;                    /* some of it is */
	struct histogram latency;       /* of ok answers */
	/* Dollars of each of the last seconds, the newest at newest_s % USAGE_MINUTE_S. */
	int64_t newest_s;
	float second_usd[USAGE_MINUTE_S];
};

struct usage_table {
	struct usage_count *row;
	size_t n, room;
	size_t last[USAGE_KINDS];  /* the row of each kind that was found last */
	uint64_t counted, written; /* requests: since the start, and when they were last recorded */
	int64_t written_s;
};

/* Whom a request asked; NULL: no such name. */
struct usage_names {
	const char *name[USAGE_KINDS];
};

/* What came of it. */
struct usage_answer {
	enum outcome outcome;
	int64_t latency_us;            /* of an ok answer */
	int64_t tokens_in, tokens_out; /* 0 or less: not reported */
	double usd;                    /* negative: not known */
};

void usage_table_init(struct usage_table *u);
void usage_table_free(struct usage_table *u);
/* Counts a request at a second of the run's clock. */
void usage_table_add(struct usage_table *u, int64_t now_s, const struct usage_names *names,
	const struct usage_answer *a);
/* The row of a name, which is made when there is none. */
struct usage_count *usage_table_row(struct usage_table *u, enum usage_kind kind, const char *name);
/* Copies up to n rows, by kind and the most expensive first, then those of the most requests;
 * returns how many. now_s: as of usage_table_add(), for the dollars of the last minute. */
size_t usage_table_rows(
	const struct usage_table *u, int64_t now_s, struct usage_row *out, size_t n);

#endif
