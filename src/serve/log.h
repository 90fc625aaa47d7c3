/* The log of a service, on stderr: a line for each request and each change of a batch. Bodies are
 * never in it. */
#ifndef SLUICE_SERVE_LOG_H
#define SLUICE_SERVE_LOG_H

#include "serve/call.h"
#include "serve/settings.h"

/* The request was answered, or its client has left before (status 0). method and path are as the
 * client sent them. */
void log_call(enum log_format format, const struct call *c, const char *method, const char *path);
/* The batch has another state. */
void log_batch(enum log_format format, const struct batch_record *b);
/* What is known of an endpoint's models has changed. */
void log_endpoint(enum log_format format, const char *name, const char *text);
/* Its run has: it is held, sends again, … */
void log_run(
	enum log_format format, const struct batch_record *b, const char *state, const char *note);

#endif
