#include "look_back.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "phrases.h"
#include "view.h"

enum { TWO_ROWS_FROM = 24, ONE_ROW_FROM = 5 };

int look_bar_rows(const struct view *v)
{
	if (!v->snap.replay.on || v->canvas.rows < ONE_ROW_FROM)
		return 0;
	return v->canvas.rows < TWO_ROWS_FROM ? 1 : 2;
}

/* Another run, or another time: nothing that was read of the one before is true. */
static void show_port(struct view *v, const struct port *port)
{
	v->port = *port;
	log_forget(&v->log);
	v->eta.known = false;
	v->inspector.read.line = v->preview.read.line = 0;
	v->unread = true;
	v->message[0] = '\0';
	if (v->overlay == OVERLAY_ASK || v->overlay == OVERLAY_QUIT || v->overlay == OVERLAY_BUDGET)
		view_set_overlay(v, OVERLAY_NONE);
}

static void look_back(struct view *v)
{
	if (v->snap.replay.on) {
		v->bar_focus = true;
	} else if (v->snap.past) {
		view_message(v, true, "sluice replay RESULTS plays the run again");
	} else if (!v->past.ask) {
		view_message(v, true, "this dashboard cannot look back");
	} else {
		v->past.ask(v->past.ctx, v->snap.results);
		v->asked_back = true;
		view_message(v, false, "looking back: reading the files of the run");
	}
}

void look_live(struct view *v)
{
	v->asked_back = false;
	if (!v->looks_back)
		return;
	v->looks_back = v->bar_focus = false;
	show_port(v, &v->live);
	v->past.close(v->past.ctx);
}

void look_run(struct view *v, const char *args)
{
	if (!strcmp(args, "back")) {
		look_back(v);
	} else if (!strcmp(args, "live")) {
		if (v->looks_back)
			look_live(v);
		else
			view_message(v, true,
				v->snap.replay.on ? "this dashboard does not show a live run: "
						    "sluice ps lists live runs"
						  : "this is the live run");
	} else if (!strcmp(args, "away")) {
		v->bar_focus = false;
	} else {
		view_message(v, true, "look back, live or away");
	}
}

static void take_over(struct view *v)
{
	struct port port;
	struct error err;

	switch (v->past.answer(v->past.ctx, &port, &err)) {
	case REPLAY_LATER:
		return;
	case REPLAY_FAILED:
		view_message(v, true, "cannot look back: %.170s", err.text);
		break;
	case REPLAY_READY:
		v->live = v->port;
		v->live_snap = v->snap;
		v->looks_back = true;
		show_port(v, &port);
		break;
	}
	v->asked_back = false;
}

void look_refresh(struct view *v)
{
	if (v->asked_back)
		take_over(v);
	port_snapshot(&v->port, &v->snap);
	if (v->looks_back)
		port_snapshot(&v->live, &v->live_snap);
	if (v->snap.replay.on && !v->bar_seen)
		v->bar_focus = true;
	v->bar_seen = v->snap.replay.on;
	v->bar_focus = v->bar_focus && v->bar_seen;
}

const struct snapshot *look_now(const struct view *v)
{
	return v->looks_back ? &v->live_snap : &v->snap;
}

const char *look_note(const struct view *v, char *out)
{
	const struct snapshot *s = &v->live_snap;
	char left[16];

	out[0] = '\0';
	if (!v->looks_back)
		return out;
	if (s->question)
		snprintf(out, PHRASE_SIZE,
			"the run asks, and drains in %s: l leads to its question",
			text_age(phrase_left(s->answer_by_us - s->now_us), left, sizeof(left)));
	else if (s->link == RUN_LINK_LOST)
		snprintf(out, PHRASE_SIZE, "the run does not answer: l shows since when");
	else if (phrase_over(s))
		snprintf(out, PHRASE_SIZE, "the run has ended: l shows how");
	return out;
}

void look_attended(const struct view *v)
{
	port_attended(v->looks_back ? &v->live : &v->port);
}

void look_close(struct view *v)
{
	if (v->asked_back || v->looks_back)
		v->past.close(v->past.ctx);
}
