/* Who may use a service: the names and hashed tokens of a file, one "NAME:HASH" a line, with the
 * limits of that client behind it (token_limits.h); # begins a comment. Tokens of one name share
 * its limits. A file that changes is read again. */
#ifndef SLUICE_SERVE_TOKENS_H
#define SLUICE_SERVE_TOKENS_H

#include <stdbool.h>

#include "base/error.h"
#include "serve/record.h"

struct token_book;
struct tokens;

/* Which token a client has shown: its hash. */
struct token_mark {
	char hash[65];
};

/* The limits go into the book, which is borrowed. NULL and err when the file cannot be read, or a
 * line of it is none. */
struct tokens *tokens_open(const char *path, struct token_book *book, struct error *err);
/* NULL is fine. */
void tokens_free(struct tokens *t);
/* Looks whether the file has changed. True: it was read again, now or by another function of these,
 * since the last call. */
bool tokens_look(struct tokens *t);
/* Does a client have a budget in dollars? */
bool tokens_any_budget(const struct tokens *t);
/* Whose token is it? False: nobody's. The time it takes reveals nothing about the tokens. */
bool tokens_owner(
	struct tokens *t, const char *token, char owner[OWNER_SIZE], struct token_mark *mark);
/* Is it still a token of this owner's? */
bool tokens_hold(struct tokens *t, const char *owner, const struct token_mark *mark);
/* Makes a token for the name, adds its line to the file (made with 0600 when it is missing), and
 * prints the token on stdout, the only time that it can be seen. */
bool tokens_make(const char *path, const char *name, struct error *err);

#endif
