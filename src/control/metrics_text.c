#include "control/metrics_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static const char *const types[] = {[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
	[METRIC_INFO] = "info"};

void metrics_open(struct metrics_text *t, const struct metric_family *family)
{
	t->family = family;
	t->announced = false;
}

/* The length of the family's name in HELP and TYPE: OpenMetrics leaves the suffix to the samples.
 */
static int family_len(const struct metrics_text *t)
{
	size_t len = strlen(t->family->name), suffix = 0;

	if (t->format == METRICS_OPEN && t->family->type == METRIC_COUNTER)
		suffix = strlen("_total");
	else if (t->format == METRICS_OPEN && t->family->type == METRIC_INFO)
		suffix = strlen("_info");
	return (int)(len - suffix);
}

/* Infos are gauges in the older format. */
static const char *type_name(const struct metrics_text *t)
{
	if (t->format == METRICS_TEXT && t->family->type == METRIC_INFO)
		return types[METRIC_GAUGE];
	return types[t->family->type];
}

/* HELP knows no \" in the older format. */
static void add_escaped(struct buf *out, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\n')
			buf_adds(out, "\\n");
		else if (*text == '\\' || (*text == '"' && quotes))
			buf_addc(out, '\\');
		if (*text != '\n')
			buf_addc(out, *text);
	}
}

static void announce(struct metrics_text *t)
{
	int len = family_len(t);

	if (t->announced)
		return;
	t->announced = true;
	buf_addf(t->out, "# HELP %.*s ", len, t->family->name);
	add_escaped(t->out, t->family->help, t->format == METRICS_OPEN);
	buf_addf(t->out, "\n# TYPE %.*s %s\n", len, t->family->name, type_name(t));
}

/* Invalid UTF-8 would make a server drop the whole text. */
static void add_value(struct buf *out, const char *value)
{
	char harmless[512];

	text_sanitise(harmless, sizeof(harmless), value, strlen(value));
	add_escaped(out, harmless, true);
}

static bool add_labels(struct buf *out, const struct metric_label *labels)
{
	bool any = false;

	for (; labels && labels->name; labels++) {
		if (!*labels->value)
			continue;
		buf_adds(out, any ? "," : "{");
		buf_adds(out, labels->name);
		buf_adds(out, "=\"");
		add_value(out, labels->value);
		buf_addc(out, '"');
		any = true;
	}
	return any;
}

/* Writes all of a sample but for its number. suffix: behind the name of the family. */
static void add_name(struct metrics_text *t, const char *suffix, const struct metric_label *labels)
{
	announce(t);
	buf_adds(t->out, t->family->name);
	buf_adds(t->out, suffix);
	if (add_labels(t->out, labels))
		buf_addc(t->out, '}');
	buf_addc(t->out, ' ');
}

void metrics_uint(struct metrics_text *t, const struct metric_label *labels, uint64_t n)
{
	add_name(t, "", labels);
	buf_addu(t->out, n);
	buf_addc(t->out, '\n');
}

/* As many digits as a double has for certain. */
static void add_real(struct buf *out, double n)
{
	buf_addf(out, "%.15g\n", n);
}

void metrics_real(struct metrics_text *t, const struct metric_label *labels, double n)
{
	if (!isfinite(n))
		return;
	add_name(t, "", labels);
	add_real(t->out, n);
}

void metrics_seconds(struct metrics_text *t, const struct metric_label *labels, int64_t us)
{
	metrics_real(t, labels, (double)us / US_PER_S);
}

void metrics_real_of(struct metrics_text *t, const char *written_labels, double n)
{
	if (!isfinite(n))
		return;
	announce(t);
	buf_addf(t->out, *written_labels ? "%s{%s} " : "%s%s ", t->family->name, written_labels);
	add_real(t->out, n);
}

void metrics_durations(
	struct metrics_text *t, const struct metric_label *labels, const struct durations *d)
{
	uint64_t below = 0;

	announce(t);
	for (int i = 0; i <= DURATION_STEPS; i++) {
		below += d->step[i];
		buf_adds(t->out, t->family->name);
		buf_adds(t->out, "_bucket");
		buf_adds(t->out, add_labels(t->out, labels) ? ",le=\"" : "{le=\"");
		if (i < DURATION_STEPS)
			buf_addf(t->out, "%g", (double)durations_bound_us(i) / US_PER_S);
		else
			buf_adds(t->out, "+Inf");
		buf_adds(t->out, "\"} ");
		buf_addu(t->out, below);
		buf_addc(t->out, '\n');
	}
	add_name(t, "_sum", labels);
	add_real(t->out, (double)d->sum_us / US_PER_S);
	add_name(t, "_count", labels);
	buf_addu(t->out, below);
	buf_addc(t->out, '\n');
}

void metrics_end(struct metrics_text *t)
{
	if (t->format == METRICS_OPEN)
		buf_adds(t->out, "# EOF\n");
}
