/* A service as a port: what it does as a whole, its events, and its commands, so that it is listed,
 * read and steered as a run is. It has no items of its own: those are its batches'. */
#ifndef SLUICE_SERVE_SERVICE_PORT_H
#define SLUICE_SERVE_SERVICE_PORT_H

#include "core/events.h"
#include "port.h"
#include "serve/service.h"

struct run_clock;
struct service_watch;

/* The service and its clock are borrowed. Free with service_watch_free(). */
struct service_watch *service_watch_new(struct service *s, struct run_clock *clock);
/* NULL is fine. */
void service_watch_free(struct service_watch *w);
struct port service_watch_port(struct service_watch *w);

/* Notes what all should know. */
void service_watch_note(struct service_watch *w, enum event_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A run of a batch has ended, with these figures. */
void service_watch_count(
	struct service_watch *w, const struct batch_record *b, const struct port *run);

#endif
