#include "figures_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

const char *figures_tokens(
	double in, double cached, double written, double made, char out[FIGURES_TEXT_SIZE])
{
	char read[16], stored[16], all[16], output[16];

	text_count(cached, read, sizeof(read));
	text_count(written, stored, sizeof(stored));
	text_count(in, all, sizeof(all));
	text_count(made, output, sizeof(output));
	if (cached > 0 && written > 0)
		snprintf(out, FIGURES_TEXT_SIZE,
			"%s in (%s cached, %s written to the cache), %s out", all, read, stored,
			output);
	else if (cached > 0)
		snprintf(out, FIGURES_TEXT_SIZE, "%s in (%s cached), %s out", all, read, output);
	else if (written > 0)
		snprintf(out, FIGURES_TEXT_SIZE, "%s in (%s written to the cache), %s out", all,
			stored, output);
	else
		snprintf(out, FIGURES_TEXT_SIZE, "%s in, %s out", all, output);
	return out;
}

const char *figures_estimated(double in, double made, char out[FIGURES_TEXT_SIZE])
{
	char all[16], output[16];

	snprintf(out, FIGURES_TEXT_SIZE, "about %s tokens in, %s out, which answers did not report",
		text_count(in, all, sizeof(all)), text_count(made, output, sizeof(output)));
	return out;
}

const char *figures_part(const struct input_part *p, char out[FIGURES_TEXT_SIZE])
{
	char of[40] = "";

	if (p->of)
		snprintf(of, sizeof(of), " of %s%" PRIu64, p->of_estimated ? "about " : "", p->of);
	if (p->first)
		snprintf(out, FIGURES_TEXT_SIZE, "the first %" PRIu64 "%s items", p->first, of);
	else
		snprintf(out, FIGURES_TEXT_SIZE,
			"a sample of %" PRIu64 "%s items (seed %" PRIu64 ")", p->sample, of,
			p->seed);
	return out;
}

const char *figures_cost(double usd, double unpriced, char out[FIGURES_TEXT_SIZE])
{
	char known[16];

	text_usd(usd, known, sizeof(known));
	if (unpriced > 0)
		snprintf(out, FIGURES_TEXT_SIZE, "%s%s for %.0f answer%s without a price", known,
			usd < 0 ? "" : " and ?", unpriced, unpriced == 1 ? "" : "s");
	else
		snprintf(out, FIGURES_TEXT_SIZE, "%s", known);
	return out;
}

const char *figures_speed_up(double times, char out[FIGURES_TEXT_SIZE])
{
	out[0] = '\0';
	if (times >= 1)
		snprintf(out, FIGURES_TEXT_SIZE, "%.1f times as fast as one at a time", times);
	return out;
}

const char *figures_eta(int64_t low_us, int64_t high_us, char out[FIGURES_TEXT_SIZE])
{
	static const struct {
		double below_s, unit_s;
		int decimals;
		char name;
	} units[] = {{100, 1, 0, 's'}, {100 * 60, 60, 0, 'm'}, {10 * 3600, 3600, 1, 'h'},
		{100 * 3600, 3600, 0, 'h'}, {1e300, 86400, 0, 'd'}};
	double low = (double)low_us / US_PER_S, high = (double)high_us / US_PER_S, scale;
	int u = 0;

	if (low_us < 0 || high_us < low_us) {
		snprintf(out, FIGURES_TEXT_SIZE, "-");
		return out;
	}
	while (high >= units[u].below_s)
		u++;
	scale = units[u].decimals ? 10 : 1;
	high = ceil(high / units[u].unit_s * scale) / scale;
	if (high > 999) {
		snprintf(out, FIGURES_TEXT_SIZE, ">999d");
		return out;
	}
	if (u && low < units[u].unit_s / scale) { /* it would begin at 0 minutes */
		snprintf(out, FIGURES_TEXT_SIZE, "%.0f%c-%.*f%c", floor(low / units[u - 1].unit_s),
			units[u - 1].name, units[u].decimals, high, units[u].name);
		return out;
	}
	low = floor(low / units[u].unit_s * scale) / scale;
	if (low == high)
		snprintf(out, FIGURES_TEXT_SIZE, "%.*f%c", units[u].decimals, high, units[u].name);
	else
		snprintf(out, FIGURES_TEXT_SIZE, "%.*f-%.*f%c", units[u].decimals, low,
			units[u].decimals, high, units[u].name);
	return out;
}
