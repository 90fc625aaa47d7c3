#include "session/attendance.h"

static const double look_s = 1.0;

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
	(void)loop, (void)events;
	look(w->data);
}

void attendance_start(struct attendance *a, struct ev_loop *loop, struct session *session,
	const struct reach *reach, bool client)
{
	*a = (struct attendance){
		.session = session, .reach = reach, .client = client, .there = client};
	ev_timer_init(&a->look, on_look, look_s, look_s);
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
