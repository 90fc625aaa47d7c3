#include "past/look_back.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "past/past.h"

struct look_back {
	struct ev_loop *loop;
	const char *known;  /* the results; borrowed; NULL: as they are asked for */
	struct past *shown; /* on the loop; NULL: none */
	char *results;
	bool reading; /* the thread was started and not joined; it owns what follows until `done` */
	pthread_t thread;
	atomic_bool done;
	struct past *past; /* NULL: err says why */
	struct error err;
};

struct look_back *look_back_new(struct ev_loop *loop, const char *results)
{
	struct look_back *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->known = results;
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

static void ask(void *ctx, const char *results)
{
	struct look_back *l = ctx;
	sigset_t all, before;

	if (l->reading && !atomic_load(&l->done))
		return; /* it was closed while it was read, and is wanted again */
	past_free(take(l));
	l->results = xstrdup(l->known ? l->known : results);
	atomic_store(&l->done, false);
	error_set(&l->err, "cannot start a thread to read the files");
	/* signals are for the loop */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	l->reading = !pthread_create(&l->thread, NULL, read_files, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!l->reading)
		atomic_store(&l->done, true);
}

static void close_shown(void *ctx)
{
	struct look_back *l = ctx;

	past_free(l->shown);
	l->shown = NULL;
}

static enum replay_answer answer(void *ctx, struct port *out, struct error *err)
{
	struct look_back *l = ctx;

	if (!atomic_load(&l->done))
		return REPLAY_LATER;
	close_shown(l);
	l->shown = take(l);
	if (!l->shown) {
		*err = l->err;
		return REPLAY_FAILED;
	}
	past_goes_on(l->shown);
	past_watch(l->shown);
	*out = past_port(l->shown);
	return REPLAY_READY;
}

void look_back_free(struct look_back *l)
{
	if (!l)
		return;
	close_shown(l);
	past_free(take(l));
	free(l);
}

struct replay_source look_back_source(struct look_back *l)
{
	return (struct replay_source){ask, answer, close_shown, l};
}
