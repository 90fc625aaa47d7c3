/* Each call goes to the first source of the chain that handles it. */
#include "core/work.h"

#include <stddef.h>
#include <stdlib.h>

/* Sets w to the first source from there on that has the call. */
#define FIND(w, call)                                                                              \
	do {                                                                                       \
		while ((w) && !(w)->ops->call)                                                     \
			(w) = (w)->inner;                                                          \
	} while (0)

void work_free(struct work *w)
{
	while (w) {
		struct work *inner = w->inner;

		w->ops->free(w);
		w = inner;
	}
}

bool work_next(struct work *w)
{
	FIND(w, next);
	return w && w->ops->next(w);
}

enum prepare work_request(struct work *w, struct queue *q)
{
	FIND(w, request);
	return w->ops->request(w, q);
}

bool work_known(struct work *w, struct queue *q)
{
	FIND(w, known);
	return w && w->ops->known(w, q);
}

void work_sent(struct work *w, struct attempt *a, const struct prepared *p)
{
	FIND(w, sent);
	w->ops->sent(w, a, p);
}

int work_gather(struct work *w, struct attempt *leader, struct request *r, double *tokens)
{
	FIND(w, gather);
	return w ? w->ops->gather(w, leader, r, tokens) : 0;
}

bool work_answered(struct work *w, struct attempt *a, const struct answer *answer,
	struct verdict *v, const struct answer_context *context)
{
	FIND(w, answered);
	return w && w->ops->answered(w, a, answer, v, context);
}

void work_ended(struct work *w, const struct task_end *end)
{
	FIND(w, ended);
	w->ops->ended(w, end);
}

void work_ready(struct work *w, struct task t)
{
	FIND(w, ready);
	if (w)
		w->ops->ready(w, t);
}

void work_written(struct work *w)
{
	FIND(w, written);
	if (w)
		w->ops->written(w);
}

bool work_verb(struct work *w, uint32_t item, enum work_verb verb)
{
	FIND(w, verb);
	return w && w->ops->verb(w, item, verb);
}

bool work_row(const struct work *w, uint32_t item, struct task_row *row)
{
	FIND(w, row);
	return w && w->ops->row(w, item, row);
}

void work_restored(struct work *w, uint32_t item, bool in_doubt)
{
	FIND(w, restored);
	if (w)
		w->ops->restored(w, item, in_doubt);
}

void work_useless(struct work *w, const struct queue *q, const struct request_line *line)
{
	FIND(w, useless);
	if (w)
		w->ops->useless(w, q, line);
}

uint32_t work_doubted(struct work *w, uint32_t item, size_t k)
{
	FIND(w, doubted);
	return w ? w->ops->doubted(w, item, k) : ITEM_NONE;
}
