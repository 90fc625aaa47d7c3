/* Who may use a service: the names and hashed tokens of a file, one "NAME:HASH" a line; # begins a
 * comment. A file that changes is read again. */
#ifndef SLUICE_SERVE_TOKENS_H
#define SLUICE_SERVE_TOKENS_H

#include <stdbool.h>

#include "base/error.h"
#include "serve/record.h"

struct tokens;

/* NULL and err when the file cannot be read, or a line of it is none. */
struct tokens *tokens_open(const char *path, struct error *err);
/* NULL is fine. */
void tokens_free(struct tokens *t);
/* Whose token is it? False: nobody's. How long it takes tells nothing about the tokens. */
bool tokens_owner(struct tokens *t, const char *token, char owner[OWNER_SIZE]);
/* Makes a token for the name, adds its line to the file (made with 0600 when it is missing), and
 * prints the token on stdout, the only time that it can be seen. */
bool tokens_make(const char *path, const char *name, struct error *err);

#endif
