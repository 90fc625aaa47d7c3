/* The filter language of item queries: words about the fields of items (item_fields.h), parsed once
 * and applied to each item. Pure: it reads the item's own state; the caller passes the values that
 * are elsewhere. */
#ifndef SLUICE_CONTROL_FILTER_H
#define SLUICE_CONTROL_FILTER_H

#include "core/items.h"
#include "item_fields.h"
#include "port.h"

enum {
	FILTER_SIZE = sizeof(((struct item_query *)0)->filter),
	FILTER_WORDS = 16,
	FILTER_VALUES = 64, /* of the lists of all words */
};

/* The bit of a field in a set of fields. */
#define FIELD_BIT(f) (1u << (f))
_Static_assert(FIELD_COUNT <= 32, "sets of fields have 32 bits");

/* One value of a word: a range, or a text in lower case. */
union filter_value {
	struct {
		int64_t low, high;
	};
	const char *text;
};

/* It holds when any of its values does in any of its fields. */
struct filter_word {
	unsigned fields; /* a set of one; of a plain text two */
	bool negate;
	bool text;
	uint8_t first, n; /* values */
};

struct filter {
	unsigned states, outcomes; /* sets of matching values, by bit */
	int n_words, n_values;
	struct filter_word word[FILTER_WORDS];
	union filter_value value[FILTER_VALUES];
	unsigned needs;   /* the fields of words that the item itself does not answer */
	bool has_numbers; /* there are words of numbers that it does answer */
	char words[FILTER_SIZE + 1];
};

/* The values of an item that it has not itself; only the needed ones must be filled. */
struct filter_subject {
	struct {
		const char *at;
		size_t len;
	} text[FIELD_COUNT];
	int64_t number[FIELD_COUNT]; /* negative: it has none */
};

/* False with the reason in error, one line: which word is wrong, and what to write. */
bool filter_parse(struct filter *f, const char *text, char *error, size_t size);
/* Does it let everything pass? */
bool filter_is_empty(const struct filter *f);

/* The outcome as a number for sets and sorting: OUTCOME_COUNT when there was no attempt yet. */
static inline unsigned filter_outcome(const struct item *item)
{
	return item->outcome == OUTCOME_OK && item->state != ITEM_OK ? OUTCOME_COUNT
								     : item->outcome;
}

bool filter_numbers(const struct filter *f, const struct item *item);

/* Do all words hold that the item itself answers? */
static inline bool filter_item(const struct filter *f, const struct item *item)
{
	return f->states >> item->state & 1 && f->outcomes >> filter_outcome(item) & 1 &&
	       (!f->has_numbers || filter_numbers(f, item));
}
/* Do those of the other words hold whose fields are all in this set? */
bool filter_values(const struct filter *f, unsigned known, const struct filter_subject *s);
/* May a word about this field, which is a text, hold for a text that is within this JSON, decoded?
 * False only when none can: the text need not be decoded then. */
bool filter_may_hold(const struct filter *f, enum item_field field, const char *json, size_t len);

#endif
