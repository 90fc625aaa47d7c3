#include "ledger/sync.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Syncs both files; *file is the index of the failed one. */
static int sync_files(const struct sync_thread *s, int *file)
{
	for (int i = 0; i < SYNC_FILES; i++) {
		while (fdatasync(s->fds[i]) < 0) {
			if (errno == EINTR)
				continue;
			*file = i;
			return errno;
		}
	}
	return 0;
}

static void *run(void *arg)
{
	struct sync_thread *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		int error, file = 0;

		while (!s->asked && !s->quit)
			pthread_cond_wait(&s->wake, &s->lock);
		if (!s->asked)
			break;
		pthread_mutex_unlock(&s->lock);
		error = sync_files(s, &file);
		pthread_mutex_lock(&s->lock);
		s->asked = false;
		s->error = error;
		s->error_file = file;
		if (error)
			break;
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

bool sync_thread_start(struct sync_thread *s, int first_fd, int second_fd, struct error *err)
{
	sigset_t all, before;
	int error;

	*s = (struct sync_thread){.fds = {first_fd, second_fd}};
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		return true;
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	return error_set(err, "cannot start the thread that syncs the files: %s", strerror(error));
}

void sync_thread_swap(struct sync_thread *s, int from, int to)
{
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < SYNC_FILES; i++)
		if (s->fds[i] == from)
			s->fds[i] = to;
	pthread_mutex_unlock(&s->lock);
}

bool sync_thread_ask(struct sync_thread *s)
{
	bool accepted;

	pthread_mutex_lock(&s->lock);
	accepted = !s->asked && !s->error;
	s->asked = s->asked || accepted;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	return accepted;
}

int sync_thread_error(struct sync_thread *s, int *file)
{
	int error;

	pthread_mutex_lock(&s->lock);
	error = s->error;
	*file = s->error_file;
	pthread_mutex_unlock(&s->lock);
	return error;
}

int sync_thread_finish(struct sync_thread *s, int *file)
{
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	if (!s->error)
		s->error = sync_files(s, &s->error_file);
	*file = s->error_file;
	return s->error;
}
