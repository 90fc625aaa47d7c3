/* The descriptors that the program was started with, beyond the standard ones. */
#ifndef SLUICE_LAUNCH_INHERITED_H
#define SLUICE_LAUNCH_INHERITED_H

enum { INHERITED_MOST = 64 };

struct inherited {
	int n;
	int fd[INHERITED_MOST];
};

/* Notes those that programs started from here would get, too. To be called before anything else
 * opens some without O_CLOEXEC. */
void inherited_note(struct inherited *in);
/* Closes them: a run that outlives its terminal keeps no pipe, lock or file of others. The input
 * may have been one of them, and is open anew by then. */
void inherited_close(struct inherited *in);

#endif
