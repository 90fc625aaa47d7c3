/* For tests of packs: an engine on its bench that packs, with a server of embeddings. */
#ifndef SLUICE_TESTS_PACK_RIG_H
#define SLUICE_TESTS_PACK_RIG_H

#include <jansson.h>

#include "engine_rig.h"

extern struct rig rig;
/* How many items may go together in the rig that is opened next. */
extern int most;

/* What to open the rig with. */
void pack_up(struct engine_config *config);
void open_rig(int concurrency, int pack);
void close_rig(void);

void feed(const char *id, const char *model, const char *text);
/* Items e<from> to e<to - 1> with the numbers as texts. */
void feed_numbers(int from, int to);

/* The inputs of the oldest request; how many there are. */
json_t *inputs(void);
int together(void);
/* The embedding of a text is the number it holds; an item costs ten tokens. */
void answer_ok(void);
/* A server that takes at most so many inputs and none that is this one. */
void answer_as(int at_most, const char *bad);

/* Turns until something is in flight, waits are skipped; false when nothing starts any more. */
bool turn(void);
void run_out_as(int at_most, const char *bad);
void run_out(void);

#endif
