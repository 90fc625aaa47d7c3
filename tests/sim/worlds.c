#include "sim/worlds.h"

#include <stddef.h>
#include <string.h>

/* a world's own values override the defaults before them */
#pragma GCC diagnostic ignored "-Woverride-init"

#define WORLD(title, ...) SCENARIO(title, .seconds = 300, __VA_ARGS__)

/* Two kinds of servers with a limit of 30/s over 10 s; the first window ends at 7 s. */
#define FIXED   .window_s = 10, .window_quota = 300, .window_phase_s = 3, .seconds = 297
#define SLIDING .sliding_s = 10, .sliding_quota = 300
/* 50/s as 3,000 a minute, the first of which ends at 43 s */
#define MINUTE    .window_s = 60, .window_quota = 3000, .window_phase_s = 17
#define BUCKET(r) .rps = (r), .burst = (r)
#define RA_INT    .retry_after = SIM_RETRY_AFTER_SECONDS
#define RA(s)     .retry_after = SIM_RETRY_AFTER_CONSTANT, .retry_after_s = (s)

static const struct scenario worlds[] = {
	/* buckets */
	WORLD("bucket 100/s", BUCKET(100)),
	WORLD("bucket 50/s", BUCKET(50)),
	WORLD("bucket 100/s .1s", .rps = 100, .burst = 10),
	WORLD("bucket 100/s 60s", .seconds = 600, .rps = 100, .burst = 6000),
	WORLD("bucket RA s", BUCKET(50), RA_INT),
	WORLD("bucket .1s RA s", .rps = 50, .burst = 5, RA_INT),
	WORLD("bucket RA ms", BUCKET(50), .retry_after = SIM_RETRY_AFTER_MS),
	WORLD("no burst 50/s", .gap_s = 0.02, .jitter_s = 0.001, .latency_s = 0.3),
	WORLD("60 rpm", .seconds = 1800, .rps = 1, .burst = 5, .latency_s = 2),
	WORLD("500 rpm lat 8", .seconds = 900, .rps = 500.0 / 60, .burst = 8, .latency_s = 8),
	WORLD("lat 20", .seconds = 600, BUCKET(50), .latency_s = 20, .max_concurrency = 2048),
	WORLD("late refusals", BUCKET(50), .refusal_least_s = 0.8, .refusal_most_s = 1.5),
	WORLD("refusals count", BUCKET(50), .refusals_count = true),
	WORLD("5 % errors", BUCKET(50), .errors = 0.05),
	WORLD("80-40-80", .seconds = 450, BUCKET(80), .step = {{150, 0.5}, {300, 1}}),
	WORLD("80-8-80", .seconds = 450, BUCKET(80), .step = {{150, 0.1}, {300, 1}}),
	WORLD("neighbour half", .seconds = 450, BUCKET(80), .neighbour_share = 0.5,
		.neighbour_s = 40),
	WORLD("neighbour 90 %", .seconds = 450, BUCKET(80), .neighbour_share = 0.9,
		.neighbour_s = 40),
	WORLD("tpm", .seconds = 450, .tps = 20000, .token_burst = 60000, .tokens_sigma = 1,
		.latency_s = 4),
	WORLD("tpm 60s", .seconds = 450, .tps = 20000, .token_burst = 1200000, .tokens_sigma = 1,
		.latency_s = 4),
	WORLD("tpm drift", .seconds = 450, .tps = 20000, .token_burst = 60000, .tokens_sigma = 0.7,
		.latency_s = 4, .tokens_drift_s = 450),
	WORLD("tpm heavy", .seconds = 450, .tps = 5000, .token_burst = 40000, .tokens_sigma = 1.5,
		.latency_s = 6),
	/* small */
	WORLD("0.5/s lat 4", .seconds = 900, .rps = 0.5, .burst = 2, .latency_s = 4),
	WORLD("1/s b1 lat 10", .seconds = 900, .rps = 1, .burst = 1, .latency_s = 10),
	WORLD("2/s b2 lat 15", .seconds = 900, .rps = 2, .burst = 2, .latency_s = 15),
	WORLD("0.7/s RA s", .seconds = 900, .rps = 0.7, .burst = 2, .latency_s = 6, RA_INT),
	WORLD("conc 1 lat 1", .seconds = 400, .concurrency = 1, .latency_s = 1),
	WORLD("conc 1 lat 8", .seconds = 900, .concurrency = 1, .latency_s = 8),
	WORLD("conc 2 lat 5", .seconds = 600, .concurrency = 2, .latency_s = 5),
	WORLD("conc 4 lat 5", .seconds = 600, .concurrency = 4, .latency_s = 5),
	WORLD("conc 8 lat 15", .seconds = 900, .concurrency = 8, .latency_s = 15),
	/* concurrency */
	WORLD("conc 32", .seconds = 400, .concurrency = 32, .latency_s = 2),
	WORLD("conc 16 as 503", .concurrency = 16, .concurrency_status = 503, .latency_s = 0.2),
	WORLD("conc 20 resets", .concurrency = 20, .concurrency_status = SIM_RESET,
		.latency_s = 0.3),
	WORLD("conc 32-16-32", .seconds = 500, .concurrency = 32, .latency_s = 2,
		.step = {{200, 0.5}, {350, 1}}),
	WORLD("vllm 128", .seconds = 600, .slots = 128, .latency_s = 4.08),
	/* windows */
	WORLD("fixed 300/10 RA None", FIXED, .latency_s = 0.3),
	WORLD("fixed 300/10 RA int", FIXED, .latency_s = 0.3, RA_INT),
	WORLD("fixed 300/10 RA 1", FIXED, .latency_s = 0.3, RA(1)),
	WORLD("fixed 300/10 RA 3", FIXED, .latency_s = 0.3, RA(3)),
	WORLD("sliding 300/10 RA None", SLIDING, .latency_s = 0.3),
	WORLD("sliding 300/10 RA int", SLIDING, .latency_s = 0.3, RA_INT),
	WORLD("sliding 300/10 RA 1", SLIDING, .latency_s = 0.3, RA(1)),
	WORLD("sliding 300/10 RA 3", SLIDING, .latency_s = 0.3, RA(3)),
	WORLD("fixed 50/1", .window_s = 1, .window_quota = 50),
	WORLD("fixed 3000/60", .seconds = 583, MINUTE),
	WORLD("fixed 3000/60 RA", .seconds = 583, MINUTE, RA_INT),
	WORLD("sliding 600/60 RA 1", .seconds = 600, .sliding_s = 60, .sliding_quota = 600,
		.latency_s = 0.3, RA(1)),
	WORLD("sliding 100/5", .sliding_s = 5, .sliding_quota = 100),
	WORLD("sliding+ 300/10", SLIDING, .refusals_count = true, .latency_s = 0.3),
	WORLD("tarpit 300/10", SLIDING, .latency_s = 0.1, .refusal_least_s = 2.9,
		.refusal_most_s = 3.1),
	WORLD("fixed 30/60", .seconds = 943, .window_s = 60, .window_quota = 30,
		.window_phase_s = 17, .latency_s = 2),
	/* disturbances */
	WORLD("hog start 15 RA", FIXED, .latency_s = 0.1, .hog = {{0, 15}}, RA_INT),
	WORLD("hog start 60 RA", FIXED, .latency_s = 0.1, .hog = {{0, 60}}, RA_INT),
	WORLD("hog start 60", FIXED, .latency_s = 0.1, .hog = {{0, 60}}),
	WORLD("hog mid 15 RA", FIXED, .latency_s = 0.1, .hog = {{35, 50}}, RA_INT),
	WORLD("hog mid 15", FIXED, .latency_s = 0.1, .hog = {{35, 50}}),
	WORLD("hog mid 60", FIXED, .latency_s = 0.1, .hog = {{35, 95}}),
	WORLD("hog 600 s RA", FIXED, .seconds = 897, .latency_s = 0.1, .hog = {{40, 640}}, RA_INT),
	WORLD("hog 3 times", FIXED, .seconds = 397, .latency_s = 0.1,
		.hog = {{40, 50}, {90, 110}, {200, 250}}, RA_INT),
	WORLD("hog sliding", SLIDING, .latency_s = 0.3, .hog = {{40, 90}}),
	WORLD("hog bucket 60", BUCKET(50), .hog = {{40, 100}}),
	WORLD("hog bucket 5", BUCKET(50), .hog = {{40, 45}}, RA_INT),
	WORLD("hog conc", .concurrency = 32, .latency_s = 2, .hog = {{60, 100}}),
	WORLD("outage 45", BUCKET(50), .outage = {{100, 145}}),
	WORLD("outage 600", .seconds = 900, BUCKET(50), .outage = {{100, 700}}),
	WORLD("refused 5 s first", BUCKET(100), .outage = {{0, 5}}),
	WORLD("used up 60 s", .seconds = 283, MINUTE, .used_up = true),
	WORLD("used up 60 s RA", .seconds = 283, MINUTE, .used_up = true, RA_INT),
	WORLD("noise 1 % RA None", .seconds = 200, .max_concurrency = 128, .latency_s = 0.3,
		.noise = 0.01),
	WORLD("noise 1 % RA 1", .seconds = 200, .max_concurrency = 128, .latency_s = 0.3,
		.noise = 0.01, .noise_retry_after_s = 1),
	WORLD("noise 3 % RA None", .seconds = 200, .max_concurrency = 128, .latency_s = 0.3,
		.noise = 0.03),
	WORLD("noise 3 % RA 1", .seconds = 200, .max_concurrency = 128, .latency_s = 0.3,
		.noise = 0.03, .noise_retry_after_s = 1),
	WORLD("noise 10 % RA None", .seconds = 200, .max_concurrency = 128, .latency_s = 0.3,
		.noise = 0.1),
	WORLD("noise 10 % RA 1", .seconds = 200, .max_concurrency = 128, .latency_s = 0.3,
		.noise = 0.1, .noise_retry_after_s = 1),
	WORLD("noise 3 % + 50/s", BUCKET(50), .latency_s = 0.5, .noise = 0.03,
		.noise_retry_after_s = 1),
	WORLD("noise 3 % lat 8", .max_concurrency = 128, .latency_s = 8, .noise = 0.03),
	WORLD("unlimited", .seconds = 120, .max_concurrency = 256, .latency_s = 0.3),
	WORLD("stale low", BUCKET(100), .learned_rate = 1, .learned_window = 2),
	WORLD("stale high", BUCKET(5), .learned_rate = 500, .learned_window = 300),
	/* headers */
	WORLD("hdr ms", BUCKET(50), .headers = SIM_HEADERS_OPENAI),
	WORLD("hdr 60s bucket", .seconds = 600, .rps = 50, .burst = 3000,
		.headers = SIM_HEADERS_OPENAI, RA_INT),
	WORLD("hdr s raised", .seconds = 500, .rps = 20, .burst = 1200,
		.headers = SIM_HEADERS_ANTHROPIC, .step = {{200, 2}}),
	WORLD("hdr s raised small", .seconds = 500, .rps = 4, .burst = 8, .latency_s = 3,
		.headers = SIM_HEADERS_ANTHROPIC, .step = {{200, 2}}),
	WORLD("hdr lowered", .seconds = 500, .rps = 40, .burst = 2400,
		.headers = SIM_HEADERS_ANTHROPIC, .step = {{200, 0.5}, {350, 1}}),
	WORLD("hdr shared", .seconds = 450, BUCKET(50), .headers = SIM_HEADERS_OPENAI,
		.neighbour_share = 0.5, .neighbour_s = 40),
	WORLD("hdr window s", FIXED, .latency_s = 0.3, .headers = SIM_HEADERS_ANTHROPIC),
	WORLD("hdr window 60 shared", .seconds = 463, MINUTE, .headers = SIM_HEADERS_ANTHROPIC,
		.neighbour_share = 0.5, .neighbour_s = 60),
	WORLD("hdr sliding s", SLIDING, .latency_s = 0.3, .headers = SIM_HEADERS_ANTHROPIC),
	WORLD("hdr stale lat 8", .seconds = 450, BUCKET(50), .latency_s = 8,
		.headers = SIM_HEADERS_OPENAI, .headers_at_admission = true),
	WORLD("hdr per day", BUCKET(50), .headers = SIM_HEADERS_DAY),
	WORLD("hdr always 0", BUCKET(50), .headers = SIM_HEADERS_ZERO),
	WORLD("hdr always full", BUCKET(50), .headers = SIM_HEADERS_FULL),
	WORLD("hdr tpm", .seconds = 450, .tps = 20000, .token_burst = 1200000, .tokens_sigma = 1,
		.latency_s = 4, .headers = SIM_HEADERS_ANTHROPIC),
	/* several of us */
	WORLD("fair 2 together", .seconds = 400, BUCKET(50), .instances = 2, .stagger_s = 0.5,
		.jitter_s = 0.006),
	WORLD("fair 4 together", .seconds = 400, BUCKET(50), .instances = 4, .stagger_s = 0.5,
		.jitter_s = 0.006),
	WORLD("fair 2 later", .seconds = 400, BUCKET(50), .instances = 2, .stagger_s = 30,
		.jitter_s = 0.006),
	WORLD("fair 4 later", .seconds = 400, BUCKET(50), .instances = 4, .stagger_s = 20,
		.jitter_s = 0.006),
	WORLD("fair 2 window RA", FIXED, .seconds = 397, .latency_s = 0.3, .instances = 2,
		.stagger_s = 25, .jitter_s = 0.006, RA_INT),
	WORLD("fair 4 conc 32", .seconds = 500, .concurrency = 32, .latency_s = 2, .instances = 4,
		.stagger_s = 20, .jitter_s = 0.006),
};

const struct scenario *world_at(int i)
{
	return i < (int)(sizeof(worlds) / sizeof(worlds[0])) ? &worlds[i] : NULL;
}

const struct scenario *world_by_name(const char *name)
{
	const struct scenario *sc;

	for (int i = 0; (sc = world_at(i)); i++) {
		if (!strcmp(sc->name, name))
			return sc;
	}
	return NULL;
}
