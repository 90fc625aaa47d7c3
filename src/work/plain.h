/* The plain source of work: each item is a task, and takes one request. */
#ifndef SLUICE_WORK_PLAIN_H
#define SLUICE_WORK_PLAIN_H

#include "core/work.h"

/* The chain owns what comes back. */
struct work *plain_new(void);

#endif
