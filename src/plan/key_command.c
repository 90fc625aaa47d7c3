#include "config.h"

#include "plan/key_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/spawn.h"
#include "plan/key_text.h"

enum { POLL_MS = 10, EXIT_NO_COMMAND = 127 };

/* ---- starting ---- */

bool key_command_start(struct key_command *c, const char *command, bool alone, struct error *err)
{
	int pipe[2], error;

	c->pid = 0;
	c->alone = alone;
	c->len = 0;
	c->out = -1;
	if (pipe2(pipe, O_CLOEXEC))
		return error_set(err, "--key-command: %s", strerror(errno));
	/* the program's own input may be the batch: only a terminal is of use to the command */
	error = spawn_shell(
		&c->pid, &(struct spawn){.command = command,
				 .in = alone || !isatty(STDIN_FILENO) ? SPAWN_NONE : SPAWN_OURS,
				 .out = pipe[1],
				 .err = alone ? SPAWN_NONE : SPAWN_OURS,
				 .alone = alone});
	close(pipe[1]);
	c->out = pipe[0];
	if (!error) {
		fcntl(c->out, F_SETFL, O_NONBLOCK);
		return true;
	}
	c->pid = 0;
	key_command_close(c);
	return error_set(err, "--key-command: cannot start it: %s", strerror(error));
}

/* ---- what it prints ---- */

enum key_output key_command_read(struct key_command *c)
{
	ssize_t n;

	while (c->len < sizeof(c->text)) {
		n = read(c->out, c->text + c->len, sizeof(c->text) - c->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return KEY_OUTPUT_MORE;
		if (n <= 0)
			return KEY_OUTPUT_END;
		c->len += (size_t)n;
	}
	return KEY_OUTPUT_LONG;
}

char *key_of_text(const char *source, const char *text, size_t len, struct error *err)
{
	size_t line = 0;
	const char *fault;
	char *key;

	while (line < len && text[line] != '\r' && text[line] != '\n')
		line++;
	if (line == KEY_OUTPUT_MAX) {
		error_set(err, "%s: the first line is too long to be a key", source);
		return NULL;
	}
	if (memchr(text, '\0', line)) {
		error_set(err, "%s: NUL bytes; a key is plain ASCII", source);
		return NULL;
	}
	key = xstrndup(text, line);
	key_text_trim(key);
	fault = key[0] ? key_text_fault(key) : "the first line is empty; it must hold the key";
	if (!fault)
		return key;
	error_set(err, "%s: %s", source, fault);
	explicit_bzero(key, strlen(key));
	free(key);
	return NULL;
}

bool key_command_too_long(struct error *err)
{
	return error_set(err,
		"--key-command: it prints more than %d bytes; it must print only the key",
		KEY_OUTPUT_MAX);
}

bool key_command_too_slow(int64_t limit_us, struct error *err)
{
	return error_set(err, "--key-command: no key after %d s", (int)(limit_us / US_PER_S));
}

char *key_command_key(const struct key_command *c, int status, struct error *err)
{
	if (WIFSIGNALED(status))
		error_set(err, "--key-command: killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == EXIT_NO_COMMAND)
		error_set(err, "--key-command: exit status 127: command not found");
	else if (WEXITSTATUS(status))
		error_set(err, "--key-command: exit status %d", WEXITSTATUS(status));
	else
		return key_of_text("--key-command", c->text, c->len, err);
	return NULL;
}

void key_command_kill(struct key_command *c)
{
	if (c->pid > 0)
		kill(c->alone ? -c->pid : c->pid, SIGKILL);
}

void key_command_close(struct key_command *c)
{
	if (c->out >= 0)
		close(c->out);
	c->out = -1;
	explicit_bzero(c->text, c->len);
	c->len = 0;
}

/* ---- before the screen starts ---- */

/* Waits until it has ended, as a process: one that it left behind may keep its output open. False
 * and err when it takes too long or prints too much. */
static bool wait_for_end(struct key_command *c, int *status, struct error *err)
{
	int64_t deadline_us = clock_mono_us() + KEY_COMMAND_FIRST_US;
	struct pollfd p = {.fd = c->out, .events = POLLIN};
	enum key_output output = KEY_OUTPUT_MORE;

	for (;;) {
		bool ended = waitpid(c->pid, status, WNOHANG) == c->pid;

		if (ended)
			c->pid = 0;
		if (output == KEY_OUTPUT_MORE)
			output = key_command_read(c);
		if (output == KEY_OUTPUT_LONG)
			return key_command_too_long(err);
		if (ended)
			return true;
		if (clock_mono_us() >= deadline_us)
			return key_command_too_slow(KEY_COMMAND_FIRST_US, err);
		poll(&p, output == KEY_OUTPUT_MORE, POLL_MS);
	}
}

char *key_command_run(const char *command, struct error *err)
{
	struct key_command *c = xmalloc(sizeof(*c));
	char *key = NULL;
	int status = 0;

	if (key_command_start(c, command, false, err)) {
		if (wait_for_end(c, &status, err))
			key = key_command_key(c, status, err);
		key_command_kill(c);
		if (c->pid)
			waitpid(c->pid, &status, 0);
		key_command_close(c);
	}
	free(c);
	return key;
}
