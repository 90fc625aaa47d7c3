/* What the files have of an item that ended: for the columns of its row, for filters and orders. */
#ifndef SLUICE_CONTROL_FACTS_H
#define SLUICE_CONTROL_FACTS_H

#include "base/buf.h"
#include "control/query.h"
#include "ledger/record.h"
#include "ledger/result_view.h"
#include "port.h"

struct control;

/* The facts of rows that were shown lately, in sets by their item, and the items of which they are
 * wanted. */
enum { FACTS_SET_BITS = 5, FACTS_SETS = 1 << FACTS_SET_BITS, FACTS_WAYS = 8, FACTS_WANTED = 128 };
struct facts_entry {
	uint32_t item, place; /* of its record: another one has other facts */
	uint8_t state;        /* of the item; ITEM_STATE_COUNT: the entry is empty */
	struct item_facts facts;
};
struct facts_cache {
	struct facts_entry (*set)[FACTS_WAYS]; /* owned; NULL: no row has asked for facts yet */
	unsigned turn;                         /* of the way that is given away next */
	uint32_t wanted[FACTS_WANTED];
	size_t n_wanted;
};

void facts_cache_free(struct facts_cache *f);
/* Fills the facts of a row, if they are at hand or cost_left is not used up; else they are wanted,
 * and not known yet. Subtracts what it took. */
void control_facts(struct control *c, uint32_t item, struct item_facts *out, int64_t *cost_left);
/* Are facts wanted? */
bool control_facts_wanted(const struct control *c);
/* Reads wanted facts for about this cost. */
void control_facts_step(struct control *c, int64_t cost_left);

/* A record that was read, and what of it was parsed. */
struct facts_record {
	const char *at;
	size_t len;
	struct result_record ends; /* latency, tokens, cost and the like */
	struct result_view view;   /* the answer, too; only if it was asked for */
	int64_t ended_wall_us;     /* -1: not known */
};

/* Reads the record of an item that ended, with its answer or without. False: there is none. */
bool control_record(struct control *c, uint32_t item, bool answer, struct facts_record *out);
/* The dollars that it cost; negative: not known. */
double control_record_usd(struct control *c, const struct facts_record *r);
/* The stage at which it failed, a name with its quotes; at NULL: none. */
struct json_span facts_failed_stage(const struct facts_record *r);
/* Appends all texts of the answer, decoded, a line break after each. */
void facts_answer_text(const struct facts_record *r, struct buf *out);
/* The first words of the answer to an item that is ok, on one line, without secrets. */
void facts_first_words(struct control *c, const struct facts_record *r, char *out, size_t size);

#endif
