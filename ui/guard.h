/* Gives the terminal back however the program ends: fatal signals, exit(), lack of memory. */
#ifndef SLUICE_UI_GUARD_H
#define SLUICE_UI_GUARD_H

#include <stddef.h>
#include <termios.h>

/* From now on a sudden end writes these bytes (copied, at most 256) to fd and restores the modes.
 * One terminal at a time. */
void guard_arm(int fd, const struct termios *modes, const char *bytes, size_t len);
/* The terminal is as it was: nothing to restore. */
void guard_disarm(void);
/* Restores now, as a sudden end would. Async-signal-safe. */
void guard_restore(void);

#endif
