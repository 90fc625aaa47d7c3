/* What the system says about this process, for monitoring. */
#ifndef SLUICE_BASE_PROCESS_FIGURES_H
#define SLUICE_BASE_PROCESS_FIGURES_H

/* A negative number: not known, as without /proc. */
struct process_figures {
	double cpu_s;        /* processor time, of all threads */
	double start_wall_s; /* since 1970 */
	double resident_bytes, virtual_bytes;
	double open_fds, max_fds;
};

/* Reads them; opens files of /proc. Takes some 20 us; before Linux 6.2 also 0.4 us for each open
 * descriptor. */
void process_figures_read(struct process_figures *out);

#endif
