/* Reads the items of an input, or of a part of it, to the end, and waits for pipes. */
#ifndef SLUICE_CLI_CHECK_READ_H
#define SLUICE_CLI_CHECK_READ_H

#include "figures.h"
#include "input/source.h"
#include "plan/input_form.h"

/* Takes an item, whose text is borrowed for the call; NULL: it is too long. False and err end the
 * reading. */
typedef bool check_take(void *ctx, const struct source_line *line, struct error *err);

/* Calls take for each item of the part, in the input's order, and sets the part's `of` unless the
 * input is not read to its end: a pipe behind its first items. False and err when the input cannot
 * be read, or take ended the reading. */
bool check_read(struct source *s, struct input_form *form, struct input_part *part,
	check_take *take, void *ctx, struct error *err);

#endif
