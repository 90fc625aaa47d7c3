/* What keys and typed commands do: the dashboard's own commands, all others go to the engine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view.h"
#include "words.h"

static void engine_command(struct view *v, const char *text)
{
	struct command_reply reply = {0};

	if (v->overlay == OVERLAY_QUIT)
		view_set_overlay(v, OVERLAY_NONE);
	/* an ended run may be left, there is nothing more to harm */
	if (v->read_only && !(words_over(&v->snap) && !strcmp(text, "quit"))) {
		view_message(
			v, true, "read-only: \"%.60s\" was not sent; SIGTERM drains the run", text);
		return;
	}
	port_command(&v->port, text, &reply);
	view_message(v, !reply.ok, "%s", reply.text);
}

static void run_help(struct view *v, const char *args)
{
	(void)args;
	view_set_overlay(v, v->overlay == OVERLAY_HELP ? OVERLAY_NONE : OVERLAY_HELP);
}

static void run_back(struct view *v, const char *args)
{
	(void)args;
	if (v->overlay != OVERLAY_NONE)
		view_set_overlay(v, OVERLAY_NONE);
	else if (words_over(&v->snap))
		engine_command(v, "quit");
	else
		view_set_overlay(v, OVERLAY_QUIT);
}

static void run_redraw(struct view *v, const char *args)
{
	(void)args;
	v->want_redraw = true;
}

static void run_suspend(struct view *v, const char *args)
{
	(void)args;
	v->want_suspend = true;
}

static void run_scroll(struct view *v, const char *args)
{
	struct panel *p = v->overlay == OVERLAY_HELP ? &v->over : &v->panel[PANEL_ACTIVE];

	if (!p->ops->key(p, v, args))
		view_message(v, true, "scroll by +N, -N, +page, -page, home or end");
}

static void run_toggle(struct view *v, const char *args)
{
	if (strcmp(args, "pause") != 0)
		view_message(v, true, "only pause can be toggled");
	else
		engine_command(v, v->snap.state == RUN_PAUSED ? "resume" : "pause");
}

static void run_concurrency(struct view *v, const char *args)
{
	int step = v->snap.concurrency / 10;
	char text[48];

	if (strcmp(args, "up") != 0 && strcmp(args, "down") != 0) {
		view_message(v, true, "concurrency up or down");
		return;
	}
	snprintf(text, sizeof(text), "set concurrency %c%d", args[0] == 'u' ? '+' : '-',
		step > 0 ? step : 1);
	engine_command(v, text);
}

static void run_prompt(struct view *v, const char *args)
{
	snprintf(v->prompt, sizeof(v->prompt), "%s", args);
	view_set_overlay(v, OVERLAY_PROMPT);
}

static const struct ui_command commands[] = {
	{"help", "", "keys and commands", run_help},
	{"back", "", "close what is open; at the top quit", run_back},
	{"redraw", "", "draw the screen anew", run_redraw},
	{"suspend", "", "leave the terminal to the shell", run_suspend},
	{"scroll", "+N|-N|+page|-page|home|end", "move in a list", run_scroll},
	{"toggle", "pause", "pause or resume", run_toggle},
	{"concurrency", "up|down", "change it by a tenth", run_concurrency},
	{"prompt", "[TEXT]", "type a command", run_prompt},
};

const struct ui_command *ui_commands(size_t *n)
{
	*n = sizeof(commands) / sizeof(commands[0]);
	return commands;
}

const struct ui_command *ui_command_find(const char *text, const char **args)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t len = strlen(commands[i].name);

		if (strncmp(text, commands[i].name, len) != 0 || (text[len] && text[len] != ' '))
			continue;
		*args = text[len] ? text + len + 1 : "";
		return &commands[i];
	}
	return NULL;
}

void view_command(struct view *v, const char *text)
{
	const char *args;
	const struct ui_command *own = ui_command_find(text, &args);

	if (own)
		own->run(v, args);
	else if (*text)
		engine_command(v, text);
}

static void prompt_erase(char *text)
{
	size_t len = strlen(text);

	/* a whole character: its continuation bytes and the byte they continue */
	while (len > 0 && (text[len - 1] & 0xc0) == 0x80)
		len--;
	text[len > 0 ? len - 1 : 0] = '\0';
}

static void prompt_type(char *text, int key)
{
	char utf8[8], shown[16];
	size_t len = strlen(text), n;
	mbstate_t state = {0};

	n = wcrtomb(utf8, (wchar_t)key, &state);
	if (n == (size_t)-1 || len + n >= PROMPT_MAX)
		return;
	/* what the sanitiser would change does not belong into a command */
	if (text_sanitise(shown, sizeof(shown), utf8, n) == n && !memcmp(shown, utf8, n)) {
		memcpy(text + len, utf8, n);
		text[len + n] = '\0';
	}
}

static void prompt_key(struct view *v, int key)
{
	char text[PROMPT_MAX];

	switch (key) {
	case KEY_ESC:
	case KEY_CTRL_C:
		view_set_overlay(v, OVERLAY_NONE);
		break;
	case KEY_RETURN:
		memcpy(text, v->prompt, sizeof(text));
		view_set_overlay(v, OVERLAY_NONE);
		view_command(v, text);
		break;
	case KEY_RUBOUT:
		prompt_erase(v->prompt);
		break;
	case KEY_CTRL_U:
		v->prompt[0] = '\0';
		break;
	case KEY_CTRL_L:
		v->want_redraw = true;
		break;
	case KEY_CTRL_Z:
		v->want_suspend = true;
		break;
	default:
		if (key >= 0x20 && key < SPECIAL_KEYS)
			prompt_type(v->prompt, key);
	}
}

void view_key(struct view *v, int key)
{
	static const enum key_context contexts[] = {[OVERLAY_NONE] = CONTEXT_MAIN,
		[OVERLAY_HELP] = CONTEXT_HELP,
		[OVERLAY_QUIT] = CONTEXT_QUIT};
	const char *command;

	if (v->overlay == OVERLAY_PROMPT) {
		prompt_key(v, key);
		return;
	}
	command = binding_command(key, contexts[v->overlay]);
	if (command)
		view_command(v, command);
}
