#include "work/chain.h"

#include "work/cache.h"
#include "work/pack.h"
#include "work/plain.h"
#include "work/stages.h"

static struct work *add_cache(
	const struct chain_config *config, const struct ledger *ledger, struct work *inner)
{
	const struct hash_key key = hash_key_for(ledger_key(ledger), "requests");
	const struct cache_config cache = {.store = config->cache,
		/* equal rows still go through the stages each on their own */
		.coalesce = config->dedupe && !config->pipeline,
		.key = &key};

	return cache.store || cache.coalesce ? cache_new(&cache, inner) : inner;
}

struct work *chain_new(const struct chain_config *config, const struct ledger *ledger)
{
	struct work *w =
		config->pipeline ? stages_new(config->pipeline, config->requests) : plain_new();

	w = add_cache(config, ledger, w);
	return config->pack > 1 ? pack_new(config->pack, config->pack_tokens, w) : w;
}
