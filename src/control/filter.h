/* The filter language of item queries (struct item_query in port.h), parsed once and applied to
 * each item. Pure: it reads the item's own state; the caller passes texts. */
#ifndef SLUICE_CONTROL_FILTER_H
#define SLUICE_CONTROL_FILTER_H

#include "core/items.h"
#include "port.h"

enum {
	FILTER_SIZE = sizeof(((struct item_query *)0)->filter),
	FILTER_WORDS = 16,
};

/* The texts of an item that a filter needs. */
enum filter_need { NEED_ID = 1, NEED_MODEL = 2, NEED_ERROR = 4 };

struct filter_range {
	uint8_t kind; /* enum filter_kind */
	bool negate;
	uint32_t low, high;
};

struct filter_text {
	unsigned needs; /* the texts to search: any of them may contain it */
	bool negate;
	const char *text; /* in lower case */
};

struct filter {
	unsigned states, outcomes; /* sets of matching values, by bit */
	int n_ranges, n_texts;
	struct filter_range range[FILTER_WORDS];
	struct filter_text text[FILTER_WORDS];
	unsigned needs; /* of all texts; 0: the item itself answers */
	char words[FILTER_SIZE];
};

/* An item's texts; only the needed ones must be filled. */
struct filter_subject {
	const char *id, *model, *error;
	size_t id_len, model_len, error_len;
};

/* False with the reason in error, one line. */
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
