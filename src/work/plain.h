/* The plain source of work: each item is a task, and takes one request. */
#ifndef SLUICE_WORK_PLAIN_H
#define SLUICE_WORK_PLAIN_H

#include "api/template.h"
#include "core/work.h"

/* template: the input holds rows for it; borrowed; NULL: requests. The chain owns what comes back.
 */
struct work *plain_new(const struct template *template, enum input_format format);

#endif
