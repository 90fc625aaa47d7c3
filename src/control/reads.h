/* What `sluice ctl` reads of a run or a service, besides the commands of its table. */
#ifndef SLUICE_CONTROL_READS_H
#define SLUICE_CONTROL_READS_H

#include "port.h"

enum read_id {
	READ_SNAPSHOT,
	READ_ITEMS,
	READ_ITEM,
	READ_ERRORS,
	READ_EVENTS,
	READ_COMMANDS,
	READ_BATCHES,
	READ_CLIENTS,
	READ_COUNT
};

/* Name, arguments and meaning of a read. */
const struct command_info *read_info(enum read_id id);

#endif
