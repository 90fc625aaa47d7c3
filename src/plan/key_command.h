/* The command of --key-command, which prints a key. It runs to its end before the screen starts, or
 * beside the loop of a run. In a run it has no terminal: neither input nor error output, and a
 * process group of its own, which is killed as a whole. */
#ifndef SLUICE_PLAN_KEY_COMMAND_H
#define SLUICE_PLAN_KEY_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* The longest output; a key is in its first line. */
enum { KEY_OUTPUT_MAX = 64 << 10 };
/* How long it may take: before the screen starts it may ask the operator for a passphrase. */
#define KEY_COMMAND_FIRST_US (INT64_C(60) * 1000000)
#define KEY_COMMAND_US       (INT64_C(30) * 1000000)

/* A command that was started. */
struct key_command {
	pid_t pid;  /* 0: none */
	bool alone; /* it leads a process group */
	int out;    /* reads what it prints, does not block; -1: closed */
	size_t len; /* of text */
	char text[KEY_OUTPUT_MAX];
};

/* Starts `sh -c command`. alone: beside the loop, without a terminal. False and err when no process
 * can be made. */
bool key_command_start(struct key_command *c, const char *command, bool alone, struct error *err);
enum key_output {
	KEY_OUTPUT_MORE, /* more may come */
	KEY_OUTPUT_END,  /* it has closed its output */
	KEY_OUTPUT_LONG  /* it has printed more than KEY_OUTPUT_MAX */
};
/* Takes what it has printed, without waiting. */
enum key_output key_command_read(struct key_command *c);
/* The key of a command that ended with this status, as waitpid() has it; the caller owns and wipes
 * it. NULL and err, which repeats neither command nor output, when it failed or printed no key. */
char *key_command_key(const struct key_command *c, int status, struct error *err);
/* The errors of one that prints too much, and of one that was not at its end in time. Both return
 * false. */
bool key_command_too_long(struct error *err);
bool key_command_too_slow(int64_t limit_us, struct error *err);
/* Kills it, if it runs. The caller waits for the process. */
void key_command_kill(struct key_command *c);
/* Closes its output and wipes what it printed. */
void key_command_close(struct key_command *c);

/* Runs it to its end, for KEY_COMMAND_FIRST_US at most, with the terminal, if there is one. Returns
 * as key_command_key(). */
char *key_command_run(const char *command, struct error *err);

/* The key in the first line of a text of len bytes, without blanks around it; the caller owns it.
 * NULL and err, which begins with `source` and does not repeat the text, when it is no key. */
char *key_of_text(const char *source, const char *text, size_t len, struct error *err);

#endif
