/* The parts of a service, for its routes. */
#ifndef SLUICE_SERVE_SERVICE_H
#define SLUICE_SERVE_SERVICE_H

#include <ev.h>
#include <stdbool.h>

#include "serve/runner.h"
#include "serve/settings.h"
#include "serve/store.h"
#include "serve/upstream.h"

struct call;
struct catalog;
struct create;
struct live;
struct prices;
struct process;
struct prompt_client;
struct scout;
struct service_watch;
struct token_book;

struct service {
	struct ev_loop *loop;
	const struct serve_settings *settings;
	struct process *process;
	const struct prices *prices; /* of models; never NULL */
	struct store *store;
	struct runner *runner;
	struct service_watch *watch;
	char *folder;     /* settings->data, absolute; owned */
	const char *name; /* among runs; borrowed; NULL: that of its folder */
	const struct upstream *upstream;
	struct live *live;
	struct catalog *live_catalog[UPSTREAM_SIDES]; /* its routes go by them; held; NULL */
	struct scout *scout;
	struct tokens *tokens;       /* NULL: everybody may do everything */
	struct token_book *book;     /* their meters; NULL: the same */
	LIST_HEAD(, create) creates; /* under way */
	LIST_HEAD(, prompt_client) sockets;
	uint64_t arriving; /* bytes that are not the store's yet: see room.h */
	bool ending;       /* creates nothing more */
	bool over;         /* the loop has ended */
};

#endif
