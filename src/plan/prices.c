#include "plan/prices.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/parse.h"

/* More dollars per million tokens than any price. */
#define PRICE_MOST 1e6

enum { IN, OUT, CACHED, CACHE_WRITE, FIELDS, FIELD_SIZE = 32 };

static const char form[] =
	"[MODEL=]IN,OUT[,CACHED[,CACHE_WRITE]]: dollars per million tokens, such as "
	"0.15,0.60 or gpt-4o=2.5,10,1.25";

/* ---- reading ---- */

/* Copies the text without blanks around it; false when it is empty or does not fit. */
static bool trimmed(const char *at, size_t len, char *out, size_t size)
{
	while (len && isspace((unsigned char)*at))
		at++, len--;
	while (len && isspace((unsigned char)at[len - 1]))
		len--;
	if (!len || len >= size)
		return false;
	memcpy(out, at, len);
	out[len] = '\0';
	return true;
}

static bool read_price(const char *text, struct price *out)
{
	double field[FIELDS];
	int n = 0;

	for (bool more = true; more; n++) {
		size_t len = strcspn(text, ",");
		char number[FIELD_SIZE];

		if (n == FIELDS || !trimmed(text, len, number, sizeof(number)) ||
			!parse_double(number, &field[n]) ||
			!(field[n] >= 0 && field[n] <= PRICE_MOST))
			return false;
		more = text[len];
		text += len + more;
	}
	if (n <= OUT)
		return false;
	*out = (struct price){.in = field[IN],
		.out = field[OUT],
		.cached = n > CACHED ? field[CACHED] : field[IN],
		.cache_write = n > CACHE_WRITE ? field[CACHE_WRITE] : field[IN]};
	return true;
}

static struct model_price *price_at(struct prices *p, const char *model)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcasecmp(p->at[i].model, model))
			return &p->at[i];
	p->at = xrealloc(p->at, p->n + 1, sizeof(*p->at));
	p->at[p->n] = (struct model_price){.model = xstrdup(model)};
	return &p->at[p->n++];
}

bool prices_add(struct prices *p, const char *text, struct error *err)
{
	const char *equals = strrchr(text, '=');
	struct price price;
	char model[256] = "*";

	if (equals && !trimmed(text, (size_t)(equals - text), model, sizeof(model)))
		return error_set(err, "a price has no model name before its =");
	if (strchr(model, '*') && strcmp(model, "*") != 0)
		return error_set(err,
			"in a price, * stands alone and means all other models: not '%.60s'",
			model);
	if (!read_price(equals ? equals + 1 : text, &price))
		return error_set(err, "a price is %s; not '%.60s'", form, text);
	price_at(p, model)->price = price;
	return true;
}

void prices_free(struct prices *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->at[i].model);
	free(p->at);
	*p = (struct prices){NULL, 0};
}

/* ---- finding ---- */

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* The length of a version at the start of the text: a date (20241022, 2024-08-06), a number of
 * three digits or more (0613, 001), "latest", or Bedrock's v1:0; 0: there is none. A number of one
 * or two digits makes another model: gpt-4-1 is not gpt-4. */
static size_t version_len(const char *text)
{
	size_t n = digits(text);

	if (n == 4 && text[4] == '-' && digits(text + 5) == 2 && text[7] == '-' &&
		digits(text + 8) == 2)
		return 10;
	if (n >= 3)
		return n;
	if (!strncasecmp(text, "latest", 6))
		return 6;
	if ((*text | 0x20) == 'v' && digits(text + 1)) {
		n = 1 + digits(text + 1);
		if (text[n] == ':' && digits(text + n + 1))
			return n + 1 + digits(text + n + 1);
	}
	return 0;
}

/* Does the rest of a model's name add only versions, each behind a '-' or '@'? */
static bool adds_version(const char *rest)
{
	while (*rest == '-' || *rest == '@') {
		size_t len = version_len(rest + 1);

		if (!len)
			return false;
		rest += 1 + len;
	}
	return !*rest;
}

static const struct price *find(const struct prices *p, const char *model)
{
	const struct model_price *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < p->n; i++) {
		const char *name = p->at[i].model;
		size_t len = strlen(name);

		if (len > best_len && !strncasecmp(model, name, len) && adds_version(model + len)) {
			best = &p->at[i];
			best_len = len;
		}
	}
	return best ? &best->price : NULL;
}

const struct price *prices_of(const struct prices *p, const char *model)
{
	const struct price *price = p->n ? find(p, model) : NULL;
	const char *slash = p->n ? strrchr(model, '/') : NULL;

	return price || !slash ? price : find(p, slash + 1);
}

const struct price *prices_rest(const struct prices *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->at[i].model, "*"))
			return &p->at[i].price;
	return NULL;
}

double price_usd(const struct price *price, const struct priced_tokens *t)
{
	double plain = t->in - t->cached - t->cache_write;

	return ((plain > 0 ? plain : 0) * price->in + t->cached * price->cached +
		       t->cache_write * price->cache_write + t->out * price->out) /
	       1e6;
}
