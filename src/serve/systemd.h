/* Socket activation and readiness, as systemd has them: sd_listen_fds(3), sd_notify(3). */
#ifndef SLUICE_SERVE_SYSTEMD_H
#define SLUICE_SERVE_SYSTEMD_H

#include <stdbool.h>

#include "base/error.h"

enum { SYSTEMD_FIRST_FD = 3 };

/* How many sockets this process was given, from SYSTEMD_FIRST_FD on; they are not given on. */
int systemd_sockets(void);
/* Makes one of them fit for a server. False and err when it does not listen. */
bool systemd_take_socket(int fd, struct error *err);
/* Tells the state, such as "READY=1"; nothing without systemd. */
void systemd_notify(const char *state);

#endif
