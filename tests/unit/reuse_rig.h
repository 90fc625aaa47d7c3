/* For tests of answers used again: an engine on its bench with a store of answers made of memory,
 * with --dedupe, or both. */
#ifndef SLUICE_TESTS_REUSE_RIG_H
#define SLUICE_TESTS_REUSE_RIG_H

#include "engine_rig.h"

#define ANSWER                                                                                     \
	"{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}"

enum { STORED_MAX = 2048 };

struct stored {
	struct hash128 key;
	char body[256];
};

extern struct rig rig;
extern struct stored stored[STORED_MAX];
extern int n_stored, n_asked, n_kept;
/* It forgets in its own time, which has not come. */
extern bool forgets_later;

/* What to open the rig with. */
void with_cache(struct engine_config *config);
void with_dedupe(struct engine_config *config);
void with_both(struct engine_config *config);
void open_rig(int concurrency, void (*adjust)(struct engine_config *));
/* The next run of the same or other lines, with results of its own. */
void next_rig(int concurrency, void (*adjust)(struct engine_config *));
void close_rig(void);
/* Empties the store. */
void forget(void);

void feed(const char *id, const char *members, const char *body);
/* n lines with ids of their own that ask `different` things in turn. */
void feed_same(const char *prefix, int n, int different);
const struct snapshot *look(void);
enum item_state state_of(uint64_t line);

#endif
