#include "run_signals.h"

#include <signal.h>

static const int interrupts[INTERRUPTS] = {SIGINT, SIGTERM};
static const int warnings[WARNINGS] = {SIGUSR1, SIGUSR2, SIGXCPU};

static void on_interrupt(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)loop, (void)events;
	session_interrupt(w->data);
}

static void on_warning(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)loop, (void)events;
	session_warned(w->data);
}

static void on_hangup(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)loop, (void)events;
	session_hung_up(w->data);
}

void run_signals_start(
	struct run_signals *g, struct ev_loop *loop, struct session *session, bool watch_hangup)
{
	g->loop = loop;
	for (int i = 0; i < INTERRUPTS; i++) {
		ev_signal_init(&g->interrupt[i], on_interrupt, interrupts[i]);
		g->interrupt[i].data = session;
		ev_signal_start(loop, &g->interrupt[i]);
	}
	for (int i = 0; i < WARNINGS; i++) {
		ev_signal_init(&g->warning[i], on_warning, warnings[i]);
		g->warning[i].data = session;
		ev_signal_start(loop, &g->warning[i]);
	}
	ev_signal_init(&g->hangup, on_hangup, SIGHUP);
	g->hangup.data = session;
	if (watch_hangup)
		ev_signal_start(loop, &g->hangup);
}

static void block(void)
{
	sigset_t late;

	sigemptyset(&late);
	for (int i = 0; i < INTERRUPTS; i++)
		sigaddset(&late, interrupts[i]);
	for (int i = 0; i < WARNINGS; i++)
		sigaddset(&late, warnings[i]);
	sigaddset(&late, SIGHUP);
	sigprocmask(SIG_BLOCK, &late, NULL);
}

void run_signals_stop(struct run_signals *g)
{
	block();
	for (int i = 0; i < INTERRUPTS; i++)
		ev_signal_stop(g->loop, &g->interrupt[i]);
	for (int i = 0; i < WARNINGS; i++)
		ev_signal_stop(g->loop, &g->warning[i]);
	ev_signal_stop(g->loop, &g->hangup);
}
