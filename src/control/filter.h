/* The filter language of item queries (struct item_query in port.h), parsed once and asked for each
 * item. Pure: what the item itself holds is judged here, texts are handed in. */
#ifndef SLUICE_CONTROL_FILTER_H
#define SLUICE_CONTROL_FILTER_H

#include "core/items.h"
#include "port.h"

enum {
	FILTER_SIZE = sizeof(((struct item_query *)0)->filter),
	FILTER_WORDS = 16,
};

/* What an item's texts are needed for. */
enum filter_need { NEED_ID = 1, NEED_MODEL = 2, NEED_ERROR = 4 };

struct filter_range {
	uint8_t kind; /* enum filter_kind */
	bool negate;
	uint32_t low, high;
};

struct filter_text {
	unsigned needs; /* the texts to look into: any of them may hold it */
	bool negate;
	const char *text; /* in lower case */
};

struct filter {
	unsigned states, outcomes; /* sets of what may pass, by bit */
	int n_ranges, n_texts;
	struct filter_range range[FILTER_WORDS];
	struct filter_text text[FILTER_WORDS];
	unsigned needs; /* of all texts; 0: the item itself answers */
	char words[FILTER_SIZE];
};

/* An item's texts; only those needed must be filled. */
struct filter_subject {
	const char *id, *model, *error;
	size_t id_len, model_len, error_len;
};

/* False with what is wrong in error, one line. */
bool filter_parse(struct filter *f, const char *text, char *error, size_t size);
/* Does it let everything pass? */
bool filter_is_empty(const struct filter *f);

/* The outcome as a number for sets and sorting: OUTCOME_COUNT when there was no attempt yet. */
static inline unsigned filter_outcome(const struct item *item)
{
	return item->outcome == OUTCOME_OK && item->state != ITEM_OK ? OUTCOME_COUNT
								     : item->outcome;
}

bool filter_ranges(const struct filter *f, const struct item *item);

/* Do all words hold that the item itself answers? */
static inline bool filter_item(const struct filter *f, const struct item *item)
{
	return f->states >> item->state & 1 && f->outcomes >> filter_outcome(item) & 1 &&
	       (!f->n_ranges || filter_ranges(f, item));
}
/* Do all words about texts hold? */
bool filter_texts(const struct filter *f, const struct filter_subject *s);

#endif
