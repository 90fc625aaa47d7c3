/* What the model of the mock says to a request: small talk, JSON that fits a schema, or the call of
 * a tool; how many tokens that is, and whether the request's limit cuts it. Pure. */
#ifndef SLUICE_MOCK_REPLY_H
#define SLUICE_MOCK_REPLY_H

#include "base/buf.h"
#include "mock/call.h"

/* Decides it. Small talk has mean_tokens tokens on average. memory keeps the texts, which the call
 * borrows until it is used again. Sets a fault when the format or the tools asked for are wrong. */
void reply_decide(struct call *c, double mean_tokens, struct buf *memory, struct call_fault *fault);

#endif
