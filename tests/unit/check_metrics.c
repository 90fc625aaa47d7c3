/* Metrics as text: golden ones in tests/golden/metrics-*.txt, which tests/e2e/test_metrics.py reads
 * with a strict parser. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "control/metrics.h"
#include "fake_port.h"
#include "golden.h"
#include "snapshot_fields.h"
#include "unit.h"

static struct fake_port fake;
static struct totals totals;
static struct buf text;

static void set_up(void)
{
	buf_init(&text, METRICS_MAX);
}

static void tear_down(void)
{
	buf_free(&text);
}

/* Writes the metrics of what `fake` and `totals` hold. */
static const char *write_metrics(enum metrics_format format)
{
	const struct process_figures process = {1.25, 1700000000.5, 1 << 24, 1 << 28, 40, 1024};
	const struct metrics_source m = {
		.version = "1.2.3", .snapshot = &fake.snap, .totals = &totals, .process = &process};

	buf_clear(&text);
	metrics_write(&text, &m, format);
	return buf_str(&text);
}

static const char *write_scene(const char *scene, enum metrics_format format)
{
	ck_assert(fake_port_scene(&fake, scene));
	fake_totals(&fake, &totals);
	return write_metrics(format);
}

START_TEST(scenes_are_the_texts_that_they_were)
{
	write_scene("running", METRICS_TEXT);
	golden_check("metrics-running.txt", &text);
	write_scene("streaming", METRICS_OPEN);
	golden_check("metrics-streaming-openmetrics.txt", &text);
	write_scene("models", METRICS_TEXT);
	golden_check("metrics-models.txt", &text);
	write_scene("pipeline", METRICS_TEXT);
	golden_check("metrics-pipeline.txt", &text);
}
END_TEST

START_TEST(text_from_outside_stays_in_its_label)
{
	static const char evil[] = "a\"} 1\n# EOF\n\\\x1b[2J\xff\xe2\x80\xae";

	write_scene("hostile", METRICS_TEXT);
	strcpy(fake.snap.run_name, evil);
	strcpy(totals.lane[0].model, evil);
	strcpy(totals.endpoint[0].name, "\\\"\n");
	write_metrics(METRICS_TEXT);
	golden_check("metrics-hostile.txt", &text);
	ck_assert_ptr_null(strchr(buf_str(&text), 0x1b));
	ck_assert_ptr_null(strstr(buf_str(&text), "\n# EOF"));
}
END_TEST

/* Everything that may be absent is there. */
static void set_everything(void)
{
	ck_assert(fake_port_scene(&fake, "costs"));
	fake.snap.eta_low_us = fake.snap.eta_high_us = US_PER_MIN;
	fake.snap.total_estimate = 1000000;
	fake.snap.cost.usd = 12.5;
	fake.snap.cost.budget_tokens = 1e9;
	fake.snap.cost.budget_usd = 100;
	fake.snap.streams.any = true;
	fake_totals(&fake, &totals);
}

static void check_fields(const struct field *fields)
{
	char line[128];

	for (const struct field *f = fields; f->name; f++) {
		if (f->kind == FIELD_OBJECT || f->kind == FIELD_PART)
			check_fields(f->fields);
		if (!f->metric)
			continue;
		snprintf(line, sizeof(line), "\n%s ", f->metric);
		ck_assert_msg(strstr(buf_str(&text), line), "%s: no metric %s", f->name, f->metric);
	}
}

START_TEST(every_field_that_names_a_metric_has_it)
{
	set_everything();
	write_metrics(METRICS_TEXT);
	check_fields(snapshot_fields);
	golden_check("metrics-everything.txt", &text);
}
END_TEST

START_TEST(unknown_numbers_are_left_out)
{
	write_scene("empty", METRICS_TEXT);
	fake.snap.eta_low_us = fake.snap.eta_high_us = -1;
	fake.snap.cost.usd = -1;
	write_metrics(METRICS_TEXT);
	ck_assert_ptr_null(strstr(buf_str(&text), "sluice_eta_seconds"));
	ck_assert_ptr_null(strstr(buf_str(&text), "sluice_cost_dollars_total"));
	ck_assert_ptr_null(strstr(buf_str(&text), "nan"));
	/* a counter that is 0 is there from the start */
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "\nsluice_retries_total 0\n"));
}
END_TEST

START_TEST(the_largest_text_has_room)
{
	set_everything();
	totals.n_endpoints = ENDPOINTS_MAX;
	totals.n_lanes = TOTALS_LANES;
	for (int i = 0; i < ENDPOINTS_MAX; i++)
		memset(totals.endpoint[i].name, '\\', ENDPOINT_NAME_SIZE - 1);
	for (int i = 0; i < TOTALS_LANES; i++) {
		totals.lane[i] = totals.lane[0];
		totals.lane[i].endpoint = i % ENDPOINTS_MAX;
		memset(totals.lane[i].model, '\\', TOTALS_MODEL_SIZE - 1);
	}
	write_metrics(METRICS_OPEN);
	ck_assert_uint_lt(text.len, METRICS_MAX);
	ck_assert_str_eq(text.data + text.len - 6, "# EOF\n");
}
END_TEST

START_TEST(openmetrics_is_given_to_who_prefers_it)
{
	static const struct {
		const char *accept;
		enum metrics_format format;
	} cases[] = {{NULL, METRICS_TEXT}, {"", METRICS_TEXT}, {"*/*", METRICS_TEXT},
		{"text/html,application/xhtml+xml,*/*;q=0.8", METRICS_TEXT},
		/* Prometheus 2.42, 3.0, and with text preferred */
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		 "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
			METRICS_OPEN},
		{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
		 "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
		 "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
			METRICS_OPEN},
		{"text/plain;version=0.0.4;q=1,*/*;q=0.1", METRICS_TEXT},
		{"text/plain, application/openmetrics-text; q=0.5", METRICS_TEXT},
		{" , Application/OpenMetrics-Text ; Q=0.1", METRICS_OPEN},
		{"application/openmetrics-text;q=0", METRICS_TEXT},
		{"application/openmetrics-texts", METRICS_TEXT},
		{"application/openmetrics-text;q=", METRICS_TEXT},
		{"application/openmetrics-text;", METRICS_OPEN}, {";;;,,,;q", METRICS_TEXT}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(metrics_accepted(cases[i].accept) == cases[i].format, "%s",
			cases[i].accept);
}
END_TEST

START_TEST(a_duration_is_in_the_step_of_its_bound)
{
	for (int i = 0; i < DURATION_STEPS; i++) {
		struct durations d = {0};

		durations_add(&d, durations_bound_us(i));
		durations_add(&d, durations_bound_us(i) + 1);
		ck_assert_uint_eq(d.step[i], 1);
		ck_assert_uint_eq(d.step[i + 1], 1);
		ck_assert_uint_eq(d.sum_us, 2 * (uint64_t)durations_bound_us(i) + 1);
	}
	struct durations odd = {0};

	durations_add(&odd, -5);
	durations_add(&odd, 0);
	durations_add(&odd, INT64_MAX);
	ck_assert_uint_eq(odd.step[0], 2);
	ck_assert_uint_eq(odd.step[DURATION_STEPS], 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {scenes_are_the_texts_that_they_were,
		text_from_outside_stays_in_its_label, every_field_that_names_a_metric_has_it,
		unknown_numbers_are_left_out, the_largest_text_has_room,
		openmetrics_is_given_to_who_prefers_it, a_duration_is_in_the_step_of_its_bound,
		NULL};

	return unit_run_suite(&(const struct unit_suite){
		.name = "metrics", .tests = tests, .set_up = set_up, .tear_down = tear_down});
}
