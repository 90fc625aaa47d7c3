/* Calls that pass through to an endpoint: their clients wait, so they go before the batches. */
#ifndef SLUICE_SERVE_PASS_H
#define SLUICE_SERVE_PASS_H

struct call;

/* To be called in begin(): the body may have images. */
void pass_begin(struct call *c);
/* POST of a JSON body to the path of the call's route; its form of errors says which API it is. */
void pass_call(struct call *c);

#endif
