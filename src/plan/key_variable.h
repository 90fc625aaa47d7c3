/* Keys in variables of the environment, which other processes of the user can read: it is wiped once
 * the keys are read, and later runs of the process get them from here. */
#ifndef SLUICE_PLAN_KEY_VARIABLE_H
#define SLUICE_PLAN_KEY_VARIABLE_H

/* The trimmed key, to be wiped and freed; NULL: the variable is not set, or to blanks, or name is
 * NULL. */
char *key_variable_read(const char *name);
/* Takes the value out of the environment, and remembers it. */
void key_variable_wipe(const char *name);

#endif
