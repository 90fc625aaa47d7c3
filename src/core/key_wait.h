/* What the operator is told about a key that the server refuses while its file or command may give
 * another one. */
#ifndef SLUICE_CORE_KEY_WAIT_H
#define SLUICE_CORE_KEY_WAIT_H

struct engine;

struct key_wait {
	char note[200]; /* what the run waits for, and what to do; "": for no key */
};

/* The run waits for another key: a note on its state says so, and a warning when it is new. why "":
 * it waits for none any more. */
void key_wait_set(struct engine *e, const char *why);
/* Adds an event: another key is in use. from: where it is from, for people. */
void key_wait_over(struct engine *e, const char *from);

#endif
