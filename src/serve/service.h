/* The parts of a service, for its routes. */
#ifndef SLUICE_SERVE_SERVICE_H
#define SLUICE_SERVE_SERVICE_H

#include <ev.h>
#include <stdbool.h>

#include "serve/runner.h"
#include "serve/settings.h"
#include "serve/store.h"

struct call;
struct create;
struct live;
struct prices;
struct process;
struct scout;
struct service_watch;
struct token_book;
struct upstream;

/* A call that waits for the end of its batch. */
struct service_wait {
	TAILQ_ENTRY(service_wait) next;
	struct call *call; /* held */
	char id[SERVE_ID_SIZE];
};

struct service {
	struct ev_loop *loop;
	const struct serve_settings *settings;
	struct process *process;
	const struct prices *prices; /* of models; never NULL */
	struct store *store;
	struct runner *runner;
	struct service_watch *watch;
	const struct upstream *upstream;
	struct live *live;
	struct scout *scout;
	struct tokens *tokens;       /* NULL: everybody may do everything */
	struct token_book *book;     /* their meters; NULL: the same */
	LIST_HEAD(, create) creates; /* under way */
	TAILQ_HEAD(, service_wait) waits;
	uint64_t arriving; /* bytes that are not the store's yet: see room.h */
	bool ending;       /* creates nothing more */
	bool over;         /* the loop has ended */
};

#endif
