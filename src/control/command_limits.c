/* Commands about limits: each takes a number, a change or a word. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "control/command_impl.h"
#include "pace/lane_hand.h"

enum { CONCURRENCY_MAX = 65536 };

/* The limits are those of the endpoint: any of its lanes takes them. */
static struct lane *engine_lane(const struct engine *e)
{
	return lanes_at(engine_lanes(e), 0);
}

/* The value that an argument requests. */
struct wish {
	bool off; /* "off" or "auto" */
	double value;
};

/* N, +N, -N, +P% or -P% of the value in force (now; negative: none), or the word. The reply has the
 * error. */
static bool read_wish(const char *name, const char *word, const char *args, double now,
	struct wish *out, struct command_reply *reply)
{
	size_t len = strlen(args);
	bool relative = args[0] == '+' || args[0] == '-';
	bool percent = len && args[len - 1] == '%';
	char number[32];
	double v, scale = 1;
	size_t digits = len - percent;

	*out = (struct wish){.off = !strcmp(args, word)};
	if (out->off)
		return true;
	if (digits > 1 && strchr("kM", args[digits - 1])) {
		scale = args[digits - 1] == 'k' ? 1e3 : 1e6;
		digits--;
	}
	snprintf(number, sizeof(number), "%.*s", (int)digits, args);
	if (digits >= sizeof(number) || (percent && !relative) ||
		!parse_double(number + (number[0] == '+'), &v))
		return command_say(reply, false,
			"set %s: \"%s\" is not a number, +N, -N, +P%%, -P%% or %s", name, args,
			word);
	v *= scale;
	if (relative && now < 0)
		return command_say(
			reply, false, "set %s: the limit is not set yet: give a number", name);
	out->value = !relative ? v : percent ? now * (1 + v / 100) : now + v;
	return true;
}

static bool reply_change(struct command_reply *reply, const char *name, const char *word,
	double before, const struct wish *w)
{
	char a[24], b[24];

	return command_say(reply, true, "%s %s to %s", name,
		before < 0 ? word : text_limit(before, a, sizeof(a)),
		w->off ? word : text_limit(w->value, b, sizeof(b)));
}

bool command_set_concurrency(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;
	int before = lanes_concurrency(engine_lanes(e));
	bool relative = args[0] == '+' || args[0] == '-';
	struct wish w;

	if (!read_wish("concurrency", "auto", args, before, &w, reply))
		return false;
	w.value = relative ? round(w.value) : w.value;
	/* a few percent of a small number still change it */
	if (relative && w.value == before)
		w.value += args[0] == '+' ? 1 : -1;
	if (relative)
		w.value = fmax(1, fmin(CONCURRENCY_MAX, w.value));
	if (!w.off && (w.value < 1 || w.value > CONCURRENCY_MAX || w.value != floor(w.value)))
		return command_say(reply, false, "set concurrency: a whole number from 1 to %d",
			CONCURRENCY_MAX);
	lane_set_concurrency(engine_lane(e), e->now_us, w.off ? 0 : (int)w.value);
	if (!w.off && lanes_concurrency(engine_lanes(e)) < (int)w.value)
		return command_say(reply, true,
			"concurrency %d: the limit on open files (ulimit -n) allows no more",
			lanes_concurrency(engine_lanes(e)));
	return reply_change(reply, "concurrency", "auto", before, &w);
}

static struct lane_view limits_of(const struct engine *e)
{
	struct lane_view v;

	lane_view(engine_lane(e), e->now_us, &v);
	return v;
}

/* Sets a limit of the lane by its lane_set_NAME(); used: the value in force, negative: none. */
static bool set_limit(struct engine *e, const char *name, const char *word, const char *args,
	double used, void (*set)(struct lane *l, int64_t now_us, double value),
	struct command_reply *reply)
{
	double before = used > 0 ? used : -1;
	struct wish w;

	if (!read_wish(name, word, args, before, &w, reply))
		return false;
	if (!w.off && w.value <= 0)
		return command_say(reply, false,
			"set %s: the limit must stay above 0; %s removes it", name, word);
	set(engine_lane(e), e->now_us, w.off ? 0 : w.value);
	return reply_change(reply, name, word, before, &w);
}

bool command_set_rate(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	return set_limit(e, "rate", "auto", args, limits_of(e).rate.used, lane_set_rate, reply);
}

bool command_set_rpm(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	return set_limit(e, "rpm", "off", args, limits_of(e).rpm.used, lane_set_rpm, reply);
}

bool command_set_tpm(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	return set_limit(e, "tpm", "off", args, limits_of(e).tpm.used, lane_set_tpm, reply);
}

/* Sets the budget. That is the answer to the question about it: the run goes on. */
static bool set_budget(struct engine *e, const char *name, const char *args, double *limit,
	struct command_reply *reply)
{
	double before = *limit > 0 ? *limit : -1;
	struct wish w;

	if (!read_wish(name, "off", args, before, &w, reply))
		return false;
	if (!w.off && w.value <= 0)
		return command_say(reply, false, "set %s: the value must stay above 0", name);
	*limit = w.off ? 0 : w.value;
	if (e->life.question)
		engine_stop(e, MODE_RUNNING, "");
	return reply_change(reply, name, "off", before, &w);
}

bool command_set_budget_tokens(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	return set_budget(e, "budget tokens", args, &e->costs.budget.tokens, reply);
}

bool command_set_budget_usd(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	if (model_costs_usd(&e->costs.models) < 0)
		return command_say(
			reply, false, "set budget usd: no price is known: run with --price");
	return set_budget(e, "budget usd", args, &e->costs.budget.usd, reply);
}

bool command_auto(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	(void)args;
	lane_auto(engine_lane(e), e->now_us);
	return command_say(reply, true, "limits are back to auto");
}

bool command_forget(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	(void)args;
	lanes_forget(engine_lanes(e), e->now_us);
	return command_say(reply, true, "the learned limits are cleared");
}

bool command_resume_hold(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	(void)args;
	if (!lanes_skip_holds(engine_lanes(e), e->now_us))
		return command_say(reply, false, "there is no hold");
	return command_say(reply, true, "the hold has ended");
}
