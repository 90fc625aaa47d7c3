/* A port without an engine: scenes with made-up numbers that add up, for screens and by hand. */
#ifndef SLUICE_TESTS_FAKE_PORT_H
#define SLUICE_TESTS_FAKE_PORT_H

#include "port.h"

enum { FAKE_ROWS = 96, FAKE_EVENTS = 24, FAKE_ITEMS = 480, FAKE_GROUPS = 8 };

struct fake_port {
	struct snapshot snap;
	struct item_row row[FAKE_ROWS]; /* in flight or waiting; FAKE_ENDED others are in front */
	size_t rows;
	struct item_row other[FAKE_ITEMS]; /* all items; where one is in row[], that counts */
	size_t items;
	bool hostile;      /* details hold what servers should not send */
	double searched;   /* share that filters and orders which read files have looked at */
	size_t facts_read; /* rows of a page whose facts are known */
	size_t page_most;  /* the most rows ever asked for at once */
	struct error_group group[FAKE_GROUPS];
	size_t groups;
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

/* The totals of the scene (fake_totals.c): those of the snapshot's endpoints and models, or of one
 * endpoint. */
void fake_totals(void *ctx, struct totals *out);

/* The chart of the scene's whole past (fake_chart.c). */
size_t fake_chart(void *ctx, const struct chart_query *q, struct chart_slot *out, size_t n,
	struct chart_info *info);

/* Its table of usage (fake_usage.c). */
size_t fake_usage(void *ctx, struct usage_row *out, size_t n);

/* What its groups of errors hit (fake_hits.c). */
bool fake_error_hits(void *ctx, uint32_t id, struct error_hits *out);

/* The parts of the port about items, groups and details (fake_items.c). */
enum { FAKE_ENDED = 200 };
void fake_items_set(struct fake_port *f);
struct item_row *fake_items_at(struct fake_port *f, size_t i);
size_t fake_items_rows(void *ctx, const struct item_query *q, uint64_t offset, struct item_row *out,
	size_t n, struct rows_info *info);
bool fake_items_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset);
bool fake_items_row(void *ctx, uint64_t line, struct item_row *out);
bool fake_items_detail(void *ctx, uint64_t line, bool content, struct item_detail *out);
size_t fake_items_errors(void *ctx, struct error_group *out, size_t n, size_t *total);
/* "retry #17", "cancel where state:queued", ...; false when the text is none of these. */
bool fake_items_command(struct fake_port *f, const char *text, struct command_reply *out);

#endif
