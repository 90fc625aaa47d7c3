/* The plain source of work: each item is a task with one request. */
#ifndef SLUICE_WORK_PLAIN_H
#define SLUICE_WORK_PLAIN_H

#include "core/work.h"

/* The chain owns it. */
struct work *plain_new(void);

#endif
