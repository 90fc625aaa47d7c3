/* A question that a paused run asks its operator. Whoever is not there in time has said: drain. */
#ifndef SLUICE_CORE_QUESTION_H
#define SLUICE_CORE_QUESTION_H

#include <stdint.h>

#include "words.h"

struct engine;

/* Pauses the run and asks the operator. why: as for engine_stop(). An answer is any command that
 * takes its cause away or ends the run; `resume` does not. */
void engine_ask(struct engine *e, enum run_question question, const char *why);
/* The operator touched a key: a question waits for its answer from now on. */
void engine_attended(struct engine *e);
/* The operator has left, and may come back: the run goes on as it is, and what the operator paused
 * or holds stays so. What the run itself paused for, it drains after the same time. */
void engine_left(struct engine *e);
/* An operator is there again. */
void engine_joined(struct engine *e);
/* Drains a run that waited in vain for an operator. To be called in each turn. */
void engine_check_answer(struct engine *e);
/* When to call that; NEVER_US: it waits for nobody. */
int64_t engine_answer_by_us(const struct engine *e);

#endif
