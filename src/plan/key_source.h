/* The files and commands that a run has its keys from, and that may give other ones while it runs.
 * Endpoints with the same file or command share it, so that a command runs once for all. */
#ifndef SLUICE_PLAN_KEY_SOURCE_H
#define SLUICE_PLAN_KEY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/settings.h"
#include "words.h"

enum key_kind { KEY_FILE, KEY_COMMAND };

struct key_source {
	enum key_kind kind;
	char *text;      /* path or command; owned */
	char *key;       /* the last one; owned; NULL: not read yet */
	int64_t next_us; /* of a command that runs share: it does not run again before */
};

struct key_sources {
	struct key_source at[ENDPOINTS_MAX];
	int n;
};

/* The source of the target, which is added when it is new; NULL: its key is in a variable, or there
 * is none. Valid until key_sources_free(). At most ENDPOINTS_MAX differ. */
struct key_source *key_sources_add(struct key_sources *s, const struct target_settings *target);
void key_sources_free(struct key_sources *s);

/* The key, which is read when that is the first time; a command runs to its end then. Borrowed.
 * NULL and err, which has no part of a key, when there is none. */
const char *key_source_key(struct key_source *k, struct error *err);
/* Reads a key file again; the caller owns and wipes the key. NULL and err when it has none, or is
 * no plain file: those can be read once only. */
char *key_source_read_again(const struct key_source *k, struct error *err);
/* Takes ownership of a key that was read. True: it is another one than before. */
bool key_source_take(struct key_source *k, char *key_take);

#endif
