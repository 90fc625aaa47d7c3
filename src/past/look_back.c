#include "past/look_back.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "past/past.h"

struct look_back {
	struct ev_loop *loop;
	struct past *shown; /* on the loop; NULL: none */
	char *results;
	bool reading; /* the thread was started and not joined; it owns what follows until `done` */
	pthread_t thread;
	atomic_bool done;
	struct past *past; /* NULL: err says why */
	struct error err;
};

struct look_back *look_back_new(struct ev_loop *loop)
{
	struct look_back *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	return l;
}

static void *read_files(void *ctx)
{
	struct look_back *l = ctx;
	bool missing;

	l->past = past_open_replay(l->loop, l->results, NULL, "100%", &missing, &l->err);
	if (l->past)
		past_read(l->past);
	atomic_store(&l->done, true);
	return NULL;
}

/* Waits for the thread and takes what it has read. */
static struct past *take(struct look_back *l)
{
	struct past *past = NULL;

	if (l->reading) {
		pthread_join(l->thread, NULL);
		past = l->past;
	}
	l->reading = false;
	l->past = NULL;
	free(l->results);
	l->results = NULL;
	return past;
}

void look_back_free(struct look_back *l)
{
	if (!l)
		return;
	look_back_close(l);
	past_free(take(l));
	free(l);
}

void look_back_ask(struct look_back *l, const char *results)
{
	sigset_t all, before;

	if (l->reading && !atomic_load(&l->done))
		return; /* it was closed while it was read, and is wanted again */
	past_free(take(l));
	l->results = xstrdup(results);
	atomic_store(&l->done, false);
	error_set(&l->err, "there is no thread to read the files");
	/* signals are for the loop */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	l->reading = !pthread_create(&l->thread, NULL, read_files, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!l->reading)
		atomic_store(&l->done, true);
}

enum look_back_answer look_back_answer(struct look_back *l, struct port *out, struct error *err)
{
	if (!atomic_load(&l->done))
		return LOOK_BACK_LATER;
	look_back_close(l);
	l->shown = take(l);
	if (!l->shown) {
		*err = l->err;
		return LOOK_BACK_FAILED;
	}
	past_goes_on(l->shown);
	past_watch(l->shown);
	*out = past_port(l->shown);
	return LOOK_BACK_READY;
}

void look_back_close(struct look_back *l)
{
	past_free(l->shown);
	l->shown = NULL;
}
