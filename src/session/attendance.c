#include "session/attendance.h"

static const double look_s = 1.0, client_s = 0.02;

/* The client of a run that does not stay has come, or never will. */
static void wait_no_more(struct attendance *a, struct ev_loop *loop)
{
	a->waits = false;
	session_set_stays(a->session, false);
	ev_timer_stop(loop, &a->look);
	ev_timer_set(&a->look, look_s, look_s);
	ev_timer_start(loop, &a->look);
}

static void look(struct attendance *a)
{
	bool there = a->client || reach_is_watched(a->reach);

	if (there && !a->there)
		session_joined(a->session);
	else if (!there && a->there)
		session_left(a->session);
	a->there = there;
}

static void on_look(struct ev_loop *loop, ev_timer *w, int events)
{
	struct attendance *a = w->data;

	(void)events;
	if (a->waits && (!a->client || reach_is_watched(a->reach)))
		wait_no_more(a, loop);
	look(a);
}

void attendance_start(struct attendance *a, struct ev_loop *loop, struct session *session,
	const struct reach *reach, bool client, bool exits)
{
	double first_s = client && exits ? client_s : look_s;

	*a = (struct attendance){.session = session,
		.reach = reach,
		.client = client,
		.there = client,
		.waits = client && exits};
	ev_timer_init(&a->look, on_look, first_s, first_s);
	a->look.data = a;
	ev_timer_start(loop, &a->look);
}

void attendance_client_left(struct attendance *a)
{
	a->client = false;
	look(a);
}

void attendance_stop(struct attendance *a, struct ev_loop *loop)
{
	ev_timer_stop(loop, &a->look);
}
