/* What a process of sluice sets up before anything else. */
#ifndef SLUICE_PROGRAM_H
#define SLUICE_PROGRAM_H

/* No core dump, which would have the key. */
void program_forbid_cores(void);
/* As many descriptors as the system allows. */
void program_raise_limits(void);
/* The memory of libev; ends the process when there is none. */
void *program_loop_memory(void *p, long size);

#endif
