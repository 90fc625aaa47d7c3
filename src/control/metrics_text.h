/* Writes metrics in the text formats of Prometheus: families, in them samples with labels.
 *
 * Text 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
 * OpenMetrics 1.0: https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 * They differ in the names of counters and infos in HELP and TYPE, and in the end mark. */
#ifndef SLUICE_CONTROL_METRICS_TEXT_H
#define SLUICE_CONTROL_METRICS_TEXT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/durations.h"

enum metrics_format { METRICS_TEXT, METRICS_OPEN };

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

/* The kind of a metric, common to its samples. Names of counters end with _total, of infos with
 * _info. */
struct metric_family {
	const char *name;
	enum metric_type type;
	const char *help; /* one line */
};

struct metrics_text {
	struct buf *out; /* borrowed */
	enum metrics_format format;
	const struct metric_family *family; /* the open one */
	bool announced;                     /* its HELP and TYPE are written */
};

/* A label; its value may be any text. One with an empty value is left out: that means the same. */
struct metric_label {
	const char *name; /* NULL ends the labels */
	const char *value;
};

static inline struct metrics_text metrics_text_to(struct buf *out, enum metrics_format format)
{
	return (struct metrics_text){.out = out, .format = format};
}
/* Opens a family. One without samples is not written. */
void metrics_open(struct metrics_text *t, const struct metric_family *family);
/* Write a sample of the open family; labels may be NULL. A number that is not finite is left out.
 */
void metrics_uint(struct metrics_text *t, const struct metric_label *labels, uint64_t n);
void metrics_real(struct metrics_text *t, const struct metric_label *labels, double n);
/* us as seconds. */
void metrics_seconds(struct metrics_text *t, const struct metric_label *labels, int64_t us);
/* As metrics_real(), the labels being given as they are written: "state=\"ok\"", or "". */
void metrics_real_of(struct metrics_text *t, const char *written_labels, double n);
/* A histogram in seconds, with its sum and count. */
void metrics_durations(
	struct metrics_text *t, const struct metric_label *labels, const struct durations *d);
/* Ends the text. */
void metrics_end(struct metrics_text *t);

#endif
