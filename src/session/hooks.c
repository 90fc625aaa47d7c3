#include "session/hooks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/text.h"
#include "session/hook_environment.h"
#include "snapshot_json.h"

enum {
	INPUT_MAX = 1 << 20,
	WHY_MAX = 320, /* of an event */
};

static const double term_s = 30, kill_s = 5;

static const char *const names[HOOKS] = {[HOOK_END] = "--on-end", [HOOK_HOLD] = "--on-hold"};

struct hooks {
	struct hooks_config config;
	struct child child[HOOKS];
	unsigned dropped[HOOKS];
	bool hurried; /* by hooks_hurry() */
};

static const char *command_of(const struct hooks *h, enum hook which)
{
	const struct hook_settings *s = h->config.settings;

	return which == HOOK_END ? s->on_end : s->on_hold;
}

/* ---- its end ---- */

/* The last line that is not blank. */
static const char *last_line(const struct child_end *end, size_t *len)
{
	const char *stop = end->tail + end->tail_len, *start;

	while (stop > end->tail && (stop[-1] == '\n' || stop[-1] == '\r' || stop[-1] == ' '))
		stop--;
	for (start = stop; start > end->tail && start[-1] != '\n';)
		start--;
	*len = (size_t)(stop - start);
	return start;
}

static void describe(const struct hooks *h, const struct child_end *end, char *out, size_t size)
{
	double s = h->config.term_s;

	if (end->late && h->hurried)
		snprintf(out, size, "ended before it was done");
	else if (end->late)
		snprintf(out, size, "killed: it still ran after %g s", s);
	else if (WIFSIGNALED(end->status))
		snprintf(out, size, "killed by signal %d (%s)", WTERMSIG(end->status),
			strsignal(WTERMSIG(end->status)));
	else
		snprintf(out, size, "exit status %d", WEXITSTATUS(end->status));
}

/* Tells the reason, and the command's last words without the run's secrets. */
static void tell_failure(struct hooks *h, enum hook which, const struct child_end *end)
{
	char why[WHY_MAX], words[WHY_MAX / 2];
	struct buf scrubbed;
	const char *line;
	size_t len;

	describe(h, end, why, sizeof(why));
	line = last_line(end, &len);
	buf_init(&scrubbed, CHILD_TAIL * 16);
	if (secrets_scrub(h->config.secrets, line, len, &scrubbed)) {
		line = buf_str(&scrubbed);
		len = scrubbed.len;
	}
	text_sanitise(words, sizeof(words), line, len);
	if (*words)
		snprintf(why + strlen(why), sizeof(why) - strlen(why), ": %s", words);
	buf_free(&scrubbed);
	h->config.failed(h->config.ctx, names[which], why);
}

static void on_ended(struct child *c, const struct child_end *end)
{
	struct hooks *h = c->ctx;

	if (end->late || !WIFEXITED(end->status) || WEXITSTATUS(end->status))
		tell_failure(h, (enum hook)(c - h->child), end);
}

/* ---- calls ---- */

static void drop(struct hooks *h, enum hook which)
{
	char why[WHY_MAX];

	h->dropped[which]++;
	snprintf(why, sizeof(why),
		"the previous command still runs: this call is skipped (%u so "
		"far)",
		h->dropped[which]);
	h->config.failed(h->config.ctx, names[which], why);
}

static void start(struct hooks *h, enum hook which, const struct port *port, const char *exit_code)
{
	char *results = xmalloc(strlen(h->config.results) + 32);
	const char *more[] = {which == HOOK_END ? "SLUICE_HOOK=end" : "SLUICE_HOOK=hold", results,
		exit_code, NULL};
	struct buf input;
	struct json_writer w;
	struct error err = {""};
	char **environment;

	sprintf(results, "SLUICE_RESULTS=%s", h->config.results);
	environment = hook_environment(h->config.secrets, h->config.key_variables, more);
	buf_init(&input, INPUT_MAX);
	w = json_writer_to(&input);
	snapshot_json_of(&w, port);
	buf_addc(&input, '\n');
	if (!child_start(&h->child[which], command_of(h, which), environment, &input, &err))
		h->config.failed(h->config.ctx, names[which], err.text);
	hook_environment_free(environment);
	free(results);
}

bool hooks_has(const struct hooks *h, enum hook which)
{
	return command_of(h, which) != NULL;
}

void hooks_call(struct hooks *h, enum hook which, const struct port *port, int exit_code)
{
	char variable[40] = "";

	if (!hooks_has(h, which))
		return;
	if (child_runs(&h->child[which])) {
		drop(h, which);
		return;
	}
	if (exit_code >= 0)
		snprintf(variable, sizeof(variable), "SLUICE_EXIT_CODE=%d", exit_code);
	start(h, which, port, *variable ? variable : NULL);
}

unsigned hooks_dropped(const struct hooks *h, enum hook which)
{
	return h->dropped[which];
}

bool hooks_run(const struct hooks *h)
{
	for (int i = 0; i < HOOKS; i++)
		if (child_runs(&h->child[i]))
			return true;
	return false;
}

void hooks_hurry(struct hooks *h)
{
	h->hurried = true;
	for (int i = 0; i < HOOKS; i++)
		child_hurry(&h->child[i]);
}

/* ---- life ---- */

struct hooks *hooks_new(struct ev_loop *loop, const struct hooks_config *config)
{
	struct hooks *h = xcalloc(1, sizeof(*h));

	h->config = *config;
	if (h->config.term_s <= 0)
		h->config.term_s = term_s;
	if (h->config.kill_s <= 0)
		h->config.kill_s = kill_s;
	for (int i = 0; i < HOOKS; i++)
		child_init(&h->child[i], loop, h->config.term_s, h->config.kill_s, on_ended, h);
	return h;
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	for (int i = 0; i < HOOKS; i++)
		child_free(&h->child[i]);
	free(h);
}
