#include "control/reads.h"

static const struct command_info infos[READ_COUNT] = {
	[READ_SNAPSHOT] = {"snapshot", "", "state, counts, pace, limits and cost"},
	[READ_ITEMS] = {"items", "[FILTER]", "the items that match a filter, such as state:failed"},
	[READ_ITEM] = {"item", "LINE|ID", "one item with its attempts"},
	[READ_ERRORS] = {"errors", "", "the errors by kind, the most frequent first"},
	[READ_EVENTS] = {"events", "", "the newest events of the log"},
	[READ_COMMANDS] = {"commands", "", "the commands of the run"},
	[READ_BATCHES] = {"batches", "[all]", "of a service: its open batches, or all batches"},
	[READ_CLIENTS] = {"clients", "", "of a service: its clients, with their limits and usage"},
};

const struct command_info *read_info(enum read_id id)
{
	return &infos[id];
}
