#include "keys.h"

#define LISTS    (CONTEXT_MAIN | CONTEXT_ITEMS | CONTEXT_ERRORS)
#define SCREENS  (LISTS | CONTEXT_LOG | CONTEXT_INSPECTOR)
#define MOVE     (SCREENS | CONTEXT_HELP)
#define EVERY    (MOVE | CONTEXT_QUIT | CONTEXT_ASK)
#define ACT      (BULK | CONTEXT_INSPECTOR)
#define BULK     (CONTEXT_ITEMS | CONTEXT_ERRORS)
#define FILTERED (CONTEXT_MAIN | CONTEXT_ITEMS | CONTEXT_LOG)
#define STEER    (SCREENS & ~CONTEXT_INSPECTOR)

static const struct key_binding keys[] = {
	{'?', MOVE, "help", "Dashboard", "this help", "help", 2, 0},
	{KEY_FUNCTION_1, MOVE, "help", "Dashboard", "", NULL, 0, 0},
	{'h', CONTEXT_MAIN | CONTEXT_HELP, "help", "Dashboard", "", NULL, 0, 0},
	{'p', SCREENS, "toggle pause", "Run", "pause, resume", "pause", 4, CONTEXT_MAIN},
	{'P', SCREENS, "toggle pause all", "Run", "the same for retries, too", NULL, 0, 0},
	{'D', SCREENS, "drain", "Run", "finish in flight, exit", "drain", 5, CONTEXT_MAIN},
	{'+', SCREENS, "concurrency up", "Run", "more in flight by a tenth", "conc", 6,
		CONTEXT_MAIN},
	{'-', SCREENS, "concurrency down", "Run", "fewer in flight", "conc", 6, CONTEXT_MAIN},
	{'=', SCREENS, "prompt set concurrency ", "Run", "type how many in flight", NULL, 0, 0},
	{'[', SCREENS, "limit -10%", "Limits", "limit down, up by a tenth", "limit", 7,
		CONTEXT_MAIN},
	{']', SCREENS, "limit +10%", "Limits", "", "limit", 7, CONTEXT_MAIN},
	{'{', SCREENS, "limit -50%", "Limits", "half, double the limit", NULL, 0, 0},
	{'}', SCREENS, "limit +100%", "Limits", "", NULL, 0, 0},
	{'L', SCREENS, "limit next", "Limits", "choose rate, rpm or tpm", NULL, 0, 0},
	{'e', SCREENS, "next endpoint", "Limits", "choose the next endpoint", NULL, 0, 0},
	{'a', SCREENS, "auto", "Limits", "limits back to auto", NULL, 0, 0},
	{'H', SCREENS, "resume hold", "Limits", "skip the hold in force", NULL, 0, 0},
	{'f', SCREENS, "forget", "Limits", "forget what was learnt", NULL, 0, 0},
	{'1', SCREENS, "screen main", "Screens", "main", NULL, 0, 0},
	{'2', SCREENS, "screen items", "Screens", "all items", "items", 8, CONTEXT_MAIN},
	{'3', SCREENS, "screen errors", "Screens", "errors by kind", NULL, 0, 0},
	{'4', SCREENS, "screen log", "Screens", "log of events", NULL, 0, 0},
	{KEY_TAB, STEER, "screen next", "Screens", "the next one", NULL, 0, 0},
	{'j', MOVE, "scroll +1", "Lists", "down, up", NULL, 0, 0},
	{KEY_ARROW_DOWN, MOVE, "scroll +1", "Lists", "", NULL, 0, 0},
	{'k', MOVE, "scroll -1", "Lists", "", NULL, 0, 0},
	{KEY_ARROW_UP, MOVE, "scroll -1", "Lists", "", NULL, 0, 0},
	{KEY_CTRL_D, MOVE, "scroll +half", "Lists", "half a page down, up", NULL, 0, 0},
	{KEY_CTRL_U, MOVE, "scroll -half", "Lists", "", NULL, 0, 0},
	{KEY_PAGE_DOWN, MOVE, "scroll +page", "Lists", "a page down, up", NULL, 0, 0},
	{KEY_PAGE_UP, MOVE, "scroll -page", "Lists", "", NULL, 0, 0},
	{'g', MOVE, "scroll home", "Lists", "first, last", NULL, 0, 0},
	{KEY_GO_HOME, MOVE, "scroll home", "Lists", "", NULL, 0, 0},
	{'G', MOVE, "scroll end", "Lists", "", NULL, 0, 0},
	{KEY_GO_END, MOVE, "scroll end", "Lists", "", NULL, 0, 0},
	{KEY_WHEEL_DOWN, MOVE, "scroll +3", "Lists", "with the mouse on", NULL, 0, 0},
	{KEY_WHEEL_UP, MOVE, "scroll -3", "Lists", "", NULL, 0, 0},
	{'/', LISTS | CONTEXT_LOG, "prompt filter ", "Items", "filter", "filter", 3, FILTERED},
	{KEY_RETURN, LISTS, "inspect", "Items", "open it", "open", 4, BULK},
	{KEY_TAB, CONTEXT_INSPECTOR, "tab next", "Inspector", "its other sides", "next tab", 3, 0},
	{'/', CONTEXT_INSPECTOR, "prompt find ", "Inspector", "find", "find", 4, 0},
	{'n', CONTEXT_INSPECTOR, "find-next", "Inspector", "next, previous place", "next", 5, 0},
	{'N', CONTEXT_INSPECTOR, "find-previous", "Inspector", "", NULL, 0, 0},
	{'w', CONTEXT_INSPECTOR, "wrap", "Inspector", "wrap lines or not", "wrap", 7, 0},
	{'<', CONTEXT_INSPECTOR, "shift left", "Inspector", "sideways, not wrapped", NULL, 0, 0},
	{'>', CONTEXT_INSPECTOR, "shift right", "Inspector", "", NULL, 0, 0},
	{'S', CONTEXT_INSPECTOR, "save", "Inspector", "save to a file", "save", 6, 0},
	{'n', BULK | CONTEXT_LOG, "scroll +1", "Items", "next, previous match", NULL, 0, 0},
	{'N', BULK | CONTEXT_LOG, "scroll -1", "Items", "", NULL, 0, 0},
	{'s', CONTEXT_ITEMS, "sort next", "Items", "sort by", "sort", 6, 0},
	{'>', CONTEXT_ITEMS, "sort next", "Items", "", NULL, 0, 0},
	{'<', CONTEXT_ITEMS, "sort previous", "Items", "sort by the one before", NULL, 0, 0},
	{'I', CONTEXT_ITEMS, "invert", "Items", "the other direction", NULL, 0, 0},
	{' ', CONTEXT_ITEMS, "tag", "Items", "tag", "tag", 6, 0},
	{'U', CONTEXT_ITEMS, "untag", "Items", "take all tags off", NULL, 0, 0},
	{'F', CONTEXT_ITEMS, "follow", "Items", "follow the newest activity", "follow", 13, 0},
	{'Z', CONTEXT_ITEMS, "freeze", "Items", "freeze the rows", "freeze", 13, 0},
	{'r', LISTS | CONTEXT_INSPECTOR, "selected retry", "Items", "retry selected or tagged",
		"retry", 5, ACT},
	{'x', LISTS | CONTEXT_INSPECTOR, "selected cancel", "Items", "cancel selected or tagged",
		"cancel", 5, ACT},
	{'h', BULK, "selected hold", "Items", "hold, release selected", "hold", 8, 0},
	{'R', LISTS, "matching retry", "Items", "retry all matching", NULL, 0, 0},
	{'X', LISTS, "matching cancel", "Items", "cancel matching, the run", NULL, 0, 0},
	{'y', CONTEXT_ASK, "yes", "Questions", "yes", "yes", 1, 0},
	{'n', CONTEXT_ASK, "back", "Questions", "no", "no", 1, 0},
	{KEY_RETURN, CONTEXT_ASK, "back", "Questions", "", NULL, 0, 0},
	{'d', CONTEXT_QUIT, "drain", "Leaving an unfinished run", "drain, then exit", NULL, 0, 0},
	{'s', CONTEXT_QUIT, "stop", "Leaving an unfinished run", "stop now; resumable", NULL, 0, 0},
	{KEY_RETURN, CONTEXT_QUIT, "back", "Leaving an unfinished run", "stay", NULL, 0, 0},
	{':', SCREENS, "prompt", "Dashboard", "type a command", "command", 9, CONTEXT_MAIN},
	{'t', SCREENS, "theme next", "Dashboard", "next theme", NULL, 0, 0},
	{'m', SCREENS, "mouse toggle", "Dashboard", "mouse on, off", NULL, 0, 0},
	{KEY_CTRL_L, EVERY, "redraw", "Dashboard", "draw anew", NULL, 0, 0},
	{KEY_CTRL_Z, EVERY, "suspend", "Dashboard", "suspend; fg returns", NULL, 0, 0},
	{KEY_CTRL_C, EVERY, "interrupt", "Run", "drain; again: stop, leave", NULL, 0, 0},
	{'q', EVERY, "back", "Dashboard", "back; quit", "quit", 1, 0},
	{KEY_ESC, EVERY, "back", "Dashboard", "", NULL, 0, 0},
};

const struct key_binding *binding_standard(size_t *n)
{
	*n = sizeof(keys) / sizeof(keys[0]);
	return keys;
}
