/* Whether an operator is there, of a run that is a process of its own: dashboards come and go. */
#ifndef SLUICE_SESSION_ATTENDANCE_H
#define SLUICE_SESSION_ATTENDANCE_H

#include <ev.h>
#include <stdbool.h>

#include "session/reach.h"
#include "session/session.h"

struct attendance {
	struct session *session;
	const struct reach *reach;
	bool client; /* the one that started the run is there */
	bool there;  /* somebody is, as the session knows it */
	bool waits;  /* the run does not end before the client was there */
	ev_timer look;
};

/* To be called after session_start(). client: the dashboard that started the run is there, or is
 * about to open; it counts until attendance_client_left(). exits: the run, which stays for its
 * dashboard, stays only until that is open: a short run shows its end, too. All are borrowed. */
void attendance_start(struct attendance *a, struct ev_loop *loop, struct session *session,
	const struct reach *reach, bool client, bool exits);
void attendance_client_left(struct attendance *a);
void attendance_stop(struct attendance *a, struct ev_loop *loop);

#endif
