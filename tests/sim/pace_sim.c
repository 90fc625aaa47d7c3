/* Runs one scenario of pacing from flags, in virtual time, and prints one JSON line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "sim/sim.h"

static const char usage[] =
	"usage: pace_sim [options]      all limits 0: off; times in seconds\n"
	"  --rps N --burst N            request bucket: refill per second, size (one second's)\n"
	"  --tpm N --token-burst N      token bucket: refill per minute, size (one minute's)\n"
	"  --window N/S --phase S       fixed window of S seconds\n"
	"  --conc N                     429 above so many in flight\n"
	"  --slots N                    vLLM-like: so many served at once, others queue;\n"
	"                               each alone takes --latency, all together 3.5 times that\n"
	"  --latency S --sigma X        lognormal latency: mean and sigma\n"
	"  --refusal-latency S|S-S      of a refusal: S +-50 %, or from-to\n"
	"  --steps T:N,T:N              from T on the limit is N (of --rps; else percent)\n"
	"  --neighbour SHARE/S          takes so much of the limits, on and off\n"
	"  --errors X                   share of 500s\n"
	"  --refusals-count             a refused request consumes quota\n"
	"  --retry-after none|ms|seconds\n"
	"  --headers none|openai|anthropic|stale\n"
	"  --outage FROM:TO             503 for all\n"
	"  --tokens heavy|fixed:N       tokens of an item\n"
	"  --seconds S --timeout S --max-concurrency N --seed N\n"
	"  --pace auto|aimd|fixed\n";

static void fail(const char *option, const char *value)
{
	fprintf(stderr, "pace_sim: %s: bad value '%s'\n%s", option, value, usage);
	exit(2);
}

/* "A<separator>B" as two numbers. */
static bool parse_pair(const char *text, char separator, double *a, double *b)
{
	const char *at = strchr(text, separator);
	char first[32];

	if (!at || (size_t)(at - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(at - text));
	first[at - text] = '\0';
	return parse_double(first, a) && parse_double(at + 1, b);
}

static bool parse_word(const char *text, const char *const *words, int *out)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(text, words[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* "T:N,T:N" into the steps; the factors are still limits. */
static bool parse_steps(const char *text, struct scenario *sc)
{
	char *copy = strdup(text), *rest = copy, *part;
	bool ok = copy != NULL;

	for (int i = 0; ok && (part = strtok_r(rest, ",", &rest)); i++)
		ok = i < SIM_STEPS && parse_pair(part, ':', &sc->step[i].at_s, &sc->step[i].factor);
	free(copy);
	return ok;
}

static bool parse_refusal_latency(const char *text, struct scenario *sc)
{
	double s;

	if (parse_pair(text, '-', &sc->refusal_least_s, &sc->refusal_most_s))
		return true;
	if (!parse_double(text, &s))
		return false;
	sc->refusal_least_s = 0.5 * s;
	sc->refusal_most_s = 1.5 * s;
	return true;
}

static bool parse_tokens(const char *text, struct scenario *sc)
{
	sc->tokens_sigma = 0;
	if (!strncmp(text, "fixed:", 6))
		return parse_double(text + 6, &sc->tokens) && sc->tokens > 0;
	sc->tokens = 1000;
	sc->tokens_sigma = 1;
	return !strcmp(text, "heavy");
}

/* Options that are one number, with where it goes. */
static double *number_of(struct scenario *sc, const char *name)
{
	const struct {
		const char *name;
		double *at;
	} numbers[] = {{"rps", &sc->rps}, {"burst", &sc->burst}, {"tpm", &sc->tps},
		{"token-burst", &sc->token_burst}, {"phase", &sc->window_phase_s},
		{"latency", &sc->latency_s}, {"sigma", &sc->sigma}, {"errors", &sc->errors},
		{"seconds", &sc->seconds}, {"timeout", &sc->timeout_s}};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!strcmp(name, numbers[i].name))
			return numbers[i].at;
	}
	return NULL;
}

static bool parse_integer(struct scenario *sc, const char *name, const char *value)
{
	int64_t n;

	if (!parse_count(value, 0, INT32_MAX, &n))
		return false;
	if (!strcmp(name, "conc"))
		sc->concurrency = (int)n;
	else if (!strcmp(name, "slots"))
		sc->slots = (int)n;
	else if (!strcmp(name, "max-concurrency"))
		sc->max_concurrency = (int)n;
	else
		sc->seed = (uint64_t)n;
	return true;
}

static bool parse_option(struct scenario *sc, const char *name, const char *value)
{
	static const char *const paces[] = {"auto", "aimd", "fixed", NULL};
	static const char *const waits[] = {"none", "seconds", "ms", NULL};
	static const char *const headers[] = {"none", "openai", "anthropic", "stale", NULL};
	double *number = number_of(sc, name);
	bool ok;
	int i = 0;

	if (number)
		return parse_double(value, number) && *number >= 0;
	if (!strcmp(name, "window"))
		return parse_pair(value, '/', &sc->window_quota, &sc->window_s);
	if (!strcmp(name, "outage"))
		return parse_pair(value, ':', &sc->outage_from_s, &sc->outage_to_s);
	if (!strcmp(name, "neighbour"))
		return parse_pair(value, '/', &sc->neighbour_share, &sc->neighbour_s);
	if (!strcmp(name, "steps"))
		return parse_steps(value, sc);
	if (!strcmp(name, "tokens"))
		return parse_tokens(value, sc);
	if (!strcmp(name, "refusal-latency"))
		return parse_refusal_latency(value, sc);
	if (!strcmp(name, "refusals-count"))
		return sc->refusals_count = true;
	if (!strcmp(name, "pace")) {
		ok = parse_word(value, paces, &i);
		sc->pace = (enum pace_mode)i;
	} else if (!strcmp(name, "retry-after")) {
		ok = parse_word(value, waits, &i);
		sc->retry_after = (enum sim_retry_after)i;
	} else if (!strcmp(name, "headers")) {
		ok = parse_word(value, headers, &i);
		sc->headers = (enum sim_headers)i;
	} else {
		ok = parse_integer(sc, name, value);
	}
	return ok;
}

/* What depends on several options. */
static void finish(struct scenario *sc)
{
	double limit = sc->rps > 0 ? sc->rps : 100;

	for (int i = 0; i < SIM_STEPS; i++)
		sc->step[i].factor /= limit;
	if (sc->burst <= 0)
		sc->burst = sc->rps > 1 ? sc->rps : 1;
	if (sc->tps > 0 && sc->token_burst <= 0)
		sc->token_burst = sc->tps;
	sc->tps /= 60;
	if (sc->window_quota <= 0)
		sc->window_s = 0;
	if (sc->seconds < 1 || sc->seconds > 1e6)
		fail("seconds", "out of range");
}

static void print_time(const char *name, double s, const char *behind)
{
	if (s < 0)
		printf("\"%s\":null%s", name, behind);
	else
		printf("\"%s\":%.3f%s", name, s, behind);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"rps", 1, 0, 0}, {"burst", 1, 0, 0},
		{"tpm", 1, 0, 0}, {"token-burst", 1, 0, 0}, {"window", 1, 0, 0}, {"phase", 1, 0, 0},
		{"conc", 1, 0, 0}, {"slots", 1, 0, 0}, {"latency", 1, 0, 0}, {"sigma", 1, 0, 0},
		{"refusal-latency", 1, 0, 0}, {"steps", 1, 0, 0}, {"neighbour", 1, 0, 0},
		{"errors", 1, 0, 0}, {"refusals-count", 0, 0, 0}, {"retry-after", 1, 0, 0},
		{"headers", 1, 0, 0}, {"outage", 1, 0, 0}, {"tokens", 1, 0, 0},
		{"seconds", 1, 0, 0}, {"timeout", 1, 0, 0}, {"max-concurrency", 1, 0, 0},
		{"seed", 1, 0, 0}, {"pace", 1, 0, 0}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
	struct scenario sc = scenario_default();
	struct sim_figures f;
	int c, i;

	while ((c = getopt_long(argc, argv, "h", options, &i)) != -1) {
		if (c != 0) {
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
		if (!parse_option(&sc, options[i].name, optarg ? optarg : ""))
			fail(options[i].name, optarg ? optarg : "");
	}
	if (optind < argc)
		fail("argument", argv[optind]);
	finish(&sc);
	f = sim_measure(&sc);
	printf("{\"goodput\":%.3f,\"oracle\":%.3f,\"ratio\":%.4f,\"share_429\":%.5f,", f.goodput,
		f.oracle, f.ratio, f.share_429);
	print_time("converge_s", f.converge_s, ",");
	print_time("settle_down_s", f.settle_down_s, ",");
	print_time("settle_up_s", f.settle_up_s, ",");
	printf("\"timeouts\":%llu,\"given_up\":%llu,", (unsigned long long)f.timeouts,
		(unsigned long long)f.given_up);
	print_time("p50_s", f.p50_s, ",");
	print_time("p99_s", f.p99_s, "}\n");
	return 0;
}
