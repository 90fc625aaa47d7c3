/* Values of a run's answers as text for people: text from outside is sanitised. */
#ifndef SLUICE_CLI_CTL_TEXT_H
#define SLUICE_CLI_CTL_TEXT_H

#include "base/buf.h"
#include "base/json.h"

enum { CTL_TEXT_SIZE = 600 };
/* The number at a path; -1: there is none. */
double ctl_number(struct json_span v, const char *path);
/* The text at a path, sanitised; "" when there is none. */
const char *ctl_text(struct json_span v, const char *path, char out[CTL_TEXT_SIZE]);
/* The number at a path as text; "-" when there is none. */
const char *ctl_count(struct json_span v, const char *path, char out[32]);
/* The same, short: "8.2k". */
const char *ctl_short(struct json_span v, const char *path, char out[32]);
/* Seconds at a path as a duration; "-". */
const char *ctl_seconds(struct json_span v, const char *path, char out[32]);
/* Appends text of any length, sanitised line by line, each indented by so many blanks. */
void ctl_add_lines(struct buf *out, struct json_span text, int indent);

#endif
