/* The set of input lines the operator has tagged. */
#ifndef SLUICE_UI_TAGS_H
#define SLUICE_UI_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tags {
	uint64_t *line; /* ascending */
	size_t n, room;
};

bool tags_has(const struct tags *t, uint64_t line);
/* Adds the line, or takes it out when it is there. */
void tags_toggle(struct tags *t, uint64_t line);
void tags_clear(struct tags *t);
void tags_free(struct tags *t);

#endif
