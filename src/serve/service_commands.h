/* The commands of a service, as `sluice ctl` and others give them at its control socket: one table.
 */
#ifndef SLUICE_SERVE_SERVICE_COMMANDS_H
#define SLUICE_SERVE_SERVICE_COMMANDS_H

#include "port.h"
#include "serve/service.h"

/* Carries out one command line; the reply has the result or the error. */
void service_command(struct service *s, const struct command_request *r, struct command_reply *out);
/* The open batch of an id, or of the beginning of one; NULL and reply: there is none, or several.
 */
struct batch_record *service_open_batch(
	const struct service *s, const char *id, struct command_reply *reply);
/* The table, for help and completion. */
const struct command_info *service_command_table(size_t *n);

#endif
