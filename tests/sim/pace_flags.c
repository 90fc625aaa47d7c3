#include "sim/pace_flags.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/pace_values.h"
#include "sim/sim.h"
#include "sim/worlds.h"

static const char usage[] =
	"usage: pace_sim [options]      all limits 0: off; times in seconds\n"
	"  --world NAME                 starts from a world of the zoo; --worlds names them\n"
	"limits (all that are given hold at once)\n"
	"  --rps N --burst N            request bucket: refill per second, size (one second's)\n"
	"  --gap S                      no burst: so long between any two\n"
	"  --tpm N --token-burst N      token bucket: refill per minute, size (one minute's)\n"
	"  --window N/S --phase S       fixed window of S seconds, begun S before the start\n"
	"  --window-first               it begins with the first request after the last one\n"
	"  --sliding N/S                at most N accepted in any S seconds\n"
	"  --used-up                    the window's quota is used up at the start\n"
	"  --conc N                     refuses above so many in flight\n"
	"  --slots N                    vLLM-like: so many served at once, others queue;\n"
	"                               each alone takes --latency, all together 3.5 times that\n"
	"  --steps T:N,T:N              from T on the limit is N: of --rps, else --conc, "
	"--window,\n"
	"                               --sliding; else, and with N%, percent of all limits\n"
	"answers\n"
	"  --latency S --sigma X        lognormal latency: mean and sigma\n"
	"  --refusal-latency S|S-S      of a refusal: S +-50 %, or from-to\n"
	"  --errors X                   share of 500s\n"
	"  --refusal-status N           of refusals (429)\n"
	"  --conc-status 429|503|0      of those by --conc; 0: the connection is reset\n"
	"  --refusals-count             a refused request consumes quota (bucket, sliding)\n"
	"  --retry-after none|ms|seconds|N   N: always so many seconds\n"
	"  --headers none|openai|anthropic|draft6|draft7|draft8|x|epoch-ms|day|zero|full|stale\n"
	"                               stale: openai, as of the moment of admission\n"
	"  --headers-at done|admit      of which moment\n"
	"  --reset-precision S          resets are rounded up to a multiple of it\n"
	"disturbances\n"
	"  --neighbour SHARE/S          takes so much of the limits, on and off\n"
	"  --hog F:T[,F:T]              another client takes (almost) all from F to T\n"
	"  --noise X[:RA]               share refused whatever the rate, with that Retry-After\n"
	"  --outage F:T[,F:T]           503 for all; may be repeated\n"
	"  --jitter S                   of the network; timers are up to 1 ms late with it\n"
	"client\n"
	"  --tokens heavy|fixed:N       tokens of an item\n"
	"  --seconds S --timeout S --max-concurrency N --seed N\n"
	"  --instances N --stagger S    so many clients, S between their starts\n"
	"  --learned RATE,WINDOW         of an earlier session\n"
	"  --free T[,T]                 recover_s counts from there; else from the ends of\n"
	"                               disturbances and from steps upwards\n"
	"  --pace auto|aimd|fixed\n"
	"  --explain                    each decision of the pace as a line, on stderr\n"
	"  --series                     a JSON line for each second, before that of all\n";

/* An option: the reader of its value, and the member for a plain value. */
struct flag {
	const char *name;
	bool (*read)(struct reading *r, const char *value, size_t at);
	size_t at;
	int argument; /* as of struct option */
};

static void fail(const char *option, const char *value)
{
	fprintf(stderr, "pace_sim: --%s: bad value '%s'; see --help\n", option, value);
	exit(2);
}

static bool read_world(struct reading *r, const char *value, size_t at)
{
	const struct scenario *world = world_by_name(value);

	(void)at;
	if (world)
		r->sc = *world;
	return world;
}

static bool print_worlds(struct reading *r, const char *value, size_t at)
{
	const struct scenario *world;

	(void)r, (void)value, (void)at;
	for (int i = 0; (world = world_at(i)); i++)
		puts(world->name);
	exit(0);
}

static bool print_usage(struct reading *r, const char *value, size_t at)
{
	(void)r, (void)value, (void)at;
	fputs(usage, stdout);
	exit(0);
}

/* --- all --- */

#define NUMBER(name, member)                                                                       \
	{                                                                                          \
		name, read_number, offsetof(struct scenario, member), 1                            \
	}
#define COUNT(name, member)                                                                        \
	{                                                                                          \
		name, read_count, offsetof(struct scenario, member), 1                             \
	}
#define STATUS(name, member)                                                                       \
	{                                                                                          \
		name, read_status, offsetof(struct scenario, member), 1                            \
	}
#define SPANS(name, member)                                                                        \
	{                                                                                          \
		name, read_spans, offsetof(struct scenario, member), 1                             \
	}
#define YES(name, member)                                                                          \
	{                                                                                          \
		name, read_yes, offsetof(struct scenario, member), 0                               \
	}

static const struct flag flags[] = {{"world", read_world, 0, 1}, {"worlds", print_worlds, 0, 0},
	{"help", print_usage, 0, 0}, NUMBER("rps", rps), NUMBER("burst", burst),
	NUMBER("gap", gap_s), {"tpm", read_tpm, 0, 1}, NUMBER("token-burst", token_burst),
	{"window", read_window, 0, 1}, NUMBER("phase", window_phase_s),
	YES("window-first", window_first), {"sliding", read_sliding, 0, 1}, YES("used-up", used_up),
	COUNT("conc", concurrency), COUNT("slots", slots), {"steps", read_steps, 0, 1},
	NUMBER("latency", latency_s), NUMBER("sigma", sigma),
	{"refusal-latency", read_refusal_latency, 0, 1}, NUMBER("errors", errors),
	STATUS("refusal-status", refusal_status), STATUS("conc-status", concurrency_status),
	YES("refusals-count", refusals_count), {"retry-after", read_retry_after, 0, 1},
	{"headers", read_headers, 0, 1}, {"headers-at", read_headers_at, 0, 1},
	NUMBER("reset-precision", reset_precision_s), {"neighbour", read_neighbour, 0, 1},
	SPANS("hog", hog), {"noise", read_noise, 0, 1}, SPANS("outage", outage),
	NUMBER("jitter", jitter_s), {"tokens", read_tokens, 0, 1}, NUMBER("seconds", seconds),
	NUMBER("timeout", timeout_s), COUNT("max-concurrency", max_concurrency),
	{"seed", read_seed, 0, 1}, COUNT("instances", instances), NUMBER("stagger", stagger_s),
	{"learned", read_learned, 0, 1}, YES("explain", explain), YES("series", series),
	{"free", read_free, 0, 1}, {"pace", read_pace, 0, 1}};

enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };

/* The unit of the N in --steps. */
static double stepped_limit(const struct scenario *sc)
{
	const double limits[] = {
		sc->rps, sc->concurrency, sc->window_quota, sc->sliding_quota, 100};
	int i = 0;

	while (limits[i] <= 0)
		i++;
	return limits[i];
}

static bool take_step(struct reading *r, const char *part, size_t at)
{
	double limit = stepped_limit(&r->sc), s;
	struct sim_step *step = r->sc.step;
	char text[64];
	size_t len = strlen(part);
	int i = 0;

	(void)at;
	if (len >= sizeof(text))
		return false;
	memcpy(text, part, len + 1);
	if (len && text[len - 1] == '%') {
		text[len - 1] = '\0';
		limit = 100;
	}
	while (i < SIM_STEPS && step[i].at_s > 0)
		i++;
	if (i == SIM_STEPS || !parse_pair(text, ':', &s, &step[i].factor) || s <= 0)
		return false;
	step[i].at_s = s;
	step[i].factor /= limit;
	return step[i].factor > 0;
}

/* Applies what depends on several options. */
static void finish(struct reading *r)
{
	struct scenario *sc = &r->sc;

	if (r->steps) {
		memset(sc->step, 0, sizeof(sc->step));
		if (!parse_list(r, r->steps, take_step, 0))
			fail("steps", r->steps);
	}
	if (sc->burst <= 0)
		sc->burst = sc->rps > 1 ? sc->rps : 1;
	if (sc->tps > 0 && sc->token_burst <= 0)
		sc->token_burst = 60 * sc->tps;
	if (sc->seconds < 1 || sc->seconds > 1e6)
		fail("seconds", "out of range");
	if (sc->instances > SIM_INSTANCES)
		fail("instances", "too many");
	if (sc->latency_s <= 0)
		fail("latency", "0");
	if (sc->refusal_status == SIM_RESET)
		fail("refusal-status", "0");
}

struct scenario pace_flags_read(int argc, char **argv)
{
	struct reading r = {scenario_default(), NULL};
	struct option options[FLAGS + 1] = {{0}};
	int c, i = 0;

	for (int k = 0; k < FLAGS; k++)
		options[k] = (struct option){flags[k].name, flags[k].argument, NULL, 0};
	while ((c = getopt_long(argc, argv, "", options, &i)) != -1) {
		const char *value = optarg ? optarg : "";

		if (c != 0)
			exit(2);
		if (!flags[i].read(&r, value, flags[i].at))
			fail(flags[i].name, value);
	}
	if (optind < argc) {
		fprintf(stderr, "pace_sim: unexpected argument '%s'; see --help\n", argv[optind]);
		exit(2);
	}
	finish(&r);
	return r.sc;
}
