#include "keys.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MOVE  (CONTEXT_MAIN | CONTEXT_HELP)
#define EVERY (CONTEXT_MAIN | CONTEXT_HELP | CONTEXT_QUIT)

static const struct key_binding keys[] = {
	{'?', MOVE, "help", "Dashboard", "this help", "help", 2},
	{'h', MOVE, "help", "Dashboard", "", NULL, 0},
	{KEY_FUNCTION_1, MOVE, "help", "Dashboard", "", NULL, 0},
	{'p', CONTEXT_MAIN, "toggle pause", "Run", "pause, resume", "pause", 3},
	{'D', CONTEXT_MAIN, "drain", "Run", "finish in flight, exit", "drain", 4},
	{'+', CONTEXT_MAIN, "concurrency up", "Run", "more in flight, by a tenth", "conc", 5},
	{'-', CONTEXT_MAIN, "concurrency down", "Run", "fewer in flight", "conc", 5},
	{'=', CONTEXT_MAIN, "prompt set concurrency ", "Run", "type how many in flight", "set", 7},
	{'[', CONTEXT_MAIN, "set rate -10%", "Limits", "rate down, up by a tenth", "rate", 6},
	{']', CONTEXT_MAIN, "set rate +10%", "Limits", "", "rate", 6},
	{'{', CONTEXT_MAIN, "set rate -50%", "Limits", "half, double the rate", NULL, 0},
	{'}', CONTEXT_MAIN, "set rate +100%", "Limits", "", NULL, 0},
	{'a', CONTEXT_MAIN, "auto", "Limits", "limits back to auto", NULL, 0},
	{'H', CONTEXT_MAIN, "resume hold", "Limits", "skip the hold in force", NULL, 0},
	{'f', CONTEXT_MAIN, "forget", "Limits", "forget what was learnt", NULL, 0},
	{'d', CONTEXT_QUIT, "drain", "Leaving an unfinished run", "drain, then exit", NULL, 0},
	{'s', CONTEXT_QUIT, "stop", "Leaving an unfinished run", "stop now; resumable", NULL, 0},
	{'j', MOVE, "scroll +1", "Lists", "down, up", "scroll", 8},
	{KEY_ARROW_DOWN, MOVE, "scroll +1", "Lists", "", NULL, 0},
	{'k', MOVE, "scroll -1", "Lists", "", "scroll", 8},
	{KEY_ARROW_UP, MOVE, "scroll -1", "Lists", "", NULL, 0},
	{KEY_PAGE_DOWN, MOVE, "scroll +page", "Lists", "a page down, up", NULL, 0},
	{KEY_PAGE_UP, MOVE, "scroll -page", "Lists", "", NULL, 0},
	{KEY_GO_HOME, MOVE, "scroll home", "Lists", "first, last", NULL, 0},
	{KEY_GO_END, MOVE, "scroll end", "Lists", "", NULL, 0},
	{':', CONTEXT_MAIN, "prompt", "Dashboard", "type a command", "command", 6},
	{KEY_CTRL_L, EVERY, "redraw", "Dashboard", "draw anew", NULL, 0},
	{KEY_CTRL_Z, EVERY, "suspend", "Dashboard", "suspend; fg returns", NULL, 0},
	{KEY_CTRL_C, EVERY, "interrupt", "Run", "drain; again: stop, leave", NULL, 0},
	{'q', EVERY, "back", "Dashboard", "back; quit", "quit", 1},
	{KEY_ESC, EVERY, "back", "Dashboard", "", NULL, 0},
	{KEY_RETURN, CONTEXT_QUIT, "back", "Leaving an unfinished run", "stay", NULL, 0},
};

const struct key_binding *binding_table(size_t *n)
{
	*n = sizeof(keys) / sizeof(keys[0]);
	return keys;
}

const char *binding_command(int key, enum key_context context)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].key == key && (keys[i].contexts & context))
			return keys[i].command;
	return NULL;
}

const char *binding_key_name(int key, char *out)
{
	static const char *const special[] = {"Up", "Down", "PgUp", "PgDn", "Home", "End", "F1"};

	if (key == KEY_ESC)
		snprintf(out, 8, "Esc");
	else if (key == KEY_RETURN)
		snprintf(out, 8, "Enter");
	else if (key < 0x20)
		snprintf(out, 8, "^%c", key + '@');
	else if (key > SPECIAL_KEYS)
		snprintf(out, 8, "%s", special[key - SPECIAL_KEYS - 1]);
	else
		snprintf(out, 8, "%c", key);
	return out;
}
