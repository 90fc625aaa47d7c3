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

/* A word of the text, without its quotes. */
struct word {
	char *text;
	char *colon; /* the first outside quotes; NULL */
	bool negate; /* "!" stands before it */
	bool quoted; /* it begins with a quote: nothing but a text */
	bool open;   /* a quote is not closed */
};

/* Takes the next word from *rest; false: there is none. In quotes, blanks and colons are text, and
 * a backslash goes before a quote that is. */
static bool next_word(char **rest, struct word *w)
{
	const char *in = *rest + strspn(*rest, " \t");
	char *out = *rest;
	bool quotes = false;

	if (!*in)
		return false;
	*w = (struct word){.text = out, .negate = *in == '!'};
	in += w->negate;
	w->quoted = *in == '"';
	for (; *in && (quotes || (*in != ' ' && *in != '\t')); in++) {
		if (in[0] == '\\' && in[1] == '"') {
			*out++ = *++in;
			continue;
		}
		if (*in == '"') {
			quotes = !quotes;
			continue;
		}
		if (*in == ':' && !quotes && !w->quoted && !w->colon)
			w->colon = out;
		*out++ = *in;
	}
	*rest = (char *)in + (*in != '\0');
	*out = '\0';
	w->open = quotes;
	return true;
}

/* The word before the colon is none of a filter's. */
static bool unknown(char *error, size_t size, const char *word, size_t len)
{
	char shown[31], names[100] = "";

	for (int k = 0; k < KINDS; k++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%.*s",
			k ? ", " : "", (int)strlen(kinds[k].prefix) - 1, kinds[k].prefix);
	text_sanitise(shown, sizeof(shown), word, len < 20 ? len : 20);
	snprintf(error, size, "\"%s:\" is no word of a filter: %s; quote text with a colon", shown,
		names);
	return false;
}

static bool add_word(struct filter *f, const struct word *w, char *error, size_t size)
{
	bool negate = w->negate;
	char *word = w->text, *value;
	unsigned bit;
	int k = 0;

	while (w->colon && k < KINDS &&
		strncasecmp(word, kinds[k].prefix, strlen(kinds[k].prefix)) != 0)
		k++;
	if (w->open)
		return wrong(error, size, word, "its quote is not closed");
	if (w->colon && k == KINDS)
		return unknown(error, size, word, (size_t)(w->colon - word));
	value = w->colon ? w->colon + 1 : word;
	if (!*value)
		return wrong(error, size, word, "it needs a value");
	if (!w->colon)
		return w->quoted ? add_text(f, NEED_ID | NEED_ERROR, negate, word)
				 : add_bare(f, negate, word);
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
	char *rest = f->words;
	struct word word;
	int n = 0;

	*f = (struct filter){.states = ~0u, .outcomes = ~0u};
	error[0] = '\0';
	/* Half a filter would let more items pass than the whole. */
	if ((size_t)snprintf(f->words, sizeof(f->words), "%s", text) >= sizeof(f->words))
		return wrong(error, size, text, "the filter is too long");
	while (next_word(&rest, &word)) {
		if (n++ == FILTER_WORDS)
			return wrong(error, size, word.text, "too many words");
		if (!add_word(f, &word, error, size))
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
