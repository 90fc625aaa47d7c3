#include "control/filter.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/text.h"

enum filter_kind {
	KIND_STATE,
	KIND_OUTCOME,
	KIND_CODE,
	KIND_ATTEMPTS,
	KIND_GROUP,
	KIND_LINE,
	KIND_MODEL,
	KIND_ID,
	KIND_ERROR,
	KIND_TEXT
};

static const struct {
	const char *prefix;
	uint8_t kind;
	unsigned needs; /* 0: not a text */
} kinds[] = {
	{"state:", KIND_STATE, 0},
	{"outcome:", KIND_OUTCOME, 0},
	{"code:", KIND_CODE, 0},
	{"attempts:", KIND_ATTEMPTS, 0},
	{"group:", KIND_GROUP, 0},
	{"line:", KIND_LINE, 0},
	{"model:", KIND_MODEL, NEED_MODEL},
	{"id:", KIND_ID, NEED_ID},
	{"error:", KIND_ERROR, NEED_ERROR},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* Names are the same whatever joins their words: "in flight", "in_flight", "in-flight". */
static bool same_name(const char *a, const char *b)
{
	static const char joints[] = " _-";

	for (;; a++, b++) {
		a += strspn(a, joints);
		b += strspn(b, joints);
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

static bool state_named(const char *name, unsigned *bit)
{
	for (int s = 0; s < ITEM_STATE_COUNT; s++) {
		if (same_name(name, item_state_name((enum item_state)s))) {
			*bit = 1u << s;
			return true;
		}
	}
	return false;
}

static bool outcome_named(const char *name, unsigned *bit)
{
	for (int o = 0; o < OUTCOME_COUNT; o++) {
		if (same_name(name, outcome_name((enum outcome)o))) {
			*bit = 1u << o;
			return true;
		}
	}
	return false;
}

static bool wrong(char *error, size_t size, const char *word, const char *why)
{
	char shown[31];

	text_sanitise(shown, sizeof(shown), word, strlen(word));
	snprintf(error, size, "\"%s\": %s", shown, why);
	return false;
}

static bool add_set(unsigned *set, unsigned bit, bool negate)
{
	*set &= negate ? ~bit : bit;
	return true;
}

static bool add_range(struct filter *f, uint8_t kind, bool negate, const char *number)
{
	struct filter_range *r = &f->range[f->n_ranges];
	int64_t n;

	if (!parse_count(number, 0, UINT32_MAX, &n))
		return false;
	f->n_ranges++;
	*r = (struct filter_range){kind, negate, (uint32_t)n, (uint32_t)n};
	if (kind == KIND_ATTEMPTS)
		r->high = UINT32_MAX;
	return true;
}

static bool add_text(struct filter *f, unsigned needs, bool negate, char *text)
{
	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	f->text[f->n_texts++] = (struct filter_text){needs, negate, text};
	f->needs |= needs;
	return true;
}

/* A word without a prefix that is known. */
static bool add_bare(struct filter *f, bool negate, char *word)
{
	unsigned bit;

	if (state_named(word, &bit))
		return add_set(&f->states, bit, negate);
	if (outcome_named(word, &bit))
		return add_set(&f->outcomes, bit, negate);
	return add_text(f, NEED_ID | NEED_ERROR, negate, word);
}

static bool add_word(struct filter *f, char *word, char *error, size_t size)
{
	bool negate = word[0] == '!';
	char *value;
	unsigned bit;
	int k = 0;

	word += negate;
	while (k < KINDS && strncasecmp(word, kinds[k].prefix, strlen(kinds[k].prefix)) != 0)
		k++;
	value = word + (k < KINDS ? strlen(kinds[k].prefix) : 0);
	if (!*value)
		return wrong(error, size, word, "it needs a value");
	if (k == KINDS)
		return add_bare(f, negate, word);
	if (kinds[k].needs)
		return add_text(f, kinds[k].needs, negate, value);
	switch (kinds[k].kind) {
	case KIND_STATE:
		return state_named(value, &bit) ? add_set(&f->states, bit, negate)
						: wrong(error, size, value, "no such state");
	case KIND_OUTCOME:
		return outcome_named(value, &bit) ? add_set(&f->outcomes, bit, negate)
						  : wrong(error, size, value, "no such outcome");
	}
	return add_range(f, kinds[k].kind, negate, value) ||
	       wrong(error, size, word, "it needs a whole number after the colon");
}

bool filter_parse(struct filter *f, const char *text, char *error, size_t size)
{
	char *word, *rest = f->words;
	int n = 0;

	*f = (struct filter){.states = ~0u, .outcomes = ~0u};
	error[0] = '\0';
	/* Half a filter would let more items pass than the whole. */
	if ((size_t)snprintf(f->words, sizeof(f->words), "%s", text) >= sizeof(f->words))
		return wrong(error, size, text, "the filter is too long");
	while ((word = strsep(&rest, " \t"))) {
		if (!*word)
			continue;
		if (n++ == FILTER_WORDS)
			return wrong(error, size, word, "too many words");
		if (!add_word(f, word, error, size))
			return false;
	}
	return true;
}

bool filter_is_empty(const struct filter *f)
{
	return f->states == ~0u && f->outcomes == ~0u && !f->n_ranges && !f->n_texts;
}

static uint32_t value_of(const struct item *item, uint8_t kind)
{
	switch (kind) {
	case KIND_CODE:
		return item->status;
	case KIND_ATTEMPTS:
		return item->attempts;
	case KIND_GROUP:
		return item->group;
	}
	return item->line;
}

bool filter_ranges(const struct filter *f, const struct item *item)
{
	for (int i = 0; i < f->n_ranges; i++) {
		const struct filter_range *r = &f->range[i];
		uint32_t value = value_of(item, r->kind);

		if ((value >= r->low && value <= r->high) == r->negate)
			return false;
	}
	return true;
}

/* Is the text, in lower case, anywhere in it? */
static bool holds(const char *in, size_t len, const char *text)
{
	size_t n = strlen(text);

	for (size_t at = 0; at + n <= len; at++) {
		size_t i = 0;

		while (i < n && tolower((unsigned char)in[at + i]) == (unsigned char)text[i])
			i++;
		if (i == n)
			return true;
	}
	return false;
}

bool filter_texts(const struct filter *f, const struct filter_subject *s)
{
	for (int i = 0; i < f->n_texts; i++) {
		const struct filter_text *t = &f->text[i];
		bool there = (t->needs & NEED_ID && holds(s->id, s->id_len, t->text)) ||
			     (t->needs & NEED_MODEL && holds(s->model, s->model_len, t->text)) ||
			     (t->needs & NEED_ERROR && holds(s->error, s->error_len, t->text));

		if (there == t->negate)
			return false;
	}
	return true;
}
