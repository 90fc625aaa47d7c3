/* The snapshot as JSON, by the table of its fields. What `--ui json` prints, what the control
 * socket answers and what hooks read are this object. */
#ifndef SLUICE_SNAPSHOT_JSON_H
#define SLUICE_SNAPSHOT_JSON_H

#include "base/json_writer.h"
#include "snapshot_fields.h"

enum { REPORTED_ERRORS = 10 };

/* Writes the object. It has no newline; its texts are sanitised already by the port. */
void snapshot_json(struct json_writer *w, const struct report *r);
/* Asks a port for its snapshot and its most frequent errors, and writes the object. */
void snapshot_json_of(struct json_writer *w, const struct port *port);

#endif
