/* A port without an engine: scenes with made-up numbers that add up, for screens and by hand. */
#ifndef SLUICE_TESTS_FAKE_PORT_H
#define SLUICE_TESTS_FAKE_PORT_H

#include "port.h"

enum { FAKE_ROWS = 96, FAKE_EVENTS = 24 };

struct fake_port {
	struct snapshot snap;
	struct item_row row[FAKE_ROWS];
	size_t rows;
	struct event event[FAKE_EVENTS];
	char last_command[200]; /* what the dashboard sent last */
	int commands;
};

/* Sets a scene: "running", "paused", "draining", "done", "empty", "hostile", "large"; false when
 * there is no such scene. */
bool fake_port_scene(struct fake_port *f, const char *name);
/* Lets time go by: the clock, ages, and with moving = true the counts too. */
void fake_port_advance(struct fake_port *f, int64_t us, bool moving);
struct port fake_port_port(struct fake_port *f);

#endif
