/* Which batch of a service is meant: SERVICE/BATCH, in place of a run. */
#ifndef SLUICE_CLI_BATCH_CHOICE_H
#define SLUICE_CLI_BATCH_CHOICE_H

#include <stdint.h>

#include "cli/run_choice.h"

enum { BATCH_CHOICE_NAME = 200, BATCH_CHOICE_PATH = 4200 };

/* Where the texts of a chosen batch are. */
struct batch_choice {
	char name[BATCH_CHOICE_NAME], socket[BATCH_CHOICE_PATH];
};

/* As run_choose(); what may also be SERVICE/BATCH, a batch whose run goes on: out is then that run,
 * and room has its texts. A service that is silent for so long is given up. */
enum run_found run_or_batch_choose(const struct registry_list *runs, const char *what,
	int64_t timeout_us, struct run_choice *out, struct batch_choice *room, struct error *err);

#endif
