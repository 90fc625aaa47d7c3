/* Reads the words of a filter. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/near.h"
#include "base/parse.h"
#include "base/text.h"
#include "control/filter.h"

/* Stands for a comma in quotes, which divides no list. */
#define QUOTED_COMMA '\x1f'

#define NANO 1e9

/* Fields that the item's 40 bytes answer. */
#define OF_ITEM                                                                                    \
	(FIELD_BIT(FIELD_LINE) | FIELD_BIT(FIELD_STATE) | FIELD_BIT(FIELD_OUTCOME) |               \
		FIELD_BIT(FIELD_CODE) | FIELD_BIT(FIELD_ATTEMPTS) | FIELD_BIT(FIELD_GROUP))

/* A text without a field is looked for in these. */
#define PLAIN_TEXT (FIELD_BIT(FIELD_ID) | FIELD_BIT(FIELD_ERROR))

/* A word of the text, without its quotes. */
struct word {
	char *text;
	char *colon; /* the first outside quotes; NULL */
	bool negate; /* "!" stands before it */
	bool quoted; /* it begins with a quote: nothing but a text */
	bool open;   /* a quote is not closed */
};

/* What is read, and where errors go. */
struct parse {
	struct filter *f;
	char *error;
	size_t size;
};

static bool wrong(const struct parse *p, const char *word, const char *why)
{
	char shown[31];

	text_sanitise(shown, sizeof(shown), word, strlen(word));
	snprintf(p->error, p->size, "\"%s\": %s", shown, why);
	return false;
}

/* The value is none that the field takes. */
static bool no_value(const struct parse *p, enum item_field field, const char *value)
{
	const struct item_field_info *info = item_field(field);
	char why[120];

	snprintf(why, sizeof(why), "%s: takes %s", info->name, info->values);
	return wrong(p, value, why);
}

/* ---- values ---- */

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

static unsigned state_named(const char *name)
{
	for (int s = 0; s < ITEM_STATE_COUNT; s++)
		if (same_name(name, item_state_name((enum item_state)s)))
			return 1u << s;
	return 0;
}

static unsigned outcome_named(const char *name)
{
	for (int o = 0; o < OUTCOME_COUNT; o++)
		if (same_name(name, outcome_name((enum outcome)o)))
			return 1u << o;
	return 0;
}

static bool read_number(enum item_field field, const char *text, int64_t *out)
{
	double usd;

	switch (item_field(field)->kind) {
	case VALUE_DURATION:
		return isdigit((unsigned char)*text) && parse_duration_us(text, out);
	case VALUE_MONEY:
		text += *text == '$';
		if (!parse_double(text, &usd) || usd < 0 || usd > 1e9)
			return false;
		*out = (int64_t)llround(usd * NANO);
		return true;
	default:
		return parse_count(text, 0, UINT32_MAX, out);
	}
}

/* "5xx" is 500 to 599. */
static bool read_hundred(enum item_field field, const char *text, union filter_value *v)
{
	if (field != FIELD_CODE || !isdigit((unsigned char)text[0]) ||
		strcasecmp(text + 1, "xx") != 0)
		return false;
	v->low = (text[0] - '0') * 100;
	v->high = v->low + 99;
	return true;
}

/* "LOW-HIGH" */
static bool read_span(enum item_field field, const char *text, union filter_value *v)
{
	const char *dash = strchr(text, '-');
	char low[32];

	if (!dash || dash == text || (size_t)(dash - text) >= sizeof(low))
		return false;
	memcpy(low, text, (size_t)(dash - text));
	low[dash - text] = '\0';
	return read_number(field, low, &v->low) && read_number(field, dash + 1, &v->high) &&
	       v->low <= v->high;
}

/* Who types "latency:5s" hardly means 5000000 us. */
static bool is_measured(enum item_field field)
{
	enum field_value kind = item_field(field)->kind;

	return kind == VALUE_DURATION || kind == VALUE_MONEY;
}

/* One number of a list, or a comparison. */
static bool read_range(enum item_field field, const char *text, union filter_value *v)
{
	char sign = *text == '>' || *text == '<' || *text == '=' ? *text : '\0';
	const char *number = text + (sign != '\0');
	bool equal = sign && sign != '=' && *number == '=';
	int64_t n;

	if (!sign && (read_hundred(field, text, v) || read_span(field, text, v)))
		return true;
	if (!read_number(field, number + equal, &n))
		return false;
	if (!sign && is_measured(field))
		return false;
	v->low = sign == '<' ? 0 : n + (sign == '>' && !equal);
	v->high = sign == '>' ? INT64_MAX : sign == '<' ? n - !equal : n;
	if (!sign && field == FIELD_ATTEMPTS) /* that many or more */
		v->high = INT64_MAX;
	return true;
}

/* ---- words ---- */

/* Adds a word without values; NULL: there are too many. */
static struct filter_word *new_word(const struct parse *p, unsigned fields, bool negate)
{
	struct filter *f = p->f;
	struct filter_word *w = &f->word[f->n_words++];

	*w = (struct filter_word){
		.fields = fields, .negate = negate, .first = (uint8_t)f->n_values};
	f->needs |= fields & ~OF_ITEM;
	f->has_numbers |= !(fields & ~OF_ITEM);
	return w;
}

static union filter_value *new_value(const struct parse *p, struct filter_word *w, const char *text)
{
	if (p->f->n_values == FILTER_VALUES) {
		wrong(p, text, "too many values");
		return NULL;
	}
	w->n++;
	return &p->f->value[p->f->n_values++];
}

static bool add_text(const struct parse *p, struct filter_word *w, char *text)
{
	union filter_value *v = new_value(p, w, text);

	for (char *c = text; *c; c++)
		*c = *c == QUOTED_COMMA ? ',' : (char)tolower((unsigned char)*c);
	w->text = true;
	if (v)
		v->text = text;
	return v;
}

/* Names of states, outcomes, and whether it is tagged. */
static bool add_name(const struct parse *p, struct filter_word *w, enum item_field field,
	const char *name, unsigned *set)
{
	unsigned bit = field == FIELD_STATE     ? state_named(name)
		       : field == FIELD_OUTCOME ? outcome_named(name)
						: 0;
	union filter_value *v;

	*set |= bit;
	if (field != FIELD_TAG)
		return bit ||
		       wrong(p, name,
			       field == FIELD_STATE
				       ? "unknown state; the states are queued, waiting, "
					 "in_flight, held, ok, failed, cancelled"
				       : "unknown outcome; examples are timeout and rate_limited");
	if (strcasecmp(name, "yes") != 0 && strcasecmp(name, "no") != 0)
		return no_value(p, field, name);
	v = new_value(p, w, name);
	if (v)
		v->low = v->high = !strcasecmp(name, "yes");
	return v;
}

static bool add_value(const struct parse *p, struct filter_word *w, enum item_field field,
	char *text, unsigned *set)
{
	union filter_value range, *v;

	switch (item_field(field)->kind) {
	case VALUE_NAMES:
		return add_name(p, w, field, text, set);
	case VALUE_TEXT:
	case VALUE_NAME:
		return add_text(p, w, text);
	default:
		break;
	}
	if (!read_range(field, text, &range))
		return no_value(p, field, text);
	v = new_value(p, w, text);
	if (v)
		*v = range;
	return v;
}

/* Keeps the states or outcomes of the set. */
static bool keep(unsigned *of, unsigned set, bool negate)
{
	*of &= negate ? ~set : set;
	return true;
}

/* The values of a field; a comma divides them but in texts. */
static bool add_values(const struct parse *p, enum item_field field, bool negate, char *values)
{
	bool list = item_field(field)->kind != VALUE_TEXT;
	bool own = field != FIELD_STATE && field != FIELD_OUTCOME;
	struct filter_word none, *w = own ? new_word(p, FIELD_BIT(field), negate) : &none;
	unsigned set = 0;

	for (char *next; values; values = next) {
		next = list ? strchr(values, ',') : NULL;
		if (next)
			*next++ = '\0';
		if (!*values)
			return wrong(p, item_field(field)->name,
				"a value is missing next to a comma; quote a literal comma");
		if (!add_value(p, w, field, values, &set))
			return false;
	}
	if (own)
		return true;
	return keep(field == FIELD_STATE ? &p->f->states : &p->f->outcomes, set, negate);
}

/* A word without a field. */
static bool add_bare(const struct parse *p, bool negate, char *word)
{
	unsigned bit = state_named(word);

	if (bit)
		return keep(&p->f->states, bit, negate);
	bit = outcome_named(word);
	if (bit)
		return keep(&p->f->outcomes, bit, negate);
	return add_text(p, new_word(p, PLAIN_TEXT, negate), word);
}

/* The word before the colon is none of a filter's. */
static bool unknown(const struct parse *p, const char *word, size_t len)
{
	char shown[31], typed[21], names[240] = "";
	const char *near = NULL;
	size_t best = NEAR_MAX_NAME;

	snprintf(typed, sizeof(typed), "%.*s", (int)(len < 20 ? len : 20), word);
	for (int f = 0; f < FIELD_COUNT; f++) {
		const struct item_field_info *info = item_field((enum item_field)f);
		size_t at = strlen(names);

		if (info->kind == VALUE_NONE)
			continue;
		snprintf(names + at, sizeof(names) - at, "%s%s", at ? ", " : "", info->name);
		if (near_is_nearer(typed, info->name, &best))
			near = info->name;
	}
	text_sanitise(shown, sizeof(shown), typed, strlen(typed));
	snprintf(p->error, p->size,
		"unknown filter word \"%s:\"%s%s%s; quote text with a colon. Words: %s", shown,
		near ? ": did you mean " : "", near ? near : "", near ? ":" : "", names);
	return false;
}

static bool add_word(const struct parse *p, const struct word *w)
{
	enum item_field field = FIELD_COUNT;
	char *value = w->colon ? w->colon + 1 : w->text;

	if (w->open)
		return wrong(p, w->text, "its closing quote is missing");
	if (w->colon)
		field = item_field_named(w->text, (size_t)(w->colon - w->text));
	if (w->colon && (field == FIELD_COUNT || item_field(field)->kind == VALUE_NONE))
		return unknown(p, w->text, (size_t)(w->colon - w->text));
	if (!*value && w->colon)
		return wrong(p, w->text, "it needs a value after the colon");
	if (!*value)
		return wrong(p, w->text, "it needs a value");
	if (w->colon)
		return add_values(p, field, w->negate, value);
	return w->quoted ? add_text(p, new_word(p, PLAIN_TEXT, w->negate), value)
			 : add_bare(p, w->negate, value);
}

/* Takes the next word from *rest; false: there is none. In quotes, blanks, colons and commas are
 * text, and a backslash goes before a quote that is. */
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
		*out++ = *in == ',' && quotes ? QUOTED_COMMA : *in;
	}
	*rest = (char *)in + (*in != '\0');
	*out = '\0';
	w->open = quotes;
	return true;
}

bool filter_parse(struct filter *f, const char *text, char *error, size_t size)
{
	const struct parse p = {f, error, size};
	char *rest = f->words;
	struct word word;
	int n = 0;

	*f = (struct filter){.states = ~0u, .outcomes = ~0u};
	error[0] = '\0';
	/* Half a filter would let more items pass than the whole. */
	if (strlen(text) >= FILTER_SIZE)
		return wrong(&p, text, "the filter is too long: at most 199 bytes");
	snprintf(f->words, sizeof(f->words), "%s", text);
	while (next_word(&rest, &word)) {
		if (n++ == FILTER_WORDS)
			return wrong(&p, word.text, "too many words: at most 16");
		if (!add_word(&p, &word))
			return false;
	}
	return true;
}
