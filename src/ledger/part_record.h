/* The part of the input that a session had: the member "part" of its start and stop records. */
#ifndef SLUICE_LEDGER_PART_RECORD_H
#define SLUICE_LEDGER_PART_RECORD_H

#include <stdbool.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "figures.h"

/* Adds the member; nothing for a session that had all of the input. */
void part_record_add(struct json_writer *w, const struct input_part *p);
/* Reads the value of the member. False, and no part: there is none. */
bool part_record_read(struct json_span v, struct input_part *out);

#endif
