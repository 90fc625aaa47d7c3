/* Text of man pages. */
#ifndef SLUICE_CLI_ROFF_H
#define SLUICE_CLI_ROFF_H

#include <stdio.h>

#include "cli/help_texts.h"

/* Text as it reads, whatever characters it has. */
void roff_text(FILE *out, const char *text);
/* The text on a line of its own behind a macro or an escape, "" for none. */
void roff_line(FILE *out, const char *macro, const char *text);
/* A text in italics. */
void roff_name(FILE *out, const char *text);
/* A heading: a section, or with "SS" a part of one. */
void roff_heading(FILE *out, const char *macro, const char *text);
/* A term in bold, its text indented below. */
void roff_item(FILE *out, const char *term, const char *text);
/* A section of such items. */
void roff_pairs(FILE *out, const char *title, const struct help_pair *pairs);
/* Lines that stay as they are; NULL ends them. */
void roff_lines(FILE *out, const char *const *lines);
/* The beginning of a page: "sluice-run" of section 1. `about` begins in lower case. */
void roff_page(FILE *out, const char *name, int section, const char *about);

#endif
