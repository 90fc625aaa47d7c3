/* The one table of keys: a key is a command's text. Help and key bar are made from it. */
#ifndef SLUICE_UI_KEYS_H
#define SLUICE_UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"

/* Keys are Unicode characters, control characters included, or one of these. */
enum {
	KEY_CTRL_A = 1,
	KEY_CTRL_B = 2,
	KEY_CTRL_C = 3,
	KEY_CTRL_D = 4,
	KEY_CTRL_E = 5,
	KEY_CTRL_F = 6,
	KEY_CTRL_G = 7,
	KEY_TAB = 9,
	KEY_CTRL_K = 11,
	KEY_CTRL_L = 12,
	KEY_CTRL_N = 14,
	KEY_CTRL_P = 16,
	KEY_CTRL_R = 18,
	KEY_CTRL_U = 21,
	KEY_CTRL_W = 23,
	KEY_CTRL_Y = 25,
	KEY_CTRL_Z = 26,
	KEY_ESC = 27,
	KEY_RETURN = 13,
	KEY_RUBOUT = 127,
	SPECIAL_KEYS = 0x110000,
	KEY_ARROW_UP,
	KEY_ARROW_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_GO_HOME,
	KEY_GO_END,
	KEY_FUNCTION_1,
	KEY_ARROW_LEFT,
	KEY_ARROW_RIGHT,
	KEY_REMOVE,
	KEY_WHEEL_UP,
	KEY_WHEEL_DOWN,
	KEY_CLICK,
	KEY_FUNCTION_2,
	KEY_FUNCTION_12 = KEY_FUNCTION_2 + 10,
	KEY_BACK_TAB,
	KEY_SHIFT_LEFT,
	KEY_SHIFT_RIGHT,
	KEYS_END,
	ALT_KEYS = 0x200000,    /* plus the character that was pressed with Alt */
	PASTED_KEYS = 0x400000, /* plus the character: it is text, not a key */
};

/* Where a key means its command. */
enum key_context {
	CONTEXT_MAIN = 1,
	CONTEXT_ITEMS = 2,
	CONTEXT_ERRORS = 4,
	CONTEXT_LOG = 8,
	CONTEXT_INSPECTOR = 16,
	CONTEXT_HELP = 32,
	CONTEXT_QUIT = 64,
	CONTEXT_ASK = 128,
	CONTEXT_PROMPT = 256, /* keys are typed */
	CONTEXT_BUDGET = 512,
	CONTEXT_CHARTS = 1024,
	CONTEXT_USAGE = 2048,
	CONTEXT_REPLAY = 4096,  /* the time bar has the focus: other keys are those of the screen */
	CONTEXT_BATCHES = 8192, /* of a service */
	CONTEXT_CALLS = 16384,
	CONTEXT_EVENTS = 32768 /* its log */
};

struct key_binding {
	int key;
	unsigned contexts;
	const char *command;
	const char *group;     /* heading in the help */
	const char *help;      /* "" : shown with the binding before, which has the same text */
	const char *bar;       /* word in the key bar; NULL: not there */
	int rank;              /* in the bar: without room, the highest is dropped first */
	unsigned bar_contexts; /* where it is in the bar; 0: wherever it means something */
};

/* The table as it comes; *n gets its length. */
const struct key_binding *binding_standard(size_t *n);
/* The table in force, with the user's bindings; *n gets its length. Bindings of one command are
 * adjacent. */
const struct key_binding *binding_table(size_t *n);
/* The context of a key: the screen or its overlay. */
struct view;
enum key_context binding_context(const struct view *v);
/* The command of a key in a context; NULL: none. */
const char *binding_command(int key, enum key_context context);
/* Binds a key to a command wherever that command has a meaning, replacing earlier bindings;
 * "nothing" unbinds it. False and err: ^C always interrupts, or there are too many. */
bool binding_set(int key, const char *command, struct error *err);
/* Back to the standard table. */
void binding_reset(void);
/* The key of a name as binding_key_name() gives it, or Semicolon, Colon, Hash, Equals, Bracket for
 * the characters that mean something in a configuration file; -1: there is none. */
int binding_key_of(const char *name);
/* "^C", "Esc", "PgUp", "F1", "p"; within out (8 bytes). */
const char *binding_key_name(int key, char *out);

/* The first key of a command in a context, as binding_key_name(); "" when it has none. */
const char *binding_key_for(const char *command, enum key_context context, char *out);

/* A command of the dashboard itself, in addition to the engine's. */
struct ui_command {
	const char *name, *args, *help;
	/* NULL: the panel the screen is about runs it */
	void (*run)(struct view *v, const char *args);
};

/* The dashboard's commands; *n gets their number. */
const struct ui_command *ui_commands(size_t *n);
/* The command text begins with, as whole words, and its arguments; NULL: none of the dashboard's.
 */
const struct ui_command *ui_command_find(const char *text, const char **args);

/* Commands of the engine that a read-only dashboard sends: ^C is what the signal is, whoever only
 * leaves changes nothing, a tag changes nothing of the run, and a replay moves nothing but itself.
 */
static inline bool command_is_harmless(const char *text, bool over)
{
	return !strcmp(text, "interrupt") || !strcmp(text, "leave") ||
	       (over && !strcmp(text, "quit")) || !strncmp(text, "tag ", 4) ||
	       !strncmp(text, "untag ", 6) || !strcmp(text, "replay") ||
	       !strncmp(text, "replay ", 7);
}
/* Would a read-only dashboard refuse the command? It offers none of these. */
bool command_refused(const char *text, bool over);
/* Is it a command of the dashboard for which a service is needed, and a run is shown, or the other
 * way round? */
bool command_is_of_another(const struct view *v, const char *text);
/* Does a binding mean something in what the view shows, a run or a service? */
bool binding_is_here(const struct view *v, const struct key_binding *k);
/* Would the dashboard refuse it now? It offers none of these. */
bool command_is_off(const struct view *v, const char *text);

#endif
