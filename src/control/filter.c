#include "control/filter.h"

#include <ctype.h>
#include <string.h>

#include "base/find.h"

bool filter_is_empty(const struct filter *f)
{
	return f->states == ~0u && f->outcomes == ~0u && !f->n_words;
}

static bool in_ranges(const struct filter *f, const struct filter_word *w, int64_t n)
{
	for (int i = w->first; i < w->first + w->n; i++)
		if (n >= f->value[i].low && n <= f->value[i].high)
			return true;
	return false;
}

static int64_t number_of(const struct item *item, unsigned fields)
{
	switch (fields) {
	case FIELD_BIT(FIELD_CODE):
		return item->status;
	case FIELD_BIT(FIELD_ATTEMPTS):
		return item->attempts;
	case FIELD_BIT(FIELD_GROUP):
		return item->group;
	}
	return item->line;
}

bool filter_numbers(const struct filter *f, const struct item *item)
{
	for (int i = 0; i < f->n_words; i++) {
		const struct filter_word *w = &f->word[i];

		if (!(w->fields & f->needs) &&
			in_ranges(f, w, number_of(item, w->fields)) == w->negate)
			return false;
	}
	return true;
}

static bool in_texts(
	const struct filter *f, const struct filter_word *w, const char *at, size_t len)
{
	for (int i = w->first; at && i < w->first + w->n; i++)
		if (find_folded(at, len, f->value[i].text))
			return true;
	return false;
}

static bool holds(
	const struct filter *f, const struct filter_word *w, const struct filter_subject *s)
{
	for (unsigned left = w->fields; left; left &= left - 1) {
		int field = __builtin_ctz(left);

		if (w->text ? in_texts(f, w, s->text[field].at, s->text[field].len)
			    : s->number[field] >= 0 && in_ranges(f, w, s->number[field]))
			return true;
	}
	return false;
}

bool filter_values(const struct filter *f, unsigned known, const struct filter_subject *s)
{
	for (int i = 0; i < f->n_words; i++) {
		const struct filter_word *w = &f->word[i];

		if (w->fields & f->needs && !(w->fields & ~known) && holds(f, w, s) == w->negate)
			return false;
	}
	return true;
}

/* The character that four hexadecimal digits stand for; -1: there are fewer. */
static int escaped(const char *at, const char *end)
{
	int code = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int c = at[i] | 0x20, digit = c <= '9' ? c - '0' : c - 'a' + 10;

		code = code * 16 + (digit & 15);
	}
	return code;
}

/* Is a character of the text written as an escape? One beyond ASCII may be any. */
static bool has_escape_of(const char *json, size_t len, const char *text)
{
	const char *end = json + len, *c = text;

	while (*c && (unsigned char)*c < 0x80)
		c++;
	while (json < end && (json = memchr(json, '\\', (size_t)(end - json)))) {
		int code = json + 1 < end && json[1] == 'u' ? escaped(json + 2, end) : -1;

		if (code >= 0x80 ? *c != '\0' : code > 0 && strchr(text, tolower(code)))
			return true;
		json += 2;
	}
	return false;
}

/* JSON may write any character as \u.... ; quotes, backslashes, slashes and control characters have
 * other escapes as well. */
static bool may_be_in(const char *json, size_t len, const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c == '"' || *c == '\\' || *c == '/' || (unsigned char)*c < ' ')
			return true;
	return find_folded(json, len, text) || has_escape_of(json, len, text);
}

bool filter_may_hold(const struct filter *f, enum item_field field, const char *json, size_t len)
{
	for (int i = 0; i < f->n_words; i++) {
		const struct filter_word *w = &f->word[i];

		for (int v = w->first; w->fields & FIELD_BIT(field) && v < w->first + w->n; v++)
			if (may_be_in(json, len, f->value[v].text))
				return true;
	}
	return false;
}
