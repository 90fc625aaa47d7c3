/* What tokens cost, by model: the prices that the user gave. Pure. */
#ifndef SLUICE_PLAN_PRICES_H
#define SLUICE_PLAN_PRICES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Dollars per million tokens. */
struct price {
	double in, out;
	double cached;      /* of input that the provider's cache had; as `in` unless given */
	double cache_write; /* of input that was written to it; as `in` unless given */
};

struct model_price {
	char *model; /* "*": all models without a price of their own */
	struct price price;
};

/* Zeroed: none. */
struct prices {
	struct model_price *at;
	size_t n;
};

/* Tokens by their prices: cached and cache_write are parts of in. */
struct priced_tokens {
	double in, out, cached, cache_write;
};

/* Adds "[MODEL=]IN,OUT[,CACHED[,CACHE_WRITE]]"; without MODEL it is for "*". The price replaces an
 * earlier one of the model. False and err when it is not of that form. */
bool prices_add(struct prices *p, const char *text, struct error *err);
void prices_free(struct prices *p);

/* The price of a model by its name: of that very name, else of the longest name to which the model
 * adds only a version, such as "gpt-4o" for "gpt-4o-2024-08-06"; else the same without the path in
 * front of the model, such as "gpt-4o" for "openai/gpt-4o". Letters compare in any case. NULL:
 * none; "*" is not asked. */
const struct price *prices_of(const struct prices *p, const char *model);
/* The price of "*"; NULL: none. */
const struct price *prices_rest(const struct prices *p);
/* Dollars for so many tokens. */
double price_usd(const struct price *price, const struct priced_tokens *t);

#endif
