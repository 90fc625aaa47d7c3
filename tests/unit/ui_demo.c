/* The dashboard over a moving stand-in port, to be looked at by hand:
 *   ui_demo [SCENE] [tui|plain|json] [braille|block|ascii] */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fake_port.h"
#include "ui.h"

static struct fake_port fake;

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	(void)w;
	fake_port_advance(&fake, 250 * US_PER_MS, true);
	/* as a session does: ends when it was stopped or, once finished, left */
	if (fake.snap.state == RUN_STOPPED || !strcmp(fake.last_command, "quit"))
		ev_break(loop, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
	struct ui_config config = {0};
	struct port port = fake_port_port(&fake);
	struct ev_loop *loop = ev_default_loop(0);
	ev_timer tick;
	struct error why;
	struct ui *ui;

	if (!fake_port_scene(&fake, argc > 1 ? argv[1] : "running")) {
		fprintf(stderr, "no scene \"%s\"\n", argv[1]);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		config.kind = !strcmp(argv[i], "plain")  ? UI_KIND_PLAIN
			      : !strcmp(argv[i], "json") ? UI_KIND_JSON
							 : config.kind;
		config.glyphs = !strcmp(argv[i], "ascii")   ? UI_GLYPHS_ASCII
				: !strcmp(argv[i], "block") ? UI_GLYPHS_BLOCK
							    : config.glyphs;
	}
	if (config.kind == UI_KIND_TUI && !ui_terminal_usable(false, &why)) {
		config.kind = UI_KIND_PLAIN;
		config.why_plain = why.text;
	}
	ui = ui_new(loop, &port, &config);
	ev_timer_init(&tick, on_tick, 0.125, 0.25); /* between two looks */
	ev_timer_start(loop, &tick);
	ev_run(loop, 0);
	ev_timer_stop(loop, &tick);
	ui_free(ui);
	return 0;
}
