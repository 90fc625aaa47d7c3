/* Snapshots on their way to a dashboard: each as its differences to the one before. Pure. */
#ifndef SLUICE_CARRY_SNAPSHOT_H
#define SLUICE_CARRY_SNAPSHOT_H

#include "base/json_writer.h"
#include "port.h"

/* Writes one object, some hundred bytes as a rule. base: the snapshot written before, which becomes
 * this one; zeroed before the first. */
void carry_snapshot_write(struct json_writer *w, const struct snapshot *s, struct snapshot *base);
/* Turns the snapshot before into the next one, by a valid object. It can be shown whatever the
 * object says: counts fit their arrays, words are words, texts end. */
void carry_snapshot_read(struct json_span object, struct snapshot *s);

#endif
