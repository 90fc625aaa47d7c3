/* Inside of the scout; for scout*.c only. */
#ifndef SLUICE_SERVE_SCOUT_IMPL_H
#define SLUICE_SERVE_SCOUT_IMPL_H

#include <sys/queue.h>

#include "net/transport.h"
#include "plan/credentials.h"
#include "serve/scout.h"

enum {
	SLOT_PAGES = 100,
	SLOT_ALIASES = 64,   /* names of models that lists do not have; the oldest goes */
	SLOT_QUESTIONS = 32, /* for names, at once */
	SLOT_TEXT_MAX = 120  /* of a reason */
};

/* An endpoint in one of the APIs that it speaks. */
struct slot {
	struct scout *scout;
	int side;
	struct target_settings target; /* borrowed texts */
	char name[ENDPOINT_NAME_SIZE];
	bool one_of_many, spare;
	bool given;   /* has models=: it is not asked */
	bool sure;    /* its list was read the last time */
	bool listing; /* it is being asked for its list */
	bool listed;  /* it was, at listed_us, with whatever result */
	bool away;    /* it could not be asked then: it is asked again soon */
	int64_t listed_us;
	struct model_list list;   /* as it was read last, or as models= has it; sorted */
	struct model_list coming; /* the pages of a new one */
	int pages;
	struct model_list alias;  /* names by which its server has a model, too */
	char said[SLOT_TEXT_MAX]; /* to the log */
	/* While it is asked: */
	struct session_endpoint endpoint;
	struct origin_headers headers_for;
	struct transport *transport;     /* NULL: it is not */
	LIST_HEAD(, question) questions; /* on their way */
	int n_questions;
};

/* Someone who waits for names. */
struct scout_wait {
	TAILQ_ENTRY(scout_wait) next;
	int side;
	struct scout_names names;
	bool asking; /* the lists are there: single names are asked for */
	bool unsure; /* there is no room for all of them */
	scout_done *done;
	void *ctx;
};

/* A request that was sent. */
struct question {
	LIST_ENTRY(question) next;
	struct slot *slot;
	char name[MODEL_TEXT_MAX]; /* "": for the list */
};

/* scout_slot.c */
/* Asks for the list, from its first page on. The end is told by scout_listed(). */
void slot_list(struct slot *s);
/* Asks for one model, unless it is asked for already. The slot has it afterwards, if it is there.
 * False: there is no room for more questions. */
bool slot_name(struct slot *s, const char *name);
/* Is a question for the model on its way? */
bool slot_asks(const struct slot *s, const char *name);
/* Frees what only a slot that is asked needs. */
void slot_rest(struct slot *s);
void slot_free(struct slot *s);

/* scout.c */
void scout_listed(struct slot *s);
/* A question was answered. */
void scout_answered(struct scout *s);
const struct scout_config *scout_configured(const struct scout *s);

#endif
