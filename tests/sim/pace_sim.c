/* Runs one scenario of pacing from flags, in virtual time, and prints one JSON line; with --series
 * one for each second before it. */
#include <stdio.h>

#include "sim/pace_flags.h"
#include "sim/sim.h"

static void print_time(const char *name, double s, const char *behind)
{
	if (s < 0)
		printf("\"%s\":null%s", name, behind);
	else
		printf("\"%s\":%.3f%s", name, s, behind);
}

static void print_recoveries(const struct sim_figures *f)
{
	print_time("recover_s", f->recover_s, ",");
	printf("\"recoveries_s\":[");
	for (int i = 0; i < f->recoveries; i++) {
		if (f->recovery_s[i] < 0)
			printf("%snull", i ? "," : "");
		else
			printf("%s%.3f", i ? "," : "", f->recovery_s[i]);
	}
	printf("],");
}

int main(int argc, char **argv)
{
	struct scenario sc = pace_flags_read(argc, argv);
	struct sim_result lane = sim_run(&sc, SIM_LANE, 0);
	struct sim_result oracle = sim_run_oracle(&sc);
	struct sim_figures f = sim_compare(&sc, &lane, &oracle);

	series_print(&lane, &oracle);
	printf("{\"goodput\":%.3f,\"oracle\":%.3f,\"ratio\":%.4f,\"share_429\":%.5f,", f.goodput,
		f.oracle, f.ratio, f.share_429);
	print_time("converge_s", f.converge_s, ",");
	print_time("settle_down_s", f.settle_down_s, ",");
	print_time("settle_up_s", f.settle_up_s, ",");
	print_recoveries(&f);
	if (sc.instances > 1)
		printf("\"instance_least\":%.3f,\"instance_mean\":%.3f,\"instance_most\":%.3f,",
			f.instance_least, f.instance_mean, f.instance_most);
	printf("\"timeouts\":%llu,\"given_up\":%llu,", (unsigned long long)f.timeouts,
		(unsigned long long)f.given_up);
	print_time("p50_s", f.p50_s, ",");
	print_time("p99_s", f.p99_s, "}\n");
	sim_result_free(&lane);
	sim_result_free(&oracle);
	return 0;
}
