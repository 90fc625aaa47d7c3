/* Live calls go to the endpoints that have their model, as the lines of batches do. */
#ifndef SLUICE_SERVE_LIVE_MODELS_H
#define SLUICE_SERVE_LIVE_MODELS_H

struct batch_kind;
struct service;

/* The routes of live calls of this API follow the catalog. To be called before one starts. */
void live_models_follow(struct service *s, const struct batch_kind *kind);
/* The service ends. */
void live_models_forget(struct service *s);

#endif
