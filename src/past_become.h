/* From a run of the past to the command that goes on with it. */
#ifndef SLUICE_PAST_BECOME_H
#define SLUICE_PAST_BECOME_H

/* Prints the command, asks when the operator cannot have read all of it, and becomes it at the same
 * terminal, in the folder (NULL: this one). Returns the exit code only when that is not wanted, or
 * impossible. */
int past_become(char **words, const char *folder);

#endif
