/* A run of endless work against a simulated server in virtual time, paced by the lane that
 * production uses, or by an oracle that sees the server's state. */
#ifndef SLUICE_TESTS_SIM_SIM_H
#define SLUICE_TESTS_SIM_SIM_H

#include "sim/scenario.h"

/* One second of a run, of all instances together. */
struct sim_second {
	uint32_t sent, ok, refused, failed;
	double ok_cost;
};

/* The view of the first instance's lane at the end of a second. */
struct sim_sample {
	double rate;
	int concurrency, in_flight;
	char belief[96];
};

enum { SIM_INSTANCES = 64 };

/* The result of a run; sim_result_free() releases it. */
struct sim_result {
	int seconds;
	struct sim_second *second;
	struct sim_sample *sample; /* one a second if the scenario asks for a series; else NULL */
	/* refused: by a limit, a disturbance or an outage */
	double ok, refused, failed, ok_cost;
	uint64_t timeouts;
	uint64_t given_up;                 /* items that failed for good */
	double p50_s, p99_s;               /* latency of successes, second half */
	int64_t last_ok_us;                /* when the last success came */
	double instance_ok[SIM_INSTANCES]; /* per second, from a minute after the last start */
};

enum sim_pacing { SIM_LANE, SIM_ORACLE };

/* Runs a scenario. items: how many each instance has; 0: endless. */
struct sim_result sim_run(const struct scenario *sc, enum sim_pacing pacing, uint64_t items);
void sim_result_free(struct sim_result *r);

/* The same work under the lane and under the oracle; all times in s, negative: never. */
struct sim_figures {
	double goodput, oracle; /* per second: requests, or tokens where tokens are the limit */
	double ratio;           /* goodput / oracle */
	double share_429;       /* of refusals, whatever their status */
	double converge_s;      /* to 90 % of the oracle's goodput */
	double settle_down_s, settle_up_s; /* after the first and second step */
	/* from each time the limit is free again to 90 % of its capacity over a span; recover_s:
	 * the longest of them, negative when there is none */
	double recovery_s[SIM_FREE];
	int recoveries;
	double recover_s;
	uint64_t timeouts, given_up;
	double p50_s, p99_s;
	double instance_least, instance_mean, instance_most; /* goodput of the instances */
};

struct sim_figures sim_measure(const struct scenario *sc);
/* sim_measure() in steps: the oracle's run, and the figures of two runs. */
struct sim_result sim_run_oracle(const struct scenario *sc);
struct sim_figures sim_compare(
	const struct scenario *sc, const struct sim_result *lane, const struct sim_result *oracle);

/* Prints a run's seconds as JSON lines beside the oracle's; nothing without samples. */
void series_print(const struct sim_result *lane, const struct sim_result *oracle);

#endif
