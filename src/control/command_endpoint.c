/* Commands about one of several endpoints. */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "control/command_impl.h"

/* Copies the first word of args; returns the text after it. */
static const char *first_word(const char *args, char *out, size_t size)
{
	size_t len = strcspn(args, " \t");

	snprintf(out, size, "%.*s", (int)len, args);
	return args + len + strspn(args + len, " \t");
}

/* The names of the routes of this run. */
static const char *word_of(const struct engine *e)
{
	return !e->sources.tasks_are_items ? "stage" : "endpoint";
}

/* There is no such one: which there are. */
static bool refuse_name(struct engine *e, const char *name, struct command_reply *reply)
{
	char names[200];
	size_t len = 0;

	for (int i = 0; i < e->routes.n && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "",
			e->routes.at[i].name);
	if (!*name)
		return command_say(
			reply, false, "usage: endpoint NAME [COMMAND]; the names are %s", names);
	return command_say(reply, false, "no %s \"%s\"; the names are %s", word_of(e), name, names);
}

static bool choose(struct engine *e, int i, struct command_reply *reply)
{
	e->routes.chosen = i;
	return command_say(reply, true, "%s %s is selected for the limit keys", word_of(e),
		e->routes.at[i].name);
}

static bool set_weight(struct engine *e, int i, const char *args, struct command_reply *reply)
{
	struct route *route = &e->routes.at[i];
	double weight, others = 0;

	if (!e->sources.tasks_are_items)
		return command_say(reply, false, "stages have no weight");
	for (int k = 0; k < e->routes.n; k++)
		others += k == i ? 0 : e->routes.at[k].weight;
	if (!parse_double(args, &weight) || weight < 0)
		return command_say(reply, false, "endpoint %s weight: give a number of at least 0",
			route->name);
	if (weight + others <= 0)
		return command_say(
			reply, false, "at least one endpoint must have a weight above 0");
	route->weight = weight;
	return command_say(reply, true, "endpoint %s: weight %g", route->name, weight);
}

/* The commands about limits, for this endpoint alone. */
static bool set_limit(struct control *c, int i, const char *text, struct command_reply *reply)
{
	static const struct {
		const char *name;
		command_run_fn *run;
	} commands[] = {
		{"set concurrency", command_set_concurrency},
		{"set rate", command_set_rate},
		{"set rpm", command_set_rpm},
		{"set tpm", command_set_tpm},
		{"auto", command_auto},
		{"forget", command_forget},
		{"resume hold", command_resume_hold},
	};
	struct engine *e = c->engine;
	struct command_reply inner = {.ok = false};
	int chosen = e->routes.chosen;
	bool ok;

	for (size_t k = 0; k < sizeof(commands) / sizeof(commands[0]); k++) {
		size_t len = strlen(commands[k].name);

		if (strncmp(text, commands[k].name, len) || (text[len] && text[len] != ' '))
			continue;
		e->routes.chosen = i;
		ok = commands[k].run(c, text + len + strspn(text + len, " \t"), &inner);
		e->routes.chosen = chosen;
		return command_say(
			reply, ok, "%s %s: %s", word_of(e), e->routes.at[i].name, inner.text);
	}
	return command_say(reply, false,
		"endpoint %s takes pause, resume, weight N, set concurrency|rate|rpm|tpm N, auto, "
		"forget or resume hold",
		e->routes.at[i].name);
}

bool command_endpoint(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;
	char name[ENDPOINT_NAME_SIZE], word[16];
	const char *what = first_word(args, name, sizeof(name));
	const char *value = first_word(what, word, sizeof(word));
	int i = routes_find(&e->routes, name);

	if (i == ROUTE_NONE)
		return refuse_name(e, name, reply);
	if (!what[0])
		return choose(e, i, reply);
	if (!strcmp(word, "weight"))
		return set_weight(e, i, value, reply);
	if (!value[0] && (!strcmp(word, "pause") || !strcmp(word, "resume"))) {
		e->routes.at[i].paused = word[0] == 'p';
		return command_say(reply, true, "%s %s: %sd", word_of(e), name, word);
	}
	return set_limit(c, i, what, reply);
}

bool command_next_endpoint(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	(void)args;
	if (e->routes.n < 2)
		return command_say(reply, false, "there is only one %s", word_of(e));
	return choose(e, (e->routes.chosen + 1) % e->routes.n, reply);
}
