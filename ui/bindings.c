/* The table of keys in force: the standard one with the changes of the user's configuration. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/text.h"
#include "keys.h"

enum { BINDINGS = 256 };

static struct {
	size_t n; /* 0: not copied yet */
	struct key_binding row[BINDINGS];
	size_t owned_n;
	char *owned[BINDINGS]; /* texts of commands the standard table does not have */
} table;

static void copy_standard(void)
{
	size_t n;
	const struct key_binding *standard = binding_standard(&n);

	if (table.n)
		return;
	table.n = n < BINDINGS ? n : BINDINGS;
	memcpy(table.row, standard, table.n * sizeof(table.row[0]));
}

void binding_reset(void)
{
	while (table.owned_n)
		free(table.owned[--table.owned_n]);
	table.n = 0;
}

const struct key_binding *binding_table(size_t *n)
{
	copy_standard();
	*n = table.n;
	return table.row;
}

const char *binding_command(int key, enum key_context context)
{
	copy_standard();
	for (size_t i = 0; i < table.n; i++)
		if (table.row[i].key == key && (table.row[i].contexts & context))
			return table.row[i].command;
	return NULL;
}

const char *binding_key_for(const char *command, enum key_context context, char *out)
{
	copy_standard();
	for (size_t i = 0; i < table.n; i++)
		if (!strcmp(table.row[i].command, command) && (table.row[i].contexts & context))
			return binding_key_name(table.row[i].key, out);
	out[0] = '\0';
	return out;
}

static void remove_row(size_t i)
{
	struct key_binding *row = &table.row[i];

	/* later rows with its text get it */
	if (i + 1 < table.n && row->help[0] && !row[1].help[0])
		row[1].help = row->help;
	memmove(row, row + 1, (table.n - i - 1) * sizeof(*row));
	table.n--;
}

static void take_away(int key, unsigned contexts)
{
	for (size_t i = table.n; i-- > 0;) {
		if (table.row[i].key != key)
			continue;
		table.row[i].contexts &= ~contexts;
		if (!table.row[i].contexts)
			remove_row(i);
	}
}

/* A command that is not in the standard table, as a new row at the end. */
static void add_own(int key, const char *command, unsigned contexts)
{
	char *text = xstrdup(command);

	table.owned[table.owned_n++] = text;
	table.row[table.n++] = (struct key_binding){
		.key = key, .contexts = contexts, .command = text, .group = "Yours", .help = text};
}

bool binding_set(int key, const char *command, struct error *err)
{
	enum { ANYWHERE = CONTEXT_MAIN | CONTEXT_ITEMS | CONTEXT_ERRORS | CONTEXT_LOG };
	unsigned contexts = 0;
	size_t last = 0;

	copy_standard();
	if (key == KEY_CTRL_C)
		return error_set(err, "^C always interrupts");
	if (table.n == BINDINGS || table.owned_n == BINDINGS)
		return error_set(err, "there are too many keys");
	for (size_t i = 0; i < table.n; i++) {
		if (!strcmp(table.row[i].command, command)) {
			contexts |= table.row[i].contexts;
			last = i;
		}
	}
	if (!strcmp(command, "nothing")) {
		take_away(key, ~0U);
		return true;
	}
	if (!contexts) {
		take_away(key, ANYWHERE);
		add_own(key, command, ANYWHERE);
		return true;
	}
	/* beside the others of the same meaning, before one of them may be removed */
	memmove(table.row + last + 2, table.row + last + 1,
		(table.n - last - 1) * sizeof(table.row[0]));
	table.n++;
	table.row[last + 1] = table.row[last];
	table.row[last + 1].help = "";
	table.row[last + 1].contexts = 0;
	table.row[last + 1].key = -1;
	take_away(key, contexts);
	for (size_t i = 0; i < table.n; i++) {
		if (table.row[i].key == -1) {
			table.row[i].key = key;
			table.row[i].contexts = contexts;
		}
	}
	return true;
}

static const char *const special_names[] = {"Up", "Down", "PgUp", "PgDn", "Home", "End", "F1",
	"Left", "Right", "Del", "WhlUp", "WhlDn", "Click", "F2", "F3", "F4", "F5", "F6", "F7", "F8",
	"F9", "F10", "F11", "F12", "S-Tab", "S-Left", "S-Right"};

static const struct {
	int key;
	const char *name;
} named[] = {{KEY_ESC, "Esc"}, {KEY_RETURN, "Enter"}, {KEY_TAB, "Tab"}, {KEY_RUBOUT, "Rubout"},
	{' ', "Space"}};

/* Characters an INI file takes for its own. */
static const struct {
	int key;
	const char *name;
} hidden[] = {{';', "Semicolon"}, {':', "Colon"}, {'#', "Hash"}, {'=', "Equals"}, {'[', "Bracket"}};

const char *binding_key_name(int key, char *out)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].key == key)
			return strcpy(out, named[i].name);
	if (key >= ALT_KEYS) {
		char base[8];

		snprintf(out, 8, "A-%.5s", binding_key_name(key % ALT_KEYS, base));
		return out;
	}
	if (key < 0x20)
		snprintf(out, 8, "^%c", key + '@');
	else if (key > SPECIAL_KEYS && key < KEYS_END)
		snprintf(out, 8, "%s", special_names[key - SPECIAL_KEYS - 1]);
	else if (key < 0x80)
		snprintf(out, 8, "%c", key);
	else
		snprintf(out, 8, "%lc", (wint_t)key);
	return out;
}

int binding_key_of(const char *name)
{
	size_t len = strlen(name);
	uint32_t code = 0;

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (!strcasecmp(name, named[i].name))
			return named[i].key;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (!strcasecmp(name, hidden[i].name))
			return hidden[i].key;
	for (size_t i = 0; i < sizeof(special_names) / sizeof(special_names[0]); i++)
		if (!strcasecmp(name, special_names[i]))
			return SPECIAL_KEYS + 1 + (int)i;
	if (!strncmp(name, "A-", 2) && name[2]) {
		int base = binding_key_of(name + 2);

		return base > 0 && base < SPECIAL_KEYS ? ALT_KEYS + base : -1;
	}
	if (len == 2 && name[0] == '^' && name[1] >= '@' && name[1] <= 'z')
		return name[1] & 0x1f;
	if (len && text_utf8(name, len, &code) == len && code > 0x20)
		return (int)code;
	return -1;
}
