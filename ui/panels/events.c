/* The last events; a message or a note on the state replaces the last line. */
#include <string.h>

#include "base/text.h"
#include "view.h"
#include "phrases.h"

static void events_recalculate(struct panel *p, const struct view *v)
{
	static const char *const roles[] = {[EVENT_INFO] = R_TEXT,
		[EVENT_WARNING] = R_WARN,
		[EVENT_ERROR] = R_BAD,
		[EVENT_DEBUG] = R_DIM,
		[EVENT_NOTE] = R_TEXT};
	char notice[PHRASE_SIZE], text[PHRASE_SIZE], cut[PHRASE_SIZE];
	int rows = p->at.rows, first = rows > 3 ? 1 : 0;
	size_t room, n;

	if (first)
		panel_title(p, "events", "");
	if (view_notice(v, notice)[0]) {
		text_cut(cut, sizeof(cut), notice + 1, p->at.cols - 1);
		panel_line(p, --rows, " %c%s", notice[0], cut); /* a role is in front */
	}
	room = rows > first ? (size_t)(rows - first) : 0;
	n = v->log.n < room ? v->log.n : room;
	for (size_t i = 0; i < n; i++) {
		const struct event *e = &v->log.event[v->log.n - n + i];

		phrase_event(e, text);
		log_tint(e, text, sizeof(text));
		text_cut(cut, sizeof(cut), text, p->at.cols - 1);
		panel_line(p, first + (int)i, " %s%s", roles[e->level], cut);
	}
}

static void events_draw(const struct panel *p, struct canvas *c)
{
	if (p->at.rows > 3)
		panel_draw_framed(p, c);
	else
		panel_draw_plain(p, c);
}

const struct panel_ops events_panel = {events_recalculate, events_draw, NULL};
