/* The metrics of a run for Prometheus: a pure function of what the port tells. The page
 * docs/metrics.md lists them. No metric names an item: the number of series depends on the numbers
 * of endpoints, models and stages alone, which have bounds. */
#ifndef SLUICE_CONTROL_METRICS_H
#define SLUICE_CONTROL_METRICS_H

#include "base/process_figures.h"
#include "control/metrics_text.h"
#include "port.h"

/* Further families, that put() writes. */
struct metrics_more {
	void (*put)(struct metrics_text *t, const void *ctx);
	const void *ctx;
};

/* What is told; all borrowed. */
struct metrics_source {
	const char *version; /* of sluice */
	const struct snapshot *snapshot;
	const struct totals *totals;
	const struct process_figures *process; /* NULL: left out */
	const struct metrics_more *more;       /* NULL: none */
};

/* Appends the metrics to out; its ceiling should be METRICS_MAX at least. */
void metrics_write(struct buf *out, const struct metrics_source *m, enum metrics_format format);
/* The same of a port and this process. */
void metrics_of_port(struct buf *out, const struct port *port, enum metrics_format format,
	const struct metrics_more *more);

/* As large as the text may become. */
enum { METRICS_MAX = 4 << 20 };

/* The format that a request's Accept header asks for; NULL: it has none. OpenMetrics only when it
 * is preferred to text. */
enum metrics_format metrics_accepted(const char *accept);
/* The Content-Type of a format. */
const char *metrics_content_type(enum metrics_format format);

#endif
